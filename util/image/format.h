/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a file format of memory images provides to image.c. Private to util/image.
 */
#ifndef VMTOOL_IMAGE_FORMAT_H
#define VMTOOL_IMAGE_FORMAT_H

#include "util/image/image.h"

enum { IMAGE_PROBE_BYTES = 64 };

struct image_format {
	const char *name;

	/* Is this ours, judging by the first @len (at most IMAGE_PROBE_BYTES) bytes? */
	bool (*probe)(const uint8_t *head, size_t len);

	bool takes_parts; /* may consist of several files */

	/* Fill in @image, whose files are open. On error image_close() still calls close(). */
	struct err *(*open)(struct image *image, struct notes *notes);

	/* As image_stored(); NULL when the memory map says it all. */
	struct err *(*stored)(struct image *image, uint64_t first, uint64_t nr, uint8_t *bits);

	/* Release image->priv, which may be NULL. */
	void (*close)(struct image *image);
};

extern const struct image_format image_format_elf;
extern const struct image_format image_format_kdump;
extern const struct image_format image_format_lime;

#endif
