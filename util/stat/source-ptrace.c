// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Source "ptrace": for those without privileges. A command gets a seccomp filter that stops it at
 * the calls that are counted and at no others; processes that run already are stopped at every call
 * (PTRACE_SYSCALL), since a filter can only be put on by a process itself.
 *
 * A thread of its own does all ptrace requests, as the kernel demands, and waits for tracees. It
 * reaps the command too. The books have a lock; everything else belongs to that thread once
 * it runs, until it has ended.
 */
#include <errno.h>
#include <linux/elf.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>

#include "util/base/clock.h"
#include "util/stat/proc.h"
#include "util/stat/sources.h"
#include "util/stat/tasks.h"
#include "util/stat/trace-calls.h"
#include "util/stat/trace-filter.h"

#ifdef TRACE_NATIVE_ARCH

struct source {
	struct stat_source base;
	const struct stat_request *request;
	struct sock_fprog program;
	bool by_seccomp; /* else every call stops */

	pthread_t thread;
	bool running;	/* the thread was started */
	int done_fd;	/* eventfd: all tracees are gone */
	int started_fd; /* eventfd: they were all seized, or start_err */
	struct err *start_err;
	/* Set before wake(): */
	_Atomic bool stopping; /* detach */
	_Atomic bool killing;

	struct tracee *tracee;
	size_t tracee_nr, tracee_capacity;

	struct trace_books books;
	/* Under their lock: */
	bool ended; /* the workload was reaped, with: */
	int end_status;
	struct rusage end_usage;
};

static struct source *of(const struct stat_source *base)
{
	return (struct source *)base;
}

static const struct sock_fprog *filter_ptrace(struct stat_source *base)
{
	struct source *source = of(base);

	return source->by_seccomp ? &source->program : NULL;
}

/* ---- Tracees ---- */

static struct tracee *find_tracee(struct source *source, pid_t tid)
{
	for (size_t i = 0; i < source->tracee_nr; i++)
		if (source->tracee[i].tid == tid)
			return &source->tracee[i];
	return NULL;
}

static struct tracee *add_tracee(struct source *source, pid_t tid, bool counted)
{
	if (source->tracee_nr == source->tracee_capacity) {
		size_t capacity = MAX(2 * source->tracee_capacity, (size_t)16);
		void *grown = reallocarray(source->tracee, capacity, sizeof(*source->tracee));

		if (!grown)
			return NULL;
		source->tracee = grown;
		source->tracee_capacity = capacity;
	}
	source->tracee[source->tracee_nr] =
		(struct tracee){ .tid = tid, .tgid = tid, .counted = counted };
	if (source->request->group == GROUP_PROCESS || source->request->group == GROUP_THREAD)
		source->tracee[source->tracee_nr].tgid = proc_id(tid, "Tgid");
	return &source->tracee[source->tracee_nr++];
}

static void remove_tracee(struct source *source, pid_t tid)
{
	struct tracee *tracee = find_tracee(source, tid);

	if (tracee)
		*tracee = source->tracee[--source->tracee_nr];
}

/* ---- Calls ---- */

static void look_at_call(struct source *source, struct tracee *tracee, uint64_t end_ns)
{
	struct __ptrace_syscall_info info = { .op = PTRACE_SYSCALL_INFO_NONE };

	if (ptrace(PTRACE_GET_SYSCALL_INFO, tracee->tid, (void *)sizeof(info), &info) <= 0)
		return;
	switch (info.op) {
	case PTRACE_SYSCALL_INFO_ENTRY:
		if (tracee->restarts) {
			tracee->restarts = false;
			break;
		}
		tracee->entered = trace_begin(&source->books, tracee, info.arch, info.entry.nr,
					      (const uint64_t *)info.entry.args);
		break;
	case PTRACE_SYSCALL_INFO_SECCOMP:
		if (tracee->entered) {
			tracee->entered = false;
			break;
		}
		trace_begin(&source->books, tracee, info.arch, info.seccomp.nr,
			    (const uint64_t *)info.seccomp.args);
		break;
	case PTRACE_SYSCALL_INFO_EXIT:
		tracee->entered = false;
		trace_end(&source->books, tracee, info.exit.rval, end_ns);
		break;
	default:
		break;
	}
}

/* Was it inside a call that our stop broke off, and that it will begin again? */
static bool will_restart(pid_t tid)
{
#if defined(__x86_64__)
	struct user_regs_struct regs;
	struct iovec iov = { .iov_base = &regs, .iov_len = sizeof(regs) };

	if (ptrace(PTRACE_GETREGSET, tid, (void *)NT_PRSTATUS, &iov) || (long)regs.orig_rax < 0)
		return false;
	return trace_asks_to_restart((int64_t)regs.rax);
#else
	(void)tid;
	return false;
#endif
}

/* ---- The thread ---- */

static void resume(struct source *source, const struct tracee *tracee, int sig)
{
	int how = PTRACE_CONT;

	if (source->stopping && !source->by_seccomp)
		how = PTRACE_DETACH;
	else if (!source->by_seccomp || tracee->in_call || tracee->broken_off)
		how = PTRACE_SYSCALL;
	/* It may have been killed meanwhile: that is reported by itself. */
	(void)ptrace(how, tracee->tid, NULL, (void *)(long)sig);
	if (how == PTRACE_DETACH)
		remove_tracee(source, tracee->tid);
}

static void handle_exec(struct source *source, pid_t tid)
{
	unsigned long former = 0;
	struct tracee *old;

	/* A thread that execs becomes the leader, whose number it takes. */
	if (ptrace(PTRACE_GETEVENTMSG, tid, NULL, &former) || (pid_t)former == tid)
		return;
	old = find_tracee(source, (pid_t)former);
	if (!old)
		return;
	remove_tracee(source, tid);
	old = find_tracee(source, (pid_t)former);
	old->tid = tid;
}

static void handle_stop(struct source *source, pid_t tid, int status, uint64_t end_ns)
{
	int sig = WSTOPSIG(status), event = status >> 16;
	struct tracee *tracee;

	if (event == PTRACE_EVENT_EXEC)
		handle_exec(source, tid);
	tracee = find_tracee(source, tid);
	if (!tracee)
		tracee = add_tracee(source, tid, source->request->inherit);
	if (!tracee) {
		pthread_mutex_lock(&source->books.lock);
		source->books.table.missed.tasks++;
		pthread_mutex_unlock(&source->books.lock);
		ptrace(PTRACE_DETACH, tid, NULL, NULL);
		return;
	}

	if (event == PTRACE_EVENT_EXEC)
		trace_exec(&source->books, tracee);
	if (event == PTRACE_EVENT_STOP) {
		if (sig == SIGSTOP || sig == SIGTSTP || sig == SIGTTIN || sig == SIGTTOU) {
			/* The whole process is stopped, and is to stay so until SIGCONT. */
			if (!source->stopping || source->by_seccomp) {
				ptrace(PTRACE_LISTEN, tid, NULL, NULL);
				return;
			}
		}
		if (!source->by_seccomp)
			tracee->restarts = will_restart(tid);
		resume(source, tracee, 0);
	} else if (event == PTRACE_EVENT_SECCOMP || sig == (SIGTRAP | 0x80)) {
		look_at_call(source, tracee, end_ns);
		resume(source, tracee, 0);
	} else if (event) {
		resume(source, tracee, 0);
	} else {
		/* A signal may mean that a handler runs, and nothing begins again. */
		tracee->restarts = false;
		trace_signal(&source->books, tracee, sig);
		resume(source, tracee, sig);
	}
}

static struct err *seize(pid_t tid, void *data)
{
	struct source *source = data;
	long how = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK |
		   PTRACE_O_TRACEVFORK | PTRACE_O_TRACEEXEC;

	/* Without its tracer, calls that are to stop would fail with ENOSYS. */
	if (source->by_seccomp)
		how |= PTRACE_O_TRACESECCOMP | PTRACE_O_EXITKILL;
	else if (!source->request->inherit)
		how = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEEXEC;
	if (ptrace(PTRACE_SEIZE, tid, NULL, (void *)how)) {
		/* Made since by a thread we trace, and so traced with it. */
		if (errno == EPERM && proc_id(tid, "TracerPid") == gettid())
			return NULL;
		return err_sys(errno, "trace thread %d%s", (int)tid,
			       errno == EPERM ? " (needs the same user and no other tracer, or "
						"CAP_SYS_PTRACE)"
					      : "");
	}
	if (!add_tracee(source, tid, true))
		return err_nomem();
	if (!source->by_seccomp && ptrace(PTRACE_INTERRUPT, tid, NULL, NULL))
		return err_sys(errno, "stop thread %d", (int)tid);
	return NULL;
}

static struct err *seize_all(struct source *source)
{
	const struct stat_request *request = source->request;

	if (request->scope == SCOPE_COMMAND)
		return seize(request->workload->pid, source);
	return tasks_each(request->id, request->id_nr, request->scope == SCOPE_PROCESSES, seize,
			  source);
}

static void interrupt_all(struct source *source)
{
	for (size_t i = 0; i < source->tracee_nr; i++)
		ptrace(PTRACE_INTERRUPT, source->tracee[i].tid, NULL, NULL);
}

static void kill_all(struct source *source)
{
	for (size_t i = 0; i < source->tracee_nr; i++)
		kill(source->tracee[i].tid, SIGKILL);
}

/* The workload is the other thread's; it asks. */
static void note_end(struct source *source, int status, const struct rusage *usage)
{
	pthread_mutex_lock(&source->books.lock);
	source->ended = true;
	source->end_status = status;
	source->end_usage = *usage;
	pthread_mutex_unlock(&source->books.lock);
}

static void *trace(void *arg)
{
	struct source *source = arg;
	const struct workload *workload = source->request->workload;
	/* Later it is the other thread's. */
	const pid_t command = workload ? workload->pid : 0;
	bool told = false;

	source->start_err = seize_all(source);
	(void)!eventfd_write(source->started_fd, 1);

	while (source->tracee_nr) {
		struct rusage usage;
		int status;
		pid_t tid = wait4(-1, &status, __WALL, &usage);
		uint64_t end_ns = clock_now_ns();

		if (tid < 0 && errno == EINTR)
			continue;
		if (tid < 0)
			break;
		/* Those that were born meanwhile come to a stop first. */
		if (source->killing)
			kill_all(source);
		if (source->stopping && !told) {
			told = true;
			interrupt_all(source);
		}
		if (WIFSTOPPED(status)) {
			handle_stop(source, tid, status, end_ns);
			continue;
		}
		remove_tracee(source, tid);
		if (tid == command)
			note_end(source, status, &usage);
		if (source->stopping && source->by_seccomp)
			break;
	}
	(void)!eventfd_write(source->done_fd, 1);
	return NULL;
}

/* ---- The source ---- */

/* The thread waits for any child, and so for the end of this one. */
static void wake(void)
{
	if (!fork())
		_exit(0);
}

static void kill_ptrace(struct stat_source *base)
{
	of(base)->killing = true;
	wake();
}

static void close_ptrace(struct stat_source *base)
{
	struct source *source = of(base);

	if (source->running) {
		source->stopping = true;
		wake();
		pthread_join(source->thread, NULL);
	}
	pthread_mutex_destroy(&source->books.lock);
	if (source->done_fd >= 0)
		close(source->done_fd);
	if (source->started_fd >= 0)
		close(source->started_fd);
	err_free(source->start_err);
	stat_table_release(&source->books.table);
	free(source->tracee);
	free(source->program.filter);
	free(source);
}

static struct err *open_ptrace(const struct stat_request *request, struct notes *notes,
			       struct stat_source **ret_source)
{
	guard(stat_source) struct stat_source *base = NULL;
	struct source *source;
	struct err *err = NULL;

	if (request->scope == SCOPE_ALL || request->scope == SCOPE_CGROUP)
		return err_new(ERR_UNSUPPORTED, "only a command or processes can be traced");
	if (request->orders != ORDERS_ALL)
		return err_new(ERR_UNSUPPORTED, "pages are not seen by tracing");
	if (request->with_cpus || request->group == GROUP_CGROUP)
		return err_new(ERR_UNSUPPORTED, "CPUs and cgroups are not seen by tracing");
	source = calloc(1, sizeof(*source));
	if (!source)
		return err_nomem();
	base = &source->base;
	base->ops = &stat_source_ptrace;
	source->request = request;
	source->by_seccomp = request->scope == SCOPE_COMMAND;
	source->done_fd = source->started_fd = -1;
	source->books.request = request;
	pthread_mutex_init(&source->books.lock, NULL);
	source->done_fd = eventfd(0, EFD_CLOEXEC);
	source->started_fd = eventfd(0, EFD_CLOEXEC);
	if (source->done_fd < 0 || source->started_fd < 0)
		return err_sys(errno, "eventfd");
	if (source->by_seccomp) {
		err = trace_filter_make(&request->syscalls, &source->program);
		notes_add(notes, "the command runs with no_new_privs, so set-user-ID programs do "
				 "not change user; times include the cost of stopping");
	}
	if (err)
		return err;
	*ret_source = take_ptr(base);
	return NULL;
}

static struct err *start_ptrace(struct stat_source *base)
{
	struct source *source = of(base);
	eventfd_t value;
	int failed = pthread_create(&source->thread, NULL, trace, source);

	if (failed)
		return err_sys(failed, "start the tracing thread");
	source->running = true;
	(void)!eventfd_read(source->started_fd, &value);
	return take_ptr(source->start_err);
}

static struct err *enable_ptrace(struct stat_source *base, bool on)
{
	struct source *source = of(base);

	pthread_mutex_lock(&source->books.lock);
	source->books.enabled = on;
	pthread_mutex_unlock(&source->books.lock);
	return NULL;
}

static struct err *read_ptrace(struct stat_source *base, struct stat_table *table)
{
	struct source *source = of(base);
	struct err *err;

	pthread_mutex_lock(&source->books.lock);
	err = stat_table_copy(&source->books.table, table);
	pthread_mutex_unlock(&source->books.lock);
	table->sees = SEES_CALLS;
	if (!source->request->calls_only)
		table->sees |= SEES_ENDS | SEES_ERRORS | SEES_BYTES | SEES_TIMES;
	if (source->request->errnos && !source->request->calls_only)
		table->sees |= SEES_ERRNOS;
	return err;
}

static void reaped_ptrace(struct stat_source *base)
{
	struct source *source = of(base);

	pthread_mutex_lock(&source->books.lock);
	if (source->ended)
		workload_reaped(source->request->workload, source->end_status, &source->end_usage);
	pthread_mutex_unlock(&source->books.lock);
}

static int done_fd_ptrace(const struct stat_source *base)
{
	return of(base)->done_fd;
}

const struct stat_source_ops stat_source_ptrace = {
	.name = "ptrace",
	.about = "stops at each call",
	.open = open_ptrace,
	.filter = filter_ptrace,
	.start = start_ptrace,
	.enable = enable_ptrace,
	.read = read_ptrace,
	.done_fd = done_fd_ptrace,
	.reaped = reaped_ptrace,
	.kill = kill_ptrace,
	.close = close_ptrace,
};

#else /* another architecture */

static struct err *open_ptrace(const struct stat_request *request, struct notes *notes,
			       struct stat_source **ret_source)
{
	(void)request;
	(void)notes;
	(void)ret_source;
	return err_new(ERR_UNSUPPORTED, "numbers of this architecture's calls are not known");
}

const struct stat_source_ops stat_source_ptrace = { .name = "ptrace", .open = open_ptrace };

#endif
