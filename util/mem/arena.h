/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Read buffers out of one allocation, in runs of 1, 2, 4, 8... pages aligned on their own length.
 * Single pages are taken from the low end and longer runs from the high end, so that they do not
 * break up each other's room. A page that was freed stays resident for its next use until
 * arena_trim() gives it back to the system.
 *
 * Knows nothing of what is in the buffers. Not safe for several threads: the owner locks.
 */
#ifndef VMTOOL_MEM_ARENA_H
#define VMTOOL_MEM_ARENA_H

#include <stddef.h>
#include <stdint.h>

#include "util/base/cleanup.h"

enum { ARENA_PAGE_BYTES = 4096 };

struct arena {
	uint8_t *base;
	size_t pages_nr;
	uint8_t *used;	   /* bitmap: handed out */
	uint8_t *touched;  /* bitmap: handed out since the last trim, so it may be resident */
	size_t idle_nr;	   /* touched but not used */
	size_t first_free; /* no free page below this one */
};

#define ARENA_NONE SIZE_MAX

must_check struct err *arena_init(struct arena *arena, size_t pages_nr);
void arena_release(struct arena *arena);

/* The first page of a free run of @pages_nr (a power of two) pages; ARENA_NONE if there is none. */
size_t arena_find(const struct arena *arena, size_t pages_nr);

/* The run must be free: as found, or known to the caller, who freed all of it. */
void arena_take(struct arena *arena, size_t page, size_t pages_nr);
void arena_free(struct arena *arena, size_t page, size_t pages_nr);

/* Give the memory of pages that are not in use back to the system. */
void arena_trim(struct arena *arena);

static inline uint8_t *arena_page(const struct arena *arena, size_t page)
{
	return arena->base + page * ARENA_PAGE_BYTES;
}

#endif
