// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A block need not be freed as it was allocated: split_page() makes single pages of it (vmalloc of
 * large areas, alloc_pages_exact()), a huge page of which a part was unmapped is split, and
 * __free_pages() of a block that somebody still holds frees all of it but the first page. The event
 * of a free then tells of a part. What is left of the block stays live, as smaller ones.
 */
#include <stdlib.h>

#include "util/report/pageinside.h"

bool page_forget(struct page_analysis *pa, const struct live *live)
{
	struct page_row *row = &pa->row[live->row];
	uint8_t order = live->order;

	row->freed_bytes += live->bytes;
	if (lives_in_first_half(&pa->peak, live->time_ns))
		row->old_live_bytes -= live->bytes;
	pa->live_bytes -= live->bytes;
	if (live->block) {
		struct page_block *block = &pa->block[live->block - 1];

		block->left_bytes -= live->bytes;
		if (block->left_bytes)
			return false;
		order = block->order;
	}
	row->freed_hits++;
	if (pa->config.live && order < PAGE_ORDERS_MAX && live->mtype < PAGE_MTYPES_MAX)
		pa->order_mtype[order][live->mtype]--;
	return true;
}

/* Blocks are aligned to their size. NULL: the frame is in none that is live. */
static const struct live *find_block(const struct page_analysis *pa, uint64_t pfn)
{
	for (uint64_t orders = pa->live_orders & ~UINT64_C(1); orders; orders &= orders - 1) {
		int order = __builtin_ctzll(orders);
		const struct live *live = livemap_find(&pa->live, pfn >> order << order);

		if (live && pfn - live->key < UINT64_C(1) << live->order)
			return live;
	}
	return NULL;
}

static struct err *note_block(struct page_analysis *pa, struct live *live)
{
	if (live->block)
		return NULL;
	if (pa->blocks_nr == pa->blocks_capacity) {
		size_t capacity = MAX(2 * pa->blocks_capacity, (size_t)64);
		struct page_block *grown = reallocarray(pa->block, capacity, sizeof(*grown));

		if (!grown)
			return err_nomem();
		pa->block = grown;
		pa->blocks_capacity = capacity;
	}
	pa->block[pa->blocks_nr++] =
		(struct page_block){ .left_bytes = live->bytes, .order = live->order };
	live->block = pa->blocks_nr;
	return NULL;
}

/* Keeps what is left of a block, unless something younger is there: then a free was not seen. */
static struct err *keep_rest(struct page_analysis *pa, const struct live *rest)
{
	struct live old, other;
	const struct live *dead = &old;
	struct err *e = livemap_put(&pa->live, rest, &old);

	if (e || !old.bytes)
		return e;
	if (old.time_ns >= rest->time_ns) {
		e = livemap_put(&pa->live, &old, &other);
		dead = rest;
	}
	page_forget(pa, dead);
	page_count(&pa->replaced, dead->bytes);
	return e;
}

/* Halves @live until it is of @order and has @pfn; the other halves are live by themselves. */
static struct err *cut(struct page_analysis *pa, uint64_t pfn, uint64_t order, struct live *live)
{
	struct err *e = note_block(pa, live);

	while (!e && live->order > order) {
		struct live rest = *live;
		uint64_t half;

		rest.order = --live->order;
		rest.bytes = live->bytes /= 2;
		half = UINT64_C(1) << live->order;
		if (pfn - live->key >= half)
			live->key += half;
		else
			rest.key += half;
		pa->live_orders |= UINT64_C(1) << rest.order;
		e = keep_rest(pa, &rest);
	}
	return e;
}

struct err *page_take_live(struct page_analysis *pa, uint64_t pfn, uint64_t order,
			   struct live *ret_live)
{
	const struct live *block;

	*ret_live = (struct live){ .bytes = 0 };
	if (!livemap_take(&pa->live, pfn, ret_live)) {
		block = find_block(pa, pfn);
		if (!block || !livemap_take(&pa->live, block->key, ret_live))
			return NULL;
	}
	return ret_live->order > order && pa->live_orders ? cut(pa, pfn, order, ret_live) : NULL;
}
