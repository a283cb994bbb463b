// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/lib/fakekernel.h"

#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/base/checked.h"
#include "util/base/endian.h"

enum {
	ENTRY_PRESENT = 1,
	ENTRY_HUGE = 1 << 7,
	TABLES_NR = 64,
	SECTION_STRUCT_BYTES = 32,
	SECTION_FLAGS = 0xf, /* present, has a mem_map, online, early */

	PAGE_FLAGS_AT = 0,
	PAGE_HEAD_AT = 8,
	PAGE_DTOR_AT = 16,
	PAGE_MAPPING_AT = 24,
	PAGE_PRIVATE_AT = 40,
	PAGE_MAPCOUNT_AT = 48,
};

/* Where things are in physical memory: the kernel image, a few MiB of it, then the struct pages. */
#define START_KERNEL_MAP UINT64_C(0xffffffff80000000)
#define PHYS_BASE UINT64_C(0x3000000)
#define IMAGE_PADDR (FAKE_TEXT_VADDR - START_KERNEL_MAP + PHYS_BASE)
#define UTS_OFFSET UINT64_C(0x1000)
#define ROOTS_OFFSET UINT64_C(0x2000)
#define SECTIONS_OFFSET UINT64_C(0x3000)
#define PERCPU_OFFSET UINT64_C(0xc000)
#define TABLES_OFFSET UINT64_C(0x10000)
#define VMEMMAP_PADDR UINT64_C(0x8000000)

void fakekernel_init(struct fakekernel *fake, const struct fakekernel_config *config)
{
	unsigned int level = config->vmemmap_level ? config->vmemmap_level : 2;
	uint64_t map_bytes = level == 2 ? 2 << 20 : FAKE_PAGE_BYTES;
	uint64_t vmemmap_bytes;
	uint8_t *uts;

	*fake = (struct fakekernel){
		.info = STR_INIT,
		.levels = config->levels ? config->levels : 4,
		.page_struct_size = config->page_struct_size ? config->page_struct_size : 64,
		.pages_nr = (config->sections_nr ? config->sections_nr : 1) *
			    (uint64_t)FAKE_SECTION_PAGES,
		.tables_end = IMAGE_PADDR + TABLES_OFFSET,
	};
	fakemem_init(&fake->mem);
	fake->mem.order = config->order;
	fakemem_add(&fake->mem, IMAGE_PADDR, TABLES_OFFSET + (uint64_t)TABLES_NR * FAKE_PAGE_BYTES);
	vmemmap_bytes = align_up_u64(fake->pages_nr * fake->page_struct_size, 2 << 20);
	fakemem_add(&fake->mem, VMEMMAP_PADDR, vmemmap_bytes);

	fakekernel_map(fake, FAKE_TEXT_VADDR, IMAGE_PADDR, 2);
	for (uint64_t at = 0; at < vmemmap_bytes; at += map_bytes)
		fakekernel_map(fake, FAKE_VMEMMAP_VADDR + at, VMEMMAP_PADDR + at, level);

	uts = fakemem_at(&fake->mem, IMAGE_PADDR + UTS_OFFSET);
	strcpy((char *)uts, "Linux");
	strcpy((char *)uts + UTS_FIELD_BYTES, "crashed");
	strcpy((char *)uts + (size_t)2 * UTS_FIELD_BYTES, "6.1.0-test");

	fakemem_put64(&fake->mem, IMAGE_PADDR + ROOTS_OFFSET, FAKE_TEXT_VADDR + SECTIONS_OFFSET);
	for (unsigned int i = 0; i < fake->pages_nr / FAKE_SECTION_PAGES; i++)
		fakemem_put64(&fake->mem, fakekernel_section(fake, i),
			      FAKE_VMEMMAP_VADDR | SECTION_FLAGS);
	for (uint64_t pfn = 0; pfn < fake->pages_nr; pfn++)
		fakekernel_set_page(fake, pfn, &(struct fake_page){ .mapcount = FAKE_UNMAPPED });

	str_printf(&fake->info,
		   "OSRELEASE=6.1.0-test\nPAGESIZE=4096\nSYMBOL(init_uts_ns)=%llx\n"
		   "OFFSET(uts_namespace.name)=0\nSYMBOL(init_top_pgt)=%llx\n"
		   "NUMBER(phys_base)=%llu\nNUMBER(pgtable_l5_enabled)=%d\nNUMBER(sme_mask)=0\n",
		   (unsigned long long)(FAKE_TEXT_VADDR + UTS_OFFSET),
		   (unsigned long long)(fakekernel_top_table(fake) - PHYS_BASE + START_KERNEL_MAP),
		   (unsigned long long)PHYS_BASE, fake->levels == 5);
	str_printf(&fake->info,
		   "SYMBOL(mem_section)=%llx\nLENGTH(mem_section)=4096\nSIZE(mem_section)=%d\n"
		   "OFFSET(mem_section.section_mem_map)=0\nNUMBER(SECTION_SIZE_BITS)=27\n"
		   "NUMBER(MAX_PHYSMEM_BITS)=46\n",
		   (unsigned long long)(FAKE_TEXT_VADDR + ROOTS_OFFSET), SECTION_STRUCT_BYTES);
	str_printf(&fake->info,
		   "SIZE(page)=%llu\nOFFSET(page.flags)=%d\nOFFSET(page.mapping)=%d\n"
		   "OFFSET(page._mapcount)=%d\nOFFSET(page.private)=%d\n"
		   "OFFSET(page.compound_head)=%d\nOFFSET(page.compound_dtor)=%d\n"
		   "LENGTH(zone.free_area)=11\n",
		   (unsigned long long)fake->page_struct_size, PAGE_FLAGS_AT, PAGE_MAPPING_AT,
		   PAGE_MAPCOUNT_AT, PAGE_PRIVATE_AT, PAGE_HEAD_AT, PAGE_DTOR_AT);
	str_printf(&fake->info,
		   "NUMBER(PG_lru)=4\nNUMBER(PG_private)=13\nNUMBER(PG_swapcache)=10\n"
		   "NUMBER(PG_swapbacked)=19\nNUMBER(PG_slab)=9\nNUMBER(PG_hwpoison)=23\n"
		   "NUMBER(PG_head_mask)=%d\nNUMBER(PAGE_BUDDY_MAPCOUNT_VALUE)=%d\n"
		   "NUMBER(HUGETLB_PAGE_DTOR)=%d\nNUMBER(PAGE_OFFLINE_MAPCOUNT_VALUE)=%d\n"
		   "CRASHTIME=1795248241\n",
		   FAKE_HEAD, FAKE_BUDDY, FAKE_HUGETLB_DTOR, FAKE_OFFLINE);

	fake->image.source = &fake->mem.source;
	fake->image.order = fake->mem.order;
	fake->image.machine = EM_X86_64;
	fake->image.address_bits = 64;
	fake->image.memmap = MEMMAP_INIT;
}

void fakekernel_release(struct fakekernel *fake)
{
	memmap_release(&fake->image.memmap);
	str_release(&fake->info);
	fakemem_release(&fake->mem);
}

uint64_t fakekernel_top_table(const struct fakekernel *fake)
{
	(void)fake;
	return IMAGE_PADDR + TABLES_OFFSET;
}

uint64_t fakekernel_uts(const struct fakekernel *fake)
{
	(void)fake;
	return IMAGE_PADDR + UTS_OFFSET;
}

uint64_t fakekernel_entry(struct fakekernel *fake, uint64_t vaddr, unsigned int level)
{
	uint64_t table = fakekernel_top_table(fake);

	if (fake->tables_end == table)
		fake->tables_end += FAKE_PAGE_BYTES; /* the top table itself */
	for (unsigned int at = fake->levels;; at--) {
		uint64_t entry = table + (vaddr >> (12 + 9 * (at - 1)) & 511) * 8;

		if (at == level)
			return entry;
		if (!load_u64(fakemem_at(&fake->mem, entry), fake->mem.order)) {
			fakemem_put64(&fake->mem, entry, fake->tables_end | ENTRY_PRESENT);
			fake->tables_end += FAKE_PAGE_BYTES;
		}
		table = load_u64(fakemem_at(&fake->mem, entry), fake->mem.order) & ~UINT64_C(0xfff);
	}
}

void fakekernel_map(struct fakekernel *fake, uint64_t vaddr, uint64_t paddr, unsigned int level)
{
	fakemem_put64(&fake->mem, fakekernel_entry(fake, vaddr, level),
		      paddr | ENTRY_PRESENT | (level > 1 ? ENTRY_HUGE : 0));
}

uint64_t fakekernel_section(const struct fakekernel *fake, unsigned int section)
{
	(void)fake;
	return IMAGE_PADDR + SECTIONS_OFFSET + (uint64_t)section * SECTION_STRUCT_BYTES;
}

void fakekernel_alias_section(struct fakekernel *fake, unsigned int section)
{
	unsigned int in_root = FAKE_PAGE_BYTES / SECTION_STRUCT_BYTES;
	uint64_t root = SECTIONS_OFFSET + (uint64_t)(section / in_root) * FAKE_PAGE_BYTES;
	uint64_t mem_map = FAKE_VMEMMAP_VADDR -
			   (uint64_t)section * FAKE_SECTION_PAGES * fake->page_struct_size;

	fakemem_put64(&fake->mem, IMAGE_PADDR + ROOTS_OFFSET + (uint64_t)(section / in_root) * 8,
		      FAKE_TEXT_VADDR + root);
	fakemem_put64(&fake->mem,
		      IMAGE_PADDR + root + (uint64_t)(section % in_root) * SECTION_STRUCT_BYTES,
		      mem_map | SECTION_FLAGS);
}

uint64_t fakekernel_page_paddr(const struct fakekernel *fake, uint64_t pfn)
{
	return VMEMMAP_PADDR + pfn * fake->page_struct_size;
}

uint64_t fakekernel_page_vaddr(const struct fakekernel *fake, uint64_t pfn)
{
	return FAKE_VMEMMAP_VADDR + pfn * fake->page_struct_size;
}

void fakekernel_set_page(struct fakekernel *fake, uint64_t pfn, const struct fake_page *page)
{
	uint8_t *at = fakemem_at(&fake->mem, fakekernel_page_paddr(fake, pfn));

	memset(at, 0, (size_t)fake->page_struct_size);
	store_u64(at + PAGE_FLAGS_AT, page->flags | UINT64_C(0x17ffffc0) << 32, fake->mem.order);
	store_u64(at + PAGE_HEAD_AT, page->compound_head, fake->mem.order);
	at[PAGE_DTOR_AT] = page->dtor;
	store_u64(at + PAGE_MAPPING_AT, page->mapping, fake->mem.order);
	store_u64(at + PAGE_PRIVATE_AT, page->private, fake->mem.order);
	store_u32(at + PAGE_MAPCOUNT_AT, (uint32_t)page->mapcount, fake->mem.order);
}

void fakekernel_free_block(struct fakekernel *fake, uint64_t pfn, unsigned int order)
{
	fakekernel_set_page(fake, pfn,
			    &(struct fake_page){ .mapcount = FAKE_BUDDY, .private = order });
	for (uint64_t i = 1; i < UINT64_C(1) << order; i++)
		fakekernel_set_page(fake, pfn + i,
				    &(struct fake_page){ .mapcount = FAKE_UNMAPPED });
}

void fakekernel_compound(struct fakekernel *fake, uint64_t pfn, uint64_t nr,
			 const struct fake_page *head)
{
	struct fake_page page = *head;

	page.flags |= FAKE_HEAD;
	page.dtor = 0;
	fakekernel_set_page(fake, pfn, &page);
	for (uint64_t i = 1; i < nr; i++)
		fakekernel_set_page(fake, pfn + i,
				    &(struct fake_page){
					    .mapcount = FAKE_UNMAPPED,
					    .mapping = 0xdead000000000400, /* TAIL_MAPPING */
					    .compound_head = fakekernel_page_vaddr(fake, pfn) | 1,
					    .dtor = i == 1 ? head->dtor : 0,
				    });
}

void fakekernel_ram(struct fakekernel *fake, uint64_t paddr, uint64_t size, uint64_t stored)
{
	struct err *e = memmap_add(
		&fake->image.memmap,
		&(struct memmap_range){ .paddr = paddr, .size = size, .file_size = stored });

	if (e)
		abort();
}

struct err *fakekernel_start(struct fakekernel *fake, struct notes *notes,
			     struct kernel **ret_kernel)
{
	struct err *e = memmap_finish(&fake->image.memmap);

	if (e)
		return e;
	fake->image.vmcoreinfo = fake->info.s;
	fake->image.vmcoreinfo_size = fake->info.len;
	return kernel_new(&fake->image, notes, ret_kernel);
}

void fakekernel_set_info(struct fakekernel *fake, const char *key, const char *value)
{
	struct str changed = STR_INIT;
	size_t key_len = strlen(key);
	char *end;

	for (char *line = fake->info.s; (end = strchr(line, '\n')); line = end + 1)
		if (strncmp(line, key, key_len) != 0 || line[key_len] != '=')
			str_add_bytes(&changed, line, (size_t)(end + 1 - line));
	if (value)
		str_printf(&changed, "%s=%s\n", key, value);
	str_release(&fake->info);
	fake->info = changed;
}

void fakekernel_add_percpu(struct fakekernel *fake, struct kernel *kernel, uint64_t start,
			   const uint64_t *offset, uint32_t cpus_nr, uint32_t unit_bytes)
{
	uint8_t *variables = fakemem_at(&fake->mem, IMAGE_PADDR + PERCPU_OFFSET);
	uint64_t *symbol = kernel->layout.symbol;

	store_u32(variables, cpus_nr, fake->mem.order);
	store_u32(variables + 8, unit_bytes, fake->mem.order);
	for (uint32_t cpu = 0; cpu < cpus_nr && cpu < 16; cpu++)
		store_u64(variables + 16 + cpu * sizeof(uint64_t), offset[cpu], fake->mem.order);
	symbol[SYMBOL_PER_CPU_START] = start;
	symbol[SYMBOL_NR_CPU_IDS] = FAKE_TEXT_VADDR + PERCPU_OFFSET;
	symbol[SYMBOL_PCPU_UNIT_SIZE] = FAKE_TEXT_VADDR + PERCPU_OFFSET + 8;
	symbol[SYMBOL_PER_CPU_OFFSET] = FAKE_TEXT_VADDR + PERCPU_OFFSET + 16;
}
