// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/mem/cache.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "util/base/checked.h"
#include "util/mem/arena.h"
#include "util/mem/replace.h"

_Static_assert((int)CACHE_PAGE_BYTES == (int)ARENA_PAGE_BYTES, "the arena hands out pages");

enum { RESERVE_BYTES = CACHE_RESERVE_PAGES * CACHE_PAGE_BYTES };

enum entry_state {
	ENTRY_FILLING, /* in the hash, in no queue */
	ENTRY_VALID,   /* in the hash and in a queue */
	ENTRY_FAILED,  /* in neither; waits for the last waiter to have seen the error */
};

struct cache_entry {
	struct replace_node node; /* first: a node is an entry */
	struct cache *cache;
	struct cache_entry *hash_next; /* or the next in the list of unused entries */
	const uint8_t *data;
	size_t len;
	size_t charged_bytes;
	/* Raised under the lock only, so whoever holds the lock and reads 0 knows it stays 0. */
	atomic_uint pins;
	enum entry_state state;
	enum cache_kind kind;
	size_t page; /* CACHE_BUFFER: where in the arena */
	struct window window;
	struct err *error;
};

struct cache {
	const struct cache_ops *ops;
	void *context;
	uint64_t budget_bytes;
	bool keeps_nothing;

	pthread_mutex_t lock;  /* protects everything below, and entries' fields but `pins` */
	pthread_cond_t filled; /* some entry left ENTRY_FILLING */
	unsigned int waiters_nr;
	struct arena arena;
	struct cache_entry **page_owner; /* of each page of the arena; NULL: free */
	struct replace *replace;
	struct cache_entry **buckets;
	unsigned int bucket_bits;
	struct cache_entry *unused;
	struct cache_stats stats;
};

static struct cache_entry **bucket_of(struct cache *cache, uint64_t key)
{
	return &cache->buckets[key * UINT64_C(0x9e3779b97f4a7c15) >> (64 - cache->bucket_bits)];
}

static struct cache_entry *hash_find(struct cache *cache, uint64_t key)
{
	struct cache_entry *entry = *bucket_of(cache, key);

	while (entry && entry->node.key != key)
		entry = entry->hash_next;
	return entry;
}

static void hash_add(struct cache *cache, struct cache_entry *entry)
{
	struct cache_entry **bucket = bucket_of(cache, entry->node.key);

	entry->hash_next = *bucket;
	*bucket = entry;
}

static void hash_remove(struct cache *cache, struct cache_entry *entry)
{
	struct cache_entry **link = bucket_of(cache, entry->node.key);

	while (*link != entry)
		link = &(*link)->hash_next;
	*link = entry->hash_next;
}

struct err *cache_new(uint64_t budget_bytes, const struct cache_ops *ops, void *context,
		      struct cache **ret_cache)
{
	guard(cache) struct cache *cache = calloc(1, sizeof(*cache));
	size_t pages_nr = budget_bytes / CACHE_PAGE_BYTES + CACHE_RESERVE_PAGES;
	struct err *e;

	assert(budget_bytes >= 16 * CACHE_PAGE_BYTES);
	if (!cache)
		return err_nomem();
	cache->ops = ops;
	cache->context = context;
	cache->budget_bytes = budget_bytes / CACHE_PAGE_BYTES * CACHE_PAGE_BYTES;
	pthread_mutex_init(&cache->lock, NULL);
	pthread_cond_init(&cache->filled, NULL);

	cache->bucket_bits = 4;
	while (((size_t)1 << cache->bucket_bits) < pages_nr)
		cache->bucket_bits++;
	cache->buckets = calloc((size_t)1 << cache->bucket_bits, sizeof(struct cache_entry *));
	cache->page_owner = calloc(pages_nr, sizeof(struct cache_entry *));
	if (!cache->buckets || !cache->page_owner)
		return err_nomem();

	e = arena_init(&cache->arena, pages_nr);
	if (!e)
		e = replace_new(cache->budget_bytes, CACHE_PAGE_BYTES, &cache->replace);
	if (e)
		return e;

	*ret_cache = take_ptr(cache);
	return NULL;
}

void cache_keep_nothing(struct cache *cache)
{
	cache->keeps_nothing = true;
}

/* Memory back to the arena or the kernel; the entry itself lives on. */
static void release_data(struct cache *cache, struct cache_entry *entry)
{
	size_t pages_nr = entry->charged_bytes / CACHE_PAGE_BYTES;

	if (entry->kind == CACHE_WINDOW) {
		cache->stats.unmaps += entry->window.len != 0;
		window_release(&entry->window);
	} else {
		for (size_t i = 0; i < pages_nr; i++)
			cache->page_owner[entry->page + i] = NULL;
		arena_free(&cache->arena, entry->page, pages_nr);
	}
	cache->stats.used_bytes -= entry->charged_bytes;
	entry->charged_bytes = 0;
	entry->data = NULL;
}

static void entry_retire(struct cache *cache, struct cache_entry *entry)
{
	entry->hash_next = cache->unused;
	cache->unused = entry;
}

static void evict(struct cache *cache, struct cache_entry *entry)
{
	replace_evict(cache->replace, &entry->node);
	hash_remove(cache, entry);
	release_data(cache, entry);
	entry_retire(cache, entry);
	cache->stats.evictions++;
}

void cache_free(struct cache *cache)
{
	if (!cache)
		return;

	for (size_t i = 0; cache->buckets && i >> cache->bucket_bits == 0; i++) {
		struct cache_entry *entry;

		while ((entry = cache->buckets[i])) {
			assert(!entry->pins);
			cache->buckets[i] = entry->hash_next;
			release_data(cache, entry);
			entry_retire(cache, entry);
		}
	}
	while (cache->unused) {
		struct cache_entry *entry = cache->unused;

		cache->unused = entry->hash_next;
		free(entry);
	}
	replace_free(cache->replace);
	arena_release(&cache->arena);
	free(cache->page_owner);
	free(cache->buckets);
	pthread_cond_destroy(&cache->filled);
	pthread_mutex_destroy(&cache->lock);
	free(cache);
}

static struct cache_entry *entry_of(const struct replace_node *node)
{
	return (struct cache_entry *)node;
}

static bool is_unpinned(const struct replace_node *node)
{
	return !atomic_load(&entry_of(node)->pins);
}

/* Evict until @bytes more fit, for @entry. False: what is left is pinned. */
static bool make_room(struct cache *cache, const struct cache_entry *entry, uint64_t bytes)
{
	while (cache->stats.used_bytes + bytes > cache->budget_bytes) {
		struct replace_node *victim =
			replace_victim(cache->replace, &entry->node, is_unpinned);

		if (!victim)
			return false;
		evict(cache, entry_of(victim));
	}
	return true;
}

/*
 * There is room, but in pieces. Clear the run whose pages are dearest the least: free ones cost
 * nothing, those of "recent" little, those of "frequent" more; a pinned page rules a run out.
 */
static size_t clear_run(struct cache *cache, size_t pages_nr)
{
	size_t best_page = ARENA_NONE;
	size_t best_cost = SIZE_MAX;

	for (size_t page = 0; page + pages_nr <= cache->arena.pages_nr; page += pages_nr) {
		size_t cost = 0;

		for (size_t i = 0; i < pages_nr && cost < best_cost; i++) {
			const struct cache_entry *owner = cache->page_owner[page + i];

			if (!owner)
				continue;
			if (owner->state != ENTRY_VALID || !is_unpinned(&owner->node))
				cost = SIZE_MAX;
			else
				cost += owner->node.queue == REPLACE_FREQUENT ? 8 : 1;
		}
		if (cost < best_cost) {
			best_cost = cost;
			best_page = page;
		}
	}

	for (size_t i = 0; best_page != ARENA_NONE && i < pages_nr; i++)
		if (cache->page_owner[best_page + i])
			evict(cache, cache->page_owner[best_page + i]);
	return best_page;
}

static bool take_buffer(struct cache *cache, struct cache_entry *entry, size_t size)
{
	size_t pages_nr = size / CACHE_PAGE_BYTES;
	size_t page;

	/* Beyond the budget a single page may still come out of the reserve. */
	if (!make_room(cache, entry, size) &&
	    (pages_nr > 1 || cache->stats.used_bytes + size > cache->budget_bytes + RESERVE_BYTES))
		return false;
	page = arena_find(&cache->arena, pages_nr);
	if (page == ARENA_NONE && pages_nr > 1)
		page = clear_run(cache, pages_nr);
	if (page == ARENA_NONE)
		return false;

	arena_take(&cache->arena, page, pages_nr);
	for (size_t i = 0; i < pages_nr; i++)
		cache->page_owner[page + i] = entry;
	entry->page = page;
	entry->data = arena_page(&cache->arena, page);
	entry->charged_bytes = size;
	return true;
}

static bool take_window_room(struct cache *cache, struct cache_entry *entry, size_t size)
{
	uint64_t idle_bytes;

	size = align_up_u64(size, CACHE_PAGE_BYTES);
	if (!make_room(cache, entry, size))
		return false;

	/* Freed buffers are resident still: they count until the system has them back. */
	idle_bytes = (uint64_t)cache->arena.idle_nr * CACHE_PAGE_BYTES;
	if (cache->stats.used_bytes + size + idle_bytes > cache->budget_bytes)
		arena_trim(&cache->arena);
	entry->charged_bytes = size;
	return true;
}

/* An entry for @want in the hash, in state ENTRY_FILLING, pinned once, with its memory reserved. */
static struct err *entry_begin(struct cache *cache, const struct cache_want *want, bool walk,
			       struct cache_entry **ret_entry)
{
	struct cache_entry *entry = cache->unused;
	bool has_room;

	if (entry)
		cache->unused = entry->hash_next;
	else
		entry = malloc(sizeof(*entry));
	if (!entry)
		return err_nomem();

	*entry = (struct cache_entry){
		.cache = cache,
		.state = ENTRY_FILLING,
		.kind = want->kind,
		.pins = 1,
	};
	replace_miss(cache->replace, &entry->node, want->key, want->size, walk);

	has_room = want->kind == CACHE_WINDOW ? take_window_room(cache, entry, want->size)
					      : take_buffer(cache, entry, want->size);
	if (!has_room) {
		entry_retire(cache, entry);
		return err_new(ERR_NOMEM, "no room in the cache: all of it is in use");
	}

	entry->node.bytes = entry->charged_bytes;
	cache->stats.used_bytes += entry->charged_bytes;
	cache->stats.used_bytes_max = MAX(cache->stats.used_bytes_max, cache->stats.used_bytes);
	hash_add(cache, entry);
	*ret_entry = entry;
	return NULL;
}

static struct err *entry_fill(struct cache *cache, struct cache_entry *entry,
			      const struct cache_want *want)
{
	struct err *e;

	if (entry->kind == CACHE_BUFFER)
		return cache->ops->read(cache->context, want->key, (void *)entry->data, want->size,
					&entry->len);

	e = cache->ops->map(cache->context, want->key, want->size, &entry->window);
	if (e)
		return e;
	entry->data = entry->window.data;
	entry->len = entry->window.len;
	return NULL;
}

/* @error is only borrowed. */
static void entry_fail(struct cache *cache, struct cache_entry *entry, const struct err *error)
{
	hash_remove(cache, entry);
	release_data(cache, entry);
	entry->state = ENTRY_FAILED;
	if (atomic_fetch_sub(&entry->pins, 1) == 1)
		entry_retire(cache, entry);
	else
		entry->error = err_clone(error);
}

/* The caller has raised entry->pins for itself. */
static struct err *wait_for_fill(struct cache *cache, struct cache_entry *entry)
{
	struct err *e;

	cache->waiters_nr++;
	while (entry->state == ENTRY_FILLING)
		pthread_cond_wait(&cache->filled, &cache->lock);
	cache->waiters_nr--;
	if (entry->state == ENTRY_VALID)
		return NULL;

	e = err_clone(entry->error);
	if (atomic_fetch_sub(&entry->pins, 1) == 1) {
		err_free(entry->error);
		entry->error = NULL;
		entry_retire(cache, entry);
	}
	return e;
}

/* *ret_wake: somebody waits for what was filled here. */
static struct err *get_locked(struct cache *cache, const struct cache_want *want, size_t want_nr,
			      bool walk, struct cache_entry **ret_entry, bool *ret_wake)
{
	struct cache_entry *entry = NULL;
	struct err *e;

	for (size_t i = 0; i < want_nr; i++) {
		entry = hash_find(cache, want[i].key);
		if (!entry || (i && entry->state != ENTRY_VALID))
			continue;
		if (cache->keeps_nothing && entry->state == ENTRY_VALID &&
		    is_unpinned(&entry->node)) {
			evict(cache, entry);
			continue;
		}

		atomic_fetch_add(&entry->pins, 1);
		if (entry->state == ENTRY_FILLING) {
			e = wait_for_fill(cache, entry);
			if (e)
				return e;
		}
		replace_touch(cache->replace, &entry->node, walk);
		cache->stats.hits++;
		*ret_entry = entry;
		return NULL;
	}

	cache->stats.misses++;
	e = entry_begin(cache, &want[0], walk, &entry);
	if (e)
		return e;

	pthread_mutex_unlock(&cache->lock);
	e = entry_fill(cache, entry, &want[0]);
	pthread_mutex_lock(&cache->lock);

	if (e) {
		entry_fail(cache, entry, e);
	} else {
		entry->state = ENTRY_VALID;
		replace_insert(cache->replace, &entry->node);
		*ret_entry = entry;
	}
	*ret_wake = cache->waiters_nr;
	return e;
}

struct err *cache_get(struct cache *cache, const struct cache_want *want, size_t want_nr, bool walk,
		      struct cache_entry **ret_entry)
{
	bool wake = false;
	struct err *e;

	pthread_mutex_lock(&cache->lock);
	e = get_locked(cache, want, want_nr, walk, ret_entry, &wake);
	pthread_mutex_unlock(&cache->lock);
	/* Who is woken finds the lock free, and does not go to sleep again for it. */
	if (wake)
		pthread_cond_broadcast(&cache->filled);
	return e;
}

void cache_put(struct cache_entry *entry)
{
	if (entry)
		atomic_fetch_sub(&entry->pins, 1);
}

uint64_t cache_entry_key(const struct cache_entry *entry)
{
	return entry->node.key;
}

const uint8_t *cache_entry_data(const struct cache_entry *entry, size_t *ret_len)
{
	*ret_len = entry->len;
	return entry->data;
}

void cache_stats(struct cache *cache, struct cache_stats *ret_stats)
{
	pthread_mutex_lock(&cache->lock);
	*ret_stats = cache->stats;
	pthread_mutex_unlock(&cache->lock);
}
