// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/sys/workload.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/seccomp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && slash[1] ? slash + 1 : path;
}

/* What the parent says when the child may go on; filter_nr instructions follow. */
struct go {
	uint32_t hold;
	uint32_t filter_nr;
};

/*
 * The file execvp() would run, found without trying to: one exec, one call to be counted. A name
 * that is nowhere is left as it is, for exec to refuse.
 */
static void find_program(const char *name, char ret_path[PATH_MAX])
{
	const char *dir = getenv("PATH");
	bool found = false;

	snprintf(ret_path, PATH_MAX, "%s", name);
	if (strchr(name, '/') || !*name)
		return;
	if (!dir)
		dir = "/bin:/usr/bin";
	for (;;) {
		size_t len = strcspn(dir, ":");
		char path[PATH_MAX];
		struct stat st;

		if (snprintf(path, sizeof(path), "%.*s%s%s", (int)len, dir, len ? "/" : "", name) <
			    (int)sizeof(path) &&
		    !stat(path, &st) && S_ISREG(st.st_mode)) {
			bool runs = !access(path, X_OK);

			/* Of several that cannot be run, the first is the one to complain about. */
			if (runs || !found)
				memcpy(ret_path, path, sizeof(path));
			found = true;
			if (runs)
				return;
		}
		if (!dir[len])
			break;
		dir += len + 1;
	}
	/* Without a slash exec would take one from the current directory; "" is ENOENT. */
	if (!found)
		ret_path[0] = '\0';
}

static bool read_fully(int fd, void *data, size_t len)
{
	while (len) {
		ssize_t n = read(fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		data = (char *)data + n;
		len -= (size_t)n;
	}
	return true;
}

/* A script without #! is run by the shell, as execvp() does. */
static void exec_by_shell(const char *path, char **argv)
{
	char *shell_argv[256] = { (char *)"/bin/sh", (char *)path };
	size_t nr = 2;

	for (char **arg = argv + 1; *arg; arg++) {
		if (nr + 1 >= ARRAY_SIZE(shell_argv))
			return;
		shell_argv[nr++] = *arg;
	}
	execv(shell_argv[0], shell_argv);
}

/* Only what is safe after a fork in a process that has threads. */
static void child(const char *path, char **argv, const sigset_t *mask, int go_fd, int result_fd)
{
	struct sock_filter filter[BPF_MAXINSNS];
	struct sock_fprog program = { .filter = filter };
	struct go go;
	ssize_t n;
	int failed = 0;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_NAME, base_name(argv[0]));
	(void)!write(go_fd, "", 1);
	signal(SIGPIPE, SIG_DFL);
	sigprocmask(SIG_SETMASK, mask, NULL);

	if (!read_fully(go_fd, &go, sizeof(go)) || go.filter_nr > BPF_MAXINSNS ||
	    !read_fully(go_fd, filter, go.filter_nr * sizeof(*filter)))
		_exit(WORKLOAD_FAILED_US);
	program.len = (unsigned short)go.filter_nr;

	/* From here on it is a process of its own: it may outlive us. */
	prctl(PR_SET_PDEATHSIG, 0);
	if (go.hold)
		syscall(SYS_kill, getpid(), SIGSTOP);
	if (go.filter_nr && (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
			     syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program)))
		failed = errno;
	if (!failed) {
		execv(path, argv);
		if (errno == ENOEXEC)
			exec_by_shell(path, argv);
		failed = errno;
	}

	n = write(result_fd, &failed, sizeof(failed));
	(void)n;
	_exit(failed == ENOENT || failed == ENOTDIR ? WORKLOAD_NOT_FOUND : WORKLOAD_NOT_RUNNABLE);
}

static void default_mask(sigset_t *mask)
{
	sigprocmask(SIG_SETMASK, NULL, mask);
	sigdelset(mask, SIGINT);
	sigdelset(mask, SIGTERM);
	sigdelset(mask, SIGHUP);
}

struct err *workload_start(char **argv, const sigset_t *mask, struct workload *ret_workload)
{
	guard(workload) struct workload workload = WORKLOAD_INIT;
	char path[PATH_MAX];
	int go[2], result[2];
	sigset_t own_mask;
	char named;
	pid_t pid;

	if (!mask) {
		default_mask(&own_mask);
		mask = &own_mask;
	}

	find_program(argv[0], path);

	/* A socket, so that a child who died meanwhile is an error and not SIGPIPE. */
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, go))
		return err_sys(errno, "make a socket pair");
	if (pipe2(result, O_CLOEXEC)) {
		struct err *err = err_sys(errno, "make a pipe");

		close(go[0]);
		close(go[1]);
		return err;
	}
	workload.go_fd = go[1];
	workload.result_fd = result[0];

	pid = fork();
	if (!pid) {
		close(go[1]);
		close(result[0]);
		child(path, argv, mask, go[0], result[1]);
	}
	close(go[0]);
	close(result[1]);
	if (pid < 0)
		return err_sys(errno, "fork");
	workload.pid = pid;
	/* It has its name before anybody looks; one who died meanwhile is found later. */
	(void)read_fully(go[1], &named, 1);

	workload.pid_fd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (workload.pid_fd < 0)
		return err_sys(errno, "watch process %d", (int)pid);
	fcntl(workload.pid_fd, F_SETFD, FD_CLOEXEC);

	*ret_workload = workload;
	workload = WORKLOAD_INIT;
	return NULL;
}

static void tell(struct workload *workload, const void *data, size_t len)
{
	while (len) {
		ssize_t n = send(workload->go_fd, data, len, MSG_NOSIGNAL);

		/* The child may be dead already: the result pipe tells. */
		if (n < 0 && errno != EINTR)
			return;
		if (n > 0) {
			data = (const char *)data + n;
			len -= (size_t)n;
		}
	}
}

struct err *workload_hold(struct workload *workload, const struct sock_fprog *filter)
{
	struct go go = { .hold = 1, .filter_nr = filter ? filter->len : 0 };
	siginfo_t info = { .si_pid = 0 };
	int failed;

	tell(workload, &go, sizeof(go));
	if (filter)
		tell(workload, filter->filter, filter->len * sizeof(*filter->filter));
	close_fd(&workload->go_fd);
	do {
		failed = waitid(P_PID, (id_t)workload->pid, &info, WSTOPPED | WEXITED | WNOWAIT);
	} while (failed && errno == EINTR);
	if (failed)
		return err_sys(errno, "wait for process %d", (int)workload->pid);
	if (info.si_code != CLD_STOPPED)
		return err_new(ERR_NODATA, "the command ended before it was run");
	/* Take the report of the stop only: nobody else is to find it. */
	(void)!waitid(P_PID, (id_t)workload->pid, &info, WSTOPPED);
	workload->held = true;
	return NULL;
}

struct err *workload_let_go(struct workload *workload)
{
	struct go go = { .hold = 0 };

	if (workload->held) {
		workload->held = false;
		if (kill(workload->pid, SIGCONT))
			return err_sys(errno, "let process %d go", (int)workload->pid);
		return NULL;
	}
	tell(workload, &go, sizeof(go));
	close_fd(&workload->go_fd);
	return NULL;
}

int workload_exec_failed(struct workload *workload)
{
	int failed = 0;
	ssize_t n;

	do {
		n = read(workload->result_fd, &failed, sizeof(failed));
	} while (n < 0 && errno == EINTR);
	close_fd(&workload->result_fd);
	return n == sizeof(failed) ? failed : 0;
}

struct err *workload_go(struct workload *workload)
{
	struct err *err = workload_let_go(workload);
	int failed;

	if (err)
		return err;
	failed = workload_exec_failed(workload);
	if (!failed)
		return NULL;

	workload->not_run = true;
	err = workload_wait(workload);
	return err ? err : err_sys(failed, "run the command");
}

void workload_reaped(struct workload *workload, int status, const struct rusage *usage)
{
	workload->status = status;
	workload->usage = *usage;
	workload->pid = 0;
}

/* 1 when it was reaped, 0 when it is still there, -1 with errno. */
static int reap(struct workload *workload, int flags)
{
	struct rusage usage;
	int status;
	pid_t pid = wait4(workload->pid, &status, flags, &usage);

	if (pid != workload->pid)
		return pid < 0 ? -1 : 0;
	workload_reaped(workload, status, &usage);
	return 1;
}

void workload_signal(const struct workload *workload, int signal)
{
	(void)!syscall(SYS_pidfd_send_signal, workload->pid_fd, signal, NULL, 0);
}

bool workload_ended(struct workload *workload)
{
	if (workload->pid)
		(void)!reap(workload, WNOHANG);
	return !workload->pid;
}

struct err *workload_wait(struct workload *workload)
{
	while (workload->pid)
		if (reap(workload, 0) < 0 && errno != EINTR)
			return err_sys(errno, "wait for process %d", (int)workload->pid);
	return NULL;
}

int workload_exit_code(const struct workload *workload)
{
	if (WIFSIGNALED(workload->status))
		return WORKLOAD_SIGNALLED + WTERMSIG(workload->status);
	return WEXITSTATUS(workload->status);
}

void workload_release(struct workload *workload)
{
	bool waits = workload->go_fd >= 0 || workload->held;

	close_fd(&workload->go_fd);
	close_fd(&workload->result_fd);
	close_fd(&workload->pid_fd);
	/* A child that waits to go sees the end of its pipe; one that is stopped sees nothing. */
	if (workload->pid && workload->held)
		kill(workload->pid, SIGKILL);
	if (workload->pid && waits)
		while (reap(workload, 0) < 0 && errno == EINTR)
			;
	workload->held = false;
	workload->pid = 0;
}
