// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/dump/copynotes.h"

enum { COPY_BYTES = 16 << 10 };

struct err *copy_notes(struct image *image, struct sink *sink, uint64_t to, uint64_t end,
		       struct last_note *last)
{
	uint8_t buf[COPY_BYTES];
	uint64_t size = image->notes_size;
	uint64_t copied = sink_is_stream(sink) ? size - last->size : size;

	last->offset = to + size - last->size;
	for (uint64_t at = 0; at < copied;) {
		size_t n = (size_t)MIN(copied - at, (uint64_t)sizeof(buf));
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

struct err *copy_erased(struct image *image, struct sink *sink, uint64_t to)
{
	uint8_t buf[COPY_BYTES];

	for (uint64_t at = 0; at < image->erased_size;) {
		size_t n = (size_t)MIN(image->erased_size - at, (uint64_t)sizeof(buf));
		size_t written;
		struct err *e = mem_file_read(image->file, image->erased_offset + at, buf, n,
					      MEM_SEQUENTIAL);

		if (!e)
			e = sink->ops->pwrite(sink, buf, n, to + at, &written);
		if (e)
			return err_wrap(e, "the list of what was erased");
		at += n;
	}
	return NULL;
}

struct err *put_last_note(struct sink *sink, const struct last_note *last)
{
	size_t written;

	if (!last->size)
		return NULL;
	return sink->ops->pwrite(sink, last->bytes, last->size, last->offset, &written);
}
