// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "util/base/bitmap.h"

/* Some whole words and a tail that ends inside a byte. */
enum { BITS = 203, BYTES = (BITS + 7) / 8 };

/* The same everywhere, so that a failure comes back. */
static uint32_t next_random(uint32_t *state)
{
	*state = *state * 1664525 + 1013904223;
	return *state >> 8;
}

static void fill(uint8_t *map, uint32_t *seed)
{
	/* Dense, sparse and mixed bytes: searches meet long runs of both kinds. */
	for (size_t i = 0; i < BYTES; i++) {
		uint32_t kind = next_random(seed) % 4;

		map[i] = kind == 0 ? 0 : kind == 1 ? 0xff : (uint8_t)next_random(seed);
	}
}

static void a_bit_is_found_where_kdump_files_keep_it(void **state)
{
	uint8_t map[2] = { 0 };

	(void)state;
	bitmap_set(map, 0);
	bitmap_set(map, 9);
	assert_int_equal(map[0], 0x01);
	assert_int_equal(map[1], 0x02);
	assert_true(bitmap_test(map, 9));
	assert_false(bitmap_test(map, 8));
	bitmap_clear(map, 9);
	assert_int_equal(map[1], 0);
}

static void bytes_are_rounded_up_without_overflow(void **state)
{
	(void)state;
	assert_int_equal(bitmap_bytes(0), 0);
	assert_int_equal(bitmap_bytes(1), 1);
	assert_int_equal(bitmap_bytes(8), 1);
	assert_int_equal(bitmap_bytes(9), 2);
	assert_true(bitmap_bytes(SIZE_MAX) == SIZE_MAX / 8 + 1);
}

static void ranges_change_their_bits_and_no_others(void **state)
{
	uint32_t seed = 1;

	(void)state;
	for (size_t first = 0; first <= BITS; first += 3) {
		for (size_t nr = 0; first + nr <= BITS; nr++) {
			uint8_t before[BYTES];
			uint8_t set[BYTES];
			uint8_t cleared[BYTES];

			fill(before, &seed);
			memcpy(set, before, BYTES);
			memcpy(cleared, before, BYTES);
			bitmap_set_range(set, first, nr);
			bitmap_clear_range(cleared, first, nr);
			for (size_t i = 0; i < BYTES * 8; i++) {
				bool inside = i >= first && i < first + nr;
				bool was = bitmap_test(before, i);

				assert_int_equal(bitmap_test(set, i), inside || was);
				assert_int_equal(bitmap_test(cleared, i), !inside && was);
			}
		}
	}
}

static void counting_agrees_with_looking_at_each_bit(void **state)
{
	uint32_t seed = 2;

	(void)state;
	for (int round = 0; round < 50; round++) {
		uint8_t map[BYTES];
		size_t expected = 0;

		fill(map, &seed);
		for (size_t bits = 0; bits <= BITS; bits++) {
			assert_int_equal(bitmap_count(map, bits), expected);
			if (bits < BITS)
				expected += bitmap_test(map, bits);
		}
	}
}

static size_t slow_next(const uint8_t *map, size_t bits_nr, size_t from, bool value)
{
	for (size_t i = from; i < bits_nr; i++)
		if (bitmap_test(map, i) == value)
			return i;
	return bits_nr;
}

static void searching_agrees_with_looking_at_each_bit(void **state)
{
	uint32_t seed = 3;

	(void)state;
	for (int round = 0; round < 50; round++) {
		uint8_t map[BYTES];
		size_t bits = BITS - (size_t)round;

		fill(map, &seed);
		for (size_t from = 0; from <= bits; from++) {
			assert_int_equal(bitmap_next_set(map, bits, from),
					 slow_next(map, bits, from, true));
			assert_int_equal(bitmap_next_clear(map, bits, from),
					 slow_next(map, bits, from, false));
		}
	}
}

static void a_search_from_beyond_the_end_finds_the_end(void **state)
{
	uint8_t map[BYTES];

	(void)state;
	memset(map, 0xff, sizeof(map));
	assert_int_equal(bitmap_next_set(map, BITS, BITS + 5), BITS);
	assert_int_equal(bitmap_next_clear(map, BITS, BITS + 5), BITS);
	assert_int_equal(bitmap_next_set(map, 0, 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_bit_is_found_where_kdump_files_keep_it),
		cmocka_unit_test(bytes_are_rounded_up_without_overflow),
		cmocka_unit_test(ranges_change_their_bits_and_no_others),
		cmocka_unit_test(counting_agrees_with_looking_at_each_bit),
		cmocka_unit_test(searching_agrees_with_looking_at_each_bit),
		cmocka_unit_test(a_search_from_beyond_the_end_finds_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
