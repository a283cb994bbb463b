// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "util/base/cleanup.h"
#include "util/mem/file.h"

enum { PAGE = 4096, MIB = 1 << 20, WINDOW = 2 * MIB };

/* The byte at an offset says where it is: no two pages are alike. */
static uint8_t byte_at(uint64_t offset)
{
	return (uint8_t)(offset ^ offset >> 8 ^ (offset >> 12) * 37 ^ (offset >> 20) * 11);
}

static bool view_is_right(const struct mem_view *view, uint64_t offset, uint64_t base)
{
	for (size_t i = 0; i < view->len; i++)
		if (view->data[i] != byte_at(offset + i - base))
			return false;
	return view->len > 0;
}

static int make_file(uint64_t size)
{
	int fd = memfd_create("vmtool-test", MFD_CLOEXEC);
	uint8_t *data;

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, (off_t)size), 0);
	data = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	assert_true(data != MAP_FAILED);
	for (uint64_t i = 0; i < size; i++)
		data[i] = byte_at(i);
	munmap(data, size);
	return fd;
}

static struct mem_file *open_fd(int fd, uint64_t size, enum mem_map map)
{
	const struct mem_file_config config = { .map = map };
	struct mem_file *file = NULL;

	assert_null(mem_file_new(fd, size, &config, &file));
	return file;
}

static struct mem_file *open_new(uint64_t size, enum mem_map map)
{
	return open_fd(make_file(size), size, map);
}

static struct mem_file_stats stats_of(struct mem_file *file)
{
	struct mem_file_stats stats;

	mem_file_stats(file, &stats);
	return stats;
}

/* Look at up to @len_max bytes at @offset and say how many there were. */
static size_t look_at(struct mem_file *file, uint64_t offset, size_t len_max,
		      enum mem_access access)
{
	guard(mem_view) struct mem_view view = MEM_VIEW_INIT;

	assert_null(mem_file_view(file, offset, len_max, access, &view));
	assert_in_range(view.len, 1, len_max);
	assert_true(view_is_right(&view, offset, 0));
	return view.len;
}

/* From start to end, one page at a time, leaving out @skip bytes after each. */
static void walk(struct mem_file *file, uint64_t skip)
{
	uint64_t offset = 0;

	while (offset < mem_file_size(file))
		offset += look_at(file, offset, PAGE, MEM_SEQUENTIAL) + skip;
}

static void assert_fails(struct mem_file *file, uint64_t offset, enum mem_access access,
			 enum err_code code)
{
	struct mem_view view = MEM_VIEW_INIT;
	autoerr struct err *e = mem_file_view(file, offset, PAGE, access, &view);

	assert_non_null(e);
	assert_int_equal(err_code(e), code);
	assert_null(view.entry);
}

static void a_random_view_reads_a_page(void **state)
{
	guard(mem_file) struct mem_file *file = open_new(8 * MIB, MEM_MAP_ALWAYS);

	(void)state;
	assert_int_equal(look_at(file, 5 * PAGE + 100, 50, MEM_RANDOM), 50);
	assert_int_equal(look_at(file, 5 * PAGE + 4000, 500, MEM_RANDOM), 96);
	assert_int_equal(stats_of(file).reads, 1);
	assert_int_equal(stats_of(file).read_bytes, PAGE);
	assert_int_equal(stats_of(file).hits, 1);
	assert_int_equal(stats_of(file).misses, 1);
	assert_int_equal(stats_of(file).maps, 0);
}

static void a_walk_maps_few_windows(void **state)
{
	guard(mem_file) struct mem_file *file = open_new(32 * MIB, MEM_MAP_ALWAYS);

	(void)state;
	walk(file, 0);
	assert_in_range(stats_of(file).maps, 15, 16);
	assert_true(stats_of(file).reads <= 4);
	assert_int_equal(stats_of(file).hits + stats_of(file).misses, 32 * MIB / PAGE);
}

static void a_walk_through_fragments_maps_no_more_windows(void **state)
{
	guard(mem_file) struct mem_file *file = open_new(32 * MIB, MEM_MAP_ALWAYS);

	(void)state;
	walk(file, PAGE);
	assert_in_range(stats_of(file).maps, 14, 16);
	assert_true(stats_of(file).reads <= 8);
}

static void a_sparse_walk_fetches_little_in_vain(void **state)
{
	guard(mem_file) struct mem_file *mapped = open_new(32 * MIB, MEM_MAP_ALWAYS);
	guard(mem_file) struct mem_file *read = open_new(32 * MIB, MEM_MAP_NEVER);

	(void)state;
	walk(mapped, 63 * PAGE);
	walk(read, 63 * PAGE);
	/* 128 pages are wanted. */
	assert_int_equal(stats_of(mapped).maps, 0);
	assert_true(stats_of(mapped).read_bytes <= 160 * PAGE);
	assert_true(stats_of(read).read_bytes <= 160 * PAGE);
}

static void a_file_of_a_file_system_is_read(void **state)
{
	guard(mem_file) struct mem_file *file = open_new(8 * MIB, MEM_MAP_WHERE_CHEAPER);

	(void)state;
	walk(file, 0);
	assert_int_equal(stats_of(file).maps, 0);
	assert_true(stats_of(file).read_bytes >= 8 * MIB);
}

static void without_mapping_a_walk_reads_in_long_pieces(void **state)
{
	guard(mem_file) struct mem_file *file = open_new(32 * MIB, MEM_MAP_NEVER);

	(void)state;
	walk(file, 0);
	assert_int_equal(stats_of(file).maps, 0);
	assert_true(stats_of(file).reads <= 32 * MIB / (256 * 1024) + 4);
	assert_true(stats_of(file).read_bytes <= 34 * MIB);
}

static void a_walk_that_asks_for_much_begins_large(void **state)
{
	guard(mem_file) struct mem_file *file = open_new(8 * MIB, MEM_MAP_ALWAYS);

	(void)state;
	assert_int_equal(look_at(file, 0, SIZE_MAX, MEM_SEQUENTIAL), WINDOW);
	assert_int_equal(stats_of(file).maps, 1);
}

static void a_page_is_looked_at_in_the_window_that_is_there(void **state)
{
	guard(mem_file) struct mem_file *file = open_new(8 * MIB, MEM_MAP_ALWAYS);

	(void)state;
	look_at(file, WINDOW, WINDOW, MEM_SEQUENTIAL);
	look_at(file, WINDOW + 77 * PAGE, PAGE, MEM_RANDOM);
	assert_int_equal(stats_of(file).maps, 1);
	assert_int_equal(stats_of(file).reads, 0);
	assert_int_equal(stats_of(file).hits, 1);
}

static void a_file_that_ends_anywhere_is_read_to_its_last_byte(void **state)
{
	const uint64_t sizes[] = { 1,	       PAGE - 1,	  PAGE, PAGE + 1, WINDOW - 1,
				   WINDOW + 1, 3 * WINDOW + 12345 };

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		for (enum mem_map map = 0; map <= MEM_MAP_ALWAYS; map++) {
			guard(mem_file) struct mem_file *file = open_new(sizes[i], map);

			walk(file, 0);
			assert_int_equal(look_at(file, sizes[i] - 1, PAGE, MEM_RANDOM), 1);
			assert_int_equal(look_at(file, sizes[i] - 1, SIZE_MAX, MEM_SEQUENTIAL), 1);
			assert_fails(file, sizes[i], MEM_RANDOM, ERR_NODATA);
			assert_fails(file, sizes[i], MEM_SEQUENTIAL, ERR_NODATA);
			assert_fails(file, UINT64_MAX, MEM_RANDOM, ERR_NODATA);
			assert_fails(file, UINT64_MAX, MEM_SEQUENTIAL, ERR_NODATA);
		}
}

static void a_size_beyond_the_end_is_not_believed(void **state)
{
	guard(mem_file) struct mem_file *file =
		open_fd(make_file(PAGE), 100 * PAGE, MEM_MAP_ALWAYS);

	(void)state;
	assert_int_equal(mem_file_size(file), PAGE);
	assert_fails(file, PAGE, MEM_SEQUENTIAL, ERR_NODATA);
}

static void a_file_cut_short_after_opening_gives_an_error(void **state)
{
	(void)state;
	for (enum mem_map map = 0; map <= MEM_MAP_ALWAYS; map++) {
		int fd = make_file(16 * MIB);
		guard(mem_file) struct mem_file *file = open_fd(fd, 16 * MIB, map);

		assert_int_equal(ftruncate(fd, 5 * MIB + 100), 0);
		look_at(file, 4 * MIB, PAGE, MEM_RANDOM);
		look_at(file, 0, SIZE_MAX, MEM_SEQUENTIAL);
		assert_int_equal(look_at(file, 5 * MIB, SIZE_MAX, MEM_SEQUENTIAL), 100);
		assert_fails(file, 5 * MIB + 100, MEM_SEQUENTIAL, ERR_NODATA);
		assert_fails(file, 5 * MIB + 100, MEM_RANDOM, ERR_NODATA);
		assert_fails(file, 10 * MIB, MEM_SEQUENTIAL, ERR_NODATA);
		assert_fails(file, 10 * MIB, MEM_RANDOM, ERR_NODATA);
	}
}

/*
 * /proc/self/mem cannot be mapped, and fails with EIO where nothing is: it shows our own memory as
 * a file of which one page is broken.
 */
static void what_cannot_be_mapped_is_read_and_one_bad_page_hides_no_other(void **state)
{
	const size_t size = 8 * MIB;
	const uint64_t bad = 4 * MIB + 5 * PAGE;
	uint8_t *memory =
		mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint64_t start = (uintptr_t)memory;
	struct mem_file *file;

	(void)state;
	assert_true(memory != MAP_FAILED);
	for (size_t i = 0; i < size; i++)
		memory[i] = byte_at(i);
	munmap(memory + bad, PAGE);

	file = open_fd(open("/proc/self/mem", O_RDONLY | O_CLOEXEC), start + size, MEM_MAP_ALWAYS);
	for (uint64_t offset = 0; offset < size; offset += PAGE) {
		struct mem_view view = MEM_VIEW_INIT;

		if (offset == bad) {
			assert_fails(file, start + bad, MEM_SEQUENTIAL, ERR_SYS);
			continue;
		}
		assert_null(mem_file_view(file, start + offset, PAGE, MEM_SEQUENTIAL, &view));
		assert_int_equal(view.len, PAGE);
		assert_true(view_is_right(&view, start + offset, start));
		mem_view_release(&view);
	}
	/* ENODEV: there was no point in trying again. */
	assert_int_equal(stats_of(file).map_failures, 1);
	assert_int_equal(stats_of(file).maps, 0);
	mem_file_free(file);
	munmap(memory, size);
}

/* A disk with a bad page: it takes long to say so, and all that is asked for with it is lost. */
struct bad_disk {
	struct mem_backing backing;
	uint64_t bad;
	unsigned int *failures;
};

static struct err *bad_disk_read(struct mem_backing *backing, void *buf, size_t len,
				 uint64_t offset, size_t *ret_len)
{
	const struct bad_disk *disk = (const struct bad_disk *)backing;

	if (offset <= disk->bad && disk->bad < offset + len) {
		++*disk->failures;
		return err_sys(EIO, "read at offset %llu", (unsigned long long)offset);
	}
	for (size_t i = 0; i < len; i++)
		((uint8_t *)buf)[i] = byte_at(offset + i);
	*ret_len = len;
	return NULL;
}

static void bad_disk_close(struct mem_backing *backing)
{
	free(backing);
}

static const struct mem_backing_ops bad_disk_ops = { .read = bad_disk_read,
						     .close = bad_disk_close };

static void a_bad_page_is_not_asked_for_with_each_of_its_neighbours(void **state)
{
	const size_t asked_for[] = { PAGE, MIB };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(asked_for); i++) {
		struct bad_disk *disk = calloc(1, sizeof(*disk));
		guard(mem_file) struct mem_file *file = NULL;
		unsigned int failures = 0;

		assert_non_null(disk);
		*disk = (struct bad_disk){ { &bad_disk_ops }, 20 * MIB - PAGE, &failures };
		assert_null(mem_file_new_over(&disk->backing, 32 * MIB,
					      &(struct mem_file_config){ 0 }, &file));
		for (uint64_t offset = 0; offset < 32 * MIB;) {
			guard(mem_view) struct mem_view view = MEM_VIEW_INIT;

			if (offset == 20 * MIB - PAGE) {
				assert_fails(file, offset, MEM_SEQUENTIAL, ERR_SYS);
				offset += PAGE;
				continue;
			}
			assert_null(
				mem_file_view(file, offset, asked_for[i], MEM_SEQUENTIAL, &view));
			assert_true(view_is_right(&view, offset, 0));
			offset += view.len;
		}
		assert_true(failures <= 3);
		/* And it goes on as it was. */
		assert_true(stats_of(file).reads <= 2 * MIB / PAGE + 100);
	}
}

static void pinned_windows_do_not_stop_a_walk(void **state)
{
	guard(mem_file) struct mem_file *file = open_new(32 * MIB, MEM_MAP_ALWAYS);
	struct mem_view view[16];
	uint64_t offset;

	(void)state;
	/* Twice what fits: the later ones are pages. */
	for (size_t i = 0; i < 16; i++) {
		view[i] = MEM_VIEW_INIT;
		assert_null(mem_file_view(file, i * WINDOW, WINDOW, MEM_SEQUENTIAL, &view[i]));
	}
	for (offset = 0; offset < 32 * MIB; offset += 16 * PAGE)
		look_at(file, offset, PAGE, MEM_SEQUENTIAL);
	for (size_t i = 0; i < 16; i++) {
		assert_true(view_is_right(&view[i], i * WINDOW, 0));
		mem_view_release(&view[i]);
	}
}

static void the_smallest_budget_serves_everything(void **state)
{
	const struct mem_file_config config = { .map = MEM_MAP_ALWAYS, .budget_bytes = 1 };
	struct mem_file *file = NULL;

	(void)state;
	assert_null(mem_file_new(make_file(4 * MIB), 4 * MIB, &config, &file));
	walk(file, 0);
	walk(file, 3 * PAGE);
	mem_file_free(file);
}

struct walker {
	pthread_t thread;
	struct mem_file *file;
	uint32_t seed;
	int wrong;
};

static void *walk_at_random(void *context)
{
	struct walker *self = context;
	uint64_t size = mem_file_size(self->file);
	uint64_t offset = 0;

	for (int i = 0; i < 5000; i++) {
		enum mem_access access = i / 500 % 2 ? MEM_RANDOM : MEM_SEQUENTIAL;
		guard(mem_view) struct mem_view view = MEM_VIEW_INIT;
		struct err *e;

		self->seed = self->seed * 1664525 + 1013904223;
		if (access == MEM_RANDOM || i % 500 == 0)
			offset = self->seed;
		offset %= size;
		e = mem_file_view(self->file, offset, 1 + self->seed % 10000, access, &view);
		if (e || !view_is_right(&view, offset, 0))
			self->wrong++;
		err_free(e);
		offset += view.len;
	}
	return NULL;
}

static void threads_that_walk_and_jump_see_the_right_bytes(void **state)
{
	(void)state;
	for (enum mem_map map = 0; map <= MEM_MAP_ALWAYS; map++) {
		guard(mem_file) struct mem_file *file = open_new(24 * MIB + 777, map);
		struct walker walker[4];

		for (uint32_t i = 0; i < 4; i++) {
			walker[i] = (struct walker){ .file = file, .seed = i };
			pthread_create(&walker[i].thread, NULL, walk_at_random, &walker[i]);
		}
		for (int i = 0; i < 4; i++) {
			pthread_join(walker[i].thread, NULL);
			assert_int_equal(walker[i].wrong, 0);
		}
		assert_int_equal(stats_of(file).hits + stats_of(file).misses, 4 * 5000);
	}
}

/* As /proc/kcore: all reads go through the same page. */
struct shared_page {
	struct mem_backing backing;
	atomic_bool busy;
	atomic_uint *disturbed;
};

static struct err *shared_page_read(struct mem_backing *backing, void *buf, size_t len,
				    uint64_t offset, size_t *ret_len)
{
	struct shared_page *shared = (struct shared_page *)backing;

	if (atomic_exchange(&shared->busy, true))
		++*shared->disturbed;
	sched_yield();
	for (size_t i = 0; i < len; i++)
		((uint8_t *)buf)[i] = byte_at(offset + i);
	shared->busy = false;
	*ret_len = len;
	return NULL;
}

static const struct mem_backing_ops shared_page_ops = { .read = shared_page_read,
							.close = bad_disk_close };

static void reads_that_would_disturb_each_other_come_one_after_the_other(void **state)
{
	struct shared_page *shared = calloc(1, sizeof(*shared));
	guard(mem_file) struct mem_file *file = NULL;
	const struct mem_file_config config = { .read_alone = true, .walkers_nr = 4 };
	struct walker walker[4];
	atomic_uint disturbed = 0;

	(void)state;
	assert_non_null(shared);
	shared->backing.ops = &shared_page_ops;
	shared->disturbed = &disturbed;
	assert_null(mem_file_new_over(&shared->backing, 24 * MIB, &config, &file));
	for (uint32_t i = 0; i < ARRAY_SIZE(walker); i++) {
		walker[i] = (struct walker){ .file = file, .seed = i };
		pthread_create(&walker[i].thread, NULL, walk_at_random, &walker[i]);
	}
	for (size_t i = 0; i < ARRAY_SIZE(walker); i++) {
		pthread_join(walker[i].thread, NULL);
		assert_int_equal(walker[i].wrong, 0);
	}
	assert_int_equal(disturbed, 0);
}

static void holes_are_known_where_the_file_system_tells(void **state)
{
	const uint64_t size = UINT64_C(1) << 40;
	int fd = memfd_create("vmtool-test", MFD_CLOEXEC);
	struct mem_file *file;

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, (off_t)size), 0);
	assert_int_equal(pwrite(fd, "x", 1, 100 * MIB + 5), 1);
	file = open_fd(fd, size, MEM_MAP_NEVER);
	assert_int_equal(mem_file_next_data(file, 0, size), 100 * MIB);
	assert_int_equal(mem_file_next_data(file, 0, 50 * MIB), 50 * MIB);
	assert_int_equal(mem_file_next_data(file, 100 * MIB + 5, size), 100 * MIB + 5);
	assert_true(mem_file_next_data(file, 100 * MIB + WINDOW, size) == size);
	mem_file_free(file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_random_view_reads_a_page),
		cmocka_unit_test(a_walk_maps_few_windows),
		cmocka_unit_test(a_walk_through_fragments_maps_no_more_windows),
		cmocka_unit_test(a_sparse_walk_fetches_little_in_vain),
		cmocka_unit_test(a_file_of_a_file_system_is_read),
		cmocka_unit_test(without_mapping_a_walk_reads_in_long_pieces),
		cmocka_unit_test(a_walk_that_asks_for_much_begins_large),
		cmocka_unit_test(a_page_is_looked_at_in_the_window_that_is_there),
		cmocka_unit_test(a_file_that_ends_anywhere_is_read_to_its_last_byte),
		cmocka_unit_test(a_size_beyond_the_end_is_not_believed),
		cmocka_unit_test(a_file_cut_short_after_opening_gives_an_error),
		cmocka_unit_test(what_cannot_be_mapped_is_read_and_one_bad_page_hides_no_other),
		cmocka_unit_test(a_bad_page_is_not_asked_for_with_each_of_its_neighbours),
		cmocka_unit_test(pinned_windows_do_not_stop_a_walk),
		cmocka_unit_test(the_smallest_budget_serves_everything),
		cmocka_unit_test(threads_that_walk_and_jump_see_the_right_bytes),
		cmocka_unit_test(reads_that_would_disturb_each_other_come_one_after_the_other),
		cmocka_unit_test(holes_are_known_where_the_file_system_tells),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
