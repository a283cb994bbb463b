// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/sys/workload.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
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

/* Only what is safe after a fork in a process that has threads. */
static void child(char **argv, const sigset_t *mask, int go_fd, int result_fd)
{
	char go;
	ssize_t n;
	int failed;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_NAME, base_name(argv[0]));
	signal(SIGPIPE, SIG_DFL);
	sigprocmask(SIG_SETMASK, mask, NULL);

	do {
		n = read(go_fd, &go, 1);
	} while (n < 0 && errno == EINTR);
	if (n != 1)
		_exit(WORKLOAD_FAILED_US);

	/* From here on it is a process of its own: it may outlive us. */
	prctl(PR_SET_PDEATHSIG, 0);
	execvp(argv[0], argv);

	failed = errno;
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
	int go[2], result[2];
	sigset_t own_mask;
	pid_t pid;

	if (!mask) {
		default_mask(&own_mask);
		mask = &own_mask;
	}

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
		child(argv, mask, go[0], result[1]);
	}
	close(go[0]);
	close(result[1]);
	if (pid < 0)
		return err_sys(errno, "fork");
	workload.pid = pid;

	workload.pid_fd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (workload.pid_fd < 0)
		return err_sys(errno, "watch process %d", (int)pid);
	fcntl(workload.pid_fd, F_SETFD, FD_CLOEXEC);

	*ret_workload = workload;
	workload = WORKLOAD_INIT;
	return NULL;
}

struct err *workload_go(struct workload *workload)
{
	struct err *err = NULL;
	int failed = 0;
	ssize_t n;

	/* The child may be dead already: that is told by the end of file below. */
	do {
		n = send(workload->go_fd, "", 1, MSG_NOSIGNAL);
	} while (n < 0 && errno == EINTR);
	close_fd(&workload->go_fd);

	do {
		n = read(workload->result_fd, &failed, sizeof(failed));
	} while (n < 0 && errno == EINTR);
	close_fd(&workload->result_fd);
	if (n != sizeof(failed))
		return NULL;

	err = workload_wait(workload);
	if (err)
		return err;
	return err_sys(failed, "run the command");
}

bool workload_ended(struct workload *workload)
{
	if (workload->pid && waitpid(workload->pid, &workload->status, WNOHANG) == workload->pid)
		workload->pid = 0;
	return !workload->pid;
}

struct err *workload_wait(struct workload *workload)
{
	while (workload->pid) {
		if (waitpid(workload->pid, &workload->status, 0) == workload->pid)
			workload->pid = 0;
		else if (errno != EINTR)
			return err_sys(errno, "wait for process %d", (int)workload->pid);
	}
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
	bool held = workload->go_fd >= 0;

	close_fd(&workload->go_fd);
	close_fd(&workload->result_fd);
	close_fd(&workload->pid_fd);
	/* A child that is held sees the end of its pipe and goes. */
	if (workload->pid && held)
		while (waitpid(workload->pid, &workload->status, 0) < 0 && errno == EINTR)
			;
	workload->pid = 0;
}
