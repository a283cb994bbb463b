// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "util/base/clock.h"

/* What the system says, in parts, so that a wrong sum of them shows. */
static struct timespec reading(clockid_t clock)
{
	struct timespec now;

	assert_int_equal(clock_gettime(clock, &now), 0);
	return now;
}

static int compare(uint64_t ns, const struct timespec *with)
{
	uint64_t s = ns / NS_PER_S;
	uint64_t rest = ns % NS_PER_S;

	if (s != (uint64_t)with->tv_sec)
		return s < (uint64_t)with->tv_sec ? -1 : 1;
	return (rest > (uint64_t)with->tv_nsec) - (rest < (uint64_t)with->tv_nsec);
}

static void now_is_between_two_readings_of_the_monotonic_clock(void **state)
{
	(void)state;
	for (int i = 0; i < 1000; i++) {
		struct timespec before = reading(CLOCK_MONOTONIC);
		uint64_t now = clock_now_ns();
		struct timespec after = reading(CLOCK_MONOTONIC);

		assert_true(compare(now, &before) >= 0);
		assert_true(compare(now, &after) <= 0);
	}
}

static void another_clock_is_the_one_that_is_named(void **state)
{
	struct timespec before = reading(CLOCK_PROCESS_CPUTIME_ID);
	uint64_t now = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
	struct timespec after = reading(CLOCK_PROCESS_CPUTIME_ID);

	(void)state;
	assert_true(compare(now, &before) >= 0);
	assert_true(compare(now, &after) <= 0);
}

static void a_clock_that_is_not_there_says_0(void **state)
{
	const clockid_t none = 1000; /* the kernel's linux/time.h: MAX_CLOCKS is 16 */

	(void)state;
	assert_true(clock_ns(none) == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(now_is_between_two_readings_of_the_monotonic_clock),
		cmocka_unit_test(another_clock_is_the_one_that_is_named),
		cmocka_unit_test(a_clock_that_is_not_there_says_0),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
