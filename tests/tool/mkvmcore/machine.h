/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The machine a synthetic memory is of: byte order, page tables, where its kernel has what in
 * virtual memory, and what VMCOREINFO says of all that. Numbers are those of Debian's kernels, as
 * far as pages are of 4 KiB. Knows no struct page.
 */
#ifndef VMTOOL_TESTS_TOOL_MKVMCORE_MACHINE_H
#define VMTOOL_TESTS_TOOL_MKVMCORE_MACHINE_H

#include <stdint.h>

#include "util/base/endian.h"

enum { MACHINE_LEVELS_MAX = 5 };

/* What of an address is the index in a page table. */
struct table_level {
	unsigned int shift;
	unsigned int bits;
};

struct machine {
	const char *name;    /* as `uname -m` says it */
	const char *flavour; /* the end of the release's name */
	uint16_t elf_machine;
	enum byte_order order;

	/*
	 * Page tables: those of level 1 name pages. Entries, in host order, by the level they are
	 * in.
	 */
	unsigned int levels_min, levels_max;
	struct table_level level[MACHINE_LEVELS_MAX];
	uint64_t (*table_entry)(uint64_t paddr, unsigned int level);
	uint64_t (*leaf_entry)(uint64_t paddr, unsigned int level);
	uint64_t (*empty_entry)(unsigned int level); /* NULL: 0 */

	/* With levels_min, and with one more. */
	unsigned int physmem_bits[2];
	uint64_t page_offset[2];
	uint64_t vmemmap_base[2];
	uint64_t kernel_vaddr;
	unsigned int section_bits;

	/* The last lines of VMCOREINFO; see struct preset. */
	const char *const *info;

	/* struct elf_prstatus, and where in it the registers are that name code and stack. */
	unsigned int prstatus_bytes;
	unsigned int prstatus_pc, prstatus_sp;
};

const struct machine *machine_find(const char *name);

#endif
