// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * riscv64 page tables: Sv39, Sv48 and Sv57 (RISC-V privileged specification, "Supervisor-Level
 * ISA"; kernel Documentation/arch/riscv/vm-layout.rst), of which the kernel takes the largest that
 * the processor has and the command line allows. NUMBER(VA_BITS) is the one in use. The top table
 * is swapper_pg_dir, in the kernel image: physical = virtual - va_kernel_pa_offset.
 *
 * Tried on dumps of real kernels: Documentation/kernels.md.
 */
#include <elf.h>

#include "util/kernel/vtop.h"

enum {
	PAGE_SHIFT = 12,
	INDEX_BITS = 9,
	ENTRY_VALID = 1 << 0,
	ENTRY_LEAF = 7 << 1, /* may be read, written or executed: a page, no table */
	ENTRY_PAGE_SHIFT = 10,

	/* Svnapot: of the page number the lowest four bits are a code, and the page is 64 KiB. */
	NAPOT_64K_CODE = 8,
	NAPOT_64K_SHIFT = 16,
};

#define ENTRY_NAPOT (UINT64_C(1) << 63)
#define ENTRY_PAGE_NUMBER ((UINT64_C(1) << 44) - 1)

static struct err *riscv64_init(struct vtop *vtop, const struct vmcoreinfo *info)
{
	uint64_t top_vaddr;
	int64_t va_bits;
	int64_t offset;
	struct err *e = vmcoreinfo_number(info, "VA_BITS", &va_bits);

	if (!e)
		e = vtop_find_image(vtop, info, &top_vaddr);
	if (!e)
		e = vmcoreinfo_number(info, "va_kernel_pa_offset", &offset);
	if (e)
		return e;
	if (va_bits != 39 && va_bits != 48 && va_bits != 57)
		return err_new(ERR_FORMAT, "VMCOREINFO NUMBER(VA_BITS) has the absurd value %lld",
			       (long long)va_bits);

	vtop->va_bits = (unsigned int)va_bits;
	vtop->levels = (vtop->va_bits - PAGE_SHIFT) / INDEX_BITS;
	vtop->top_table_paddr = top_vaddr - (uint64_t)offset;
	return NULL;
}

static struct err *riscv64_translate(const struct vtop *vtop, uint64_t vaddr, uint64_t *ret_paddr,
				     uint64_t *ret_run_bytes)
{
	uint64_t table = vtop->top_table_paddr;

	/* Addresses are sign-extended; the kernel's have the sign. */
	if (~vaddr >> (vtop->va_bits - 1))
		return vtop_hole(vaddr, PAGE_SHIFT, ret_run_bytes);
	for (unsigned int level = vtop->levels; level > 0; level--) {
		unsigned int shift = PAGE_SHIFT + (level - 1) * INDEX_BITS;
		uint64_t index = vaddr >> shift & ((1 << INDEX_BITS) - 1);
		uint64_t entry;
		uint64_t page;
		struct err *e = vtop_entry(vtop, level, table, index, vaddr, &entry);

		if (e)
			return e;
		if (!(entry & ENTRY_VALID))
			return vtop_hole(vaddr, shift, ret_run_bytes);
		page = entry >> ENTRY_PAGE_SHIFT & ENTRY_PAGE_NUMBER;
		if (entry & ENTRY_LEAF) {
			if (level == 1 && entry & ENTRY_NAPOT &&
			    (page & (2 * NAPOT_64K_CODE - 1)) == NAPOT_64K_CODE)
				shift = NAPOT_64K_SHIFT;
			vtop_page(vaddr, page << PAGE_SHIFT, shift, ret_paddr, ret_run_bytes);
			return NULL;
		}
		table = page << PAGE_SHIFT;
	}
	return err_new(ERR_FORMAT, "the last page table for virtual address %#llx names another",
		       (unsigned long long)vaddr);
}

static const char *const numbers[] = { "VA_BITS", "va_kernel_pa_offset", NULL };

const struct arch arch_riscv64 = {
	.name = "riscv64",
	.elf_machine = EM_RISCV,
	.page_size = 1 << PAGE_SHIFT,
	.numbers = numbers,
	.init = riscv64_init,
	.translate = riscv64_translate,
};
