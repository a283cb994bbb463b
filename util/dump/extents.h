/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which bytes of a file something has been found at. Neighbours grow together, so that data written
 * one behind the other is one extent, whatever its size; more than EXTENTS_MAX are not held.
 */
#ifndef VMTOOL_DUMP_EXTENTS_H
#define VMTOOL_DUMP_EXTENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/base/cleanup.h"

enum { EXTENTS_MAX = 1 << 16 };

struct extent {
	uint64_t start;
	uint64_t end; /* exclusive */
};

struct extents {
	struct extent *at; /* ascending, with gaps between them */
	size_t nr;
	size_t capacity;
	bool full; /* from here on nothing is added */
};

#define EXTENTS_INIT ((struct extents){ .nr = 0 })

void extents_release(struct extents *extents);
DEFINE_GUARD_INPLACE(extents, struct extents, extents_release)

enum extents_found {
	EXTENTS_NEW,	  /* no byte was there before */
	EXTENTS_COVERED,  /* all bytes were */
	EXTENTS_OVERLAPS, /* some were */
};

/* Add [start, end), which is not empty, and say what was there of it before. */
must_check struct err *extents_add(struct extents *extents, uint64_t start, uint64_t end,
				   enum extents_found *ret_found);

/* Bytes in all extents. */
uint64_t extents_bytes(const struct extents *extents);

#endif
