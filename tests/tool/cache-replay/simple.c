// SPDX-License-Identifier: GPL-2.0-or-later
/* FIFO, CLOCK (FIFO with a second chance) and LRU: one queue. */
#include <stdlib.h>

#include "tests/tool/cache-replay/policy.h"

static struct err *simple_open(uint64_t budget_bytes, void **ret_state)
{
	struct queue *queue = calloc(1, sizeof(*queue));

	(void)budget_bytes;
	if (!queue)
		return err_nomem();
	queue_init(queue);
	*ret_state = queue;
	return NULL;
}

static void simple_miss(void *state, struct replace_node *node, uint64_t key, uint64_t bytes,
			bool walk)
{
	(void)state;
	(void)walk;
	*node = (struct replace_node){ .key = key, .bytes = bytes };
}

static void simple_insert(void *state, struct replace_node *node)
{
	queue_add(state, node);
}

static void simple_evict(void *state, struct replace_node *node)
{
	queue_remove(state, node);
}

static struct replace_node *simple_victim(void *state, const struct replace_node *incoming)
{
	(void)incoming;
	return queue_oldest(state);
}

static void fifo_touch(void *state, struct replace_node *node, bool walk)
{
	(void)state;
	(void)node;
	(void)walk;
}

static void lru_touch(void *state, struct replace_node *node, bool walk)
{
	(void)walk;
	queue_remove(state, node);
	queue_add(state, node);
}

static void clock_touch(void *state, struct replace_node *node, bool walk)
{
	(void)state;
	(void)walk;
	node->queue = REPLACE_FREQUENT;
}

static struct replace_node *clock_victim(void *state, const struct replace_node *incoming)
{
	struct replace_node *node;

	(void)incoming;
	while ((node = queue_oldest(state)) && node->queue == REPLACE_FREQUENT) {
		node->queue = REPLACE_RECENT;
		lru_touch(state, node, false);
	}
	return node;
}

#define SIMPLE_POLICY(...)                                                                         \
	{                                                                                          \
		.open = simple_open, .close = free, .miss = simple_miss, .insert = simple_insert,  \
		.evict = simple_evict, __VA_ARGS__                                                 \
	}

const struct policy policy_fifo =
	SIMPLE_POLICY(.name = "FIFO", .touch = fifo_touch, .victim = simple_victim);
const struct policy policy_clock =
	SIMPLE_POLICY(.name = "CLOCK", .touch = clock_touch, .victim = clock_victim);
const struct policy policy_lru =
	SIMPLE_POLICY(.name = "LRU", .touch = lru_touch, .victim = simple_victim);
