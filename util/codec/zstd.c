// SPDX-License-Identifier: GPL-2.0-or-later
/* One zstd frame a page, without dictionary: readers call ZSTD_decompress(). Level 1. */
#include "config.h"

#ifdef HAVE_LIBZSTD

#include <zstd.h>

#include "util/codec/engines.h"

enum { LEVEL = 1 };

static struct err *zstd_open(size_t block_bytes, struct codec_context **ret_context)
{
	ZSTD_CCtx *context = ZSTD_createCCtx();

	(void)block_bytes;
	if (!context)
		return err_nomem();
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

const struct codec codec_zstd = {
	.name = "zstd",
	.engine = "zstd",
	.open = zstd_open,
	.close = zstd_close,
	.compress = zstd_compress,
};

#else
typedef int no_zstd; /* ISO C wants a declaration in every file */
#endif
