// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "util/sys/cpus.h"

static void a_list_is_single_cpus_and_ranges(void **state)
{
	static const int expected[] = { 0, 1, 2, 3, 8, 10, 11 };
	guard(cpus) struct cpus cpus = CPUS_INIT;

	(void)state;
	assert_null(cpus_parse("0-3,8,10-11\n", &cpus));
	assert_int_equal(cpus.nr, 7);
	assert_memory_equal(cpus.cpu, expected, sizeof(expected));
}

static void each_cpu_is_there_once_in_ascending_order(void **state)
{
	static const int expected[] = { 0, 1, 2 };
	guard(cpus) struct cpus cpus = CPUS_INIT;

	(void)state;
	assert_null(cpus_parse("2,0-1,1-2", &cpus));
	assert_int_equal(cpus.nr, 3);
	assert_memory_equal(cpus.cpu, expected, sizeof(expected));
}

static void what_is_no_list_is_refused(void **state)
{
	static const char *const bad[] = {
		"",   "\n", "x",   "0-",  "-1",	  "3-1",
		"0,", ",0", "0 1", "0-x", "8192", "99999999999999999999"
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		guard(cpus) struct cpus cpus = CPUS_INIT;
		autoerr struct err *err = cpus_parse(bad[i], &cpus);

		if (err_code(err) != ERR_USAGE)
			fail_msg("'%s' is taken", bad[i]);
	}
}

static void the_highest_number_is_taken(void **state)
{
	guard(cpus) struct cpus cpus = CPUS_INIT;

	(void)state;
	assert_null(cpus_parse("8191", &cpus));
	assert_int_equal(cpus.cpu[0], CPUS_MAX - 1);
}

static void proc_stat_tells_of_each_that_is_online(void **state)
{
	static const char text[] = "cpu  10 0 20 30\ncpu0 5 0 10 15\ncpu2 5 0 10 15\n"
				   "intr 7 0\ncpus 9\n";
	guard(cpus) struct cpus cpus = CPUS_INIT;
	struct err *err;

	(void)state;
	assert_null(cpus_of_stat(text, &cpus));
	assert_int_equal(cpus.nr, 2);
	assert_int_equal(cpus.cpu[0], 0);
	assert_int_equal(cpus.cpu[1], 2);
	err = cpus_of_stat("cpu  10 0 20 30\n", &cpus);
	assert_non_null(err);
	err_free(err);
}

static void at_least_one_is_online_and_usable(void **state)
{
	guard(cpus) struct cpus cpus = CPUS_INIT;

	(void)state;
	assert_null(cpus_online(&cpus));
	assert_true(cpus.nr >= 1);
	assert_true(cpus_usable_nr() >= 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_list_is_single_cpus_and_ranges),
		cmocka_unit_test(each_cpu_is_there_once_in_ascending_order),
		cmocka_unit_test(what_is_no_list_is_refused),
		cmocka_unit_test(the_highest_number_is_taken),
		cmocka_unit_test(proc_stat_tells_of_each_that_is_online),
		cmocka_unit_test(at_least_one_is_online_and_usable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
