// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/mem/replace.h"

#include <stdlib.h>

#include "util/base/checked.h"

enum { LOOKUP_QUEUES_NR = REPLACE_FREQUENT + 1 };

struct ghost {
	struct ghost *hash_next;
	struct ghost *older;
	struct ghost *newer;
	uint64_t key;
	uint64_t bytes;
	enum replace_queue queue;
};

struct ghost_list {
	struct ghost *oldest;
	struct ghost *newest;
	size_t nr;
};

struct replace {
	struct replace_node head[REPLACE_QUEUES_NR]; /* next: least recently used */
	uint64_t bytes[REPLACE_QUEUES_NR];
	uint64_t budget_bytes;
	uint64_t walk_share;	/* bytes "walk" may hold before it has to give */
	uint64_t recent_target; /* the same for "recent": p in the paper */
	uint64_t lookup_misses; /* the clock */

	struct ghost_list ghosts[LOOKUP_QUEUES_NR];
	size_t ghosts_max; /* in each list */
	struct ghost *free;
	struct ghost *ghost_pool;
	struct ghost **buckets;
	unsigned int bucket_bits;
};

static struct ghost **ghost_bucket(struct replace *replace, uint64_t key)
{
	/* Fibonacci hashing: the high bits of the product depend on all bits of the key. */
	return &replace->buckets[key * UINT64_C(0x9e3779b97f4a7c15) >> (64 - replace->bucket_bits)];
}

static struct ghost *ghost_find(struct replace *replace, uint64_t key)
{
	struct ghost *ghost = *ghost_bucket(replace, key);

	while (ghost && ghost->key != key)
		ghost = ghost->hash_next;
	return ghost;
}

static void ghost_forget(struct replace *replace, struct ghost *ghost)
{
	struct ghost_list *list = &replace->ghosts[ghost->queue];
	struct ghost **link = ghost_bucket(replace, ghost->key);

	while (*link != ghost)
		link = &(*link)->hash_next;
	*link = ghost->hash_next;

	*(ghost->older ? &ghost->older->newer : &list->oldest) = ghost->newer;
	*(ghost->newer ? &ghost->newer->older : &list->newest) = ghost->older;
	list->nr--;

	ghost->hash_next = replace->free;
	replace->free = ghost;
}

static void ghost_remember(struct replace *replace, const struct replace_node *node)
{
	struct ghost_list *list = &replace->ghosts[node->queue];
	struct ghost **bucket = ghost_bucket(replace, node->key);
	struct ghost *ghost;

	if (list->nr == replace->ghosts_max)
		ghost_forget(replace, list->oldest);

	ghost = replace->free;
	replace->free = ghost->hash_next;
	*ghost = (struct ghost){
		.hash_next = *bucket,
		.older = list->newest,
		.key = node->key,
		.bytes = node->bytes,
		.queue = node->queue,
	};
	*bucket = ghost;
	*(list->newest ? &list->newest->newer : &list->oldest) = ghost;
	list->newest = ghost;
	list->nr++;
}

struct err *replace_new(uint64_t budget_bytes, size_t page_bytes, struct replace **ret_replace)
{
	guard(replace) struct replace *replace = calloc(1, sizeof(*replace));
	size_t ghosts_nr;

	if (!replace)
		return err_nomem();

	replace->budget_bytes = budget_bytes;
	replace->walk_share = budget_bytes / 2;
	for (int i = 0; i < REPLACE_QUEUES_NR; i++)
		replace->head[i].prev = replace->head[i].next = &replace->head[i];

	replace->ghosts_max = MAX(budget_bytes / page_bytes / 2, 16u);
	ghosts_nr = replace->ghosts_max * LOOKUP_QUEUES_NR;
	replace->bucket_bits = 4;
	while (((size_t)1 << replace->bucket_bits) < ghosts_nr)
		replace->bucket_bits++;
	replace->ghost_pool = calloc(ghosts_nr, sizeof(*replace->ghost_pool));
	replace->buckets = calloc((size_t)1 << replace->bucket_bits, sizeof(*replace->buckets));
	if (!replace->ghost_pool || !replace->buckets)
		return err_nomem();

	for (size_t i = 0; i < ghosts_nr; i++) {
		replace->ghost_pool[i].hash_next = replace->free;
		replace->free = &replace->ghost_pool[i];
	}
	*ret_replace = take_ptr(replace);
	return NULL;
}

void replace_free(struct replace *replace)
{
	if (!replace)
		return;
	free(replace->ghost_pool);
	free(replace->buckets);
	free(replace);
}

/* A ghost of "recent" came back: the queue was too short. One of "frequent": it was too long. */
static void move_target(struct replace *replace, const struct ghost *ghost)
{
	const struct ghost_list *own = &replace->ghosts[ghost->queue];
	const struct ghost_list *other = &replace->ghosts[!ghost->queue];
	uint64_t step = ghost->bytes * MAX((size_t)1, other->nr / own->nr);

	if (ghost->queue == REPLACE_RECENT)
		replace->recent_target += MIN(step, replace->budget_bytes - replace->recent_target);
	else
		replace->recent_target -= MIN(step, replace->recent_target);
}

void replace_miss(struct replace *replace, struct replace_node *node, uint64_t key, uint64_t bytes,
		  bool walk)
{
	struct ghost *ghost = walk ? NULL : ghost_find(replace, key);

	replace->lookup_misses += !walk;
	*node = (struct replace_node){
		.key = key,
		.bytes = bytes,
		.touched_at = replace->lookup_misses,
		.queue = walk ? REPLACE_WALK : REPLACE_RECENT,
	};
	if (ghost) {
		node->queue = REPLACE_FREQUENT;
		move_target(replace, ghost);
		ghost_forget(replace, ghost);
	}
}

static void link_newest(struct replace *replace, struct replace_node *node)
{
	struct replace_node *head = &replace->head[node->queue];

	node->next = head;
	node->prev = head->prev;
	head->prev->next = node;
	head->prev = node;
	replace->bytes[node->queue] += node->bytes;
}

static void unlink_node(struct replace *replace, struct replace_node *node)
{
	node->prev->next = node->next;
	node->next->prev = node->prev;
	node->prev = node->next = NULL;
	replace->bytes[node->queue] -= node->bytes;
}

void replace_insert(struct replace *replace, struct replace_node *node)
{
	link_newest(replace, node);
}

void replace_touch(struct replace *replace, struct replace_node *node, bool walk)
{
	bool new_use = node->touched_at != replace->lookup_misses; /* the clock */

	unlink_node(replace, node);
	/* A lookup in what a walk fetched does not make all of that worth keeping. */
	if (!walk && new_use && node->queue == REPLACE_RECENT)
		node->queue = REPLACE_FREQUENT;
	node->touched_at = replace->lookup_misses; /* the clock */
	link_newest(replace, node);
}

static struct replace_node *oldest_that_may_go(struct replace *replace, enum replace_queue queue,
					       bool (*may_go)(const struct replace_node *node))
{
	struct replace_node *head = &replace->head[queue];

	for (struct replace_node *node = head->next; node != head; node = node->next)
		if (may_go(node))
			return node;
	return NULL;
}

struct replace_node *replace_victim(struct replace *replace, const struct replace_node *incoming,
				    bool (*may_go)(const struct replace_node *node))
{
	uint64_t walk_bytes = replace->bytes[REPLACE_WALK];
	enum replace_queue order[REPLACE_QUEUES_NR];
	int nr = 0;

	if (incoming->queue == REPLACE_WALK)
		walk_bytes += incoming->bytes;
	if (walk_bytes > replace->walk_share)
		order[nr++] = REPLACE_WALK;
	if (replace->bytes[REPLACE_RECENT] > replace->recent_target) {
		order[nr++] = REPLACE_RECENT;
		order[nr++] = REPLACE_FREQUENT;
	} else {
		order[nr++] = REPLACE_FREQUENT;
		order[nr++] = REPLACE_RECENT;
	}
	if (nr < REPLACE_QUEUES_NR)
		order[nr++] = REPLACE_WALK;

	for (int i = 0; i < nr; i++) {
		struct replace_node *node = oldest_that_may_go(replace, order[i], may_go);

		if (node)
			return node;
	}
	return NULL;
}

void replace_evict(struct replace *replace, struct replace_node *node)
{
	unlink_node(replace, node);
	if (node->queue != REPLACE_WALK)
		ghost_remember(replace, node);
}
