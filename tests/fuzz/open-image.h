/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes opened as a memory image, for fuzzing what is done with images. */
#ifndef VMTOOL_TESTS_FUZZ_OPEN_IMAGE_H
#define VMTOOL_TESTS_FUZZ_OPEN_IMAGE_H

#include "tests/fuzz/memory-file.h"
#include "util/image/image.h"

/* NULL when it is refused, which takes a message. The file is the same one for each call. */
static inline struct image *open_image(const uint8_t *data, size_t size)
{
	static char path[MEMORY_FILE_PATH_MAX];
	static int fd = -1;
	struct image_config config = { .file = { .budget_bytes = 1 << 20 } };
	guard(notes) struct notes notes = NOTES_INIT;
	struct image *image = NULL;
	struct err *e;

	if (fd < 0)
		fd = memory_file_new(path);
	memory_file_set(fd, data, size);
	e = image_open(path, &config, &notes, &image);
	if (!e)
		return image;
	assert(err_message(e)[0]);
	err_free(e);
	return NULL;
}

#endif
