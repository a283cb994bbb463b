/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Compressors of single pages, as dump files store them, and back. One file per library; which of
 * them are in was found at build time. A codec that two libraries provide (a zlib stream by
 * libdeflate or by zlib) stands once in the list, with the faster one behind it.
 *
 * Threads: a context belongs to one thread at a time, the table to all.
 */
#ifndef VMTOOL_CODEC_CODEC_H
#define VMTOOL_CODEC_CODEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/base/cleanup.h"

struct codec_context;
struct codec_reader;

enum { CODECS_MAX = 8 }; /* codec_at() never has more */

struct codec {
	const char *name;   /* of the format: "zlib" */
	const char *engine; /* of the library: "libdeflate" */

	/* Contexts are for one block size; reuse them. */
	struct err *(*open)(size_t block_bytes, struct codec_context **ret_context);
	void (*close)(struct codec_context *context);

	/*
	 * Compress @len bytes (at most the context's block size) into @out. Returns the compressed
	 * size, or 0 when it would not fit in @out_len: the caller then stores the block raw.
	 */
	size_t (*compress)(struct codec_context *context, const void *in, size_t len, void *out,
			   size_t out_len);

	/* A context for decompress(); NULL is one too, of codecs that need none. */
	struct err *(*reader_open)(struct codec_reader **ret_reader);
	void (*reader_close)(struct codec_reader *reader);

	/* Are the @len bytes @in what compress() makes of @out_len bytes? They are then in @out. */
	bool (*decompress)(struct codec_reader *reader, const void *in, size_t len, void *out,
			   size_t out_len);
};

/* NULL when no codec of that name is built in. */
const struct codec *codec_find(const char *name);

/* Codecs by index, NULL behind the last. */
const struct codec *codec_at(size_t index);

#endif
