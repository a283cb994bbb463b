/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Makes a file that can be read anywhere and in any order out of what cannot: a pipe, and
 * compressed records. The copies have no name, lie below $TMPDIR or /var/tmp and go with their
 * descriptor.
 */
#ifndef VMTOOL_PERFDATA_UNPACK_H
#define VMTOOL_PERFDATA_UNPACK_H

#include <stdint.h>

#include "util/base/err.h"
#include "util/mem/file.h"

/* Empty, readable and writable; the caller's to close. */
must_check struct err *unpack_nameless_file(int *ret_fd);

/* All that can still be read from @fd, which stays the caller's. */
must_check struct err *unpack_pipe(int fd, int *ret_fd, uint64_t *ret_size);

/*
 * The records in [@start, @end) of @file, those in COMPRESSED ones in their place. Compressed bytes
 * that are damaged end the copy: *ret_lost says how many bytes of the range were given up.
 * ERR_UNSUPPORTED without zstd.
 */
must_check struct err *unpack_records(struct mem_file *file, uint64_t start, uint64_t end,
				      int *ret_fd, uint64_t *ret_size, uint64_t *ret_lost);

#endif
