/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The free lists of the buddy allocator as the kernel left them: node by node, zone by zone, order
 * by order, migrate type by migrate type. A filter does not need them (each free block says so in
 * its struct page); people who look at fragmentation do.
 *
 * A list may have been cut in two by the crash: a walk ends at what is no free block, and never
 * goes round.
 */
#ifndef VMTOOL_KERNEL_FREELIST_H
#define VMTOOL_KERNEL_FREELIST_H

#include <stdint.h>

#include "util/kernel/kernel.h"

struct free_block {
	unsigned int node;
	unsigned int zone; /* index in pglist_data.node_zones */
	unsigned int order;
	unsigned int migrate_type;
	uint64_t pfn;
};

/* Return an error to stop. */
typedef struct err *freelist_fn(void *ctx, const struct free_block *block);

struct freelist_summary {
	uint64_t blocks_nr;
	uint64_t broken_nr; /* lists that do not come back to where they start */
};

/* @kernel must have why_not == NULL. ERR_NODATA: the zones cannot be found. */
must_check struct err *freelist_walk(struct kernel *kernel, freelist_fn *fn, void *ctx,
				     struct freelist_summary *summary);

/* Say in @notes which lists are not all there, if any. */
void freelist_remark(const struct freelist_summary *summary, struct notes *notes);

#endif
