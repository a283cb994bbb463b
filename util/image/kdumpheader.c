// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/image/kdumpheader.h"

#include <string.h>

#include "util/base/checked.h"
#include "util/base/notes.h"

enum {
	VERSION_AT = 8,
	UTS_AT = 12,
	UTS_BYTES = KDUMP_UTS_FIELDS_NR * KDUMP_UTS_FIELD_BYTES,

	VERSION_BELIEVED_MAX = 0xffff,
	LEVEL_MAX = 31,
	BLOCK_SIZE_MIN = 4 << 10,
	BLOCK_SIZE_MAX = 64 << 10,
};

/* With 4 KiB pages 4 PiB, what x86_64 can address. */
#define MAX_MAPNR_MAX (UINT64_C(1) << 40)

const char kdump_signature[] = "KDUMP   ";

static const struct {
	const char *codec;
	enum kdump_page_flag flag;
} codec_flags[] = {
	{ "zlib", KDUMP_PAGE_ZLIB },
	{ "lzo", KDUMP_PAGE_LZO },
	{ "snappy", KDUMP_PAGE_SNAPPY },
	{ "zstd", KDUMP_PAGE_ZSTD },
};

/* Where the fields of struct disk_dump_header are; time_t and suseconds_t are longs. */
struct main_layout {
	uint8_t address_bits;
	uint16_t time_at;
	uint16_t status_at;
	uint16_t block_size_at;
	uint16_t sub_blocks_at;
	uint16_t bitmap_blocks_at;
	uint16_t max_mapnr_at;
	uint16_t cpus_at;
};

static const struct main_layout main_layouts[] = {
	{ 64, 408, 424, 428, 432, 436, 440, 460 },
	{ 32, 404, 412, 416, 420, 424, 428, 448 },
};

/* Where the fields of struct kdump_sub_header are. A file offset always has 64 bits. */
struct sub_layout {
	uint8_t address_bits;
	uint8_t level_at;
	uint8_t split_at;
	uint8_t start_pfn_at;
	uint8_t end_pfn_at;
	uint8_t vmcoreinfo_at, vmcoreinfo_size_at;
	uint8_t notes_at, notes_size_at;
	uint8_t eraseinfo_at, eraseinfo_size_at;
	uint8_t start_pfn_64_at, end_pfn_64_at, max_mapnr_64_at;
	uint8_t bytes;
	bool padded;
};

static const struct sub_layout sub_layouts[] = {
	{ 64, 8, 12, 16, 24, 32, 40, 48, 56, 64, 72, 80, 88, 96, 104, false },
	{ 32, 4, 8, 12, 16, 20, 28, 32, 40, 44, 52, 56, 64, 72, 80, false },
	{ 32, 4, 8, 12, 16, 24, 32, 40, 48, 56, 64, 72, 80, 88, 96, true },
};

/* Which version brought what. */
enum {
	VERSION_LEVEL = 1,
	VERSION_SPLIT = 2,
	VERSION_VMCOREINFO = 3,
	VERSION_NOTES = 4,
	VERSION_ERASEINFO = 5,
	VERSION_64BIT_PFNS = 6,
};

/* A file being read. */
struct reading {
	uint64_t file_size;
	uint8_t main[KDUMP_MAIN_BYTES_MAX];
	uint8_t sub[KDUMP_SUB_BYTES_MAX];
	uint64_t sub_bytes; /* the sub header and what is behind it, in bytes */
	uint32_t max_mapnr; /* as the main header has it */
};

const char *kdump_flag_codec(uint32_t flag)
{
	for (size_t i = 0; i < ARRAY_SIZE(codec_flags); i++) {
		if (codec_flags[i].flag == flag)
			return codec_flags[i].codec;
	}
	return NULL;
}

enum kdump_page_flag kdump_flag_of(const char *codec_name)
{
	for (size_t i = 0; i < ARRAY_SIZE(codec_flags); i++) {
		if (strcmp(codec_flags[i].codec, codec_name) == 0)
			return codec_flags[i].flag;
	}
	return KDUMP_PAGE_RAW;
}

bool kdump_header_probe(const uint8_t *head, size_t len)
{
	return len >= KDUMP_SIGNATURE_BYTES &&
	       memcmp(head, kdump_signature, KDUMP_SIGNATURE_BYTES) == 0;
}

static uint64_t load_long(const uint8_t *at, uint8_t address_bits, enum byte_order order)
{
	return address_bits == 64 ? load_u64(at, order) : load_u32(at, order);
}

/* Would the file be sound if this were its layout and byte order? */
static bool main_fits(const uint8_t *main, const struct main_layout *layout, enum byte_order order)
{
	uint32_t version = load_u32(main + VERSION_AT, order);
	uint32_t block_size = load_u32(main + layout->block_size_at, order);
	uint32_t sub_blocks = load_u32(main + layout->sub_blocks_at, order);
	uint32_t bitmap_blocks = load_u32(main + layout->bitmap_blocks_at, order);

	return version <= VERSION_BELIEVED_MAX && is_pow2_u64(block_size) &&
	       block_size >= BLOCK_SIZE_MIN && block_size <= BLOCK_SIZE_MAX && sub_blocks &&
	       sub_blocks <= INT32_MAX && bitmap_blocks && bitmap_blocks <= INT32_MAX;
}

static const struct main_layout *find_main(const uint8_t *main, enum byte_order *ret_order)
{
	static const enum byte_order orders[] = { ORDER_LITTLE, ORDER_BIG };

	for (size_t i = 0; i < ARRAY_SIZE(main_layouts); i++) {
		for (size_t j = 0; j < ARRAY_SIZE(orders); j++) {
			if (!main_fits(main, &main_layouts[i], orders[j]))
				continue;
			*ret_order = orders[j];
			return &main_layouts[i];
		}
	}
	return NULL;
}

static void load_main(struct reading *reading, const struct main_layout *layout,
		      struct kdump_header *header)
{
	const uint8_t *main = reading->main;
	enum byte_order order = header->order;

	header->address_bits = layout->address_bits;
	header->version = load_u32(main + VERSION_AT, order);
	header->status = load_u32(main + layout->status_at, order);
	header->block_size = load_u32(main + layout->block_size_at, order);
	header->cpus_nr = load_u32(main + layout->cpus_at, order);
	header->time = layout->address_bits == 64
			       ? (int64_t)load_u64(main + layout->time_at, order)
			       : (int64_t)(int32_t)load_u32(main + layout->time_at, order);

	memcpy(header->uts, main + UTS_AT, UTS_BYTES);
	for (size_t i = 0; i < KDUMP_UTS_FIELDS_NR; i++)
		header->uts[i][KDUMP_UTS_FIELD_BYTES - 1] = '\0';

	reading->max_mapnr = load_u32(main + layout->max_mapnr_at, order);
	reading->sub_bytes = load_u32(main + layout->sub_blocks_at, order) * header->block_size;
}

static struct kdump_extent load_extent(const struct reading *reading, uint8_t offset_at,
				       uint8_t size_at, const struct kdump_header *header)
{
	return (struct kdump_extent){
		.offset = load_u64(reading->sub + offset_at, header->order),
		.size = load_long(reading->sub + size_at, header->address_bits, header->order),
	};
}

/* Is the extent there, between the sub header and the bitmaps? */
static bool among_notes(const struct reading *reading, const struct kdump_header *header,
			const struct kdump_extent *extent)
{
	return extent->size && extent->offset > header->block_size &&
	       range_within(extent->offset, extent->size, header->block_size + reading->sub_bytes);
}

/* How much speaks for this layout of the sub header. */
static int sub_fits(const struct reading *reading, const struct kdump_header *header,
		    const struct sub_layout *layout)
{
	struct kdump_extent vmcoreinfo;
	struct kdump_extent notes;
	int points = 0;

	if (layout->address_bits != header->address_bits)
		return -1;
	vmcoreinfo =
		load_extent(reading, layout->vmcoreinfo_at, layout->vmcoreinfo_size_at, header);
	notes = load_extent(reading, layout->notes_at, layout->notes_size_at, header);
	if (header->version >= VERSION_64BIT_PFNS) {
		uint64_t max_mapnr =
			load_u64(reading->sub + layout->max_mapnr_64_at, header->order);

		points += max_mapnr && MIN(max_mapnr, (uint64_t)UINT32_MAX) == reading->max_mapnr;
	}
	if (header->version >= VERSION_NOTES)
		points += among_notes(reading, header, &notes);
	if (header->version >= VERSION_VMCOREINFO)
		points += among_notes(reading, header, &vmcoreinfo);
	return points;
}

static const struct sub_layout *find_sub(const struct reading *reading,
					 const struct kdump_header *header)
{
	const struct sub_layout *best = NULL;
	int best_points = -1;

	for (size_t i = 0; i < ARRAY_SIZE(sub_layouts); i++) {
		int points = sub_fits(reading, header, &sub_layouts[i]);

		if (points > best_points) {
			best_points = points;
			best = &sub_layouts[i];
		}
	}
	return best;
}

/* What is not in the file, or claims to be in its headers, is left out. */
static struct kdump_extent checked(const struct reading *reading, const struct kdump_header *header,
				   struct kdump_extent extent, const char *what,
				   struct notes *notes)
{
	if (!extent.size)
		return extent;
	if (extent.offset > header->block_size &&
	    range_within(extent.offset, extent.size, reading->file_size))
		return extent;
	notes_add(notes, "%s is said to be at offset %#llx, %llu bytes: not in the file", what,
		  (unsigned long long)extent.offset, (unsigned long long)extent.size);
	return (struct kdump_extent){ .size = 0 };
}

static void load_sub(const struct reading *reading, struct kdump_header *header,
		     struct notes *notes)
{
	const struct sub_layout *layout = find_sub(reading, header);
	const uint8_t *sub = reading->sub;
	enum byte_order order = header->order;
	uint8_t bits = header->address_bits;

	header->padded = layout->padded;
	header->phys_base = load_long(sub, bits, order);
	header->max_mapnr = reading->max_mapnr;
	if (header->version >= VERSION_LEVEL)
		header->level = load_u32(sub + layout->level_at, order);
	if (header->level > LEVEL_MAX) {
		notes_add(notes, "dump level %u is not believed", header->level);
		header->level = 0;
	} else {
		header->level_known = header->version >= VERSION_LEVEL;
	}
	if (header->version >= VERSION_SPLIT) {
		header->split = load_u32(sub + layout->split_at, order) != 0;
		header->start_pfn = load_long(sub + layout->start_pfn_at, bits, order);
		header->end_pfn = load_long(sub + layout->end_pfn_at, bits, order);
	}
	if (header->version >= VERSION_VMCOREINFO)
		header->vmcoreinfo = checked(reading, header,
					     load_extent(reading, layout->vmcoreinfo_at,
							 layout->vmcoreinfo_size_at, header),
					     "VMCOREINFO", notes);
	if (header->version >= VERSION_NOTES)
		header->notes = checked(
			reading, header,
			load_extent(reading, layout->notes_at, layout->notes_size_at, header),
			"the ELF notes part", notes);
	if (header->version >= VERSION_ERASEINFO)
		header->eraseinfo = checked(reading, header,
					    load_extent(reading, layout->eraseinfo_at,
							layout->eraseinfo_size_at, header),
					    "the list of erased data", notes);
	if (header->version >= VERSION_64BIT_PFNS) {
		header->start_pfn = load_u64(sub + layout->start_pfn_64_at, order);
		header->end_pfn = load_u64(sub + layout->end_pfn_64_at, order);
		header->max_mapnr = load_u64(sub + layout->max_mapnr_64_at, order);
	}
}

/* Two bitmaps of the same length, or in the oldest files one that is both. */
static struct err *place_bitmaps(const struct reading *reading, uint32_t bitmap_blocks,
				 struct kdump_header *header)
{
	uint64_t offset = header->block_size + reading->sub_bytes;
	uint64_t size = bitmap_blocks * header->block_size;
	uint64_t needed = div_round_up_u64(header->max_mapnr, 8);

	if (!header->max_mapnr || header->max_mapnr > MAX_MAPNR_MAX)
		return err_new(ERR_FORMAT, "%llu page frames are not believed",
			       (unsigned long long)header->max_mapnr);
	if (needed > size)
		return err_new(ERR_FORMAT,
			       "bitmaps of %llu bytes are too small for %llu page frames",
			       (unsigned long long)size, (unsigned long long)header->max_mapnr);
	if (!range_within(offset, size, reading->file_size))
		return err_new(ERR_FORMAT,
			       "the file ends before its bitmaps do (%llu bytes at offset %llu)",
			       (unsigned long long)size, (unsigned long long)offset);

	header->ram = (struct kdump_extent){ .offset = offset, .size = size };
	header->kept = header->ram;
	if (needed <= size / 2) {
		header->ram.size = size / 2;
		header->kept.offset += size / 2;
		header->kept.size = size / 2;
	}
	header->descs = (struct kdump_extent){
		.offset = offset + size,
		.size = reading->file_size - offset - size,
	};
	return NULL;
}

static struct err *check_split(struct kdump_header *header)
{
	if (!header->split) {
		header->start_pfn = 0;
		header->end_pfn = header->max_mapnr;
		return NULL;
	}
	if (header->start_pfn > header->end_pfn || header->end_pfn > header->max_mapnr)
		return err_new(ERR_FORMAT,
			       "a part of a split dump with page frames %#llx to %#llx of %#llx",
			       (unsigned long long)header->start_pfn,
			       (unsigned long long)header->end_pfn,
			       (unsigned long long)header->max_mapnr);
	return NULL;
}

struct err *kdump_header_read(struct mem_file *file, struct notes *notes,
			      struct kdump_header *ret_header)
{
	struct reading reading = { .file_size = mem_file_size(file) };
	struct kdump_header header = { .order = ORDER_LITTLE };
	const struct main_layout *layout;
	struct err *e;

	if (reading.file_size < sizeof(reading.main))
		return err_new(ERR_FORMAT, "the file ends inside its header: it has %llu bytes",
			       (unsigned long long)reading.file_size);
	e = mem_file_read(file, 0, reading.main, sizeof(reading.main), MEM_RANDOM);
	if (e)
		return err_wrap(e, "header");
	if (!kdump_header_probe(reading.main, sizeof(reading.main)))
		return err_new(ERR_FORMAT, "not a kdump-compressed file");
	layout = find_main(reading.main, &header.order);
	if (!layout)
		return err_new(ERR_FORMAT,
			       "a kdump-compressed file whose header makes no sense (block size, "
			       "sizes of headers and bitmaps)");
	load_main(&reading, layout, &header);

	if (!range_within(header.block_size, sizeof(reading.sub), reading.file_size))
		return err_new(ERR_FORMAT, "the file ends inside its headers");
	e = mem_file_read(file, header.block_size, reading.sub, sizeof(reading.sub), MEM_RANDOM);
	if (e)
		return err_wrap(e, "sub header");
	load_sub(&reading, &header, notes);

	e = place_bitmaps(&reading, load_u32(reading.main + layout->bitmap_blocks_at, header.order),
			  &header);
	if (!e)
		e = check_split(&header);
	if (e)
		return e;
	*ret_header = header;
	return NULL;
}

static void store_long(uint8_t *at, uint64_t value, const struct kdump_header *header)
{
	if (header->address_bits == 64)
		store_u64(at, value, header->order);
	else
		store_u32(at, (uint32_t)value, header->order);
}

static const struct main_layout *main_layout_of(const struct kdump_header *header)
{
	return header->address_bits == 64 ? &main_layouts[0] : &main_layouts[1];
}

static const struct sub_layout *sub_layout_of(const struct kdump_header *header)
{
	if (header->address_bits == 64)
		return &sub_layouts[0];
	return &sub_layouts[header->padded ? 2 : 1];
}

uint64_t kdump_sub_bytes(const struct kdump_header *header)
{
	return sub_layout_of(header)->bytes;
}

static void store_main(const struct kdump_header *header, uint8_t *main)
{
	const struct main_layout *layout = main_layout_of(header);
	enum byte_order order = header->order;
	uint64_t block = header->block_size;

	memset(main, 0, KDUMP_MAIN_BYTES_MAX);
	memcpy(main, kdump_signature, KDUMP_SIGNATURE_BYTES);
	store_u32(main + VERSION_AT, KDUMP_VERSION_KNOWN, order);
	memcpy(main + UTS_AT, header->uts, UTS_BYTES);
	store_long(main + layout->time_at, (uint64_t)header->time, header);
	store_u32(main + layout->status_at, header->status, order);
	store_u32(main + layout->block_size_at, (uint32_t)block, order);
	store_u32(main + layout->sub_blocks_at, (uint32_t)(header->ram.offset / block - 1), order);
	store_u32(main + layout->bitmap_blocks_at,
		  (uint32_t)((header->ram.size + header->kept.size) / block), order);
	store_u32(main + layout->max_mapnr_at,
		  (uint32_t)MIN(header->max_mapnr, (uint64_t)UINT32_MAX), order);
	store_u32(main + layout->cpus_at, header->cpus_nr, order);
}

/* Page frames stand there twice: older readers know only those of the width of the machine. */
static void store_part(const struct kdump_header *header, const struct sub_layout *layout,
		       uint8_t *sub)
{
	if (!header->split)
		return;
	store_u32(sub + layout->split_at, 1, header->order);
	store_long(sub + layout->start_pfn_at, header->start_pfn, header);
	store_long(sub + layout->end_pfn_at, header->end_pfn, header);
	store_u64(sub + layout->start_pfn_64_at, header->start_pfn, header->order);
	store_u64(sub + layout->end_pfn_64_at, header->end_pfn, header->order);
}

void kdump_header_store(const struct kdump_header *header, uint8_t main[KDUMP_MAIN_BYTES_MAX],
			uint8_t sub[KDUMP_SUB_BYTES_MAX])
{
	const struct sub_layout *layout = sub_layout_of(header);
	enum byte_order order = header->order;

	store_main(header, main);
	memset(sub, 0, KDUMP_SUB_BYTES_MAX);
	store_long(sub, header->phys_base, header);
	store_u32(sub + layout->level_at, header->level, order);
	if (header->vmcoreinfo.size) {
		store_u64(sub + layout->vmcoreinfo_at, header->vmcoreinfo.offset, order);
		store_long(sub + layout->vmcoreinfo_size_at, header->vmcoreinfo.size, header);
	}
	if (header->notes.size) {
		store_u64(sub + layout->notes_at, header->notes.offset, order);
		store_long(sub + layout->notes_size_at, header->notes.size, header);
	}
	if (header->eraseinfo.size) {
		store_u64(sub + layout->eraseinfo_at, header->eraseinfo.offset, order);
		store_long(sub + layout->eraseinfo_size_at, header->eraseinfo.size, header);
	}
	store_part(header, layout, sub);
	store_u64(sub + layout->max_mapnr_64_at, header->max_mapnr, order);
}

struct err *kdump_status_find(const uint8_t main[KDUMP_MAIN_BYTES_MAX], uint64_t *ret_at,
			      enum byte_order *ret_order)
{
	const struct main_layout *layout;
	enum byte_order order;

	if (!kdump_header_probe(main, KDUMP_MAIN_BYTES_MAX))
		return err_new(ERR_FORMAT, "not a kdump-compressed file");
	layout = find_main(main, &order);
	if (!layout)
		return err_new(ERR_FORMAT, "the header makes no sense");
	*ret_at = layout->status_at;
	*ret_order = order;
	return NULL;
}
