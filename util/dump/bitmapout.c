// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/dump/bitmapout.h"

#include <string.h>

#include "util/base/checked.h"

void bitmapout_init(struct bitmapout *out, struct sink *sink, uint64_t offset)
{
	out->sink = sink;
	out->offset = offset;
	out->len = 0;
}

static struct err *flush(struct bitmapout *out)
{
	size_t written;
	struct err *e;

	if (!out->len)
		return NULL;
	e = out->sink->ops->pwrite(out->sink, out->buf, out->len, out->offset, &written);
	out->offset += out->len;
	out->len = 0;
	return err_wrap(e, "bitmaps");
}

/* Append @bytes, or zeros when that is NULL. */
static struct err *append(struct bitmapout *out, const uint8_t *bytes, uint64_t len)
{
	while (len) {
		size_t n = (size_t)MIN(len, (uint64_t)(sizeof(out->buf) - out->len));

		if (bytes)
			memcpy(out->buf + out->len, bytes, n);
		else
			memset(out->buf + out->len, 0, n);
		out->len += n;
		len -= n;
		bytes = bytes ? bytes + n : NULL;
		if (out->len == sizeof(out->buf)) {
			struct err *e = flush(out);

			if (e)
				return e;
		}
	}
	return NULL;
}

/* Zeros up to @offset in the file, where they have to be written to be there. */
static struct err *skip_to(struct bitmapout *out, uint64_t offset)
{
	uint64_t at = out->offset + out->len;
	struct err *e;

	if (at == offset)
		return NULL;
	if (sink_is_stream(out->sink))
		return append(out, NULL, offset - at);
	e = flush(out);
	out->offset = offset;
	return e;
}

struct err *bitmapout_put(struct bitmapout *out, uint64_t at, const uint8_t *bytes, uint64_t len)
{
	struct err *e = skip_to(out, at);

	return e ? e : append(out, bytes, len);
}

struct err *bitmapout_end(struct bitmapout *out, uint64_t end)
{
	struct err *e = skip_to(out, end);

	return e ? e : flush(out);
}
