// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "util/mem/walk.h"

enum { PAGE = 4096 };
static const uint64_t MIB = 1 << 20;

static struct walks mapping(void)
{
	return (struct walks){
		.map_ladder = &ladder_map,
		.read_ladder = &ladder_read_oldmem,
		.read_max = FETCH_1M,
		.map = true,
	};
}

static struct walks reading(void)
{
	return (struct walks){
		.map_ladder = &ladder_map,
		.read_ladder = &ladder_read,
		.read_max = FETCH_1M,
	};
}

/* What was fetched for a walk over 64 MiB that looks at one page in @stride. */
struct tally {
	uint64_t nr[FETCHES_NR];
	uint64_t bytes;
};

static struct tally walk_through(struct walks *walks, uint64_t stride)
{
	struct tally tally = { .bytes = 0 };
	uint64_t fetched_end = 0;

	for (uint64_t offset = 0; offset < 64 * MIB; offset += stride * PAGE) {
		enum fetch fetch = walks_advance(walks, offset, PAGE);

		if (offset < fetched_end)
			continue;
		tally.nr[fetch]++;
		tally.bytes += fetch_bytes(fetch);
		fetched_end = offset / fetch_bytes(fetch) * fetch_bytes(fetch) + fetch_bytes(fetch);
	}
	return tally;
}

static void a_walk_that_wants_one_in_twenty_is_mapped(void **state)
{
	(void)state;
	for (uint64_t stride = 1; stride <= 20; stride++) {
		struct walks walks = mapping();
		struct tally tally = walk_through(&walks, stride);

		assert_in_range(tally.nr[FETCH_WINDOW], 31, 32);
		assert_true(tally.nr[FETCH_PAGE] <= 2);
	}
}

static void a_walk_that_wants_less_is_read_by_pages(void **state)
{
	struct walks walks = mapping();
	struct tally tally = walk_through(&walks, 40);

	(void)state;
	assert_int_equal(tally.nr[FETCH_WINDOW], 0);
	assert_int_equal(tally.bytes, (64 * MIB / PAGE + 39) / 40 * PAGE);
}

static void where_a_page_read_is_dear_nothing_is_read_in_vain(void **state)
{
	(void)state;
	for (uint64_t stride = 1; stride < 40; stride++) {
		struct walks walks = mapping();
		uint64_t used_bytes = (64 * MIB / PAGE + stride - 1) / stride * PAGE;
		struct tally tally;

		walks.map = false;
		tally = walk_through(&walks, stride);
		assert_int_equal(tally.nr[FETCH_WINDOW], 0);
		assert_true(tally.bytes <= used_bytes + MIB / 4);
	}
}

static void a_dense_walk_reads_long_pieces(void **state)
{
	(void)state;
	for (uint64_t stride = 1; stride <= 2; stride++) {
		struct walks walks = reading();
		struct tally tally = walk_through(&walks, stride);

		assert_in_range(tally.nr[FETCH_1M], 63, 67);
		assert_int_equal(tally.nr[FETCH_WINDOW], 0);
	}
}

static void no_read_is_longer_than_allowed(void **state)
{
	struct walks walks = reading();
	struct tally tally;

	(void)state;
	walks.read_max = FETCH_16K;
	tally = walk_through(&walks, 1);
	assert_int_equal(tally.nr[FETCH_16K], 64 * MIB / fetch_bytes(FETCH_16K));
	assert_int_equal(walks_advance(&walks, 128 * MIB, MIB), FETCH_16K);
}

static void a_sparse_walk_reads_single_pages(void **state)
{
	struct walks walks = reading();
	struct tally tally = walk_through(&walks, 20);

	(void)state;
	assert_true(tally.nr[FETCH_16K] <= 1);
	assert_int_equal(tally.nr[FETCH_64K] + tally.nr[FETCH_256K] + tally.nr[FETCH_1M], 0);
}

static void a_walk_that_thins_out_comes_down(void **state)
{
	struct walks walks = reading();
	enum fetch fetch = FETCH_PAGE;
	uint64_t offset = 64 * MIB;

	(void)state;
	walk_through(&walks, 1);
	for (int i = 0; i < 10; i++) {
		fetch = walks_advance(&walks, offset, PAGE);
		offset += 4 * MIB;
	}
	assert_int_equal(fetch, FETCH_PAGE);
	for (int i = 0; i < 1000; i++) {
		fetch = walks_advance(&walks, offset, PAGE);
		offset += PAGE;
	}
	assert_int_equal(fetch, FETCH_1M);
}

static void walks_at_different_places_do_not_disturb_each_other(void **state)
{
	struct walks walks = mapping();
	enum fetch dense = FETCH_PAGE, sparse = FETCH_PAGE;

	(void)state;
	for (uint64_t i = 0; i < 2000; i++) {
		dense = walks_advance(&walks, i * PAGE, PAGE);
		sparse = walks_advance(&walks, 4096 * MIB + i * 64 * PAGE, PAGE);
	}
	assert_int_equal(dense, FETCH_WINDOW);
	assert_int_equal(sparse, FETCH_PAGE);
}

static void who_asks_for_much_gets_much_at_once(void **state)
{
	struct walks walks = mapping();

	(void)state;
	assert_int_equal(walks_advance(&walks, 5 * PAGE, SIZE_MAX - 5 * PAGE), FETCH_WINDOW);
	walks = mapping();
	assert_int_equal(walks_advance(&walks, 5 * PAGE, 256 << 10), FETCH_WINDOW);
	walks = mapping();
	assert_int_equal(walks_advance(&walks, 5 * PAGE, PAGE), FETCH_PAGE);
	walks = reading();
	assert_int_equal(walks_advance(&walks, 5 * PAGE, 64 << 10), FETCH_64K);
	walks = reading();
	assert_int_equal(walks_advance(&walks, 5 * PAGE, PAGE), FETCH_16K);
}

static void a_refused_window_is_read_and_the_next_one_tried(void **state)
{
	struct walks walks = mapping();
	int windows_nr = 0;

	(void)state;
	walks.read_ladder = &ladder_read;
	/* The window at 4 MiB is refused. */
	for (uint64_t offset = 0; offset < 16 * MIB; offset += PAGE) {
		enum fetch fetch = walks_advance(&walks, offset, PAGE);

		if (fetch == FETCH_WINDOW && offset >= 4 * MIB && offset < 6 * MIB) {
			assert_int_equal(offset, 4 * MIB);
			fetch = walks_refuse_window(&walks, offset);
			assert_int_equal(fetch, FETCH_1M);
		}
		if (fetch == FETCH_WINDOW && offset % (2 * MIB) == 0)
			windows_nr++;
	}
	/* Of eight: all but the first, which began as a page, and the refused one. */
	assert_int_equal(windows_nr, 6);
}

static void the_end_of_the_address_space_is_no_trap(void **state)
{
	struct walks walks = mapping();

	(void)state;
	walks_advance(&walks, UINT64_MAX - 10, 5);
	walks_advance(&walks, UINT64_MAX, 1);
	walks_advance(&walks, 0, SIZE_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_walk_that_wants_one_in_twenty_is_mapped),
		cmocka_unit_test(a_walk_that_wants_less_is_read_by_pages),
		cmocka_unit_test(where_a_page_read_is_dear_nothing_is_read_in_vain),
		cmocka_unit_test(a_dense_walk_reads_long_pieces),
		cmocka_unit_test(no_read_is_longer_than_allowed),
		cmocka_unit_test(a_sparse_walk_reads_single_pages),
		cmocka_unit_test(a_walk_that_thins_out_comes_down),
		cmocka_unit_test(walks_at_different_places_do_not_disturb_each_other),
		cmocka_unit_test(who_asks_for_much_gets_much_at_once),
		cmocka_unit_test(a_refused_window_is_read_and_the_next_one_tried),
		cmocka_unit_test(the_end_of_the_address_space_is_no_trap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
