// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * arm64 page tables (Arm ARM, D8; kernel arch/arm64/include/asm/pgtable-hwdef.h): pages of 4, 16 or
 * 64 KiB, 36 to 52 bits of virtual addresses, known only at run time since 5.4 (TCR_EL1_T1SZ). The
 * top table is swapper_pg_dir, in the kernel image: physical = virtual - kimage_voffset.
 *
 * With 64 KiB pages and a kernel for 52 bits the top table has room for 52 bits also where the
 * processor knows 48 (TTBR1 then points into it), so it is indexed with VA_BITS. With smaller pages
 * such a kernel leaves the top level out (LPA2, 6.9, 9684ec186f8f), so the number of levels follows
 * from the bits in use.
 */
#include <elf.h>

#include "util/kernel/vtop.h"

enum {
	ENTRY_VALID = 1 << 0,
	ENTRY_TABLE = 1 << 1, /* above the last level: a table, not a block */
	VA_BITS_MIN = 36,
	VA_BITS_MAX = 52,
	SHIFT_64K = 16,
};

/* Bits of virtual addresses: those the kernel is built for, and those in use. */
static struct err *find_va_bits(const struct vmcoreinfo *info, unsigned int *ret_built,
				unsigned int *ret_used)
{
	int64_t built;
	int64_t t1sz;
	struct err *e = vmcoreinfo_number(info, "VA_BITS", &built);

	if (e)
		return e;
	e = vmcoreinfo_number(info, "TCR_EL1_T1SZ", &t1sz);
	if (e && err_code(e) == ERR_NODATA && built <= 48) {
		/* Before 5.9 (bbdbc11804ff) it was not told; up to 48 bits there is no choice. */
		err_free(e);
		e = NULL;
		t1sz = 64 - built;
	}
	if (e)
		return e;
	if (built < VA_BITS_MIN || built > VA_BITS_MAX || t1sz > 64 - VA_BITS_MIN ||
	    t1sz < 64 - built)
		return err_new(ERR_FORMAT,
			       "VMCOREINFO has absurd addresses: NUMBER(VA_BITS)=%lld, "
			       "NUMBER(TCR_EL1_T1SZ)=%lld",
			       (long long)built, (long long)t1sz);
	*ret_built = (unsigned int)built;
	*ret_used = (unsigned int)(64 - t1sz);
	return NULL;
}

static uint64_t bits(unsigned int high, unsigned int low)
{
	return (UINT64_C(2) << high) - (UINT64_C(1) << low);
}

/* Which bits of an entry are an address; the rest of 52-bit addresses is in low bits. */
static struct err *find_entry_bits(struct vtop *vtop, const struct vmcoreinfo *info,
				   unsigned int used)
{
	int64_t physmem_bits;
	struct err *e = vmcoreinfo_number(info, "MAX_PHYSMEM_BITS", &physmem_bits);

	if (e)
		return e;
	vtop->entry_mask = bits(47, vtop->page_shift);
	if (vtop->page_shift == SHIFT_64K && physmem_bits == 52) {
		vtop->entry_high_mask = bits(15, 12); /* are bits 51 to 48 */
		vtop->entry_high_shift = 36;
	} else if (vtop->page_shift < SHIFT_64K && used > 48) {
		vtop->entry_mask = bits(49, vtop->page_shift);
		vtop->entry_high_mask = bits(9, 8); /* are bits 51 and 50 (LPA2) */
		vtop->entry_high_shift = 42;
	}
	return NULL;
}

static struct err *arm64_init(struct vtop *vtop, const struct vmcoreinfo *info)
{
	uint64_t top_vaddr;
	int64_t voffset;
	unsigned int built = 0;
	unsigned int used = 0;
	unsigned int table_bits;
	unsigned int top_shift;
	struct err *e = vtop_find_page_shift(vtop, info);

	if (!e)
		e = find_va_bits(info, &built, &used);
	if (!e)
		e = find_entry_bits(vtop, info, used);
	if (!e)
		e = vtop_find_image(vtop, info, &top_vaddr);
	if (!e)
		e = vmcoreinfo_number(info, "kimage_voffset", &voffset);
	if (e)
		return e;

	table_bits = vtop->page_shift - 3;
	vtop->levels = (used - vtop->page_shift + table_bits - 1) / table_bits;
	top_shift = vtop->page_shift + (vtop->levels - 1) * table_bits;
	vtop->top_index_bits = MIN(table_bits, built - top_shift);
	vtop->top_table_paddr = top_vaddr - (uint64_t)voffset;
	vtop->va_bits = used;
	return NULL;
}

static struct err *arm64_translate(const struct vtop *vtop, uint64_t vaddr, uint64_t *ret_paddr,
				   uint64_t *ret_run_bytes)
{
	uint64_t table = vtop->top_table_paddr;
	unsigned int table_bits = vtop->page_shift - 3;

	/* Of the kernel's half of the address space only the upper va_bits count. */
	if (~vaddr >> vtop->va_bits) {
		*ret_run_bytes = UINT64_C(1) << vtop->page_shift;
		return err_new(ERR_NODATA, "%#llx is no virtual address of the kernel",
			       (unsigned long long)vaddr);
	}
	for (unsigned int level = vtop->levels; level > 0; level--) {
		unsigned int shift = vtop->page_shift + (level - 1) * table_bits;
		unsigned int index_bits = level == vtop->levels ? vtop->top_index_bits : table_bits;
		uint64_t index = vaddr >> shift & ((UINT64_C(1) << index_bits) - 1);
		uint64_t entry;
		uint64_t address;
		struct err *e = vtop_entry(vtop, level, table, index, vaddr, &entry);

		if (e)
			return e;
		address = (entry & vtop->entry_mask) | (entry & vtop->entry_high_mask)
							       << vtop->entry_high_shift;
		/*
		 * In the last level the bit of tables is that of pages; without it there is none.
		 */
		if (!(entry & ENTRY_VALID) || (level == 1 && !(entry & ENTRY_TABLE)))
			return vtop_hole(vaddr, shift, ret_run_bytes);
		if (level == 1 || !(entry & ENTRY_TABLE)) {
			vtop_page(vaddr, address, shift, ret_paddr, ret_run_bytes);
			return NULL;
		}
		table = address;
	}
	return err_new(ERR_FORMAT, "page tables without levels");
}

static const char *const numbers[] = { "VA_BITS", "TCR_EL1_T1SZ", "kimage_voffset", NULL };

const struct arch arch_arm64 = {
	.name = "aarch64",
	.elf_machine = EM_AARCH64,
	.numbers = numbers,
	.init = arm64_init,
	.translate = arm64_translate,
};
