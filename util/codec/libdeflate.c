// SPDX-License-Identifier: GPL-2.0-or-later
/* The zlib format: made by ourselves, undone by libdeflate, which takes half as long as zlib. */
#include "config.h"

#ifdef HAVE_LIBDEFLATE

#include <libdeflate.h>

#include "util/codec/deflate.h"
#include "util/codec/engines.h"

static uint32_t checksum(const void *data, size_t len)
{
	return libdeflate_adler32(1, data, len);
}

static struct err *deflate_open(size_t block_bytes, struct codec_context **ret_context)
{
	return deflate_new(block_bytes, checksum, (struct deflate **)ret_context);
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
	.engine = "vmtool",
	.open = deflate_open,
	.close = codec_deflate_close,
	.compress = codec_deflate_compress,
	.reader_open = deflate_reader_open,
	.reader_close = deflate_reader_close,
	.decompress = deflate_decompress,
};

#else
typedef int no_libdeflate; /* ISO C wants a declaration in every file */
#endif
