/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads and writes that go on until all is done: short transfers and EINTR are hidden, errors come
 * back as values. Messages do not name the file; the caller wraps them with its name.
 */
#ifndef VMTOOL_BASE_IO_H
#define VMTOOL_BASE_IO_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "util/base/err.h"

/* Reads up to @len bytes; *ret_len is smaller only at end of file. */
must_check struct err *io_pread(int fd, void *buf, size_t len, uint64_t offset, size_t *ret_len);

/* Reads exactly @len bytes; end of file before that is ERR_NODATA ("short read"). */
must_check struct err *io_pread_full(int fd, void *buf, size_t len, uint64_t offset);

must_check struct err *io_pwrite_full(int fd, const void *buf, size_t len, uint64_t offset);
must_check struct err *io_write_full(int fd, const void *buf, size_t len);

/*
 * As io_write_full(), where a reader may keep us waiting: ERR_INTERRUPTED once @stop_fd is readable
 * (-1: none). *ret_done bytes were written, set also on error. The flags of @fd, which others may
 * share, stay as they are; pipes and sockets get no more at a time than they have said they have
 * room for. (One that somebody else fills in between keeps us waiting all the same.)
 */
must_check struct err *io_write_stoppable(int fd, const void *buf, size_t len, int stop_fd,
					  size_t *ret_done);

/*
 * The whole of a file (also one of /proc or /sys, whose size says 0), NUL-terminated for the
 * reader's convenience. A file of more than @limit bytes is ERR_FORMAT.
 */
must_check struct err *io_read_file(int dir_fd, const char *path, size_t limit, char **ret_data,
				    size_t *ret_len);

#endif
