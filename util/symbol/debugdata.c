// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/symbol/debugdata.h"

#include <stdlib.h>

#include "config.h"
#include "util/base/cleanup.h"
#include "util/base/macros.h"

#ifdef HAVE_LIBLZMA
#include <lzma.h>

enum {
	FIRST_BYTES = 1 << 18,
	IMAGE_BYTES_MAX = 256 << 20,
	DECODER_BYTES_MAX = 128 << 20, /* xz -9 needs 65 MiB */
};

DEFINE_GUARD_INPLACE(lzma, lzma_stream, lzma_end)

static struct err *grow(char **image, size_t *capacity)
{
	size_t grown_capacity = *capacity ? *capacity * 2 : FIRST_BYTES;
	char *grown;

	if (grown_capacity > IMAGE_BYTES_MAX)
		return err_new(ERR_FORMAT, ".gnu_debugdata of more than %d MiB",
			       IMAGE_BYTES_MAX >> 20);
	grown = realloc(*image, grown_capacity);
	if (!grown)
		return err_nomem();
	*image = grown;
	*capacity = grown_capacity;
	return NULL;
}

struct err *debugdata_unpack(const uint8_t *data, size_t len, char **ret_image, size_t *ret_len)
{
	guard(lzma) lzma_stream stream = LZMA_STREAM_INIT;
	autofree char *image = NULL;
	size_t capacity = 0, done = 0;
	lzma_ret result;

	result = lzma_stream_decoder(&stream, DECODER_BYTES_MAX, 0);
	stream.next_in = data;
	stream.avail_in = len;
	while (result == LZMA_OK) {
		if (done == capacity) {
			struct err *e = grow(&image, &capacity);

			if (e)
				return e;
		}
		stream.next_out = (uint8_t *)image + done;
		stream.avail_out = capacity - done;
		result = lzma_code(&stream, LZMA_FINISH);
		done = capacity - stream.avail_out;
	}
	if (result == LZMA_MEM_ERROR)
		return err_nomem();
	if (result != LZMA_STREAM_END || !done)
		return err_new(ERR_FORMAT, ".gnu_debugdata is no whole xz stream");
	*ret_image = take_ptr(image);
	*ret_len = done;
	return NULL;
}

#else

struct err *debugdata_unpack(const uint8_t *data, size_t len, char **ret_image, size_t *ret_len)
{
	(void)data;
	(void)len;
	(void)ret_image;
	(void)ret_len;
	return err_new(ERR_UNSUPPORTED, ".gnu_debugdata cannot be read: built without lzma");
}

#endif
