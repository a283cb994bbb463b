// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/image/kdumpmemory.h"

#include "util/base/bitmap.h"
#include "util/base/checked.h"

enum {
	/* 40 bytes each. Beyond that, gaps in memory count as memory that was left out. */
	RANGES_MAX = 1 << 16,
	STEP_BITS = 1 << 18,
};

static struct err *add_memory(struct image *image, unsigned int page_shift, uint64_t first,
			      uint64_t end)
{
	struct memmap_range range = {
		.paddr = first << page_shift,
		.size = (end - first) << page_shift,
		.file_size = (end - first) << page_shift,
	};

	return memmap_add(&image->memmap, &range);
}

struct err *kdump_memory_read(struct image *image, const struct kdump_header *header,
			      struct notes *notes)
{
	unsigned int page_shift = (unsigned int)__builtin_ctzll(header->block_size);
	autofree uint8_t *bits = malloc(STEP_BITS / 8);
	uint64_t run = UINT64_MAX; /* where a run began that goes on; none: UINT64_MAX */
	struct err *e = NULL;

	if (!bits)
		return err_nomem();
	for (uint64_t at = 0; !e && at < header->max_mapnr; at += STEP_BITS) {
		size_t nr = (size_t)MIN((uint64_t)STEP_BITS, header->max_mapnr - at);
		size_t n = 0;

		e = image_check_stop(image);
		if (!e)
			e = mem_file_read(image->file, header->ram.offset + at / 8, bits,
					  bitmap_bytes(nr), MEM_SEQUENTIAL);
		while (!e && n < nr) {
			if (run == UINT64_MAX) {
				n = bitmap_next_set(bits, nr, n);
				run = n < nr ? at + n : run;
				continue;
			}
			n = image->memmap.nr < RANGES_MAX ? bitmap_next_clear(bits, nr, n) : nr;
			if (n < nr) {
				e = add_memory(image, page_shift, run, at + n);
				run = UINT64_MAX;
			}
		}
	}
	if (!e && run != UINT64_MAX)
		e = add_memory(image, page_shift, run, header->max_mapnr);
	if (e)
		return err_wrap(e, "bitmap");
	if (image->memmap.nr > RANGES_MAX)
		notes_add(notes,
			  "memory is in more than %d pieces: gaps between the others are taken for "
			  "memory that was left out",
			  RANGES_MAX);
	return memmap_finish(&image->memmap);
}
