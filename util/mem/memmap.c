// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/mem/memmap.h"

#include <stdlib.h>

#include "util/base/checked.h"

/*
 * Overlaps are resolved by a sweep over ascending addresses. The ranges that contain the current
 * address wait in a binary heap with the one added first on top; it owns everything up to the next
 * place where that could change. n ranges give at most 2n pieces, in O(n log n).
 */
struct claim {
	struct memmap_range range;
	size_t order; /* of memmap_add(): the smaller wins */
};

struct heap {
	const struct claim **claim;
	size_t nr;
};

static uint64_t range_end(const struct memmap_range *range)
{
	return range->paddr + range->size;
}

static void heap_push(struct heap *heap, const struct claim *claim)
{
	size_t i = heap->nr++;

	for (; i; i = (i - 1) / 2) {
		const struct claim *parent = heap->claim[(i - 1) / 2];

		if (parent->order < claim->order)
			break;
		heap->claim[i] = parent;
	}
	heap->claim[i] = claim;
}

static void heap_pop(struct heap *heap)
{
	const struct claim *last = heap->claim[--heap->nr];
	size_t i = 0;

	for (;;) {
		size_t child = 2 * i + 1;

		if (child >= heap->nr)
			break;
		if (child + 1 < heap->nr &&
		    heap->claim[child + 1]->order < heap->claim[child]->order)
			child++;
		if (last->order < heap->claim[child]->order)
			break;
		heap->claim[i] = heap->claim[child];
		i = child;
	}
	heap->claim[i] = last;
}

static int claim_compare(const void *a, const void *b)
{
	const struct claim *x = a, *y = b;

	if (x->range.paddr != y->range.paddr)
		return x->range.paddr < y->range.paddr ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

/* Is the file's content of @b (if it has any) what follows the content of @a? */
static bool ranges_join(const struct memmap_range *a, const struct memmap_range *b)
{
	if (range_end(a) != b->paddr || b->vaddr != (a->vaddr ? a->vaddr + a->size : 0))
		return false;
	if (b->file_size == 0)
		return true;
	return a->file_size == a->size && a->file_offset + a->size == b->file_offset;
}

static void append_piece(struct memmap *map, const struct memmap_range *range, uint64_t start,
			 uint64_t end)
{
	uint64_t skipped = start - range->paddr;
	uint64_t skipped_stored = MIN(skipped, range->file_size);
	struct memmap_range piece = {
		.paddr = start,
		.size = end - start,
		.file_offset = range->file_offset + skipped_stored,
		.file_size = MIN(range->file_size - skipped_stored, end - start),
		.vaddr = range->vaddr ? range->vaddr + skipped : 0,
	};

	if (map->nr && ranges_join(&map->range[map->nr - 1], &piece)) {
		map->range[map->nr - 1].size += piece.size;
		map->range[map->nr - 1].file_size += piece.file_size;
		return;
	}
	map->range[map->nr++] = piece;
}

static void sweep(const struct claim *claims, size_t claims_nr, struct heap *heap,
		  struct memmap *map)
{
	uint64_t at = 0;
	size_t next = 0;

	for (;;) {
		const struct memmap_range *owner;
		uint64_t stop;

		while (heap->nr && range_end(&heap->claim[0]->range) <= at)
			heap_pop(heap);

		if (!heap->nr) {
			if (next == claims_nr)
				return;
			at = claims[next].range.paddr;
		}
		while (next < claims_nr && claims[next].range.paddr <= at)
			heap_push(heap, &claims[next++]);

		owner = &heap->claim[0]->range;
		stop = range_end(owner);
		if (next < claims_nr && claims[next].range.paddr < stop)
			stop = claims[next].range.paddr;

		append_piece(map, owner, at, stop);
		at = stop;
	}
}

void memmap_release(struct memmap *map)
{
	free(map->range);
	*map = MEMMAP_INIT;
}

struct err *memmap_add(struct memmap *map, const struct memmap_range *range)
{
	struct memmap_range *grown;
	struct memmap_range added = *range;
	uint64_t end;

	if (range->size == 0)
		return NULL;
	if (!add_u64(range->paddr, range->size, &end))
		return err_new(ERR_FORMAT, "memory range at %#llx of %#llx bytes wraps around",
			       (unsigned long long)range->paddr, (unsigned long long)range->size);

	added.file_size = MIN(range->file_size, range->size);
	if (!add_u64(added.file_offset, added.file_size, &end))
		return err_new(ERR_FORMAT, "file offset of memory range at %#llx wraps around",
			       (unsigned long long)range->paddr);

	if (map->nr == map->capacity) {
		size_t capacity = map->capacity ? map->capacity * 2 : 16;

		grown = reallocarray(map->range, capacity, sizeof(*grown));
		if (!grown)
			return err_nomem();
		map->range = grown;
		map->capacity = capacity;
	}
	map->range[map->nr++] = added;
	return NULL;
}

static bool is_ordered(const struct memmap *map)
{
	for (size_t i = 1; i < map->nr; i++)
		if (map->range[i].paddr < range_end(&map->range[i - 1]))
			return false;
	return true;
}

static void join_in_place(struct memmap *map)
{
	size_t nr = map->nr;

	map->nr = 0;
	for (size_t i = 0; i < nr; i++) {
		struct memmap_range range = map->range[i];

		append_piece(map, &range, range.paddr, range_end(&range));
	}
}

struct err *memmap_finish(struct memmap *map)
{
	autofree struct claim *claims = NULL;
	autofree const struct claim **waiting = NULL;
	guard(memmap) struct memmap result = MEMMAP_INIT;
	struct heap heap = { .nr = 0 };
	size_t i;

	if (is_ordered(map)) {
		join_in_place(map);
		return NULL;
	}

	claims = calloc(map->nr, sizeof(*claims));
	waiting = calloc(map->nr, sizeof(*waiting));
	result.capacity = 2 * map->nr;
	result.range = calloc(result.capacity, sizeof(*result.range));
	if (!claims || !waiting || !result.range)
		return err_nomem();

	for (i = 0; i < map->nr; i++)
		claims[i] = (struct claim){ .range = map->range[i], .order = i };
	qsort(claims, map->nr, sizeof(*claims), claim_compare);

	heap.claim = waiting;
	sweep(claims, map->nr, &heap, &result);

	free(map->range);
	*map = result;
	result = MEMMAP_INIT;
	return NULL;
}

void memmap_keep_stored(struct memmap *map)
{
	size_t nr = 0;

	for (size_t i = 0; i < map->nr; i++) {
		struct memmap_range *range = &map->range[i];

		range->size = range->file_size;
		if (range->size)
			map->range[nr++] = *range;
	}
	map->nr = nr;
}

const struct memmap_range *memmap_find(const struct memmap *map, uint64_t paddr)
{
	size_t low = 0;
	size_t high = map->nr;

	/* The first range that ends above @paddr. */
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (range_end(&map->range[middle]) <= paddr)
			low = middle + 1;
		else
			high = middle;
	}
	return low < map->nr ? &map->range[low] : NULL;
}

const struct memmap_range *memmap_at(const struct memmap *map, uint64_t paddr)
{
	const struct memmap_range *range = memmap_find(map, paddr);

	return range && range->paddr <= paddr ? range : NULL;
}

uint64_t memmap_end(const struct memmap *map)
{
	return map->nr ? range_end(&map->range[map->nr - 1]) : 0;
}

bool memmap_covers(const struct memmap *map, uint64_t paddr, uint64_t len)
{
	while (len) {
		const struct memmap_range *range = memmap_at(map, paddr);
		uint64_t here;

		if (!range)
			return false;
		here = range_end(range) - paddr;
		if (len <= here)
			return true;
		paddr += here;
		len -= here;
	}
	return true;
}
