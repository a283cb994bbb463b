/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A file that grows at its end while events come in, faster than a disk takes them: the next
 * segments are allocated, mapped and populated ahead by a thread of this object's, so that adding
 * bytes is a copy into memory that is there. A full disk is an error of output_append(), never a
 * SIGBUS: no byte is touched whose block was not allocated before. (What nobody can prevent is
 * somebody else truncating the file meanwhile.)
 *
 *	 start	       committed    reserved		    allocated
 *	   |  whole bytes  | being copied |  free  | reserve  |
 *	   +---------------+--------------+--------+----------+ - - -
 *				segments mapped, populated
 *
 * The last `reserve_bytes` before the end of what is allocated are never given to appends: when the
 * disk is full, the file can still be ended there in good order.
 *
 * Where the file system cannot allocate ahead or map, and with use_mmap false, bytes go out by
 * pwrite(2); the caller sees no difference.
 *
 * Threads: output_append() from any number of threads; the others by the owner alone while nobody
 * appends. The object's thread is there from output_new() to output_free(), idle when no file is
 * open.
 */
#ifndef VMTOOL_MEM_OUTPUT_H
#define VMTOOL_MEM_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "util/base/cleanup.h"
#include "util/base/err.h"

enum {
	OUTPUT_APPEND_MAX = 1 << 20, /* bytes of one output_append() */
	OUTPUT_APPENDS_NR = 64,	     /* threads that may append at the same time */
};

struct output_config {
	bool use_mmap;
	size_t reserve_bytes;

	/* Told after each append how many bytes from the start on are whole; never goes back. */
	void (*committed)(void *context, uint64_t bytes);
	void *context;

	/* As if the kernel had no MADV_POPULATE_WRITE (before 5.14): for tests. */
	bool no_populate;
};

struct output_stats {
	uint64_t bytes;
	uint64_t waits;	   /* appends that found no segment ready */
	uint64_t segments; /* mapped so far */
	bool mapped;	   /* false: by pwrite */
};

struct output;

must_check struct err *output_new(const struct output_config *config, struct output **ret_output);
void output_free(struct output *output);
DEFINE_GUARD(output, struct output *, output_free)

/*
 * Go on in @fd (the caller's, readable and writable) at offset @start, a multiple of 4096. Errors
 * of the first segment come back here: a disk that is full already is ERR_SYS with ENOSPC.
 */
must_check struct err *output_begin(struct output *output, int fd, uint64_t start);

/*
 * Add the bytes of @iov, together at most OUTPUT_APPEND_MAX, in one piece. After an error nothing
 * is added any more and every append gives that error; what was committed stays.
 */
must_check struct err *output_append(struct output *output, const struct iovec *iov, int iov_nr);

/*
 * Unmap. *ret_end: where the committed bytes end in the file. The file may be longer: allocated
 * space behind is the caller's to use and then to cut off.
 */
void output_end(struct output *output, uint64_t *ret_end);

void output_stats(struct output *output, struct output_stats *ret_stats);

#endif
