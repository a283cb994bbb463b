// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <unistd.h>

#include "util/sys/own.h"

static void filter_is(const struct own_threads *own, const char *expected)
{
	guard(str) struct str filter = STR_INIT;

	own_threads_filter(own, &filter);
	assert_string_equal(filter.s, expected);
}

static void a_filter_names_single_threads(void **state)
{
	const struct own_threads own = { .tid = { 5, 9 }, .nr = 2 };

	(void)state;
	filter_is(&own, "((common_pid != 5 && common_pid != 9) || common_flags & 24)");
}

static void threads_in_a_row_are_a_range(void **state)
{
	const struct own_threads own = { .tid = { 5, 6, 7, 8, 20 }, .nr = 5 };

	(void)state;
	filter_is(
		&own,
		"(((common_pid < 5 || common_pid > 8) && common_pid != 20) || common_flags & 24)");
}

static void this_thread_is_one_of_ours(void **state)
{
	struct own_threads own;

	(void)state;
	assert_null(own_threads_find(&own));
	assert_true(own_threads_has(&own, (uint32_t)getpid()));
	assert_false(own_threads_has(&own, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_filter_names_single_threads),
		cmocka_unit_test(threads_in_a_row_are_a_range),
		cmocka_unit_test(this_thread_is_one_of_ours),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
