// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/mem/file.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "util/base/checked.h"
#include "util/base/io.h"
#include "util/mem/cache.h"

/*
 * What is fetched at once, smallest first. All are aligned on their own size in the file, so that a
 * byte lies in one chunk of each rung whatever the order it is asked for in. Sizes are measured in
 * Documentation/cache.md.
 */
enum rung { RUNG_PAGE, RUNG_16K, RUNG_64K, RUNG_256K, RUNG_WINDOW, RUNGS_NR };

static const size_t rung_bytes[RUNGS_NR] = { 4 << 10, 16 << 10, 64 << 10, 256 << 10, 2 << 20 };

enum {
	DEFAULT_BUDGET_BYTES = 8 << 20,
	BUDGET_BYTES_MIN = 16 * CACHE_PAGE_BYTES,
	STREAMS_NR = 8,
	STREAM_GAP_BYTES_MAX = 32 << 20, /* a jump further ahead begins another walk */
	MAP_FAILURES_MAX = 8,		 /* in a row, without a success: stop trying */
};

/*
 * A walk through the file. It climbs and descends the rungs by how much of what it was given it
 * used, so it maps large windows where nearly everything is wanted, no matter how fragmented, and
 * reads pages where little is.
 */
struct stream {
	uint64_t start; /* the chunk it is in; start == end: unused */
	uint64_t end;
	uint64_t entered;    /* where it began in this chunk */
	uint64_t seen_end;   /* how far it came */
	uint64_t used_bytes; /* of [entered, seen_end) */
	uint64_t used_at;    /* on the clock of sequential views */
	uint64_t read_until; /* up to here a window was refused */
	enum rung rung;
};

struct mem_file {
	int fd;
	uint64_t size;
	enum rung read_top; /* the largest that fits the budget */
	struct cache *cache;

	atomic_bool map_windows;
	atomic_uint map_failures_in_row;
	_Atomic uint64_t views;
	_Atomic uint64_t maps;
	_Atomic uint64_t map_failures;
	_Atomic uint64_t reads;
	_Atomic uint64_t read_bytes;
	_Atomic uint64_t mapped_bytes;

	pthread_mutex_t streams_lock; /* protects the two below */
	struct stream stream[STREAMS_NR];
	uint64_t stream_clock;
};

/* Offsets of chunks are multiples of a page, which leaves room for the rung. */
static uint64_t chunk_key(uint64_t offset, enum rung rung)
{
	return align_down_u64(offset, rung_bytes[rung]) | rung;
}

static uint64_t key_offset(uint64_t key)
{
	return align_down_u64(key, CACHE_PAGE_BYTES);
}

static struct err *read_chunk(void *context, uint64_t key, void *buf, size_t size, size_t *ret_len)
{
	struct mem_file *file = context;
	uint64_t offset = key_offset(key);
	size_t len;
	struct err *e;

	e = io_pread(file->fd, buf, MIN(size, file->size - offset), offset, &len);
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
		file->map_windows = false;
}

static struct err *map_chunk(void *context, uint64_t key, size_t size, struct window *ret_window)
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

static const struct cache_ops file_cache_ops = { .read = read_chunk, .map = map_chunk };

struct err *mem_file_new(int fd, uint64_t size, const struct mem_file_config *config,
			 struct mem_file **ret_file)
{
	autoclose int owned_fd = fd;
	guard(mem_file) struct mem_file *file = calloc(1, sizeof(*file));
	uint64_t budget_bytes = config->budget_bytes ? config->budget_bytes : DEFAULT_BUDGET_BYTES;
	struct stat st;
	struct err *e;

	if (!file)
		return err_nomem();
	file->fd = take_fd(&owned_fd);
	pthread_mutex_init(&file->streams_lock, NULL);

	/* Files of /proc other than vmcore say 0 and have content all the same. */
	file->size = size;
	if (!fstat(file->fd, &st) && S_ISREG(st.st_mode) && st.st_size > 0)
		file->size = MIN(size, (uint64_t)st.st_size);

	budget_bytes = MAX(budget_bytes, (uint64_t)BUDGET_BYTES_MIN);
	file->map_windows = config->use_mmap && rung_bytes[RUNG_WINDOW] <= budget_bytes / 4;
	file->read_top = RUNG_256K;
	while (rung_bytes[file->read_top] > budget_bytes / 4)
		file->read_top--;

	e = cache_new(budget_bytes, &file_cache_ops, file, &file->cache);
	if (e)
		return e;
	*ret_file = take_ptr(file);
	return NULL;
}

void mem_file_free(struct mem_file *file)
{
	if (!file)
		return;
	cache_free(file->cache);
	pthread_mutex_destroy(&file->streams_lock);
	close(file->fd);
	free(file);
}

uint64_t mem_file_size(const struct mem_file *file)
{
	return file->size;
}

/* The walk that is in the chunk around @offset, or else the one that comes nearest before it. */
static struct stream *find_stream(struct mem_file *file, uint64_t offset)
{
	struct stream *nearest = NULL;

	for (size_t i = 0; i < STREAMS_NR; i++) {
		struct stream *s = &file->stream[i];

		if (s->start <= offset && offset < s->end)
			return s;
		if (s->end && s->end <= offset && offset - s->end <= STREAM_GAP_BYTES_MAX &&
		    (!nearest || s->end > nearest->end))
			nearest = s;
	}
	return nearest;
}

static struct stream *oldest_stream(struct mem_file *file)
{
	struct stream *oldest = &file->stream[0];

	for (size_t i = 1; i < STREAMS_NR; i++)
		if (file->stream[i].used_at < oldest->used_at)
			oldest = &file->stream[i];
	return oldest;
}

static enum rung top_rung(const struct mem_file *file)
{
	return file->map_windows ? RUNG_WINDOW : file->read_top;
}

static void stream_enter(struct stream *s, uint64_t offset, enum rung rung)
{
	s->start = align_down_u64(offset, rung_bytes[rung]);
	s->end = s->start + rung_bytes[rung];
	s->entered = s->seen_end = offset;
	s->used_bytes = 0;
	s->rung = rung;
}

/* A walk begins small, but not smaller than what it asks for. */
static enum rung first_rung(const struct mem_file *file, size_t len)
{
	enum rung rung = RUNG_16K;

	while (rung < RUNG_WINDOW && rung_bytes[rung] < len)
		rung++;
	if (rung > file->read_top)
		rung = top_rung(file);
	return rung;
}

/*
 * How much of what lay between here and where the chunk was entered has been used? From a quarter
 * on the next chunk may be larger. What makes it smaller depends on the price: a window costs as
 * much as some 32 single pages read (a sixteenth of its pages), a read chunk as an eighth of its.
 */
static enum rung next_rung(const struct mem_file *file, const struct stream *s, uint64_t offset)
{
	enum rung top = offset < s->read_until ? file->read_top : top_rung(file);
	uint64_t span = offset - s->entered;
	enum rung rung = MIN(s->rung, top);

	if (s->used_bytes >= span / 4)
		return rung == file->read_top ? top : MIN(rung + 1, top);
	if (rung == RUNG_WINDOW)
		return s->used_bytes < span / 16 ? file->read_top : rung;
	return s->used_bytes < span / 8 && rung > RUNG_PAGE ? rung - 1 : rung;
}

/* Which rung a sequential view of [offset, offset + len) should fetch, if it has to. */
static enum rung stream_advance(struct mem_file *file, uint64_t offset, size_t len)
{
	uint64_t view_end;
	struct stream *s;
	enum rung rung;

	pthread_mutex_lock(&file->streams_lock);
	s = find_stream(file, offset);
	if (!s || offset >= s->end) {
		rung = s ? next_rung(file, s, offset) : first_rung(file, len);
		if (!s) {
			s = oldest_stream(file);
			s->read_until = 0;
		}
		stream_enter(s, offset, rung);
	}

	view_end = offset + MIN(len, s->end - offset);
	if (view_end > s->seen_end) {
		s->used_bytes += view_end - MAX(s->seen_end, offset);
		s->seen_end = view_end;
	}
	s->used_at = ++file->stream_clock;
	rung = s->rung;
	pthread_mutex_unlock(&file->streams_lock);
	return rung;
}

/* The window around @offset is refused: read it, and try again only after it. */
static void stream_descend(struct mem_file *file, uint64_t offset)
{
	struct stream *s;

	pthread_mutex_lock(&file->streams_lock);
	s = find_stream(file, offset);
	if (s && s->rung == RUNG_WINDOW) {
		s->read_until = s->end;
		stream_enter(s, offset, file->read_top);
	}
	pthread_mutex_unlock(&file->streams_lock);
}

/* Pin an entry around @offset: of size @rung, or a cached one of any size. */
static struct err *get_chunk(struct mem_file *file, uint64_t offset, enum rung rung,
			     enum mem_access access, struct cache_entry **ret_entry)
{
	struct cache_want want[RUNGS_NR];
	size_t want_nr = 1;

	want[0] = (struct cache_want){
		.key = chunk_key(offset, rung),
		.size = rung_bytes[rung],
		.kind = rung == RUNG_WINDOW ? CACHE_WINDOW : CACHE_BUFFER,
	};
	if (rung == RUNG_WINDOW)
		want[0].size = MIN(rung_bytes[rung], file->size - key_offset(want[0].key));
	for (int other = RUNGS_NR - 1; other >= 0; other--)
		if (other != (int)rung)
			want[want_nr++].key = chunk_key(offset, other);

	return cache_get(file->cache, want, want_nr, access == MEM_SEQUENTIAL, ret_entry);
}

struct err *mem_file_view(struct mem_file *file, uint64_t offset, size_t len_max,
			  enum mem_access access, struct mem_view *ret_view)
{
	enum rung rung = RUNG_PAGE;
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
		rung = stream_advance(file, offset, len_max);

	e = get_chunk(file, offset, rung, access, &entry);
	if (e && rung == RUNG_WINDOW) {
		/* It cannot be mapped; or there is no room, and less will do. */
		err_free(e);
		stream_descend(file, offset);
		rung = file->read_top;
		e = get_chunk(file, offset, rung, access, &entry);
	}
	if (e && rung != RUNG_PAGE) {
		/* One bad page must not hide its neighbours. */
		err_free(e);
		e = get_chunk(file, offset, RUNG_PAGE, access, &entry);
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

void mem_file_stats(struct mem_file *file, struct mem_file_stats *ret_stats)
{
	struct cache_stats cached;

	/* A view that fell back to a smaller chunk missed several times and counts once. */
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
