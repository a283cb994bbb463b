// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * x86_64 page tables, 4 and 5 levels (Intel SDM volume 3, 4.5; kernel Documentation/arch/x86/
 * x86_64/mm.rst). The top table is the kernel's init_top_pgt, which VMCOREINFO gives as a link
 * address inside the kernel image: physical = virtual - __START_KERNEL_map + phys_base. With KASLR
 * both are already relocated.
 */
#include <elf.h>

#include "util/kernel/vtop.h"

enum {
	PAGE_SHIFT = 12,
	INDEX_BITS = 9,
	ENTRY_PRESENT = 1 << 0,
	ENTRY_HUGE = 1 << 7,
};

#define START_KERNEL_MAP UINT64_C(0xffffffff80000000)
#define IMAGE_END UINT64_C(0xffffffffc0000000) /* the image ends below, KASLR or not */
#define ENTRY_ADDRESS_MASK UINT64_C(0x000ffffffffff000)

static struct err *x86_64_init(struct vtop *vtop, const struct vmcoreinfo *info)
{
	uint64_t top_vaddr;
	int64_t phys_base;
	int64_t l5_enabled = 0;
	int64_t sme_mask = 0;
	struct err *e;

	/* init_top_pgt since 4.13; swapper_pg_dir names the same table before and after. */
	e = vmcoreinfo_symbol(info, "init_top_pgt", &top_vaddr);
	if (e) {
		err_free(e);
		e = vmcoreinfo_symbol(info, "swapper_pg_dir", &top_vaddr);
	}
	if (e)
		return e;
	e = vmcoreinfo_number(info, "phys_base", &phys_base);
	if (e)
		return e;
	/* Both are in every kernel since 5.0; without them any choice would be a guess. */
	e = vmcoreinfo_number(info, "pgtable_l5_enabled", &l5_enabled);
	if (e)
		return e;
	e = vmcoreinfo_number(info, "sme_mask", &sme_mask);
	if (e)
		return e;

	if (top_vaddr < START_KERNEL_MAP)
		return err_new(ERR_FORMAT, "the top page table at %#llx is not in the kernel image",
			       (unsigned long long)top_vaddr);

	vtop->top_table_paddr = top_vaddr - START_KERNEL_MAP + (uint64_t)phys_base;
	vtop->levels = l5_enabled ? 5 : 4;
	vtop->entry_mask = ENTRY_ADDRESS_MASK & ~(uint64_t)sme_mask;
	vtop->image_start = START_KERNEL_MAP;
	vtop->image_end = IMAGE_END;
	return NULL;
}

static struct err *x86_64_translate(const struct vtop *vtop, uint64_t vaddr, uint64_t *ret_paddr,
				    uint64_t *ret_run_bytes)
{
	uint64_t table = vtop->top_table_paddr;

	for (unsigned int level = vtop->levels; level > 0; level--) {
		unsigned int shift = PAGE_SHIFT + (level - 1) * INDEX_BITS;
		uint64_t index = vaddr >> shift & ((1 << INDEX_BITS) - 1);
		uint64_t entry;
		struct err *e = vtop_entry(vtop, level, table, index, vaddr, &entry);

		if (e)
			return e;
		if (!(entry & ENTRY_PRESENT))
			return vtop_hole(vaddr, shift, ret_run_bytes);

		/* Huge pages exist at level 2 (2 MiB) and 3 (1 GiB); above, the bit is reserved. */
		if (level == 1 || (level <= 3 && entry & ENTRY_HUGE)) {
			vtop_page(vaddr, entry & vtop->entry_mask, shift, ret_paddr, ret_run_bytes);
			return NULL;
		}
		table = entry & vtop->entry_mask;
	}
	__builtin_unreachable();
}

static const char *const numbers[] = { "phys_base", "pgtable_l5_enabled", "sme_mask", NULL };

const struct arch arch_x86_64 = {
	.name = "x86_64",
	.elf_machine = EM_X86_64,
	.page_size = 1 << PAGE_SHIFT,
	.numbers = numbers,
	.init = x86_64_init,
	.translate = x86_64_translate,
};
