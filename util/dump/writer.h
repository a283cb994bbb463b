/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A format a dump can be written in: what the pipeline hands its pages to. One file per format,
 * writer.c lists them.
 *
 * Order of calls: open, put_bitmaps for each range, begin_pages, add for the pages of the dump,
 * finish, free. The file is a valid dump at every moment from begin_pages on: whatever stops it,
 * what has been written until then can be read, and the file says that it is incomplete until
 * finish has cleared that as the last thing.
 *
 * A page is known by its page frame, and by its index: how many page frames before it the second
 * bitmap has. A page nobody adds, because it could not be read, is lost: readers will say so, it
 * never reads as zeros.
 */
#ifndef VMTOOL_DUMP_WRITER_H
#define VMTOOL_DUMP_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/codec/codec.h"
#include "util/dump/sink.h"
#include "util/kernel/kernel.h"

enum page_state {
	PAGE_STATE_RAW,
	PAGE_STATE_COMPRESSED, /* by the codec of the file, to less than a page */
	PAGE_STATE_ZERO,
	PAGE_STATE_UNREADABLE,
	PAGE_STATE_GONE, /* the image has become shorter since it was opened */
};

/* A page on its way. */
struct writer_page {
	uint64_t pfn;
	uint64_t index;
	uint32_t len; /* of its bytes */
	enum page_state state;
};

struct writer {
	const struct writer_ops *ops;
};

struct writer_config {
	struct sink *const *sink; /* borrowed: one, or the parts of a set */
	size_t sinks_nr;
	struct image *image;	     /* its notes are copied into the file */
	const struct kernel *kernel; /* page size, names, CRASHTIME, phys_base */
	uint64_t max_mapnr;	     /* one past the highest page frame */
	unsigned int level;
	const struct codec *codec; /* of compressed pages; NULL: there are none */

	/*
	 * What the last @note_bytes of the image's notes shall be in the end: the caller's, who may
	 * change it until finish is called. Until then the file has what the image has; a stream,
	 * in which nothing can be written twice, has them last of all.
	 */
	const uint8_t *note;
	size_t note_bytes;
};

struct writer_totals {
	uint64_t pages_nr; /* whose bytes are in the file */
	uint64_t bytes;	   /* length of the file so far: one past the last byte of data */
};

struct writer_ops {
	const char *name;

	bool compresses;    /* stores compressed pages */
	bool splits;	    /* takes several sinks */
	bool address_order; /* pages have to come by ascending page frame, else in any order */
	bool zeros_inline;  /* wants the bytes of zero pages too */

	/* Writes the headers and notes. */
	struct err *(*open)(const struct writer_config *config, struct writer **ret_writer);

	void (*free)(struct writer *writer);

	/*
	 * Page frames with memory, and those that stay, a bit each. Ranges ascend. @first is a
	 * multiple of 8; bits never put are zero.
	 */
	struct err *(*put_bitmaps)(struct writer *writer, uint64_t first, uint64_t pfns_nr,
				   const uint8_t *ram, const uint8_t *keep);

	/* @pages_nr: set bits of the second bitmap. */
	struct err *(*begin_pages)(struct writer *writer, uint64_t pages_nr);

	/*
	 * @data: the bytes of the pages, one behind the other. Those that are not there are
	 * skipped.
	 */
	struct err *(*add)(struct writer *writer, const struct writer_page *page, size_t pages_nr,
			   const uint8_t *data);

	/*
	 * Write what is buffered and, if @complete, clear the incomplete flag as the last thing. To
	 * be called also after add failed, with @complete false.
	 */
	struct err *(*finish)(struct writer *writer, bool complete);

	struct writer_totals (*totals)(const struct writer *writer);

	/*
	 * Set the incomplete flag in a file made before; a file of another format stays as it is.
	 * NULL: another format does that.
	 */
	struct err *(*mark_incomplete)(struct sink *sink);
};

static inline void writer_free(struct writer *writer)
{
	if (writer)
		writer->ops->free(writer);
}
DEFINE_GUARD(writer, struct writer *, writer_free)

/* NULL when there is no format of that name. */
const struct writer_ops *writer_find(const char *name);

/* Set the incomplete flag in a file made before, if it is of a format we write. */
must_check struct err *writer_mark_incomplete(struct sink *sink);

#endif
