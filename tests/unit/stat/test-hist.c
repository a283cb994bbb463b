// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "util/stat/hist.h"

static void buckets_follow_one_another_without_gaps(void **state)
{
	(void)state;
	for (size_t i = 0; i + 1 < HIST_NR; i++) {
		assert_true(hist_start(i) < hist_end(i));
		assert_int_equal(hist_end(i), hist_start(i + 1));
		assert_int_equal(hist_index(hist_start(i)), i);
		assert_int_equal(hist_index(hist_end(i) - 1), i);
	}
	assert_int_equal(hist_start(0), 0);
	assert_int_equal(hist_start(HIST_NR - 1), 1ull << HIST_TOP_LOG2);
	assert_int_equal(hist_index(UINT64_MAX), HIST_NR - 1);
}

/* Durations as they come: spread over powers of two. */
static uint64_t any_ns(void)
{
	return (uint64_t)rand() >> (rand() % 31) << (rand() % 8);
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static void quantiles_are_within_7_percent(void **state)
{
	static uint64_t value[2000];

	(void)state;
	srand(1);
	for (int round = 0; round < 200; round++) {
		size_t nr = 1 + (size_t)rand() % ARRAY_SIZE(value);
		uint64_t hist[HIST_NR] = { 0 };

		for (size_t i = 0; i < nr; i++) {
			value[i] = any_ns();
			hist[hist_index(value[i])]++;
		}
		qsort(value, nr, sizeof(*value), compare);
		for (unsigned int percent = 1; percent <= 100; percent++) {
			uint64_t truth = value[(nr * percent + 99) / 100 - 1];
			uint64_t got = hist_quantile(hist, percent, value[nr - 1]);
			double error = truth > got ? (double)(truth - got) : (double)(got - truth);

			assert_true(error <= (double)truth * 0.07);
		}
	}
}

static void a_quantile_is_not_above_the_maximum(void **state)
{
	uint64_t hist[HIST_NR] = { 0 };

	(void)state;
	hist[hist_index(1000)] = 2;
	assert_int_equal(hist_quantile(hist, 50, 1000), 992);
	assert_int_equal(hist_quantile(hist, 50, 970), 970);
	hist[HIST_NR - 1] = 99;
	assert_int_equal(hist_quantile(hist, 99, 3ull << HIST_TOP_LOG2), 3ull << HIST_TOP_LOG2);
}

static void the_last_of_all_is_the_maximum(void **state)
{
	uint64_t hist[HIST_NR] = { 0 };

	(void)state;
	hist[hist_index(1000)] = 1;
	assert_int_equal(hist_quantile(hist, 50, 1000), 1000);
	hist[hist_index(100)] = 98;
	assert_int_equal(hist_quantile(hist, 99, 1000), 1000);
	hist[hist_index(100)] = 99;
	assert_true(hist_quantile(hist, 99, 1000) < 110);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(buckets_follow_one_another_without_gaps),
		cmocka_unit_test(quantiles_are_within_7_percent),
		cmocka_unit_test(a_quantile_is_not_above_the_maximum),
		cmocka_unit_test(the_last_of_all_is_the_maximum),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
