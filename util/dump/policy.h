/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which classes of pages a dump level leaves out. The bits are makedumpfile's:
 *
 *	 1  pages filled with zeros
 *	 2  page cache without private data
 *	 4  page cache, with private data or without
 *	 8  user pages: anonymous memory, hugetlb
 *	16  free pages
 *
 * Poisoned and offline pages are left out at every level: reading the former can raise a machine
 * check, the latter are not the guest's any more. So are the pages of Xen's domains but domain 0,
 * which are told apart where -X asks for it only.
 */
#ifndef VMTOOL_DUMP_POLICY_H
#define VMTOOL_DUMP_POLICY_H

#include <stdbool.h>

#include "util/kernel/pageclass.h"

enum {
	DUMP_LEVEL_ZERO = 1,
	DUMP_LEVEL_CACHE = 2,
	DUMP_LEVEL_CACHE_PRIVATE = 4,
	DUMP_LEVEL_USER = 8,
	DUMP_LEVEL_FREE = 16,
	DUMP_LEVEL_MAX = 31,
};

/* Is a page of this class left out at @level, whatever it holds? */
bool policy_drops(unsigned int level, enum page_class class);

#endif
