// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/dump/groups.h"

#include <stdbool.h>
#include <string.h>

#include "util/base/endian.h"

enum {
	FIRST_BITS = 3, /* of a length, in the first byte of a run */
	FIRST_MORE = 1 << FIRST_BITS,
	NEXT_BITS = 7,
	NEXT_MORE = 1 << NEXT_BITS,

	WORD_ENTRIES = 16, /* of eight bytes */
};

void groups_set(uint8_t *groups, uint64_t first, uint64_t nr, unsigned int group)
{
	uint64_t end = first + nr;

	if (first < end && first % 2) {
		groups[first / 2] = (uint8_t)((groups[first / 2] & 0x0f) | group << 4);
		first++;
	}
	if (first < end && end % 2) {
		end--;
		groups[end / 2] = (uint8_t)((groups[end / 2] & 0xf0) | group);
	}
	if (first < end)
		memset(groups + first / 2, (int)(group << 4 | group), (end - first) / 2);
}

/* Where the run ends that begins at @first. */
static uint64_t run_end(const uint8_t *groups, uint64_t first, uint64_t nr)
{
	unsigned int group = groups_at(groups, first);
	uint64_t word = group * UINT64_C(0x1111111111111111);
	uint64_t n = first + 1;

	if (n % 2 && n < nr && groups_at(groups, n) == group)
		n++;
	while (n % 2 == 0 && n + WORD_ENTRIES <= nr &&
	       load_u64(groups + n / 2, ORDER_LITTLE) == word)
		n += WORD_ENTRIES;
	while (n < nr && groups_at(groups, n) == group)
		n++;
	return n;
}

static size_t put_run(unsigned int group, uint64_t length, uint8_t *packed)
{
	uint64_t left = (length - 1) >> FIRST_BITS;
	size_t len = 1;

	packed[0] =
		(uint8_t)(group << 4 | (left ? FIRST_MORE : 0) | ((length - 1) & (FIRST_MORE - 1)));
	while (left) {
		uint64_t bits = left & (NEXT_MORE - 1);

		left >>= NEXT_BITS;
		packed[len++] = (uint8_t)(bits | (left ? NEXT_MORE : 0));
	}
	return len;
}

enum { RUN_BYTES_MAX = 1 + (64 - FIRST_BITS + NEXT_BITS - 1) / NEXT_BITS };

size_t groups_packed_bytes(const uint8_t *groups, uint64_t nr)
{
	uint8_t run[RUN_BYTES_MAX];
	size_t len = 0;

	for (uint64_t n = 0, end; n < nr; n = end) {
		end = run_end(groups, n, nr);
		len += put_run(groups_at(groups, n), end - n, run);
	}
	return len;
}

void groups_pack(const uint8_t *groups, uint64_t nr, uint8_t *packed)
{
	for (uint64_t n = 0, end; n < nr; n = end) {
		end = run_end(groups, n, nr);
		packed += put_run(groups_at(groups, n), end - n, packed);
	}
}

void groups_unpack(const uint8_t *packed, uint8_t *groups, uint64_t nr)
{
	for (uint64_t n = 0; n < nr;) {
		unsigned int group = *packed >> 4;
		uint64_t length = *packed & (FIRST_MORE - 1);
		bool more = *packed++ & FIRST_MORE;

		for (int shift = FIRST_BITS; more; shift += NEXT_BITS) {
			length |= (uint64_t)(*packed & (NEXT_MORE - 1)) << shift;
			more = *packed++ & NEXT_MORE;
		}
		groups_set(groups, n, length + 1, group);
		n += length + 1;
	}
}
