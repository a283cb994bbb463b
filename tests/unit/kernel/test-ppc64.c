// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ppc64 page tables of each kind, made by hand: one table a level, all in one place, one entry
 * each. They are big-endian also where the kernel is not.
 */
#include "tests/lib/expect.h"

#include <elf.h>

#include "tests/lib/fakemem.h"
#include "util/kernel/vtop.h"

#define LINEAR UINT64_C(0xc000000000000000)
#define TABLES_PADDR UINT64_C(0x2750000)
#define DATA_PADDR UINT64_C(0x3000000)
#define VMEMMAP UINT64_C(0xc00c000000000000)
#define PAGE_PADDR UINT64_C(0x0012345678900000)

#define PRESENT (UINT64_C(1) << 63)
#define LEAF (UINT64_C(1) << 62)

enum { TABLE_STRIDE = 0x10000, ATTRIBUTES = 0x18e };

struct config {
	const char *name;
	bool radix;
	unsigned int page_shift;
	uint64_t vmalloc;
	unsigned int bits[4]; /* of an index, from the last level up */
};

static const struct config configs[] = {
	{ "radix, 4K", true, 12, UINT64_C(0xc008000000000000), { 9, 9, 9, 13 } },
	{ "radix, 64K", true, 16, UINT64_C(0xc008000000000000), { 5, 9, 9, 13 } },
	{ "hash, 4K", false, 12, UINT64_C(0xc0003d0000000000), { 9, 7, 9, 9 } },
	{ "hash, 64K", false, 16, UINT64_C(0xc008000000000000), { 8, 10, 10, 8 } },
};

struct opened {
	struct fakemem mem;
	struct image image;
	struct vmcoreinfo *info;
	struct vtop vtop;
};

static void put32(struct opened *o, uint64_t paddr, uint32_t value)
{
	store_u32(fakemem_at(&o->mem, paddr), value, ORDER_LITTLE);
}

/* struct vmemmap_backing: list, phys, virt_addr */
static void put_backing(struct opened *o, uint64_t paddr, uint64_t next, uint64_t phys,
			uint64_t vaddr)
{
	fakemem_put64(&o->mem, paddr, next);
	fakemem_put64(&o->mem, paddr + 8, phys);
	fakemem_put64(&o->mem, paddr + 16, vaddr);
}

/*
 * What the kernel has of its struct pages with hash: of the second size there is, 16 MiB, and two
 * of them.
 */
static void put_vmemmap(struct opened *o)
{
	put32(o, DATA_PADDR, 1);
	put32(o, DATA_PADDR + 0x100 + 96, 24);
	fakemem_put64(&o->mem, DATA_PADDR + 8, LINEAR + DATA_PADDR + 0x400);
	put_backing(o, DATA_PADDR + 0x400, LINEAR + DATA_PADDR + 0x500, 0x7000000,
		    VMEMMAP + (1 << 24));
	put_backing(o, DATA_PADDR + 0x500, 0, 0x5000000, VMEMMAP);
}

static struct err *open_config(struct opened *o, const struct config *config)
{
	char text[700];

	fakemem_init(&o->mem);
	fakemem_add(&o->mem, TABLES_PADDR, 5 * TABLE_STRIDE);
	fakemem_add(&o->mem, DATA_PADDR, 0x1000);
	put_vmemmap(o);
	/* As QEMU does it: a big-endian file of a little-endian kernel. */
	o->image = (struct image){
		.source = &o->mem.source,
		.machine = EM_PPC64,
		.order = ORDER_BIG,
		.memory_swapped = true,
	};
	snprintf(text, sizeof(text),
		 "PAGESIZE=%u\nNUMBER(RADIX_MMU)=%d\nNUMBER(VMALLOC_START)=0x%llx\n"
		 "SYMBOL(swapper_pg_dir)=%llx\nSYMBOL(_stext)=c000000000000000\n"
		 "SYMBOL(vmemmap)=%llx\nSYMBOL(mmu_vmemmap_psize)=%llx\n"
		 "SYMBOL(mmu_psize_defs)=%llx\nSYMBOL(vmemmap_list)=%llx\n"
		 "SIZE(mmu_psize_def)=96\nOFFSET(mmu_psize_def.shift)=0\n"
		 "OFFSET(vmemmap_backing.list)=0\nOFFSET(vmemmap_backing.phys)=8\n"
		 "OFFSET(vmemmap_backing.virt_addr)=16\n",
		 1u << config->page_shift, config->radix, (unsigned long long)config->vmalloc,
		 (unsigned long long)(LINEAR + TABLES_PADDR), (unsigned long long)VMEMMAP,
		 (unsigned long long)(LINEAR + DATA_PADDR),
		 (unsigned long long)(LINEAR + DATA_PADDR + 0x100),
		 (unsigned long long)(LINEAR + DATA_PADDR + 8));
	expect_ok(vmcoreinfo_parse(text, strlen(text), &o->info));
	return vtop_init(&o->vtop, &o->image, o->info);
}

static void release(struct opened *o)
{
	vmcoreinfo_free(o->info);
	fakemem_release(&o->mem);
}

static uint64_t test_vaddr(const struct config *config)
{
	return config->vmalloc + UINT64_C(0x1234567890);
}

static unsigned int shift_of(const struct config *config, unsigned int level)
{
	unsigned int shift = config->page_shift;

	for (unsigned int i = 0; i + 1 < level; i++)
		shift += config->bits[i];
	return shift;
}

/* The entries for test_vaddr() down to @level, whose entry is @last. */
static void map(struct opened *o, const struct config *config, unsigned int level, uint64_t last)
{
	uint64_t table = TABLES_PADDR;

	for (unsigned int at = 4; at >= level; at--) {
		uint64_t index = test_vaddr(config) >> shift_of(config, at) &
				 ((UINT64_C(1) << config->bits[at - 1]) - 1);
		uint64_t next = (table + TABLE_STRIDE) | (config->radix ? PRESENT | 9 : 0);

		store_u64(fakemem_at(&o->mem, table + index * 8), at == level ? last : next,
			  ORDER_BIG);
		table += TABLE_STRIDE;
	}
}

static void pages_translate_with_radix_trees_and_with_hash(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(configs); i++) {
		const struct config *config = &configs[i];
		struct opened o;

		expect_ok(open_config(&o, config));
		for (unsigned int level = 1; level <= (config->radix ? 3 : 1); level++) {
			uint64_t size = UINT64_C(1) << shift_of(config, level);
			uint64_t in_page = test_vaddr(config) & (size - 1);
			uint64_t paddr = 0, run = 0;

			map(&o, config, level, (PAGE_PADDR & -size) | PRESENT | LEAF | ATTRIBUTES);
			expect_ok(vtop_translate(&o.vtop, test_vaddr(config), &paddr, &run));
			assert_true(paddr == (PAGE_PADDR & -size) + in_page);
			assert_true(run == size - in_page);
		}
		release(&o);
	}
}

static void memory_is_mapped_one_to_one_up_to_vmalloc(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(configs); i++) {
		uint64_t paddr = 0, run = 0;
		struct opened o;

		expect_ok(open_config(&o, &configs[i]));
		expect_ok(vtop_translate(&o.vtop, LINEAR + 0x123456, &paddr, &run));
		assert_true(paddr == 0x123456);
		assert_true(run == configs[i].vmalloc - LINEAR - 0x123456);
		release(&o);
	}
}

static void struct_pages_of_hash_are_in_a_list(void **state)
{
	uint64_t paddr = 0, run = 0;
	struct opened o;

	(void)state;
	expect_ok(open_config(&o, &configs[3]));
	expect_ok(vtop_translate(&o.vtop, VMEMMAP + 0x40, &paddr, &run));
	assert_true(paddr == 0x5000040 && run == (1 << 24) - 0x40);
	expect_ok(vtop_translate(&o.vtop, VMEMMAP + (1 << 24), &paddr, &run));
	assert_true(paddr == 0x7000000);
	expect_err(vtop_translate(&o.vtop, VMEMMAP + (1 << 25), &paddr, &run), ERR_NODATA,
		   "mapped");
	assert_true(run == 1 << 24);
	release(&o);
}

static void a_list_that_goes_round_or_astray_is_refused(void **state)
{
	static const struct config reaches_vmemmap = { "", false, 16, VMEMMAP, { 8, 10, 10, 8 } };
	struct opened o;

	(void)state;
	expect_ok(open_config(&o, &configs[3]));
	put_backing(&o, DATA_PADDR + 0x500, LINEAR + DATA_PADDR + 0x400, 0, VMEMMAP);
	expect_err(vtop_init(&o.vtop, &o.image, o.info), ERR_FORMAT, "does not end");
	/* Into what only the list itself could find. */
	put_backing(&o, DATA_PADDR + 0x500, VMEMMAP + (1 << 25), 0, VMEMMAP);
	expect_err(vtop_init(&o.vtop, &o.image, o.info), ERR_FORMAT, "vmemmap_list: it leads to");
	release(&o);

	/* Its end lies there: reading it would ask the list, which would read it. */
	expect_ok(open_config(&o, &reaches_vmemmap));
	fakemem_add(&o.mem, VMEMMAP - LINEAR - 0x1000, 0x1000);
	put_backing(&o, DATA_PADDR + 0x500, VMEMMAP - 16, 0, VMEMMAP);
	expect_err(vtop_init(&o.vtop, &o.image, o.info), ERR_FORMAT, "vmemmap_list: it leads to");
	release(&o);
}

static void what_is_not_mapped_is_no_data(void **state)
{
	uint64_t paddr, run = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(configs); i++) {
		const struct config *config = &configs[i];
		struct opened o;

		expect_ok(open_config(&o, config));
		expect_err(vtop_translate(&o.vtop, test_vaddr(config), &paddr, &run), ERR_NODATA,
			   "mapped");
		map(&o, config, 1, PAGE_PADDR | LEAF);
		expect_err(vtop_translate(&o.vtop, test_vaddr(config), &paddr, &run), ERR_NODATA,
			   "mapped");
		assert_true(run > 0 && run <= UINT64_C(1) << config->page_shift);
		expect_err(vtop_translate(&o.vtop, 0x1000, &paddr, &run), ERR_NODATA, "mapped");
		/* A table outside of memory. */
		map(&o, config, 4, (PAGE_PADDR & ~0xff) | (config->radix ? PRESENT : 0));
		expect_err(vtop_translate(&o.vtop, test_vaddr(config), &paddr, &run), ERR_NODATA,
			   "level 3 page table");
		release(&o);
	}
}

static void absurd_facts_are_refused(void **state)
{
	static const struct config absurd = { "", true, 13, UINT64_C(0xc008000000000000), { 0 } };
	struct opened o;

	(void)state;
	expect_err(open_config(&o, &absurd), ERR_FORMAT, "PAGESIZE");
	release(&o);

	expect_ok(open_config(&o, &configs[3]));
	put32(&o, DATA_PADDR, 77);
	expect_err(vtop_init(&o.vtop, &o.image, o.info), ERR_FORMAT, "mmu_vmemmap_psize");
	put32(&o, DATA_PADDR, 1);
	put32(&o, DATA_PADDR + 0x100 + 96, 63);
	expect_err(vtop_init(&o.vtop, &o.image, o.info), ERR_FORMAT, "not believed");
	release(&o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pages_translate_with_radix_trees_and_with_hash),
		cmocka_unit_test(memory_is_mapped_one_to_one_up_to_vmalloc),
		cmocka_unit_test(struct_pages_of_hash_are_in_a_list),
		cmocka_unit_test(a_list_that_goes_round_or_astray_is_refused),
		cmocka_unit_test(what_is_not_mapped_is_no_data),
		cmocka_unit_test(absurd_facts_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
