/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which functions of the kernel merely pass an allocation on. The call site of an allocation is the
 * first frame that is not the page allocator; its owner the first that is not slab, vmalloc, page
 * cache, page table or fault handling either.
 *
 * One table of patterns serves kernels from 4.x to 7.x: names are compared without what compilers
 * and kernel versions put around them (leading underscores, _noprof, .isra.0, .cold ...). Adding a
 * name is adding a word to the table in callsite.c.
 */
#ifndef VMTOOL_REPORT_CALLSITE_H
#define VMTOOL_REPORT_CALLSITE_H

#include <stddef.h>

enum frame_kind {
	FRAME_OTHER,	  /* somebody who wants memory */
	FRAME_TRACE,	  /* the tracepoint's own */
	FRAME_PAGE_ALLOC, /* the page allocator */
	FRAME_HELPER,	  /* slab, vmalloc, page cache, page tables */
	FRAME_FAULT,	  /* handling of a page fault */
	FRAME_FAULT_ANON, /* the same, and which kind of mapping it was */
	FRAME_FAULT_FILE,
	FRAME_FAULT_COW,
	FRAME_FAULT_ENTRY, /* where the processor reported the fault */
};

/* Functions the user wants passed over too; globs, compared with the whole name. */
struct callsite_skip {
	const char *const *pattern;
	size_t nr;
};

/* @skip may be NULL. The user's patterns make a frame FRAME_PAGE_ALLOC. */
enum frame_kind frame_kind(const char *function, const struct callsite_skip *skip);

/*
 * The name to compare: @out (of @size bytes) receives @function without leading underscores,
 * without what follows its first dot, and without "_noprof".
 */
void frame_plain_name(const char *function, char *out, size_t size);

#endif
