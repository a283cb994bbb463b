// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/tool/mkvmcore/machine.h"

#include <elf.h>
#include <stddef.h>
#include <string.h>

#include "util/base/macros.h"

enum { PRSTATUS_REGS = 112 }; /* in each struct elf_prstatus of 64 bits */

/*
 * Present, writable, user, accessed, dirty; of leaves also global, and above the last level huge.
 */
static uint64_t x86_64_table(uint64_t paddr, unsigned int level)
{
	(void)level;
	return paddr | 0x067;
}

static uint64_t x86_64_leaf(uint64_t paddr, unsigned int level)
{
	return paddr | 0x163 | (level > 1 ? 0x080 : 0);
}

static const char *const x86_64_info[] = {
	"NUMBER(phys_base)=@phys_base",
	"SYMBOL(init_top_pgt)=@pgd",
	"NUMBER(pgtable_l5_enabled)=@l5",
	"SYMBOL(node_data)=@node_data",
	"LENGTH(node_data)=1024",
	"KERNELOFFSET=@kerneloffset",
	"NUMBER(KERNEL_IMAGE_SIZE)=1073741824",
	"NUMBER(sme_mask)=0",
	NULL,
};

/* Bit 0: valid; bit 1: a table, in level 1 a page; accessed. */
static uint64_t aarch64_table(uint64_t paddr, unsigned int level)
{
	(void)level;
	return paddr | 0x003;
}

static uint64_t aarch64_leaf(uint64_t paddr, unsigned int level)
{
	return paddr | 0x401 | (level == 1 ? 0x002 : 0);
}

static const char *const aarch64_info[] = {
	"NUMBER(VA_BITS)=@va_bits",
	"NUMBER(kimage_voffset)=@kimage_voffset",
	"NUMBER(PHYS_OFFSET)=0x0",
	"NUMBER(TCR_EL1_T1SZ)=@t1sz",
	"KERNELOFFSET=0",
	"NUMBER(KERNELPACMASK)=0x0",
	NULL,
};

/*
 * Each entry says what table it is in: of segments (level 2) 0, of third regions 1; 0x20: invalid,
 * 0x400: memory, no table; in level 1 it means invalid. The low bits of a region's entry: how much
 * of the table below there is.
 */
static uint64_t s390x_table(uint64_t paddr, unsigned int level)
{
	return paddr | (level - 2) << 2 | (level > 2 ? 3 : 0);
}

static uint64_t s390x_leaf(uint64_t paddr, unsigned int level)
{
	return level == 1 ? paddr : paddr | 0x400 | (level - 2) << 2;
}

static uint64_t s390x_empty(unsigned int level)
{
	return level == 1 ? 0x400 : 0x20 | (level - 2) << 2;
}

static const char *const s390x_info[] = {
	"IDENTITYBASE=@page_offset",
	"KERNELOFFSET=@kernel_vaddr",
	"KERNELOFFPHYS=@kernel_paddr",
	"SAMODE31=0",
	NULL,
};

static const struct machine machines[] = {
	{
		.name = "x86_64",
		.flavour = "amd64",
		.elf_machine = EM_X86_64,
		.order = ORDER_LITTLE,
		.levels_min = 4,
		.levels_max = 5,
		.level = { { 12, 9 }, { 21, 9 }, { 30, 9 }, { 39, 9 }, { 48, 9 } },
		.table_entry = x86_64_table,
		.leaf_entry = x86_64_leaf,
		.physmem_bits = { 46, 52 },
		.page_offset = { 0xffff888000000000, 0xff11000000000000 },
		.vmemmap_base = { 0xffffea0000000000, 0xffd4000000000000 },
		.kernel_vaddr = 0xffffffff81000000,
		.section_bits = 27,
		.info = x86_64_info,
		.prstatus_bytes = 336,
		.prstatus_pc = PRSTATUS_REGS + 16 * 8,
		.prstatus_sp = PRSTATUS_REGS + 19 * 8,
	},
	{
		.name = "aarch64",
		.flavour = "arm64",
		.elf_machine = EM_AARCH64,
		.order = ORDER_LITTLE,
		.levels_min = 4,
		.levels_max = 5, /* addresses of 52 bits, of which the top table has four */
		.level = { { 12, 9 }, { 21, 9 }, { 30, 9 }, { 39, 9 }, { 48, 4 } },
		.table_entry = aarch64_table,
		.leaf_entry = aarch64_leaf,
		.physmem_bits = { 48, 52 },
		.page_offset = { 0xffff000000000000, 0xfff0000000000000 },
		.vmemmap_base = { 0xfffffdffc0000000, 0xfffffdffc0000000 },
		.kernel_vaddr = 0xffff800080000000,
		.section_bits = 27,
		.info = aarch64_info,
		.prstatus_bytes = 392,
		.prstatus_pc = PRSTATUS_REGS + 32 * 8,
		.prstatus_sp = PRSTATUS_REGS + 31 * 8,
	},
	{
		.name = "s390x",
		.flavour = "s390x",
		.elf_machine = EM_S390,
		.order = ORDER_BIG,
		.levels_min = 3,
		.levels_max = 3,
		.level = { { 12, 8 }, { 20, 11 }, { 31, 11 } },
		.table_entry = s390x_table,
		.leaf_entry = s390x_leaf,
		.empty_entry = s390x_empty,
		.physmem_bits = { 46 },
		.page_offset = { 0x10000000000 },
		.vmemmap_base = { 0x20000000000 },
		.kernel_vaddr = 0x3ffe0000000,
		.section_bits = 28,
		.info = s390x_info,
		.prstatus_bytes = 336,
		.prstatus_pc = PRSTATUS_REGS + 8,
		.prstatus_sp = PRSTATUS_REGS + 16 + 15 * 8,
	},
};

const struct machine *machine_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(machines); i++)
		if (strcmp(machines[i].name, name) == 0)
			return &machines[i];
	return NULL;
}
