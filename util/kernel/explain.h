/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What one page frame is, and why: its struct page taken apart, and the rule that decided. The same
 * rules as a scan's (util/kernel/pageclass.h), one page at a time.
 */
#ifndef VMTOOL_KERNEL_EXPLAIN_H
#define VMTOOL_KERNEL_EXPLAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/kernel/kernel.h"

enum { EXPLAINED_MEMBERS_MAX = 8, EXPLAINED_MEANING_MAX = 400 };

struct explained_member {
	const char *name;
	uint64_t value;
	char meaning[EXPLAINED_MEANING_MAX]; /* "lru|uptodate"; "" where there is nothing to say */
};

/* Does the image hold the bytes of a page frame? */
enum explained_presence {
	EXPLAINED_STORED,
	EXPLAINED_LEFT_OUT,  /* by whoever wrote it, or it is cut off there */
	EXPLAINED_NO_MEMORY, /* nothing in the image says that there is memory: no dump has it */
};

struct explained {
	uint64_t pfn;
	uint64_t vaddr; /* of its struct page */
	struct explained_member member[EXPLAINED_MEMBERS_MAX];
	size_t members_nr;
	uint64_t first; /* of the compound page or free block it is part of; pfn when of none */
	enum page_class class;
	const char *why;
	bool poisoned;
	enum explained_presence presence;
};

/*
 * @kernel must have why_not == NULL. ERR_NODATA: the page frame has no struct page, being beyond
 * the end of memory or in a hole of it; other errors: it cannot be read.
 */
must_check struct err *explain_page(const struct kernel *kernel, uint64_t pfn,
				    struct explained *ret_explained);

#endif
