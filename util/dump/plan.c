// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/dump/plan.h"

#include <string.h>

#include "util/base/bitmap.h"
#include "util/base/checked.h"
#include "util/base/endian.h"
#include "util/dump/groups.h"
#include "util/dump/policy.h"
#include "util/kernel/keypages.h"
#include "util/kernel/regions.h"

enum {
	RANGE_GROUPS_BYTES = 1 << (PLAN_RANGE_SHIFT - 1),
	RANGE_BITMAP_BYTES = 1 << (PLAN_RANGE_SHIFT - 3),

	HELD_BYTES_MAX = 2 << 20, /* packed; unless somebody says otherwise */

	/* Addresses end at 4 PiB with 4 KiB pages, which is what x86_64 has. */
	RANGE_INDEX_MAX = 1 << 22,

	/* Ranges with memory at 256 TiB, which no machine has: 16 MiB for what is known of them. */
	RANGES_MAX = 1 << 18,
};

/* A range with memory in it. */
struct planned {
	uint64_t first; /* pfn */
	bool counted;
	uint8_t *packed; /* its groups; NULL where the budget did not reach */
	uint64_t kept_before;
	uint64_t checksum; /* of groups */
	uint32_t group_nr[GROUPS_NR];
};

struct plan {
	struct image *image;
	const struct kernel *kernel;
	struct pagescan *scan; /* NULL: classes cannot be told */
	const struct xen *xen; /* or by Xen's frame table; NULL: not asked for */
	struct regions regions;
	struct regions keys;
	unsigned int level;
	bool keep_all;
	uint64_t end_pfn;
	uint64_t ranges_nr;
	uint64_t not_held_nr; /* ranges that were planned and not kept */
	struct planned *planned;
	size_t hold_bytes_max;
	size_t held_bytes;
	struct plan_counts counts;
	uint64_t unreadable_nr; /* struct pages, each counted once */
	uint64_t torn_nr;	/* free blocks that are none, too */
	uint8_t scratch[RANGE_GROUPS_BYTES];
	uint8_t ram[RANGE_BITMAP_BYTES];
	uint8_t keep[RANGE_BITMAP_BYTES];
};

/* A range being planned. */
struct planning {
	struct plan *plan;
	uint64_t first;
	uint64_t pfns_nr;
	uint8_t *groups;
	struct plan_counts *counts; /* NULL: this range has been counted before */
};

static const enum plan_group group_of_class[PAGE_CLASSES_NR] = {
	[PAGE_KERNEL] = GROUP_KERNEL,  [PAGE_SLAB] = GROUP_SLAB,
	[PAGE_TYPED] = GROUP_VITAL,    [PAGE_FREE] = GROUP_FREE,
	[PAGE_CACHE] = GROUP_CACHE,    [PAGE_CACHE_PRIVATE] = GROUP_CACHE_PRIVATE,
	[PAGE_USER] = GROUP_USER,      [PAGE_OFFLINE] = GROUP_DROPPED,
	[PAGE_UNKNOWN] = GROUP_KERNEL, [PAGE_XEN] = GROUP_VITAL,
	[PAGE_DOM0] = GROUP_KERNEL,    [PAGE_DOMU] = GROUP_USER,
};

/* The ranges that hold memory, ascending: machines have holes far larger than their memory. */
static struct err *list_ranges(struct plan *plan)
{
	const struct memmap *map = &plan->image->memmap;
	uint64_t range_bytes = plan->kernel->page_size << PLAN_RANGE_SHIFT;
	uint64_t capacity = 0;

	for (size_t i = 0; i < map->nr; i++) {
		const struct memmap_range *r = &map->range[i];
		uint64_t index = r->paddr / range_bytes;
		uint64_t last = (r->paddr + r->size - 1) / range_bytes;

		if (last >= RANGE_INDEX_MAX)
			return err_new(ERR_FORMAT,
				       "the image's memory map reaches to %#llx: not believed",
				       (unsigned long long)(r->paddr + r->size - 1));
		if (last - index >= RANGES_MAX - plan->ranges_nr)
			return err_new(
				ERR_FORMAT,
				"the image claims more than %llu TiB of memory: not believed",
				(unsigned long long)(range_bytes * RANGES_MAX >> 40));
		if (plan->ranges_nr &&
		    plan->planned[plan->ranges_nr - 1].first == index << PLAN_RANGE_SHIFT)
			index++;
		for (; index <= last; index++) {
			if (plan->ranges_nr == capacity) {
				struct planned *grown;

				capacity = MAX(capacity * 2, UINT64_C(16));
				grown = reallocarray(plan->planned, capacity, sizeof(*grown));
				if (!grown)
					return err_nomem();
				plan->planned = grown;
			}
			plan->planned[plan->ranges_nr++] =
				(struct planned){ .first = index << PLAN_RANGE_SHIFT };
		}
	}
	return NULL;
}

/* Without memory for them, pages of theirs come with those of the rest of the kernel. */
static void find_regions(struct plan *plan)
{
	struct err *e = regions_find(&plan->regions, plan->kernel);

	if (e)
		regions_release(&plan->regions);
	err_free(e);
	e = keypages_find(&plan->keys, plan->kernel);
	if (e)
		regions_release(&plan->keys);
	err_free(e);
}

struct err *plan_new(struct image *image, const struct kernel *kernel, unsigned int level,
		     struct plan **ret_plan)
{
	guard(plan) struct plan *plan = calloc(1, sizeof(*plan));
	struct err *e;

	if (!plan)
		return err_nomem();
	plan->image = image;
	plan->kernel = kernel;
	plan->level = level;
	plan->hold_bytes_max = HELD_BYTES_MAX;
	plan->end_pfn = div_round_up_u64(memmap_end(&image->memmap), kernel->page_size);

	e = list_ranges(plan);
	if (e)
		return e;
	if (!kernel->why_not) {
		e = pagescan_new(kernel, !policy_drops(level, PAGE_FREE), &plan->scan);
		if (e)
			return e;
		find_regions(plan);
	}
	*ret_plan = take_ptr(plan);
	return NULL;
}

void plan_use_xen(struct plan *plan, const struct xen *xen)
{
	plan->xen = xen;
}

void plan_keep_all(struct plan *plan)
{
	plan->keep_all = true;
}

void plan_hold(struct plan *plan, size_t bytes_max)
{
	plan->hold_bytes_max = bytes_max;
}

void plan_free(struct plan *plan)
{
	if (!plan)
		return;
	for (uint64_t i = 0; i < plan->ranges_nr; i++)
		free(plan->planned[i].packed);
	free(plan->planned);
	regions_release(&plan->regions);
	regions_release(&plan->keys);
	pagescan_free(plan->scan);
	free(plan);
}

uint64_t plan_end_pfn(const struct plan *plan)
{
	return plan->end_pfn;
}

uint64_t plan_ranges_nr(const struct plan *plan)
{
	return plan->ranges_nr;
}

const struct plan_counts *plan_counts(const struct plan *plan)
{
	return &plan->counts;
}

uint64_t plan_fetched_nr(const struct plan *plan)
{
	return plan->scan ? pagescan_fetched_nr(plan->scan) : 0;
}

uint64_t plan_unreadable_nr(const struct plan *plan)
{
	return plan->unreadable_nr;
}

const char *plan_unreadable_why(const struct plan *plan)
{
	return plan->scan ? pagescan_unreadable_why(plan->scan) : "";
}

uint64_t plan_torn_nr(const struct plan *plan)
{
	return plan->torn_nr;
}

bool plan_is_held(const struct plan *plan)
{
	return !plan->not_held_nr;
}

uint64_t plan_group_nr(const struct plan *plan, uint64_t index, enum plan_group group)
{
	return plan->planned[index].group_nr[group];
}

/* Page frames that bytes [paddr, paddr + size) touch, cut to the range. */
static bool touched(const struct planning *planning, uint64_t paddr, uint64_t size,
		    uint64_t *ret_first, uint64_t *ret_nr)
{
	const struct kernel *kernel = planning->plan->kernel;
	uint64_t first = paddr >> kernel->page_shift;
	uint64_t end = div_round_up_u64(paddr + size, kernel->page_size);

	first = MAX(first, planning->first);
	end = MIN(end, planning->first + planning->pfns_nr);
	if (first >= end)
		return false;
	*ret_first = first - planning->first;
	*ret_nr = end - first;
	return true;
}

/* Of memory the image has in principle, what it holds page by page. */
static struct err *mark_gaps(struct planning *planning)
{
	struct plan *plan = planning->plan;
	struct err *e;

	if (!image_has_gaps(plan->image))
		return NULL;
	e = image_stored(plan->image, planning->first, planning->pfns_nr, plan->keep);
	for (uint64_t n = 0; !e && n < planning->pfns_nr; n++) {
		if (!bitmap_test(plan->keep, (size_t)n) &&
		    plan_group_at(planning->groups, n) == GROUP_KERNEL)
			groups_set(planning->groups, n, 1, GROUP_DROPPED);
	}
	return e;
}

/* What has memory is kept for now, but for what the image does not hold. */
static struct err *mark_memory(struct planning *planning)
{
	const struct memmap *map = &planning->plan->image->memmap;
	unsigned int page_shift = planning->plan->kernel->page_shift;
	uint64_t end_paddr = (planning->first + planning->pfns_nr) << page_shift;
	const struct memmap_range *end = map->range + map->nr;
	const struct memmap_range *from = memmap_find(map, planning->first << page_shift);
	uint64_t first;
	uint64_t nr;

	memset(planning->groups, GROUP_NO_MEMORY << 4 | GROUP_NO_MEMORY, RANGE_GROUPS_BYTES);
	for (const struct memmap_range *r = from; r && r < end && r->paddr < end_paddr; r++) {
		if (touched(planning, r->paddr, r->size, &first, &nr))
			groups_set(planning->groups, first, nr, GROUP_KERNEL);
	}
	for (const struct memmap_range *r = from; r && r < end && r->paddr < end_paddr; r++) {
		if (r->file_size < r->size &&
		    touched(planning, r->paddr + r->file_size, r->size - r->file_size, &first, &nr))
			groups_set(planning->groups, first, nr, GROUP_DROPPED);
	}
	return mark_gaps(planning);
}

static struct err *mark_run(void *ctx, const struct page_run *run)
{
	struct planning *planning = ctx;
	struct plan_counts *counts = planning->counts;
	bool keep_all = planning->plan->keep_all;
	bool drop = !keep_all && policy_drops(planning->plan->level, run->class);
	bool drop_poisoned = !keep_all && run->poisoned;
	enum plan_group group = group_of_class[run->class];

	if (drop || drop_poisoned)
		group = GROUP_DROPPED;
	else if (group == GROUP_DROPPED)
		group = GROUP_FREE;
	groups_set(planning->groups, run->first - planning->first, run->count, group);
	if (!counts)
		return NULL;

	counts->class[run->class] += run->count;
	if (drop)
		counts->dropped[run->class] += run->count;
	else if (drop_poisoned)
		counts->dropped_poisoned += run->count;
	if (planning->plan->xen && run->class == PAGE_UNKNOWN)
		planning->plan->unreadable_nr += run->count;
	return NULL;
}

/* Hand page frames [first, end), all of them in the image, to mark_run() by what they are. */
static struct err *walk(struct planning *planning, uint64_t first, uint64_t end)
{
	struct plan *plan = planning->plan;

	if (plan->xen)
		return xen_walk(plan->xen, first, end, mark_run, planning);
	if (plan->scan)
		return pagescan_walk(plan->scan, first, end, mark_run, planning);
	if (planning->counts)
		planning->counts->class[PAGE_UNKNOWN] += end - first;
	return NULL;
}

/* Ask the kernel's struct pages about each run of page frames the image holds. */
static struct err *mark_classes(struct planning *planning)
{
	struct plan *plan = planning->plan;
	uint64_t unreadable_before = plan->scan ? pagescan_unreadable_nr(plan->scan) : 0;
	uint64_t torn_before = plan->scan ? pagescan_torn_nr(plan->scan) : 0;
	uint64_t n = 0;

	while (n < planning->pfns_nr) {
		uint64_t first = n;
		struct err *e;

		while (n < planning->pfns_nr && plan_group_at(planning->groups, n) == GROUP_KERNEL)
			n++;
		if (n == first) {
			n++;
			continue;
		}
		e = walk(planning, planning->first + first, planning->first + n);
		if (e)
			return e;
	}
	if (planning->counts && plan->scan) {
		plan->unreadable_nr += pagescan_unreadable_nr(plan->scan) - unreadable_before;
		plan->torn_nr += pagescan_torn_nr(plan->scan) - torn_before;
	}
	return NULL;
}

/* What a page of @group is that lies in a region. */
static enum plan_group group_in_region(enum plan_group group, enum region_kind kind)
{
	switch (kind) {
	case REGION_IMAGE:
	case REGION_PERCPU:
		return group == GROUP_KERNEL ? GROUP_VITAL : group;
	case REGION_VMEMMAP:
		return group == GROUP_KERNEL ? GROUP_VMEMMAP : group;
	case REGION_KEYS:
		/* What the level drops, or might, holds nothing of the kernel's. */
		return group <= GROUP_VMEMMAP ? GROUP_KEYS : group;
	}
	return group;
}

/* Kernel pages that are something more special by their place. */
static void mark_regions(struct planning *planning, const struct regions *regions)
{
	const struct region *end;
	uint64_t end_pfn = planning->first + planning->pfns_nr;

	if (!regions->nr)
		return;
	end = regions->region + regions->nr;
	for (const struct region *r = regions_at(regions, planning->first);
	     r && r < end && r->first < end_pfn; r++) {
		uint64_t first = MAX(r->first, planning->first);
		uint64_t last = MIN(r->end, end_pfn);

		for (uint64_t n = first - planning->first; n < last - planning->first; n++) {
			enum plan_group group = plan_group_at(planning->groups, n);

			groups_set(planning->groups, n, 1, group_in_region(group, r->kind));
		}
	}
}

static struct err *plan_groups(struct planning *planning)
{
	struct err *e = mark_memory(planning);

	if (e)
		return e;
	if (planning->counts) {
		for (uint64_t n = 0; n < planning->pfns_nr; n++) {
			enum plan_group group = plan_group_at(planning->groups, n);

			planning->counts->ram += group != GROUP_NO_MEMORY;
			planning->counts->missing += group == GROUP_DROPPED;
		}
	}
	e = mark_classes(planning);
	if (e)
		return e;
	mark_regions(planning, &planning->plan->regions);
	mark_regions(planning, &planning->plan->keys);
	return NULL;
}

static uint64_t groups_checksum(const uint8_t *groups)
{
	uint64_t sum = UINT64_C(0xcbf29ce484222325); /* FNV-1a, on words */

	for (size_t i = 0; i < RANGE_GROUPS_BYTES; i += sizeof(uint64_t))
		sum = (sum ^ load_u64(groups + i, ORDER_LITTLE)) * UINT64_C(0x100000001b3);
	return sum;
}

/* The first time: how many of what. */
static void count(struct plan *plan, struct planned *planned, const struct planning *planning)
{
	planned->kept_before = plan->counts.kept;
	planned->checksum = groups_checksum(planning->groups);
	for (uint64_t n = 0; n < planning->pfns_nr; n++) {
		enum plan_group group = plan_group_at(planning->groups, n);

		if (group < GROUPS_NR) {
			planned->group_nr[group]++;
			plan->counts.kept++;
		}
	}
	planned->counted = true;
}

/* Remember what the range came out as, if there is memory for it. */
static struct err *hold(struct plan *plan, struct planned *planned, const uint8_t *groups)
{
	size_t len = groups_packed_bytes(groups, PLAN_RANGE_PFNS);

	if (len <= plan->hold_bytes_max - plan->held_bytes)
		planned->packed = malloc(len);
	if (!planned->packed) {
		plan->not_held_nr++;
		return plan->hold_bytes_max == SIZE_MAX ? err_nomem() : NULL;
	}
	groups_pack(groups, PLAN_RANGE_PFNS, planned->packed);
	plan->held_bytes += len;
	return NULL;
}

/* Is all of this one piece of memory that the image does not hold? */
static bool is_missing(const struct plan *plan, const struct plan_range *range)
{
	uint64_t paddr = range->first << plan->kernel->page_shift;
	uint64_t end = paddr + (range->pfns_nr << plan->kernel->page_shift);
	const struct memmap_range *r = memmap_at(&plan->image->memmap, paddr);

	return range->pfns_nr == PLAN_RANGE_PFNS && r && r->paddr + r->file_size <= paddr &&
	       r->paddr + r->size >= end;
}

/*
 * Then there is nothing to find out page by page: a header that was damaged can promise hundreds of
 * thousands of such ranges.
 */
static void plan_missing(struct plan *plan, struct planned *planned, struct plan_range *range)
{
	memset(plan->scratch, GROUP_DROPPED << 4 | GROUP_DROPPED, sizeof(plan->scratch));
	if (!planned->counted) {
		plan->counts.ram += range->pfns_nr;
		plan->counts.missing += range->pfns_nr;
		planned->kept_before = plan->counts.kept;
		planned->counted = true;
	}
	range->kept_before = planned->kept_before;
}

/* Into plan->scratch, the first time or again. */
static struct err *make_range(struct plan *plan, struct planned *planned, uint64_t pfns_nr)
{
	struct planning planning = {
		.plan = plan,
		.first = planned->first,
		.pfns_nr = pfns_nr,
		.groups = plan->scratch,
		.counts = planned->counted ? NULL : &plan->counts,
	};
	struct err *e = plan_groups(&planning);

	if (e)
		return err_wrap(e, "plan page frames from %#llx",
				(unsigned long long)planned->first);
	if (!planned->counted) {
		count(plan, planned, &planning);
		return hold(plan, planned, plan->scratch);
	}
	if (groups_checksum(plan->scratch) == planned->checksum)
		return NULL;
	return err_new(ERR_FORMAT,
		       "page frames from %#llx are not what they were when they were planned: the "
		       "image changes, or cannot be read reliably",
		       (unsigned long long)planned->first);
}

struct err *plan_range(struct plan *plan, uint64_t index, struct plan_range *ret_range)
{
	struct planned *planned = &plan->planned[index];
	struct plan_range range = {
		.first = planned->first,
		.pfns_nr = MIN(PLAN_RANGE_PFNS, plan->end_pfn - planned->first),
		.groups = plan->scratch,
	};

	if (is_missing(plan, &range)) {
		plan_missing(plan, planned, &range);
		*ret_range = range;
		return NULL;
	}
	if (planned->packed) {
		groups_unpack(planned->packed, plan->scratch, PLAN_RANGE_PFNS);
	} else {
		struct err *e = make_range(plan, planned, range.pfns_nr);

		if (e)
			return e;
	}

	range.kept_before = planned->kept_before;
	for (size_t i = 0; i < GROUPS_NR; i++) {
		range.group_nr[i] = planned->group_nr[i];
		range.kept_nr += planned->group_nr[i];
	}
	*ret_range = range;
	return NULL;
}

/* Of 16 page frames, whose groups are in 8 bytes: which have memory, which stay. */
static void group_bits(const uint8_t *groups, uint8_t ram[2], uint8_t keep[2])
{
	uint64_t word = load_u64(groups, ORDER_LITTLE);
	enum plan_group first = plan_group_at(groups, 0);

	if (word == UINT64_C(0x1111111111111111) * first) {
		ram[0] = ram[1] = first != GROUP_NO_MEMORY ? 0xff : 0;
		keep[0] = keep[1] = first < GROUPS_NR ? 0xff : 0;
		return;
	}
	ram[0] = ram[1] = keep[0] = keep[1] = 0;
	for (unsigned int n = 0; n < 16; n++) {
		enum plan_group group = plan_group_at(groups, n);

		ram[n / 8] |= (uint8_t)((group != GROUP_NO_MEMORY) << n % 8);
		keep[n / 8] |= (uint8_t)((group < GROUPS_NR) << n % 8);
	}
}

void plan_bitmaps(struct plan *plan, const struct plan_range *range, const uint8_t **ret_ram,
		  const uint8_t **ret_keep)
{
	/* Behind the end of memory there is none. */
	for (size_t at = 0; at < RANGE_BITMAP_BYTES; at += 2)
		group_bits(range->groups + 4 * at, plan->ram + at, plan->keep + at);
	*ret_ram = plan->ram;
	*ret_keep = plan->keep;
}
