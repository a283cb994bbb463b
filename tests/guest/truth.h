// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the crashed kernel itself said about its pages: the files plant wrote down just before the
 * crash. Knows nothing of struct page, VMCOREINFO or vmtool; the class of a page follows from the
 * flags in /proc/kpageflags (Documentation/admin-guide/mm/pagemap.rst of the kernel) alone.
 */
#ifndef VMTOOL_TESTS_GUEST_TRUTH_H
#define VMTOOL_TESTS_GUEST_TRUTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Bits of /proc/kpageflags: up to THP as in include/uapi/linux/kernel-page-flags.h, PRIVATE as in
 * include/linux/kernel-page-flags.h (6.1 and 6.12 agree).
 */
enum truth_flag {
	KPF_LRU = 5,
	KPF_SLAB = 7,
	KPF_BUDDY = 10,
	KPF_ANON = 12,
	KPF_SWAPCACHE = 13,
	KPF_SWAPBACKED = 14,
	KPF_COMPOUND_HEAD = 15,
	KPF_COMPOUND_TAIL = 16,
	KPF_HUGE = 17,
	KPF_HWPOISON = 19,
	KPF_THP = 22,
	KPF_OFFLINE = 23,
	KPF_PRIVATE = 35,
};

enum truth_class {
	TRUTH_KERNEL, /* in every dump */
	TRUTH_CACHE,
	TRUTH_PRIVATE, /* page cache with private data */
	TRUTH_USER,
	TRUTH_FREE,
	TRUTH_HWPOISON, /* in no dump */
	TRUTH_OFFLINE,	/* in no dump */
	TRUTH_CLASS_NR,
};

extern const char *const truth_class_names[TRUTH_CLASS_NR];

struct planted_page {
	char class[8];
	uint64_t index;
	uint64_t pfn; /* 0: not known to user space, to be found by its mark */
};

struct truth {
	uint64_t *flags, *flags_before;
	uint64_t *mapped; /* /proc/kpagecount: how often each page is mapped */
	uint8_t *class;	  /* of each page, a truth_class */
	size_t pfn_nr;
	uint64_t buddyinfo_free; /* pages, by /proc/buddyinfo */
	struct planted_page *planted;
	size_t planted_nr;
};

/*
 * Exits with a message when a file of @directory is missing or makes no sense. The numbers in them
 * are in the byte order of the machine, and it is not in the files: @big_endian.
 */
void truth_load(struct truth *truth, const char *directory, bool big_endian);
void truth_release(struct truth *truth);

/*
 * The class of page @pfn. A page that fits several gets the first of: hwpoison, offline, free,
 * user, cache. Tails of a compound page have the class of their head.
 */
enum truth_class truth_class_of(const struct truth *truth, uint64_t pfn);

bool truth_has(const struct truth *truth, uint64_t pfn, enum truth_flag flag);

/* Was anything about @pfn different in the two snapshots taken before the crash? */
bool truth_moved(const struct truth *truth, uint64_t pfn);

/* Does makedumpfile's level @level leave out pages of @class? */
bool truth_class_dropped(enum truth_class class, int level);

/* The flags of @pfn in words, in @text of @bytes. */
const char *truth_flags_text(const struct truth *truth, uint64_t pfn, char *text, size_t bytes);

/* Print a comment on page @pfn: @what, and what the truth knows of it. */
void truth_list(const struct truth *truth, uint64_t pfn, const char *what);

#endif
