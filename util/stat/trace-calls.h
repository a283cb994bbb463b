/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Calls of traced tasks from what their tracer sees of them: where they begin and end, and the
 * signals that come between. Knows which calls return, not how a task is stopped.
 *
 * Threads: one traces; others may use the table, under its lock.
 */
#ifndef VMTOOL_STAT_TRACE_CALLS_H
#define VMTOOL_STAT_TRACE_CALLS_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "util/stat/account.h"
#include "util/stat/source.h"

struct tracee {
	pid_t tid;
	pid_t tgid;
	bool counted;
	bool in_call;
	bool restarts; /* its next call is one that began before we came */
	struct account_call call;

	/*
	 * A signal broke the call off, which will be begun again or not, or never returns. Signals
	 * that nobody minds are not ignored under a tracer: a call that is begun again then goes on
	 * as if there had been none.
	 */
	bool broken_off;
	bool entered; /* its beginning was seen already, before the filter stops it too */
	int64_t broken_ret;
	uint64_t broken_ns;
};

struct trace_books {
	const struct stat_request *request;
	pthread_mutex_t lock;
	/* Under lock: */
	bool enabled;
	struct stat_table table;
};

/*
 * @tracee is at the beginning of a call; @arch: AUDIT_ARCH_*. False: it is none of those that are
 * counted.
 */
bool trace_begin(struct trace_books *books, struct tracee *tracee, uint32_t arch, uint64_t number,
		 const uint64_t args[6]);
/* At its end, with what the kernel's side of the call returned. */
void trace_end(struct trace_books *books, struct tracee *tracee, int64_t ret, uint64_t end_ns);
/* Signal @sig is about to be delivered. */
void trace_signal(struct trace_books *books, struct tracee *tracee, int sig);

/* It runs another program, which gives its group another name. */
void trace_exec(struct trace_books *books, const struct tracee *tracee);

/* Does a call that returns @ret inside the kernel ask to be begun again? */
bool trace_asks_to_restart(int64_t ret);

#endif
