// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Kdump-compressed dumps as images: makedumpfile's, QEMU's, our own; whole or as a set of parts.
 *
 * What grows with the memory of the machine stays in the file: the bitmaps are read through the
 * cache and only sums of them are held, descriptors are read as they are needed. Pages are unpacked
 * into a cache of their own; raw ones are used where they lie.
 */
#include <elf.h>
#include <string.h>

#include "util/image/elfnotes.h"
#include "util/image/filebits.h"
#include "util/image/format.h"
#include "util/image/kdumpheader.h"
#include "util/image/kdumpmemory.h"
#include "util/image/kdumppage.h"
#include "util/image/machine.h"
#include "util/mem/cache.h"

enum {
	PAGES_BUDGET_BYTES = 1 << 20,

	CODEC_FLAGS = KDUMP_PAGE_ZLIB | KDUMP_PAGE_LZO | KDUMP_PAGE_SNAPPY | KDUMP_PAGE_ZSTD,

	PART_SHIFT = 56, /* in keys of the page cache, above the number of the descriptor */
};

/* A file of the set, the only one unless it is split. */
struct part {
	struct mem_file *file;
	struct kdump_pages *pages;
	struct kdump_header header;
	uint64_t first_rank; /* pages in the dump below header.start_pfn */
};

struct kdump_image {
	struct mem_source source;
	struct image *image;
	unsigned int page_shift;
	uint64_t max_mapnr;
	struct filebits *kept; /* of the first part; it is the same in all */
	struct part *part;     /* ascending by page frames, which do not overlap */
	size_t parts_nr;
	struct cache *cache; /* unpacked pages */
};

static struct kdump_image *kdump_of(struct image *image)
{
	return image->priv;
}

static bool kdump_probe(const uint8_t *head, size_t len)
{
	return kdump_header_probe(head, len);
}

static struct err *read_desc(const struct part *part, uint64_t index, struct kdump_desc *ret_desc)
{
	uint8_t bytes[KDUMP_DESC_BYTES];
	struct err *e =
		kdump_descs_read(part->file, part->header.descs.offset + index * sizeof(bytes), 1,
				 MEM_RANDOM, bytes);

	if (e)
		return err_wrap(e, "page descriptor %llu", (unsigned long long)index);
	*ret_desc = kdump_desc_load(bytes, part->header.order);
	return NULL;
}

static const struct part *part_of(const struct kdump_image *kdump, uint64_t pfn)
{
	for (size_t i = 0; i < kdump->parts_nr; i++) {
		const struct part *part = &kdump->part[i];

		if (pfn >= part->header.start_pfn && pfn < part->header.end_pfn)
			return part;
	}
	return NULL;
}

/* The part that has the page frame, and the number of its descriptor there. */
static struct err *find_page(const struct kdump_image *kdump, uint64_t pfn,
			     const struct part **ret_part, uint64_t *ret_index)
{
	const struct part *part = part_of(kdump, pfn);
	uint64_t rank;
	bool kept = false;
	struct err *e;

	if (pfn >= kdump->max_mapnr)
		return err_new(ERR_NODATA, "page frame %#llx is not in the image",
			       (unsigned long long)pfn);
	e = filebits_rank(kdump->kept, pfn, &kept, &rank);
	if (e)
		return e;
	if (!kept)
		return err_new(ERR_NODATA, "page frame %#llx was left out of the image",
			       (unsigned long long)pfn);
	if (!part)
		return err_new(ERR_NODATA, "page frame %#llx is in a part that is not here",
			       (unsigned long long)pfn);
	*ret_part = part;
	*ret_index = rank - part->first_rank;
	return NULL;
}

static struct err *unpack_page(void *context, uint64_t key, void *buf, size_t size, size_t *ret_len)
{
	const struct kdump_image *kdump = context;
	const struct part *part = &kdump->part[key >> PART_SHIFT];
	struct kdump_desc desc;
	struct err *e = read_desc(part, key & ((UINT64_C(1) << PART_SHIFT) - 1), &desc);

	if (!e)
		e = kdump_page_read(part->pages, &desc, MEM_SEQUENTIAL, buf);
	if (!e)
		*ret_len = size;
	return e;
}

static const struct cache_ops page_cache_ops = { .read = unpack_page };

static struct err *view_unpacked(const struct kdump_image *kdump, const struct part *part,
				 uint64_t index, size_t skip, size_t len_max,
				 enum mem_access access, struct mem_view *ret_view)
{
	struct cache_want want = {
		.key = (uint64_t)(part - kdump->part) << PART_SHIFT | index,
		.size = (size_t)kdump->image->page_size,
		.kind = CACHE_BUFFER,
	};
	struct cache_entry *entry;
	const uint8_t *data;
	size_t len;
	struct err *e = cache_get(kdump->cache, &want, 1, access == MEM_SEQUENTIAL, &entry);

	if (e)
		return e;
	data = cache_entry_data(entry, &len);
	*ret_view = (struct mem_view){
		.data = data + skip,
		.len = MIN(len_max, len - skip),
		.entry = entry,
	};
	return NULL;
}

/*
 * What could not be read when a dump was made that is complete otherwise cannot be read, as in the
 * image it was made of. In one that is incomplete nobody can tell it from what did not fit any
 * more.
 */
static struct err *check_desc(const struct kdump_image *kdump, const struct part *part,
			      const struct kdump_desc *desc)
{
	if (!desc->offset && !kdump->image->incomplete)
		return err_new(ERR_SYS, "the page could not be read when the dump was made");
	return kdump_desc_check(part->pages, desc);
}

static struct err *kdump_view(struct mem_source *source, uint64_t paddr, size_t len_max,
			      enum mem_access access, struct mem_view *ret_view)
{
	const struct kdump_image *kdump = (const struct kdump_image *)source;
	uint64_t pfn = paddr >> kdump->page_shift;
	size_t skip = (size_t)(paddr - (pfn << kdump->page_shift));
	const struct part *part;
	struct kdump_desc desc;
	uint64_t index;
	struct err *e;

	e = find_page(kdump, pfn, &part, &index);
	if (e)
		return e;
	e = read_desc(part, index, &desc);
	if (!e)
		e = check_desc(kdump, part, &desc);
	if (e)
		return err_wrap(e, "page frame %#llx", (unsigned long long)pfn);

	len_max = (size_t)MIN((uint64_t)len_max, kdump->image->page_size - skip);
	if (desc.flags == KDUMP_PAGE_RAW)
		return mem_file_view(part->file, desc.offset + skip, len_max, access, ret_view);
	e = view_unpacked(kdump, part, index, skip, len_max, access, ret_view);
	return err_wrap(e, "page frame %#llx", (unsigned long long)pfn);
}

static const struct mem_source_ops kdump_source_ops = { .view = kdump_view };

static struct err *kdump_stored(struct image *image, uint64_t first, uint64_t nr, uint8_t *bits)
{
	return filebits_copy(kdump_of(image)->kept, first, nr, bits);
}

static struct err *part_error(const struct image *image, size_t i, struct err *e)
{
	return image->parts_nr > 1 ? err_wrap(e, "%s", image->part_path[i]) : e;
}

/* A part that got no page begins where the next one does, and comes before it. */
static int compare_parts(const void *a, const void *b)
{
	const struct part *x = a, *y = b;

	if (x->header.start_pfn != y->header.start_pfn)
		return x->header.start_pfn < y->header.start_pfn ? -1 : 1;
	if (x->header.end_pfn != y->header.end_pfn)
		return x->header.end_pfn < y->header.end_pfn ? -1 : 1;
	return 0;
}

static struct err *read_parts(struct kdump_image *kdump, struct notes *notes)
{
	const struct image *image = kdump->image;

	kdump->part = calloc(image->parts_nr, sizeof(*kdump->part));
	if (!kdump->part)
		return err_nomem();
	for (size_t i = 0; i < image->parts_nr; i++) {
		struct part *part = &kdump->part[kdump->parts_nr++];
		struct err *e;

		part->file = image->part[i];
		e = kdump_header_read(part->file, i ? NULL : notes, &part->header);
		if (!e && image->parts_nr > 1 && !part->header.split)
			e = err_new(ERR_FORMAT, "not a part of a split dump");
		if (!e)
			e = kdump_pages_new(part->file, part->header.block_size, &part->pages);
		if (e)
			return part_error(image, i, e);
	}
	return NULL;
}

/* Are these parts of one dump? Their own states may differ: one of them can be incomplete. */
static bool same_dump(const struct kdump_header *a, const struct kdump_header *b)
{
	return a->order == b->order && a->address_bits == b->address_bits &&
	       a->block_size == b->block_size && a->max_mapnr == b->max_mapnr &&
	       a->time == b->time && memcmp(a->uts, b->uts, sizeof(a->uts)) == 0;
}

static struct err *check_part(struct kdump_image *kdump, size_t i)
{
	const struct part *part = &kdump->part[i];
	guard(filebits) struct filebits *kept = NULL;
	struct err *e;

	if (i && !same_dump(&kdump->part[0].header, &part->header))
		return err_new(ERR_FORMAT, "a part of another dump");
	e = filebits_new(part->file, part->header.kept.offset, part->header.max_mapnr,
			 kdump->image->stop_fd, &kept);
	if (e)
		return e;
	if (!kdump->kept)
		kdump->kept = take_ptr(kept);
	else if (!filebits_agree(kdump->kept, kept))
		return err_new(ERR_FORMAT, "a part of another dump: its bitmaps differ");
	return NULL;
}

/* Page frames [first, end) are in none of the files. */
static struct err *note_missing(struct kdump_image *kdump, uint64_t first, uint64_t end,
				struct notes *notes)
{
	uint64_t before = 0;
	uint64_t upto = 0;
	struct err *e;

	if (first >= end)
		return NULL;
	e = filebits_rank_before(kdump->kept, first, &before);
	if (!e)
		e = filebits_rank_before(kdump->kept, end, &upto);
	if (e || before == upto)
		return e;
	kdump->image->incomplete = true;
	kdump->image->pages_elsewhere_nr += upto - before;
	notes_add(notes,
		  "a part of the split dump is missing: the one with page frames %#llx to %#llx, "
		  "%llu pages",
		  (unsigned long long)first, (unsigned long long)end - 1,
		  (unsigned long long)(upto - before));
	return NULL;
}

static struct err *order_parts(struct kdump_image *kdump, struct notes *notes)
{
	struct image *image = kdump->image;
	uint64_t covered = 0;
	struct err *e;

	for (size_t i = 0; i < kdump->parts_nr; i++) {
		e = check_part(kdump, i);
		if (e)
			return part_error(image, i, e);
	}
	qsort(kdump->part, kdump->parts_nr, sizeof(*kdump->part), compare_parts);
	for (size_t i = 0; i < kdump->parts_nr; i++) {
		struct part *part = &kdump->part[i];
		uint64_t needed;
		uint64_t last_rank = 0;

		if (part->header.start_pfn < covered)
			return err_new(
				ERR_FORMAT,
				"two of the parts have page frame %#llx: is one given twice?",
				(unsigned long long)part->header.start_pfn);
		e = note_missing(kdump, covered, part->header.start_pfn, notes);
		if (!e)
			e = filebits_rank_before(kdump->kept, part->header.start_pfn,
						 &part->first_rank);
		if (!e)
			e = filebits_rank_before(kdump->kept, part->header.end_pfn, &last_rank);
		if (e)
			return e;
		covered = part->header.end_pfn;

		needed = (last_rank - part->first_rank) * KDUMP_DESC_BYTES;
		if (needed > part->header.descs.size)
			image->truncated_bytes += needed - part->header.descs.size;
		if (part->header.status & KDUMP_STATUS_INCOMPLETE) {
			image->incomplete = true;
			notes_add(notes,
				  "the dump is marked incomplete: pages were lost when it was "
				  "made");
		}
	}
	return note_missing(kdump, covered, kdump->max_mapnr, notes);
}

static struct err *read_vmcoreinfo(struct image *image, const struct kdump_extent *extent,
				   struct notes *notes)
{
	autofree char *text = NULL;
	struct err *e;

	if (!extent->size || image->vmcoreinfo)
		return NULL;
	if (extent->size > VMCOREINFO_MAX_BYTES) {
		notes_add(notes, "VMCOREINFO of %llu bytes is not believed",
			  (unsigned long long)extent->size);
		return NULL;
	}
	text = malloc((size_t)extent->size + 1);
	if (!text)
		return err_nomem();
	e = mem_file_read(image->file, extent->offset, text, (size_t)extent->size, MEM_RANDOM);
	if (e)
		return err_wrap(e, "VMCOREINFO");
	text[extent->size] = '\0';
	return image_add_vmcoreinfo(image, text, strlen(text));
}

static struct err *read_notes(struct image *image, const struct kdump_header *header,
			      struct notes *notes)
{
	struct err *e;

	if (header->notes.size) {
		image->note_range[0] = (struct image_note_range){
			.file_offset = header->notes.offset,
			.size = header->notes.size,
		};
		image->note_ranges_nr = 1;
		image->notes_size = header->notes.size;
		if (header->vmcoreinfo.offset > header->notes.offset)
			image->vmcoreinfo_wanted = header->vmcoreinfo.offset - header->notes.offset;
	}
	e = elf_notes_read(image, notes);
	if (!e)
		e = read_vmcoreinfo(image, &header->vmcoreinfo, notes);
	if (!image->cpus_nr)
		image->cpus_nr = header->cpus_nr;
	return e;
}

/* makedumpfile writes a line for each thing that was erased. */
#define ERASED_BYTES_MAX (UINT64_C(16) << 20)

static void describe(struct image *image, const struct kdump_header *header, struct notes *notes)
{
	const char *machine = header->uts[4];

	image->order = header->order;
	image->address_bits = header->address_bits;
	image->machine = machine_of_uname(machine);
	if (image->machine == EM_NONE)
		notes_add(notes, "the dump names no machine we know (\"%.64s\")", machine);
	image->page_size = header->block_size;
	image->level = header->level;
	image->codec = kdump_flag_codec(header->status & CODEC_FLAGS);
	image->time = header->time;
	image->phys_base = header->phys_base;
	memcpy(image->uts, header->uts, sizeof(image->uts));
	if (header->eraseinfo.size > ERASED_BYTES_MAX) {
		notes_add(notes,
			  "the list of what was erased in this dump has %llu bytes: not believed",
			  (unsigned long long)header->eraseinfo.size);
		return;
	}
	image->erased_offset = header->eraseinfo.offset;
	image->erased_size = header->eraseinfo.size;
}

static struct err *kdump_open(struct image *image, struct notes *notes)
{
	struct kdump_image *kdump = calloc(1, sizeof(*kdump));
	const struct kdump_header *header;
	struct err *e;

	if (!kdump)
		return err_nomem();
	kdump->source.ops = &kdump_source_ops;
	kdump->image = image;
	image->priv = kdump;
	image->source = &kdump->source;

	e = read_parts(kdump, notes);
	if (e)
		return e;
	header = &kdump->part[0].header;
	kdump->page_shift = (unsigned int)__builtin_ctzll(header->block_size);
	kdump->max_mapnr = header->max_mapnr;
	describe(image, header, notes);

	e = kdump_memory_read(image, header, notes);
	if (!e)
		e = read_notes(image, header, notes);
	if (!e)
		e = order_parts(kdump, notes);
	if (!e)
		e = cache_new(PAGES_BUDGET_BYTES, &page_cache_ops, kdump, &kdump->cache);
	if (e)
		return e;
	if (!image->memmap.nr)
		return err_new(ERR_FORMAT, "a dump without memory: its bitmap is empty");
	return NULL;
}

static void kdump_close(struct image *image)
{
	struct kdump_image *kdump = image->priv;

	if (!kdump)
		return;
	cache_free(kdump->cache);
	for (size_t i = 0; i < kdump->parts_nr; i++)
		kdump_pages_free(kdump->part[i].pages);
	filebits_free(kdump->kept);
	free(kdump->part);
	free(kdump);
}

const struct image_format image_format_kdump = {
	.name = "kdump-compressed",
	.takes_parts = true,
	.probe = kdump_probe,
	.open = kdump_open,
	.stored = kdump_stored,
	.close = kdump_close,
};
