// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * s390x region, segment and page tables (z/Architecture Principles of Operation, "Dynamic Address
 * Translation"; kernel arch/s390/include/asm/pgtable.h): big-endian, two to five levels. Region and
 * segment tables have 2048 entries, page tables 256. The top table is swapper_pg_dir. Which kind of
 * table it is VMCOREINFO does not say; each entry of a table, also an invalid one, says it.
 *
 * The kernel image: since 6.10 (c98d2ecae08f) its virtual addresses have nothing to do with where
 * it lies, and KERNELOFFSET and KERNELOFFPHYS tell; before, virtual addresses of the image are
 * physical ones.
 *
 * Addresses are absolute ones, as in all dumps. The first two pages, which each processor sees
 * elsewhere (prefixing), hold nothing that is looked for here.
 */
#include <elf.h>

#include "util/kernel/vtop.h"

enum {
	PAGE_SHIFT = 12,
	SEGMENT_SHIFT = 20,
	INDEX_BITS = 11, /* of region and segment tables */
	PAGE_INDEX_BITS = SEGMENT_SHIFT - PAGE_SHIFT,

	/*
	 * Tables by what their entries say of them: 0 are segments, 1 to 3 third to first regions.
	 */
	ENTRY_TYPE_SHIFT = 2,
	ENTRY_TYPE_MASK = 3,
	REGION_THIRD = 1,

	ENTRY_INVALID = 1 << 5,
	ENTRY_FRAME = 1 << 10, /* of segments (1 MiB) and third regions (2 GiB): no table, memory */
	PAGE_INVALID = 1 << 10,

	/* Of the table a region entry names only quarters may be there: from, to. */
	ENTRY_FROM_SHIFT = 6,
	ENTRY_TO_MASK = 3,
	QUARTER_SHIFT = INDEX_BITS - 2,
};

#define TABLE_MASK (~UINT64_C(0xfff))
#define PAGE_TABLE_MASK (~UINT64_C(0x7ff)) /* half a page */

static unsigned int entry_type(uint64_t entry)
{
	return entry >> ENTRY_TYPE_SHIFT & ENTRY_TYPE_MASK;
}

/* By what virtual addresses of the kernel image are more than physical ones. */
static struct err *image_offset(const struct vmcoreinfo *info, uint64_t *ret_offset)
{
	uint64_t virtual = 0;
	uint64_t physical = 0;
	struct err *e = vmcoreinfo_hexadecimal(info, "KERNELOFFPHYS", &physical);

	*ret_offset = 0;
	if (e && err_code(e) == ERR_NODATA) {
		err_free(e);
		return NULL;
	}
	if (!e)
		e = vmcoreinfo_hexadecimal(info, "KERNELOFFSET", &virtual);
	if (!e)
		*ret_offset = virtual - physical;
	return e;
}

static struct err *s390x_init(struct vtop *vtop, const struct vmcoreinfo *info)
{
	uint64_t top_vaddr;
	uint64_t offset = 0;
	uint64_t entry = 0;
	struct err *e = vtop_find_image(vtop, info, &top_vaddr);

	if (!e)
		e = image_offset(info, &offset);
	if (e)
		return e;
	vtop->top_table_paddr = top_vaddr - offset;
	if (vtop->top_table_paddr & ~TABLE_MASK)
		return err_new(ERR_FORMAT, "the top page table cannot lie at %#llx",
			       (unsigned long long)vtop->top_table_paddr);
	e = vtop_entry(vtop, 0, vtop->top_table_paddr, 0, 0, &entry);
	if (e)
		return e;
	/* Page tables are level 1, segment tables 2. */
	vtop->levels = entry_type(entry) + 2;
	return NULL;
}

/* The page table that a segment names has no levels below it. */
static struct err *translate_page(const struct vtop *vtop, uint64_t table, uint64_t vaddr,
				  uint64_t *ret_paddr, uint64_t *ret_run_bytes)
{
	uint64_t index = vaddr >> PAGE_SHIFT & ((1 << PAGE_INDEX_BITS) - 1);
	uint64_t entry;
	struct err *e = vtop_entry(vtop, 1, table, index, vaddr, &entry);

	if (e)
		return e;
	if (entry & PAGE_INVALID)
		return vtop_hole(vaddr, PAGE_SHIFT, ret_run_bytes);
	vtop_page(vaddr, entry, PAGE_SHIFT, ret_paddr, ret_run_bytes);
	return NULL;
}

static struct err *s390x_translate(const struct vtop *vtop, uint64_t vaddr, uint64_t *ret_paddr,
				   uint64_t *ret_run_bytes)
{
	uint64_t table = vtop->top_table_paddr;
	unsigned int from = 0;
	unsigned int to = ENTRY_TO_MASK;

	for (unsigned int level = vtop->levels; level > 1; level--) {
		unsigned int type = level - 2;
		unsigned int shift = SEGMENT_SHIFT + type * INDEX_BITS;
		uint64_t index = vaddr >> shift;
		uint64_t entry;
		struct err *e;

		/* Above the top table there is nothing. */
		if (level == vtop->levels && shift + INDEX_BITS < 64 && index >> INDEX_BITS)
			return vtop_hole(vaddr, shift, ret_run_bytes);
		index &= (1 << INDEX_BITS) - 1;
		if (index >> QUARTER_SHIFT < from || index >> QUARTER_SHIFT > to)
			return vtop_hole(vaddr, shift, ret_run_bytes);
		e = vtop_entry(vtop, level, table, index, vaddr, &entry);
		if (e)
			return e;
		if (entry & ENTRY_INVALID)
			return vtop_hole(vaddr, shift, ret_run_bytes);
		if (entry_type(entry) != type)
			return err_new(ERR_FORMAT,
				       "level %u page table at %#llx is one of another level",
				       level, (unsigned long long)table);
		if (type <= REGION_THIRD && entry & ENTRY_FRAME) {
			vtop_page(vaddr, entry, shift, ret_paddr, ret_run_bytes);
			return NULL;
		}
		table = entry & (type ? TABLE_MASK : PAGE_TABLE_MASK);
		from = entry >> ENTRY_FROM_SHIFT & ENTRY_TO_MASK;
		to = entry & ENTRY_TO_MASK;
	}
	return translate_page(vtop, table, vaddr, ret_paddr, ret_run_bytes);
}

const struct arch arch_s390x = {
	.name = "s390x",
	.elf_machine = EM_S390,
	.page_size = 1 << PAGE_SHIFT,
	.init = s390x_init,
	.translate = s390x_translate,
};
