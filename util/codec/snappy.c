// SPDX-License-Identifier: GPL-2.0-or-later
/* Raw snappy blocks, as makedumpfile -p writes. */
#include "config.h"

#ifdef HAVE_SNAPPY

#include <snappy-c.h>
#include <string.h>

#include "util/codec/engines.h"

/* The library wants room for its worst case. */
struct codec_context {
	size_t room;
	char out[];
};

static struct err *snappy_open(size_t block_bytes, struct codec_context **ret_context)
{
	size_t room = snappy_max_compressed_length(block_bytes);
	struct codec_context *context = malloc(sizeof(*context) + room);

	if (!context)
		return err_nomem();
	context->room = room;
	*ret_context = context;
	return NULL;
}

static void snappy_close(struct codec_context *context)
{
	free(context);
}

static size_t snappy_compress_block(struct codec_context *context, const void *in, size_t len,
				    void *out, size_t out_len)
{
	size_t made = context->room;

	if (snappy_compress(in, len, context->out, &made) != SNAPPY_OK || made > out_len)
		return 0;
	memcpy(out, context->out, made);
	return made;
}

static bool snappy_decompress(struct codec_reader *reader, const void *in, size_t len, void *out,
			      size_t out_len)
{
	size_t made = out_len;

	(void)reader;
	return snappy_uncompress(in, len, out, &made) == SNAPPY_OK && made == out_len;
}

const struct codec codec_snappy = {
	.name = "snappy",
	.engine = "snappy",
	.open = snappy_open,
	.close = snappy_close,
	.compress = snappy_compress_block,
	.reader_open = codec_no_reader_open,
	.reader_close = codec_no_reader_close,
	.decompress = snappy_decompress,
};

#else
typedef int no_snappy; /* ISO C wants a declaration in every file */
#endif
