// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "util/base/cleanup.h"
#include "util/mem/cache.h"

enum { PAGE = CACHE_PAGE_BYTES };

/*
 * A world where the word at position i of the entry with key k is k + i. It counts what the cache
 * asks of it, and on request is slow or fails.
 */
struct world {
	struct cache *cache;
	atomic_int reads;
	atomic_int maps;
	atomic_int failures_left; /* this many fills fail */
	atomic_bool hold;	  /* fills do not end before this is false */
	atomic_bool inside;	  /* a fill has begun */
};

static struct err *pass_or_fail(struct world *world)
{
	world->inside = true;
	while (world->hold)
		usleep(1000);
	if (world->failures_left > 0) {
		world->failures_left--;
		return err_sys(EIO, "bad block");
	}
	return NULL;
}

static void fill_words(uint64_t key, void *buf, size_t size)
{
	for (size_t i = 0; i < size / 8; i++)
		((uint64_t *)buf)[i] = key + i;
}

static struct err *world_read(void *context, uint64_t key, void *buf, size_t size, size_t *ret_len)
{
	struct world *world = context;
	struct err *e = pass_or_fail(world);

	world->reads++;
	if (e)
		return e;
	fill_words(key, buf, size);
	*ret_len = size;
	return NULL;
}

static struct err *world_map(void *context, uint64_t key, size_t size, struct window *ret_window)
{
	struct world *world = context;
	struct err *e = pass_or_fail(world);
	void *data;

	world->maps++;
	if (e)
		return e;
	data = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (data == MAP_FAILED)
		return err_sys(errno, "map");
	fill_words(key, data, size);
	*ret_window = (struct window){ .data = data, .len = size };
	return NULL;
}

static const struct cache_ops world_ops = { .read = world_read, .map = world_map };

static struct err *get(struct world *world, uint64_t key, size_t size, enum cache_kind kind,
		       struct cache_entry **ret_entry)
{
	const struct cache_want want = { .key = key, .size = size, .kind = kind };

	return cache_get(world->cache, &want, 1, false, ret_entry);
}

/* Is every word of the entry what the world says? */
static bool content_is_right(const struct cache_entry *entry, size_t size)
{
	size_t len;
	const uint8_t *data = cache_entry_data(entry, &len);

	for (size_t i = 0; i < size / 8; i++)
		if (((const uint64_t *)data)[i] != cache_entry_key(entry) + i)
			return false;
	return len == size;
}

static struct cache_entry *pin(struct world *world, uint64_t key, size_t size, enum cache_kind kind)
{
	struct cache_entry *entry = NULL;

	assert_null(get(world, key, size, kind, &entry));
	assert_int_equal(cache_entry_key(entry), key);
	assert_true(content_is_right(entry, size));
	return entry;
}

static void look_at(struct world *world, uint64_t key, size_t size, enum cache_kind kind)
{
	cache_put(pin(world, key, size, kind));
}

static struct cache_stats stats_of(struct world *world)
{
	struct cache_stats stats;

	cache_stats(world->cache, &stats);
	return stats;
}

static void open_world(struct world *world, uint64_t budget_bytes)
{
	memset(world, 0, sizeof(*world));
	assert_null(cache_new(budget_bytes, &world_ops, world, &world->cache));
}

static void told_to_keep_nothing_it_reads_each_time(void **state)
{
	struct cache_entry *pinned;
	struct world world;

	(void)state;
	open_world(&world, 16 * PAGE);
	cache_keep_nothing(world.cache);
	look_at(&world, 0x1000, PAGE, CACHE_BUFFER);
	look_at(&world, 0x1000, PAGE, CACHE_BUFFER);
	assert_int_equal(world.reads, 2);
	assert_int_equal(stats_of(&world).hits, 0);

	/* But for what somebody looks at: that cannot change under his eyes. */
	pinned = pin(&world, 0x1000, PAGE, CACHE_BUFFER);
	look_at(&world, 0x1000, PAGE, CACHE_BUFFER);
	assert_int_equal(world.reads, 3);
	cache_put(pinned);
	cache_free(world.cache);
}

static void a_page_is_read_once_and_found_again(void **state)
{
	struct world world;

	(void)state;
	open_world(&world, 16 * PAGE);
	look_at(&world, 0x1000, PAGE, CACHE_BUFFER);
	look_at(&world, 0x1000, PAGE, CACHE_BUFFER);
	assert_int_equal(world.reads, 1);
	assert_int_equal(stats_of(&world).hits, 1);
	assert_int_equal(stats_of(&world).misses, 1);
	cache_free(world.cache);
}

static void entries_of_any_size_share_the_budget(void **state)
{
	struct world world;

	(void)state;
	open_world(&world, 64 * PAGE);
	for (uint64_t i = 0; i < 2000; i++) {
		size_t size = (size_t)PAGE << i % 5;

		look_at(&world, i << 20, i % 3 ? size : size * 3 / 2,
			i % 3 ? CACHE_BUFFER : CACHE_WINDOW);
		assert_true(stats_of(&world).used_bytes <= 64 * PAGE);
	}
	assert_true(stats_of(&world).used_bytes_max <= 64 * PAGE);
	assert_true(stats_of(&world).used_bytes > 40 * PAGE);
	cache_free(world.cache);
}

static void a_page_is_found_in_the_window_around_it(void **state)
{
	const struct cache_want want[] = {
		{ .key = 0x5001, .size = PAGE, .kind = CACHE_BUFFER },
		{ .key = 0x4000 },
	};
	struct cache_entry *entry = NULL;
	struct world world;

	(void)state;
	open_world(&world, 64 * PAGE);
	look_at(&world, 0x4000, 16 * PAGE, CACHE_WINDOW);
	assert_null(cache_get(world.cache, want, 2, false, &entry));
	assert_int_equal(cache_entry_key(entry), 0x4000);
	assert_int_equal(world.reads, 0);
	cache_put(entry);
	cache_free(world.cache);
}

static bool is_mapped(const void *address)
{
	return !msync((void *)((uintptr_t)address / PAGE * PAGE), PAGE, MS_ASYNC);
}

static void an_evicted_window_is_unmapped(void **state)
{
	struct cache_entry *entry;
	struct world world;
	const uint8_t *data;
	size_t len;

	(void)state;
	open_world(&world, 64 * PAGE);
	entry = pin(&world, 1, 32 * PAGE, CACHE_WINDOW);
	data = cache_entry_data(entry, &len);
	assert_true(is_mapped(data));
	cache_put(entry);

	look_at(&world, 2, 64 * PAGE, CACHE_BUFFER);
	assert_false(is_mapped(data));
	assert_int_equal(stats_of(&world).unmaps, 1);
	assert_int_equal(stats_of(&world).evictions, 1);
	cache_free(world.cache);
}

static void an_evicted_buffer_is_used_again(void **state)
{
	struct cache_entry *entry;
	const uint8_t *low = NULL, *high = NULL;
	struct world world;

	(void)state;
	open_world(&world, 16 * PAGE);
	for (uint64_t key = 1; key <= 1000; key++) {
		const uint8_t *data;
		size_t len;

		entry = pin(&world, key << 12, PAGE, CACHE_BUFFER);
		data = cache_entry_data(entry, &len);
		low = !low || data < low ? data : low;
		high = !high || data > high ? data : high;
		cache_put(entry);
	}
	assert_true(high - low < 16 * PAGE);
	assert_int_equal(stats_of(&world).evictions, 1000 - 16);
	cache_free(world.cache);
}

static void a_pinned_entry_stays_and_does_not_change(void **state)
{
	struct cache_entry *page, *window;
	struct world world;

	(void)state;
	open_world(&world, 32 * PAGE);
	page = pin(&world, 1, PAGE, CACHE_BUFFER);
	window = pin(&world, 2, 8 * PAGE, CACHE_WINDOW);
	for (uint64_t key = 10; key < 500; key++)
		look_at(&world, key, key % 2 ? PAGE : 4 * PAGE, CACHE_BUFFER);

	assert_true(content_is_right(page, PAGE));
	assert_true(content_is_right(window, 8 * PAGE));
	world.reads = world.maps = 0;
	look_at(&world, 1, PAGE, CACHE_BUFFER);
	look_at(&world, 2, 8 * PAGE, CACHE_WINDOW);
	assert_int_equal(world.reads + world.maps, 0);
	cache_put(page);
	cache_put(window);
	cache_free(world.cache);
}

static void when_all_is_pinned_only_the_reserve_is_left(void **state)
{
	struct cache_entry *window, *page[CACHE_RESERVE_PAGES];
	struct cache_entry *none = NULL;
	struct world world;
	struct err *e;

	(void)state;
	open_world(&world, 64 * PAGE);
	window = pin(&world, 1, 64 * PAGE, CACHE_WINDOW);

	e = get(&world, 2, 2 * PAGE, CACHE_BUFFER, &none);
	assert_non_null(e);
	assert_int_equal(err_code(e), ERR_NOMEM);
	err_free(e);
	e = get(&world, 2, PAGE, CACHE_WINDOW, &none);
	assert_non_null(e);
	assert_int_equal(err_code(e), ERR_NOMEM);
	err_free(e);

	for (uint64_t i = 0; i < CACHE_RESERVE_PAGES; i++)
		page[i] = pin(&world, (i + 1) << 12, PAGE, CACHE_BUFFER);
	e = get(&world, 3, PAGE, CACHE_BUFFER, &none);
	assert_non_null(e);
	assert_int_equal(err_code(e), ERR_NOMEM);
	err_free(e);

	/* One pin given back is enough to go on, and the debt is paid when there is room. */
	cache_put(page[0]);
	look_at(&world, 3, PAGE, CACHE_BUFFER);
	for (uint64_t i = 1; i < CACHE_RESERVE_PAGES; i++)
		cache_put(page[i]);
	cache_put(window);
	look_at(&world, 4, PAGE, CACHE_BUFFER);
	assert_true(stats_of(&world).used_bytes <= 64 * PAGE);
	assert_null(none);
	cache_free(world.cache);
}

static void a_long_buffer_finds_room_among_scattered_pages(void **state)
{
	struct cache_entry *pinned;
	struct world world;

	(void)state;
	open_world(&world, 64 * PAGE);
	for (uint64_t key = 0; key < 64; key++)
		look_at(&world, key << 12, PAGE, CACHE_BUFFER);
	/* Every other page is precious now. */
	for (uint64_t key = 0; key < 64; key += 2)
		look_at(&world, key << 12, PAGE, CACHE_BUFFER);
	pinned = pin(&world, 20 << 12, PAGE, CACHE_BUFFER);
	look_at(&world, 1, 32 * PAGE, CACHE_BUFFER);
	assert_true(content_is_right(pinned, PAGE));
	assert_true(stats_of(&world).used_bytes <= 64 * PAGE);
	cache_put(pinned);
	cache_free(world.cache);
}

static void a_walk_does_not_flush_what_is_used_again_and_again(void **state)
{
	enum { BUDGET_PAGES = 256, HOT = 64 };
	struct world world;

	(void)state;
	open_world(&world, BUDGET_PAGES * PAGE);
	for (uint64_t round = 1; round <= 3; round++) {
		for (uint64_t hot = 0; hot < HOT; hot++)
			look_at(&world, hot << 12, PAGE, CACHE_BUFFER);
		/* Misses tell a use from the next one. */
		for (uint64_t cold = 0; cold < 4; cold++)
			look_at(&world, (round << 40) + (cold << 12), PAGE, CACHE_BUFFER);
	}

	/* A hundred times the budget goes by, in windows that are looked at page by page. */
	for (uint64_t i = 0; i < 100 * BUDGET_PAGES / 32; i++) {
		const struct cache_want want = {
			.key = (i + 1) << 30,
			.size = 32 * PAGE,
			.kind = CACHE_WINDOW,
		};

		for (int page = 0; page < 32; page++) {
			struct cache_entry *entry = NULL;

			assert_null(cache_get(world.cache, &want, 1, true, &entry));
			cache_put(entry);
		}
	}
	assert_int_equal(world.maps, 100 * BUDGET_PAGES / 32);

	world.reads = 0;
	for (uint64_t hot = 0; hot < HOT; hot++)
		look_at(&world, hot << 12, PAGE, CACHE_BUFFER);
	assert_int_equal(world.reads, 0);
	cache_free(world.cache);
}

struct reader {
	pthread_t thread;
	struct world *world;
	struct cache_entry *entry;
	struct err *error;
	atomic_int tid;
};

static void *read_one(void *context)
{
	struct reader *reader = context;

	reader->tid = gettid();
	reader->error = get(reader->world, 0x1000, PAGE, CACHE_BUFFER, &reader->entry);
	return NULL;
}

/* Until it sleeps, which it does nowhere but in the cache. */
static void wait_until_it_waits(const struct reader *reader)
{
	char path[64], stat[512];

	do {
		FILE *file;

		usleep(1000);
		snprintf(path, sizeof(path), "/proc/self/task/%d/stat", reader->tid);
		file = reader->tid ? fopen(path, "re") : NULL;
		stat[0] = '\0';
		if (!file)
			continue;
		(void)!fgets(stat, sizeof(stat), file);
		fclose(file);
	} while (!strstr(stat, ") S "));
}

/* Both ask for one key, the second one while the first is filling it. */
static void read_by_two(struct world *world, struct reader *reader)
{
	world->hold = true;
	world->inside = false;
	for (int i = 0; i < 2; i++) {
		reader[i] = (struct reader){ .world = world };
		assert_int_equal(pthread_create(&reader[i].thread, NULL, read_one, &reader[i]), 0);
		while (!world->inside)
			usleep(1000);
	}
	wait_until_it_waits(&reader[1]);
	world->hold = false;
	for (int i = 0; i < 2; i++)
		pthread_join(reader[i].thread, NULL);
}

static void two_readers_of_one_key_share_one_fill(void **state)
{
	struct reader reader[2];
	struct world world;

	(void)state;
	open_world(&world, 16 * PAGE);
	read_by_two(&world, reader);
	assert_null(reader[0].error);
	assert_null(reader[1].error);
	assert_non_null(reader[0].entry);
	assert_ptr_equal(reader[0].entry, reader[1].entry);
	assert_true(content_is_right(reader[0].entry, PAGE));
	assert_int_equal(world.reads, 1);
	assert_int_equal(stats_of(&world).hits, 1);
	cache_put(reader[0].entry);
	cache_put(reader[1].entry);
	cache_free(world.cache);
}

static void an_error_is_told_to_each_reader_and_then_forgotten(void **state)
{
	struct reader reader[2];
	struct world world;

	(void)state;
	open_world(&world, 16 * PAGE);
	world.failures_left = 1;
	read_by_two(&world, reader);
	assert_int_equal(world.reads, 1);
	for (int i = 0; i < 2; i++) {
		assert_non_null(reader[i].error);
		assert_null(reader[i].entry);
		assert_int_equal(err_code(reader[i].error), ERR_SYS);
		assert_int_equal(err_errno(reader[i].error), EIO);
		assert_string_equal(err_message(reader[i].error), "bad block: Input/output error");
		err_free(reader[i].error);
	}
	assert_int_equal(stats_of(&world).used_bytes, 0);

	look_at(&world, 0x1000, PAGE, CACHE_BUFFER);
	assert_int_equal(world.reads, 2);
	cache_free(world.cache);
}

static void a_page_being_filled_does_not_hold_up_others(void **state)
{
	struct reader reader = { 0 };
	struct world world;

	(void)state;
	open_world(&world, 16 * PAGE);
	look_at(&world, 0x2000, PAGE, CACHE_BUFFER);
	world.hold = true;
	world.inside = false;
	reader.world = &world;
	assert_int_equal(pthread_create(&reader.thread, NULL, read_one, &reader), 0);
	while (!world.inside)
		usleep(1000);

	look_at(&world, 0x2000, PAGE, CACHE_BUFFER);
	world.hold = false;
	pthread_join(reader.thread, NULL);
	assert_null(reader.error);
	cache_put(reader.entry);
	cache_free(world.cache);
}

static void a_window_that_cannot_be_made_leaves_nothing_behind(void **state)
{
	struct cache_entry *entry = NULL;
	struct world world;
	struct err *e;

	(void)state;
	open_world(&world, 16 * PAGE);
	world.failures_left = 1;
	e = get(&world, 1, 4 * PAGE, CACHE_WINDOW, &entry);
	assert_non_null(e);
	err_free(e);
	assert_int_equal(stats_of(&world).used_bytes, 0);
	assert_int_equal(stats_of(&world).unmaps, 0);
	look_at(&world, 1, 4 * PAGE, CACHE_WINDOW);
	cache_free(world.cache);
}

struct hammer {
	pthread_t thread;
	struct world *world;
	uint32_t seed;
	int wrong;
	int refused;
};

static uint32_t next_random(uint32_t *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 8;
}

static void *hammer(void *context)
{
	struct hammer *self = context;

	for (int i = 0; i < 20000; i++) {
		/* The key decides size and kind: two windows, two long buffers, pages. */
		uint64_t nr = next_random(&self->seed) % 200;
		enum cache_kind kind = nr % 8 == 0 ? CACHE_WINDOW : CACHE_BUFFER;
		size_t size = nr % 8 < 2 ? 8 * PAGE : PAGE;
		struct cache_entry *entry = NULL;
		struct err *e = get(self->world, nr << 20, size, kind, &entry);

		if (e) {
			self->refused++;
			err_free(e);
			continue;
		}
		self->wrong += cache_entry_key(entry) != nr << 20 || !content_is_right(entry, size);
		cache_put(entry);
	}
	return NULL;
}

static void threads_with_random_keys_see_only_whole_and_right_entries(void **state)
{
	struct hammer thread[4];
	struct world world;

	(void)state;
	open_world(&world, 128 * PAGE);
	world.failures_left = 50;
	for (uint32_t i = 0; i < 4; i++) {
		thread[i] = (struct hammer){ .world = &world, .seed = i };
		pthread_create(&thread[i].thread, NULL, hammer, &thread[i]);
	}
	for (int i = 0; i < 4; i++) {
		pthread_join(thread[i].thread, NULL);
		assert_int_equal(thread[i].wrong, 0);
	}
	/* A failed fill is seen by one to four threads. */
	assert_int_equal(world.failures_left, 0);
	assert_in_range(thread[0].refused + thread[1].refused + thread[2].refused +
				thread[3].refused,
			50, 200);
	assert_true(stats_of(&world).used_bytes_max <= 128 * PAGE);
	assert_true(stats_of(&world).evictions > 1000);
	cache_free(world.cache);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_page_is_read_once_and_found_again),
		cmocka_unit_test(told_to_keep_nothing_it_reads_each_time),
		cmocka_unit_test(entries_of_any_size_share_the_budget),
		cmocka_unit_test(a_page_is_found_in_the_window_around_it),
		cmocka_unit_test(an_evicted_window_is_unmapped),
		cmocka_unit_test(an_evicted_buffer_is_used_again),
		cmocka_unit_test(a_pinned_entry_stays_and_does_not_change),
		cmocka_unit_test(when_all_is_pinned_only_the_reserve_is_left),
		cmocka_unit_test(a_long_buffer_finds_room_among_scattered_pages),
		cmocka_unit_test(a_walk_does_not_flush_what_is_used_again_and_again),
		cmocka_unit_test(two_readers_of_one_key_share_one_fill),
		cmocka_unit_test(an_error_is_told_to_each_reader_and_then_forgotten),
		cmocka_unit_test(a_page_being_filled_does_not_hold_up_others),
		cmocka_unit_test(a_window_that_cannot_be_made_leaves_nothing_behind),
		cmocka_unit_test(threads_with_random_keys_see_only_whole_and_right_entries),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
