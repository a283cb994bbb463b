/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bytes that are worth keeping, within a budget. An entry is known by a key and holds either a read
 * buffer (out of one arena, 1, 2, 4... pages long) or a window, a mapped range that is used where
 * it lies. Both kinds share one budget and one order of replacement (replace.h); eviction reuses
 * the buffer or unmaps the window.
 *
 * Entries are pinned while somebody looks at them. A pinned entry is not evicted and does not
 * change. An entry being filled is not visible: who asks for it meanwhile waits and gets the same
 * entry, or the same error; after an error the entry is gone and the next one who asks fills again.
 *
 * Ceiling: at most budget_bytes are held in buffers and windows together. When all of that is
 * pinned, entries of one page still succeed until CACHE_RESERVE_PAGES of them are held beyond the
 * budget; no call ever waits for a pin to be given back, so a caller cannot lock itself out.
 *
 * Threads: all calls but cache_new() and cache_free() may come from any thread. A pin belongs to
 * whoever holds the pointer and may be given back by another thread. Filling is done outside the
 * lock. Knows nothing of files or of what keys mean.
 */
#ifndef VMTOOL_MEM_CACHE_H
#define VMTOOL_MEM_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/base/cleanup.h"
#include "util/mem/window.h"

enum {
	CACHE_PAGE_BYTES = 4096,
	CACHE_RESERVE_PAGES = 64,
};

struct cache;
struct cache_entry;

enum cache_kind { CACHE_BUFFER, CACHE_WINDOW };

/* Called without locks, for different keys by several threads at once; never twice for one key. */
struct cache_ops {
	/* Fill @buf; *ret_len is how many of @size bytes are valid (less at an end), at least 1. */
	struct err *(*read)(void *context, uint64_t key, void *buf, size_t size, size_t *ret_len);

	/* Map at most @size bytes. NULL when no CACHE_WINDOW is ever asked for. */
	struct err *(*map)(void *context, uint64_t key, size_t size, struct window *ret_window);
};

struct cache_want {
	uint64_t key;
	size_t size; /* buffers: a power of two, at least a page; windows: any */
	enum cache_kind kind;
};

struct cache_stats {
	uint64_t hits; /* also after waiting for another thread's fill */
	uint64_t misses;
	uint64_t evictions;
	uint64_t unmaps;
	uint64_t used_bytes;
	uint64_t used_bytes_max;
};

/* @ops and @context must outlive the cache. @budget_bytes is at least 16 pages. */
must_check struct err *cache_new(uint64_t budget_bytes, const struct cache_ops *ops, void *context,
				 struct cache **ret_cache);

/*
 * From now on nothing is kept that nobody looks at: to measure what the cache is worth. Before the
 * first cache_get().
 */
void cache_keep_nothing(struct cache *cache);

/* All pins must have been given back. */
void cache_free(struct cache *cache);
DEFINE_GUARD(cache, struct cache *, cache_free)

/*
 * Pin the first of @want that is cached. If none is, make want[0]; the others are places where the
 * same bytes may already lie (the window around a page).
 *
 * @walk: the caller goes through everything once; his touches do not make an entry precious.
 *
 * Errors: ERR_NOMEM when there is no room beside what is pinned, which a smaller want[0] may cure;
 * otherwise what the operation returned.
 */
must_check struct err *cache_get(struct cache *cache, const struct cache_want *want, size_t want_nr,
				 bool walk, struct cache_entry **ret_entry);

/* Give a pin back; the bytes may be gone after that. NULL is accepted. */
void cache_put(struct cache_entry *entry);

/* Of a pinned entry. */
uint64_t cache_entry_key(const struct cache_entry *entry);
const uint8_t *cache_entry_data(const struct cache_entry *entry, size_t *ret_len);

void cache_stats(struct cache *cache, struct cache_stats *ret_stats);

#endif
