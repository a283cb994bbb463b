/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What memory is used for, and where: page classes over the physical address space, and the free
 * blocks of the buddy allocator by order and migrate type. Of a dump that lacks pages their classes
 * are told all the same, as long as their struct pages are in it, and that they are not there.
 */
#ifndef VMTOOL_DUMP_MAP_H
#define VMTOOL_DUMP_MAP_H

#include <stdbool.h>
#include <stdint.h>

#include "util/base/notes.h"
#include "util/btf/migratetypes.h"
#include "util/draw/memorymap.h"
#include "util/dump/inspect.h"
#include "util/kernel/pageclass.h"

enum { MAP_ORDERS_MAX = 32, MAP_TYPES_MAX = MIGRATETYPES_MAX };

struct map {
	char release[65];
	uint64_t page_size;
	uint64_t cell_pages; /* a power of two */

	/* Kinds of a cell are page classes. A cell has memory; none has more than cell_pages. */
	struct memorymap_cell *cell;
	size_t cells_nr;
	uint64_t there[PAGE_CLASSES_NR];
	uint64_t gone[PAGE_CLASSES_NR];

	bool blocks_known;
	size_t orders_nr; /* that have free blocks, and all below */
	size_t types_nr;
	uint64_t blocks[MAP_ORDERS_MAX][MAP_TYPES_MAX];
	struct migratetypes types; /* how they are called */
};

#define MAP_INIT ((struct map){ .cells_nr = 0 })

void map_release(struct map *map);
DEFINE_GUARD_INPLACE(map, struct map, map_release)

/* How large a map may be: cells, and lines of @line_cells, a power of two, that have one. */
struct map_extent {
	size_t cells_max;
	size_t line_cells;
	size_t lines_max;
};

/*
 * Cells are as small as @extent lets them be. Where classes cannot be told all of it is
 * PAGE_UNKNOWN, and a remark in @notes says why. @map is MAP_INIT and released by the caller.
 * ERR_FORMAT: more memory than any machine has.
 */
must_check struct err *map_read(const struct inspect_options *options,
				const struct map_extent *extent, struct notes *notes,
				struct map *map);

#endif
