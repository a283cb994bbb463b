// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/dump/kdump.h"

#include <elf.h>
#include <string.h>

#include "util/base/bitmap.h"
#include "util/base/checked.h"
#include "util/dump/bitmapout.h"
#include "util/dump/copynotes.h"
#include "util/dump/pagedata.h"
#include "util/image/kdumpheader.h"

struct kdump {
	struct writer writer;
	struct sink *sink;
	struct image *image;
	enum byte_order order;
	uint64_t page_size;
	uint64_t max_mapnr;
	uint32_t codec_flag;
	struct kdump_header header;
	uint8_t *first_block; /* of the file */
	uint8_t sub_header[KDUMP_SUB_BYTES_MAX];

	struct last_note last_note;

	uint64_t bitmap_offset;	  /* of the first bitmap */
	uint64_t bitmap_bytes;	  /* of one of them */
	struct bitmapout *bitmap; /* two; until the pages begin */
	struct pagedata *pages;	  /* from then on */
};

static struct err *put(struct kdump *kdump, const void *buf, size_t len, uint64_t offset)
{
	size_t written;

	return kdump->sink->ops->pwrite(kdump->sink, buf, len, offset, &written);
}

static struct err *put_header(struct kdump *kdump, uint32_t status)
{
	kdump->header.status = status;
	kdump_header_store(&kdump->header, kdump->first_block, kdump->sub_header);
	return put(kdump, kdump->first_block, (size_t)kdump->page_size, 0);
}

static struct err *put_sub_header(struct kdump *kdump)
{
	kdump_header_store(&kdump->header, kdump->first_block, kdump->sub_header);
	return put(kdump, kdump->sub_header, (size_t)kdump_sub_bytes(&kdump->header),
		   kdump->page_size);
}

/* What is said of the image and its kernel. */
static void describe(struct kdump *kdump, const struct writer_config *config)
{
	const struct kernel *kernel = config->kernel;
	const struct image *image = config->image;
	struct kdump_header *header = &kdump->header;
	int64_t phys_base = (int64_t)image->phys_base;

	if (kernel->info) {
		struct err *e = vmcoreinfo_number(kernel->info, "phys_base", &phys_base);

		err_free(e); /* then what the image says, or 0 as on machines that have none */
	}
	*header = (struct kdump_header){
		.order = kdump->order,
		.address_bits = image->address_bits,
		.padded = image->machine != EM_386,
		.block_size = kdump->page_size,
		.cpus_nr = image->cpus_nr,
		.time = kernel->crash_time,
		.max_mapnr = kdump->max_mapnr,
		.phys_base = (uint64_t)phys_base,
		.level = config->level,
		.status = kdump->codec_flag,
	};
	_Static_assert(sizeof(header->uts) == UTS_BYTES, "both are struct new_utsname");
	memcpy(header->uts, kernel->uts, UTS_BYTES);
}

static struct err *put_headers(struct kdump *kdump, const struct writer_config *config)
{
	const struct image *image = config->image;
	struct kdump_header *header = &kdump->header;
	uint64_t block = kdump->page_size;
	uint64_t notes_at;
	uint64_t erased_at;
	uint64_t sub_blocks;
	uint64_t bitmap_blocks = 2 * kdump->bitmap_bytes / block;
	struct err *e;

	describe(kdump, config);
	notes_at = block + kdump_sub_bytes(header);
	erased_at = notes_at + image->notes_size;
	sub_blocks = div_round_up_u64(erased_at - block + image->erased_size, block);
	/* Blocks are counted in 32-bit fields. */
	if (bitmap_blocks > INT32_MAX || sub_blocks > INT32_MAX)
		return err_new(ERR_UNSUPPORTED,
			       "page frames up to %#llx do not fit in a kdump-compressed file",
			       (unsigned long long)kdump->max_mapnr);
	if (image->vmcoreinfo)
		header->vmcoreinfo = (struct kdump_extent){ notes_at + image->vmcoreinfo_offset,
							    image->vmcoreinfo_size };
	header->notes = (struct kdump_extent){ notes_at, image->notes_size };
	if (image->erased_size)
		header->eraseinfo = (struct kdump_extent){ erased_at, image->erased_size };
	header->ram = (struct kdump_extent){ (1 + sub_blocks) * block, kdump->bitmap_bytes };
	header->kept = (struct kdump_extent){ header->ram.offset + kdump->bitmap_bytes,
					      kdump->bitmap_bytes };

	kdump->bitmap_offset = header->ram.offset;
	e = kdump->sink->ops->reserve(kdump->sink, 0, kdump->bitmap_offset);
	if (e)
		return e;
	/* A stream has its own way to tell that it was cut, and no way to take this back. */
	if (!sink_is_stream(kdump->sink) || image->incomplete || image->truncated_bytes)
		header->status |= KDUMP_STATUS_INCOMPLETE;
	/* Of a stream it tells first what it is; a file is a dump when the rest is there. */
	e = sink_is_stream(kdump->sink) ? put_header(kdump, header->status) : NULL;
	if (e)
		return e;
	e = put_sub_header(kdump);
	if (e)
		return e;
	e = copy_notes(kdump->image, kdump->sink, notes_at, erased_at, &kdump->last_note);
	if (!e)
		e = copy_erased(kdump->image, kdump->sink, erased_at);
	if (!e)
		e = kdump->sink->ops->put_zeros(kdump->sink, erased_at + image->erased_size,
						kdump->bitmap_offset -
							(erased_at + image->erased_size));
	if (e)
		return e;
	return kdump->sink->ops->reserve(kdump->sink, kdump->bitmap_offset,
					 2 * kdump->bitmap_bytes);
}

static void kdump_free(struct writer *writer)
{
	struct kdump *kdump = (struct kdump *)writer;

	pagedata_free(kdump->pages);
	free(kdump->bitmap);
	free(kdump->first_block);
	free(kdump);
}

static struct err *kdump_open(const struct writer_config *config, struct writer **ret_writer)
{
	guard(writer) struct writer *writer = NULL;
	struct kdump *kdump = calloc(1, sizeof(*kdump));
	uint64_t page_size = config->kernel->page_size;
	struct err *e;

	if (!kdump)
		return err_nomem();
	kdump->writer.ops = &writer_kdump;
	writer = &kdump->writer;

	kdump->sink = config->sink[0];
	kdump->image = config->image;
	kdump->order = config->image->order;
	kdump->page_size = page_size;
	kdump->max_mapnr = config->max_mapnr;
	kdump->last_note = (struct last_note){ .bytes = config->note, .size = config->note_bytes };
	kdump->codec_flag = config->codec ? kdump_flag_of(config->codec->name) : KDUMP_PAGE_RAW;
	kdump->bitmap_bytes = align_up_u64(div_round_up_u64(config->max_mapnr, 8), page_size);

	kdump->bitmap = calloc(2, sizeof(*kdump->bitmap));
	kdump->first_block = calloc(1, (size_t)page_size);
	if (!kdump->bitmap || !kdump->first_block)
		return err_nomem();
	e = put_headers(kdump, config);
	if (e)
		return err_wrap(e, "header");
	for (size_t i = 0; i < 2; i++)
		bitmapout_init(&kdump->bitmap[i], kdump->sink,
			       kdump->bitmap_offset + i * kdump->bitmap_bytes);
	*ret_writer = take_ptr(writer);
	return NULL;
}

static struct err *kdump_put_bitmaps(struct writer *writer, uint64_t first, uint64_t pfns_nr,
				     const uint8_t *ram, const uint8_t *keep)
{
	struct kdump *kdump = (struct kdump *)writer;
	const uint8_t *bits[] = { ram, keep };

	for (size_t i = 0; i < ARRAY_SIZE(bits); i++) {
		uint64_t at = kdump->bitmap_offset + i * kdump->bitmap_bytes + first / 8;
		struct err *e = bitmapout_put(&kdump->bitmap[i], at, bits[i],
					      bitmap_bytes((size_t)pfns_nr));

		if (e)
			return e;
	}
	return NULL;
}

static struct err *end_bitmaps(struct kdump *kdump)
{
	for (size_t i = 0; i < 2; i++) {
		uint64_t end = kdump->bitmap_offset + (i + 1) * kdump->bitmap_bytes;
		struct err *e = bitmapout_end(&kdump->bitmap[i], end);

		if (e)
			return e;
	}
	free(kdump->bitmap);
	kdump->bitmap = NULL;
	return NULL;
}

struct err *kdump_set_part(struct writer *writer, uint64_t first, uint64_t end)
{
	struct kdump *kdump = (struct kdump *)writer;

	kdump->header.split = true;
	kdump->header.start_pfn = first;
	kdump->header.end_pfn = end;
	return put_sub_header(kdump);
}

static struct err *kdump_begin_pages(struct writer *writer, uint64_t pages_nr)
{
	struct kdump *kdump = (struct kdump *)writer;
	uint64_t desc_offset = kdump->bitmap_offset + 2 * kdump->bitmap_bytes;
	struct err *e = end_bitmaps(kdump);

	if (e)
		return e;
	e = pagedata_new(
		&(struct pagedata_config){
			.sink = kdump->sink,
			.order = kdump->order,
			.page_size = (size_t)kdump->page_size,
			.offset = desc_offset,
			.pages_nr = pages_nr,
		},
		&kdump->pages);
	if (e)
		return e;
	/* Not before: who finds one trusts the bitmaps, and that each page has its descriptor. */
	if (sink_is_stream(kdump->sink))
		return NULL;
	return err_wrap(put_header(kdump, kdump->header.status), "header");
}

static struct err *add_one(struct kdump *kdump, const struct writer_page *page, const uint8_t *data)
{
	switch (page->state) {
	case PAGE_STATE_ZERO:
		return pagedata_add_zero(kdump->pages, page->index);
	case PAGE_STATE_RAW:
		return pagedata_add(kdump->pages, page->index, data, page->len, KDUMP_PAGE_RAW);
	case PAGE_STATE_COMPRESSED:
		return pagedata_add(kdump->pages, page->index, data, page->len, kdump->codec_flag);
	case PAGE_STATE_UNREADABLE:
	case PAGE_STATE_GONE:
		return NULL;
	}
	return NULL;
}

static struct err *kdump_add(struct writer *writer, const struct writer_page *page, size_t pages_nr,
			     const uint8_t *data)
{
	for (size_t i = 0; i < pages_nr; i++) {
		struct err *e = add_one((struct kdump *)writer, &page[i], data);

		if (e)
			return e;
		data += page[i].len;
	}
	return NULL;
}

static struct err *kdump_finish(struct writer *writer, bool complete)
{
	struct kdump *kdump = (struct kdump *)writer;
	struct err *e = pagedata_finish(kdump->pages);
	uint32_t status;

	if (pagedata_is_broken(kdump->pages)) {
		err_free(put_last_note(kdump->sink, &kdump->last_note));
		err_free(kdump->sink->ops->sync(kdump->sink));
		return e;
	}
	e = put_last_note(kdump->sink, &kdump->last_note);
	if (!e)
		e = kdump->sink->ops->sync(kdump->sink);
	if (e || !complete || sink_is_stream(kdump->sink))
		return e;

	status = kdump->header.status;
	e = put_header(kdump, status & ~(uint32_t)KDUMP_STATUS_INCOMPLETE);
	if (!e)
		e = kdump->sink->ops->sync(kdump->sink);
	/* Who is told that the dump is not good must not find a file that says it is. */
	if (e)
		err_free(put_header(kdump, status));
	return e;
}

static struct err *kdump_mark_incomplete(struct sink *sink)
{
	uint8_t header[KDUMP_MAIN_BYTES_MAX];
	uint8_t status[sizeof(uint32_t)];
	enum byte_order order;
	uint64_t at;
	size_t written;
	struct err *e = sink->ops->pread(sink, header, sizeof(header), 0);

	if (e)
		return e;
	e = kdump_status_find(header, &at, &order);
	if (e) {
		err_free(e); /* a file of another format stays as it is */
		return NULL;
	}
	store_u32(status, load_u32(header + at, order) | KDUMP_STATUS_INCOMPLETE, order);
	return sink->ops->pwrite(sink, status, sizeof(status), at, &written);
}

static struct writer_totals kdump_totals(const struct writer *writer)
{
	const struct kdump *kdump = (const struct kdump *)writer;

	return (struct writer_totals){
		.pages_nr = kdump->pages ? pagedata_written_nr(kdump->pages) : 0,
		.bytes = kdump->pages ? pagedata_end(kdump->pages) : 0,
	};
}

const struct writer_ops writer_kdump = {
	.name = "kdump-compressed",
	.compresses = true,
	.open = kdump_open,
	.free = kdump_free,
	.put_bitmaps = kdump_put_bitmaps,
	.begin_pages = kdump_begin_pages,
	.add = kdump_add,
	.finish = kdump_finish,
	.totals = kdump_totals,
	.mark_incomplete = kdump_mark_incomplete,
};
