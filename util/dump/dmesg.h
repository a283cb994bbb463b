/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The log of a crashed kernel as text: the first thing anybody wants of a dump, and the last that
 * may fail. Reads the image's notes, the kernel's page tables and its ring buffer, nothing else.
 */
#ifndef VMTOOL_DUMP_DMESG_H
#define VMTOOL_DUMP_DMESG_H

#include <stdbool.h>

#include "util/base/notes.h"
#include "util/image/image.h"
#include "util/kernel/printk.h"
#include "util/mem/file.h"

/* Told of an image that has been opened. */
struct image_observer {
	void *ctx;
	void (*tell)(void *ctx, const struct image *image); /* NULL: nobody asks */
};

struct dmesg_options {
	const char *const *inputs; /* the image, all parts of a split one */
	size_t inputs_nr;
	const char *output; /* NULL: to stream_fd */
	int stream_fd;
	int stop_fd; /* readable: stop; -1: none */
	struct image_watch watch;
	bool overwrite;
	bool callers; /* who wrote each message, too */
	bool json;    /* not as text */
	bool partial; /* only what came after the log was last cleared */

	const char *vmcoreinfo; /* a file to take it from; NULL: the image's own */
	const char *vmlinux;	/* the kernel's, for its types and symbols; NULL: none */
	struct image_observer opened;
	struct mem_file_config file;
};

/*
 * An error with @summary->records_nr above 0: so many messages are in the output. ERR_INTERRUPTED:
 * stop_fd has become readable.
 */
must_check struct err *dump_dmesg(const struct dmesg_options *options, struct notes *notes,
				  struct printk_summary *summary);

#endif
