// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>

#include "tests/tool/cache-replay/policy.h"

enum { BUCKETS_NR = 1 << 14 };

struct ghost {
	struct replace_node node;
	struct ghost *hash_next;
};

struct ghosts {
	struct queue queue;
	struct ghost *bucket[BUCKETS_NR];
};

static struct ghost **bucket_of(struct ghosts *ghosts, uint64_t key)
{
	return &ghosts->bucket[key * UINT64_C(0x9e3779b97f4a7c15) >> 50];
}

struct err *ghosts_new(struct ghosts **ret_ghosts)
{
	struct ghosts *ghosts = calloc(1, sizeof(*ghosts));

	if (!ghosts)
		return err_nomem();
	queue_init(&ghosts->queue);
	*ret_ghosts = ghosts;
	return NULL;
}

void ghosts_free(struct ghosts *ghosts)
{
	if (ghosts)
		ghosts_trim(ghosts, 0);
	free(ghosts);
}

/* A ghost that finds no memory is forgotten at once. */
void ghosts_add(struct ghosts *ghosts, uint64_t key, uint64_t bytes)
{
	struct ghost **bucket = bucket_of(ghosts, key);
	struct ghost *ghost = calloc(1, sizeof(*ghost));

	if (!ghost)
		return;
	ghost->node.key = key;
	ghost->node.bytes = bytes;
	ghost->hash_next = *bucket;
	*bucket = ghost;
	queue_add(&ghosts->queue, &ghost->node);
}

bool ghosts_take(struct ghosts *ghosts, uint64_t key)
{
	for (struct ghost **link = bucket_of(ghosts, key); *link; link = &(*link)->hash_next) {
		struct ghost *ghost = *link;

		if (ghost->node.key != key)
			continue;
		*link = ghost->hash_next;
		queue_remove(&ghosts->queue, &ghost->node);
		free(ghost);
		return true;
	}
	return false;
}

void ghosts_trim(struct ghosts *ghosts, uint64_t bytes_max)
{
	while (ghosts->queue.bytes > bytes_max)
		ghosts_take(ghosts, queue_oldest(&ghosts->queue)->key);
}

uint64_t ghosts_bytes(const struct ghosts *ghosts)
{
	return ghosts->queue.bytes;
}
