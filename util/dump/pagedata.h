/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The pages of a kdump-compressed file: the table of their descriptors, and behind it their data,
 * one page of zeros first, which all zero pages share. Data are written in long pieces and before
 * the descriptors that point at them, which follow often enough that a kill, or a stream that is
 * cut, loses little of what arrived.
 *
 * After a write that failed nothing can be added any more; pagedata_finish() still describes what
 * is in the file. Knows nothing of headers, bitmaps and codecs. One thread.
 */
#ifndef VMTOOL_DUMP_PAGEDATA_H
#define VMTOOL_DUMP_PAGEDATA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/base/endian.h"
#include "util/dump/sink.h"

enum { PAGEDATA_PAGE_BYTES_MAX = 64 << 10 };

struct pagedata;

struct pagedata_config {
	struct sink *sink;
	enum byte_order order;
	size_t page_size;  /* at most PAGEDATA_PAGE_BYTES_MAX */
	uint64_t offset;   /* of the table in the file */
	uint64_t pages_nr; /* descriptors in it */
};

/* Takes the table's space in the file. */
must_check struct err *pagedata_new(const struct pagedata_config *config,
				    struct pagedata **ret_pages);

/* Drops what has not been written. */
void pagedata_free(struct pagedata *pages);
DEFINE_GUARD(pagedata, struct pagedata *, pagedata_free)

/*
 * The page of descriptor @index: @len bytes, at most a page, packed as @flag (KDUMP_PAGE_...) says.
 */
must_check struct err *pagedata_add(struct pagedata *pages, uint64_t index, const uint8_t *data,
				    size_t len, uint32_t flag);
must_check struct err *pagedata_add_zero(struct pagedata *pages, uint64_t index);

/*
 * Write all that is left, or after a failure what can be saved: the descriptors of what is in the
 * file. An error that was returned before is not returned again.
 */
must_check struct err *pagedata_finish(struct pagedata *pages);

/* Has a write failed? */
bool pagedata_is_broken(const struct pagedata *pages);

/* How many descriptors are in the file, those of lost pages left out. */
uint64_t pagedata_written_nr(const struct pagedata *pages);

/* Where the data end in the file, or will when all is written. */
uint64_t pagedata_end(const struct pagedata *pages);

#endif
