/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Symbols of a dumped kernel, from the compressed table it carries in its own read-only data
 * (kernel/kallsyms.c, scripts/kallsyms.c). VMCOREINFO says where the table is since 6.0
 * (5fd8fea935a1, f09bddbd8661). Addresses are stored in one of four ways, and which one is found by
 * trying: the symbols that VMCOREINFO gives as well must come out the same.
 *
 *  - absolute: kallsyms_addresses[], 64 bits each (where CONFIG_KALLSYMS_BASE_RELATIVE was off, up
 *    to 6.10)
 *  - base-relative: kallsyms_relative_base + kallsyms_offsets[] (2213e9a66bb8, 4.6)
 *  - the same with per-CPU symbols as non-negative absolute values and all others as
 *    base - 1 - offset (CONFIG_KALLSYMS_ABSOLUTE_PERCPU, x86 SMP up to 6.14, 01157ddc58dc)
 *  - place-relative: the offset is from its own place (a081b5789255, 7.0)
 */
#ifndef VMTOOL_KERNEL_KALLSYMS_H
#define VMTOOL_KERNEL_KALLSYMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/kernel/vmcoreinfo.h"
#include "util/kernel/vtop.h"

struct kallsyms_wanted {
	const char *name;
	uint64_t vaddr; /* valid when found */
	bool found;
};

/* Names that can be asked for at a time. */
enum { KALLSYMS_WANTED_MAX = 32 };

/*
 * Look @nr names up. A name that is not there, or there more than once, stays not found.
 * ERR_NODATA: VMCOREINFO does not say where the table is; ERR_FORMAT: it is not believed.
 */
must_check struct err *kallsyms_find(const struct vtop *vtop, const struct vmcoreinfo *info,
				     struct kallsyms_wanted *wanted, size_t nr);

#endif
