// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/mem/walk.h"

#include "util/base/checked.h"

enum { JUMP_BYTES_MAX = 32 << 20 }; /* a longer jump ahead begins another walk */

struct ladder {
	enum fetch rung[FETCHES_NR];
	int rungs_nr;
	int first;		      /* where a walk begins that asks for little at a time */
	unsigned int grow_percent;    /* used at least so much: one rung up */
	unsigned int descend_percent; /* used less: one rung down */
};

/* In /proc/vmcore a window of 2 MiB costs as much as 10 to 28 pages read one by one. */
const struct ladder ladder_map = {
	.rung = { FETCH_PAGE, FETCH_WINDOW },
	.rungs_nr = 2,
	.first = 0,
	.grow_percent = 4,
	.descend_percent = 2,
};

/* Out of the page cache a page costs 0.7 us alone and 0.2 to 0.45 us as part of a long read. */
const struct ladder ladder_read = {
	.rung = { FETCH_PAGE, FETCH_16K, FETCH_64K, FETCH_256K, FETCH_1M, FETCH_2M },
	.rungs_nr = 6,
	.first = 1,
	.grow_percent = 40,
	.descend_percent = 20,
};

/* The kernel maps and unmaps each page it copies: a page read in vain costs more than a call. */
const struct ladder ladder_read_oldmem = {
	.rung = { FETCH_PAGE, FETCH_16K, FETCH_64K },
	.rungs_nr = 3,
	.first = 0,
	.grow_percent = 90,
	.descend_percent = 75,
};

size_t fetch_bytes(enum fetch fetch)
{
	static const size_t bytes[FETCHES_NR] = {
		[FETCH_PAGE] = 4 << 10,	  [FETCH_16K] = 16 << 10, [FETCH_64K] = 64 << 10,
		[FETCH_256K] = 256 << 10, [FETCH_1M] = 1 << 20,	  [FETCH_2M] = 2 << 20,
		[FETCH_WINDOW] = 2 << 20,
	};

	return bytes[fetch];
}

/* The walk that is in the fetch around @offset, or else the one that comes nearest before it. */
static struct walk *find_walk(struct walks *walks, uint64_t offset)
{
	struct walk *nearest = NULL;

	for (size_t i = 0; i < WALKS_NR; i++) {
		struct walk *walk = &walks->walk[i];

		if (walk->start <= offset && offset < walk->end)
			return walk;
		if (walk->end && walk->end <= offset && offset - walk->end <= JUMP_BYTES_MAX &&
		    (!nearest || walk->end > nearest->end))
			nearest = walk;
	}
	return nearest;
}

static struct walk *oldest_walk(struct walks *walks)
{
	struct walk *oldest = &walks->walk[0];

	for (size_t i = 1; i < WALKS_NR; i++)
		if (walks->walk[i].used_at < oldest->used_at)
			oldest = &walks->walk[i];
	return oldest;
}

static const struct ladder *ladder_at(const struct walks *walks, uint64_t offset,
				      uint64_t read_until)
{
	return walks->map && offset >= read_until ? walks->map_ladder : walks->read_ladder;
}

static enum fetch limit(const struct walks *walks, enum fetch fetch)
{
	return fetch == FETCH_WINDOW ? fetch : MIN(fetch, walks->read_max);
}

/* The largest fetch of which @len bytes are a good share. */
static enum fetch fetch_for(const struct walks *walks, const struct ladder *ladder, size_t len)
{
	int i = 0;

	while (i + 1 < ladder->rungs_nr &&
	       len >= fetch_bytes(ladder->rung[i + 1]) * ladder->grow_percent / 100)
		i++;
	return limit(walks, ladder->rung[i]);
}

static enum fetch first_fetch(const struct walks *walks, size_t len)
{
	const struct ladder *ladder = ladder_at(walks, 0, 0);

	return MAX(limit(walks, ladder->rung[ladder->first]), fetch_for(walks, ladder, len));
}

/*
 * By how much was used of all that lies between where the walk came in and where it goes on, unless
 * much is asked for at once.
 */
static enum fetch next_fetch(const struct walks *walks, const struct walk *walk, uint64_t offset,
			     size_t len)
{
	const struct ladder *ladder = ladder_at(walks, offset, walk->read_until);
	uint64_t used_percent = walk->used_bytes * 100 / (offset - walk->entered);
	int i = 0;

	if (offset < walk->pages_until)
		return FETCH_PAGE;
	while (i + 1 < ladder->rungs_nr && ladder->rung[i + 1] <= walk->fetch)
		i++;
	if (used_percent >= ladder->grow_percent && i + 1 < ladder->rungs_nr)
		i++;
	else if (used_percent < ladder->descend_percent && i > 0)
		i--;
	return MAX(limit(walks, ladder->rung[i]), fetch_for(walks, ladder, len));
}

static void enter(struct walk *walk, uint64_t offset, enum fetch fetch)
{
	walk->start = align_down_u64(offset, fetch_bytes(fetch));
	walk->end = walk->start + fetch_bytes(fetch);
	walk->entered = offset;
	walk->seen_end = offset;
	walk->used_bytes = 0;
	walk->fetch = fetch;
}

enum fetch walks_advance(struct walks *walks, uint64_t offset, size_t len)
{
	struct walk *walk = find_walk(walks, offset);
	uint64_t view_end;

	if (!walk) {
		walk = oldest_walk(walks);
		walk->read_until = 0;
		walk->pages_until = 0;
		enter(walk, offset, first_fetch(walks, len));
	} else if (offset >= walk->end) {
		enter(walk, offset, next_fetch(walks, walk, offset, len));
	}

	view_end = offset + MIN(len, walk->end - offset);
	if (view_end > walk->seen_end) {
		walk->used_bytes += view_end - MAX(walk->seen_end, offset);
		walk->seen_end = view_end;
	}
	walk->used_at = ++walks->clock;
	return walk->fetch;
}

enum fetch walks_refuse_window(struct walks *walks, uint64_t offset)
{
	const struct ladder *ladder = walks->read_ladder;
	enum fetch fetch = limit(walks, ladder->rung[ladder->rungs_nr - 1]);
	struct walk *walk = find_walk(walks, offset);

	if (walk && walk->fetch == FETCH_WINDOW && walk->start <= offset && offset < walk->end) {
		walk->read_until = walk->end;
		enter(walk, offset, fetch);
	}
	return fetch;
}

void walks_refuse_long_read(struct walks *walks, uint64_t offset)
{
	struct walk *walk = find_walk(walks, offset);

	if (walk && walk->start <= offset && offset < walk->end) {
		walk->pages_until = MAX(walk->pages_until, walk->end);
		enter(walk, offset, FETCH_PAGE);
	}
}
