/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A flattened dump in a file, read as the dump file it stands for: the records are gone through
 * once, when it is opened, and what lies where is kept in a table of 24 bytes for each of them.
 * What no record has reads as zeros, as in a file put together by -R.
 */
#ifndef VMTOOL_IMAGE_FLATFILE_H
#define VMTOOL_IMAGE_FLATFILE_H

#include <stdbool.h>
#include <stdint.h>

#include "util/base/notes.h"
#include "util/mem/file.h"

/*
 * Takes ownership of @fd, also on error; @size is its length. Whatever breaks the stream off, what
 * came before is there: a remark in @notes says so, and *ret_complete is false. ERR_FORMAT: there
 * is no record at all. ERR_INTERRUPTED: @stop_fd (0 or less: none) has become readable.
 */
must_check struct err *flat_file_open(int fd, uint64_t size, const struct mem_file_config *config,
				      int stop_fd, struct notes *notes, struct mem_file **ret_file,
				      bool *ret_complete);

#endif
