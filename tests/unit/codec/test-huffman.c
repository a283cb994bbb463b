// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "util/base/macros.h"
#include "util/codec/huffman.h"

enum { LETTERS_NR = 286 };

/* 2^-length over all symbols, in units of 2^-15: a complete code has them all. */
static uint32_t filled(const uint8_t *length, size_t nr)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < nr; i++)
		sum += length[i] ? UINT32_C(1) << (HUFFMAN_LENGTH_MAX - length[i]) : 0;
	return sum;
}

static void a_code_follows_the_counts(void **state)
{
	static const uint32_t count[] = { 5, 9, 12, 13, 16, 45, 0 };
	static const uint8_t expected[] = { 4, 4, 3, 3, 3, 1, 0 };
	uint8_t length[ARRAY_SIZE(count)];

	(void)state;
	huffman_lengths(count, ARRAY_SIZE(count), HUFFMAN_LENGTH_MAX, length);
	assert_memory_equal(length, expected, sizeof(length));
}

/* As in RFC 1951, 3.2.2, the first bit lowest. */
static void codes_are_canonical(void **state)
{
	static const uint8_t length[] = { 3, 3, 3, 3, 3, 2, 4, 4 };
	static const uint16_t expected[] = { 2, 6, 1, 5, 3, 0, 7, 15 };
	uint16_t code[ARRAY_SIZE(length)];

	(void)state;
	huffman_codes(length, ARRAY_SIZE(length), code);
	assert_memory_equal(code, expected, sizeof(code));
}

static void a_code_of_one_symbol_has_two(void **state)
{
	uint32_t count[30] = { 0 };
	uint8_t length[30];

	(void)state;
	huffman_lengths(count, 30, HUFFMAN_LENGTH_MAX, length);
	assert_int_equal(filled(length, 30), 1 << HUFFMAN_LENGTH_MAX);
	for (size_t i = 0; i < 30; i++) {
		count[i] = 7;
		huffman_lengths(count, 30, HUFFMAN_LENGTH_MAX, length);
		assert_int_equal(length[i], 1);
		assert_int_equal(filled(length, 30), 1 << HUFFMAN_LENGTH_MAX);
		count[i] = 0;
	}
}

/* Counts like the rabbits' make the longest codes there can be. */
static void no_code_is_longer_than_allowed(void **state)
{
	static const unsigned int length_max[] = { 5, 7, 15 };
	uint32_t count[24] = { 1, 1 };
	uint8_t length[24];

	(void)state;
	for (size_t i = 2; i < 24; i++)
		count[i] = count[i - 1] + count[i - 2];
	for (size_t i = 0; i < ARRAY_SIZE(length_max); i++) {
		huffman_lengths(count, 24, length_max[i], length);
		for (size_t j = 0; j < 24; j++)
			assert_in_range(length[j], 1, length_max[i]);
		assert_int_equal(filled(length, 24), 1 << HUFFMAN_LENGTH_MAX);
	}
}

static void any_counts_give_a_complete_code(void **state)
{
	uint32_t count[LETTERS_NR];
	uint8_t length[LETTERS_NR];

	(void)state;
	srand(7);
	for (int n = 0; n < 2000; n++) {
		unsigned int length_max = n % 2 ? 9 : HUFFMAN_LENGTH_MAX;

		for (size_t i = 0; i < LETTERS_NR; i++)
			count[i] = rand() % 3 ? 0 : (uint32_t)(rand() % (1 << rand() % 17));
		huffman_lengths(count, LETTERS_NR, length_max, length);
		assert_int_equal(filled(length, LETTERS_NR), 1 << HUFFMAN_LENGTH_MAX);
		for (size_t i = 0; i < LETTERS_NR; i++) {
			assert_true(length[i] <= length_max);
			assert_true(!count[i] || length[i]);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_code_follows_the_counts),
		cmocka_unit_test(codes_are_canonical),
		cmocka_unit_test(a_code_of_one_symbol_has_two),
		cmocka_unit_test(no_code_is_longer_than_allowed),
		cmocka_unit_test(any_counts_give_a_complete_code),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
