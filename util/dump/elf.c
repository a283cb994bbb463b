// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/dump/elf.h"

#include <elf.h>
#include <string.h>

#include "util/base/bitmap.h"
#include "util/base/checked.h"
#include "util/dump/copynotes.h"
#include "util/dump/elfareas.h"
#include "util/dump/elfdata.h"
#include "util/dump/elfhead.h"

enum {
	/* Shorter runs of zero pages stay in their segment, though they could be left out. */
	ZERO_RUN_PAGES = 256,

	/* Shorter runs of zeros are written: a hole costs the file system an extent. */
	HOLE_BYTES = 64 << 10,

	/* Places that cannot be read and split a segment: 56 bytes each, used or not. */
	SPLITS_MAX = 16 << 10,
};

/*
 * A segment is described when it ends, and its program header may wait for others: so much can a
 * kill or a cut stream cost. Both are shares of what is there, so that little does not cost all.
 */
#define SEGMENT_BYTES_MAX (UINT64_C(64) << 20)
#define UNDESCRIBED_BYTES_MAX (UINT64_C(32) << 20)
#define UNDESCRIBED_BYTES_MIN (UINT64_C(1) << 20)
enum {
	UNDESCRIBED_SHARE = 8,

	/* 8 of a MiB each, then each an eighth larger than the one before, up to 64 MiB: 44. */
	SMALL_SEGMENTS_MAX = 48,
};

/* Page frames [first, end) are stored at @offset, and those up to the next segment are not. */
struct segment {
	uint64_t first;
	uint64_t end;
	uint64_t offset;
	uint64_t bytes_max; /* where so many are stored it ends */
	bool described;	    /* it has its program header, in memory or in the file */
};

struct elf {
	struct writer writer;
	struct sink *sink;
	struct image *image;
	unsigned int page_shift;
	bool drop_zeros;
	struct last_note last_note;

	/* Until the pages begin. */
	uint64_t kept_runs_nr;
	uint64_t bits_end; /* one past the last page frame of the bitmaps so far */
	bool last_kept;	   /* the one before bits_end */

	struct elf_areas areas; /* the one the pages are in now */
	struct segment segment;
	uint64_t zeros_nr; /* page frames behind the segment that are zeros and left out */
	struct elf_data data;
	uint64_t pages_nr;	   /* stored */
	uint64_t dropped_zeros_nr; /* and not stored, but known */
	bool broken;		   /* a write failed: nothing is added any more */
	bool ending;		   /* the last program header is for what is stored by now */

	uint64_t data_offset;
	uint64_t described_at; /* data below has its program headers in the file */
	struct elf_head head;
};

static void elf_free(struct writer *writer)
{
	free(writer);
}

static struct err *elf_open(const struct writer_config *config, struct writer **ret_writer)
{
	struct elf *elf;

	elf = calloc(1, sizeof(*elf));
	if (!elf)
		return err_nomem();
	elf->writer.ops = &writer_elf;
	elf->sink = config->sink[0];
	elf->image = config->image;
	elf->last_note = (struct last_note){ .bytes = config->note, .size = config->note_bytes };
	elf->page_shift = config->kernel->page_shift;
	elf->areas = (struct elf_areas){
		.map = &config->image->memmap,
		.page_shift = elf->page_shift,
	};
	elf->data.sink = elf->sink;
	elf->data.page_size = UINT64_C(1) << elf->page_shift;
	elf->head.sink = elf->sink;
	elf->head.order = config->image->order;
	elf->head.machine = config->image->machine;
	elf->drop_zeros = config->level & 1;
	*ret_writer = &elf->writer;
	return NULL;
}

static struct err *elf_put_bitmaps(struct writer *writer, uint64_t first, uint64_t pfns_nr,
				   const uint8_t *ram, const uint8_t *keep)
{
	struct elf *elf = (struct elf *)writer;
	size_t nr = (size_t)pfns_nr;
	size_t at = bitmap_next_set(keep, nr, 0);

	(void)ram;
	if (at == 0 && elf->last_kept && elf->bits_end == first)
		elf->kept_runs_nr--;
	elf->last_kept = false;
	while (at < nr) {
		size_t end = bitmap_next_clear(keep, nr, at);

		elf->kept_runs_nr++;
		elf->last_kept = end == nr;
		at = bitmap_next_set(keep, nr, end);
	}
	elf->bits_end = first + pfns_nr;
	return NULL;
}

/* What did not make it into the file is not described, and nothing is added any more. */
static struct err *fail(struct elf *elf, struct err *e)
{
	struct segment *segment = &elf->segment;
	uint64_t good_end = elf->data.good_end;
	uint64_t stored = good_end > segment->offset ? good_end - segment->offset : 0;

	elf->broken = true;
	elf->pages_nr -= (elf->data.at - good_end) >> elf->page_shift;
	elf->data.at = good_end;
	elf_head_forget(&elf->head, good_end);
	segment->end = MIN(segment->end, segment->first + (stored >> elf->page_shift));
	return err_wrap(e, "page data");
}

/* Data is in the file before what describes it. */
static struct err *flush_phdrs(struct elf *elf)
{
	struct err *e = elf->broken ? NULL : elf_data_flush_all(&elf->data);

	if (e)
		return fail(elf, e);
	if (!elf->head.held_nr)
		return NULL;
	elf->described_at = elf->data.at;
	e = elf_head_flush(&elf->head);
	elf->broken |= e != NULL;
	return err_wrap(e, "program headers");
}

static uint64_t share(const struct elf *elf, uint64_t bytes_max)
{
	uint64_t bytes = (elf->data.at - elf->data_offset) / UNDESCRIBED_SHARE;

	return MIN(MAX(bytes, UNDESCRIBED_BYTES_MIN), bytes_max);
}

static struct err *add_phdr(struct elf *elf, const struct elf_phdr *phdr)
{
	struct elf_head *head = &elf->head;
	struct err *e = NULL;

	/* They are held still where the data before them could not be written. */
	if (elf_head_is_full(head))
		e = flush_phdrs(elf);
	if (e)
		return e;
	if (head->phdrs_nr + !elf->ending >= head->phdrs_max)
		return err_new(ERR_UNSUPPORTED,
			       "memory is unreadable in more than %d places: an ELF file cannot "
			       "say so, a kdump-compressed one can",
			       SPLITS_MAX);
	elf_head_hold(head, phdr);
	if (elf_head_is_full(head) ||
	    elf->data.at - elf->described_at > share(elf, UNDESCRIBED_BYTES_MAX))
		return flush_phdrs(elf);
	return NULL;
}

/*
 * Behind the notes, but on no page's boundary. There makedumpfile maps the file, and it takes what
 * lies p_filesz to p_memsz behind a segment's offset for the part that is not stored, even when
 * that is the next segment: pages come out as zeros (seen with 1.7.2, which does not align data
 * either).
 */
static uint64_t data_begin(uint64_t notes_end)
{
	uint64_t at = align_up_u64(notes_end, sizeof(uint64_t));

	return at % 4096 ? at : at + sizeof(uint64_t);
}

/* With room for what is not known before the pages are read. */
static uint64_t phdrs_max(const struct elf *elf, uint64_t pages_nr)
{
	uint64_t bytes = pages_nr << elf->page_shift;

	return 1 + elf->kept_runs_nr + 2 * elf_areas_nr(&elf->areas) +
	       (elf->drop_zeros ? pages_nr / ZERO_RUN_PAGES : 0) + bytes / SEGMENT_BYTES_MAX +
	       MIN(bytes / UNDESCRIBED_BYTES_MIN, (uint64_t)SMALL_SEGMENTS_MAX) +
	       MIN(pages_nr / 2, (uint64_t)SPLITS_MAX) + 1;
}

/*
 * The machine's, if all that may have to be said fits: kexec-tools makes an ELF64 core of a 32-bit
 * kernel that has memory from 4 GiB on (PAE), and readers know such.
 */
static const struct elf_class *choose_class(const struct elf *elf, uint64_t pages_nr)
{
	const struct elf_class *class = elf_class_for(elf->image->address_bits);
	uint64_t end =
		data_begin(elf_head_bytes(class, elf->head.phdrs_max) + elf->image->notes_size) +
		(pages_nr << elf->page_shift);

	return MAX(end, elf_areas_highest(&elf->areas)) <= class->word_max ? class
									   : elf_class_for(64);
}

static void begin_segment(struct elf *elf, uint64_t pfn)
{
	elf->segment = (struct segment){
		.first = pfn,
		.end = pfn,
		.offset = elf->data.at,
		.bytes_max = share(elf, SEGMENT_BYTES_MAX),
	};
}

static struct err *elf_begin_pages(struct writer *writer, uint64_t pages_nr)
{
	struct elf *elf = (struct elf *)writer;
	uint64_t notes_size = elf->image->notes_size;
	uint64_t notes_at;
	bool incomplete;
	struct err *e;

	elf->head.phdrs_max = phdrs_max(elf, pages_nr);
	if (elf->head.phdrs_max > ELF_PHDRS_MAX)
		return err_new(ERR_UNSUPPORTED,
			       "so many segments do not fit in an ELF file: a kdump-compressed one "
			       "has room");
	elf->head.class = choose_class(elf, pages_nr);
	notes_at = elf_head_bytes(elf->head.class, elf->head.phdrs_max);
	elf->data.at = data_begin(notes_at + notes_size);
	elf->data_offset = elf->data.at;
	elf->described_at = elf->data.at;
	elf->data.good_end = elf->data.at;

	e = elf->sink->ops->reserve(elf->sink, 0, elf->data.at);
	/* A stream has its own way to tell that it was cut, and no way to take this back. */
	incomplete =
		!sink_is_stream(elf->sink) || elf->image->incomplete || elf->image->truncated_bytes;
	if (!e)
		e = elf_head_put(&elf->head, incomplete ? ELF_FLAG_INCOMPLETE : 0);
	if (!e)
		e = elf_head_put_section(&elf->head);
	if (!e)
		e = copy_notes(elf->image, elf->sink, notes_at, elf->data.at, &elf->last_note);
	if (!e)
		e = add_phdr(elf, &(struct elf_phdr){
					  .type = PT_NOTE,
					  .offset = notes_at,
					  .file_size = notes_size,
					  .mem_size = notes_size,
				  });
	if (e)
		return err_wrap(e, "headers");
	if (elf_areas_next(&elf->areas))
		begin_segment(elf, elf->areas.area.first);
	return flush_phdrs(elf);
}

/* The segment, reaching up to page frame @end. */
static struct err *describe(struct elf *elf, uint64_t end)
{
	struct segment *segment = &elf->segment;
	const struct elf_area *area = &elf->areas.area;
	uint64_t described_nr = elf->head.phdrs_nr;
	uint64_t stored = (segment->end - segment->first) << elf->page_shift;
	uint64_t start = segment->first << elf->page_shift;
	uint64_t paddr = MAX(start, area->paddr);
	uint64_t end_paddr = MIN(end << elf->page_shift, area->end_paddr);
	uint64_t stored_end = MIN(start + stored, end_paddr);
	struct err *e;

	if (segment->described || paddr >= end_paddr)
		return NULL;
	/*
	 * p_offset also where nothing is stored: crash takes that of the first for the headers'
	 * end.
	 */
	e = add_phdr(elf, &(struct elf_phdr){
				  .type = PT_LOAD,
				  .flags = PF_R | PF_W | PF_X,
				  .offset = segment->offset + (paddr - start),
				  .vaddr = area->vaddr ? area->vaddr + (paddr - area->paddr) : 0,
				  .paddr = paddr,
				  .file_size = stored ? stored_end - paddr : 0,
				  .mem_size = end_paddr - paddr,
			  });
	/* What failed then may have been the data of segments before it. */
	segment->described = elf->head.phdrs_nr > described_nr;
	return e;
}

/* All memory below @pfn, where the next segment begins. */
static struct err *describe_up_to(struct elf *elf, uint64_t pfn)
{
	const struct elf_area *area = &elf->areas.area;

	for (;;) {
		struct err *e = describe(elf, MIN(area->end, pfn));

		if (e)
			return e;
		if (pfn < area->end || !elf_areas_next(&elf->areas))
			break;
		begin_segment(elf, area->first);
		if (pfn <= area->first)
			break;
	}
	begin_segment(elf, pfn);
	elf->zeros_nr = 0;
	return NULL;
}

/* Is @pfn the next page of the segment? */
static bool belongs(const struct elf *elf, uint64_t pfn)
{
	const struct segment *segment = &elf->segment;

	return segment->first < segment->end && pfn == segment->end + elf->zeros_nr &&
	       pfn < elf->areas.area.end && elf->zeros_nr < ZERO_RUN_PAGES &&
	       (pfn - segment->first) << elf->page_shift < SEGMENT_BYTES_MAX &&
	       (segment->end - segment->first) << elf->page_shift < segment->bytes_max;
}

static struct err *put_zeros(struct elf *elf, uint64_t pages_nr)
{
	struct err *e = elf_data_add_hole(&elf->data, pages_nr);

	if (e)
		return fail(elf, e);
	elf->segment.end += pages_nr;
	elf->pages_nr += pages_nr;
	return NULL;
}

/* Make the segment end where @pfn is to be stored. */
static struct err *reach(struct elf *elf, uint64_t pfn)
{
	struct err *e;

	if (!belongs(elf, pfn))
		return describe_up_to(elf, pfn);
	if (!elf->zeros_nr)
		return NULL;
	e = put_zeros(elf, elf->zeros_nr);
	if (!e)
		elf->dropped_zeros_nr -= elf->zeros_nr;
	elf->zeros_nr = 0;
	return e;
}

static struct err *store_page(struct elf *elf, uint64_t pfn, const uint8_t *bytes)
{
	struct err *e = reach(elf, pfn);

	if (e)
		return e;
	e = elf_data_add(&elf->data, bytes);
	if (e)
		return fail(elf, e);
	elf->segment.end++;
	elf->pages_nr++;
	return NULL;
}

/* How many pages from @page on are zeros and follow each other. */
static size_t zero_run(const struct writer_page *page, size_t pages_nr)
{
	size_t nr = 0;

	while (nr < pages_nr && page[nr].state == PAGE_STATE_ZERO &&
	       page[nr].pfn == page[0].pfn + nr)
		nr++;
	return nr;
}

static struct err *add_zeros(struct elf *elf, const struct writer_page *page, size_t nr,
			     const uint8_t *data)
{
	uint64_t pfn = page[0].pfn;

	if (elf->drop_zeros) {
		elf->dropped_zeros_nr += nr;
		if (pfn != elf->segment.end + elf->zeros_nr)
			return NULL;
		elf->zeros_nr += nr;
		return NULL;
	}
	for (size_t i = 0; i < nr;) {
		size_t left = nr - i;
		struct err *e;

		if (left << elf->page_shift < HOLE_BYTES) {
			e = store_page(elf, pfn + i, data + (i << elf->page_shift));
			i++;
		} else {
			e = reach(elf, pfn + i);
			left = (size_t)MIN((uint64_t)left, elf->areas.area.end - (pfn + i));
			if (!e)
				e = put_zeros(elf, left);
			i += left;
		}
		if (e)
			return e;
	}
	return NULL;
}

static struct err *elf_add(struct writer *writer, const struct writer_page *page, size_t pages_nr,
			   const uint8_t *data)
{
	struct elf *elf = (struct elf *)writer;
	struct err *e = NULL;

	for (size_t i = 0; i < pages_nr;) {
		size_t nr = zero_run(&page[i], pages_nr - i);

		if (nr)
			e = add_zeros(elf, &page[i], nr, data);
		else if (page[i].len)
			e = store_page(elf, page[i].pfn, data);
		if (e)
			return e;
		nr = MAX(nr, (size_t)1);
		data += nr * page[i].len;
		i += nr;
	}
	e = elf_data_flush(&elf->data);
	return e ? fail(elf, e) : NULL;
}

static struct err *elf_finish(struct writer *writer, bool complete)
{
	struct elf *elf = (struct elf *)writer;
	bool was_broken = elf->broken;
	struct err *flushing;
	struct err *e = NULL;

	if (complete)
		e = describe_up_to(elf, UINT64_MAX >> elf->page_shift);
	/* The rest of an incomplete file is not memory that was left out. */
	elf->ending = true;
	if (!complete)
		e = describe(elf, elf->segment.end);
	else if (e && !elf->broken)
		err_free(describe(elf, elf->segment.end));
	/* Whatever has failed, what is in the file is described. */
	flushing = flush_phdrs(elf);
	if (e)
		err_free(flushing);
	else
		e = flushing;
	if (!e && sink_is_stream(elf->sink))
		e = elf_head_fill(&elf->head);
	if (e || was_broken) {
		err_free(put_last_note(elf->sink, &elf->last_note));
		err_free(elf->sink->ops->sync(elf->sink));
		return e;
	}
	e = put_last_note(elf->sink, &elf->last_note);
	if (!e)
		e = elf->sink->ops->sync(elf->sink);
	if (e || !complete || sink_is_stream(elf->sink))
		return e;
	e = elf_head_put(&elf->head, 0);
	return e ? e : elf->sink->ops->sync(elf->sink);
}

static struct writer_totals elf_totals(const struct writer *writer)
{
	const struct elf *elf = (const struct elf *)writer;

	return (struct writer_totals){
		.pages_nr = elf->pages_nr + elf->dropped_zeros_nr,
		.bytes = elf->data.at,
	};
}

const struct writer_ops writer_elf = {
	.name = "ELF",
	.address_order = true,
	.zeros_inline = true,
	.open = elf_open,
	.free = elf_free,
	.put_bitmaps = elf_put_bitmaps,
	.begin_pages = elf_begin_pages,
	.add = elf_add,
	.finish = elf_finish,
	.totals = elf_totals,
	.mark_incomplete = elf_head_mark_incomplete,
};
