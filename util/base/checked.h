/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Arithmetic on numbers that came from outside. Each function returns false, and leaves *ret
 * alone, when the result does not fit.
 */
#ifndef VMTOOL_BASE_CHECKED_H
#define VMTOOL_BASE_CHECKED_H

#include <stdbool.h>
#include <stdint.h>

#include "util/base/macros.h"

must_check static inline bool add_u64(uint64_t a, uint64_t b, uint64_t *ret)
{
	uint64_t sum;

	if (__builtin_add_overflow(a, b, &sum))
		return false;
	*ret = sum;
	return true;
}

must_check static inline bool mul_u64(uint64_t a, uint64_t b, uint64_t *ret)
{
	uint64_t product;

	if (__builtin_mul_overflow(a, b, &product))
		return false;
	*ret = product;
	return true;
}

/* Is [start, start + len) inside [0, limit)? Empty ranges are, anywhere up to the limit. */
must_check static inline bool range_within(uint64_t start, uint64_t len, uint64_t limit)
{
	return start <= limit && len <= limit - start;
}

static inline uint64_t div_round_up_u64(uint64_t a, uint64_t b)
{
	return a / b + (a % b != 0);
}

/* @align is a power of two. The caller knows that a + align fits. */
static inline uint64_t align_down_u64(uint64_t a, uint64_t align)
{
	return a & ~(align - 1);
}

static inline uint64_t align_up_u64(uint64_t a, uint64_t align)
{
	return align_down_u64(a + align - 1, align);
}

static inline bool is_pow2_u64(uint64_t a)
{
	return a && !(a & (a - 1));
}

#endif
