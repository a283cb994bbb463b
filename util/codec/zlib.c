// SPDX-License-Identifier: GPL-2.0-or-later
/* The zlib format by zlib itself, level 1: what makedumpfile -c writes. */
#include <zlib.h>

#include "util/codec/engines.h"

struct codec_context {
	z_stream stream;
};

static struct err *zlib_open(size_t block_bytes, struct codec_context **ret_context)
{
	struct codec_context *context = calloc(1, sizeof(*context));

	(void)block_bytes;
	if (!context)
		return err_nomem();
	if (deflateInit(&context->stream, Z_BEST_SPEED) != Z_OK) {
		free(context);
		return err_nomem();
	}
	*ret_context = context;
	return NULL;
}

static void zlib_close(struct codec_context *context)
{
	if (!context)
		return;
	deflateEnd(&context->stream);
	free(context);
}

static size_t zlib_compress(struct codec_context *context, const void *in, size_t len, void *out,
			    size_t out_len)
{
	z_stream *stream = &context->stream;

	deflateReset(stream);
	stream->next_in = (Bytef *)in;
	stream->avail_in = (uInt)len;
	stream->next_out = out;
	stream->avail_out = (uInt)out_len;
	return deflate(stream, Z_FINISH) == Z_STREAM_END ? stream->total_out : 0;
}

struct codec_reader {
	z_stream stream;
};

static struct err *zlib_reader_open(struct codec_reader **ret_reader)
{
	struct codec_reader *reader = calloc(1, sizeof(*reader));

	if (!reader)
		return err_nomem();
	if (inflateInit(&reader->stream) != Z_OK) {
		free(reader);
		return err_nomem();
	}
	*ret_reader = reader;
	return NULL;
}

static void zlib_reader_close(struct codec_reader *reader)
{
	if (!reader)
		return;
	inflateEnd(&reader->stream);
	free(reader);
}

static bool zlib_decompress(struct codec_reader *reader, const void *in, size_t len, void *out,
			    size_t out_len)
{
	z_stream *stream = &reader->stream;

	inflateReset(stream);
	stream->next_in = (Bytef *)in;
	stream->avail_in = (uInt)len;
	stream->next_out = out;
	stream->avail_out = (uInt)out_len;
	return inflate(stream, Z_FINISH) == Z_STREAM_END && stream->total_out == out_len;
}

const struct codec codec_zlib_zlib = {
	.name = "zlib",
	.engine = "zlib",
	.open = zlib_open,
	.close = zlib_close,
	.compress = zlib_compress,
	.reader_open = zlib_reader_open,
	.reader_close = zlib_reader_close,
	.decompress = zlib_decompress,
};
