// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/dump/pagedata.h"

#include <string.h>

#include "util/base/checked.h"
#include "util/dump/desctable.h"
#include "util/image/kdumpheader.h"

enum { DATA_WRITE_BYTES = 1 << 20 }; /* and up to a page more */

/*
 * How much data may be in the file before its descriptors are: what a kill can cost. A stream is
 * cut far more often, and with it the share of what arrived that can be lost counts: a quarter.
 * (More often would mean more records, which crash sorts by insertion: 4 GiB at level 0 make
 * 1,400.) The descriptors of 32 MiB of raw pages are 192 KiB. To hold them back until they make a
 * record of 1 MiB would cost a stream that is cut up to 170 MiB of its end.
 */
#define UNDESCRIBED_BYTES_MAX (UINT64_C(32) << 20)
#define UNDESCRIBED_BYTES_MIN (UINT64_C(1) << 20)
enum { UNDESCRIBED_SHARE = 4 };

struct pagedata {
	struct sink *sink;
	size_t page_size;
	uint64_t pages_nr;
	struct desctable *table;
	uint64_t zero_page_offset; /* in the file */
	uint64_t data_offset;	   /* where the data buffer belongs: bytes below are written */
	uint64_t undescribed_bytes;
	size_t data_len;
	bool broken;

	uint8_t data[DATA_WRITE_BYTES + PAGEDATA_PAGE_BYTES_MAX];
};

struct err *pagedata_new(const struct pagedata_config *config, struct pagedata **ret_pages)
{
	guard(pagedata) struct pagedata *pages = calloc(1, sizeof(*pages));
	uint64_t table_bytes = config->pages_nr * DESC_BYTES;
	struct err *e;

	if (!pages)
		return err_nomem();
	e = config->sink->ops->reserve(config->sink, config->offset, table_bytes);
	if (!e)
		e = desctable_new(config->sink, config->order, config->offset, config->pages_nr,
				  &pages->table);
	if (e)
		return err_wrap(e, "page descriptors");

	pages->sink = config->sink;
	pages->page_size = config->page_size;
	pages->pages_nr = config->pages_nr;
	pages->zero_page_offset = config->offset + table_bytes;
	pages->data_offset = pages->zero_page_offset;
	pages->data_len = pages->page_size; /* the one of zeros */
	*ret_pages = take_ptr(pages);
	return NULL;
}

void pagedata_free(struct pagedata *pages)
{
	if (!pages)
		return;
	desctable_free(pages->table);
	free(pages);
}

static struct err *flush_data(struct pagedata *pages)
{
	size_t written = 0;
	struct err *e;

	if (!pages->data_len)
		return NULL;
	e = pages->sink->ops->pwrite(pages->sink, pages->data, pages->data_len, pages->data_offset,
				     &written);
	pages->data_offset += written;
	pages->undescribed_bytes += written;
	pages->data_len = 0;
	if (e) {
		pages->broken = true;
		desctable_forget(pages->table, pages->data_offset);
	}
	return err_wrap(e, "page data");
}

/* Data first: a descriptor is written when what it points at is. */
static struct err *flush(struct pagedata *pages)
{
	struct err *e = flush_data(pages);

	if (e)
		return e;
	pages->undescribed_bytes = 0;
	e = desctable_flush(pages->table);
	pages->broken = e;
	return e;
}

static uint64_t undescribed_max(const struct pagedata *pages)
{
	uint64_t share = (pages->data_offset - pages->zero_page_offset) / UNDESCRIBED_SHARE;

	if (!sink_is_stream(pages->sink))
		return UNDESCRIBED_BYTES_MAX;
	return MIN(MAX(share, UNDESCRIBED_BYTES_MIN), UNDESCRIBED_BYTES_MAX);
}

static struct err *set_desc(struct pagedata *pages, uint64_t index, const struct page_desc *desc)
{
	struct err *e;

	if (index >= pages->pages_nr)
		return err_new(ERR_FORMAT, "more pages than the bitmap of the dump says");
	if (!desctable_has_room(pages->table, index)) {
		e = flush_data(pages);
		if (e)
			return e;
	}
	e = desctable_set(pages->table, index, desc);
	if (e) {
		/*
		 * The descriptors before this one will be written: so must be what they point at.
		 */
		err_free(flush_data(pages));
		pages->broken = true;
		return e;
	}
	return pages->undescribed_bytes > undescribed_max(pages) ? flush(pages) : NULL;
}

struct err *pagedata_add(struct pagedata *pages, uint64_t index, const uint8_t *data, size_t len,
			 uint32_t flag)
{
	struct page_desc desc = { .size = (uint32_t)len, .flags = flag };

	if (pages->data_len >= DATA_WRITE_BYTES) {
		struct err *e = flush_data(pages);

		if (e)
			return e;
	}
	desc.offset = pages->data_offset + pages->data_len;
	memcpy(pages->data + pages->data_len, data, len);
	pages->data_len += len;
	return set_desc(pages, index, &desc);
}

struct err *pagedata_add_zero(struct pagedata *pages, uint64_t index)
{
	return set_desc(pages, index,
			&(struct page_desc){
				.offset = pages->zero_page_offset,
				.size = (uint32_t)pages->page_size,
				.flags = KDUMP_PAGE_RAW,
			});
}

struct err *pagedata_finish(struct pagedata *pages)
{
	struct err *e = pages->broken ? NULL : flush(pages);
	struct err *second;

	if (!pages->broken)
		return e;
	/* The descriptors' space was taken long ago: what can be saved is. */
	second = desctable_flush(pages->table);
	if (!e)
		return second;
	err_free(second);
	return e;
}

bool pagedata_is_broken(const struct pagedata *pages)
{
	return pages->broken;
}

uint64_t pagedata_written_nr(const struct pagedata *pages)
{
	return desctable_written_nr(pages->table);
}

uint64_t pagedata_end(const struct pagedata *pages)
{
	return pages->data_offset + pages->data_len;
}
