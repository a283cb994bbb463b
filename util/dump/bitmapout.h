/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A bitmap of page frames on its way into a file, ascending, in long writes; what nobody put is
 * zeros. The caller has reserved its space, so that in a file zeros are there already; to a stream
 * they are written. Knows nothing of what the bits mean. One thread.
 */
#ifndef VMTOOL_DUMP_BITMAPOUT_H
#define VMTOOL_DUMP_BITMAPOUT_H

#include <stddef.h>
#include <stdint.h>

#include "util/dump/sink.h"

enum { BITMAPOUT_BUFFER_BYTES = 256 << 10 }; /* 8 GiB of memory with 4 KiB pages */

struct bitmapout {
	struct sink *sink;
	uint64_t offset; /* in the file, of what is in the buffer */
	size_t len;
	uint8_t buf[BITMAPOUT_BUFFER_BYTES];
};

/* @offset: where the bitmap begins in the file. Nothing has to be released. */
void bitmapout_init(struct bitmapout *out, struct sink *sink, uint64_t offset);

/* @len bytes of it for offset @at in the file, which is not below what has been put. */
must_check struct err *bitmapout_put(struct bitmapout *out, uint64_t at, const uint8_t *bytes,
				     uint64_t len);

/* It ends at offset @end in the file: all that is left is written. */
must_check struct err *bitmapout_end(struct bitmapout *out, uint64_t end);

#endif
