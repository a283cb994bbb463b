/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which page frames stay in the dump, and which of them matter most. Planned one range of page
 * frames at a time, so that memory is bounded by the range and not by the machine; results are
 * kept, packed, as far as a fixed budget goes (util/dump/groups.h), and what is not is planned
 * again when asked for again.
 *
 * Whether a page is filled with zeros is not the plan's business: that takes its contents.
 */
#ifndef VMTOOL_DUMP_PLAN_H
#define VMTOOL_DUMP_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "util/dump/groups.h"
#include "util/image/image.h"
#include "util/kernel/kernel.h"
#include "util/kernel/pagescan.h"
#include "util/kernel/xen.h"

/*
 * A range: 1 GiB with 4 KiB pages. A multiple of 8, so that it begins with a byte of the bitmaps,
 * and of every alignment a free block of the buddy allocator can have.
 */
enum { PLAN_RANGE_SHIFT = 18 };
#define PLAN_RANGE_PFNS (UINT64_C(1) << PLAN_RANGE_SHIFT)

/*
 * Pages that stay, the most valuable first: what is written first is lost last. Nothing is left out
 * by its group.
 */
enum plan_group {
	GROUP_KEYS,  /* what readers begin with (util/kernel/keypages.h) */
	GROUP_VITAL, /* the kernel image, per-CPU areas, page tables */
	GROUP_SLAB,
	GROUP_KERNEL, /* other kernel memory, and what could not be classified */
	GROUP_VMEMMAP,
	GROUP_CACHE_PRIVATE,
	GROUP_CACHE,
	GROUP_USER,
	GROUP_FREE,
	GROUPS_NR,

	/* Not in the dump: */
	GROUP_DROPPED = 14,
	GROUP_NO_MEMORY = 15,
};

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
	const uint8_t *groups; /* of page frame first + n: plan_group_at() */
	uint64_t kept_nr;
	uint64_t kept_before; /* kept page frames in all ranges before this one */
	uint64_t group_nr[GROUPS_NR];
};

static inline enum plan_group plan_group_at(const uint8_t *groups, uint64_t n)
{
	return (enum plan_group)groups_at(groups, n);
}

/* @kernel's classes are used when it can classify; otherwise everything stored is kept. */
must_check struct err *plan_new(struct image *image, const struct kernel *kernel,
				unsigned int level, struct plan **ret_plan);

/*
 * Classes are those @xen tells, which must outlive the plan, and not the kernel's. Before the first
 * plan_range().
 */
void plan_use_xen(struct plan *plan, const struct xen *xen);

/* All that is stored stays, whatever it is. Before the first plan_range(). */
void plan_keep_all(struct plan *plan);

/*
 * Hold at most @bytes_max of what was planned, instead of 2 MiB: a GiB of memory takes up to 256
 * KiB, and far less as it is used. What there is no memory for is planned again. SIZE_MAX: all of
 * it is held, or ERR_NOMEM, and nothing is planned twice; for memory that changes meanwhile, which
 * would not come out the same. Before the first plan_range().
 */
void plan_hold(struct plan *plan, size_t bytes_max);

void plan_free(struct plan *plan);
DEFINE_GUARD(plan, struct plan *, plan_free)

/* One past the highest page frame with memory. */
uint64_t plan_end_pfn(const struct plan *plan);

/* Ranges with memory in them, ascending by page frame; ranges without any are left out. */
uint64_t plan_ranges_nr(const struct plan *plan);

/*
 * @index is below plan_ranges_nr(); the first time through they are asked for in order. `groups`
 * belongs to the plan and stays valid until the next call. A range that has to be planned again and
 * comes out differently is ERR_FORMAT: the bitmaps of the dump are written, its pages would be
 * taken for others.
 */
must_check struct err *plan_range(struct plan *plan, uint64_t index, struct plan_range *ret_range);

/* How many page frames of @group a range has that was planned before, without planning it again. */
uint64_t plan_group_nr(const struct plan *plan, uint64_t index, enum plan_group group);

/* Are all ranges kept in memory, so that asking again costs nothing? */
bool plan_is_held(const struct plan *plan);

/*
 * The range as bitmaps of PLAN_RANGE_PFNS bits each: page frames with memory, page frames that
 * stay. The plan's own memory, valid until the next call.
 */
void plan_bitmaps(struct plan *plan, const struct plan_range *range, const uint8_t **ret_ram,
		  const uint8_t **ret_keep);

const struct plan_counts *plan_counts(const struct plan *plan);

/* Struct pages that could not be read, and why the first could not; "" when that is not known. */
uint64_t plan_unreadable_nr(const struct plan *plan);
const char *plan_unreadable_why(const struct plan *plan);

/* Free blocks that were not believed, see pagescan_torn_nr(). */
uint64_t plan_torn_nr(const struct plan *plan);

/* Struct pages that were fetched so far, again where a range was planned again. */
uint64_t plan_fetched_nr(const struct plan *plan);

#endif
