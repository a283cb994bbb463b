// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * riscv64 page tables of three, four and five levels, made by hand: one table a level, all in one
 * place, one entry each.
 */
#include "tests/lib/expect.h"

#include <elf.h>

#include "tests/lib/fakemem.h"
#include "util/kernel/vtop.h"

#define TABLES_PADDR UINT64_C(0x80200000)
#define VA_PA_OFFSET UINT64_C(0xfffffffeffe00000) /* that of Debian's 6.12 in QEMU */
#define PAGE_PADDR UINT64_C(0x00a0c34567890000)	  /* 56 bits */

enum {
	TABLE_STRIDE = 0x1000,
	INDEX_BITS = 9,
	VALID = 1 << 0,
	READ = 1 << 1,
	EXECUTE = 1 << 3,
	ATTRIBUTES = 0xe0 /* global, accessed, dirty */
};

#define NAPOT (UINT64_C(1) << 63)
#define MEMORY_TYPE (UINT64_C(3) << 61)

struct opened {
	struct fakemem mem;
	struct image image;
	struct vmcoreinfo *info;
	struct vtop vtop;
};

static struct err *open_bits(struct opened *o, unsigned int va_bits)
{
	char text[300];

	fakemem_init(&o->mem);
	fakemem_add(&o->mem, TABLES_PADDR, 8 * TABLE_STRIDE);
	o->image = (struct image){ .source = &o->mem.source, .machine = EM_RISCV };
	snprintf(text, sizeof(text),
		 "PAGESIZE=4096\nNUMBER(VA_BITS)=%u\nSYMBOL(swapper_pg_dir)=%llx\n"
		 "SYMBOL(_stext)=ffffffff80002000\nNUMBER(va_kernel_pa_offset)=0x%llx\n",
		 va_bits, (unsigned long long)(TABLES_PADDR + VA_PA_OFFSET),
		 (unsigned long long)VA_PA_OFFSET);
	expect_ok(vmcoreinfo_parse(text, strlen(text), &o->info));
	return vtop_init(&o->vtop, &o->image, o->info);
}

static void release(struct opened *o)
{
	vmcoreinfo_free(o->info);
	fakemem_release(&o->mem);
}

static uint64_t test_vaddr(unsigned int va_bits)
{
	return -(UINT64_C(1) << (va_bits - 1)) + UINT64_C(0x23456780a8);
}

static uint64_t entry_of(uint64_t paddr, uint64_t bits)
{
	return paddr >> 12 << 10 | ATTRIBUTES | bits;
}

/* The entries for test_vaddr() down to @level, whose entry is @last. */
static void map(struct opened *o, unsigned int va_bits, unsigned int level, uint64_t last)
{
	uint64_t table = TABLES_PADDR;

	for (unsigned int at = o->vtop.levels; at >= level; at--) {
		unsigned int shift = 12 + (at - 1) * INDEX_BITS;
		uint64_t index = test_vaddr(va_bits) >> shift & ((1 << INDEX_BITS) - 1);

		fakemem_put64(&o->mem, table + index * 8,
			      at == level ? last : entry_of(table + TABLE_STRIDE, VALID));
		table += TABLE_STRIDE;
	}
}

static void pages_of_every_size_translate_with_every_number_of_bits(void **state)
{
	static const unsigned int va_bits[] = { 39, 48, 57 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(va_bits); i++) {
		struct opened o;

		expect_ok(open_bits(&o, va_bits[i]));
		assert_int_equal(o.vtop.levels, 3 + i);
		for (unsigned int level = 1; level < o.vtop.levels; level++) {
			uint64_t size = UINT64_C(1) << (12 + (level - 1) * INDEX_BITS);
			uint64_t in_page = test_vaddr(va_bits[i]) & (size - 1);
			uint64_t bits = VALID | MEMORY_TYPE | (level % 2 ? READ : EXECUTE);
			uint64_t paddr = 0, run = 0;

			map(&o, va_bits[i], level, entry_of(PAGE_PADDR & -size, bits));
			expect_ok(vtop_translate(&o.vtop, test_vaddr(va_bits[i]), &paddr, &run));
			assert_true(paddr == (PAGE_PADDR & -size) + in_page);
			assert_true(run == size - in_page);
		}
		release(&o);
	}
}

/* Svnapot: sixteen entries, all the same, name one page of 64 KiB. */
static void the_code_for_64_kib_is_no_part_of_the_address(void **state)
{
	uint64_t in_page = test_vaddr(48) & 0xffff;
	uint64_t paddr = 0, run = 0;
	struct opened o;

	(void)state;
	expect_ok(open_bits(&o, 48));
	map(&o, 48, 1, NAPOT | entry_of((PAGE_PADDR & ~0xffff) | 0x8000, VALID | READ));
	expect_ok(vtop_translate(&o.vtop, test_vaddr(48), &paddr, &run));
	assert_true(paddr == (PAGE_PADDR & ~0xffff) + in_page);
	assert_true(run == 0x10000 - in_page);
	release(&o);
}

static void what_is_not_mapped_is_no_data(void **state)
{
	uint64_t paddr, run = 0;
	struct opened o;

	(void)state;
	expect_ok(open_bits(&o, 48));
	expect_err(vtop_translate(&o.vtop, test_vaddr(48), &paddr, &run), ERR_NODATA, "mapped");
	assert_true(run == (UINT64_C(1) << 39) - (test_vaddr(48) & ((UINT64_C(1) << 39) - 1)));
	map(&o, 48, 1, entry_of(PAGE_PADDR, READ));
	expect_err(vtop_translate(&o.vtop, test_vaddr(48), &paddr, &run), ERR_NODATA, "mapped");
	assert_true(run == 0x1000 - 0xa8);
	/* User space, and what is between the two halves. */
	expect_err(vtop_translate(&o.vtop, 0x1000, &paddr, &run), ERR_NODATA, "mapped");
	expect_err(vtop_translate(&o.vtop, UINT64_C(0xff60000000000000), &paddr, &run), ERR_NODATA,
		   "mapped");
	assert_true(run > 0);
	release(&o);
}

static void a_table_behind_the_last_level_is_refused(void **state)
{
	uint64_t paddr, run;
	struct opened o;

	(void)state;
	expect_ok(open_bits(&o, 39));
	map(&o, 39, 1, entry_of(TABLES_PADDR, VALID));
	expect_err(vtop_translate(&o.vtop, test_vaddr(39), &paddr, &run), ERR_FORMAT, "last");
	/* One that lies outside of memory. */
	map(&o, 39, 2, entry_of(PAGE_PADDR, VALID));
	expect_err(vtop_translate(&o.vtop, test_vaddr(39), &paddr, &run), ERR_NODATA,
		   "level 1 page table");
	release(&o);
}

static void absurd_sizes_are_refused(void **state)
{
	struct opened o;

	(void)state;
	expect_err(open_bits(&o, 64), ERR_FORMAT, "VA_BITS");
	release(&o);
	expect_err(open_bits(&o, 0), ERR_FORMAT, "VA_BITS");
	release(&o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pages_of_every_size_translate_with_every_number_of_bits),
		cmocka_unit_test(the_code_for_64_kib_is_no_part_of_the_address),
		cmocka_unit_test(what_is_not_mapped_is_no_data),
		cmocka_unit_test(a_table_behind_the_last_level_is_refused),
		cmocka_unit_test(absurd_sizes_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
