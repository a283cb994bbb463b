/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The command a user asks to be measured: forked first, held before its exec while counters and
 * rings are set up, let go, waited for.
 *
 * From workload_start() on the child exists and carries the command's name (the last part of its
 * path, cut to 15 bytes as the kernel does), so that nothing it does before its exec is shown as
 * vmtool's. It shares our standard streams, gets back the signal mask @mask and default SIGPIPE,
 * and dies when we die before it was let go.
 *
 * Threads: one at a time.
 */
#ifndef VMTOOL_SYS_WORKLOAD_H
#define VMTOOL_SYS_WORKLOAD_H

#include <linux/filter.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/resource.h>
#include <sys/types.h>

#include "util/base/cleanup.h"
#include "util/base/err.h"

enum {
	/* As shells and env(1) say it. */
	WORKLOAD_FAILED_US = 125,    /* the tool, not the command */
	WORKLOAD_NOT_RUNNABLE = 126, /* found, but exec refused it */
	WORKLOAD_NOT_FOUND = 127,
	WORKLOAD_SIGNALLED = 128, /* plus the number of the signal */
};

struct workload {
	pid_t pid;	     /* 0: none, or gone and reaped */
	int pid_fd;	     /* readable when the command has ended; -1: not started */
	int go_fd;	     /* a byte lets the child exec; -1 after that */
	int result_fd;	     /* the child's errno if its exec failed, end of file if it did not */
	int status;	     /* from wait4(), once it is reaped */
	bool held;	     /* workload_hold() stopped it */
	bool not_run;	     /* workload_go() failed in its exec */
	struct rusage usage; /* of the command and what it waited for, once it is reaped */
};

#define WORKLOAD_INIT ((struct workload){ .pid_fd = -1, .go_fd = -1, .result_fd = -1 })

/*
 * @argv ends with NULL and outlives the workload. @mask NULL: the signal mask of the caller, with
 * SIGINT, SIGTERM and SIGHUP let through (main blocks them, util/sys/signals.h).
 */
must_check struct err *workload_start(char **argv, const sigset_t *mask,
				      struct workload *ret_workload);

/*
 * Let the command run, and wait until its exec succeeded or failed. A failed exec is ERR_SYS whose
 * errno says why; workload_exit_code() then gives 127 or 126, as shells do.
 */
must_check struct err *workload_go(struct workload *workload);

/*
 * For counters that must see the exec first and nothing before it: brings the child to a stop
 * (SIGSTOP) from where it goes on with its exec as the very next system call; with a @filter, after
 * it set no_new_privs and gave itself that seccomp filter. NULL: no filter. Then workload_let_go()
 * is workload_go() without waiting, and workload_exec_failed() waits for the outcome of the exec
 * alone: 0 or its errno.
 */
must_check struct err *workload_hold(struct workload *workload, const struct sock_fprog *filter);
must_check struct err *workload_let_go(struct workload *workload);
int workload_exec_failed(struct workload *workload);

/* Somebody else has reaped it: a tracer, who waits for all its tracees. */
void workload_reaped(struct workload *workload, int status, const struct rusage *usage);

/* Send it a signal; never to another process, whoever has reaped it. */
void workload_signal(const struct workload *workload, int signal);

/* Has it ended? Reaps it if so. Never waits. */
bool workload_ended(struct workload *workload);

/* Wait until it has ended. */
must_check struct err *workload_wait(struct workload *workload);

/* Of an ended workload: its exit code, or 128 + N when signal N ended it. */
int workload_exit_code(const struct workload *workload);

/*
 * Give up what is held. A command that was never let go is ended; one that runs is left running,
 * not waited for.
 */
void workload_release(struct workload *workload);
DEFINE_GUARD_INPLACE(workload, struct workload, workload_release)

#endif
