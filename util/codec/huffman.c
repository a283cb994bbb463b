// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/codec/huffman.h"

#include <assert.h>
#include <string.h>

/* Symbols that occur as often or more often are sorted by comparing, the others by counting. */
enum { COUNTED_MAX = 128 };

static unsigned int bucket_of(uint32_t count)
{
	return count < COUNTED_MAX ? count : COUNTED_MAX;
}

/* Those that occur, rarest first, and by number where they occur equally often. */
static size_t sort_symbols(const uint32_t *count, size_t nr, uint16_t *sorted)
{
	uint16_t place[COUNTED_MAX + 1] = { 0 };
	size_t used_nr = 0;
	size_t frequent;

	for (size_t i = 0; i < nr; i++)
		place[bucket_of(count[i])]++;
	for (size_t i = 1; i <= COUNTED_MAX; i++) {
		uint16_t in_bucket = place[i];

		place[i] = (uint16_t)used_nr;
		used_nr += in_bucket;
	}
	frequent = place[COUNTED_MAX];
	for (size_t i = 0; i < nr; i++) {
		if (count[i])
			sorted[place[bucket_of(count[i])]++] = (uint16_t)i;
	}

	for (size_t i = frequent + 1; i < used_nr; i++) {
		uint16_t symbol = sorted[i];
		size_t at = i;

		for (; at > frequent && count[sorted[at - 1]] > count[symbol]; at--)
			sorted[at] = sorted[at - 1];
		sorted[at] = symbol;
	}
	return used_nr;
}

/*
 * The tree's inner nodes are made in the order of their weight, so the lightest two of all are at the
 * heads of two queues: symbols and inner nodes. The last node is the root; its parent is not set.
 */
static void make_tree(const uint32_t *count, const uint16_t *sorted, size_t used_nr,
		      uint16_t *parent)
{
	uint32_t weight[HUFFMAN_SYMBOLS_MAX];
	size_t leaf = 0;
	size_t inner = 0;

	for (size_t node = 0; node < used_nr - 1; node++) {
		weight[node] = 0;
		for (int child = 0; child < 2; child++) {
			if (leaf < used_nr &&
			    (inner == node || count[sorted[leaf]] <= weight[inner])) {
				weight[node] += count[sorted[leaf++]];
			} else {
				weight[node] += weight[inner];
				parent[inner++] = (uint16_t)node;
			}
		}
	}
}

/*
 * How many symbols get which length. From the root down each inner node turns one code into two that
 * are a bit longer; where that would be too long, the longest code that is short enough is split.
 */
static void count_lengths(const uint16_t *parent, size_t used_nr, unsigned int length_max,
			  uint16_t *length_nr)
{
	uint8_t depth[HUFFMAN_SYMBOLS_MAX];
	size_t root = used_nr - 2;

	depth[root] = 0;
	length_nr[1] = 2;
	for (size_t node = root; node-- > 0;) {
		unsigned int length = depth[parent[node]] + 1u;

		depth[node] = (uint8_t)length;
		if (length >= length_max) {
			length = length_max - 1;
			while (!length_nr[length])
				length--;
		}
		length_nr[length]--;
		length_nr[length + 1] += 2;
	}
}

void huffman_lengths(const uint32_t *count, size_t nr, unsigned int length_max, uint8_t *ret_length)
{
	uint16_t sorted[HUFFMAN_SYMBOLS_MAX];
	uint16_t parent[HUFFMAN_SYMBOLS_MAX];
	uint16_t length_nr[HUFFMAN_LENGTH_MAX + 1] = { 0 };
	size_t used_nr;
	size_t next = 0;

	assert(nr >= 2 && nr <= HUFFMAN_SYMBOLS_MAX && length_max <= HUFFMAN_LENGTH_MAX);
	memset(ret_length, 0, nr);
	used_nr = sort_symbols(count, nr, sorted);
	if (used_nr < 2) {
		size_t only = used_nr ? sorted[0] : 0;

		ret_length[only] = 1;
		ret_length[only ? 0 : 1] = 1;
		return;
	}

	make_tree(count, sorted, used_nr, parent);
	count_lengths(parent, used_nr, length_max, length_nr);
	for (unsigned int length = length_max; length; length--) {
		for (unsigned int i = 0; i < length_nr[length]; i++)
			ret_length[sorted[next++]] = (uint8_t)length;
	}
}

static uint16_t reverse_bits(unsigned int code, unsigned int length)
{
	code = (code & 0x5555) << 1 | (code >> 1 & 0x5555);
	code = (code & 0x3333) << 2 | (code >> 2 & 0x3333);
	code = (code & 0x0f0f) << 4 | (code >> 4 & 0x0f0f);
	code = (code & 0x00ff) << 8 | (code >> 8 & 0x00ff);
	return (uint16_t)(code >> (16 - length));
}

void huffman_codes(const uint8_t *length, size_t nr, uint16_t *ret_code)
{
	uint16_t length_nr[HUFFMAN_LENGTH_MAX + 1] = { 0 };
	uint16_t next[HUFFMAN_LENGTH_MAX + 2] = { 0 };

	for (size_t i = 0; i < nr; i++)
		length_nr[length[i]]++;
	length_nr[0] = 0;
	for (size_t i = 1; i <= HUFFMAN_LENGTH_MAX; i++)
		next[i + 1] = (uint16_t)((next[i] + length_nr[i]) << 1);
	for (size_t i = 0; i < nr; i++)
		ret_code[i] = length[i] ? reverse_bits(next[length[i]]++, length[i]) : 0;
}
