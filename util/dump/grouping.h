/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Of which group each page frame of a range is: what the memory map says, what the image holds of
 * it, the class of each page and the policy, the place of what is special. Found out anew each
 * time; what is kept of it, and which ranges there are, plan.h knows.
 */
#ifndef VMTOOL_DUMP_GROUPING_H
#define VMTOOL_DUMP_GROUPING_H

#include "util/dump/plan.h"
#include "util/kernel/regions.h"

enum {
	/* Of a range: groups (util/dump/groups.h) and a bitmap. */
	GROUPING_BYTES = 1 << (PLAN_RANGE_SHIFT - 1),
	GROUPING_BITMAP_BYTES = 1 << (PLAN_RANGE_SHIFT - 3),
};

struct grouping {
	struct image *image; /* borrowed, as the next */
	const struct kernel *kernel;
	struct pagescan *scan; /* NULL: classes cannot be told */
	const struct xen *xen; /* or by Xen's frame table; NULL: not asked for */
	struct regions regions;
	struct regions keys;
	unsigned int level;
	bool keep_all;
	uint64_t unreadable_nr; /* struct pages, each counted once */
	uint64_t torn_nr;	/* free blocks that are none, too */
	uint8_t stored[GROUPING_BITMAP_BYTES];
};

/* On error too, it is to be released. */
must_check struct err *grouping_init(struct grouping *grouping, struct image *image,
				     const struct kernel *kernel, unsigned int level);
void grouping_release(struct grouping *grouping);

/* A range being looked at. */
struct grouping_range {
	struct grouping *grouping;
	uint64_t first;
	uint64_t pfns_nr;	    /* at most PLAN_RANGE_PFNS */
	uint8_t *groups;	    /* GROUPING_BYTES for the answer, all of which is set */
	struct plan_counts *counts; /* but for `kept`; NULL: this range has been counted before */
};

must_check struct err *grouping_find(struct grouping_range *range);

#endif
