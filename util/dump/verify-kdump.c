// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/dump/verify-kdump.h"

#include <string.h>

#include "util/base/bitmap.h"
#include "util/base/checked.h"
#include "util/base/pool.h"
#include "util/codec/codec.h"
#include "util/dump/extents.h"
#include "util/image/kdumpheader.h"
#include "util/image/kdumppage.h"

enum {
	BATCH_PAGES = 256,
	BATCHES_PER_THREAD = 2,
	BITMAP_STEP_BYTES = 4096,

	/* Descriptors that share their bytes with others: remembered, to be compared. */
	SHARED_MAX = 1024,
};

enum fate { FATE_GOOD, FATE_LOST, FATE_CUT_OFF, FATE_DAMAGED };

struct item {
	uint64_t pfn;
	struct kdump_desc desc;
	bool not_zeros; /* stored raw, and read */
	enum fate fate;
	struct err *why; /* of a damaged one */
};

struct batch {
	struct pool_job job; /* first: a job is a batch */
	size_t nr;
	struct item item[BATCH_PAGES];
	struct err *failure;
};

/* A file of the dump being walked. */
struct walk {
	const struct verify_options *options;
	struct verify_report *report;
	struct image *image;
	struct mem_file *file;
	struct kdump_header header;
	struct kdump_pages *pages;
	bool stopped; /* it says that its end is missing, or the stream it came in has none */
	uint64_t data_offset; /* where descriptors end */
	uint64_t data_end;    /* there would be no page behind this if nothing were missing */
	uint8_t **page;	      /* a thread each */
	struct pool *pool;
	struct batch *batch;
	size_t batches_nr;
	size_t batches_used_nr;
	struct batch *filling;
	uint64_t index;			/* of the next descriptor */
	uint64_t done_pfns, total_pfns; /* of all files */
	struct extents places;
	struct kdump_desc shared[SHARED_MAX];
};

static struct err *check_desc(const struct walk *walk, const struct kdump_desc *desc)
{
	struct err *e = kdump_desc_check(walk->pages, desc);

	if (!e && desc->offset < walk->data_offset)
		return err_new(ERR_FORMAT, "its bytes at offset %llu lie before the page data",
			       (unsigned long long)desc->offset);
	return e;
}

static bool same_desc(const struct kdump_desc *a, const struct kdump_desc *b)
{
	return a->offset == b->offset && a->size == b->size && a->flags == b->flags;
}

/* Would a whole dump have bytes of pages there? */
static bool is_place_of_data(const struct walk *walk, const struct kdump_desc *desc)
{
	return desc->offset >= walk->data_offset &&
	       range_within(desc->offset, desc->size, walk->data_end);
}

/*
 * Writing that stops, on a full disk or by a kill, stops between two blocks of the file: of the
 * descriptor that reaches over both only the offset may be there.
 */
static bool is_lost(const struct walk *walk, const struct kdump_desc *desc)
{
	return !desc->size && !desc->flags &&
	       (!desc->offset || (walk->stopped && is_place_of_data(walk, desc)));
}

/*
 * Of a dump that does not claim to be whole, is this what is missing of it? An offset where nobody
 * would have put a page is damage all the same.
 */
static enum fate fate_of(const struct walk *walk, const struct kdump_desc *desc,
			 const struct err *why)
{
	return err_code(why) == ERR_NODATA && walk->stopped && is_place_of_data(walk, desc)
		       ? FATE_CUT_OFF
		       : FATE_DAMAGED;
}

static bool is_raw_data(const struct kdump_desc *desc, const uint8_t *page)
{
	return !desc->flags && (page[0] || memcmp(page, page + 1, desc->size - 1) != 0);
}

/* Runs in any thread. */
static void work(void *ctx, unsigned int worker, struct pool_job *job)
{
	const struct walk *walk = ctx;
	struct batch *batch = (struct batch *)job;
	const struct item *last_good = NULL;

	for (size_t i = 0; i < batch->nr; i++) {
		struct item *item = &batch->item[i];

		if (item->why) {
			item->fate = FATE_DAMAGED;
			continue;
		}
		if (is_lost(walk, &item->desc)) {
			item->fate = FATE_LOST;
			continue;
		}
		item->fate = FATE_GOOD;
		if (last_good && same_desc(&last_good->desc, &item->desc)) {
			item->not_zeros = last_good->not_zeros;
			continue;
		}
		item->why = check_desc(walk, &item->desc);
		if (!item->why && !walk->options->places_only)
			item->why = kdump_page_read(walk->pages, &item->desc, MEM_SEQUENTIAL,
						    walk->page[worker]);
		if (!item->why) {
			item->not_zeros = !walk->options->places_only &&
					  is_raw_data(&item->desc, walk->page[worker]);
			last_good = item;
			continue;
		}
		if (err_code(item->why) == ERR_NOMEM || err_code(item->why) == ERR_UNSUPPORTED) {
			batch->failure = take_ptr(item->why);
			return;
		}
		item->fate = fate_of(walk, &item->desc, item->why);
	}
}

/*
 * Pages whose bytes are already another's must be that other's altogether. Of the first pages that
 * share their descriptors are remembered; they are few, and most often only that of zeros. No
 * writer looks for other pages that are equal: raw ones that share their bytes are zeros, or their
 * descriptors were damaged.
 */
static struct err *place_page(struct walk *walk, const struct item *item)
{
	const struct kdump_desc *desc = &item->desc;
	struct kdump_desc *shared = &walk->shared[desc->offset / 8 % SHARED_MAX];
	enum extents_found found;
	struct err *e;

	if (shared->offset == desc->offset && same_desc(shared, desc)) {
		walk->report->shared_nr++;
		return NULL;
	}
	e = extents_add(&walk->places, desc->offset, desc->offset + desc->size, &found);
	if (e)
		return e;
	if (found == EXTENTS_COVERED) {
		walk->report->shared_nr++;
		if (shared->offset == desc->offset)
			return err_new(ERR_FORMAT,
				       "%u bytes at offset %llu are another page's in another size",
				       desc->size, (unsigned long long)desc->offset);
		if (item->not_zeros)
			return err_new(ERR_FORMAT,
				       "%u bytes at offset %llu are another page's, and no zeros",
				       desc->size, (unsigned long long)desc->offset);
		*shared = *desc;
	}
	if (found == EXTENTS_OVERLAPS)
		return err_new(ERR_FORMAT, "%u bytes at offset %llu are partly another page's",
			       desc->size, (unsigned long long)desc->offset);
	return NULL;
}

static void count_good(struct verify_report *report, uint32_t flags)
{
	const char *name = kdump_flag_codec(flags);

	report->good_nr++;
	report->raw_nr += !name;
	for (size_t i = 0; name && codec_at(i); i++)
		report->packed_nr[i] += strcmp(codec_at(i)->name, name) == 0;
}

static struct err *take_item(struct walk *walk, struct item *item)
{
	struct verify_report *report = walk->report;
	autoerr struct err *why = take_ptr(item->why);

	report->pages_nr++;
	if (item->fate == FATE_LOST || item->fate == FATE_CUT_OFF) {
		report->lost_nr += item->fate == FATE_LOST;
		report->cut_off_nr += item->fate == FATE_CUT_OFF;
		return NULL;
	}
	if (!why) {
		why = place_page(walk, item);
		if (why && err_code(why) == ERR_NOMEM)
			return take_ptr(why);
	}
	if (why)
		verify_add_damage(report, item->pfn, why);
	else
		count_good(report, item->desc.flags);
	return NULL;
}

static bool tick(const struct walk *walk)
{
	return walk->options->tick(walk->options->ctx, walk->done_pfns, walk->total_pfns);
}

static struct err *take_batch(struct walk *walk, struct batch *batch)
{
	struct err *e = take_ptr(batch->failure);

	for (size_t i = 0; !e && i < batch->nr; i++)
		e = take_item(walk, &batch->item[i]);
	if (!e && !tick(walk))
		e = err_new(ERR_INTERRUPTED, "interrupted");
	return e;
}

static struct err *retire(struct walk *walk, struct batch **ret_batch)
{
	*ret_batch = (struct batch *)pool_retire(walk->pool);
	return *ret_batch ? take_batch(walk, *ret_batch) : NULL;
}

/* The descriptors of what has been collected, read at once. */
static struct err *submit(struct walk *walk)
{
	struct batch *batch = walk->filling;
	uint8_t bytes[BATCH_PAGES * KDUMP_DESC_BYTES];
	uint64_t at = walk->index * KDUMP_DESC_BYTES;
	uint64_t there;

	if (!batch)
		return NULL;
	there = at < walk->header.descs.size
			? MIN((walk->header.descs.size - at) / KDUMP_DESC_BYTES, batch->nr)
			: 0;
	if (there) {
		struct err *e = kdump_descs_read(walk->file, walk->header.descs.offset + at,
						 (size_t)there, MEM_SEQUENTIAL, bytes);

		if (e)
			return err_wrap(e, "page descriptors");
	}
	for (size_t i = 0; i < batch->nr; i++) {
		struct item *item = &batch->item[i];

		if (i < there)
			item->desc =
				kdump_desc_load(bytes + i * KDUMP_DESC_BYTES, walk->header.order);
		else if (walk->stopped)
			/* It did not get so far. */
			item->desc = (struct kdump_desc){ .offset = 0 };
		else if (!item->why)
			item->why = err_new(ERR_NODATA, "the file ends before its descriptor");
	}
	walk->index += batch->nr;
	walk->filling = NULL;
	pool_submit(walk->pool, &batch->job);
	return NULL;
}

/* A page to look at, or one that is damaged already for the reason @why, which is taken over. */
static struct err *add_pfn(struct walk *walk, uint64_t pfn, struct err *why)
{
	autoerr struct err *known = why;
	struct batch *batch = walk->filling;

	if (!batch) {
		if (walk->batches_used_nr < walk->batches_nr) {
			batch = &walk->batch[walk->batches_used_nr++];
		} else {
			struct err *e = retire(walk, &batch);

			if (e)
				return e;
		}
		batch->nr = 0;
		walk->filling = batch;
	}
	batch->item[batch->nr++] = (struct item){ .pfn = pfn, .why = take_ptr(known) };
	return batch->nr == BATCH_PAGES ? submit(walk) : NULL;
}

/* Page frames [first, first + nr), whose bits are here; @first is a multiple of 8. */
static struct err *walk_bits(struct walk *walk, uint64_t first, const uint8_t *ram,
			     const uint8_t *kept, size_t nr)
{
	const struct kdump_header *header = &walk->header;

	for (size_t n = bitmap_next_set(kept, nr, 0); n < nr;
	     n = bitmap_next_set(kept, nr, n + 1)) {
		uint64_t pfn = first + n;
		struct err *why = NULL;
		struct err *e;

		if (pfn < header->start_pfn || pfn >= header->end_pfn)
			continue;
		if (!bitmap_test(ram, n))
			why = err_new(ERR_FORMAT, "in the dump, but not in the map of memory");
		e = add_pfn(walk, pfn, why);
		if (e)
			return e;
	}
	return NULL;
}

static struct err *walk_bitmaps(struct walk *walk)
{
	const struct kdump_header *header = &walk->header;
	uint64_t bits_nr = header->kept.size * 8;

	bits_nr = MIN(bits_nr, header->max_mapnr);
	for (uint64_t pfn = 0; pfn < bits_nr; pfn += (uint64_t)BITMAP_STEP_BYTES * 8) {
		uint8_t ram[BITMAP_STEP_BYTES];
		uint8_t kept[BITMAP_STEP_BYTES];
		size_t nr = (size_t)MIN(bits_nr - pfn, (uint64_t)BITMAP_STEP_BYTES * 8);
		struct err *e = mem_file_read(walk->file, header->ram.offset + pfn / 8, ram,
					      bitmap_bytes(nr), MEM_SEQUENTIAL);

		if (!e)
			e = mem_file_read(walk->file, header->kept.offset + pfn / 8, kept,
					  bitmap_bytes(nr), MEM_SEQUENTIAL);
		if (e)
			return err_wrap(e, "bitmaps");
		e = walk_bits(walk, pfn, ram, kept, nr);
		if (e)
			return e;
		walk->done_pfns += nr;
		if (!tick(walk))
			return err_new(ERR_INTERRUPTED, "interrupted");
	}
	return submit(walk);
}

/* The first pass over the bitmap: how many descriptors there are. */
static struct err *count_descs(struct walk *walk, uint64_t *ret_nr)
{
	const struct kdump_header *header = &walk->header;
	uint64_t at = header->start_pfn & ~UINT64_C(7);
	uint64_t nr = 0;

	while (at < header->end_pfn) {
		uint8_t bits[BITMAP_STEP_BYTES];
		size_t bits_nr = (size_t)MIN(header->end_pfn - at, (uint64_t)BITMAP_STEP_BYTES * 8);
		struct err *e = image_check_stop(walk->image);

		if (e)
			return e;
		e = mem_file_read(walk->file, header->kept.offset + at / 8, bits,
				  bitmap_bytes(bits_nr), MEM_SEQUENTIAL);

		if (e)
			return err_wrap(e, "bitmaps");
		if (at < header->start_pfn)
			bitmap_clear_range(bits, 0, (size_t)(header->start_pfn - at));
		nr += bitmap_count(bits, bits_nr);
		at += bits_nr;
	}
	*ret_nr = nr;
	return NULL;
}

static struct err *set_up(struct walk *walk)
{
	const struct verify_options *options = walk->options;
	struct pool_config config = {
		.threads_nr = options->threads_nr,
		.work = work,
		.ctx = walk,
	};
	struct err *e = kdump_pages_new(walk->file, walk->header.block_size, &walk->pages);

	if (e)
		return e;
	walk->batches_nr =
		options->threads_nr == 1 ? 1 : (size_t)options->threads_nr * BATCHES_PER_THREAD;
	walk->batch = calloc(walk->batches_nr, sizeof(*walk->batch));
	walk->page = calloc(options->threads_nr, sizeof(*walk->page));
	if (!walk->batch || !walk->page)
		return err_nomem();
	for (unsigned int i = 0; i < options->threads_nr; i++) {
		walk->page[i] = malloc((size_t)walk->header.block_size);
		if (!walk->page[i])
			return err_nomem();
	}
	return pool_new(&config, &walk->pool);
}

static void tear_down(struct walk *walk)
{
	pool_free(walk->pool);
	for (size_t i = 0; i < walk->batches_used_nr; i++) {
		struct batch *batch = &walk->batch[i];

		err_free(batch->failure);
		for (size_t n = 0; n < batch->nr; n++)
			err_free(batch->item[n].why);
	}
	for (unsigned int i = 0; walk->page && i < walk->options->threads_nr; i++)
		free(walk->page[i]);
	free(walk->page);
	free(walk->batch);
	kdump_pages_free(walk->pages);
	extents_release(&walk->places);
}

static struct err *walk_file(struct walk *walk)
{
	struct verify_report *report = walk->report;
	uint64_t descs_nr = 0;
	struct batch *batch;
	struct err *e = count_descs(walk, &descs_nr);

	walk->stopped = walk->header.status & KDUMP_STATUS_INCOMPLETE ||
			mem_file_lacks(walk->file, mem_file_size(walk->file), 1);
	walk->data_offset = walk->header.descs.offset + descs_nr * KDUMP_DESC_BYTES;
	/* A page that others share may lie among them: makedumpfile's and ours of zeros. */
	walk->data_end = walk->data_offset + (descs_nr + 1) * walk->header.block_size;
	if (!e)
		e = set_up(walk);
	if (!e)
		e = walk_bitmaps(walk);
	/* After a failure the rest is dropped. */
	do {
		batch = NULL;
		if (!e)
			e = retire(walk, &batch);
	} while (batch);

	if (walk->places.full) {
		report->places_known = false;
	} else if (mem_file_size(walk->file) > walk->data_offset) {
		report->unused_bytes += mem_file_size(walk->file) - walk->data_offset -
					extents_bytes(&walk->places);
	}
	return e;
}

struct err *verify_kdump(const struct verify_options *options, struct image *image,
			 struct verify_report *report)
{
	struct walk *walk = calloc(1, sizeof(*walk));
	struct err *e = NULL;
	uint64_t done_pfns = 0;

	if (!walk)
		return err_nomem();

	for (size_t i = 0; !e && i < image->parts_nr; i++) {
		*walk = (struct walk){
			.options = options,
			.report = report,
			.image = image,
			.file = image->part[i],
			.done_pfns = done_pfns,
		};
		e = kdump_header_read(walk->file, NULL, &walk->header);
		if (e)
			break;
		walk->total_pfns = image->parts_nr * walk->header.max_mapnr;
		e = walk_file(walk);
		done_pfns = walk->done_pfns;
		tear_down(walk);
	}
	free(walk);
	if (!report->places_known)
		report->shared_nr = report->unused_bytes = 0;
	return e;
}
