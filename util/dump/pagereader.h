/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pages of an image as one thread reads them for a dump: those that follow each other in one view,
 * those that lie in pieces, or are memory only in part, put together in memory of its own. Knows
 * nothing of what becomes of them.
 *
 * Threads: a reader belongs to one at a time; the image's cache is shared.
 */
#ifndef VMTOOL_DUMP_PAGEREADER_H
#define VMTOOL_DUMP_PAGEREADER_H

#include "util/image/image.h"
#include "util/kernel/kernel.h"

struct page_reader {
	struct image *image; /* borrowed */
	unsigned int page_shift;
	size_t page_size;
	uint8_t *gather; /* a page that does not lie in one piece */

	/*
	 * Whole pages [run_first, run_end) lie here: asking for each alone is a lock and a look-up.
	 */
	struct mem_view run;
	uint64_t run_first;
	uint64_t run_end;
};

/* ERR_NOMEM is all that can fail; then there is nothing to release. */
must_check struct err *page_reader_init(struct page_reader *reader, struct image *image,
					const struct kernel *kernel);
void page_reader_release(struct page_reader *reader);

/*
 * Page frame @pfn, of @pages_nr wanted ones that follow each other. Valid until the next call. What
 * is no memory of a page is zeros. ERR_NODATA: the image does not hold it (cut off); other errors
 * but ERR_NOMEM: it cannot be read.
 */
must_check struct err *page_reader_get(struct page_reader *reader, uint64_t pfn, size_t pages_nr,
				       const uint8_t **ret_page);

/* Of the cache nothing is pinned until the next page is read. */
void page_reader_let_go(struct page_reader *reader);

#endif
