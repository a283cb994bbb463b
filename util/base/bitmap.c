// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/base/bitmap.h"

#include <string.h>

#include "util/base/endian.h"

/* Up to 64 bits from bit @bit on, which is a multiple of 8; bits past @bits_nr read as zero. */
static uint64_t load_bits(const uint8_t *map, size_t bits_nr, size_t bit)
{
	size_t left = bits_nr - bit;
	uint64_t word = 0;

	if (left >= 64)
		return load_u64(map + bit / 8, ORDER_LITTLE);

	memcpy(&word, map + bit / 8, bitmap_bytes(left));
	word = le64toh(word);
	return word & ((UINT64_C(1) << left) - 1);
}

static void fill_range(uint8_t *map, size_t first, size_t nr, bool value)
{
	size_t end = first + nr;

	while (first < end && first % 8) {
		if (value)
			bitmap_set(map, first++);
		else
			bitmap_clear(map, first++);
	}

	if (end > first) {
		memset(map + first / 8, value ? 0xff : 0, (end - first) / 8);
		first += (end - first) / 8 * 8;
	}

	while (first < end) {
		if (value)
			bitmap_set(map, first++);
		else
			bitmap_clear(map, first++);
	}
}

void bitmap_set_range(uint8_t *map, size_t first, size_t nr)
{
	fill_range(map, first, nr, true);
}

void bitmap_clear_range(uint8_t *map, size_t first, size_t nr)
{
	fill_range(map, first, nr, false);
}

size_t bitmap_count(const uint8_t *map, size_t bits_nr)
{
	size_t count = 0;

	for (size_t bit = 0; bit < bits_nr; bit += 64)
		count += (size_t)__builtin_popcountll(load_bits(map, bits_nr, bit));
	return count;
}

/* First bit whose value differs from @skip's bits (all zeros or all ones). */
static size_t next_bit(const uint8_t *map, size_t bits_nr, size_t from, uint64_t skip)
{
	size_t bit = from / 8 * 8;

	for (; bit < bits_nr; bit += 64) {
		uint64_t word = load_bits(map, bits_nr, bit) ^ skip;
		size_t found;

		if (bit < from)
			word &= ~UINT64_C(0) << (from - bit);
		if (!word)
			continue;

		found = bit + (size_t)__builtin_ctzll(word);
		return MIN(found, bits_nr);
	}
	return bits_nr;
}

size_t bitmap_next_set(const uint8_t *map, size_t bits_nr, size_t from)
{
	return next_bit(map, bits_nr, from, 0);
}

size_t bitmap_next_clear(const uint8_t *map, size_t bits_nr, size_t from)
{
	return next_bit(map, bits_nr, from, ~UINT64_C(0));
}
