// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * LZO1X, as makedumpfile -l writes and every reader of kdump files knows. Of the library's
 * compressors the one with a table for 4096 places, as many as a page has: the usual one has four
 * times as many, to be emptied for each page (6% of the time, for 0.15% of the size).
 */
#include "config.h"

#ifdef HAVE_LZO

#include <lzo/lzo1x.h>
#include <string.h>

#include "util/codec/engines.h"

/* An incompressible block grows: the library writes to a block of its own first. */
struct codec_context {
	size_t room;
	uint8_t *out;
	lzo_align_t work[(LZO1X_1_12_MEM_COMPRESS + sizeof(lzo_align_t) - 1) / sizeof(lzo_align_t)];
};

static void lzo_close(struct codec_context *context)
{
	if (!context)
		return;
	free(context->out);
	free(context);
}

static struct err *lzo_open(size_t block_bytes, struct codec_context **ret_context)
{
	struct codec_context *context;

	if (lzo_init() != LZO_E_OK)
		return err_new(ERR_UNSUPPORTED,
			       "liblzo2 is not the one this vmtool was built with");
	context = calloc(1, sizeof(*context));
	if (!context)
		return err_nomem();
	/* The worst case, from the library's LZO.FAQ. */
	context->room = block_bytes + block_bytes / 16 + 64 + 3;
	context->out = malloc(context->room);
	if (!context->out) {
		free(context);
		return err_nomem();
	}
	*ret_context = context;
	return NULL;
}

static size_t lzo_compress(struct codec_context *context, const void *in, size_t len, void *out,
			   size_t out_len)
{
	lzo_uint made = context->room;

	if (lzo1x_1_12_compress(in, len, context->out, &made, context->work) != LZO_E_OK ||
	    made > out_len)
		return 0;
	memcpy(out, context->out, made);
	return made;
}

static bool lzo_decompress(struct codec_reader *reader, const void *in, size_t len, void *out,
			   size_t out_len)
{
	lzo_uint made = out_len;

	(void)reader;
	return lzo1x_decompress_safe(in, len, out, &made, NULL) == LZO_E_OK && made == out_len;
}

const struct codec codec_lzo = {
	.name = "lzo",
	.engine = "lzo",
	.open = lzo_open,
	.close = lzo_close,
	.compress = lzo_compress,
	.reader_open = codec_no_reader_open,
	.reader_close = codec_no_reader_close,
	.decompress = lzo_decompress,
};

#else
typedef int no_lzo; /* ISO C wants a declaration in every file */
#endif
