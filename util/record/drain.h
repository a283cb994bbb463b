/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From rings into the file: every record is looked at once on its way, to count samples per
 * descriptor and to leave out our own where the kernel cannot; then whole pieces are copied, or
 * compressed.
 *
 * Threads: a drain belongs to one thread and drains only its own rings. The output is shared.
 */
#ifndef VMTOOL_RECORD_DRAIN_H
#define VMTOOL_RECORD_DRAIN_H

#include <stdbool.h>
#include <stdint.h>

#include "util/base/cleanup.h"
#include "util/base/err.h"
#include "util/mem/output.h"
#include "util/record/addresses.h"
#include "util/record/descriptors.h"
#include "util/sys/own.h"

struct drain_stats {
	uint64_t samples;
	uint64_t bytes; /* of records, before compression */
	uint64_t lost;	/* as PERF_RECORD_LOST records tell */
	uint64_t time_first_ns;
	uint64_t time_last_ns;
};

struct drain {
	struct descriptors *descriptors;
	struct output *output;
	const struct own_threads *own; /* whose samples are dropped here; NULL: nobody's */
	struct compressor *compressor;
	struct addresses addresses; /* of what went to the file */
	struct drain_stats stats;
};

/*
 * @plan: which addresses are collected on the way, NULL: none. @zstd_level 0: not compressed.
 * ERR_UNSUPPORTED when zstd is not built in.
 */
must_check struct err *drain_init(struct drain *drain, struct descriptors *descriptors,
				  const struct address_plan *plan, struct output *output,
				  int zstd_level);
void drain_release(struct drain *drain);

/* All records of the ring that are there now. */
must_check struct err *drain_ring(struct drain *drain, struct ring *ring);

/* The same of a paused backward ring, oldest first. */
must_check struct err *drain_backward(struct drain *drain, struct ring *ring);

/* Records that are no ring's. */
must_check struct err *drain_add(struct drain *drain, const void *records, size_t len);

#endif
