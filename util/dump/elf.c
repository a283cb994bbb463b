// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/dump/elf.h"

#include <elf.h>
#include <string.h>

#include "util/base/bitmap.h"
#include "util/base/checked.h"
#include "util/dump/copynotes.h"

enum {
	PHDR_BYTES = sizeof(Elf64_Phdr),
	HEADERS_AT = sizeof(Elf64_Ehdr),
	FLAG_INCOMPLETE = 1,

	PHDRS_HELD_NR = 1024,

	/* Shorter runs of zero pages stay in their segment, though they could be left out. */
	ZERO_RUN_PAGES = 256,

	/* Shorter runs of zeros are written: a hole costs the file system an extent. */
	HOLE_BYTES = 64 << 10,

	/* Places that cannot be read and split a segment: 56 bytes each, used or not. */
	SPLITS_MAX = 16 << 10,
};

/* A segment is described when it ends: so much can a kill or a cut stream cost. */
#define SEGMENT_BYTES_MAX (UINT64_C(64) << 20)

/* How much data may be in the file before its program headers are. */
#define UNDESCRIBED_BYTES_MAX (UINT64_C(32) << 20)

/* Memory without a gap, and with virtual addresses without a gap if it has any. */
struct area {
	uint64_t first; /* pfn */
	uint64_t end;
	uint64_t paddr;
	uint64_t end_paddr;
	uint64_t vaddr; /* of paddr; 0: none */
};

/* Page frames [first, end) are stored at @offset, and those up to the next segment are not. */
struct segment {
	uint64_t first;
	uint64_t end;
	uint64_t offset;
	bool described; /* it has its program header, in memory or in the file */
};

/* Pages that lie behind each other in memory and in the file, on their way there. */
struct run {
	const uint8_t *data;
	size_t len;
	uint64_t offset;
};

struct elf {
	struct writer writer;
	struct sink *sink;
	struct image *image;
	enum byte_order order;
	unsigned int page_shift;
	bool drop_zeros;
	struct last_note last_note;

	/* Until the pages begin. */
	uint64_t kept_runs_nr;
	uint64_t bits_end; /* one past the last page frame of the bitmaps so far */
	bool last_kept;	   /* the one before bits_end */

	size_t next_range; /* of the memory map, behind the area */
	struct area area;
	struct segment segment;
	uint64_t zeros_nr; /* page frames behind the segment that are zeros and left out */
	struct run run;
	uint64_t at;		   /* where the next page is stored */
	uint64_t pages_nr;	   /* stored */
	uint64_t dropped_zeros_nr; /* and not stored, but known */
	uint64_t written_end;	   /* of the data; what follows is a hole */
	bool broken;		   /* a write failed: nothing is added any more */
	bool ending;		   /* the last program header is for what is stored by now */

	uint64_t phdrs_max; /* there is room for */
	uint64_t phdrs_nr;
	uint64_t described_at; /* data below has its program headers in the file */
	size_t held_nr;	       /* the last of phdrs_nr, in memory */
	uint8_t held[PHDRS_HELD_NR * PHDR_BYTES];
};

static uint64_t page_size(const struct elf *elf)
{
	return UINT64_C(1) << elf->page_shift;
}

static struct err *put(struct elf *elf, const void *buf, size_t len, uint64_t offset)
{
	size_t written;

	return elf->sink->ops->pwrite(elf->sink, buf, len, offset, &written);
}

static bool continues(const struct memmap_range *a, const struct memmap_range *b)
{
	if (a->paddr + a->size != b->paddr)
		return false;
	return a->vaddr ? b->vaddr == a->vaddr + a->size : !b->vaddr;
}

/* False behind the last one. A page that two areas share belongs to the first of them. */
static bool next_area(struct elf *elf)
{
	const struct memmap *map = &elf->image->memmap;
	const struct memmap_range *range = &map->range[elf->next_range];
	const struct memmap_range *last = range;
	uint64_t first;

	if (elf->next_range == map->nr)
		return false;
	while (last + 1 < map->range + map->nr && continues(last, last + 1))
		last++;
	elf->next_range = (size_t)(last + 1 - map->range);

	first = MAX(range->paddr >> elf->page_shift, elf->area.end);
	elf->area = (struct area){
		.first = first,
		.end = MAX(div_round_up_u64(last->paddr + last->size, page_size(elf)), first),
		.paddr = range->paddr,
		.end_paddr = last->paddr + last->size,
		.vaddr = range->vaddr,
	};
	/* Not so much memory stands there, but the page is stored whole. */
	if (elf->next_range < map->nr &&
	    map->range[elf->next_range].paddr >> elf->page_shift < elf->area.end)
		elf->area.end_paddr = elf->area.end << elf->page_shift;
	return true;
}

static uint64_t areas_nr(struct elf *elf)
{
	uint64_t nr = 0;

	while (next_area(elf))
		nr++;
	elf->area = (struct area){ .first = 0 };
	elf->next_range = 0;
	return nr;
}

static void elf_free(struct writer *writer)
{
	free(writer);
}

static struct err *elf_open(const struct writer_config *config, struct writer **ret_writer)
{
	struct elf *elf;

	if (config->image->address_bits != 64)
		return err_new(ERR_UNSUPPORTED, "only images of 64-bit machines can be written");
	elf = calloc(1, sizeof(*elf));
	if (!elf)
		return err_nomem();
	elf->writer.ops = &writer_elf;
	elf->sink = config->sink[0];
	elf->image = config->image;
	elf->last_note = (struct last_note){ .bytes = config->note, .size = config->note_bytes };
	elf->order = config->image->order;
	elf->page_shift = config->kernel->page_shift;
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
	while (at < nr) {
		size_t end = bitmap_next_clear(keep, nr, at);

		elf->kept_runs_nr++;
		elf->last_kept = end == nr;
		at = bitmap_next_set(keep, nr, end);
	}
	elf->bits_end = first + pfns_nr;
	return NULL;
}

static void make_header(const struct elf *elf, uint8_t header[sizeof(Elf64_Ehdr)])
{
	static const uint8_t magic[] = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3 };
	bool many = elf->phdrs_max >= PN_XNUM;
	enum byte_order order = elf->order;

	memset(header, 0, sizeof(Elf64_Ehdr));
	memcpy(header, magic, sizeof(magic));
	header[EI_CLASS] = ELFCLASS64;
	header[EI_DATA] = order == ORDER_BIG ? ELFDATA2MSB : ELFDATA2LSB;
	header[EI_VERSION] = EV_CURRENT;
	store_u16(header + offsetof(Elf64_Ehdr, e_type), ET_CORE, order);
	store_u16(header + offsetof(Elf64_Ehdr, e_machine), elf->image->machine, order);
	store_u32(header + offsetof(Elf64_Ehdr, e_version), EV_CURRENT, order);
	store_u64(header + offsetof(Elf64_Ehdr, e_phoff), HEADERS_AT, order);
	store_u16(header + offsetof(Elf64_Ehdr, e_ehsize), sizeof(Elf64_Ehdr), order);
	store_u16(header + offsetof(Elf64_Ehdr, e_phentsize), PHDR_BYTES, order);
	store_u16(header + offsetof(Elf64_Ehdr, e_phnum),
		  (uint16_t)(many ? PN_XNUM : elf->phdrs_max), order);
	if (!many)
		return;
	store_u64(header + offsetof(Elf64_Ehdr, e_shoff), HEADERS_AT + elf->phdrs_max * PHDR_BYTES,
		  order);
	store_u16(header + offsetof(Elf64_Ehdr, e_shentsize), sizeof(Elf64_Shdr), order);
	store_u16(header + offsetof(Elf64_Ehdr, e_shnum), 1, order);
}

static struct err *put_header(struct elf *elf, uint32_t flags)
{
	uint8_t header[sizeof(Elf64_Ehdr)];

	make_header(elf, header);
	store_u32(header + offsetof(Elf64_Ehdr, e_flags), flags, elf->order);
	return put(elf, header, sizeof(header), 0);
}

/* The one section header: how many program headers there are. */
static struct err *put_section_header(struct elf *elf)
{
	uint8_t header[sizeof(Elf64_Shdr)] = { 0 };

	store_u64(header + offsetof(Elf64_Shdr, sh_size), 1, elf->order);
	store_u32(header + offsetof(Elf64_Shdr, sh_info), (uint32_t)elf->phdrs_max, elf->order);
	return put(elf, header, sizeof(header), HEADERS_AT + elf->phdrs_max * PHDR_BYTES);
}

static struct err *flush_run(struct elf *elf);
static struct err *fail(struct elf *elf, uint64_t good_end, struct err *e);

/* Holes at the end are in the file only if its length says so. */
static struct err *extend_file(struct elf *elf)
{
	struct err *e;

	if (elf->written_end == elf->at)
		return NULL;
	e = elf->sink->ops->reserve(elf->sink, elf->at - page_size(elf), page_size(elf));
	if (e)
		return fail(elf, elf->written_end, e);
	elf->written_end = elf->at;
	return NULL;
}

/* Data is in the file before what describes it. */
static struct err *flush_phdrs(struct elf *elf)
{
	struct err *e = elf->broken ? NULL : flush_run(elf);

	if (!e && !elf->broken)
		e = extend_file(elf);
	if (e || !elf->held_nr)
		return e;
	elf->described_at = elf->at;
	e = put(elf, elf->held, elf->held_nr * PHDR_BYTES,
		HEADERS_AT + (elf->phdrs_nr - elf->held_nr) * PHDR_BYTES);
	elf->held_nr = 0;
	elf->broken |= e != NULL;
	return err_wrap(e, "program headers");
}

static struct err *add_phdr(struct elf *elf, const Elf64_Phdr *phdr)
{
	enum byte_order order = elf->order;
	struct err *e = NULL;
	uint8_t *to;

	/* They are held still where the data before them could not be written. */
	if (elf->held_nr == PHDRS_HELD_NR)
		e = flush_phdrs(elf);
	if (e)
		return e;
	to = elf->held + elf->held_nr * PHDR_BYTES;
	if (elf->phdrs_nr + !elf->ending >= elf->phdrs_max)
		return err_new(ERR_UNSUPPORTED,
			       "memory is unreadable in more than %d places: an ELF file cannot "
			       "say so, a kdump-compressed one can",
			       SPLITS_MAX);
	store_u32(to + offsetof(Elf64_Phdr, p_type), phdr->p_type, order);
	store_u32(to + offsetof(Elf64_Phdr, p_flags), phdr->p_flags, order);
	store_u64(to + offsetof(Elf64_Phdr, p_offset), phdr->p_offset, order);
	store_u64(to + offsetof(Elf64_Phdr, p_vaddr), phdr->p_vaddr, order);
	store_u64(to + offsetof(Elf64_Phdr, p_paddr), phdr->p_paddr, order);
	store_u64(to + offsetof(Elf64_Phdr, p_filesz), phdr->p_filesz, order);
	store_u64(to + offsetof(Elf64_Phdr, p_memsz), phdr->p_memsz, order);
	store_u64(to + offsetof(Elf64_Phdr, p_align), 0, order);
	elf->phdrs_nr++;
	elf->held_nr++;
	if (elf->held_nr == PHDRS_HELD_NR || elf->at - elf->described_at > UNDESCRIBED_BYTES_MAX)
		return flush_phdrs(elf);
	return NULL;
}

/*
 * Behind the notes, but on no page's boundary. There makedumpfile maps the file, and it takes what
 * lies p_filesz to p_memsz behind a segment's offset for the part that is not stored, even when that
 * is the next segment: pages come out as zeros (seen with 1.7.2, which does not align data either).
 */
static uint64_t data_begin(uint64_t notes_end)
{
	uint64_t at = align_up_u64(notes_end, sizeof(uint64_t));

	return at % 4096 ? at : at + sizeof(uint64_t);
}

static struct err *elf_begin_pages(struct writer *writer, uint64_t pages_nr)
{
	struct elf *elf = (struct elf *)writer;
	uint64_t notes_size = elf->image->notes_size;
	uint64_t notes_at;
	bool incomplete;
	struct err *e;

	elf->phdrs_max = 1 + elf->kept_runs_nr + 2 * areas_nr(elf) +
			 (elf->drop_zeros ? pages_nr / ZERO_RUN_PAGES : 0) +
			 (pages_nr << elf->page_shift) / SEGMENT_BYTES_MAX +
			 MIN(pages_nr / 2, (uint64_t)SPLITS_MAX) + 1;
	if (elf->phdrs_max > UINT32_MAX)
		return err_new(ERR_UNSUPPORTED, "so many segments do not fit in an ELF file");
	notes_at = HEADERS_AT + elf->phdrs_max * PHDR_BYTES +
		   (elf->phdrs_max < PN_XNUM ? 0 : sizeof(Elf64_Shdr));
	elf->at = data_begin(notes_at + notes_size);
	elf->described_at = elf->at;
	elf->written_end = elf->at;

	e = elf->sink->ops->reserve(elf->sink, 0, elf->at);
	/* A stream has its own way to tell that it was cut, and no way to take this back. */
	incomplete =
		!sink_is_stream(elf->sink) || elf->image->incomplete || elf->image->truncated_bytes;
	if (!e)
		e = put_header(elf, incomplete ? FLAG_INCOMPLETE : 0);
	if (!e && elf->phdrs_max >= PN_XNUM)
		e = put_section_header(elf);
	if (!e)
		e = copy_notes(elf->image, elf->sink, notes_at, elf->at, &elf->last_note);
	if (!e)
		e = add_phdr(elf, &(Elf64_Phdr){
					  .p_type = PT_NOTE,
					  .p_offset = notes_at,
					  .p_filesz = notes_size,
					  .p_memsz = notes_size,
				  });
	if (e)
		return err_wrap(e, "headers");
	if (next_area(elf))
		elf->segment = (struct segment){ .first = elf->area.first,
						 .end = elf->area.first,
						 .offset = elf->at };
	return flush_phdrs(elf);
}

/* The segment, reaching up to page frame @end. */
static struct err *describe(struct elf *elf, uint64_t end)
{
	struct segment *segment = &elf->segment;
	uint64_t described_nr = elf->phdrs_nr;
	uint64_t stored = (segment->end - segment->first) << elf->page_shift;
	uint64_t start = segment->first << elf->page_shift;
	uint64_t paddr = MAX(start, elf->area.paddr);
	uint64_t end_paddr = MIN(end << elf->page_shift, elf->area.end_paddr);
	uint64_t stored_end = MIN(start + stored, end_paddr);
	struct err *e;

	if (segment->described || paddr >= end_paddr)
		return NULL;
	/* p_offset also where nothing is stored: crash takes that of the first for the headers' end. */
	e = add_phdr(elf, &(Elf64_Phdr){
				  .p_type = PT_LOAD,
				  .p_flags = PF_R | PF_W | PF_X,
				  .p_offset = segment->offset + (paddr - start),
				  .p_vaddr = elf->area.vaddr
						     ? elf->area.vaddr + (paddr - elf->area.paddr)
						     : 0,
				  .p_paddr = paddr,
				  .p_filesz = stored ? stored_end - paddr : 0,
				  .p_memsz = end_paddr - paddr,
			  });
	/* What failed then may have been the data of segments before it. */
	segment->described = elf->phdrs_nr > described_nr;
	return e;
}

/* All memory below @pfn, where the next segment begins. */
static struct err *describe_up_to(struct elf *elf, uint64_t pfn)
{
	for (;;) {
		struct err *e = describe(elf, MIN(elf->area.end, pfn));

		if (e)
			return e;
		if (pfn < elf->area.end || !next_area(elf))
			break;
		elf->segment = (struct segment){ .first = elf->area.first,
						 .end = elf->area.first,
						 .offset = elf->at };
		if (pfn <= elf->area.first)
			break;
	}
	elf->segment = (struct segment){ .first = pfn, .end = pfn, .offset = elf->at };
	elf->zeros_nr = 0;
	return NULL;
}

/* Is @pfn the next page of the segment? */
static bool belongs(const struct elf *elf, uint64_t pfn)
{
	const struct segment *segment = &elf->segment;

	return segment->first < segment->end && pfn == segment->end + elf->zeros_nr &&
	       pfn < elf->area.end && elf->zeros_nr < ZERO_RUN_PAGES &&
	       (pfn - segment->first) << elf->page_shift < SEGMENT_BYTES_MAX;
}

static struct err *put_zeros(struct elf *elf, uint64_t pages_nr)
{
	struct err *e = flush_run(elf);

	if (e)
		return e;
	e = elf->sink->ops->put_zeros(elf->sink, elf->at, pages_nr << elf->page_shift);
	if (e)
		return fail(elf, elf->written_end, e);
	elf->at += pages_nr << elf->page_shift;
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

/* What did not make it into the file is not described. */
static void forget(struct elf *elf, uint64_t good_end)
{
	uint64_t stored;

	for (size_t i = 0; i < elf->held_nr; i++) {
		uint8_t *phdr = elf->held + i * PHDR_BYTES;
		uint64_t offset = load_u64(phdr + offsetof(Elf64_Phdr, p_offset), elf->order);
		uint64_t size = load_u64(phdr + offsetof(Elf64_Phdr, p_filesz), elf->order);

		if (offset + size <= good_end)
			continue;
		size = offset < good_end ? good_end - offset : 0;
		if (!size)
			memset(phdr, 0, PHDR_BYTES);
		/* Nor is the rest memory that was left out. */
		store_u64(phdr + offsetof(Elf64_Phdr, p_filesz), size, elf->order);
		store_u64(phdr + offsetof(Elf64_Phdr, p_memsz), size, elf->order);
	}
	stored = good_end > elf->segment.offset ? good_end - elf->segment.offset : 0;
	elf->segment.end = MIN(elf->segment.end, elf->segment.first + (stored >> elf->page_shift));
}

static struct err *fail(struct elf *elf, uint64_t good_end, struct err *e)
{
	elf->broken = true;
	elf->pages_nr -= (elf->at - good_end) >> elf->page_shift;
	elf->at = good_end;
	forget(elf, good_end);
	return err_wrap(e, "page data");
}

static struct err *flush_run(struct elf *elf)
{
	struct run *run = &elf->run;
	size_t written = 0;
	struct err *e;

	if (!run->len)
		return NULL;
	e = elf->sink->ops->pwrite(elf->sink, run->data, run->len, run->offset, &written);
	run->len = 0;
	written = (size_t)align_down_u64(written, page_size(elf));
	if (written)
		elf->written_end = run->offset + written;
	return e ? fail(elf, elf->written_end, e) : NULL;
}

static struct err *store_page(struct elf *elf, uint64_t pfn, const uint8_t *data)
{
	struct run *run = &elf->run;
	struct err *e = reach(elf, pfn);

	if (e)
		return e;
	if (run->len && (run->data + run->len != data || run->offset + run->len != elf->at)) {
		e = flush_run(elf);
		if (e)
			return e;
	}
	if (!run->len)
		*run = (struct run){ .data = data, .offset = elf->at };
	run->len += (size_t)page_size(elf);
	elf->at += page_size(elf);
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
			left = (size_t)MIN((uint64_t)left, elf->area.end - (pfn + i));
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

	for (size_t i = 0; i < pages_nr;) {
		size_t nr = zero_run(&page[i], pages_nr - i);
		struct err *e = NULL;

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
	return flush_run(elf);
}

/* What nobody wrote is not in a stream, and readers go through the whole table. */
static struct err *fill_table(struct elf *elf)
{
	return elf->sink->ops->put_zeros(elf->sink, HEADERS_AT + elf->phdrs_nr * PHDR_BYTES,
					 (elf->phdrs_max - elf->phdrs_nr) * PHDR_BYTES);
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
		e = fill_table(elf);
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
	e = put_header(elf, 0);
	return e ? e : elf->sink->ops->sync(elf->sink);
}

static struct writer_totals elf_totals(const struct writer *writer)
{
	const struct elf *elf = (const struct elf *)writer;

	return (struct writer_totals){
		.pages_nr = elf->pages_nr + elf->dropped_zeros_nr,
		.bytes = elf->at,
	};
}

static struct err *elf_mark_incomplete(struct sink *sink)
{
	uint8_t header[sizeof(Elf64_Ehdr)];
	uint8_t *flags = header + offsetof(Elf64_Ehdr, e_flags);
	enum byte_order order;
	size_t written;
	struct err *e = sink->ops->pread(sink, header, sizeof(header), 0);

	if (e || memcmp(header, ELFMAG, SELFMAG) != 0)
		return e;
	order = header[EI_DATA] == ELFDATA2MSB ? ORDER_BIG : ORDER_LITTLE;
	store_u32(flags, load_u32(flags, order) | FLAG_INCOMPLETE, order);
	return sink->ops->pwrite(sink, flags, sizeof(uint32_t), offsetof(Elf64_Ehdr, e_flags),
				 &written);
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
	.mark_incomplete = elf_mark_incomplete,
};
