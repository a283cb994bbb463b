/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A bitmap that lies in a file, read through the cache and never held: whether a bit is set, and
 * how many are set before it. For the latter the bits are counted once, when it is opened, and sums
 * are kept at so many places that a question counts few bits and the sums never take more than
 * FILEBITS_SUMS_MAX * 8 bytes, however large the bitmap.
 *
 * Bits are the least significant first, as in util/base/bitmap.h. Threads: all calls but new and
 * free may come from several at the same time.
 */
#ifndef VMTOOL_IMAGE_FILEBITS_H
#define VMTOOL_IMAGE_FILEBITS_H

#include <stdbool.h>
#include <stdint.h>

#include "util/base/cleanup.h"
#include "util/mem/file.h"

enum { FILEBITS_SUMS_MAX = 1 << 16 };

struct filebits;

/*
 * @bits_nr bits at @offset of @file, which is borrowed; all of them lie in the file.
 * ERR_INTERRUPTED: @stop_fd (0 or less: none) has become readable.
 */
must_check struct err *filebits_new(struct mem_file *file, uint64_t offset, uint64_t bits_nr,
				    int stop_fd, struct filebits **ret_bits);
void filebits_free(struct filebits *bits);
DEFINE_GUARD(filebits, struct filebits *, filebits_free)

/* Is @bit (below the number of bits) set, and how many are before it? */
must_check struct err *filebits_rank(const struct filebits *bits, uint64_t bit, bool *ret_set,
				     uint64_t *ret_rank);

/* How many are set before @bit, which may be the number of bits. */
must_check struct err *filebits_rank_before(const struct filebits *bits, uint64_t bit,
					    uint64_t *ret_rank);

/*
 * Copy the bits [first, first + nr) to @out, @first becoming its first. @first is a multiple of 8.
 * Bits behind the last one of the bitmap are 0, and so are those that fill up the last byte.
 */
must_check struct err *filebits_copy(const struct filebits *bits, uint64_t first, uint64_t nr,
				     uint8_t *out);

/* Do both have the same bits set, as far as their sums tell? */
bool filebits_agree(const struct filebits *a, const struct filebits *b);

#endif
