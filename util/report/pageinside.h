/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files behind page.h share: page.c goes through the samples, pagemachine.c knows the
 * names of the machine that was recorded, pagestack.c keeps whole chains, pagelive.c what is live.
 * Nobody else includes this.
 */
#ifndef VMTOOL_REPORT_PAGEINSIDE_H
#define VMTOOL_REPORT_PAGEINSIDE_H

#include "util/report/page.h"

/* Migrate types and zones, from what the recording holds. */
must_check struct err *page_read_machine(struct page_analysis *pa);

/* The names of a GFP value, by the event's own print format; what was seen before is kept. */
must_check struct err *page_note_gfp(struct page_analysis *pa, const struct session_sample *sample,
				     uint64_t gfp);

/* NULL: not known. */
const struct page_zone *page_find_zone(const struct page_analysis *pa, uint64_t pfn);

/* The frames of a chain from the outermost in, as a path in the tree of nodes. */
must_check struct err *page_stack_node(struct page_analysis *pa,
				       const struct session_sample *sample, uint64_t *ret_node);

static inline void page_count(struct page_totals *totals, uint64_t bytes)
{
	totals->hits++;
	totals->bytes += bytes;
}

/*
 * Takes what a free of @order at @pfn gives back: an allocation, or the part of one that was freed
 * by itself. ret_live->bytes 0: nothing that is live.
 */
must_check struct err *page_take_live(struct page_analysis *pa, uint64_t pfn, uint64_t order,
				      struct live *ret_live);

/* @live, which was taken, counts as freed. True: nothing is left of its allocation. */
bool page_forget(struct page_analysis *pa, const struct live *live);

#endif
