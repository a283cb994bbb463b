// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * arm64 page tables of each page size and number of bits, made by hand: one table a level, all in
 * one place, one entry each.
 */
#include "tests/lib/expect.h"

#include <elf.h>

#include "tests/lib/fakemem.h"
#include "util/kernel/vtop.h"

#define TABLES_PADDR UINT64_C(0x40000000)
#define TABLE_STRIDE UINT64_C(0x10000)
#define VOFFSET UINT64_C(0xffff7fffc0000000)
#define PAGE_PADDR UINT64_C(0x0000823456780000) /* 48 bits */

enum { VALID = 1, TABLE = 2 };

struct config {
	const char *name;
	unsigned int page_shift, built, used, levels;
	unsigned int physmem_bits;
};

static const struct config configs[] = {
	{ "4K, 39 bits", 12, 39, 39, 3, 48 },
	{ "4K, 48 bits", 12, 48, 48, 4, 48 },
	{ "4K, built for 52 bits, 48 in use", 12, 52, 48, 4, 52 },
	{ "4K, 52 bits (LPA2)", 12, 52, 52, 5, 52 },
	{ "16K, 47 bits", 14, 47, 47, 3, 48 },
	{ "16K, 48 bits", 14, 48, 48, 4, 48 },
	{ "16K, built for 52 bits, 47 in use", 14, 52, 47, 3, 52 },
	{ "16K, 52 bits (LPA2)", 14, 52, 52, 4, 52 },
	{ "64K, 42 bits", 16, 42, 42, 2, 48 },
	{ "64K, 48 bits", 16, 48, 48, 3, 48 },
	{ "64K, built for 52 bits, 48 in use", 16, 52, 48, 3, 52 },
	{ "64K, 52 bits", 16, 52, 52, 3, 52 },
};

struct opened {
	struct fakemem mem;
	struct image image;
	struct vmcoreinfo *info;
	struct vtop vtop;
};

static uint64_t test_vaddr(const struct config *config)
{
	return -(UINT64_C(1) << (config->used - 1)) + UINT64_C(0x345678000);
}

static struct err *open_config(struct opened *o, const struct config *config)
{
	char text[400];

	fakemem_init(&o->mem);
	fakemem_add(&o->mem, TABLES_PADDR, 8 * TABLE_STRIDE);
	o->image = (struct image){ .source = &o->mem.source, .machine = EM_AARCH64 };
	snprintf(text, sizeof(text),
		 "PAGESIZE=%u\nNUMBER(VA_BITS)=%u\nNUMBER(TCR_EL1_T1SZ)=0x%x\n"
		 "NUMBER(MAX_PHYSMEM_BITS)=%u\nSYMBOL(swapper_pg_dir)=%llx\nSYMBOL(_stext)=%llx\n"
		 "NUMBER(kimage_voffset)=0x%llx\n",
		 1u << config->page_shift, config->built, 64 - config->used, config->physmem_bits,
		 (unsigned long long)(TABLES_PADDR + VOFFSET),
		 (unsigned long long)(UINT64_C(0x40210000) + VOFFSET), (unsigned long long)VOFFSET);
	expect_ok(vmcoreinfo_parse(text, strlen(text), &o->info));
	return vtop_init(&o->vtop, &o->image, o->info);
}

static void release(struct opened *o)
{
	vmcoreinfo_free(o->info);
	fakemem_release(&o->mem);
}

/* The entries for test_vaddr() down to @level, whose entry is @last. */
static void map(struct opened *o, const struct config *config, unsigned int level, uint64_t last)
{
	unsigned int table_bits = config->page_shift - 3;
	uint64_t table = TABLES_PADDR;

	for (unsigned int at = config->levels; at >= level; at--) {
		unsigned int shift = config->page_shift + (at - 1) * table_bits;
		unsigned int bits = MIN(table_bits, config->built - shift);
		uint64_t index = test_vaddr(config) >> shift & ((UINT64_C(1) << bits) - 1);

		fakemem_put64(&o->mem, table + index * 8,
			      at == level ? last : (table + TABLE_STRIDE) | VALID | TABLE);
		table += TABLE_STRIDE;
	}
}

static void pages_and_blocks_of_every_configuration_translate(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(configs); i++) {
		const struct config *config = &configs[i];
		uint64_t page = UINT64_C(1) << config->page_shift;
		uint64_t block = page << (config->page_shift - 3);
		uint64_t attributes = config->used > 48 && page < 1 << 16 ? 0x400 : 0x400 | 0x300;
		uint64_t vaddr = test_vaddr(config);
		uint64_t paddr = 0, run = 0;
		struct opened o;

		expect_ok(open_config(&o, config));
		assert_int_equal(o.vtop.levels, config->levels);
		map(&o, config, 1, (PAGE_PADDR & -page) | attributes | VALID | TABLE);
		expect_ok(vtop_translate(&o.vtop, vaddr + 8, &paddr, &run));
		assert_true(paddr == (PAGE_PADDR & -page) + ((vaddr + 8) & (page - 1)));
		assert_true(run == page - ((vaddr + 8) & (page - 1)));

		map(&o, config, 2, (PAGE_PADDR & -block) | attributes | VALID);
		expect_ok(vtop_translate(&o.vtop, vaddr, &paddr, &run));
		assert_true(paddr == (PAGE_PADDR & -block) + (vaddr & (block - 1)));
		assert_true(run == block - (vaddr & (block - 1)));
		release(&o);
	}
}

/* The upper bits of 52-bit addresses: 15 to 12 with 64 KiB pages, 9 and 8 with LPA2. */
static void addresses_of_52_bits_are_put_together(void **state)
{
	static const struct {
		unsigned int config;
		uint64_t entry, paddr;
	} cases[] = {
		{ 11, UINT64_C(0x1234560000) | 0xa000, UINT64_C(0xa001234560000) },
		{ 10, UINT64_C(0x1234560000) | 0xa000, UINT64_C(0xa001234560000) },
		{ 3, UINT64_C(0x2001234567000) | 0x200, UINT64_C(0xa001234567000) },
		{ 7, UINT64_C(0x1001234568000) | 0x100, UINT64_C(0x5001234568000) },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct config *config = &configs[cases[i].config];
		uint64_t in_page = test_vaddr(config) & ((UINT64_C(1) << config->page_shift) - 1);
		uint64_t paddr = 0, run = 0;
		struct opened o;

		expect_ok(open_config(&o, config));
		map(&o, config, 1, cases[i].entry | VALID | TABLE);
		expect_ok(vtop_translate(&o.vtop, test_vaddr(config), &paddr, &run));
		assert_true(paddr == cases[i].paddr + in_page);
		release(&o);
	}
}

static void what_is_not_mapped_is_no_data(void **state)
{
	const struct config *config = &configs[1];
	uint64_t paddr, run = 0;
	struct opened o;

	(void)state;
	expect_ok(open_config(&o, config));
	expect_err(vtop_translate(&o.vtop, test_vaddr(config), &paddr, &run), ERR_NODATA, "mapped");
	assert_true(run > 0);
	/* A last entry without the bit of pages is reserved. */
	map(&o, config, 1, PAGE_PADDR | VALID);
	expect_err(vtop_translate(&o.vtop, test_vaddr(config), &paddr, &run), ERR_NODATA, "mapped");
	/* The half of the address space that is not the kernel's. */
	expect_err(vtop_translate(&o.vtop, 0x1000, &paddr, &run), ERR_NODATA, "no virtual");
	assert_true(run > 0);
	release(&o);
}

static void absurd_sizes_are_refused(void **state)
{
	static const struct config absurd[] = {
		{ "", 12, 35, 35, 0, 48 }, { "", 12, 53, 53, 0, 52 }, { "", 12, 48, 52, 0, 48 },
		{ "", 12, 48, 12, 0, 48 }, { "", 13, 48, 48, 0, 48 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(absurd); i++) {
		struct opened o;

		expect_err(open_config(&o, &absurd[i]), ERR_FORMAT, "absurd");
		release(&o);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pages_and_blocks_of_every_configuration_translate),
		cmocka_unit_test(addresses_of_52_bits_are_put_together),
		cmocka_unit_test(what_is_not_mapped_is_no_data),
		cmocka_unit_test(absurd_sizes_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
