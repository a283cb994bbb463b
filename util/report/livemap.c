// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/report/livemap.h"

#include <stdlib.h>
#include <string.h>

enum { SLOTS_FIRST = 1024 };

/* A slot in use holds its key plus one. */
static uint64_t mark(uint64_t key)
{
	return key + 1;
}

void livemap_release(struct livemap *map)
{
	free(map->mark);
	free(map->index);
	free(map->live);
	*map = LIVEMAP_INIT;
}

/*
 * Neighbours of a block of keys lie next to each other, in a cache line or two: pages are freed in
 * much the order they were allocated in, and a quarter of the time of a report were misses here.
 */
static size_t home(const struct livemap *map, uint64_t key)
{
	uint64_t block = key >> map->block_bits;
	uint64_t hash = block * UINT64_C(0x9e3779b97f4a7c15);

	hash ^= hash >> 32;
	return (size_t)(hash << map->block_bits | (key & ((UINT64_C(1) << map->block_bits) - 1))) &
	       (map->slots_nr - 1);
}

static size_t find(const struct livemap *map, uint64_t key)
{
	size_t i = home(map, key);

	while (map->mark[i] && map->mark[i] != mark(key))
		i = (i + 1) & (map->slots_nr - 1);
	return i;
}

/* Twice the slots: at most half of them are in use. */
static struct err *grow(struct livemap *map)
{
	struct livemap grown = *map;

	grown.slots_nr = map->slots_nr ? map->slots_nr * 2 : SLOTS_FIRST;
	grown.mark = calloc(grown.slots_nr, sizeof(*grown.mark));
	grown.index = reallocarray(NULL, grown.slots_nr, sizeof(*grown.index));
	grown.live = reallocarray(map->live, grown.slots_nr / 2, sizeof(*grown.live));
	if (grown.live)
		map->live = grown.live;
	if (!grown.mark || !grown.index || !grown.live) {
		free(grown.mark);
		free(grown.index);
		return err_nomem();
	}
	for (size_t i = 0; i < map->slots_nr; i++) {
		size_t to;

		if (!map->mark[i])
			continue;
		to = find(&grown, map->mark[i] - 1);
		grown.mark[to] = map->mark[i];
		grown.index[to] = map->index[i];
	}
	free(map->mark);
	free(map->index);
	*map = grown;
	return NULL;
}

struct err *livemap_put(struct livemap *map, const struct live *live, struct live *ret_old)
{
	size_t i;

	ret_old->bytes = 0;
	if (!mark(live->key))
		return NULL;
	if (map->nr * 2 >= map->slots_nr) {
		struct err *e = grow(map);

		if (e)
			return e;
	}
	i = find(map, live->key);
	if (map->mark[i]) {
		*ret_old = map->live[map->index[i]];
		map->live[map->index[i]] = *live;
		return NULL;
	}
	map->mark[i] = mark(live->key);
	/* The place that was given back last is the most likely to be near. */
	if (map->free_nr) {
		map->index[i] = map->first_free;
		map->first_free = map->live[map->first_free].row;
		map->free_nr--;
	} else {
		map->index[i] = (uint32_t)map->nr;
	}
	map->live[map->index[i]] = *live;
	map->nr++;
	return NULL;
}

/* Close the gap: move up what was pushed past it, so that searches need no marks of their own. */
static void close_gap(struct livemap *map, size_t hole)
{
	size_t mask = map->slots_nr - 1;

	for (size_t i = (hole + 1) & mask; map->mark[i]; i = (i + 1) & mask) {
		size_t wanted = home(map, map->mark[i] - 1);

		if (((i - wanted) & mask) >= ((i - hole) & mask)) {
			map->mark[hole] = map->mark[i];
			map->index[hole] = map->index[i];
			hole = i;
		}
	}
	map->mark[hole] = 0;
}

const struct live *livemap_find(const struct livemap *map, uint64_t key)
{
	size_t i;

	if (!map->slots_nr || !mark(key))
		return NULL;
	i = find(map, key);
	return map->mark[i] ? &map->live[map->index[i]] : NULL;
}

bool livemap_take(struct livemap *map, uint64_t key, struct live *ret_live)
{
	size_t i;

	if (!map->slots_nr || !mark(key))
		return false;
	i = find(map, key);
	if (!map->mark[i])
		return false;
	*ret_live = map->live[map->index[i]];
	map->live[map->index[i]].row = map->first_free;
	map->first_free = map->index[i];
	map->free_nr++;
	map->nr--;
	close_gap(map, i);
	return true;
}
