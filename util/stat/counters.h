/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Counters of perf_event_open(2) for all tasks of a request. What is counted has an index, the
 * caller's, by which the sums of its counters come back: one for each CPU where cgroups or the
 * whole machine are counted, else one for each task, or for each task and CPU where only some CPUs
 * are wanted, which its children inherit. They begin disabled. Of the whole machine, tracepoints
 * leave out what the threads do that vmtool has then, unless traces know these by other numbers
 * (own_threads_have_traced_numbers()).
 */
#ifndef VMTOOL_STAT_COUNTERS_H
#define VMTOOL_STAT_COUNTERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/base/cleanup.h"
#include "util/base/err.h"
#include "util/base/str.h"
#include "util/stat/source.h"

struct counted {
	uint32_t type; /* PERF_TYPE_* */
	uint64_t config;
	const char *filter; /* of a tracepoint; NULL: all of it */
	const char *name;   /* for errors */
};

struct counters {
	struct counter {
		size_t index;
		int fd;
	} * counter;
	size_t nr, capacity;
	struct str others; /* the filter that nothing of ours passes, once it was needed */
};

/*
 * @command_cgroup_fd: of a cgroup the command of SCOPE_COMMAND is in alone; -1: there is none.
 * ERR_UNSUPPORTED: the kernel does not count by cgroups (yet).
 */
must_check struct err *counters_add(struct counters *counters, size_t index,
				    const struct counted *what, const struct stat_request *request,
				    int command_cgroup_fd);
/* May we? A counter of our own calls, for the caller to release. */
must_check struct err *counters_try(struct counters *counters, const struct counted *what);

must_check struct err *counters_enable(const struct counters *counters, bool on);
/* Adds what was counted to @sum[index], which has room for every index that was given. */
must_check struct err *counters_read(const struct counters *counters, uint64_t *sum);

void counters_release(struct counters *counters);
DEFINE_GUARD_INPLACE(counters, struct counters, counters_release)

#endif
