/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Prefix codes as deflate has them (RFC 1951, 3.2.2): canonical, with a longest length. Lengths are
 * those of Huffman's method; where one would become too long it is cut at the cost of others, which
 * is not always the best code of that length but always a complete one.
 */
#ifndef VMTOOL_CODEC_HUFFMAN_H
#define VMTOOL_CODEC_HUFFMAN_H

#include <stddef.h>
#include <stdint.h>

enum {
	HUFFMAN_SYMBOLS_MAX = 288,
	HUFFMAN_LENGTH_MAX = 15,
};

/*
 * The lengths of a code for @nr symbols (2 to HUFFMAN_SYMBOLS_MAX) that occur as often as @count
 * says; 0 for those that do not occur. Sums of counts fit 32 bits, and 2^@length_max is at least @nr.
 * At least two symbols get a code even if fewer occur: some readers refuse a code that has but one.
 */
void huffman_lengths(const uint32_t *count, size_t nr, unsigned int length_max,
		     uint8_t *ret_length);

/* The codes for such lengths, first bit lowest, as they go into the stream. */
void huffman_codes(const uint8_t *length, size_t nr, uint16_t *ret_code);

#endif
