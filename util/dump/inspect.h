/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Looking into an image without dumping it: which facts about the kernel are used and where they
 * come from, what one page frame is and why, and the free lists of the buddy allocator.
 */
#ifndef VMTOOL_DUMP_INSPECT_H
#define VMTOOL_DUMP_INSPECT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "util/base/notes.h"
#include "util/image/image.h"
#include "util/kernel/kernel.h"
#include "util/mem/file.h"

struct inspect_options {
	const char *const
		*inputs; /* of an image split into several files all of them, in any order */
	size_t inputs_nr;
	const char *vmcoreinfo; /* a file to take VMCOREINFO from; NULL: the image's own */
	const char *vmlinux;	/* the kernel's, for its types and symbols; NULL: none */
	struct mem_file_config file;
	bool json;
	int stop_fd; /* ERR_INTERRUPTED when it becomes readable; -1: none */
	struct image_watch watch;
};

/* What all of these begin with. The caller closes the image and frees the kernel, in this order. */
must_check struct err *inspect_open(const struct inspect_options *options, struct notes *notes,
				    struct image **ret_image, struct kernel **ret_kernel);

/* --show-layout. JSON: {"kernel", "btf", "kallsyms", "facts": [{"key", "value", ...}], ...}. */
must_check struct err *inspect_layout(const struct inspect_options *options, FILE *out,
				      struct notes *notes);

/*
 * --explain. @number is a page frame, or from 2^52 up an address of the kernel's, to be translated.
 */
must_check struct err *inspect_page(const struct inspect_options *options, uint64_t number,
				    FILE *out, struct notes *notes);

/*
 * --list-free: "order: 10 migrate_type: 2 pfn: 3072" for each free block, as the lists go; the name
 * of the type behind it where it is known.
 */
must_check struct err *inspect_free(const struct inspect_options *options, FILE *out,
				    struct notes *notes);

#endif
