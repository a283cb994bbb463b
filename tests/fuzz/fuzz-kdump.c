// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Any bytes as a kdump-compressed file: each page the file says it has is read, and what
 * image_stored() says is true of what reading says.
 */
#include <stdlib.h>

#include "tests/fuzz/open-image.h"
#include "util/base/bitmap.h"
#include "util/base/checked.h"

enum { PAGES_READ_MAX = 256, PAGE_BYTES_MAX = 64 << 10 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_pages(struct image *image)
{
	static uint8_t page[PAGE_BYTES_MAX];
	uint8_t bits[PAGES_READ_MAX / 8];
	struct err *e;

	assert(image->page_size && image->page_size <= sizeof(page));
	e = image_stored(image, 0, PAGES_READ_MAX, bits);
	assert(!e);
	for (size_t pfn = 0; pfn < PAGES_READ_MAX; pfn++) {
		e = mem_read(image->source, pfn * image->page_size, page, (size_t)image->page_size,
			     pfn % 2 ? MEM_RANDOM : MEM_SEQUENTIAL);
		assert(e || bitmap_test(bits, pfn));
		err_free(e);
	}
	e = image_stored(image, 1 << 20, PAGES_READ_MAX, bits);
	assert(!e);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	guard(image) struct image *image = open_image(data, size);
	uint8_t byte;
	struct err *e;

	if (!image)
		return 0;
	if (image_has_gaps(image))
		read_pages(image);
	for (uint64_t at = 0; at < image->notes_size; at += 997) {
		e = image_read_notes(image, at, &byte, 1);
		assert(!e);
		err_free(e);
	}
	return 0;
}
