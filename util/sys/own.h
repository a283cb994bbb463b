/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which threads are vmtool's own, so that their events can be left out: by a filter that the kernel
 * applies to tracepoints, or by number where samples are read.
 */
#ifndef VMTOOL_SYS_OWN_H
#define VMTOOL_SYS_OWN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/base/err.h"
#include "util/base/str.h"

enum { OWN_THREADS_MAX = 256 };

struct own_threads {
	uint32_t tid[OWN_THREADS_MAX]; /* ascending */
	size_t nr;
};

/* The threads this process has now. */
must_check struct err *own_threads_find(struct own_threads *ret_own);

/* Let them come first, as far as we may; a process with less privilege reads as it can. */
void own_threads_hurry(const struct own_threads *own);

/*
 * Do traces know us by the numbers we know ourselves by? They use those of the first pid namespace,
 * which others are not told; then a filter by number would leave out strangers.
 */
bool own_threads_have_traced_numbers(void);

/*
 * A tracepoint filter that nothing of ours passes. What interrupts do on top of our threads is not
 * ours: most of it ends what others began (RCU frees their objects, I/O of theirs completes).
 */
void own_threads_filter(const struct own_threads *own, struct str *out);

static inline bool own_threads_has(const struct own_threads *own, uint32_t tid)
{
	for (size_t i = 0; i < own->nr; i++)
		if (own->tid[i] == tid)
			return true;
	return false;
}

#endif
