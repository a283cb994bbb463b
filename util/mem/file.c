// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/mem/file.h"

#include <assert.h>
#include <errno.h>
#include <linux/magic.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "util/base/checked.h"
#include "util/base/io.h"
#include "util/mem/cache.h"
#include "util/mem/walk.h"

enum {
	MAPPING_BUDGET_BYTES = 8 << 20, /* four windows */
	READING_BUDGET_BYTES = 5 << 20,
	READING_TOGETHER_BUDGET_BYTES =
		6 << 20, /* a long read for each of two threads, and one more */
	BUDGET_BYTES_MIN = 16 * CACHE_PAGE_BYTES,
	WINDOWS_IN_BUDGET_MIN = 4,
	MAP_FAILURES_MAX = 8, /* in a row, without a success: stop trying */
};

struct mem_file {
	int fd;			     /* -1: there is a backing */
	struct mem_backing *backing; /* NULL: there is an fd */
	uint64_t size;
	struct cache *cache;

	atomic_bool map_refused; /* for good */
	atomic_uint map_failures_in_row;
	_Atomic uint64_t views;
	_Atomic uint64_t maps;
	_Atomic uint64_t map_failures;
	_Atomic uint64_t reads;
	_Atomic uint64_t read_bytes;
	_Atomic uint64_t mapped_bytes;

	pthread_mutex_t walks_lock; /* protects walks */
	struct walks walks;

	bool read_alone;
	pthread_mutex_t read_lock; /* held while reading, where two reads disturb each other */
};

/* The key of a fetch: its offset is a multiple of a page, which leaves room for its size. */
static uint64_t fetch_key(uint64_t offset, enum fetch fetch)
{
	return align_down_u64(offset, fetch_bytes(fetch)) | fetch;
}

static uint64_t key_offset(uint64_t key)
{
	return align_down_u64(key, CACHE_PAGE_BYTES);
}

static struct err *read_fetch(void *context, uint64_t key, void *buf, size_t size, size_t *ret_len)
{
	struct mem_file *file = context;
	uint64_t offset = key_offset(key);
	size_t len;
	struct err *e;

	size = (size_t)MIN((uint64_t)size, file->size - offset);
	if (file->read_alone)
		pthread_mutex_lock(&file->read_lock);
	if (file->backing)
		e = file->backing->ops->read(file->backing, buf, size, offset, &len);
	else
		e = io_pread(file->fd, buf, size, offset, &len);
	if (file->read_alone)
		pthread_mutex_unlock(&file->read_lock);
	if (e)
		return e;
	if (!len)
		return err_new(ERR_NODATA, "the file ends before offset %#llx",
			       (unsigned long long)offset);
	file->reads++;
	file->read_bytes += len;
	*ret_len = len;
	return NULL;
}

static void note_map_failure(struct mem_file *file, const struct err *e)
{
	file->map_failures++;
	if (err_errno(e) == ENODEV || err_errno(e) == ENOSYS || err_errno(e) == EPERM ||
	    ++file->map_failures_in_row == MAP_FAILURES_MAX)
		file->map_refused = true;
}

static struct err *map_fetch(void *context, uint64_t key, size_t size, struct window *ret_window)
{
	struct mem_file *file = context;
	uint64_t offset = key_offset(key);
	struct err *e;

	e = window_map(file->fd, offset, size, ret_window);
	if (e) {
		note_map_failure(file, e);
		return e;
	}
	file->map_failures_in_row = 0;
	file->maps++;
	file->mapped_bytes += ret_window->len;
	return NULL;
}

static const struct cache_ops file_cache_ops = { .read = read_fetch, .map = map_fetch };

static bool is_oldmem(int fd)
{
	struct statfs fs;

	return fstatfs(fd, &fs) == 0 && fs.f_type == PROC_SUPER_MAGIC;
}

/*
 * How to walk through this file, and in what steps at most: each walker has one in hand, which does
 * not make room for another, and there has to be room for one more.
 */
static void walks_setup(struct mem_file *file, bool map, uint64_t budget_bytes,
			unsigned int walkers_nr)
{
	struct walks *walks = &file->walks;

	walks->map_ladder = &ladder_map;
	walks->read_ladder = is_oldmem(file->fd) ? &ladder_read_oldmem : &ladder_read;
	walks->map = map && fetch_bytes(FETCH_WINDOW) <= budget_bytes / WINDOWS_IN_BUDGET_MIN;
	walks->read_max = FETCH_2M;
	while (fetch_bytes(walks->read_max) > budget_bytes / (walkers_nr + 1))
		walks->read_max--;
}

/* Without bytes to read yet. */
static struct err *file_alloc(uint64_t size, struct mem_file **ret_file)
{
	struct mem_file *file = calloc(1, sizeof(*file));

	if (!file)
		return err_nomem();
	file->fd = -1;
	file->size = size;
	pthread_mutex_init(&file->walks_lock, NULL);
	pthread_mutex_init(&file->read_lock, NULL);
	*ret_file = file;
	return NULL;
}

static uint64_t default_budget(bool map, unsigned int walkers_nr)
{
	if (map)
		return MAPPING_BUDGET_BYTES;
	return walkers_nr > 1 ? READING_TOGETHER_BUDGET_BYTES : READING_BUDGET_BYTES;
}

static struct err *file_setup(struct mem_file *file, bool map, const struct mem_file_config *config)
{
	unsigned int walkers_nr = MAX(config->walkers_nr, 1u);
	uint64_t budget_bytes = config->budget_bytes;
	struct err *e;

	if (!budget_bytes)
		budget_bytes = default_budget(map, walkers_nr);
	budget_bytes = MAX(budget_bytes, (uint64_t)BUDGET_BYTES_MIN);

	file->read_alone = config->read_alone;
	walks_setup(file, map, budget_bytes, walkers_nr);
	e = cache_new(budget_bytes, &file_cache_ops, file, &file->cache);
	if (!e && config->no_cache) {
		file->walks.map = false;
		file->walks.read_max = FETCH_PAGE;
		cache_keep_nothing(file->cache);
	}
	return e;
}

struct err *mem_file_new(int fd, uint64_t size, const struct mem_file_config *config,
			 struct mem_file **ret_file)
{
	autoclose int owned_fd = fd;
	guard(mem_file) struct mem_file *file = NULL;
	struct err *e = file_alloc(size, &file);
	struct stat st;
	bool map;

	if (e)
		return e;
	file->fd = take_fd(&owned_fd);

	/* Files of /proc other than vmcore say 0 and have content all the same. */
	if (!fstat(file->fd, &st) && S_ISREG(st.st_mode) && st.st_size > 0)
		file->size = MIN(size, (uint64_t)st.st_size);

	map = config->map == MEM_MAP_ALWAYS ||
	      (config->map == MEM_MAP_WHERE_CHEAPER && is_oldmem(file->fd));
	e = file_setup(file, map, config);
	if (!e)
		*ret_file = take_ptr(file);
	return e;
}

struct err *mem_file_new_over(struct mem_backing *backing, uint64_t size,
			      const struct mem_file_config *config, struct mem_file **ret_file)
{
	guard(mem_file) struct mem_file *file = NULL;
	struct err *e = file_alloc(size, &file);

	if (e) {
		backing->ops->close(backing);
		return e;
	}
	file->backing = backing;
	e = file_setup(file, false, config);
	if (!e)
		*ret_file = take_ptr(file);
	return e;
}

void mem_file_free(struct mem_file *file)
{
	if (!file)
		return;
	cache_free(file->cache);
	pthread_mutex_destroy(&file->walks_lock);
	pthread_mutex_destroy(&file->read_lock);
	if (file->backing)
		file->backing->ops->close(file->backing);
	else
		close(file->fd);
	free(file);
}

uint64_t mem_file_size(const struct mem_file *file)
{
	return file->size;
}

bool mem_file_lacks(const struct mem_file *file, uint64_t offset, uint64_t len)
{
	return file->backing && file->backing->ops->lacks &&
	       file->backing->ops->lacks(file->backing, offset, len);
}

static enum fetch advance(struct mem_file *file, uint64_t offset, size_t len)
{
	enum fetch fetch;

	pthread_mutex_lock(&file->walks_lock);
	if (file->map_refused)
		file->walks.map = false;
	fetch = walks_advance(&file->walks, offset, len);
	pthread_mutex_unlock(&file->walks_lock);
	return fetch;
}

static enum fetch refuse_window(struct mem_file *file, uint64_t offset)
{
	enum fetch fetch;

	pthread_mutex_lock(&file->walks_lock);
	fetch = walks_refuse_window(&file->walks, offset);
	pthread_mutex_unlock(&file->walks_lock);
	return fetch;
}

static void refuse_long_read(struct mem_file *file, uint64_t offset)
{
	pthread_mutex_lock(&file->walks_lock);
	walks_refuse_long_read(&file->walks, offset);
	pthread_mutex_unlock(&file->walks_lock);
}

/* Pin an entry around @offset: made by @fetch, or a cached one of any size. */
static struct err *get_entry(struct mem_file *file, uint64_t offset, enum fetch fetch,
			     enum mem_access access, struct cache_entry **ret_entry)
{
	struct cache_want want[FETCHES_NR];
	size_t want_nr = 1;

	want[0] = (struct cache_want){
		.key = fetch_key(offset, fetch),
		.size = fetch_bytes(fetch),
		.kind = fetch == FETCH_WINDOW ? CACHE_WINDOW : CACHE_BUFFER,
	};
	if (fetch == FETCH_WINDOW)
		want[0].size = MIN(want[0].size, file->size - key_offset(want[0].key));
	for (int other = FETCHES_NR - 1; other >= 0; other--)
		if (other != (int)fetch)
			want[want_nr++].key = fetch_key(offset, other);

	return cache_get(file->cache, want, want_nr, access == MEM_SEQUENTIAL, ret_entry);
}

struct err *mem_file_view(struct mem_file *file, uint64_t offset, size_t len_max,
			  enum mem_access access, struct mem_view *ret_view)
{
	enum fetch fetch = FETCH_PAGE;
	struct cache_entry *entry;
	const uint8_t *data;
	size_t len, skip;
	struct err *e;

	assert(len_max);
	if (offset >= file->size)
		return err_new(ERR_NODATA, "offset %#llx is past the end of the file",
			       (unsigned long long)offset);
	len_max = MIN(len_max, file->size - offset);
	file->views++;

	if (access == MEM_SEQUENTIAL)
		fetch = advance(file, offset, len_max);

	e = get_entry(file, offset, fetch, access, &entry);
	if (e && fetch == FETCH_WINDOW) {
		/* It cannot be mapped; or there is no room, and less will do. */
		err_free(e);
		fetch = refuse_window(file, offset);
		e = get_entry(file, offset, fetch, access, &entry);
	}
	if (e && fetch != FETCH_PAGE) {
		/* One bad page must not hide its neighbours. */
		err_free(e);
		refuse_long_read(file, offset);
		e = get_entry(file, offset, FETCH_PAGE, access, &entry);
	}
	if (e)
		return e;

	data = cache_entry_data(entry, &len);
	skip = offset - key_offset(cache_entry_key(entry));
	if (skip >= len) {
		cache_put(entry);
		return err_new(ERR_NODATA, "the file ends before offset %#llx",
			       (unsigned long long)offset);
	}

	*ret_view = (struct mem_view){
		.data = data + skip,
		.len = MIN(len_max, len - skip),
		.entry = entry,
	};
	return NULL;
}

struct err *mem_file_read(struct mem_file *file, uint64_t offset, void *buf, size_t len,
			  enum mem_access access)
{
	uint8_t *to = buf;

	while (len) {
		guard(mem_view) struct mem_view view = MEM_VIEW_INIT;
		struct err *e = mem_file_view(file, offset, len, access, &view);

		if (e)
			return e;
		memcpy(to, view.data, view.len);
		to += view.len;
		offset += view.len;
		len -= view.len;
	}
	return NULL;
}

uint64_t mem_file_next_data(const struct mem_file *file, uint64_t offset, uint64_t end)
{
	off_t data;

	if (file->backing)
		return offset;
	/* Nobody reads by the position that this moves. */
	data = lseek(file->fd, (off_t)offset, SEEK_DATA);
	if (data < 0)
		return errno == ENXIO ? end : offset;
	return MIN(MAX((uint64_t)data, offset), end);
}

void mem_file_stats(struct mem_file *file, struct mem_file_stats *ret_stats)
{
	struct cache_stats cached;

	/* A view that fell back to a smaller fetch missed several times and counts once. */
	cache_stats(file->cache, &cached);
	*ret_stats = (struct mem_file_stats){
		.hits = cached.hits,
		.misses = file->views - cached.hits,
		.maps = file->maps,
		.unmaps = cached.unmaps,
		.map_failures = file->map_failures,
		.reads = file->reads,
		.read_bytes = file->read_bytes,
		.mapped_bytes = file->mapped_bytes,
		.evictions = cached.evictions,
	};
}

void mem_file_stats_add(struct mem_file_stats *sum, const struct mem_file_stats *stats)
{
	sum->hits += stats->hits;
	sum->misses += stats->misses;
	sum->maps += stats->maps;
	sum->unmaps += stats->unmaps;
	sum->map_failures += stats->map_failures;
	sum->reads += stats->reads;
	sum->read_bytes += stats->read_bytes;
	sum->mapped_bytes += stats->mapped_bytes;
	sum->evictions += stats->evictions;
}
