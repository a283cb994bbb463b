// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/dump/plan.h"

#include <string.h>

#include "util/base/bitmap.h"
#include "util/base/checked.h"
#include "util/dump/policy.h"

enum {
	RANGE_BITMAP_BYTES = 1 << (PLAN_RANGE_SHIFT - 3),

	/* Bitmaps of 32 GiB of memory: 4 KiB pages, two bits each. */
	KEPT_BUDGET_BYTES = 2 << 20,

	/* 4 PiB with 4 KiB pages, as much as x86_64 can address. */
	RANGES_MAX = 1 << 22,
};

/* A range with memory in it. Bitmaps are NULL where the budget did not reach. */
struct planned {
	uint64_t first; /* pfn */
	bool counted;
	uint8_t *bitmaps; /* ram, then keep */
	uint64_t kept_nr;
};

struct plan {
	struct image *image;
	const struct kernel *kernel;
	struct pagescan *scan; /* NULL: classes cannot be told */
	unsigned int level;
	uint64_t end_pfn;
	uint64_t ranges_nr;
	struct planned *planned;
	size_t budget_bytes;
	struct plan_counts counts;
	uint64_t unreadable_nr;

	/* The range being planned. */
	uint8_t scratch[2 * RANGE_BITMAP_BYTES];
};

/* What the scan's callback works on. */
struct marking {
	struct plan *plan;
	uint8_t *keep;
	uint64_t range_first;
	struct plan_counts *counts; /* NULL: this range has been counted before */
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

		if (last >= RANGES_MAX)
			return err_new(ERR_FORMAT,
				       "the image's memory map reaches to %#llx: not believed",
				       (unsigned long long)(r->paddr + r->size - 1));
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
	plan->budget_bytes = KEPT_BUDGET_BYTES;
	plan->end_pfn = div_round_up_u64(memmap_end(&image->memmap), kernel->page_size);

	e = list_ranges(plan);
	if (e)
		return e;
	if (!kernel->why_not) {
		e = pagescan_new(kernel, !policy_drops(level, PAGE_FREE), &plan->scan);
		if (e)
			return e;
	}
	*ret_plan = take_ptr(plan);
	return NULL;
}

void plan_free(struct plan *plan)
{
	if (!plan)
		return;
	for (uint64_t i = 0; plan->planned && i < plan->ranges_nr; i++)
		free(plan->planned[i].bitmaps);
	free(plan->planned);
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

uint64_t plan_unreadable_nr(const struct plan *plan)
{
	return plan->unreadable_nr;
}

/* Page frames [*first, *end) that bytes [paddr, paddr + size) touch, cut to the range. */
static bool touched(const struct plan *plan, const struct plan_range *range, uint64_t paddr,
		    uint64_t size, size_t *ret_first, size_t *ret_nr)
{
	uint64_t first = paddr >> plan->kernel->page_shift;
	uint64_t end = div_round_up_u64(paddr + size, plan->kernel->page_size);
	uint64_t range_end = range->first + range->pfns_nr;

	first = MAX(first, range->first);
	end = MIN(end, range_end);
	if (first >= end)
		return false;
	*ret_first = (size_t)(first - range->first);
	*ret_nr = (size_t)(end - first);
	return true;
}

/* Mark what has memory, and what of it is stored. */
static void mark_memory(const struct plan *plan, const struct plan_range *range, uint8_t *ram,
			uint8_t *stored)
{
	const struct memmap *map = &plan->image->memmap;
	uint64_t paddr = range->first << plan->kernel->page_shift;
	uint64_t end_paddr = (range->first + range->pfns_nr) << plan->kernel->page_shift;
	const struct memmap_range *from = memmap_find(map, paddr);
	const struct memmap_range *r;
	size_t first;
	size_t nr;

	for (r = from; r && r < map->range + map->nr && r->paddr < end_paddr; r++) {
		if (touched(plan, range, r->paddr, r->size, &first, &nr))
			bitmap_set_range(ram, first, nr);
	}
	memcpy(stored, ram, bitmap_bytes((size_t)range->pfns_nr));
	for (r = from; r && r < map->range + map->nr && r->paddr < end_paddr; r++) {
		if (r->file_size < r->size && touched(plan, range, r->paddr + r->file_size,
						      r->size - r->file_size, &first, &nr))
			bitmap_clear_range(stored, first, nr);
	}
}

static struct err *mark_run(void *ctx, const struct page_run *run)
{
	struct marking *marking = ctx;
	bool drop = policy_drops(marking->plan->level, run->class);

	if (drop || run->poisoned)
		bitmap_clear_range(marking->keep, (size_t)(run->first - marking->range_first),
				   (size_t)run->count);
	if (!marking->counts)
		return NULL;

	marking->counts->class[run->class] += run->count;
	if (drop)
		marking->counts->dropped[run->class] += run->count;
	else if (run->poisoned)
		marking->counts->dropped_poisoned += run->count;
	return NULL;
}

/* Ask the kernel's struct pages about each run of page frames in @keep. */
static struct err *mark_classes(struct plan *plan, const struct plan_range *range, uint8_t *keep,
				struct plan_counts *counts)
{
	struct marking marking = {
		.plan = plan,
		.keep = keep,
		.range_first = range->first,
		.counts = counts,
	};
	size_t nr = (size_t)range->pfns_nr;
	size_t first = bitmap_next_set(keep, nr, 0);

	while (first < nr) {
		size_t end = bitmap_next_clear(keep, nr, first);

		if (plan->scan) {
			struct err *e = pagescan_walk(plan->scan, range->first + first,
						      range->first + end, mark_run, &marking);

			if (e)
				return e;
		} else if (counts) {
			counts->class[PAGE_UNKNOWN] += end - first;
		}
		first = bitmap_next_set(keep, nr, end);
	}
	return NULL;
}

static struct err *plan_again(struct plan *plan, struct plan_range *range, uint8_t *ram,
			      uint8_t *keep, bool count)
{
	size_t nr = (size_t)range->pfns_nr;
	struct plan_counts *counts = count ? &plan->counts : NULL;
	uint64_t unreadable_before = plan->scan ? pagescan_unreadable_nr(plan->scan) : 0;
	struct err *e;

	memset(ram, 0, RANGE_BITMAP_BYTES);
	memset(keep, 0, RANGE_BITMAP_BYTES);
	mark_memory(plan, range, ram, keep);
	if (counts) {
		uint64_t in_range = bitmap_count(ram, nr);

		counts->ram += in_range;
		counts->missing += in_range - bitmap_count(keep, nr);
	}

	e = mark_classes(plan, range, keep, counts);
	if (e)
		return e;
	range->kept_nr = bitmap_count(keep, nr);
	if (counts)
		counts->kept += range->kept_nr;
	if (counts && plan->scan)
		plan->unreadable_nr += pagescan_unreadable_nr(plan->scan) - unreadable_before;
	return NULL;
}

struct err *plan_range(struct plan *plan, uint64_t index, struct plan_range *ret_range)
{
	struct planned *planned = &plan->planned[index];
	struct plan_range range = { .first = planned->first };
	uint8_t *bitmaps = planned->bitmaps;
	struct err *e;

	range.pfns_nr = MIN(PLAN_RANGE_PFNS, plan->end_pfn - range.first);
	if (!bitmaps && !planned->counted && plan->budget_bytes >= sizeof(plan->scratch)) {
		planned->bitmaps = malloc(sizeof(plan->scratch));
		bitmaps = planned->bitmaps;
		if (bitmaps)
			plan->budget_bytes -= sizeof(plan->scratch);
	}
	if (!bitmaps)
		bitmaps = plan->scratch;

	range.ram = bitmaps;
	range.keep = bitmaps + RANGE_BITMAP_BYTES;
	range.kept_nr = planned->kept_nr;
	if (!planned->counted || bitmaps == plan->scratch) {
		e = plan_again(plan, &range, bitmaps, bitmaps + RANGE_BITMAP_BYTES,
			       !planned->counted);
		if (e)
			return err_wrap(e, "plan page frames from %#llx",
					(unsigned long long)range.first);
		planned->counted = true;
		planned->kept_nr = range.kept_nr;
	}
	*ret_range = range;
	return NULL;
}
