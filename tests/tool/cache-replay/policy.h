/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A replacement policy on trial. The functions are those of util/mem/replace.h with a state that
 * each policy chooses; all sizes are in bytes, and none pins anything.
 *
 * To add one: a file, and a line in main.c.
 */
#ifndef VMTOOL_CACHE_REPLAY_POLICY_H
#define VMTOOL_CACHE_REPLAY_POLICY_H

#include "util/mem/replace.h"

struct policy {
	const char *name;
	struct err *(*open)(uint64_t budget_bytes, void **ret_state);
	void (*close)(void *state);
	void (*miss)(void *state, struct replace_node *node, uint64_t key, uint64_t bytes,
		     bool walk);
	void (*insert)(void *state, struct replace_node *node);
	void (*touch)(void *state, struct replace_node *node, bool walk);
	struct replace_node *(*victim)(void *state, const struct replace_node *incoming);
	void (*evict)(void *state, struct replace_node *node);
};

extern const struct policy policy_fifo;
extern const struct policy policy_clock;
extern const struct policy policy_lru;
extern const struct policy policy_2q;
extern const struct policy policy_arc;
extern const struct policy policy_vmtool;

/* Doubly linked list with a head; next of the head is the oldest. */
struct queue {
	struct replace_node head;
	uint64_t bytes;
};

static inline void queue_init(struct queue *queue)
{
	queue->head.next = queue->head.prev = &queue->head;
	queue->bytes = 0;
}

static inline void queue_add(struct queue *queue, struct replace_node *node)
{
	node->next = &queue->head;
	node->prev = queue->head.prev;
	queue->head.prev->next = node;
	queue->head.prev = node;
	queue->bytes += node->bytes;
}

static inline void queue_remove(struct queue *queue, struct replace_node *node)
{
	node->prev->next = node->next;
	node->next->prev = node->prev;
	queue->bytes -= node->bytes;
}

static inline struct replace_node *queue_oldest(struct queue *queue)
{
	return queue->head.next == &queue->head ? NULL : queue->head.next;
}

/* Keys of entries that are gone, oldest first out when their bytes exceed a limit. */
struct ghosts;

struct err *ghosts_new(struct ghosts **ret_ghosts);
void ghosts_free(struct ghosts *ghosts);
void ghosts_add(struct ghosts *ghosts, uint64_t key, uint64_t bytes);
bool ghosts_take(struct ghosts *ghosts, uint64_t key); /* was it there? it is not any more */
void ghosts_trim(struct ghosts *ghosts, uint64_t bytes_max);
uint64_t ghosts_bytes(const struct ghosts *ghosts);

#endif
