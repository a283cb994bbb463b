// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/dump/pipeline.h"

#include <string.h>

#include "util/base/bitmap.h"

enum { PAGES_PER_TICK = 256 };

/* What one page needs on its way. */
struct bench {
	struct codec_context *context;
	uint8_t *gather;     /* a page that does not lie in one piece */
	uint8_t *compressed; /* a page's worth */
};

static struct err *bench_init(struct bench *bench, const struct pipeline *pipeline)
{
	size_t page_size = (size_t)pipeline->kernel->page_size;

	bench->gather = malloc(page_size);
	bench->compressed = malloc(page_size);
	if (!bench->gather || !bench->compressed)
		return err_nomem();
	if (pipeline->codec)
		return pipeline->codec->open(page_size, &bench->context);
	return NULL;
}

static void bench_release(struct bench *bench, const struct codec *codec)
{
	free(bench->gather);
	free(bench->compressed);
	if (codec)
		codec->close(bench->context);
}

static bool is_zero(const uint8_t *page, size_t len)
{
	return !page[0] && memcmp(page, page + 1, len - 1) == 0;
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

static struct err *read_page(struct pipeline *pipeline, struct bench *bench, uint64_t pfn,
			     struct mem_view *ret_view)
{
	struct image *image = pipeline->image;
	size_t page_size = (size_t)pipeline->kernel->page_size;
	uint64_t paddr = pfn << pipeline->kernel->page_shift;
	struct err *e = mem_view_whole(image->source, paddr, page_size, MEM_SEQUENTIAL,
				       bench->gather, ret_view);

	if (!e || err_code(e) != ERR_NODATA || memmap_covers(&image->memmap, paddr, page_size))
		return e;

	err_free(e);
	e = gather_partial(image, paddr, bench->gather, page_size);
	if (e)
		return e;
	*ret_view = (struct mem_view){ .data = bench->gather, .len = page_size };
	return NULL;
}

static struct err *add_page(struct pipeline *pipeline, struct bench *bench, const uint8_t *page,
			    struct dump_report *report)
{
	size_t page_size = (size_t)pipeline->kernel->page_size;
	size_t len = 0;

	if (is_zero(page, page_size)) {
		report->zero_pages++;
		if (report->level_effective & 1)
			report->dropped_zero++;
		return kdump_add_zero(pipeline->writer);
	}
	/* Worth it only when smaller: readers take a page of full size as raw. */
	if (pipeline->codec)
		len = pipeline->codec->compress(bench->context, page, page_size, bench->compressed,
						page_size - 1);
	if (len)
		return kdump_add_page(pipeline->writer, bench->compressed, len,
				      pipeline->codec_flag);
	return kdump_add_page(pipeline->writer, page, page_size, KDUMP_PAGE_RAW);
}

static struct err *dump_page(struct pipeline *pipeline, struct bench *bench, uint64_t pfn,
			     struct dump_report *report)
{
	guard(mem_view) struct mem_view view = MEM_VIEW_INIT;
	struct err *e = read_page(pipeline, bench, pfn, &view);

	if (e && err_code(e) != ERR_NOMEM) {
		if (!report->unreadable)
			notes_add(&report->notes, "page frame %#llx cannot be read: %s",
				  (unsigned long long)pfn, err_message(e));
		report->unreadable++;
		err_free(e);
		return kdump_add_lost(pipeline->writer);
	}
	if (e)
		return e;
	return add_page(pipeline, bench, view.data, report);
}

static struct err *dump_range(struct pipeline *pipeline, struct bench *bench,
			      const struct plan_range *range, uint64_t *done_nr, uint64_t total_nr,
			      struct dump_report *report)
{
	const struct dump_observer *observer = pipeline->observer;
	uint64_t page_size = pipeline->kernel->page_size;
	size_t nr = (size_t)range->pfns_nr;

	for (size_t bit = bitmap_next_set(range->keep, nr, 0); bit < nr;
	     bit = bitmap_next_set(range->keep, nr, bit + 1)) {
		struct err *e;

		if (*done_nr % PAGES_PER_TICK == 0 &&
		    !observer->tick(observer->ctx, DUMP_WRITING, *done_nr * page_size,
				    total_nr * page_size))
			return err_new(ERR_INTERRUPTED, "interrupted");

		e = dump_page(pipeline, bench, range->first + bit, report);
		if (e)
			return e;
		(*done_nr)++;
	}
	return NULL;
}

struct err *pipeline_run(struct pipeline *pipeline, struct dump_report *report)
{
	uint64_t total_nr = plan_counts(pipeline->plan)->kept;
	uint64_t done_nr = 0;
	struct bench bench = { .gather = NULL };
	struct err *e = bench_init(&bench, pipeline);

	for (uint64_t i = 0; !e && i < plan_ranges_nr(pipeline->plan); i++) {
		struct plan_range range;

		e = plan_range(pipeline->plan, i, &range);
		if (!e)
			e = dump_range(pipeline, &bench, &range, &done_nr, total_nr, report);
	}
	bench_release(&bench, pipeline->codec);
	return e;
}
