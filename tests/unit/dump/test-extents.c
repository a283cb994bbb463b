// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/lib/expect.h"

#include <stdlib.h>

#include "util/dump/extents.h"

static enum extents_found add(struct extents *extents, uint64_t start, uint64_t end)
{
	enum extents_found found;

	expect_ok(extents_add(extents, start, end, &found));
	return found;
}

static void neighbours_grow_together(void **state)
{
	guard(extents) struct extents extents = EXTENTS_INIT;

	(void)state;
	assert_int_equal(add(&extents, 100, 200), EXTENTS_NEW);
	assert_int_equal(add(&extents, 300, 400), EXTENTS_NEW);
	assert_int_equal(extents.nr, 2);
	assert_int_equal(add(&extents, 200, 300), EXTENTS_NEW);
	assert_int_equal(extents.nr, 1);
	assert_int_equal(add(&extents, 90, 100), EXTENTS_NEW);
	assert_int_equal(add(&extents, 400, 401), EXTENTS_NEW);
	assert_int_equal(extents.nr, 1);
	assert_int_equal(extents.at[0].start, 90);
	assert_int_equal(extents.at[0].end, 401);
	assert_int_equal(extents_bytes(&extents), 311);
}

static void what_is_there_already_is_told(void **state)
{
	guard(extents) struct extents extents = EXTENTS_INIT;

	(void)state;
	add(&extents, 100, 200);
	add(&extents, 300, 400);
	assert_int_equal(add(&extents, 100, 200), EXTENTS_COVERED);
	assert_int_equal(add(&extents, 150, 151), EXTENTS_COVERED);
	assert_int_equal(add(&extents, 199, 201), EXTENTS_OVERLAPS);
	assert_int_equal(add(&extents, 250, 301), EXTENTS_OVERLAPS);
	assert_int_equal(add(&extents, 0, 1000), EXTENTS_OVERLAPS);
	assert_int_equal(extents.nr, 1);
	assert_int_equal(extents_bytes(&extents), 1000);
}

/* Against a byte for each byte, at random. */
static void any_order_gives_the_same(void **state)
{
	enum { BYTES = 500 };

	(void)state;
	srandom(1);
	for (int round = 0; round < 200; round++) {
		guard(extents) struct extents extents = EXTENTS_INIT;
		bool taken[BYTES] = { false };
		uint64_t taken_nr = 0;

		for (int i = 0; i < 60; i++) {
			uint64_t start = (uint64_t)random() % (BYTES - 20);
			uint64_t end = start + 1 + (uint64_t)random() % 19;
			uint64_t before = 0;

			for (uint64_t b = start; b < end; b++) {
				before += taken[b];
				taken_nr += !taken[b];
				taken[b] = true;
			}
			assert_int_equal(add(&extents, start, end), !before ? EXTENTS_NEW
								    : before == end - start
									    ? EXTENTS_COVERED
									    : EXTENTS_OVERLAPS);
			assert_int_equal(extents_bytes(&extents), taken_nr);
		}
		for (size_t i = 1; i < extents.nr; i++)
			assert_true(extents.at[i - 1].end < extents.at[i].start);
	}
}

static void memory_is_bounded(void **state)
{
	guard(extents) struct extents extents = EXTENTS_INIT;

	(void)state;
	for (uint64_t i = 0; i < EXTENTS_MAX + 10; i++)
		assert_int_equal(add(&extents, i * 10, i * 10 + 1), EXTENTS_NEW);
	assert_true(extents.full);
	assert_int_equal(extents.nr, EXTENTS_MAX);
	assert_int_equal(add(&extents, 0, 1), EXTENTS_COVERED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(neighbours_grow_together),
		cmocka_unit_test(what_is_there_already_is_told),
		cmocka_unit_test(any_order_gives_the_same),
		cmocka_unit_test(memory_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
