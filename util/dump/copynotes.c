// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/dump/copynotes.h"

enum { COPY_BYTES = 16 << 10 };

struct err *copy_notes(struct image *image, struct sink *sink, uint64_t to, uint64_t end)
{
	uint8_t buf[COPY_BYTES];
	uint64_t size = image->notes_size;

	for (uint64_t at = 0; at < size;) {
		size_t n = (size_t)MIN(size - at, (uint64_t)sizeof(buf));
		size_t written;
		struct err *e = image_read_notes(image, at, buf, n);

		if (!e)
			e = sink->ops->pwrite(sink, buf, n, to + at, &written);
		if (e)
			return e;
		at += n;
	}
	return sink->ops->put_zeros(sink, to + size, end - (to + size));
}
