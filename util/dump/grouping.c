// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/dump/grouping.h"

#include <string.h>

#include "util/base/bitmap.h"
#include "util/base/checked.h"
#include "util/dump/policy.h"
#include "util/kernel/keypages.h"

static const enum plan_group group_of_class[PAGE_CLASSES_NR] = {
	[PAGE_KERNEL] = GROUP_KERNEL,  [PAGE_SLAB] = GROUP_SLAB,
	[PAGE_TYPED] = GROUP_VITAL,    [PAGE_FREE] = GROUP_FREE,
	[PAGE_CACHE] = GROUP_CACHE,    [PAGE_CACHE_PRIVATE] = GROUP_CACHE_PRIVATE,
	[PAGE_USER] = GROUP_USER,      [PAGE_OFFLINE] = GROUP_DROPPED,
	[PAGE_UNKNOWN] = GROUP_KERNEL, [PAGE_XEN] = GROUP_VITAL,
	[PAGE_DOM0] = GROUP_KERNEL,    [PAGE_DOMU] = GROUP_USER,
};

/* Without memory for them, pages of theirs come with those of the rest of the kernel. */
static void find_regions(struct grouping *grouping)
{
	struct err *e = regions_find(&grouping->regions, grouping->kernel);

	if (e)
		regions_release(&grouping->regions);
	err_free(e);
	e = keypages_find(&grouping->keys, grouping->kernel);
	if (e)
		regions_release(&grouping->keys);
	err_free(e);
}

struct err *grouping_init(struct grouping *grouping, struct image *image,
			  const struct kernel *kernel, unsigned int level)
{
	struct err *e;

	memset(grouping, 0, sizeof(*grouping));
	grouping->image = image;
	grouping->kernel = kernel;
	grouping->level = level;
	if (kernel->why_not)
		return NULL;
	e = pagescan_new(kernel, !policy_drops(level, PAGE_FREE), &grouping->scan);
	if (!e)
		find_regions(grouping);
	return e;
}

void grouping_release(struct grouping *grouping)
{
	regions_release(&grouping->regions);
	regions_release(&grouping->keys);
	pagescan_free(grouping->scan);
}

/* Page frames that bytes [paddr, paddr + size) touch, cut to the range. */
static bool touched(const struct grouping_range *range, uint64_t paddr, uint64_t size,
		    uint64_t *ret_first, uint64_t *ret_nr)
{
	const struct kernel *kernel = range->grouping->kernel;
	uint64_t first = paddr >> kernel->page_shift;
	uint64_t end = div_round_up_u64(paddr + size, kernel->page_size);

	first = MAX(first, range->first);
	end = MIN(end, range->first + range->pfns_nr);
	if (first >= end)
		return false;
	*ret_first = first - range->first;
	*ret_nr = end - first;
	return true;
}

/* Of memory the image has in principle, what it holds page by page. */
static struct err *mark_gaps(struct grouping_range *range)
{
	struct grouping *grouping = range->grouping;
	struct err *e;

	if (!image_has_gaps(grouping->image))
		return NULL;
	e = image_stored(grouping->image, range->first, range->pfns_nr, grouping->stored);
	for (uint64_t n = 0; !e && n < range->pfns_nr; n++) {
		if (!bitmap_test(grouping->stored, (size_t)n) &&
		    plan_group_at(range->groups, n) == GROUP_KERNEL)
			groups_set(range->groups, n, 1, GROUP_DROPPED);
	}
	return e;
}

/* What has memory is kept for now, but for what the image does not hold. */
static struct err *mark_memory(struct grouping_range *range)
{
	const struct memmap *map = &range->grouping->image->memmap;
	unsigned int page_shift = range->grouping->kernel->page_shift;
	uint64_t end_paddr = (range->first + range->pfns_nr) << page_shift;
	const struct memmap_range *end = map->range + map->nr;
	const struct memmap_range *from = memmap_find(map, range->first << page_shift);
	uint64_t first;
	uint64_t nr;

	memset(range->groups, GROUP_NO_MEMORY << 4 | GROUP_NO_MEMORY, GROUPING_BYTES);
	for (const struct memmap_range *r = from; r && r < end && r->paddr < end_paddr; r++) {
		if (touched(range, r->paddr, r->size, &first, &nr))
			groups_set(range->groups, first, nr, GROUP_KERNEL);
	}
	for (const struct memmap_range *r = from; r && r < end && r->paddr < end_paddr; r++) {
		if (r->file_size < r->size &&
		    touched(range, r->paddr + r->file_size, r->size - r->file_size, &first, &nr))
			groups_set(range->groups, first, nr, GROUP_DROPPED);
	}
	return mark_gaps(range);
}

static struct err *mark_run(void *ctx, const struct page_run *run)
{
	struct grouping_range *range = ctx;
	struct plan_counts *counts = range->counts;
	bool keep_all = range->grouping->keep_all;
	bool drop = !keep_all && policy_drops(range->grouping->level, run->class);
	bool drop_poisoned = !keep_all && run->poisoned;
	enum plan_group group = group_of_class[run->class];

	if (drop || drop_poisoned)
		group = GROUP_DROPPED;
	else if (group == GROUP_DROPPED)
		group = GROUP_FREE;
	groups_set(range->groups, run->first - range->first, run->count, group);
	if (!counts)
		return NULL;

	counts->class[run->class] += run->count;
	if (drop)
		counts->dropped[run->class] += run->count;
	else if (drop_poisoned)
		counts->dropped_poisoned += run->count;
	if (range->grouping->xen && run->class == PAGE_UNKNOWN)
		range->grouping->unreadable_nr += run->count;
	return NULL;
}

/* Hand page frames [first, end), all of them in the image, to mark_run() by what they are. */
static struct err *walk(struct grouping_range *range, uint64_t first, uint64_t end)
{
	struct grouping *grouping = range->grouping;

	if (grouping->xen)
		return xen_walk(grouping->xen, first, end, mark_run, range);
	if (grouping->scan)
		return pagescan_walk(grouping->scan, first, end, mark_run, range);
	if (range->counts)
		range->counts->class[PAGE_UNKNOWN] += end - first;
	return NULL;
}

/* Ask the kernel's struct pages about each run of page frames the image holds. */
static struct err *mark_classes(struct grouping_range *range)
{
	struct grouping *grouping = range->grouping;
	uint64_t unreadable_before = grouping->scan ? pagescan_unreadable_nr(grouping->scan) : 0;
	uint64_t torn_before = grouping->scan ? pagescan_torn_nr(grouping->scan) : 0;
	uint64_t n = 0;

	while (n < range->pfns_nr) {
		uint64_t first = n;
		struct err *e;

		while (n < range->pfns_nr && plan_group_at(range->groups, n) == GROUP_KERNEL)
			n++;
		if (n == first) {
			n++;
			continue;
		}
		e = walk(range, range->first + first, range->first + n);
		if (e)
			return e;
	}
	if (range->counts && grouping->scan) {
		grouping->unreadable_nr +=
			pagescan_unreadable_nr(grouping->scan) - unreadable_before;
		grouping->torn_nr += pagescan_torn_nr(grouping->scan) - torn_before;
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
static void mark_regions(struct grouping_range *range, const struct regions *regions)
{
	const struct region *end;
	uint64_t end_pfn = range->first + range->pfns_nr;

	if (!regions->nr)
		return;
	end = regions->region + regions->nr;
	for (const struct region *r = regions_at(regions, range->first);
	     r && r < end && r->first < end_pfn; r++) {
		uint64_t first = MAX(r->first, range->first);
		uint64_t last = MIN(r->end, end_pfn);

		for (uint64_t n = first - range->first; n < last - range->first; n++) {
			enum plan_group group = plan_group_at(range->groups, n);

			groups_set(range->groups, n, 1, group_in_region(group, r->kind));
		}
	}
}

struct err *grouping_find(struct grouping_range *range)
{
	struct err *e = mark_memory(range);

	if (e)
		return e;
	if (range->counts) {
		for (uint64_t n = 0; n < range->pfns_nr; n++) {
			enum plan_group group = plan_group_at(range->groups, n);

			range->counts->ram += group != GROUP_NO_MEMORY;
			range->counts->missing += group == GROUP_DROPPED;
		}
	}
	e = mark_classes(range);
	if (e)
		return e;
	mark_regions(range, &range->grouping->regions);
	mark_regions(range, &range->grouping->keys);
	return NULL;
}
