/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The memory of an image whose file holds it byte for byte, where the memory map says: for formats
 * that pack nothing. Private to util/image.
 */
#ifndef VMTOOL_IMAGE_RANGES_H
#define VMTOOL_IMAGE_RANGES_H

#include "util/image/image.h"

/* First member of what the format keeps in image->priv. */
struct ranges_source {
	struct mem_source source;
	struct image *image;
};

/* Becomes image->source; reads through image->memmap, which may still be empty. */
void ranges_source_init(struct ranges_source *ranges, struct image *image);

/* How many of the @size bytes at @offset the first file really has. */
uint64_t ranges_stored(const struct image *image, uint64_t offset, uint64_t size);

/* @bytes that tables promise are not in the file. Stays at the top when the sum would wrap. */
void ranges_count_truncated(struct image *image, uint64_t bytes);

/* Physical addresses have 52 bits at most, of x86_64 and arm64; and no plan goes further. */
#define RANGES_END (UINT64_C(1) << 52)

/* Can memory be at [paddr, paddr + size)? */
bool ranges_can_be(uint64_t paddr, uint64_t size);

/*
 * Call instead of memmap_finish(): the same, and a map of more memory than machines have loses what
 * the file does not hold of it, with a remark in @notes. ERR_FORMAT: it holds nothing of it.
 */
must_check struct err *ranges_finish(struct image *image, struct notes *notes);

#endif
