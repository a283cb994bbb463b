// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Pages as a dump has them, packed: unpacked by each codec to some size, and never behind it. The
 * same bytes as a page: what is packed comes back.
 *
 * The first byte chooses the codec, the next two how much is to come out.
 */
#include <stdlib.h>
#include <string.h>

#include "util/base/endian.h"
#include "util/codec/codec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void unpack(const struct codec *codec, const uint8_t *data, size_t size, size_t out_len)
{
	struct codec_reader *reader;
	uint8_t *out = malloc(out_len);

	err_free(codec->reader_open(&reader));
	(void)codec->decompress(reader, data, size, out, out_len);
	codec->reader_close(reader);
	free(out);
}

static void there_and_back(const struct codec *codec, const uint8_t *page, size_t len)
{
	struct codec_context *context;
	struct codec_reader *reader;
	uint8_t *packed = malloc(len), *back = malloc(len);
	size_t made;

	err_free(codec->open(len, &context));
	err_free(codec->reader_open(&reader));
	made = codec->compress(context, page, len, packed, len - 1);
	if (made && (made >= len || !codec->decompress(reader, packed, made, back, len) ||
		     memcmp(page, back, len) != 0))
		abort();
	codec->reader_close(reader);
	codec->close(context);
	free(packed);
	free(back);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t nr = 1; /* zlib is always there */

	if (size < 4)
		return 0;
	while (codec_at(nr))
		nr++;
	unpack(codec_at(data[0] % nr), data + 3, size - 3,
	       1 + (size_t)load_u16(data + 1, ORDER_LITTLE));
	there_and_back(codec_at(data[0] % nr), data + 3, size - 3);
	return 0;
}
