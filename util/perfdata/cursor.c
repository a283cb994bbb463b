// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/perfdata/cursor.h"

#include <stdlib.h>

#include "util/base/checked.h"
#include "util/base/endian.h"
#include "util/perfdata/format.h"

enum { CHUNK_BYTES = 1 << 16 }; /* holds any record */

struct cursor cursor_init(struct mem_file *file, uint64_t start, uint64_t end, bool pin)
{
	end = MIN(end, mem_file_size(file));
	return (struct cursor){ .file = file, .at = MIN(start, end), .end = end, .pin = pin };
}

void cursor_release(struct cursor *cursor)
{
	mem_view_release(&cursor->view);
	free(cursor->buf);
	*cursor = (struct cursor){ .at = cursor->at, .end = cursor->end };
}

struct err *cursor_read(struct mem_file *file, uint64_t offset, void *buf, size_t len)
{
	return mem_file_read(file, offset, buf, len, MEM_SEQUENTIAL);
}

/* At least @need bytes from `at` on, or all that are left of the range. */
static struct err *refill(struct cursor *cursor, size_t need)
{
	uint64_t left = cursor->end - cursor->at;
	struct err *e;
	size_t len;

	if (cursor->pin && !cursor->len) {
		mem_view_release(&cursor->view);
		e = mem_file_view(cursor->file, cursor->at, (size_t)MIN(left, (uint64_t)1 << 30),
				  MEM_SEQUENTIAL, &cursor->view);
		if (e)
			return e;
		cursor->data = cursor->view.data;
		cursor->len = cursor->view.len;
		if (cursor->len >= MIN(need, left))
			return NULL;
	}

	if (!cursor->buf) {
		/* What is left only gets less: a file of many short runs has as many cursors. */
		cursor->buf = malloc((size_t)MIN(left, (uint64_t)CHUNK_BYTES));
		if (!cursor->buf)
			return err_nomem();
	}
	len = (size_t)MIN(left, (uint64_t)(cursor->pin ? need : CHUNK_BYTES));
	mem_view_release(&cursor->view);
	e = cursor_read(cursor->file, cursor->at, cursor->buf, len);
	if (e)
		return e;
	cursor->data = cursor->buf;
	cursor->len = len;
	return NULL;
}

static struct err *have(struct cursor *cursor, size_t need, bool *ret_there)
{
	*ret_there = false;
	if (cursor->end - cursor->at < need)
		return NULL;
	*ret_there = true;
	return cursor->len < need ? refill(cursor, need) : NULL;
}

struct err *cursor_next(struct cursor *cursor, const uint8_t **ret_record, size_t *ret_len)
{
	struct err *e;
	size_t size;
	bool there;

	*ret_record = NULL;
	e = have(cursor, PERFDATA_RECORD_HEADER_BYTES, &there);
	if (e || !there)
		return e;
	size = load_u16(cursor->data + 6, ORDER_LITTLE);
	if (size < PERFDATA_RECORD_HEADER_BYTES)
		return NULL;
	e = have(cursor, size, &there);
	if (e || !there)
		return e;

	*ret_record = cursor->data;
	*ret_len = size;
	cursor->at += size;
	cursor->data += size;
	cursor->len -= size;
	return NULL;
}

uint64_t cursor_bytes_behind(const uint8_t *record, size_t len)
{
	const uint8_t *body = record + PERFDATA_RECORD_HEADER_BYTES;

	switch (load_u32(record, ORDER_LITTLE)) {
	case PERFDATA_RECORD_TRACING_DATA:
		return len < PERFDATA_RECORD_HEADER_BYTES + 4
			       ? 0
			       : align_up_u64(load_u32(body, ORDER_LITTLE), 8);
	case PERFDATA_RECORD_AUXTRACE:
		/* perf counts what it padded. */
		return len < PERFDATA_RECORD_HEADER_BYTES + 8 ? 0 : load_u64(body, ORDER_LITTLE);
	default:
		return 0;
	}
}

bool cursor_skip(struct cursor *cursor, uint64_t bytes)
{
	uint64_t step = MIN(bytes, cursor->end - cursor->at);

	cursor->at += step;
	if (step <= cursor->len) {
		cursor->data += step;
		cursor->len -= (size_t)step;
	} else {
		cursor->len = 0;
	}
	return step == bytes;
}
