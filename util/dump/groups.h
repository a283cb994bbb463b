/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What became of page frames, half a byte each (enum plan_group of plan.h; here they are numbers
 * below 16), as an array and packed. Pages of a kind lie together: a GiB of memory, 128 KiB as an
 * array, takes 0.2 to 1.1 KiB packed (guests of 1 and 4 GiB, Linux 6.1 and 6.12), and 256 KiB at
 * worst.
 *
 * Packed, a run of equal groups is a group and a length less one: the first byte has the group in
 * its high half and three bits of the length in its low one, further bytes seven bits each, least
 * significant first; the highest bit of those says that one more follows.
 */
#ifndef VMTOOL_DUMP_GROUPS_H
#define VMTOOL_DUMP_GROUPS_H

#include <stddef.h>
#include <stdint.h>

/* Entry n is in byte n / 2, in the low half for even n. */
static inline unsigned int groups_at(const uint8_t *groups, uint64_t n)
{
	return groups[n / 2] >> (n % 2 * 4) & 0xf;
}

void groups_set(uint8_t *groups, uint64_t first, uint64_t nr, unsigned int group);

/* How many bytes groups_pack() writes. */
size_t groups_packed_bytes(const uint8_t *groups, uint64_t nr);
void groups_pack(const uint8_t *groups, uint64_t nr, uint8_t *packed);

/* @packed and @nr as groups_pack() had them. */
void groups_unpack(const uint8_t *packed, uint8_t *groups, uint64_t nr);

#endif
