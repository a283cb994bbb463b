/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Single pages into zlib streams (RFC 1950, 1951), faster than libraries that are made for longer
 * input: what they set up for each stream costs as much as to compress 4 KiB. Documentation/benchmarks.md
 * has the figures.
 *
 * What comes out depends on the page and on nothing else: not on pages before it, not on the machine,
 * not on the version of any library. A context belongs to one thread at a time.
 */
#ifndef VMTOOL_CODEC_DEFLATE_H
#define VMTOOL_CODEC_DEFLATE_H

#include <stddef.h>
#include <stdint.h>

#include "util/base/cleanup.h"

struct deflate;

/* The checksum of a zlib stream, of bytes from its beginning on. */
typedef uint32_t deflate_adler_fn(const void *data, size_t len);

enum { DEFLATE_BLOCK_BYTES_MAX = 64 << 10 };

must_check struct err *deflate_new(size_t block_bytes, deflate_adler_fn *adler,
				   struct deflate **ret_deflate);
void deflate_free(struct deflate *deflate);

/*
 * At most the context's block size, at least one byte. 0 when the stream is longer than @out_len;
 * streams longer than the block itself are never made.
 */
size_t deflate_block(struct deflate *deflate, const void *in, size_t len, void *out,
		     size_t out_len);

#endif
