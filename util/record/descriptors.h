/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The open events of a recording: one descriptor per event, CPU and task, one ring per CPU that
 * they share (two where they are overwritten: one is for records of tasks and mappings), and what
 * each of them counted.
 *
 * Threads: built by one; then each ring, and the counts of the descriptors that write to it, belong
 * to that ring's reader until it has been joined.
 */
#ifndef VMTOOL_RECORD_DESCRIPTORS_H
#define VMTOOL_RECORD_DESCRIPTORS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "util/base/cleanup.h"
#include "util/base/err.h"
#include "util/event/event.h"
#include "util/event/ring.h"
#include "util/sys/cpus.h"

struct descriptor {
	int fd;
	uint32_t event; /* index into the event set */
	int cpu;
	pid_t tid;     /* -1: every task */
	bool with_own; /* samples of our own threads are no reason to drop them */
	uint64_t id;
	uint64_t samples;  /* written to the file */
	uint64_t excluded; /* dropped because they were vmtool's own */
	uint64_t before;   /* of `samples`, already in an earlier file (--switch-output) */
};

struct descriptors {
	struct descriptor *item;
	size_t nr;
	struct ring *ring;
	size_t ring_nr;
	uint32_t *by_id; /* hash: index + 1 of an item, 0 empty; a power of two */
	uint32_t mask;
	uint64_t ring_bytes; /* each */
	bool refused;	     /* a ring of that size; a smaller one may be had */
};

#define DESCRIPTORS_INIT ((struct descriptors){ .nr = 0 })

struct descriptors_target {
	const struct cpus *cpus;
	const pid_t *tid; /* NULL: every task */
	size_t tid_nr;
	int cgroup_fd;	     /* -1: none */
	uint64_t ring_bytes; /* 0: what fits memory and the events */
	bool overwrite;
	const char *own_filter; /* of tracepoints: leaves out our own threads; NULL: none */
};

/*
 * Opens everything, disabled. Events' attributes are completed as the kernel turns out to be able.
 * Tasks that are gone are passed over; all gone is ERR_NODATA.
 */
must_check struct err *descriptors_open(const struct event_set *set,
					const struct descriptors_target *target,
					struct descriptors *ret_descriptors);
void descriptors_close(struct descriptors *descriptors);
DEFINE_GUARD_INPLACE(descriptors, struct descriptors, descriptors_close)

must_check struct err *descriptors_enable(const struct descriptors *descriptors,
					  const struct event_set *set, bool enable);

/* NULL: not one of ours. */
static inline struct descriptor *descriptors_find(const struct descriptors *descriptors,
						  uint64_t id)
{
	for (uint32_t i = (uint32_t)id & descriptors->mask;; i = (i + 1) & descriptors->mask) {
		uint32_t index = descriptors->by_id[i];

		if (!index)
			return NULL;
		if (descriptors->item[index - 1].id == id)
			return &descriptors->item[index - 1];
	}
}

#endif
