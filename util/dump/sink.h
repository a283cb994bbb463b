/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where a dump is written: bytes at offsets, in any order, with errors as values. Knows nothing of
 * formats. Writers use only these calls, so that tests can stand in with a sink that fails at will.
 */
#ifndef VMTOOL_DUMP_SINK_H
#define VMTOOL_DUMP_SINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "util/base/cleanup.h"

struct sink;

enum sink_end {
	SINK_DISCARD,	 /* worth nothing: removed, if that can be done */
	SINK_INCOMPLETE, /* worth keeping, but not all of what it should be */
	SINK_COMPLETE,
};

struct sink_ops {
	/*
	 * Write @len bytes at @offset. *ret_written is set also on error: so many bytes from
	 * @offset on are written all the same.
	 */
	struct err *(*pwrite)(struct sink *sink, const void *buf, size_t len, uint64_t offset,
			      size_t *ret_written);

	/*
	 * Read back what was written, @len bytes at @offset; bytes nobody wrote are zeros. NULL for
	 * a stream: what is written there cannot be written again, and what nobody writes is not
	 * there.
	 */
	struct err *(*pread)(struct sink *sink, void *buf, size_t len, uint64_t offset);

	/*
	 * [offset, offset + len) reads as zeros from now on, and takes no space where that can be
	 * had: nothing has been written there before.
	 */
	struct err *(*put_zeros)(struct sink *sink, uint64_t offset, uint64_t len);

	/* Take the space of [offset, offset + len); it reads as zeros until written. */
	struct err *(*reserve)(struct sink *sink, uint64_t offset, uint64_t len);

	/* All written bytes are on their medium when this returns without an error. */
	struct err *(*sync)(struct sink *sink);

	struct err *(*close)(struct sink *sink, enum sink_end end);
};

struct sink {
	const struct sink_ops *ops;
};

struct sink_file_config {
	bool overwrite;		  /* -f */
	bool no_device;		  /* what nobody writes must read as zeros: ERR_UNSUPPORTED */
	const struct stat *input; /* never written over, by whatever name; NULL: there is none */
};

/*
 * A file, block device or /dev/null at @path. New files have mode 0600. Never goes through a
 * symbolic link as the last component. ERR_SYS with EEXIST: there is a file or a block device, and
 * no -f; with EBUSY: a block device in use (mounted).
 */
must_check struct err *sink_open_file(const char *path, const struct sink_file_config *config,
				      struct sink **ret_sink);

/*
 * A whole file at once, as sink_open_file() opens it: @len bytes, on their medium, or it is removed
 * again. @input: the file they were made of, which is never written over.
 */
must_check struct err *sink_put_file(const char *path, bool overwrite, const char *input,
				     const void *bytes, size_t len);

/* Takes everything, keeps nothing: --dry-run. */
must_check struct err *sink_open_null(struct sink **ret_sink);

/* A stream is written once, front to back in time if not in place; see pread above. */
static inline bool sink_is_stream(const struct sink *sink)
{
	return !sink->ops->pread;
}

#endif
