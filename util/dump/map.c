// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/dump/map.h"

#include <stdio.h>
#include <string.h>

#include "util/base/bitmap.h"
#include "util/base/checked.h"
#include "util/kernel/freelist.h"
#include "util/kernel/kernel.h"
#include "util/kernel/pagescan.h"
#include "util/sys/signals.h"

enum {
	STEP_PFNS = 1 << 18, /* whose bits are looked at together */

	/* Cells of one page and up: what is in one is counted in 32 bits. */
	CELL_SHIFT_MAX = 31,
};

/* No machine has more, and no dump is made of it either; to walk through it takes seconds. */
#define MEMORY_BYTES_MAX (UINT64_C(1) << 48)

struct walk {
	struct map *map;
	struct image *image;
	const struct kernel *kernel;
	int stop_fd;
	struct pagescan *scan; /* NULL: classes cannot be told */
	uint64_t first;	       /* page frame of the first bit */
	uint8_t stored[STEP_PFNS / 8];
};

void map_release(struct map *map)
{
	free(map->cell);
}

/* The page frames a range of memory touches, without those of the range before it. */
static void pfns_of(const struct walk *walk, const struct memmap_range *range, uint64_t done_pfns,
		    uint64_t *ret_first, uint64_t *ret_end)
{
	*ret_first = MAX(range->paddr >> walk->kernel->page_shift, done_pfns);
	*ret_end = MAX(div_round_up_u64(range->paddr + range->size, walk->kernel->page_size),
		       *ret_first);
}

static uint64_t count_cells(const struct walk *walk, unsigned int shift)
{
	const struct memmap *memmap = &walk->image->memmap;
	uint64_t done_pfns = 0;
	uint64_t done = 0; /* cells below this one are counted */
	uint64_t nr = 0;

	for (size_t i = 0; i < memmap->nr; i++) {
		uint64_t first;
		uint64_t end;

		pfns_of(walk, &memmap->range[i], done_pfns, &first, &end);
		if (first == end)
			continue;
		done_pfns = end;
		first = MAX(first >> shift, done);
		end = ((end - 1) >> shift) + 1;
		nr += end > first ? end - first : 0;
		done = MAX(end, done);
	}
	return nr;
}

static struct memorymap_cell *cell_of(struct map *map, uint64_t pfn)
{
	uint64_t place = pfn / map->cell_pages;

	if (!map->cells_nr || map->cell[map->cells_nr - 1].place != place)
		map->cell[map->cells_nr++] = (struct memorymap_cell){ .place = place };
	return &map->cell[map->cells_nr - 1];
}

/* Runs ascend, so the cell is the last one or a new one. */
static struct err *add_run(void *ctx, const struct page_run *run)
{
	struct walk *walk = ctx;
	struct map *map = walk->map;
	uint64_t end = run->first + run->count;

	for (uint64_t pfn = run->first; pfn < end;) {
		size_t bit = (size_t)(pfn - walk->first);
		bool there = bitmap_test(walk->stored, bit);
		size_t change = there ? bitmap_next_clear(walk->stored, STEP_PFNS, bit)
				      : bitmap_next_set(walk->stored, STEP_PFNS, bit);
		uint64_t until = MIN(walk->first + change, end);
		struct memorymap_cell *cell = cell_of(map, pfn);
		uint64_t nr;

		until = MIN(until, (cell->place + 1) * map->cell_pages);
		nr = until - pfn;
		(there ? cell->there : cell->gone)[run->class] += (uint32_t)nr;
		(there ? map->there : map->gone)[run->class] += nr;
		pfn = until;
	}
	return NULL;
}

/*
 * Page frames [first, end) of the range, at most STEP_PFNS; @first is where the bits begin or
 * behind.
 */
static struct err *find_stored(struct walk *walk, const struct memmap_range *range, uint64_t first,
			       uint64_t end)
{
	uint64_t stored_end =
		div_round_up_u64(range->paddr + range->file_size, walk->kernel->page_size);
	uint64_t from = first & ~UINT64_C(7);

	walk->first = from;
	if (image_has_gaps(walk->image))
		return image_stored(walk->image, from, end - from, walk->stored);
	memset(walk->stored, 0, sizeof(walk->stored));
	if (range->file_size && stored_end > first)
		bitmap_set_range(walk->stored, (size_t)(first - from),
				 (size_t)(MIN(stored_end, end) - first));
	return NULL;
}

static struct err *walk_step(struct walk *walk, const struct memmap_range *range, uint64_t first,
			     uint64_t end)
{
	struct err *e = find_stored(walk, range, first, end);

	if (e)
		return e;
	if (walk->scan)
		return pagescan_walk(walk->scan, first, end, add_run, walk);
	return add_run(walk, &(struct page_run){
				     .first = first,
				     .count = end - first,
				     .class = PAGE_UNKNOWN,
			     });
}

static struct err *walk_memory(struct walk *walk)
{
	const struct memmap *memmap = &walk->image->memmap;
	uint64_t done_pfns = 0;

	for (size_t i = 0; i < memmap->nr; i++) {
		uint64_t first;
		uint64_t end;

		pfns_of(walk, &memmap->range[i], done_pfns, &first, &end);
		while (first < end) {
			/* So that a step begins with a byte of the bits, but for the first. */
			uint64_t until = MIN((first / STEP_PFNS + 1) * STEP_PFNS, end);
			struct err *e = walk_step(walk, &memmap->range[i], first, until);

			if (!e && stop_requested(walk->stop_fd))
				e = err_new(ERR_INTERRUPTED, "interrupted");
			if (e)
				return e;
			first = until;
		}
		done_pfns = MAX(done_pfns, end);
	}
	return NULL;
}

static struct err *count_block(void *ctx, const struct free_block *block)
{
	struct walk *walk = ctx;
	struct map *map = walk->map;

	if (stop_requested(walk->stop_fd))
		return err_new(ERR_INTERRUPTED, "interrupted");
	if (block->order >= MAP_ORDERS_MAX || block->migrate_type >= MAP_TYPES_MAX)
		return NULL;
	map->blocks[block->order][block->migrate_type]++;
	map->orders_nr = MAX(map->orders_nr, (size_t)block->order + 1);
	map->types_nr = MAX(map->types_nr, (size_t)block->migrate_type + 1);
	return NULL;
}

static struct err *read_blocks(struct kernel *kernel, struct notes *notes, struct walk *walk)
{
	struct freelist_summary summary;
	struct err *e = freelist_walk(kernel, count_block, walk, &summary);

	if (e && (err_code(e) == ERR_NOMEM || err_code(e) == ERR_INTERRUPTED))
		return e;
	if (e)
		notes_add(notes, "free blocks cannot be counted: %s", err_message(e));
	else
		freelist_remark(&summary, notes);
	walk->map->blocks_known = !e;
	err_free(e);
	return NULL;
}

static struct err *check_memory(const struct walk *walk)
{
	const struct memmap *memmap = &walk->image->memmap;
	uint64_t left = MEMORY_BYTES_MAX;

	for (size_t i = 0; i < memmap->nr; i++) {
		if (memmap->range[i].size > left)
			return err_new(
				ERR_FORMAT,
				"the image claims more than %llu TiB of memory: not believed",
				(unsigned long long)(MEMORY_BYTES_MAX >> 40));
		left -= memmap->range[i].size;
	}
	return NULL;
}

static bool fits(const struct walk *walk, const struct map_extent *extent, unsigned int shift)
{
	unsigned int line_shift = shift + (unsigned int)__builtin_ctzll(extent->line_cells);

	return count_cells(walk, shift) <= extent->cells_max &&
	       count_cells(walk, line_shift) <= extent->lines_max;
}

static struct err *prepare_cells(struct walk *walk, const struct map_extent *extent)
{
	struct map *map = walk->map;
	unsigned int shift = 0;
	uint64_t nr;

	while (!fits(walk, extent, shift) && shift < CELL_SHIFT_MAX)
		shift++;
	if (!fits(walk, extent, shift))
		return err_new(ERR_FORMAT, "the image's memory map is scattered beyond belief");
	nr = count_cells(walk, shift);
	map->cell_pages = UINT64_C(1) << shift;
	map->cell = calloc(MAX(nr, UINT64_C(1)), sizeof(*map->cell));
	return map->cell ? NULL : err_nomem();
}

static struct err *read_memory(struct walk *walk, const struct map_extent *extent,
			       struct notes *notes)
{
	const struct kernel *kernel = walk->kernel;
	struct err *e = check_memory(walk);

	if (!e)
		e = prepare_cells(walk, extent);
	if (e)
		return e;
	if (kernel->why_not) {
		notes_add(notes, "page classes cannot be told: %s", err_message(kernel->why_not));
	} else {
		e = pagescan_new(kernel, false, &walk->scan);
		if (e)
			return e;
	}
	e = walk_memory(walk);
	pagescan_free(walk->scan);
	return e;
}

struct err *map_read(const struct inspect_options *options, const struct map_extent *extent,
		     struct notes *notes, struct map *map)
{
	guard(image) struct image *image = NULL;
	guard(kernel) struct kernel *kernel = NULL;
	autofree struct walk *walk = calloc(1, sizeof(*walk));
	struct err *e = inspect_open(options, notes, &image, &kernel);

	if (e)
		return e;
	if (!walk)
		return err_nomem();
	walk->map = map;
	walk->image = image;
	walk->kernel = kernel;
	walk->stop_fd = options->stop_fd;
	snprintf(map->release, sizeof(map->release), "%s", kernel_release(kernel));
	map->page_size = kernel->page_size;
	map->types = kernel->layout.migratetypes;
	e = read_memory(walk, extent, notes);
	if (!e && !kernel->why_not)
		e = read_blocks(kernel, notes, walk);
	return e;
}
