/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A walk through the records of one range of a file, in the order they lie there. Records are used
 * in place where they lie in one piece of a mapped window; those that cross its edge are gathered.
 * Knows the header of a record (u32 type, u16 misc, u16 size), and which records have bytes behind
 * them that their size does not count.
 *
 * One thread.
 */
#ifndef VMTOOL_PERFDATA_CURSOR_H
#define VMTOOL_PERFDATA_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/mem/file.h"

struct cursor {
	struct mem_file *file; /* borrowed */
	uint64_t at;	       /* of the next record, in the file */
	uint64_t end;	       /* of the range, exclusive */
	bool pin;	       /* use windows in place; else copy, for many cursors at once */

	const uint8_t *data; /* what is at hand from `at` on */
	size_t len;
	struct mem_view view;
	uint8_t *buf;
};

/* [@start, @end) of @file, cut to the file's size. Cannot fail; memory is taken when needed. */
struct cursor cursor_init(struct mem_file *file, uint64_t start, uint64_t end, bool pin);
void cursor_release(struct cursor *cursor);
DEFINE_GUARD_INPLACE(cursor, struct cursor, cursor_release)

/*
 * The next record, valid until the next call; *ret_record is NULL at the end of the range. What
 * is no whole record (a size below its header's, or beyond the end) ends the walk the same way, and
 * cursor.at says where: the caller sees that it is not cursor.end.
 */
must_check struct err *cursor_next(struct cursor *cursor, const uint8_t **ret_record,
				   size_t *ret_len);

/*
 * Bytes that belong to a record but stand behind it, as it says: tracing data of a pipe, what a
 * processor traced (AUXTRACE). Any number, whatever the file's size.
 */
uint64_t cursor_bytes_behind(const uint8_t *record, size_t len);

/* Step over such @bytes. False: not all of them are there, and the walk is at its end. */
bool cursor_skip(struct cursor *cursor, uint64_t bytes);

/* Exactly @len bytes at @offset of @file, copied. */
must_check struct err *cursor_read(struct mem_file *file, uint64_t offset, void *buf, size_t len);

#endif
