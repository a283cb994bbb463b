/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which page frames stay in the dump. Planned one range of page frames at a time, so that memory is
 * bounded by the range and not by the machine; results of the first ranges are kept as far as a fixed
 * budget goes, the others are planned again when asked for again.
 *
 * Whether a page is filled with zeros is not the plan's business: that takes its contents.
 */
#ifndef VMTOOL_DUMP_PLAN_H
#define VMTOOL_DUMP_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "util/image/image.h"
#include "util/kernel/kernel.h"
#include "util/kernel/pagescan.h"

/*
 * A range: 1 GiB with 4 KiB pages. A multiple of 8 bitmap blocks of any page size, and of every
 * alignment a free block of the buddy allocator can have.
 */
enum { PLAN_RANGE_SHIFT = 18 };
#define PLAN_RANGE_PFNS (UINT64_C(1) << PLAN_RANGE_SHIFT)

/* Page frames by what became of them. Complete when each range has been planned once. */
struct plan_counts {
	uint64_t ram;			   /* page frames with memory, in the image's own map */
	uint64_t missing;		   /* of these, not stored in the image */
	uint64_t class[PAGE_CLASSES_NR];   /* of the rest, by class */
	uint64_t dropped[PAGE_CLASSES_NR]; /* of each class, left out for its class */
	uint64_t dropped_poisoned;	   /* poisoned, and not left out for their class */
	uint64_t kept;			   /* = ram - missing - all dropped */
};

struct plan;

struct plan_range {
	uint64_t first; /* pfn */
	uint64_t pfns_nr;
	const uint8_t *ram;  /* bit n: page frame first + n has memory */
	const uint8_t *keep; /* bit n: it stays in the dump */
	uint64_t kept_nr;
};

/* @kernel's classes are used when it can classify; otherwise everything stored is kept. */
must_check struct err *plan_new(struct image *image, const struct kernel *kernel,
				unsigned int level, struct plan **ret_plan);

void plan_free(struct plan *plan);
DEFINE_GUARD(plan, struct plan *, plan_free)

/* One past the highest page frame with memory. */
uint64_t plan_end_pfn(const struct plan *plan);

/* Ranges with memory in them, ascending by page frame; ranges without any are left out. */
uint64_t plan_ranges_nr(const struct plan *plan);

/* @index is below plan_ranges_nr(). The bitmaps belong to the plan and stay valid until the next call. */
must_check struct err *plan_range(struct plan *plan, uint64_t index, struct plan_range *ret_range);

const struct plan_counts *plan_counts(const struct plan *plan);

/* Struct pages that could not be read. */
uint64_t plan_unreadable_nr(const struct plan *plan);

#endif
