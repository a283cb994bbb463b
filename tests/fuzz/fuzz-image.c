// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Any bytes as a memory image: headers, program headers, notes, the memory map, and reads through
 * it. What the map promises must hold for each range.
 */
#include <stdlib.h>

#include "tests/fuzz/open-image.h"
#include "util/base/checked.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_memory(struct image *image)
{
	const struct memmap *map = &image->memmap;
	uint64_t file_size = mem_file_size(image->file);
	uint64_t end = 0;
	uint8_t bytes[512];

	for (size_t i = 0; i < map->nr; i++) {
		const struct memmap_range *range = &map->range[i];

		assert(range->size > 0 && range->file_size <= range->size);
		assert(i == 0 || range->paddr >= end);
		assert(!range->file_size || image_has_gaps(image) ||
		       range_within(range->file_offset, range->file_size, file_size));
		end = range->paddr + range->size;
		assert(end > range->paddr || end == 0);
	}
	/* The ends of a range are where a reader may go wrong; a few ranges stand for all. */
	for (size_t i = 0; i < MIN(map->nr, (size_t)8); i++) {
		const struct memmap_range *range = &map->range[i];
		size_t len = (size_t)MIN(range->size, (uint64_t)sizeof(bytes));
		struct err *first =
			mem_read(image->source, range->paddr, bytes, len, MEM_SEQUENTIAL);
		struct err *last = mem_read(image->source, range->paddr + range->size - len, bytes,
					    len, MEM_RANDOM);

		assert(image_has_gaps(image) ||
		       (range->file_size == range->size ? !first && !last : !!last));
		err_free(first);
		err_free(last);
	}
}

static void check_notes(struct image *image)
{
	uint8_t bytes[4096];

	for (uint64_t at = 0; at < image->notes_size; at += sizeof(bytes)) {
		size_t len = (size_t)MIN(image->notes_size - at, (uint64_t)sizeof(bytes));
		struct err *e = image_read_notes(image, at, bytes, len);

		assert(!e);
		err_free(e);
	}
	if (image->vmcoreinfo) {
		assert(strlen(image->vmcoreinfo) == image->vmcoreinfo_size);
		assert(range_within(image->vmcoreinfo_offset, image->vmcoreinfo_size,
				    image->notes_size));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	guard(image) struct image *image = open_image(data, size);

	if (!image)
		return 0;
	check_memory(image);
	check_notes(image);
	return 0;
}
