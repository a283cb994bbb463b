/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the kernel keeps the struct page of a page frame: the sparse memory model with
 * SPARSEMEM_EXTREME (include/linux/mmzone.h), which every 64-bit distribution kernel uses. Physical
 * memory is cut into sections of 2^SECTION_SIZE_BITS bytes; mem_section[] points to roots, each a
 * page of struct mem_section, whose section_mem_map is the address of the section's struct pages,
 * less the address the first struct page of the section would have in one array of all, plus flags
 * in the low bits.
 */
#ifndef VMTOOL_KERNEL_MEMSECTION_H
#define VMTOOL_KERNEL_MEMSECTION_H

#include <stdbool.h>
#include <stdint.h>

#include "util/kernel/layout.h"
#include "util/kernel/vtop.h"

struct memsections {
	const struct vtop *vtop; /* borrowed */
	uint64_t roots_vaddr;	 /* of the array of pointers */
	uint64_t roots_nr;
	uint64_t section_struct_size;
	uint64_t mem_map_offset;
	uint64_t sections_per_root;
	uint64_t page_struct_size;
	unsigned int pfn_section_shift; /* pfn >> this is the section number */
};

must_check struct err *memsections_init(struct memsections *sections, const struct vtop *vtop,
					struct layout *layout, uint64_t page_size,
					uint64_t page_struct_size);

static inline uint64_t memsections_pages_per_section(const struct memsections *sections)
{
	return UINT64_C(1) << sections->pfn_section_shift;
}

/*
 * The virtual address of the struct page of the first page frame in the section of @pfn; those of
 * the others follow it. ERR_NODATA: the section is not present or has no struct pages.
 * ERR_UNSUPPORTED: section_mem_map has more flags than are known.
 */
must_check struct err *memsections_mem_map(const struct memsections *sections, uint64_t pfn,
					   uint64_t *ret_vaddr);

/* What is done with the struct pages of a section: @bytes at the virtual address @mem_map. */
typedef struct err *memsections_fn(void *ctx, uint64_t mem_map, uint64_t bytes);

/*
 * Each section that holds memory of @map, ascending. Those whose struct pages cannot be found are
 * passed over. Ends at the first error of @fn, or at ERR_NOMEM.
 */
must_check struct err *memsections_each(const struct memsections *sections,
					const struct memmap *map, uint64_t page_size,
					memsections_fn *fn, void *ctx);

/* The virtual address of the struct page of @pfn itself; errors are those of its section. */
must_check struct err *memsections_struct_page(const struct memsections *sections, uint64_t pfn,
					       uint64_t *ret_vaddr);

#endif
