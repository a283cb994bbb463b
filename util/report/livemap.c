// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/report/livemap.h"

#include <stdlib.h>

enum { SLOTS_FIRST = 1024 };

void livemap_release(struct livemap *map)
{
	free(map->slot);
	*map = LIVEMAP_INIT;
}

static size_t home(uint64_t key, size_t slots_nr)
{
	key *= UINT64_C(0x9e3779b97f4a7c15);
	return (size_t)(key >> 32 ^ key) & (slots_nr - 1);
}

static size_t find(const struct live *slot, size_t slots_nr, uint64_t key)
{
	size_t i = home(key, slots_nr);

	while (slot[i].bytes && slot[i].key != key)
		i = (i + 1) & (slots_nr - 1);
	return i;
}

struct err *livemap_put(struct livemap *map, const struct live *live, struct live *ret_old)
{
	size_t i;

	if (map->nr * 3 >= map->slots_nr * 2) {
		size_t slots_nr = map->slots_nr ? map->slots_nr * 2 : SLOTS_FIRST;
		struct live *slot = calloc(slots_nr, sizeof(*slot));

		if (!slot)
			return err_nomem();
		for (size_t j = 0; j < map->slots_nr; j++)
			if (map->slot[j].bytes)
				slot[find(slot, slots_nr, map->slot[j].key)] = map->slot[j];
		free(map->slot);
		map->slot = slot;
		map->slots_nr = slots_nr;
	}
	i = find(map->slot, map->slots_nr, live->key);
	*ret_old = map->slot[i];
	map->nr += !map->slot[i].bytes;
	map->slot[i] = *live;
	return NULL;
}

bool livemap_take(struct livemap *map, uint64_t key, struct live *ret_live)
{
	size_t mask = map->slots_nr - 1, hole, i;

	if (!map->slots_nr)
		return false;
	hole = find(map->slot, map->slots_nr, key);
	if (!map->slot[hole].bytes)
		return false;
	*ret_live = map->slot[hole];
	map->nr--;

	/* Close the gap: move up what was pushed past it, so that searches need no marks. */
	for (i = (hole + 1) & mask; map->slot[i].bytes; i = (i + 1) & mask) {
		size_t wanted = home(map->slot[i].key, map->slots_nr);

		if (((i - wanted) & mask) >= ((i - hole) & mask)) {
			map->slot[hole] = map->slot[i];
			hole = i;
		}
	}
	map->slot[hole].bytes = 0;
	return true;
}
