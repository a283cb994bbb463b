// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/lib/expect.h"

#include "util/dump/policy.h"

static void each_level_drops_the_classes_of_its_bits(void **state)
{
	(void)state;
	for (unsigned int level = 0; level <= DUMP_LEVEL_MAX; level++) {
		assert_int_equal(policy_drops(level, PAGE_CACHE), (level & (2 | 4)) != 0);
		assert_int_equal(policy_drops(level, PAGE_CACHE_PRIVATE), (level & 4) != 0);
		assert_int_equal(policy_drops(level, PAGE_USER), (level & 8) != 0);
		assert_int_equal(policy_drops(level, PAGE_FREE), (level & 16) != 0);
	}
}

static void what_the_kernel_uses_and_what_is_not_known_stays_at_every_level(void **state)
{
	(void)state;
	for (unsigned int level = 0; level <= DUMP_LEVEL_MAX; level++) {
		assert_false(policy_drops(level, PAGE_KERNEL));
		assert_false(policy_drops(level, PAGE_UNKNOWN));
		assert_false(policy_drops(level, PAGE_XEN));
		assert_false(policy_drops(level, PAGE_DOM0));
	}
	assert_false(policy_drops(~0u, PAGE_KERNEL));
	assert_false(policy_drops(~0u, PAGE_UNKNOWN));
	assert_false(policy_drops(~0u, PAGE_CLASSES_NR));
	assert_false(policy_drops(~0u, (enum page_class)99));
}

static void offline_pages_and_other_domains_go_at_every_level(void **state)
{
	(void)state;
	for (unsigned int level = 0; level <= DUMP_LEVEL_MAX; level++) {
		assert_true(policy_drops(level, PAGE_OFFLINE));
		assert_true(policy_drops(level, PAGE_DOMU));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_level_drops_the_classes_of_its_bits),
		cmocka_unit_test(what_the_kernel_uses_and_what_is_not_known_stays_at_every_level),
		cmocka_unit_test(offline_pages_and_other_domains_go_at_every_level),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
