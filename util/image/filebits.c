// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/image/filebits.h"

#include <string.h>

#include "util/base/bitmap.h"
#include "util/base/checked.h"
#include "util/sys/signals.h"

enum {
	BLOCK_BITS_MIN = 512,
	BLOCKS_UNASKED = 64, /* counted without a look at stop_fd */
};

struct filebits {
	struct mem_file *file;
	uint64_t offset;
	uint64_t bits_nr;
	uint64_t set_nr;
	unsigned int block_shift; /* a sum every so many bits */
	uint64_t *before;	  /* each block: how many bits are set before it */
	uint64_t blocks_nr;
};

/* How many are set of [first, first + nr); @first is a multiple of 8. */
static struct err *count(const struct filebits *bits, uint64_t first, uint64_t nr,
			 enum mem_access access, uint64_t *ret_nr)
{
	uint64_t offset = bits->offset + first / 8;
	uint64_t set_nr = 0;

	while (nr) {
		guard(mem_view) struct mem_view view = MEM_VIEW_INIT;
		struct err *e = mem_file_view(bits->file, offset, (size_t)div_round_up_u64(nr, 8),
					      access, &view);
		uint64_t here;

		if (e)
			return err_wrap(e, "bitmap");
		here = MIN((uint64_t)view.len * 8, nr);
		set_nr += bitmap_count(view.data, (size_t)here);
		offset += view.len;
		nr -= here;
	}
	*ret_nr = set_nr;
	return NULL;
}

static struct err *sum_up(struct filebits *bits, int stop_fd)
{
	uint64_t block = UINT64_C(1) << bits->block_shift;

	for (uint64_t i = 0; i < bits->blocks_nr; i++) {
		uint64_t first = i << bits->block_shift;
		uint64_t here;
		struct err *e = i % BLOCKS_UNASKED ? NULL : stop_check(stop_fd);

		if (!e)
			e = count(bits, first, MIN(block, bits->bits_nr - first), MEM_SEQUENTIAL,
				  &here);
		if (e)
			return e;
		bits->before[i] = bits->set_nr;
		bits->set_nr += here;
	}
	return NULL;
}

struct err *filebits_new(struct mem_file *file, uint64_t offset, uint64_t bits_nr, int stop_fd,
			 struct filebits **ret_bits)
{
	guard(filebits) struct filebits *bits = calloc(1, sizeof(*bits));
	struct err *e;

	if (!bits)
		return err_nomem();
	bits->file = file;
	bits->offset = offset;
	bits->bits_nr = bits_nr;
	bits->block_shift = (unsigned int)__builtin_ctz(BLOCK_BITS_MIN);
	while (bits_nr >> bits->block_shift >= FILEBITS_SUMS_MAX)
		bits->block_shift++;
	bits->blocks_nr = div_round_up_u64(bits_nr, UINT64_C(1) << bits->block_shift);
	bits->before = calloc((size_t)bits->blocks_nr + 1, sizeof(*bits->before));
	if (!bits->before)
		return err_nomem();

	e = sum_up(bits, stop_fd);
	if (e)
		return e;
	*ret_bits = take_ptr(bits);
	return NULL;
}

void filebits_free(struct filebits *bits)
{
	if (!bits)
		return;
	free(bits->before);
	free(bits);
}

struct err *filebits_rank_before(const struct filebits *bits, uint64_t bit, uint64_t *ret_rank)
{
	uint64_t block = bit >> bits->block_shift;
	uint64_t first = block << bits->block_shift;
	uint64_t here;
	struct err *e;

	if (bit == bits->bits_nr) {
		*ret_rank = bits->set_nr;
		return NULL;
	}
	e = count(bits, first, bit - first, MEM_RANDOM, &here);
	if (!e)
		*ret_rank = bits->before[block] + here;
	return e;
}

struct err *filebits_rank(const struct filebits *bits, uint64_t bit, bool *ret_set,
			  uint64_t *ret_rank)
{
	uint8_t byte;
	struct err *e = mem_file_read(bits->file, bits->offset + bit / 8, &byte, 1, MEM_RANDOM);

	if (e)
		return err_wrap(e, "bitmap");
	e = filebits_rank_before(bits, bit, ret_rank);
	if (!e)
		*ret_set = byte >> bit % 8 & 1;
	return e;
}

struct err *filebits_copy(const struct filebits *bits, uint64_t first, uint64_t nr, uint8_t *out)
{
	uint64_t there = first < bits->bits_nr ? MIN(nr, bits->bits_nr - first) : 0;
	size_t there_bytes = (size_t)div_round_up_u64(there, 8);
	struct err *e = NULL;

	memset(out + there_bytes, 0, (size_t)div_round_up_u64(nr, 8) - there_bytes);
	if (there)
		e = mem_file_read(bits->file, bits->offset + first / 8, out, there_bytes,
				  MEM_SEQUENTIAL);
	if (!e && there % 8)
		out[there_bytes - 1] &= (uint8_t)((1u << there % 8) - 1);
	return err_wrap(e, "bitmap");
}

bool filebits_agree(const struct filebits *a, const struct filebits *b)
{
	return a->bits_nr == b->bits_nr && a->set_nr == b->set_nr &&
	       memcmp(a->before, b->before, (size_t)a->blocks_nr * sizeof(*a->before)) == 0;
}
