// SPDX-License-Identifier: GPL-2.0-or-later
/* zlib, the reader of last resort, undoes what deflate makes. */
#include "tests/lib/expect.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "util/codec/deflate.h"

enum { BLOCK = 64 << 10, PAGE = 4096 };

static uint8_t block[BLOCK], small[2 * BLOCK], back[BLOCK];

static uint32_t checksum(const void *data, size_t len)
{
	return (uint32_t)adler32(adler32(0, NULL, 0), data, (uInt)len);
}

static struct deflate *new_deflate(size_t block_bytes)
{
	struct deflate *deflate = NULL;

	expect_ok(deflate_new(block_bytes, checksum, &deflate));
	return deflate;
}

static void expect_undone(size_t made, size_t len)
{
	uLongf back_len = sizeof(back);

	assert_int_equal(uncompress(back, &back_len, small, made), Z_OK);
	assert_int_equal(back_len, len);
	assert_memory_equal(back, block, len);
}

/* Pieces of what was there before, from near and far, between bytes of an alphabet of any size. */
static void fill(size_t len)
{
	unsigned int letters = 1 + (unsigned int)rand() % 256;
	unsigned int piece_max = 1 + (unsigned int)rand() % 600;
	size_t at = 0;

	while (at < len) {
		size_t nr = MIN(1 + (size_t)rand() % piece_max, len - at);

		if (at && rand() % 2) {
			size_t distance = 1 + (size_t)rand() % at;

			for (size_t i = 0; i < nr; i++)
				block[at + i] = block[at + i - distance];
		} else {
			for (size_t i = 0; i < nr; i++)
				block[at + i] = (uint8_t)((unsigned int)rand() % letters);
		}
		at += nr;
	}
}

static void any_block_comes_back_as_it_was(void **state)
{
	struct deflate *deflate = new_deflate(PAGE);
	size_t refused = 0;

	(void)state;
	srand(11);
	for (int n = 0; n < 3000; n++) {
		size_t len = n % 3 ? PAGE : 1 + (size_t)rand() % PAGE;
		size_t made;

		fill(len);
		made = deflate_block(deflate, block, len, small, PAGE);
		refused += !made;
		if (made)
			expect_undone(made, len);
	}
	assert_true(refused < 1000);
	deflate_free(deflate);
}

/* Distances end at 32 KiB. */
static void so_does_a_large_one(void **state)
{
	struct deflate *deflate = new_deflate(BLOCK);

	(void)state;
	srand(12);
	for (int n = 0; n < 60; n++) {
		size_t made;

		fill(BLOCK);
		if (n % 2)
			memcpy(block + BLOCK / 2 + n / 4, block, BLOCK / 4);
		made = deflate_block(deflate, block, BLOCK, small, BLOCK);
		if (made)
			expect_undone(made, BLOCK);
	}
	deflate_free(deflate);
}

static void the_shortest_blocks_too(void **state)
{
	struct deflate *deflate = new_deflate(PAGE);

	(void)state;
	memset(block, 'x', sizeof(block));
	for (size_t len = 1; len < 600; len++) {
		size_t made = deflate_block(deflate, block, len, small, PAGE);

		assert_true(made);
		assert_true(made <= 40);
		expect_undone(made, len);
	}
	deflate_free(deflate);
}

static void a_block_is_the_same_whatever_came_before(void **state)
{
	struct deflate *used = new_deflate(PAGE);
	uint8_t first[PAGE];

	(void)state;
	for (unsigned int seed = 1; seed < 200; seed++) {
		struct deflate *fresh = new_deflate(PAGE);
		size_t made;

		srand(seed);
		fill(PAGE);
		made = deflate_block(fresh, block, PAGE, first, PAGE);
		assert_int_equal(deflate_block(used, block, PAGE, small, PAGE), made);
		assert_memory_equal(small, first, made);
		deflate_free(fresh);
	}
	deflate_free(used);
}

/* Whatever machine and compiler: dumps are compared byte for byte. */
static void the_bytes_are_the_same_everywhere(void **state)
{
	static const uint8_t expected[] = {
		0x78, 0x01, 0x4b, 0x4c, 0x4a, 0x4e, 0x49, 0x4d, 0x4b, 0xcf, 0x18, 0xa5,
		0x47, 0xc3, 0x81, 0x9a, 0xe9, 0x00, 0x00, 0x84, 0x0c, 0xeb, 0x8d,
	};
	struct deflate *deflate = new_deflate(PAGE);
	size_t made;

	(void)state;
	for (size_t i = 0; i < 600; i++)
		block[i] = (uint8_t)("abcdefgh"[i % 8]);
	made = deflate_block(deflate, block, 600, small, PAGE);
	assert_int_equal(made, sizeof(expected));
	assert_memory_equal(small, expected, sizeof(expected));
	expect_undone(made, 600);
	deflate_free(deflate);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_block_comes_back_as_it_was),
		cmocka_unit_test(so_does_a_large_one),
		cmocka_unit_test(the_shortest_blocks_too),
		cmocka_unit_test(a_block_is_the_same_whatever_came_before),
		cmocka_unit_test(the_bytes_are_the_same_everywhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
