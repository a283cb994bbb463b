// SPDX-License-Identifier: GPL-2.0-or-later
/* One zstd frame a page, without dictionary: readers call ZSTD_decompress(). Level 1. */
#include "config.h"

#ifdef HAVE_LIBZSTD

#include <zstd.h>

#include "util/codec/engines.h"

enum { LEVEL = 1 };

/*
 * A context takes its tables when it is first used, and a block it cannot have them for would be
 * stored raw: it is used here, so that there is no memory for it now or not at all.
 */
static struct err *zstd_open(size_t block_bytes, struct codec_context **ret_context)
{
	size_t room = ZSTD_compressBound(block_bytes);
	autofree uint8_t *block = calloc(1, block_bytes + room);
	ZSTD_CCtx *context = block ? ZSTD_createCCtx() : NULL;

	if (!context)
		return err_nomem();
	if (ZSTD_isError(ZSTD_compressCCtx(context, block + block_bytes, room, block, block_bytes,
					   LEVEL))) {
		ZSTD_freeCCtx(context);
		return err_nomem();
	}
	*ret_context = (struct codec_context *)context;
	return NULL;
}

static void zstd_close(struct codec_context *context)
{
	ZSTD_freeCCtx((ZSTD_CCtx *)context);
}

static size_t zstd_compress(struct codec_context *context, const void *in, size_t len, void *out,
			    size_t out_len)
{
	size_t made = ZSTD_compressCCtx((ZSTD_CCtx *)context, out, out_len, in, len, LEVEL);

	return ZSTD_isError(made) ? 0 : made;
}

static struct err *zstd_reader_open(struct codec_reader **ret_reader)
{
	ZSTD_DCtx *context = ZSTD_createDCtx();

	if (!context)
		return err_nomem();
	*ret_reader = (struct codec_reader *)context;
	return NULL;
}

static void zstd_reader_close(struct codec_reader *reader)
{
	ZSTD_freeDCtx((ZSTD_DCtx *)reader);
}

static bool zstd_decompress(struct codec_reader *reader, const void *in, size_t len, void *out,
			    size_t out_len)
{
	return ZSTD_decompressDCtx((ZSTD_DCtx *)reader, out, out_len, in, len) == out_len;
}

const struct codec codec_zstd = {
	.name = "zstd",
	.engine = "zstd",
	.open = zstd_open,
	.close = zstd_close,
	.compress = zstd_compress,
	.reader_open = zstd_reader_open,
	.reader_close = zstd_reader_close,
	.decompress = zstd_decompress,
};

#else
typedef int no_zstd; /* ISO C wants a declaration in every file */
#endif
