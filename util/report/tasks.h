/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What tasks were called, at the moment a recording has been read to; cgroups' paths, by their ids,
 * are kept the same way.
 */
#ifndef VMTOOL_REPORT_TASKS_H
#define VMTOOL_REPORT_TASKS_H

#include <stddef.h>
#include <stdint.h>

#include "util/base/cleanup.h"
#include "util/base/keyset.h"

enum { TASKS_RECENT_NR = 64 };

struct tasks {
	struct names *names; /* borrowed; comms are its numbers */
	struct keyset tids;
	uint32_t *comm; /* 0: not known */
	size_t capacity;

	/* Each at its tid modulo their number: every sample asks, and few tasks take turns. */
	struct {
		uint32_t tid;
		uint32_t comm; /* 0: nothing is here */
	} recent[TASKS_RECENT_NR];
};

static inline struct tasks tasks_init(struct names *names)
{
	return (struct tasks){ .names = names, .tids = keyset_init(1) };
}

void tasks_release(struct tasks *tasks);

must_check struct err *tasks_set(struct tasks *tasks, uint64_t tid, uint32_t comm);

/* 0: nothing was said of it. */
uint32_t tasks_find(const struct tasks *tasks, uint64_t tid);

/* Its name, or ":1234" as perf calls tasks it was told nothing of. */
must_check struct err *tasks_comm(struct tasks *tasks, uint32_t tid, uint32_t *ret_comm);

/* All are forgotten. */
void tasks_clear(struct tasks *tasks);

#endif
