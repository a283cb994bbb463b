// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "util/base/checked.h"

static void a_sum_that_fits_is_given(void **state)
{
	uint64_t sum = 0;

	(void)state;
	assert_true(add_u64(UINT64_MAX - 1, 1, &sum));
	assert_true(sum == UINT64_MAX);
}

static void a_sum_that_does_not_fit_changes_nothing(void **state)
{
	uint64_t sum = 42;

	(void)state;
	assert_false(add_u64(UINT64_MAX, 1, &sum));
	assert_false(add_u64(UINT64_C(1) << 63, UINT64_C(1) << 63, &sum));
	assert_true(sum == 42);
}

static void a_product_that_fits_is_given(void **state)
{
	uint64_t product = 0;

	(void)state;
	assert_true(mul_u64(UINT64_C(0xffffffff), UINT64_C(0x100000001), &product));
	assert_true(product == UINT64_MAX);
	assert_true(mul_u64(UINT64_MAX, 0, &product));
	assert_true(product == 0);
}

static void a_product_that_does_not_fit_changes_nothing(void **state)
{
	uint64_t product = 42;

	(void)state;
	assert_false(mul_u64(UINT64_C(1) << 32, UINT64_C(1) << 32, &product));
	assert_false(mul_u64(UINT64_MAX, 2, &product));
	assert_true(product == 42);
}

static void a_range_is_inside_only_with_its_last_byte(void **state)
{
	(void)state;
	assert_true(range_within(0, 10, 10));
	assert_true(range_within(9, 1, 10));
	assert_false(range_within(9, 2, 10));
	assert_false(range_within(11, 0, 10));
	assert_false(range_within(1, UINT64_MAX, UINT64_MAX));
	assert_false(range_within(UINT64_MAX, UINT64_MAX, 10));
}

static void an_empty_range_is_inside_up_to_the_end(void **state)
{
	(void)state;
	assert_true(range_within(0, 0, 0));
	assert_true(range_within(10, 0, 10));
}

static void division_rounds_up_without_overflow(void **state)
{
	(void)state;
	assert_true(div_round_up_u64(0, 4096) == 0);
	assert_true(div_round_up_u64(1, 4096) == 1);
	assert_true(div_round_up_u64(4096, 4096) == 1);
	assert_true(div_round_up_u64(UINT64_MAX, 4096) == UINT64_C(1) << 52);
	assert_true(div_round_up_u64(UINT64_MAX, UINT64_MAX) == 1);
}

static void alignment_goes_to_the_nearest_multiple(void **state)
{
	(void)state;
	for (uint64_t a = 0; a < 100; a++) {
		for (uint64_t align = 1; align <= 64; align *= 2) {
			assert_true(align_down_u64(a, align) == a / align * align);
			assert_true(align_up_u64(a, align) == (a + align - 1) / align * align);
		}
	}
}

static void powers_of_two_are_told_from_the_rest(void **state)
{
	(void)state;
	assert_false(is_pow2_u64(0));
	for (int bit = 0; bit < 64; bit++) {
		assert_true(is_pow2_u64(UINT64_C(1) << bit));
		if (bit)
			assert_false(is_pow2_u64((UINT64_C(1) << bit) + 1));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_sum_that_fits_is_given),
		cmocka_unit_test(a_sum_that_does_not_fit_changes_nothing),
		cmocka_unit_test(a_product_that_fits_is_given),
		cmocka_unit_test(a_product_that_does_not_fit_changes_nothing),
		cmocka_unit_test(a_range_is_inside_only_with_its_last_byte),
		cmocka_unit_test(an_empty_range_is_inside_up_to_the_end),
		cmocka_unit_test(division_rounds_up_without_overflow),
		cmocka_unit_test(alignment_goes_to_the_nearest_multiple),
		cmocka_unit_test(powers_of_two_are_told_from_the_rest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
