/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which physical addresses an image holds, and where in the file their bytes are. Built once from
 * the image's own tables (PT_LOAD segments), in any order and overlapping as they come; then sorted
 * and cut so that ranges are disjoint, ascending and not empty. Where two ranges claim an address,
 * the one added first wins.
 */
#ifndef VMTOOL_MEM_MEMMAP_H
#define VMTOOL_MEM_MEMMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/base/cleanup.h"

/* Physical addresses [paddr, paddr + size); the first file_size bytes of it are stored. */
struct memmap_range {
	uint64_t paddr;
	uint64_t size;	      /* > 0 */
	uint64_t file_offset; /* of the byte at paddr */
	uint64_t file_size;   /* <= size; what is beyond is known to exist but is not stored */
	uint64_t vaddr; /* what the image itself calls the byte at paddr; 0: it does not say */
};

struct memmap {
	struct memmap_range *range;
	size_t nr;
	size_t capacity;
};

#define MEMMAP_INIT ((struct memmap){ .nr = 0 })

void memmap_release(struct memmap *map);
DEFINE_GUARD_INPLACE(memmap, struct memmap, memmap_release)

/*
 * Empty ranges are ignored, a file_size beyond size is cut. ERR_FORMAT: the addresses or the file
 * offsets wrap around, or reach the last byte of a 64-bit space.
 */
must_check struct err *memmap_add(struct memmap *map, const struct memmap_range *range);

/*
 * Call once after the last memmap_add(): sorts, resolves overlaps, joins what is contiguous. Of
 * ranges that were added in order, and do not overlap, nothing has to be sorted: that takes no
 * memory, else it takes four times what the ranges do.
 */
must_check struct err *memmap_finish(struct memmap *map);

/* Of all that is there leave out what is not stored. Before memmap_finish() or after. */
void memmap_keep_stored(struct memmap *map);

/* The range that contains @paddr, or the first one above it; NULL past the last. */
const struct memmap_range *memmap_find(const struct memmap *map, uint64_t paddr);

/* Like memmap_find(), but NULL unless the range contains @paddr. */
const struct memmap_range *memmap_at(const struct memmap *map, uint64_t paddr);

/* One past the last address, 0 for an empty map. */
uint64_t memmap_end(const struct memmap *map);

/* Is each byte of [paddr, paddr + len) in the map? (It may lie in several ranges.) */
bool memmap_covers(const struct memmap *map, uint64_t paddr, uint64_t len);

#endif
