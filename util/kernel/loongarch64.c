// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * loongarch64 (LoongArch Reference Manual, volume 1, "Virtual Address Space and Address Translation
 * Mode" and "Multi-level Page Table Structure"; kernel
 * Documentation/arch/loongarch/introduction.rst,
 * arch/loongarch/include/asm/{addrspace,pgtable,pgtable-bits}.h). What a direct mapping window
 * covers is not in page tables: the kernel image, memory, and what directories say of the tables
 * they name. Above, swapper_pg_dir leads: modules, vmalloc, struct pages. All tables take one page,
 * of 4, 16 or 64 KiB.
 *
 * How many levels there are VMCOREINFO does not say, but the tables do. A directory entry without
 * anything below names a table that is empty, the same for all of a level (invalid_pmd_table,
 * invalid_pte_table); of the entries of that table each names the empty one of the next level; the
 * last has zeros. So the table that two neighbours in swapper_pg_dir name is empty, and as many
 * levels are below as tables follow.
 *
 * Tried on dumps of real kernels: Documentation/kernels.md.
 */
#include "util/image/machine.h"
#include "util/kernel/vtop.h"

enum {
	ENTRY_HUGE = 1 << 6, /* of directories; in page tables the bit is that of global pages */
	ENTRY_PRESENT = 1 << 7,

	/* Addresses of windows, and of pages. */
	PADDR_BITS = 48,
};

/*
 * The upper bits of the windows' addresses: uncached, cached (where the kernel is),
 * write-combining.
 */
enum { WINDOW_UNCACHED = 0x8000, WINDOW_CACHED = 0x9000, WINDOW_COMBINING = 0xa000 };

/* The kernel's page tables begin at -2^bits of the processor's; none has more. */
#define MAPPED_START UINT64_C(0xffff000000000000)

static bool in_window(uint64_t vaddr)
{
	uint64_t window = vaddr >> PADDR_BITS;

	return window == WINDOW_UNCACHED || window == WINDOW_CACHED || window == WINDOW_COMBINING;
}

static uint64_t window_paddr(uint64_t vaddr)
{
	return vaddr & ((UINT64_C(1) << PADDR_BITS) - 1);
}

/*
 * No page has such an entry: of its address bits the kernel's software uses 59 to 62, the processor
 * 63.
 */
static bool names_table(const struct vtop *vtop, uint64_t entry)
{
	uint64_t low = (UINT64_C(1) << vtop->page_shift) - 1;

	return entry >> PADDR_BITS == WINDOW_CACHED && !(entry & low);
}

static unsigned int index_bits(const struct vtop *vtop)
{
	return vtop->page_shift - 3;
}

/* The table that two neighbours name. */
static struct err *find_empty_table(const struct vtop *vtop, uint64_t *ret_entry)
{
	uint64_t before = 0;

	for (uint64_t index = 0; index >> index_bits(vtop) == 0; index++) {
		uint64_t entry;
		struct err *e = vtop_entry(vtop, 0, vtop->top_table_paddr, index, 0, &entry);

		if (e)
			return e;
		if (entry == before && names_table(vtop, entry)) {
			*ret_entry = entry;
			return NULL;
		}
		before = entry;
	}
	return err_new(ERR_FORMAT, "swapper_pg_dir at %#llx is no page directory",
		       (unsigned long long)vtop->top_table_paddr);
}

/* empty_tables[0] is the one that the top table names. */
static struct err *find_levels(struct vtop *vtop)
{
	uint64_t entry = 0;
	struct err *e = find_empty_table(vtop, &entry);

	for (vtop->levels = 1; !e && names_table(vtop, entry); vtop->levels++) {
		if (vtop->levels > ARRAY_SIZE(vtop->empty_tables))
			return err_new(ERR_FORMAT,
				       "swapper_pg_dir at %#llx has more than %u levels",
				       (unsigned long long)vtop->top_table_paddr, vtop->levels);
		vtop->empty_tables[vtop->levels - 1] = entry;
		e = vtop_entry(vtop, 0, window_paddr(entry), 0, 0, &entry);
	}
	return e;
}

static struct err *loongarch64_init(struct vtop *vtop, const struct vmcoreinfo *info)
{
	uint64_t top_vaddr;
	struct err *e = vtop_find_page_shift(vtop, info);

	if (!e)
		e = vtop_find_image(vtop, info, &top_vaddr);
	if (e)
		return e;
	if (!names_table(vtop, top_vaddr) || !in_window(vtop->image_start))
		return err_new(ERR_FORMAT,
			       "the kernel image cannot lie at %#llx, its page directory at %#llx",
			       (unsigned long long)vtop->image_start,
			       (unsigned long long)top_vaddr);
	vtop->top_table_paddr = window_paddr(top_vaddr);
	return find_levels(vtop);
}

static struct err *loongarch64_translate(const struct vtop *vtop, uint64_t vaddr,
					 uint64_t *ret_paddr, uint64_t *ret_run_bytes)
{
	uint64_t table = vtop->top_table_paddr;

	if (in_window(vaddr)) {
		vtop_page(vaddr, 0, PADDR_BITS, ret_paddr, ret_run_bytes);
		return NULL;
	}
	if (vaddr < MAPPED_START)
		return vtop_hole(vaddr, vtop->page_shift, ret_run_bytes);
	for (unsigned int level = vtop->levels; level > 0; level--) {
		unsigned int shift = vtop->page_shift + (level - 1) * index_bits(vtop);
		uint64_t index = vaddr >> shift & ((UINT64_C(1) << index_bits(vtop)) - 1);
		bool huge;
		uint64_t entry;
		struct err *e = vtop_entry(vtop, level, table, index, vaddr, &entry);

		if (e)
			return e;
		huge = level > 1 && !names_table(vtop, entry) && entry & ENTRY_HUGE;
		if (level == 1 || huge) {
			if (!(entry & ENTRY_PRESENT))
				return vtop_hole(vaddr, shift, ret_run_bytes);
			vtop_page(vaddr, window_paddr(entry), shift, ret_paddr, ret_run_bytes);
			return NULL;
		}
		if (entry == vtop->empty_tables[vtop->levels - level])
			return vtop_hole(vaddr, shift, ret_run_bytes);
		if (!names_table(vtop, entry))
			return err_new(ERR_FORMAT,
				       "level %u page table at %#llx for virtual address %#llx: "
				       "%#llx is no table",
				       level, (unsigned long long)table, (unsigned long long)vaddr,
				       (unsigned long long)entry);
		table = window_paddr(entry);
	}
	return err_new(ERR_FORMAT, "page tables without levels");
}

const struct arch arch_loongarch64 = {
	.name = "loongarch64",
	.elf_machine = EM_LOONGARCH,
	.init = loongarch64_init,
	.translate = loongarch64_translate,
};
