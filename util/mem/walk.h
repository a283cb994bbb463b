/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How much of a file to fetch at once for someone who goes through it in ascending order, and how:
 * from single pages read to large windows mapped. A walk climbs and descends a ladder of sizes by
 * how much it used of what it was given, so that fragmented and contiguous memory are treated
 * alike: what counts is the share of pages that is wanted, not whether they are neighbours.
 *
 * Several walks may go on in one file (struct pages here, the pages they describe there); each view
 * is taken to belong to the walk it is closest behind. Knows offsets and sizes only, does no I/O,
 * and its decisions depend on nothing but the views. Not safe for several threads: the owner locks.
 */
#ifndef VMTOOL_MEM_WALK_H
#define VMTOOL_MEM_WALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Sizes a fetch can have, smallest first. All but the last are read, the last is mapped. */
enum fetch {
	FETCH_PAGE,
	FETCH_16K,
	FETCH_64K,
	FETCH_256K,
	FETCH_1M,
	FETCH_2M,
	FETCH_WINDOW,
	FETCHES_NR
};

/*
 * A power of two for each. A fetch is aligned on its own size in the file, so a byte lies in one
 * fetch of each size whatever the order it is asked for in.
 */
size_t fetch_bytes(enum fetch fetch);

/* What a page and a window cost depends on the file; Documentation/cache.md has the figures. */
struct ladder;

extern const struct ladder ladder_map;	/* pages, and windows where enough is wanted */
extern const struct ladder ladder_read; /* a file system: long reads are cheaper by the page */
extern const struct ladder ladder_read_oldmem; /* /proc/vmcore: they are not */

enum { WALKS_NR = 8 };

struct walk {
	uint64_t start; /* of the fetch it is in; start == end: unused */
	uint64_t end;
	uint64_t entered;     /* where it came into this fetch */
	uint64_t seen_end;    /* how far it got */
	uint64_t used_bytes;  /* of [entered, seen_end) */
	uint64_t read_until;  /* up to here mapping was refused */
	uint64_t pages_until; /* up to here a longer read failed */
	uint64_t used_at;     /* on the clock of views */
	enum fetch fetch;
};

struct walks {
	const struct ladder *map_ladder;
	const struct ladder *read_ladder;
	enum fetch read_max; /* no longer reads than this */
	bool map;	     /* may be cleared at any time: no more windows */
	struct walk walk[WALKS_NR];
	uint64_t clock;
};

/*
 * Someone looks at [offset, offset + len), len > 0. Returns what to fetch if it has to be fetched.
 */
enum fetch walks_advance(struct walks *walks, uint64_t offset, size_t len);

/* The window around @offset cannot be had: what to read instead. The next window is tried again. */
enum fetch walks_refuse_window(struct walks *walks, uint64_t offset);

/*
 * What walks_advance() said for @offset cannot be read: there are pages, one by one, up to where it
 * would have ended. A disk that fails takes its time each time it is asked for a bad page.
 */
void walks_refuse_long_read(struct walks *walks, uint64_t offset);

#endif
