/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A map of physical memory as a picture: what is where, and what of it an image holds. Addresses
 * run along lines of equal length; each piece of memory is a small column, as high as each kind has
 * its share in it. Beside it a legend, and free blocks by their size and migrate type.
 *
 * Knows nothing of kernels: kinds come with name and colour, in the order they are stacked.
 */
#ifndef VMTOOL_DRAW_MEMORYMAP_H
#define VMTOOL_DRAW_MEMORYMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum { MEMORYMAP_KINDS_MAX = 12 };

struct memorymap_kind {
	const char *name;
	const char *colour; /* "#rrggbb" */
	const char *amount; /* "1.25 GiB  31.2%": behind the name */
	const char *gone;   /* "1.00 GiB not in the dump"; "": all of it is there */
};

/* Memory from address place * cell_bytes on, cell_bytes of it: how many pages of each kind. */
struct memorymap_cell {
	uint64_t place;
	uint32_t there[MEMORYMAP_KINDS_MAX];
	uint32_t gone[MEMORYMAP_KINDS_MAX]; /* known to be of the kind, and not in the image */
};

/* Free blocks: a row an order, a column a migrate type. */
struct memorymap_blocks {
	size_t orders_nr, types_nr; /* 0: not known */
	const uint64_t *count;	    /* [order * types_nr + type] */
	const char *const *size;    /* of a block of each order: "4.00 KiB" */
};

struct memorymap {
	const char *title;
	const char *subtitle;
	uint64_t cell_bytes;
	uint32_t cell_pages;
	const struct memorymap_kind *kind;
	size_t kinds_nr;
	const struct memorymap_cell *cell; /* ascending; memory nobody has is no cell */
	size_t cells_nr;
	struct memorymap_blocks blocks;
};

enum { MEMORYMAP_LINE_CELLS = 128, MEMORYMAP_CELLS_MAX = 64 * MEMORYMAP_LINE_CELLS };

/* One self-contained picture, without a script. */
void memorymap_svg(const struct memorymap *map, FILE *out);

#endif
