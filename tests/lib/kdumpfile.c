// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/lib/kdumpfile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/base/bitmap.h"
#include "util/base/checked.h"

enum { UTS_MACHINE_AT = 12 + 4 * 65, UTS_RELEASE_AT = 12 + 2 * 65 };

/* Offsets, counted by hand from the structures of diskdump_mod.h. */
struct offsets {
	size_t word; /* of an unsigned long */
	size_t time, status, block_size, sub_blocks, bitmap_blocks, max_mapnr, cpus;
	size_t level, split, start_pfn, end_pfn;
	size_t vmcoreinfo, notes, start_pfn_64, sub_bytes;
};

static const struct offsets offsets[] = {
	[KDUMPFILE_LP64] = { 8, 408, 424, 428, 432, 436, 440, 460, 8, 12, 16, 24, 32, 48, 80, 104 },
	[KDUMPFILE_PACKED_32] = { 4, 404, 412, 416, 420, 424, 428, 448, 4, 8, 12, 16, 20, 32, 56,
				  80 },
	[KDUMPFILE_PADDED_32] = { 4, 404, 412, 416, 420, 424, 428, 448, 4, 8, 12, 16, 24, 40, 72,
				  96 },
};

void kdumpfile_init(struct kdumpfile *file)
{
	*file = (struct kdumpfile){
		.order = ORDER_LITTLE,
		.version = 6,
		.block_size = KDUMPFILE_PAGE,
		.max_mapnr = 64,
		.machine = "x86_64",
		.bytes = malloc(KDUMPFILE_BYTES_MAX),
	};
	if (!file->bytes)
		abort();
}

void kdumpfile_release(struct kdumpfile *file)
{
	free(file->bytes);
}

struct kdumpfile_page *kdumpfile_add(struct kdumpfile *file, uint64_t pfn, const void *data,
				     uint32_t size, uint32_t flags)
{
	struct kdumpfile_page *page = &file->page[file->pages_nr];

	if (file->pages_nr++ == KDUMPFILE_PAGES_MAX)
		abort();
	*page = (struct kdumpfile_page){ .pfn = pfn, .data = data, .size = size, .flags = flags };
	return page;
}

static uint8_t *at(struct kdumpfile *file, uint64_t offset)
{
	if (offset > KDUMPFILE_BYTES_MAX - 4096)
		abort();
	return file->bytes + offset;
}

static void put_u32(struct kdumpfile *file, uint64_t offset, uint64_t value)
{
	store_u32(at(file, offset), (uint32_t)value, file->order);
}

static void put_u64(struct kdumpfile *file, uint64_t offset, uint64_t value)
{
	store_u64(at(file, offset), value, file->order);
}

static void put_word(struct kdumpfile *file, uint64_t offset, uint64_t value)
{
	if (offsets[file->layout].word == 8)
		put_u64(file, offset, value);
	else
		put_u32(file, offset, value);
}

static void put_main(struct kdumpfile *file, uint64_t sub_blocks, uint64_t bitmap_blocks)
{
	const struct offsets *o = &offsets[file->layout];

	memcpy(file->bytes, "KDUMP   ", 8);
	put_u32(file, 8, file->version);
	snprintf((char *)at(file, UTS_MACHINE_AT), 65, "%s", file->machine);
	snprintf((char *)at(file, UTS_RELEASE_AT), 65, "6.1.0-test");
	put_word(file, o->time, file->time);
	put_u32(file, o->status, file->status);
	put_u32(file, o->block_size, file->block_size);
	put_u32(file, o->sub_blocks, sub_blocks);
	put_u32(file, o->bitmap_blocks, bitmap_blocks);
	put_u32(file, o->max_mapnr, MIN(file->max_mapnr, (uint64_t)UINT32_MAX));
	put_u32(file, o->cpus, file->cpus_nr);
}

static void put_sub(struct kdumpfile *file)
{
	const struct offsets *o = &offsets[file->layout];
	uint64_t sub = file->block_size;

	put_word(file, sub, file->phys_base);
	put_u32(file, sub + o->level, file->level);
	put_u32(file, sub + o->split, file->split);
	put_word(file, sub + o->start_pfn, file->start_pfn);
	put_word(file, sub + o->end_pfn, file->end_pfn);
	if (file->vmcoreinfo_size) {
		put_u64(file, sub + o->vmcoreinfo, file->notes_offset + file->vmcoreinfo_at);
		put_word(file, sub + o->vmcoreinfo + 8, file->vmcoreinfo_size);
	}
	if (file->notes_size) {
		put_u64(file, sub + o->notes, file->notes_offset);
		put_word(file, sub + o->notes + 8, file->notes_size);
		memcpy(at(file, file->notes_offset), file->notes, (size_t)file->notes_size);
	}
	put_u64(file, sub + o->start_pfn_64, file->start_pfn);
	put_u64(file, sub + o->start_pfn_64 + 8, file->end_pfn);
	put_u64(file, sub + o->start_pfn_64 + 16, file->max_mapnr);
}

static void put_pages(struct kdumpfile *file, uint64_t bitmap_bytes)
{
	uint64_t desc = file->desc_offset;
	uint64_t data;
	uint64_t descs_nr = 0;

	for (uint64_t pfn = file->ram_first; pfn < file->ram_end; pfn++)
		bitmap_set(at(file, file->bitmap_offset), pfn);
	for (size_t i = 0; i < file->pages_nr; i++) {
		const struct kdumpfile_page *page = &file->page[i];

		bitmap_set(at(file, file->bitmap_offset), page->pfn);
		bitmap_set(at(file, file->bitmap_offset + bitmap_bytes), page->pfn);
		descs_nr +=
			!file->split || (page->pfn >= file->start_pfn && page->pfn < file->end_pfn);
	}

	data = desc + descs_nr * 24;
	file->size = (size_t)data;
	for (size_t i = 0; i < file->pages_nr; i++) {
		struct kdumpfile_page *page = &file->page[i];

		if (file->split && (page->pfn < file->start_pfn || page->pfn >= file->end_pfn))
			continue;
		if (!page->lost) {
			page->offset = data;
			put_u64(file, desc, data);
			put_u32(file, desc + 8, page->size);
			put_u32(file, desc + 12, page->flags);
			memcpy(at(file, data), page->data, page->size);
			data += page->size;
		}
		desc += 24;
	}
	file->size = (size_t)data;
}

void kdumpfile_build(struct kdumpfile *file)
{
	uint64_t block = file->block_size;
	uint64_t sub_bytes = offsets[file->layout].sub_bytes;
	uint64_t sub_blocks = div_round_up_u64(sub_bytes + file->notes_size, block);
	uint64_t bitmap_bytes = align_up_u64(div_round_up_u64(file->max_mapnr, 8), block);

	memset(file->bytes, 0, KDUMPFILE_BYTES_MAX);
	file->notes_offset = block + sub_bytes;
	file->bitmap_offset = (1 + sub_blocks) * block;
	file->desc_offset = file->bitmap_offset + 2 * bitmap_bytes;
	put_main(file, sub_blocks, 2 * bitmap_bytes / block);
	put_sub(file);
	put_pages(file, bitmap_bytes);
}

uint64_t kdumpfile_block_size_at(const struct kdumpfile *file)
{
	return offsets[file->layout].block_size;
}

uint64_t kdumpfile_sub_blocks_at(const struct kdumpfile *file)
{
	return offsets[file->layout].sub_blocks;
}

uint64_t kdumpfile_bitmap_blocks_at(const struct kdumpfile *file)
{
	return offsets[file->layout].bitmap_blocks;
}

uint64_t kdumpfile_max_mapnr_64_at(const struct kdumpfile *file)
{
	return file->block_size + offsets[file->layout].start_pfn_64 + 16;
}

void kdumpfile_write(const struct kdumpfile *file, const char *path, size_t size)
{
	FILE *out = fopen(path, "w");

	size = size ? size : file->size;
	if (!out || fwrite(file->bytes, 1, size, out) != size || fclose(out))
		abort();
}
