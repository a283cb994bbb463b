// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/dump/pagereader.h"

#include <stdlib.h>
#include <string.h>

struct err *page_reader_init(struct page_reader *reader, struct image *image,
			     const struct kernel *kernel)
{
	*reader = (struct page_reader){
		.image = image,
		.page_shift = kernel->page_shift,
		.page_size = (size_t)kernel->page_size,
		.gather = malloc((size_t)kernel->page_size),
	};
	return reader->gather ? NULL : err_nomem();
}

void page_reader_let_go(struct page_reader *reader)
{
	mem_view_release(&reader->run);
	reader->run_first = reader->run_end = 0;
}

void page_reader_release(struct page_reader *reader)
{
	page_reader_let_go(reader);
	free(reader->gather);
	reader->gather = NULL;
}

/* Up to @pages_nr pages from @pfn on, if whole pages lie together there. */
static struct err *view_run(struct page_reader *reader, uint64_t pfn, size_t pages_nr)
{
	unsigned int page_shift = reader->page_shift;
	struct err *e;

	page_reader_let_go(reader);
	e = mem_view(reader->image->source, pfn << page_shift, pages_nr << page_shift,
		     MEM_SEQUENTIAL, &reader->run);
	if (e)
		return e;
	reader->run_first = pfn;
	reader->run_end = pfn + (reader->run.len >> page_shift);
	if (reader->run_first == reader->run_end)
		page_reader_let_go(reader);
	return NULL;
}

/* The part of a page that is memory, where RAM begins or ends inside it; the rest is zero. */
static struct err *gather_partial(struct image *image, uint64_t paddr, uint8_t *page, size_t len)
{
	uint64_t end = paddr + len;
	uint64_t at = paddr;

	memset(page, 0, len);
	while (at < end) {
		const struct memmap_range *range = memmap_find(&image->memmap, at);
		uint64_t from;
		uint64_t to;
		struct err *e;

		if (!range || range->paddr >= end)
			return NULL;
		from = MAX(range->paddr, at);
		to = MIN(range->paddr + range->size, end);
		e = mem_read(image->source, from, page + (from - paddr), (size_t)(to - from),
			     MEM_SEQUENTIAL);
		if (e)
			return e;
		at = to;
	}
	return NULL;
}

/* Page frame @pfn, which lies in pieces or is not memory as a whole. */
static struct err *gather_page(struct page_reader *reader, uint64_t pfn)
{
	struct image *image = reader->image;
	uint64_t paddr = pfn << reader->page_shift;
	struct err *e =
		mem_read(image->source, paddr, reader->gather, reader->page_size, MEM_SEQUENTIAL);

	if (!e || err_code(e) != ERR_NODATA ||
	    memmap_covers(&image->memmap, paddr, reader->page_size))
		return e;
	err_free(e);
	return gather_partial(image, paddr, reader->gather, reader->page_size);
}

struct err *page_reader_get(struct page_reader *reader, uint64_t pfn, size_t pages_nr,
			    const uint8_t **ret_page)
{
	struct err *e = NULL;

	if (pfn < reader->run_first || pfn >= reader->run_end)
		e = view_run(reader, pfn, pages_nr);
	if (!e && pfn < reader->run_end) {
		*ret_page = reader->run.data + ((pfn - reader->run_first) << reader->page_shift);
		return NULL;
	}
	if (e && err_code(e) != ERR_NODATA)
		return e;
	err_free(e);
	*ret_page = reader->gather;
	return gather_page(reader, pfn);
}
