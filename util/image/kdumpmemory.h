/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which memory a kdump-compressed file is of: each run of set bits in its first bitmap is a range
 * of the image's memory map. Which pages of it the file has is another matter, and another
 * bitmap's.
 * Private to util/image.
 */
#ifndef VMTOOL_IMAGE_KDUMPMEMORY_H
#define VMTOOL_IMAGE_KDUMPMEMORY_H

#include "util/image/image.h"
#include "util/image/kdumpheader.h"

/*
 * Fills and finishes image->memmap; bits are read from the first part. Memory in more pieces than
 * are held has its last gaps taken for memory, with a remark in @notes. ERR_INTERRUPTED: the
 * image's stop_fd has become readable.
 */
must_check struct err *kdump_memory_read(struct image *image, const struct kdump_header *header,
					 struct notes *notes);

#endif
