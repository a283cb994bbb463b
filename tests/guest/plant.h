// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a planted page looks like: a mark that names its class and its number, then content that
 * follows from both, so that whoever finds the page in a dump can tell what belongs there without
 * having seen the guest. Shared by the program that plants (in the guest) and the one that checks
 * (on the host).
 */
#ifndef VMTOOL_TESTS_GUEST_PLANT_H
#define VMTOOL_TESTS_GUEST_PLANT_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/*
 * A System V message lies behind its struct msg_msg in a slab object of a page, so the mark of a
 * planted slab page is found at this offset and not at 0 (ipc/msgutil.c, alloc_msg()).
 */
#define PLANT_SLAB_OFFSET 48

struct plant_mark {
	char magic[8];
	char class[8];
	uint64_t index;
};

/* The magic is put together at run time: a program that carries it whole would plant itself. */
static inline void plant_magic(char magic[8])
{
	static const char half[2][4] = { { 'V', 'M', 'T', 'O' }, { 'O', 'L', '+', '+' } };

	memcpy(magic, half[0], 4);
	memcpy(magic + 4, half[1], 4);
}

static inline uint64_t plant_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/*
 * Fill @bytes (a multiple of 8, at least a mark) at @to for page @index of @class. Content takes
 * turns by index, for a compressor meets all of these in a real dump: random bytes (stored raw), a
 * short period (compresses well), small numbers (half way), and nothing but the mark.
 */
static inline void plant_fill(void *to, size_t bytes, const char *class, uint64_t index)
{
	struct plant_mark mark = { .index = index };
	uint64_t state = 88172645463325252ull + index * 2654435761u;
	uint64_t word;
	size_t at;

	plant_magic(mark.magic);
	memcpy(mark.class, class, strnlen(class, sizeof(mark.class) - 1));
	memcpy(to, &mark, sizeof(mark));
	for (at = sizeof(mark); at < bytes; at += sizeof(word)) {
		switch (index % 4) {
		case 0:
			word = plant_random(&state);
			break;
		case 1:
			word = 0x0123456789abcdefull;
			break;
		case 2:
			word = plant_random(&state) & 0x0000ff000000ff0full;
			break;
		default:
			word = 0;
		}
		memcpy((char *)to + at, &word, sizeof(word));
	}
}

/* What plant_fill() has put into @bytes at @to, as a machine of the other byte order does it. */
static inline void plant_swap(void *to, size_t bytes)
{
	char *at = (char *)to + offsetof(struct plant_mark, index);
	uint64_t word;

	for (; at < (char *)to + bytes; at += sizeof(word)) {
		memcpy(&word, at, sizeof(word));
		word = __builtin_bswap64(word);
		memcpy(at, &word, sizeof(word));
	}
}

#endif
