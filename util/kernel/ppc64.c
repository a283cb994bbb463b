// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ppc64 and ppc64le, Book3S (Power ISA 3.0, book III, "Radix Tree Translation"; kernel
 * arch/powerpc/include/asm/book3s/64/): pages of 4 or 64 KiB. Which of the two ways addresses
 * translate the kernel tells with NUMBER(RADIX_MMU).
 *
 * Both: memory and the kernel image are mapped one to one from 0xc000000000000000 up to where
 * vmalloc begins. Above, swapper_pg_dir leads; its entries are big-endian whatever the kernel is.
 *
 * Hash: the processor does not walk these tables but a hash. struct pages are in the hash alone, by
 * large pages; the kernel keeps a list of them, vmemmap_list, which has an entry for 16 MiB of
 * struct pages on most machines.
 */
#include <elf.h>

#include "util/kernel/vtop.h"

#define LINEAR_START UINT64_C(0xc000000000000000)

/* Where vmalloc begins with 4 KiB pages and hash, the lowest there is (asm/book3s/64/hash-4k.h). */
#define LINEAR_END UINT64_C(0xc0003d0000000000)

#define ENTRY_PRESENT (UINT64_C(1) << 63)
#define ENTRY_PAGE (UINT64_C(1) << 62) /* memory, no table */
#define ENTRY_TABLE_MASK UINT64_C(0x0fffffffffffff00)
#define ENTRY_PAGE_MASK UINT64_C(0x00fffffffffff000)

enum {
	SHIFT_4K = 12,
	SHIFT_64K = 16,
	LEVELS_NR = 4,
	PSIZES_MAX = 32,	  /* MMU_PAGE_COUNT is 16 */
	BACKING_BYTES_MAX = 4096, /* and offsets in it are less */
	BACKINGS_MAX = 1 << 16,	  /* 64 TiB of memory */
};

/* How many bits of an address index the tables of each level, from the last up. */
static const struct geometry {
	bool radix;
	unsigned int page_shift;
	uint8_t index_bits[LEVELS_NR];
} geometries[] = {
	{ true, SHIFT_4K, { 9, 9, 9, 13 } },
	{ true, SHIFT_64K, { 5, 9, 9, 13 } },
	{ false, SHIFT_4K, { 9, 7, 9, 9 } },
	{ false, SHIFT_64K, { 8, 10, 10, 8 } },
};

static struct err *find_geometry(struct vtop *vtop, const struct vmcoreinfo *info)
{
	uint64_t page_size;
	int64_t radix;
	struct err *e = vmcoreinfo_unsigned(info, "PAGESIZE", &page_size);

	if (!e)
		e = vmcoreinfo_number(info, "RADIX_MMU", &radix);
	if (e)
		return e;
	for (size_t i = 0; i < ARRAY_SIZE(geometries); i++) {
		const struct geometry *g = &geometries[i];

		if (g->radix != (radix == 1) || page_size != UINT64_C(1) << g->page_shift)
			continue;
		vtop->page_shift = g->page_shift;
		vtop->index_bits = g->index_bits;
		vtop->hash = !g->radix;
		return NULL;
	}
	return err_new(ERR_FORMAT, "VMCOREINFO PAGESIZE has the absurd value %llu",
		       (unsigned long long)page_size);
}

static struct err *read_word(const struct vtop *vtop, uint64_t vaddr, size_t bytes_nr,
			     uint64_t *ret_value)
{
	uint8_t bytes[8];
	struct err *e = vtop_read(vtop, vaddr, bytes, bytes_nr);

	if (!e)
		*ret_value =
			bytes_nr == 4 ? load_u32(bytes, vtop->order) : load_u64(bytes, vtop->order);
	return e;
}

/*
 * How large the pages are that struct pages are mapped by: mmu_psize_defs[mmu_vmemmap_psize].shift.
 */
static struct err *find_vmemmap_shift(struct vtop *vtop, const struct vmcoreinfo *info)
{
	uint64_t psize_vaddr;
	uint64_t defs_vaddr;
	uint64_t def_size;
	uint64_t shift_at;
	uint64_t psize;
	uint64_t shift;
	struct err *e = vmcoreinfo_symbol(info, "mmu_vmemmap_psize", &psize_vaddr);

	if (!e)
		e = vmcoreinfo_symbol(info, "mmu_psize_defs", &defs_vaddr);
	if (!e)
		e = vmcoreinfo_unsigned(info, "SIZE(mmu_psize_def)", &def_size);
	if (!e)
		e = vmcoreinfo_unsigned(info, "OFFSET(mmu_psize_def.shift)", &shift_at);
	if (!e)
		e = read_word(vtop, psize_vaddr, 4, &psize);
	if (e)
		return e;
	if (psize >= PSIZES_MAX || def_size > BACKING_BYTES_MAX || shift_at > def_size)
		return err_new(ERR_FORMAT, "mmu_vmemmap_psize has the absurd value %llu",
			       (unsigned long long)psize);
	e = read_word(vtop, defs_vaddr + psize * def_size + shift_at, 4, &shift);
	if (e)
		return e;
	if (shift < SHIFT_4K || shift > 40)
		return err_new(ERR_FORMAT, "pages of 2^%llu bytes are not believed",
			       (unsigned long long)shift);
	vtop->vmemmap_shift = (unsigned int)shift;
	return NULL;
}

/*
 * The next of the list. All of it is in memory that is mapped one to one: what is looked for in the
 * list may not need the list.
 */
static struct err *next_backing(const struct vtop *vtop, uint64_t *backing)
{
	struct err *e = read_word(vtop, *backing + vtop->backing_next, 8, backing);

	if (!e && *backing &&
	    (*backing < LINEAR_START || *backing >= vtop->linear_end - 2 * BACKING_BYTES_MAX))
		e = err_new(ERR_FORMAT, "it leads to %#llx", (unsigned long long)*backing);
	return err_wrap(e, "vmemmap_list");
}

/* @list, where the kernel has the address of the first one, is looked at as the next of one. */
static struct err *find_backings(struct vtop *vtop, uint64_t list)
{
	uint64_t backing = list - vtop->backing_next;
	struct err *e = next_backing(vtop, &backing);

	vtop->backings = backing;
	for (size_t i = 0; !e && backing; i++) {
		if (i == BACKINGS_MAX)
			return err_new(ERR_FORMAT, "vmemmap_list does not end");
		e = next_backing(vtop, &backing);
	}
	return e;
}

static struct err *find_vmemmap(struct vtop *vtop, const struct vmcoreinfo *info)
{
	const struct {
		const char *key;
		uint64_t *value;
	} offsets[] = {
		{ "OFFSET(vmemmap_backing.phys)", &vtop->backing_phys },
		{ "OFFSET(vmemmap_backing.virt_addr)", &vtop->backing_vaddr },
		{ "OFFSET(vmemmap_backing.list)", &vtop->backing_next },
	};
	uint64_t list = 0;
	struct err *e = vmcoreinfo_symbol(info, "vmemmap", &vtop->vmemmap);

	for (size_t i = 0; !e && i < ARRAY_SIZE(offsets); i++) {
		e = vmcoreinfo_unsigned(info, offsets[i].key, offsets[i].value);
		if (!e && *offsets[i].value > BACKING_BYTES_MAX)
			e = err_new(ERR_FORMAT, "VMCOREINFO %s has the absurd value %llu",
				    offsets[i].key, (unsigned long long)*offsets[i].value);
	}
	if (!e)
		e = vmcoreinfo_symbol(info, "vmemmap_list", &list);
	if (!e)
		e = find_vmemmap_shift(vtop, info);
	return e ? e : find_backings(vtop, list);
}

static struct err *ppc64_init(struct vtop *vtop, const struct vmcoreinfo *info)
{
	uint64_t top_vaddr;
	int64_t vmalloc;
	struct err *e = find_geometry(vtop, info);

	if (!e)
		e = vtop_find_image(vtop, info, &top_vaddr);
	if (e)
		return e;
	vtop->linear_end = LINEAR_END;
	/* Told since 6.9; before, memory beyond 61 TiB is not found. */
	e = vmcoreinfo_number(info, "VMALLOC_START", &vmalloc);
	if (!e)
		vtop->linear_end = (uint64_t)vmalloc;
	else if (err_code(e) != ERR_NODATA)
		return e;
	err_free(e);

	if (top_vaddr < LINEAR_START || top_vaddr >= vtop->linear_end)
		return err_new(ERR_FORMAT, "the top page table at %#llx is not in the kernel image",
			       (unsigned long long)top_vaddr);
	vtop->entry_order = ORDER_BIG;
	vtop->levels = LEVELS_NR;
	vtop->top_table_paddr = top_vaddr - LINEAR_START;
	return vtop->hash ? find_vmemmap(vtop, info) : NULL;
}

/* The list was walked to its end before. */
static struct err *translate_vmemmap(const struct vtop *vtop, uint64_t vaddr, uint64_t *ret_paddr,
				     uint64_t *ret_run_bytes)
{
	struct err *e = NULL;

	for (uint64_t backing = vtop->backings; !e && backing;) {
		uint64_t start;
		uint64_t phys;

		e = read_word(vtop, backing + vtop->backing_vaddr, 8, &start);
		if (!e && vaddr >= start && vaddr - start < UINT64_C(1) << vtop->vmemmap_shift) {
			e = read_word(vtop, backing + vtop->backing_phys, 8, &phys);
			if (!e)
				vtop_page(vaddr, phys, vtop->vmemmap_shift, ret_paddr,
					  ret_run_bytes);
			return e;
		}
		if (!e)
			e = next_backing(vtop, &backing);
	}
	return e ? e : vtop_hole(vaddr, vtop->vmemmap_shift, ret_run_bytes);
}

static struct err *translate_by_tables(const struct vtop *vtop, uint64_t vaddr, uint64_t *ret_paddr,
				       uint64_t *ret_run_bytes)
{
	uint64_t table = vtop->top_table_paddr;
	unsigned int shift = vtop->page_shift;

	for (unsigned int i = 0; i < LEVELS_NR; i++)
		shift += vtop->index_bits[i];
	for (unsigned int level = LEVELS_NR; level > 0; level--) {
		unsigned int bits = vtop->index_bits[level - 1];
		uint64_t entry;
		struct err *e;

		shift -= bits;
		e = vtop_entry(vtop, level, table, vaddr >> shift & ((UINT64_C(1) << bits) - 1),
			       vaddr, &entry);
		if (e)
			return e;
		/* With hash, an entry for a table has no flags. */
		if (!entry ||
		    (!(entry & ENTRY_PRESENT) && (!vtop->hash || level == 1 || entry & ENTRY_PAGE)))
			return vtop_hole(vaddr, shift, ret_run_bytes);
		if (level == 1 || entry & ENTRY_PAGE) {
			vtop_page(vaddr, entry & ENTRY_PAGE_MASK, shift, ret_paddr, ret_run_bytes);
			return NULL;
		}
		table = entry & ENTRY_TABLE_MASK;
	}
	return err_new(ERR_FORMAT, "page tables without levels");
}

static struct err *ppc64_translate(const struct vtop *vtop, uint64_t vaddr, uint64_t *ret_paddr,
				   uint64_t *ret_run_bytes)
{
	if (vaddr < LINEAR_START)
		return vtop_hole(vaddr, vtop->page_shift, ret_run_bytes);
	if (vaddr < vtop->linear_end) {
		*ret_paddr = vaddr - LINEAR_START;
		*ret_run_bytes = vtop->linear_end - vaddr;
		return NULL;
	}
	if (vtop->hash && vaddr >= vtop->vmemmap)
		return translate_vmemmap(vtop, vaddr, ret_paddr, ret_run_bytes);
	return translate_by_tables(vtop, vaddr, ret_paddr, ret_run_bytes);
}

static const char *const numbers[] = { "RADIX_MMU", "VMALLOC_START", NULL };

const struct arch arch_ppc64 = {
	.name = "ppc64",
	.elf_machine = EM_PPC64,
	.little_name = "ppc64le",
	.numbers = numbers,
	.init = ppc64_init,
	.translate = ppc64_translate,
};
