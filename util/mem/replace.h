/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which cache entry goes next: ARC (Megiddo and Modha, FAST 2003) counted in bytes, because a page
 * and a mapped window are 512 pages apart.
 *
 * Entries asked for once are in the queue "recent", entries asked for again after a while in
 * "frequent". Keys of evicted entries are remembered for a time; an entry that comes back moves the
 * border between the queues in favour of the queue it was evicted from. A walk through memory,
 * however long, only ever passes through "recent".
 *
 * Differences from the paper, each measured in Documentation/cache.md: touches that follow each
 * other closely (512 entries of one page table, 64 structs in one page) count as one; touches of a
 * walk never promote; the border stays between two bounds so that neither queue starves.
 *
 * Knows neither data nor pins nor threads: the owner locks, and says which entries may go.
 */
#ifndef VMTOOL_MEM_REPLACE_H
#define VMTOOL_MEM_REPLACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/base/cleanup.h"

enum replace_queue { REPLACE_RECENT, REPLACE_FREQUENT, REPLACE_QUEUES_NR };

/* Lives in the owner's entry; a node that is not in a queue has next == NULL. */
struct replace_node {
	struct replace_node *prev;
	struct replace_node *next;
	uint64_t key;
	uint64_t bytes;
	uint64_t touched_at; /* on the clock of misses */
	enum replace_queue queue;
};

struct replace;

/* Memory for ghosts is allocated here, once: about 64 bytes for each @page_bytes of budget. */
must_check struct err *replace_new(uint64_t budget_bytes, size_t page_bytes,
				   struct replace **ret_replace);
void replace_free(struct replace *replace);
DEFINE_GUARD(replace, struct replace *, replace_free)

/* A miss on @key: learn from it and set up @node, which is not in a queue yet. */
void replace_miss(struct replace *replace, struct replace_node *node, uint64_t key, uint64_t bytes);

/* The entry is complete: from now on it may be a victim. */
void replace_insert(struct replace *replace, struct replace_node *node);

/* A hit. @walk: by someone who goes through everything once. */
void replace_touch(struct replace *replace, struct replace_node *node, bool walk);

/* The entry that should go first among those for which @may_go is true; NULL if there is none. */
struct replace_node *replace_victim(struct replace *replace,
				    bool (*may_go)(const struct replace_node *node));

/* Take @node out of its queue and remember its key. */
void replace_evict(struct replace *replace, struct replace_node *node);

#endif
