/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bits in bytes, least significant first: bit n is byte n / 8, bit n % 8. This is the order of the
 * bitmaps in kdump-compressed files, so a bitmap can be written as it stands.
 */
#ifndef VMTOOL_BASE_BITMAP_H
#define VMTOOL_BASE_BITMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/base/macros.h"

static inline size_t bitmap_bytes(size_t bits_nr)
{
	return bits_nr / 8 + (bits_nr % 8 != 0);
}

static inline bool bitmap_test(const uint8_t *map, size_t bit)
{
	return map[bit / 8] >> (bit % 8) & 1;
}

static inline void bitmap_set(uint8_t *map, size_t bit)
{
	map[bit / 8] |= (uint8_t)(1u << (bit % 8));
}

static inline void bitmap_clear(uint8_t *map, size_t bit)
{
	map[bit / 8] &= (uint8_t) ~(1u << (bit % 8));
}

/* Bits [first, first + nr). */
void bitmap_set_range(uint8_t *map, size_t first, size_t nr);
void bitmap_clear_range(uint8_t *map, size_t first, size_t nr);

/* Number of set bits in the first @bits_nr bits. */
size_t bitmap_count(const uint8_t *map, size_t bits_nr);

/* First set (or clear) bit at or after @from; @bits_nr when there is none before that. */
size_t bitmap_next_set(const uint8_t *map, size_t bits_nr, size_t from);
size_t bitmap_next_clear(const uint8_t *map, size_t bits_nr, size_t from);

#endif
