// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The zlib format by libdeflate, level 1: on real 4 KiB pages in 0.6 of the time of zlib's level 1,
 * at about the same size (scripts/bench/engines).
 */
#include "config.h"

#ifdef HAVE_LIBDEFLATE

#include <libdeflate.h>

#include "util/codec/engines.h"

enum { LEVEL = 1 };

static struct err *deflate_open(size_t block_bytes, struct codec_context **ret_context)
{
	struct libdeflate_compressor *compressor = libdeflate_alloc_compressor(LEVEL);

	(void)block_bytes;
	if (!compressor)
		return err_nomem();
	*ret_context = (struct codec_context *)compressor;
	return NULL;
}

static void deflate_close(struct codec_context *context)
{
	if (context)
		libdeflate_free_compressor((struct libdeflate_compressor *)context);
}

static size_t deflate_compress(struct codec_context *context, const void *in, size_t len, void *out,
			       size_t out_len)
{
	return libdeflate_zlib_compress((struct libdeflate_compressor *)context, in, len, out,
					out_len);
}

static struct err *deflate_reader_open(struct codec_reader **ret_reader)
{
	struct libdeflate_decompressor *decompressor = libdeflate_alloc_decompressor();

	if (!decompressor)
		return err_nomem();
	*ret_reader = (struct codec_reader *)decompressor;
	return NULL;
}

static void deflate_reader_close(struct codec_reader *reader)
{
	if (reader)
		libdeflate_free_decompressor((struct libdeflate_decompressor *)reader);
}

/* Without a place for the size, less than @out_len bytes is an error too. */
static bool deflate_decompress(struct codec_reader *reader, const void *in, size_t len, void *out,
			       size_t out_len)
{
	return libdeflate_zlib_decompress((struct libdeflate_decompressor *)reader, in, len, out,
					  out_len, NULL) == LIBDEFLATE_SUCCESS;
}

const struct codec codec_zlib_libdeflate = {
	.name = "zlib",
	.engine = "libdeflate",
	.open = deflate_open,
	.close = deflate_close,
	.compress = deflate_compress,
	.reader_open = deflate_reader_open,
	.reader_close = deflate_reader_close,
	.decompress = deflate_decompress,
};

#else
typedef int no_libdeflate; /* ISO C wants a declaration in every file */
#endif
