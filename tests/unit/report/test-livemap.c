// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/base/keyset.h"
#include "util/report/livemap.h"

static void a_thing_is_live_until_it_is_taken(void **state)
{
	guard(livemap) struct livemap map = LIVEMAP_INIT;
	struct live live = { .key = 5, .bytes = 4096, .row = 3 }, old;

	assert_false(livemap_take(&map, 5, &old));
	assert_null(livemap_put(&map, &live, &old));
	assert_int_equal(old.bytes, 0);
	live.row = 4;
	assert_null(livemap_put(&map, &live, &old));
	assert_int_equal(old.row, 3);
	assert_true(livemap_take(&map, 5, &old));
	assert_int_equal(old.row, 4);
	assert_false(livemap_take(&map, 5, &old));
	assert_int_equal(map.nr, 0);
	(void)state;
}

/* Against an array that is right by construction; @stride parts the keys. */
static void expect_agreement(struct livemap map, uint64_t stride)
{
	enum { KEYS = 4096, STEPS = 100000 };
	uint64_t expected[KEYS] = { 0 };
	unsigned int seed = 1;
	size_t live_nr = 0;

	for (int i = 0; i < STEPS; i++) {
		uint64_t key = (uint64_t)rand_r(&seed) % KEYS;
		struct live live = { .key = key * stride, .bytes = (uint64_t)i + 1 }, old;

		if (rand_r(&seed) % 2) {
			assert_null(livemap_put(&map, &live, &old));
			assert_int_equal(old.bytes, expected[key]);
			live_nr += !expected[key];
			expected[key] = live.bytes;
		} else {
			assert_int_equal(livemap_take(&map, key * stride, &old),
					 expected[key] != 0);
			if (expected[key])
				assert_int_equal(old.bytes, expected[key]);
			live_nr -= expected[key] != 0;
			expected[key] = 0;
		}
		assert_int_equal(map.nr, live_nr);
	}
	livemap_release(&map);
}

static void it_agrees_with_an_array(void **state)
{
	static const uint64_t stride[] = { 1, 8, 4096, UINT64_C(1) << 40 };

	for (size_t i = 0; i < sizeof(stride) / sizeof(stride[0]); i++) {
		expect_agreement(LIVEMAP_INIT, stride[i]);
		expect_agreement(LIVEMAP_OF_PAGES_INIT, stride[i]);
	}
	(void)state;
}

static void the_largest_key_is_never_live(void **state)
{
	guard(livemap) struct livemap map = LIVEMAP_INIT;
	struct live live = { .key = UINT64_MAX, .bytes = 1 }, old;

	assert_null(livemap_put(&map, &live, &old));
	assert_int_equal(old.bytes, 0);
	assert_false(livemap_take(&map, UINT64_MAX, &old));
	(void)state;
}

static void keys_are_numbered_as_they_come(void **state)
{
	guard(keyset) struct keyset set = keyset_init(2);
	size_t index;

	for (uint64_t round = 0; round < 2; round++) {
		for (uint64_t i = 0; i < 1000; i++) {
			uint64_t key[2] = { i % 10, i };

			assert_null(keyset_add(&set, key, &index));
			assert_int_equal(index, i);
		}
	}
	assert_int_equal(set.nr, 1000);
	assert_false(keyset_find(&set, (uint64_t[]){ 11, 0 }, &index));
	(void)state;
}

static void names_are_numbered_as_they_come(void **state)
{
	guard(names) struct names names = NAMES_INIT;
	uint32_t number;

	assert_null(names_add(&names, "first", 5, &number));
	assert_int_equal(number, 1);
	assert_null(names_add(&names, "firstly", 5, &number));
	assert_int_equal(number, 1);
	assert_null(names_add(&names, "", 0, &number));
	assert_int_equal(number, 0);
	for (uint32_t i = 0; i < 500; i++) {
		char text[16];

		snprintf(text, sizeof(text), "name %u", i);
		assert_null(names_add(&names, text, strlen(text), &number));
		assert_int_equal(number, i + 2);
		assert_string_equal(names_text(&names, number), text);
	}
	assert_string_equal(names_text(&names, 1), "first");
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_thing_is_live_until_it_is_taken),
		cmocka_unit_test(it_agrees_with_an_array),
		cmocka_unit_test(the_largest_key_is_never_live),
		cmocka_unit_test(keys_are_numbered_as_they_come),
		cmocka_unit_test(names_are_numbered_as_they_come),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
