/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What differs between kernels, as far as a filter of pages can see it: numbers of page flags, page
 * types, where a compound page keeps its order, and the text of VMCOREINFO.
 */
#ifndef VMTOOL_TESTS_TOOL_MKVMCORE_PRESET_H
#define VMTOOL_TESTS_TOOL_MKVMCORE_PRESET_H

#include <stdbool.h>
#include <stdint.h>

enum page_type {
	TYPE_NONE,
	TYPE_BUDDY,
	TYPE_OFFLINE,
	TYPE_TABLE,
	TYPE_GUARD,
	TYPE_HUGETLB,
	TYPE_SLAB,
	TYPE_ZSMALLOC,
	TYPE_UNACCEPTED,
	TYPE_NR
};

struct page_flag {
	const char *name;
	unsigned int bit;
};

struct preset {
	const char *name;
	const char *osrelease; /* up to the machine's flavour */
	/*
	 * Lines of VMCOREINFO; "@word" in a value stands for what kernel_vmcoreinfo() knows. Behind
	 * them come those of the machine.
	 */
	const char *const *info;
	const struct page_flag *flags; /* ends with a NULL name */
	/* The value of _mapcount; 0: this kernel has no such type. */
	int32_t type[TYPE_NR];
	/*
	 * 6.9 and later: order in the low byte of the second page's flags, hugetlb is a page type.
	 * Before 6.6: order and destructor are bytes 17 and 16 of the second page.
	 */
	bool order_in_flags;
};

#endif
