/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which cache entry goes next, counted in bytes, because a page and a mapped window are 512 pages
 * apart.
 *
 * What is fetched for a walk is used while the walk is there and then never again: such entries
 * pass through a queue of their own, which gives first as long as it holds more than its share.
 * What is fetched for lookups is kept by ARC (Megiddo and Modha, FAST 2003): entries asked for once
 * are in the queue "recent", entries asked for again in "frequent"; keys of evicted entries are
 * remembered for a time, and one that comes back moves the border between the two queues in favour
 * of the queue it was evicted from. So a walk, however long, cannot flush the pages lookups need.
 * Unlike in the paper, touches with no miss of another lookup between them count as one: else each
 * page table whose entries are read one after the other would become "frequent" at once.
 * Documentation/cache.md has the comparison with other orders.
 *
 * Knows neither data nor pins nor threads: the owner locks, and says which entries may go.
 */
#ifndef VMTOOL_MEM_REPLACE_H
#define VMTOOL_MEM_REPLACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/base/cleanup.h"

enum replace_queue { REPLACE_RECENT, REPLACE_FREQUENT, REPLACE_WALK, REPLACE_QUEUES_NR };

/* Lives in the owner's entry; a node that is not in a queue has next == NULL. */
struct replace_node {
	struct replace_node *prev;
	struct replace_node *next;
	uint64_t key;
	uint64_t bytes;
	uint64_t touched_at; /* on the clock of lookups' misses */
	enum replace_queue queue;
};

struct replace;

/* Memory for keys of the past is allocated here: at most 2% of the budget when pages are 4 KiB. */
must_check struct err *replace_new(uint64_t budget_bytes, size_t page_bytes,
				   struct replace **ret_replace);
void replace_free(struct replace *replace);
DEFINE_GUARD(replace, struct replace *, replace_free)

/*
 * A miss on @key, which will have @bytes: learn from it and set up @node, which is not in a queue
 * yet. @walk: asked for by someone who goes through everything once.
 */
void replace_miss(struct replace *replace, struct replace_node *node, uint64_t key, uint64_t bytes,
		  bool walk);

/* The entry is complete: from now on it may be a victim. */
void replace_insert(struct replace *replace, struct replace_node *node);

/* A hit. */
void replace_touch(struct replace *replace, struct replace_node *node, bool walk);

/*
 * The entry that should go first to make room for @incoming (set up by replace_miss()) among those
 * for which @may_go is true; NULL if there is none.
 */
struct replace_node *replace_victim(struct replace *replace, const struct replace_node *incoming,
				    bool (*may_go)(const struct replace_node *node));

/* Take @node out of its queue and remember its key. */
void replace_evict(struct replace *replace, struct replace_node *node);

#endif
