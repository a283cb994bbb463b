// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/dump/plan.h"

#include <string.h>

#include "util/base/checked.h"
#include "util/base/endian.h"
#include "util/dump/grouping.h"

enum {
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
	struct grouping grouping;
	uint64_t end_pfn;
	uint64_t ranges_nr;
	uint64_t not_held_nr; /* ranges that were planned and not kept */
	struct planned *planned;
	size_t hold_bytes_max;
	size_t held_bytes;
	struct plan_counts counts;
	uint8_t scratch[GROUPING_BYTES];
	uint8_t ram[GROUPING_BITMAP_BYTES];
	uint8_t keep[GROUPING_BITMAP_BYTES];
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

struct err *plan_new(struct image *image, const struct kernel *kernel, unsigned int level,
		     struct plan **ret_plan)
{
	guard(plan) struct plan *plan = calloc(1, sizeof(*plan));
	struct err *e;

	if (!plan)
		return err_nomem();
	plan->image = image;
	plan->kernel = kernel;
	plan->hold_bytes_max = HELD_BYTES_MAX;
	plan->end_pfn = div_round_up_u64(memmap_end(&image->memmap), kernel->page_size);

	e = list_ranges(plan);
	if (!e)
		e = grouping_init(&plan->grouping, image, kernel, level);
	if (e)
		return e;
	*ret_plan = take_ptr(plan);
	return NULL;
}

void plan_use_xen(struct plan *plan, const struct xen *xen)
{
	plan->grouping.xen = xen;
}

void plan_keep_all(struct plan *plan)
{
	plan->grouping.keep_all = true;
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
	grouping_release(&plan->grouping);
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
	return plan->grouping.scan ? pagescan_fetched_nr(plan->grouping.scan) : 0;
}

uint64_t plan_unreadable_nr(const struct plan *plan)
{
	return plan->grouping.unreadable_nr;
}

const char *plan_unreadable_why(const struct plan *plan)
{
	return plan->grouping.scan ? pagescan_unreadable_why(plan->grouping.scan) : "";
}

uint64_t plan_torn_nr(const struct plan *plan)
{
	return plan->grouping.torn_nr;
}

bool plan_is_held(const struct plan *plan)
{
	return !plan->not_held_nr;
}

uint64_t plan_group_nr(const struct plan *plan, uint64_t index, enum plan_group group)
{
	return plan->planned[index].group_nr[group];
}

static uint64_t groups_checksum(const uint8_t *groups)
{
	uint64_t sum = UINT64_C(0xcbf29ce484222325); /* FNV-1a, on words */

	for (size_t i = 0; i < GROUPING_BYTES; i += sizeof(uint64_t))
		sum = (sum ^ load_u64(groups + i, ORDER_LITTLE)) * UINT64_C(0x100000001b3);
	return sum;
}

/* The first time: how many of what. */
static void count(struct plan *plan, struct planned *planned, const struct grouping_range *range)
{
	planned->kept_before = plan->counts.kept;
	planned->checksum = groups_checksum(range->groups);
	for (uint64_t n = 0; n < range->pfns_nr; n++) {
		enum plan_group group = plan_group_at(range->groups, n);

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
	struct grouping_range range = {
		.grouping = &plan->grouping,
		.first = planned->first,
		.pfns_nr = pfns_nr,
		.groups = plan->scratch,
		.counts = planned->counted ? NULL : &plan->counts,
	};
	struct err *e = grouping_find(&range);

	if (e)
		return err_wrap(e, "plan page frames from %#llx",
				(unsigned long long)planned->first);
	if (!planned->counted) {
		count(plan, planned, &range);
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
	for (size_t at = 0; at < GROUPING_BITMAP_BYTES; at += 2)
		group_bits(range->groups + 4 * at, plan->ram + at, plan->keep + at);
	*ret_ram = plan->ram;
	*ret_keep = plan->keep;
}
