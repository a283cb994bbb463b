/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The records of several ranges of files in the order of their times, in bounded memory.
 *
 * A recording is a sequence of pieces, each copied from the ring of one CPU and ascending in
 * itself. The first pass cuts it into such runs and remembers where each begins; the second merges
 * those runs that overlap at the time it has come to, which are few: about one per CPU.
 *
 * Records without a time belong to the place they stand at. Equal times keep the file's order.
 */
#ifndef VMTOOL_PERFDATA_MERGE_H
#define VMTOOL_PERFDATA_MERGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/base/cleanup.h"
#include "util/base/err.h"
#include "util/mem/file.h"

struct merge;

struct merge_ops {
	/* The time of a record; false when it has none. */
	bool (*time)(void *ctx, const uint8_t *record, size_t len, uint64_t *ret_time_ns);

	/*
	 * Called by merge_add() for each record that is not the kernel's
	 * (PERFDATA_RECORD_USER_START and above), at @offset of @file.
	 */
	struct err *(*user)(void *ctx, struct mem_file *file, uint64_t offset,
			    const uint8_t *record, size_t len);
};

/* @ops and @ctx must outlive the merge. */
must_check struct err *merge_new(const struct merge_ops *ops, void *ctx, struct merge **ret_merge);
void merge_free(struct merge *merge);
DEFINE_GUARD(merge, struct merge *, merge_free)

/*
 * Look through [@start, @end) of @file, which must outlive the merge. *ret_end is where its whole
 * records end: before @end when it was cut short.
 */
must_check struct err *merge_add(struct merge *merge, struct mem_file *file, uint64_t start,
				 uint64_t end, uint64_t *ret_end);

/* After the last merge_add(), and to begin again. */
must_check struct err *merge_start(struct merge *merge);

/* *ret_record is NULL after the last one; valid until the next call. */
must_check struct err *merge_next(struct merge *merge, const uint8_t **ret_record, size_t *ret_len,
				  uint64_t *ret_offset);

/* 0 and 0: no record has a time. */
void merge_time_range(const struct merge *merge, uint64_t *ret_first_ns, uint64_t *ret_last_ns);

#endif
