// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "util/base/macros.h"
#include "util/cli/human.h"

#define KIB UINT64_C(1024)
#define MIB (1024 * KIB)
#define GIB (1024 * MIB)

static void sizes_have_three_digits_and_the_right_unit(void **state)
{
	static const struct {
		uint64_t bytes;
		const char *text;
	} cases[] = {
		{ 0, "0 B" },
		{ 1, "1 B" },
		{ 1023, "1023 B" },
		{ 1024, "1.00 KiB" },
		{ 1536, "1.50 KiB" },
		{ 10 * KIB - 10, "9.99 KiB" },
		{ 10 * KIB - 1, "10.0 KiB" },
		{ 100 * KIB - 1, "100 KiB" },
		{ 1023 * KIB, "1023 KiB" },
		{ MIB - 1, "1.00 MiB" },
		{ MIB, "1.00 MiB" },
		{ 5 * GIB / 4, "1.25 GiB" },
		{ 512 * GIB, "512 GiB" },
		{ UINT64_MAX, "16.0 EiB" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_string_equal(human_size(cases[i].bytes).text, cases[i].text);
}

static void counts_are_grouped_by_thousands(void **state)
{
	(void)state;
	assert_string_equal(human_count(0).text, "0");
	assert_string_equal(human_count(999).text, "999");
	assert_string_equal(human_count(1000).text, "1,000");
	assert_string_equal(human_count(1234567).text, "1,234,567");
	assert_string_equal(human_count(UINT64_MAX).text, "18,446,744,073,709,551,615");
}

static void durations_change_unit_where_rounding_carries(void **state)
{
	static const struct {
		uint64_t ns;
		const char *text;
	} cases[] = {
		{ 0, "0 ns" },
		{ 999, "999 ns" },
		{ 1000, "1.0 us" },
		{ 35700, "35.7 us" },
		{ 999949, "999.9 us" },
		{ 999950, "1.0 ms" },
		{ 999949999, "999.9 ms" },
		{ 999950001, "1.000 s" },
		{ 1234000000, "1.234 s" },
		{ 59999499999, "59.999 s" },
		{ 59999500000, "1 min 00 s" },
		{ 65000000000, "1 min 05 s" },
		{ 3599499999999, "59 min 59 s" },
		{ 3599500000000, "1 h 00 min" },
		{ 86400000000000, "1 d 00 h" },
		{ UINT64_MAX, "213503 d 23 h" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_string_equal(human_duration(cases[i].ns).text, cases[i].text);
}

static void clocks_show_hours_when_there_are_any(void **state)
{
	(void)state;
	assert_string_equal(human_clock(0).text, "0:00");
	assert_string_equal(human_clock(67).text, "1:07");
	assert_string_equal(human_clock(3599).text, "59:59");
	assert_string_equal(human_clock(3723).text, "1:02:03");
	assert_string_equal(human_clock(UINT64_MAX).text, "5124095576030431:00:15");
}

static void rates_are_bytes_per_second(void **state)
{
	(void)state;
	assert_string_equal(human_rate(412 * MIB, 1000000000).text, "412 MiB/s");
	assert_string_equal(human_rate(1, 1000000000).text, "1 B/s");
	assert_string_equal(human_rate(1023, 1000000001).text, "1023 B/s");
	assert_string_equal(human_rate(GIB, 500000000).text, "2.00 GiB/s");
	assert_string_equal(human_rate(GIB, 0).text, "-");
}

static void percentages_are_rounded_down(void **state)
{
	(void)state;
	assert_string_equal(human_percent(0, 100).text, "0.0%");
	assert_string_equal(human_percent(421, 1000).text, "42.1%");
	assert_string_equal(human_percent(99999, 100000).text, "99.9%");
	assert_string_equal(human_percent(100, 100).text, "100.0%");
	assert_string_equal(human_percent(UINT64_MAX - 1, UINT64_MAX).text, "99.9%");
	assert_string_equal(human_percent(UINT64_MAX, UINT64_MAX).text, "100.0%");
	assert_string_equal(human_percent(3, 0).text, "-");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes_have_three_digits_and_the_right_unit),
		cmocka_unit_test(counts_are_grouped_by_thousands),
		cmocka_unit_test(durations_change_unit_where_rounding_carries),
		cmocka_unit_test(clocks_show_hours_when_there_are_any),
		cmocka_unit_test(rates_are_bytes_per_second),
		cmocka_unit_test(percentages_are_rounded_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
