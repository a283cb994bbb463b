// SPDX-License-Identifier: GPL-2.0-or-later
/* The zlib format, which makedumpfile -c writes: made by ourselves, undone by zlib. */
#include <zlib.h>

#include "util/codec/deflate.h"
#include "util/codec/engines.h"

static uint32_t checksum(const void *data, size_t len)
{
	return (uint32_t)adler32(adler32(0, NULL, 0), data, (uInt)len);
}

static struct err *zlib_open(size_t block_bytes, struct codec_context **ret_context)
{
	return deflate_new(block_bytes, checksum, (struct deflate **)ret_context);
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
	.engine = "vmtool",
	.open = zlib_open,
	.close = codec_deflate_close,
	.compress = codec_deflate_compress,
	.reader_open = zlib_reader_open,
	.reader_close = zlib_reader_close,
	.decompress = zlib_decompress,
};
