// SPDX-License-Identifier: GPL-2.0-or-later
/* ARC (Megiddo and Modha, FAST 2003) as in the paper, with bytes in the place of pages. */
#include <stdlib.h>

#include "tests/tool/cache-replay/policy.h"
#include "util/base/macros.h"

enum { QUEUES_NR = REPLACE_FREQUENT + 1 };

struct arc {
	struct queue queue[QUEUES_NR];
	struct ghosts *ghosts[QUEUES_NR];
	uint64_t budget_bytes;
	uint64_t target; /* of queue[REPLACE_RECENT]: p in the paper */
};

static void arc_close(void *state)
{
	struct arc *arc = state;

	if (!arc)
		return;
	ghosts_free(arc->ghosts[REPLACE_RECENT]);
	ghosts_free(arc->ghosts[REPLACE_FREQUENT]);
	free(arc);
}
DEFINE_GUARD(arc, struct arc *, arc_close)

static struct err *arc_open(uint64_t budget_bytes, void **ret_state)
{
	guard(arc) struct arc *arc = calloc(1, sizeof(*arc));

	if (!arc)
		return err_nomem();
	arc->budget_bytes = budget_bytes;
	for (int i = 0; i < QUEUES_NR; i++) {
		struct err *e = ghosts_new(&arc->ghosts[i]);

		if (e)
			return e;
		queue_init(&arc->queue[i]);
	}
	*ret_state = take_ptr(arc);
	return NULL;
}

static void arc_miss(void *state, struct replace_node *node, uint64_t key, uint64_t bytes,
		     bool walk)
{
	struct arc *arc = state;
	uint64_t recent = MAX(ghosts_bytes(arc->ghosts[REPLACE_RECENT]), UINT64_C(1));
	uint64_t frequent = MAX(ghosts_bytes(arc->ghosts[REPLACE_FREQUENT]), UINT64_C(1));

	(void)walk;
	*node = (struct replace_node){ .key = key, .bytes = bytes, .queue = REPLACE_FREQUENT };
	if (ghosts_take(arc->ghosts[REPLACE_RECENT], key)) {
		arc->target += bytes * MAX(frequent / recent, UINT64_C(1));
		arc->target = MIN(arc->target, arc->budget_bytes);
	} else if (ghosts_take(arc->ghosts[REPLACE_FREQUENT], key)) {
		arc->target -= MIN(arc->target, bytes * MAX(recent / frequent, UINT64_C(1)));
	} else {
		node->queue = REPLACE_RECENT;
	}
}

static void arc_insert(void *state, struct replace_node *node)
{
	struct arc *arc = state;

	queue_add(&arc->queue[node->queue], node);
}

static void arc_touch(void *state, struct replace_node *node, bool walk)
{
	struct arc *arc = state;

	(void)walk;
	queue_remove(&arc->queue[node->queue], node);
	node->queue = REPLACE_FREQUENT;
	queue_add(&arc->queue[REPLACE_FREQUENT], node);
}

static struct replace_node *arc_victim(void *state, const struct replace_node *incoming)
{
	struct arc *arc = state;
	struct replace_node *recent = queue_oldest(&arc->queue[REPLACE_RECENT]);
	struct replace_node *frequent = queue_oldest(&arc->queue[REPLACE_FREQUENT]);

	(void)incoming;
	if (recent && (!frequent || arc->queue[REPLACE_RECENT].bytes > arc->target))
		return recent;
	return frequent;
}

static void arc_evict(void *state, struct replace_node *node)
{
	struct arc *arc = state;
	uint64_t held;

	queue_remove(&arc->queue[node->queue], node);
	ghosts_add(arc->ghosts[node->queue], node->key, node->bytes);

	/* |T1| + |B1| <= c, and all four together <= 2c. */
	held = arc->queue[REPLACE_RECENT].bytes;
	ghosts_trim(arc->ghosts[REPLACE_RECENT], arc->budget_bytes - MIN(held, arc->budget_bytes));
	held += arc->queue[REPLACE_FREQUENT].bytes + ghosts_bytes(arc->ghosts[REPLACE_RECENT]);
	ghosts_trim(arc->ghosts[REPLACE_FREQUENT],
		    2 * arc->budget_bytes - MIN(held, 2 * arc->budget_bytes));
}

const struct policy policy_arc = {
	.name = "ARC",
	.open = arc_open,
	.close = arc_close,
	.miss = arc_miss,
	.insert = arc_insert,
	.touch = arc_touch,
	.victim = arc_victim,
	.evict = arc_evict,
};
