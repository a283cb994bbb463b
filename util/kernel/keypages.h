/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Page frames that whoever reads a dump looks at before anything else, and without which the rest
 * is of no use: the names of the kernel, its log, mem_section and its roots, the memory nodes, and
 * the page tables that lead to these, to the kernel image and to the struct pages. Most of them are
 * ordinary kernel memory, anywhere. crash(8) gives up where a page of mem_section is missing
 * ("memory section root table").
 *
 * Used to put first things first in a dump, never to leave anything out.
 */
#ifndef VMTOOL_KERNEL_KEYPAGES_H
#define VMTOOL_KERNEL_KEYPAGES_H

#include "util/kernel/regions.h"

/*
 * They are found by looking: what is read on the way are the pages. @kernel must have why_not ==
 * NULL. What cannot be read is left out; the only error is ERR_NOMEM. @keys must be REGIONS_INIT.
 */
must_check struct err *keypages_find(struct regions *keys, const struct kernel *kernel);

#endif
