/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What tasks used of the machine: time, memory, faults, as time(1) has it. Of a command it comes
 * from wait4(2), with all children that were waited for; of tasks that run already from /proc,
 * which has nothing of those that have ended.
 */
#ifndef VMTOOL_STAT_USAGE_H
#define VMTOOL_STAT_USAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "util/stat/source.h"

struct stat_resources {
	bool known;
	uint64_t user_ns;
	uint64_t system_ns;
	uint64_t max_rss_bytes; /* of the largest process, since it began */
	uint64_t minor_faults;
	uint64_t major_faults;
	bool switches_known;
	uint64_t voluntary_switches;
	uint64_t involuntary_switches;
	bool blocks_known;
	uint64_t blocks_in; /* of 512 bytes */
	uint64_t blocks_out;
};

/* Of a command that has ended. */
struct stat_resources usage_of_command(const struct workload *workload);

/* So far; not known when the request names no tasks, or one of them is gone. */
struct stat_resources usage_of_tasks(const struct stat_request *request);

/* What came between; not known when one of the two is not. */
struct stat_resources usage_between(const struct stat_resources *before,
				    const struct stat_resources *after);

#endif
