// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/lib/expect.h"

#include <stdlib.h>
#include <string.h>

#include "util/dump/groups.h"

enum { NR = 100000 };

static uint64_t next_random(uint64_t *state)
{
	*state = *state * UINT64_C(6364136223846793005) + 1442695040888963407;
	return *state >> 33;
}

/* Runs of up to @longest entries. */
static void fill(uint8_t *groups, uint64_t nr, uint64_t longest, uint64_t *seed)
{
	for (uint64_t n = 0; n < nr;) {
		uint64_t len = 1 + next_random(seed) % longest;

		if (len > nr - n)
			len = nr - n;
		groups_set(groups, n, len, (unsigned int)next_random(seed) % 16);
		n += len;
	}
}

/* Packed into exactly as many bytes as were said, so that a sanitizer sees one too many. */
static uint8_t *pack(const uint8_t *groups, uint64_t nr, size_t *ret_len)
{
	uint8_t *packed;

	*ret_len = groups_packed_bytes(groups, nr);
	packed = malloc(*ret_len);
	assert_non_null(packed);
	groups_pack(groups, nr, packed);
	return packed;
}

static void what_is_set_is_there_and_nothing_else(void **state)
{
	static const uint64_t ends[][2] = { { 0, 1 }, { 1, 1 }, { 1, 2 },
					    { 2, 5 }, { 3, 8 }, { 7, 7 } };
	uint8_t groups[8];

	(void)state;
	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++) {
		memset(groups, 0x33, sizeof(groups));
		groups_set(groups, ends[i][0], ends[i][1] - ends[i][0], 12);
		for (uint64_t n = 0; n < 2 * sizeof(groups); n++)
			assert_int_equal(groups_at(groups, n),
					 n >= ends[i][0] && n < ends[i][1] ? 12 : 3);
	}
}

static void what_is_packed_comes_back(void **state)
{
	static const uint64_t longest[] = { 1, 2, 9, 40, 3000, NR };
	static uint8_t groups[NR / 2], back[NR / 2];
	uint64_t seed = 1;

	(void)state;
	for (size_t i = 0; i < 60; i++) {
		uint64_t nr = NR - next_random(&seed) % 40 * 2;
		uint8_t *packed;
		size_t len;

		fill(groups, nr, longest[i % 6], &seed);
		packed = pack(groups, nr, &len);
		memset(back, 0xee, sizeof(back));
		groups_unpack(packed, back, nr);
		assert_memory_equal(groups, back, nr / 2);
		free(packed);
	}
}

/* 8, 1024 and 131072 entries are the most that one, two and three bytes hold. */
static void a_run_takes_as_many_bytes_as_its_length_needs(void **state)
{
	static const struct {
		uint64_t length;
		size_t bytes;
	} run[] = { { 1, 1 },	 { 8, 1 },	{ 9, 2 },     { 1024, 2 },
		    { 1025, 3 }, { 131072, 3 }, { 131073, 4 } };
	static uint8_t groups[131073 / 2 + 1], back[131073 / 2 + 1];

	(void)state;
	for (size_t i = 0; i < sizeof(run) / sizeof(*run); i++) {
		uint8_t *packed;
		size_t len;

		groups_set(groups, 0, run[i].length, 15);
		packed = pack(groups, run[i].length, &len);
		assert_int_equal(len, run[i].bytes);
		memset(back, 0, sizeof(back));
		groups_unpack(packed, back, run[i].length);
		for (uint64_t n = 0; n < run[i].length + 1; n++)
			assert_int_equal(groups_at(back, n), n < run[i].length ? 15 : 0);
		free(packed);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_set_is_there_and_nothing_else),
		cmocka_unit_test(what_is_packed_comes_back),
		cmocka_unit_test(a_run_takes_as_many_bytes_as_its_length_needs),
	};

	return cmocka_run_group_tests_name("dump/groups", tests, NULL, NULL);
}
