// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * 2Q (Johnson and Shasha, VLDB 1994), the full version, in bytes: new entries pass through a FIFO
 * of a quarter of the budget; those that are asked for again while their key is remembered (half
 * a budget's worth of keys) come into an LRU queue.
 */
#include <stdlib.h>

#include "tests/tool/cache-replay/policy.h"

struct two_queues {
	struct queue in;
	struct queue main;
	struct ghosts *out;
	uint64_t budget_bytes;
};

static void close_2q(void *state)
{
	struct two_queues *s = state;

	ghosts_free(s->out);
	free(s);
}

static struct err *open_2q(uint64_t budget_bytes, void **ret_state)
{
	autofree struct two_queues *s = calloc(1, sizeof(*s));
	struct err *e;

	if (!s)
		return err_nomem();
	e = ghosts_new(&s->out);
	if (e)
		return e;
	queue_init(&s->in);
	queue_init(&s->main);
	s->budget_bytes = budget_bytes;
	*ret_state = take_ptr(s);
	return NULL;
}

static struct queue *queue_of(struct two_queues *s, const struct replace_node *node)
{
	return node->queue == REPLACE_FREQUENT ? &s->main : &s->in;
}

static void miss_2q(void *state, struct replace_node *node, uint64_t key, uint64_t bytes, bool walk)
{
	struct two_queues *s = state;

	(void)walk;
	*node = (struct replace_node){
		.key = key,
		.bytes = bytes,
		.queue = ghosts_take(s->out, key) ? REPLACE_FREQUENT : REPLACE_RECENT,
	};
}

static void insert_2q(void *state, struct replace_node *node)
{
	queue_add(queue_of(state, node), node);
}

static void touch_2q(void *state, struct replace_node *node, bool walk)
{
	struct two_queues *s = state;

	(void)walk;
	if (node->queue == REPLACE_FREQUENT) {
		queue_remove(&s->main, node);
		queue_add(&s->main, node);
	}
}

static struct replace_node *victim_2q(void *state, const struct replace_node *incoming)
{
	struct two_queues *s = state;
	struct replace_node *in = queue_oldest(&s->in);
	struct replace_node *main = queue_oldest(&s->main);

	(void)incoming;
	return in && (!main || s->in.bytes > s->budget_bytes / 4) ? in : main;
}

static void evict_2q(void *state, struct replace_node *node)
{
	struct two_queues *s = state;

	queue_remove(queue_of(s, node), node);
	if (node->queue == REPLACE_RECENT) {
		ghosts_add(s->out, node->key, node->bytes);
		ghosts_trim(s->out, s->budget_bytes / 2);
	}
}

const struct policy policy_2q = {
	.name = "2Q",
	.open = open_2q,
	.close = close_2q,
	.miss = miss_2q,
	.insert = insert_2q,
	.touch = touch_2q,
	.victim = victim_2q,
	.evict = evict_2q,
};
