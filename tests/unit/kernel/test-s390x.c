// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * s390x region, segment and page tables, made by hand: one table a level, all in one place, one
 * entry each.
 */
#include "tests/lib/expect.h"

#include <elf.h>

#include "tests/lib/fakemem.h"
#include "util/kernel/vtop.h"

#define TABLES_PADDR UINT64_C(0x2040000)
#define PAGE_PADDR UINT64_C(0x123456789000)

enum {
	TABLE_STRIDE = 0x4000,
	TABLE_LENGTH = 3, /* all four quarters */
	INVALID = 1 << 5,
	FRAME = 1 << 10,
	PAGE_INVALID = 1 << 10,
	PAGE_PROTECTED = 1 << 9,
};

struct opened {
	struct fakemem mem;
	struct image image;
	struct vmcoreinfo *info;
	struct vtop vtop;
};

/* A table is of the level that its first entry says, also when that is invalid. */
static struct err *open_levels(struct opened *o, unsigned int levels, const char *offsets,
			       uint64_t top_vaddr)
{
	char text[300];

	fakemem_init(&o->mem);
	o->mem.order = ORDER_BIG;
	fakemem_add(&o->mem, TABLES_PADDR, 6 * TABLE_STRIDE);
	fakemem_put64(&o->mem, TABLES_PADDR, INVALID | (levels - 2) << 2);
	o->image =
		(struct image){ .source = &o->mem.source, .machine = EM_S390, .order = ORDER_BIG };
	snprintf(text, sizeof(text),
		 "PAGESIZE=4096\nSYMBOL(swapper_pg_dir)=%llx\nSYMBOL(_stext)=3fffe8f8000\n%s",
		 (unsigned long long)top_vaddr, offsets);
	expect_ok(vmcoreinfo_parse(text, strlen(text), &o->info));
	return vtop_init(&o->vtop, &o->image, o->info);
}

static void release(struct opened *o)
{
	vmcoreinfo_free(o->info);
	fakemem_release(&o->mem);
}

static unsigned int shift_of(unsigned int level)
{
	return level == 1 ? 12 : 20 + (level - 2) * 11;
}

/* Not the first entry anywhere, and within the top table. */
static uint64_t test_vaddr(unsigned int levels)
{
	uint64_t vaddr = UINT64_C(0x1230);

	for (unsigned int level = 2; level <= levels; level++)
		vaddr |= UINT64_C(0x155) << shift_of(level);
	return vaddr;
}

/* The entries for test_vaddr() down to @level, whose entry is @last; those above have @bits. */
static void map(struct opened *o, unsigned int level, uint64_t bits, uint64_t last)
{
	uint64_t table = TABLES_PADDR;
	unsigned int levels = o->vtop.levels;

	for (unsigned int at = levels; at >= level; at--) {
		uint64_t index = test_vaddr(levels) >> shift_of(at) & (at == 1 ? 0xff : 0x7ff);
		uint64_t type = at > 1 ? (at - 2) << 2 : 0;

		fakemem_put64(&o->mem, table + index * 8,
			      at == level ? last : (table + TABLE_STRIDE) | type | bits);
		table += TABLE_STRIDE;
	}
}

static void pages_segments_and_regions_translate_with_every_number_of_levels(void **state)
{
	(void)state;
	for (unsigned int levels = 2; levels <= 5; levels++) {
		uint64_t paddr = 0, run = 0;
		struct opened o;

		expect_ok(open_levels(&o, levels, "", TABLES_PADDR));
		assert_int_equal(o.vtop.levels, levels);
		for (unsigned int level = 1; level <= MIN(levels, 3u); level++) {
			uint64_t size = UINT64_C(1) << shift_of(level);
			uint64_t in_page = test_vaddr(levels) & (size - 1);
			uint64_t bits = level == 1 ? PAGE_PROTECTED : FRAME | (level - 2) << 2;

			map(&o, level, TABLE_LENGTH, (PAGE_PADDR & -size) | bits);
			expect_ok(vtop_translate(&o.vtop, test_vaddr(levels), &paddr, &run));
			assert_true(paddr == (PAGE_PADDR & -size) + in_page);
			assert_true(run == size - in_page);
		}
		release(&o);
	}
}

/* 6.10, c98d2ecae08f */
static void the_image_lies_where_the_offsets_say(void **state)
{
	struct opened o;

	(void)state;
	expect_ok(open_levels(&o, 3, "KERNELOFFSET=3fffe7f8000\nKERNELOFFPHYS=8f8000\n",
			      TABLES_PADDR - 0x8f8000 + UINT64_C(0x3fffe7f8000)));
	assert_true(o.vtop.top_table_paddr == TABLES_PADDR);
	release(&o);
	/* Before, KERNELOFFSET was of both. */
	expect_ok(open_levels(&o, 3, "KERNELOFFSET=1000000\n", TABLES_PADDR));
	assert_true(o.vtop.top_table_paddr == TABLES_PADDR);
	release(&o);
	expect_err(open_levels(&o, 3, "KERNELOFFPHYS=8f8000\n", TABLES_PADDR), ERR_NODATA,
		   "KERNELOFFSET");
	release(&o);
	expect_err(open_levels(&o, 3, "", TABLES_PADDR + 8), ERR_FORMAT, "cannot lie");
	release(&o);
}

static void what_is_not_mapped_is_no_data(void **state)
{
	uint64_t vaddr = test_vaddr(3);
	uint64_t paddr, run = 0;
	struct opened o;

	(void)state;
	expect_ok(open_levels(&o, 3, "", TABLES_PADDR));
	map(&o, 3, TABLE_LENGTH, INVALID | 1 << 2);
	expect_err(vtop_translate(&o.vtop, vaddr, &paddr, &run), ERR_NODATA, "mapped");
	assert_true(run == (UINT64_C(1) << 31) - (vaddr & ((UINT64_C(1) << 31) - 1)));
	map(&o, 1, TABLE_LENGTH, PAGE_PADDR | PAGE_INVALID);
	expect_err(vtop_translate(&o.vtop, vaddr, &paddr, &run), ERR_NODATA, "mapped");
	assert_true(run == 0x1000 - (vaddr & 0xfff));
	/* Above what the top table covers. */
	expect_err(vtop_translate(&o.vtop, vaddr | UINT64_C(1) << 42, &paddr, &run), ERR_NODATA,
		   "mapped");
	/* A table of which only the first quarter is there: 0x155 is in it, 0x355 is not. */
	map(&o, 1, 0, PAGE_PADDR);
	expect_ok(vtop_translate(&o.vtop, vaddr, &paddr, &run));
	expect_err(vtop_translate(&o.vtop, vaddr | UINT64_C(0x200) << 20, &paddr, &run), ERR_NODATA,
		   "mapped");
	/* And one of which it is missing. */
	map(&o, 1, 1 << 6 | TABLE_LENGTH, PAGE_PADDR);
	expect_err(vtop_translate(&o.vtop, vaddr, &paddr, &run), ERR_NODATA, "mapped");
	release(&o);
}

static void a_table_of_another_level_is_refused(void **state)
{
	uint64_t paddr, run;
	struct opened o;

	(void)state;
	expect_ok(open_levels(&o, 4, "", TABLES_PADDR));
	/* The top table names itself as the one below. */
	map(&o, 4, 0, TABLES_PADDR | 2 << 2 | TABLE_LENGTH);
	expect_err(vtop_translate(&o.vtop, test_vaddr(4), &paddr, &run), ERR_FORMAT,
		   "one of another level");
	/* Outside of memory. */
	map(&o, 4, 0, PAGE_PADDR | 2 << 2 | TABLE_LENGTH);
	expect_err(vtop_translate(&o.vtop, test_vaddr(4), &paddr, &run), ERR_NODATA,
		   "level 3 page table");
	release(&o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pages_segments_and_regions_translate_with_every_number_of_levels),
		cmocka_unit_test(the_image_lies_where_the_offsets_say),
		cmocka_unit_test(what_is_not_mapped_is_no_data),
		cmocka_unit_test(a_table_of_another_level_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
