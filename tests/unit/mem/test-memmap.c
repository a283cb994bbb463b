// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "util/base/cleanup.h"
#include "util/mem/memmap.h"

static void add(struct memmap *map, uint64_t paddr, uint64_t size, uint64_t file_offset,
		uint64_t file_size)
{
	const struct memmap_range range = {
		.paddr = paddr,
		.size = size,
		.file_offset = file_offset,
		.file_size = file_size,
	};

	assert_null(memmap_add(map, &range));
}

static void assert_range(const struct memmap *map, size_t i, uint64_t paddr, uint64_t size,
			 uint64_t file_offset, uint64_t file_size)
{
	assert_true(i < map->nr);
	assert_int_equal(map->range[i].paddr, paddr);
	assert_int_equal(map->range[i].size, size);
	assert_int_equal(map->range[i].file_size, file_size);
	if (file_size)
		assert_int_equal(map->range[i].file_offset, file_offset);
}

static void an_empty_map_holds_nothing(void **state)
{
	guard(memmap) struct memmap map = MEMMAP_INIT;

	(void)state;
	add(&map, 0x1000, 0, 0, 0);
	assert_null(memmap_finish(&map));
	assert_null(memmap_find(&map, 0));
	assert_null(memmap_at(&map, 0x1000));
	assert_int_equal(memmap_end(&map), 0);
	assert_true(memmap_covers(&map, 0x1000, 0));
	assert_false(memmap_covers(&map, 0x1000, 1));
}

static void unsorted_ranges_come_out_ascending(void **state)
{
	guard(memmap) struct memmap map = MEMMAP_INIT;

	(void)state;
	add(&map, 0x9000, 0x1000, 100, 0x1000);
	add(&map, 0x1000, 0x1000, 20000, 0x1000);
	add(&map, 0x5000, 0x1000, 50000, 0x1000);
	assert_null(memmap_finish(&map));

	assert_int_equal(map.nr, 3);
	assert_range(&map, 0, 0x1000, 0x1000, 20000, 0x1000);
	assert_range(&map, 1, 0x5000, 0x1000, 50000, 0x1000);
	assert_range(&map, 2, 0x9000, 0x1000, 100, 0x1000);
	assert_int_equal(memmap_end(&map), 0xa000);
}

static void where_ranges_overlap_the_first_added_wins(void **state)
{
	guard(memmap) struct memmap map = MEMMAP_INIT;

	(void)state;
	add(&map, 0x2000, 0x2000, 0x100000, 0x2000);
	add(&map, 0x1000, 0x4000, 0x200000, 0x4000);
	assert_null(memmap_finish(&map));

	assert_int_equal(map.nr, 3);
	assert_range(&map, 0, 0x1000, 0x1000, 0x200000, 0x1000);
	assert_range(&map, 1, 0x2000, 0x2000, 0x100000, 0x2000);
	assert_range(&map, 2, 0x4000, 0x1000, 0x203000, 0x1000);
}

static void a_range_inside_an_earlier_one_vanishes(void **state)
{
	guard(memmap) struct memmap map = MEMMAP_INIT;

	(void)state;
	add(&map, 0x1000, 0x4000, 0x200000, 0x4000);
	add(&map, 0x2000, 0x1000, 0x100000, 0x1000);
	add(&map, 0x1000, 0x4000, 0x300000, 0x4000);
	assert_null(memmap_finish(&map));

	assert_int_equal(map.nr, 1);
	assert_range(&map, 0, 0x1000, 0x4000, 0x200000, 0x4000);
}

static void neighbours_are_joined_when_the_file_goes_on_too(void **state)
{
	guard(memmap) struct memmap map = MEMMAP_INIT;

	(void)state;
	add(&map, 0x3000, 0x1000, 0x12000, 0x1000);
	add(&map, 0x1000, 0x1000, 0x10000, 0x1000);
	add(&map, 0x2000, 0x1000, 0x11000, 0x1000);
	add(&map, 0x4000, 0x1000, 0x20000, 0x1000);
	assert_null(memmap_finish(&map));

	assert_int_equal(map.nr, 2);
	assert_range(&map, 0, 0x1000, 0x3000, 0x10000, 0x3000);
	assert_range(&map, 1, 0x4000, 0x1000, 0x20000, 0x1000);
}

static void what_is_not_stored_stays_known(void **state)
{
	guard(memmap) struct memmap map = MEMMAP_INIT;

	(void)state;
	/* The end of the first is not stored, and the second does not lend its bytes. */
	add(&map, 0x1000, 0x3000, 0x10000, 0x1800);
	add(&map, 0x2000, 0x4000, 0x20000, 0x4000);
	assert_null(memmap_finish(&map));

	assert_int_equal(map.nr, 2);
	assert_range(&map, 0, 0x1000, 0x3000, 0x10000, 0x1800);
	assert_range(&map, 1, 0x4000, 0x2000, 0x22000, 0x2000);
}

static void what_is_not_stored_can_be_left_out(void **state)
{
	guard(memmap) struct memmap map = MEMMAP_INIT;

	(void)state;
	add(&map, 0x1000, 0x3000, 0x100, 0x1000);
	add(&map, 0x8000, 0x1000, 0x5000, 0);
	add(&map, 0xa000, 0x1000, 0x7000, 0x1000);
	assert_null(memmap_finish(&map));
	memmap_keep_stored(&map);
	assert_int_equal(map.nr, 2);
	assert_range(&map, 0, 0x1000, 0x1000, 0x100, 0x1000);
	assert_range(&map, 1, 0xa000, 0x1000, 0x7000, 0x1000);
}

static void a_cut_through_a_partly_stored_range_keeps_both_sides_right(void **state)
{
	guard(memmap) struct memmap map = MEMMAP_INIT;

	(void)state;
	add(&map, 0x2000, 0x1000, 0x90000, 0x1000);
	add(&map, 0x1000, 0x4000, 0x10000, 0x2800);
	assert_null(memmap_finish(&map));

	assert_int_equal(map.nr, 3);
	assert_range(&map, 0, 0x1000, 0x1000, 0x10000, 0x1000);
	assert_range(&map, 1, 0x2000, 0x1000, 0x90000, 0x1000);
	assert_range(&map, 2, 0x3000, 0x2000, 0x12000, 0x800);
}

static void a_file_size_beyond_the_size_is_cut(void **state)
{
	guard(memmap) struct memmap map = MEMMAP_INIT;

	(void)state;
	add(&map, 0x1000, 0x1000, 0x10000, UINT64_MAX);
	assert_null(memmap_finish(&map));
	assert_range(&map, 0, 0x1000, 0x1000, 0x10000, 0x1000);
}

static void assert_refused(uint64_t paddr, uint64_t size, uint64_t file_offset)
{
	const struct memmap_range range = {
		.paddr = paddr,
		.size = size,
		.file_offset = file_offset,
		.file_size = size,
	};
	guard(memmap) struct memmap map = MEMMAP_INIT;
	autoerr struct err *e = memmap_add(&map, &range);

	assert_non_null(e);
	assert_int_equal(err_code(e), ERR_FORMAT);
	assert_int_equal(map.nr, 0);
}

static void ranges_that_wrap_around_are_refused(void **state)
{
	(void)state;
	assert_refused(UINT64_MAX - 10, 12, 0);
	assert_refused(UINT64_MAX, 1, 0);
	assert_refused(0x1000, UINT64_MAX, 0);
	assert_refused(0x1000, 0x2000, UINT64_MAX - 0x1000);
}

static void find_gives_the_range_above_and_at_does_not(void **state)
{
	guard(memmap) struct memmap map = MEMMAP_INIT;

	(void)state;
	add(&map, 0x1000, 0x1000, 0x10000, 0x1000);
	add(&map, 0x8000, 0x1000, 0x20000, 0x1000);
	assert_null(memmap_finish(&map));

	assert_ptr_equal(memmap_find(&map, 0), &map.range[0]);
	assert_ptr_equal(memmap_find(&map, 0x1fff), &map.range[0]);
	assert_ptr_equal(memmap_find(&map, 0x2000), &map.range[1]);
	assert_null(memmap_find(&map, 0x9000));
	assert_null(memmap_find(&map, UINT64_MAX));
	assert_null(memmap_at(&map, 0xfff));
	assert_ptr_equal(memmap_at(&map, 0x1000), &map.range[0]);
	assert_null(memmap_at(&map, 0x2000));
}

static void covers_sees_across_ranges_and_stops_at_holes(void **state)
{
	guard(memmap) struct memmap map = MEMMAP_INIT;

	(void)state;
	add(&map, 0x1000, 0x1000, 0x90000, 0x1000);
	add(&map, 0x2000, 0x1000, 0x10000, 0x1000);
	add(&map, 0x4000, 0x1000, 0x20000, 0x1000);
	assert_null(memmap_finish(&map));

	assert_int_equal(map.nr, 3);
	assert_true(memmap_covers(&map, 0x1800, 0x1800));
	assert_false(memmap_covers(&map, 0x1800, 0x1801));
	assert_false(memmap_covers(&map, 0xfff, 2));
	assert_false(memmap_covers(&map, 0x4000, UINT64_MAX));
}

/* The same everywhere, so that a failure comes back. */
static uint32_t next_random(uint32_t *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 8;
}

enum { SPACE = 100000 };
enum { NOT_STORED = -1, NO_RANGE = -2 };

static void paint(int64_t *truth, uint64_t paddr, uint64_t size, uint64_t file_offset,
		  uint64_t file_size)
{
	for (uint64_t i = 0; i < size; i++)
		if (truth[paddr + i] == NO_RANGE)
			truth[paddr + i] = i < file_size ? (int64_t)(file_offset + i) : NOT_STORED;
}

static void assert_map_is(const struct memmap *map, const int64_t *truth)
{
	for (uint64_t paddr = 0; paddr < SPACE; paddr++) {
		const struct memmap_range *range = memmap_at(map, paddr);
		int64_t found = NO_RANGE;

		if (range)
			found = paddr - range->paddr < range->file_size
					? (int64_t)(range->file_offset + paddr - range->paddr)
					: NOT_STORED;
		assert_int_equal(found, truth[paddr]);
	}
	for (size_t i = 0; i < map->nr; i++) {
		assert_true(map->range[i].size > 0);
		assert_true(map->range[i].file_size <= map->range[i].size);
		if (i)
			assert_true(map->range[i - 1].paddr + map->range[i - 1].size <=
				    map->range[i].paddr);
	}
}

static void ten_thousand_random_ranges_are_resolved_as_one_by_one(void **state)
{
	autofree int64_t *truth = malloc(SPACE * sizeof(*truth));
	uint32_t seed = 1;

	(void)state;
	assert_non_null(truth);
	for (int size_max = 4; size_max < 40000; size_max *= 10) {
		guard(memmap) struct memmap map = MEMMAP_INIT;

		for (size_t i = 0; i < SPACE; i++)
			truth[i] = NO_RANGE;
		for (int i = 0; i < 10000; i++) {
			uint64_t size = next_random(&seed) % (uint32_t)size_max;
			uint64_t paddr = next_random(&seed) % (SPACE - size);
			uint64_t file_offset = next_random(&seed);
			uint64_t file_size = size;

			if (next_random(&seed) % 4 == 0)
				file_size = next_random(&seed) % (size + 1);
			/* Often the same place relative to memory, so that pieces join. */
			if (next_random(&seed) % 2)
				file_offset = paddr + 0x100000;

			paint(truth, paddr, size, file_offset, file_size);
			add(&map, paddr, size, file_offset, file_size);
		}
		assert_null(memmap_finish(&map));
		assert_map_is(&map, truth);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_map_holds_nothing),
		cmocka_unit_test(unsorted_ranges_come_out_ascending),
		cmocka_unit_test(where_ranges_overlap_the_first_added_wins),
		cmocka_unit_test(a_range_inside_an_earlier_one_vanishes),
		cmocka_unit_test(neighbours_are_joined_when_the_file_goes_on_too),
		cmocka_unit_test(what_is_not_stored_stays_known),
		cmocka_unit_test(what_is_not_stored_can_be_left_out),
		cmocka_unit_test(a_cut_through_a_partly_stored_range_keeps_both_sides_right),
		cmocka_unit_test(a_file_size_beyond_the_size_is_cut),
		cmocka_unit_test(ranges_that_wrap_around_are_refused),
		cmocka_unit_test(find_gives_the_range_above_and_at_does_not),
		cmocka_unit_test(covers_sees_across_ranges_and_stops_at_holes),
		cmocka_unit_test(ten_thousand_random_ranges_are_resolved_as_one_by_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
