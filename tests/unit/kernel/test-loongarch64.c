// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * loongarch64 page tables of each page size and number of levels, made by hand: first the empty
 * table of each level, as the kernel has them, then one table a level with one entry each that is
 * not empty.
 */
#include "tests/lib/expect.h"

#include "tests/lib/fakemem.h"
#include "util/image/machine.h"
#include "util/kernel/vtop.h"

#define CACHED UINT64_C(0x9000000000000000)
#define IMAGE_PADDR UINT64_C(0x00200000)
#define TABLES_PADDR UINT64_C(0x01b20000)
#define EMPTY_PADDR UINT64_C(0x01c00000) /* of the page tables; the others follow */
#define TABLE_STRIDE UINT64_C(0x10000)
#define TEST_VADDR UINT64_C(0xfffffebff9abcdc8) /* in the upper half of each */
#define PAGE_PADDR UINT64_C(0x0000a23450000000) /* 48 bits */
#define NO_EXEC (UINT64_C(1) << 62)
#define HUGE_GLOBAL (UINT64_C(1) << 12)

enum {
	VALID = 1 << 0,
	DIRTY = 1 << 1,
	COHERENT = 1 << 4,
	GLOBAL = 1 << 6, /* HUGE in a directory */
	HUGE = 1 << 6,
	PRESENT = 1 << 7,
	WRITE = 1 << 8,
	ATTRIBUTES = VALID | DIRTY | COHERENT | PRESENT | WRITE,
};

struct config {
	const char *name;
	unsigned int page_shift, levels;
};

static const struct config configs[] = {
	{ "4K, 3 levels", 12, 3 },  { "4K, 4 levels", 12, 4 },	{ "16K, 2 levels", 14, 2 },
	{ "16K, 3 levels", 14, 3 }, { "64K, 2 levels", 16, 2 }, { "64K, 3 levels", 16, 3 },
};

static const struct config *const debian = &configs[3];

struct opened {
	struct fakemem mem;
	struct image image;
	struct vmcoreinfo *info;
	struct vtop vtop;
};

static uint64_t empty_table(unsigned int level)
{
	return EMPTY_PADDR + (level - 1) * TABLE_STRIDE;
}

static uint64_t table_of(const struct config *config, unsigned int level)
{
	return TABLES_PADDR + (config->levels - level) * TABLE_STRIDE;
}

static void fill(struct opened *o, const struct config *config, uint64_t table, uint64_t entry)
{
	for (uint64_t at = 0; at < UINT64_C(1) << config->page_shift; at += 8)
		fakemem_put64(&o->mem, table + at, entry);
}

static void make_tables(struct opened *o, const struct config *config)
{
	fakemem_init(&o->mem);
	fakemem_add(&o->mem, TABLES_PADDR, 8 * TABLE_STRIDE);
	fakemem_add(&o->mem, EMPTY_PADDR, 8 * TABLE_STRIDE);
	for (unsigned int level = 2; level <= config->levels; level++) {
		fill(o, config, table_of(config, level), CACHED | empty_table(level - 1));
		fill(o, config, empty_table(level), CACHED | empty_table(level - 1));
	}
	/* The first and the last are in use, as in a kernel. */
	fakemem_put64(&o->mem, TABLES_PADDR, CACHED | table_of(config, config->levels - 1));
}

static struct err *open_text(struct opened *o, unsigned long page_size, uint64_t top)
{
	char text[200];

	snprintf(text, sizeof(text),
		 "PAGESIZE=%lu\nSYMBOL(swapper_pg_dir)=%llx\nSYMBOL(_stext)=%llx\n", page_size,
		 (unsigned long long)top, (unsigned long long)(CACHED + IMAGE_PADDR + 0x20000));
	o->image = (struct image){ .source = &o->mem.source, .machine = EM_LOONGARCH };
	expect_ok(vmcoreinfo_parse(text, strlen(text), &o->info));
	return vtop_init(&o->vtop, &o->image, o->info);
}

static struct err *open_config(struct opened *o, const struct config *config)
{
	make_tables(o, config);
	return open_text(o, 1ul << config->page_shift, CACHED | TABLES_PADDR);
}

static void release(struct opened *o)
{
	vmcoreinfo_free(o->info);
	fakemem_release(&o->mem);
}

/* The entries for TEST_VADDR down to @level, whose entry is @last. */
static void map(struct opened *o, const struct config *config, unsigned int level, uint64_t last)
{
	unsigned int bits = config->page_shift - 3;

	for (unsigned int at = config->levels; at >= level; at--) {
		unsigned int shift = config->page_shift + (at - 1) * bits;
		uint64_t index = TEST_VADDR >> shift & ((UINT64_C(1) << bits) - 1);

		fakemem_put64(&o->mem, table_of(config, at) + index * 8,
			      at == level ? last : CACHED | table_of(config, at - 1));
	}
}

static uint64_t size_of_entry(const struct config *config, unsigned int level)
{
	return UINT64_C(1) << (config->page_shift + (level - 1) * (config->page_shift - 3));
}

static void expect_hole(const struct opened *o, uint64_t vaddr, uint64_t run_bytes)
{
	uint64_t paddr, run = 0;

	expect_err(vtop_translate(&o->vtop, vaddr, &paddr, &run), ERR_NODATA, "mapped");
	assert_true(run == run_bytes);
}

static void the_number_of_levels_is_read_off_the_empty_tables(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(configs); i++) {
		struct opened o;

		expect_ok(open_config(&o, &configs[i]));
		assert_int_equal(o.vtop.levels, configs[i].levels);
		release(&o);
	}
}

static void pages_of_every_size_translate_with_every_size_of_tables(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(configs); i++) {
		for (unsigned int level = 1; level <= configs[i].levels; level++) {
			uint64_t size = size_of_entry(&configs[i], level);
			uint64_t in_page = TEST_VADDR & (size - 1);
			uint64_t bits = ATTRIBUTES | NO_EXEC | (level > 1 ? HUGE : GLOBAL);
			uint64_t paddr = 0, run = 0;
			struct opened o;

			/* The global bit of a huge page is where addresses of small ones begin. */
			if (level > 1)
				bits |= HUGE_GLOBAL;
			expect_ok(open_config(&o, &configs[i]));
			map(&o, &configs[i], level, (PAGE_PADDR & -size) | bits);
			expect_ok(vtop_translate(&o.vtop, TEST_VADDR, &paddr, &run));
			if (paddr != (PAGE_PADDR & -size) + in_page)
				print_error("%s, level %u\n", configs[i].name, level);
			assert_true(paddr == (PAGE_PADDR & -size) + in_page);
			assert_true(run == size - in_page);
			release(&o);
		}
	}
}

static void windows_need_no_tables(void **state)
{
	static const uint64_t windows[] = { UINT64_C(0x8000) << 48, CACHED,
					    UINT64_C(0xa000) << 48 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(windows); i++) {
		uint64_t paddr = 0, run = 0;
		struct opened o;

		expect_ok(open_config(&o, debian));
		expect_ok(vtop_translate(&o.vtop, windows[i] | PAGE_PADDR, &paddr, &run));
		assert_true(paddr == PAGE_PADDR);
		assert_true(run == (UINT64_C(1) << 48) - PAGE_PADDR);
		release(&o);
	}
}

static void what_is_not_mapped_is_no_data(void **state)
{
	struct opened o;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(configs); i++) {
		expect_ok(open_config(&o, &configs[i]));
		for (unsigned int level = configs[i].levels; level > 1; level--) {
			uint64_t size = size_of_entry(&configs[i], level);

			map(&o, &configs[i], level, CACHED | empty_table(level - 1));
			expect_hole(&o, TEST_VADDR, size - (TEST_VADDR & (size - 1)));
		}
		release(&o);
	}
	expect_ok(open_config(&o, debian));
	/* Nothing, nothing in a table of the kernel, and a huge page and a page it took away. */
	map(&o, debian, 1, 0);
	expect_hole(&o, TEST_VADDR, 0x4000 - (TEST_VADDR & 0x3fff));
	map(&o, debian, 1, GLOBAL);
	expect_hole(&o, TEST_VADDR, 0x4000 - (TEST_VADDR & 0x3fff));
	map(&o, debian, 1, PAGE_PADDR | GLOBAL | WRITE);
	expect_hole(&o, TEST_VADDR, 0x4000 - (TEST_VADDR & 0x3fff));
	map(&o, debian, 2, PAGE_PADDR | HUGE | WRITE);
	expect_hole(&o, TEST_VADDR, 0x2000000 - (TEST_VADDR & 0x1ffffff));
	/* User space, a window that no kernel opens, and what is below the kernel's half. */
	expect_hole(&o, 0x1000, 0x3000);
	expect_hole(&o, UINT64_C(0xb000000000000000), 0x4000);
	expect_hole(&o, UINT64_C(0x9001000000000000), 0x4000);
	expect_hole(&o, UINT64_C(0xfffeffffffffc000), 0x4000);
	release(&o);
}

static void entries_that_lie_are_refused(void **state)
{
	static const uint64_t no_tables[] = {
		0,
		PAGE_PADDR,		      /* no address of the kernel's */
		CACHED | TABLES_PADDR | 0x10, /* not at the start of a page */
		(UINT64_C(0x8000) << 48) | TABLES_PADDR,
		~UINT64_C(0) & ~(uint64_t)HUGE,
	};
	uint64_t paddr, run;
	struct opened o;

	(void)state;
	expect_ok(open_config(&o, debian));
	for (size_t i = 0; i < ARRAY_SIZE(no_tables); i++) {
		map(&o, debian, 2, no_tables[i]);
		expect_err(vtop_translate(&o.vtop, TEST_VADDR, &paddr, &run), ERR_FORMAT,
			   "is no table");
	}
	/* One that lies outside of memory. */
	map(&o, debian, 2, CACHED | PAGE_PADDR);
	expect_err(vtop_translate(&o.vtop, TEST_VADDR, &paddr, &run), ERR_NODATA,
		   "level 1 page table");
	/* A directory in the place of a page table: its entries are no pages. */
	map(&o, debian, 2, CACHED | table_of(debian, 2));
	expect_hole(&o, TEST_VADDR, 0x4000 - (TEST_VADDR & 0x3fff));
	release(&o);
}

/* Of which there are five, or no end. */
static void too_many_levels_are_refused(void **state)
{
	struct opened o;

	(void)state;
	make_tables(&o, &configs[1]);
	fill(&o, &configs[1], empty_table(1), CACHED | empty_table(5));
	expect_err(open_text(&o, 4096, CACHED | TABLES_PADDR), ERR_FORMAT, "more than 4 levels");
	release(&o);

	make_tables(&o, debian);
	fill(&o, debian, empty_table(1), CACHED | empty_table(1));
	expect_err(open_text(&o, 16384, CACHED | TABLES_PADDR), ERR_FORMAT, "more than 4 levels");
	release(&o);
}

static void a_top_table_that_is_none_is_refused(void **state)
{
	struct opened o;

	(void)state;
	make_tables(&o, debian);
	fill(&o, debian, TABLES_PADDR, 0);
	expect_err(open_text(&o, 16384, CACHED | TABLES_PADDR), ERR_FORMAT, "no page directory");
	release(&o);

	/* No neighbours name the same. */
	make_tables(&o, debian);
	for (uint64_t i = 0; i < 2048; i++)
		fakemem_put64(&o.mem, TABLES_PADDR + i * 8, CACHED | i << 14);
	expect_err(open_text(&o, 16384, CACHED | TABLES_PADDR), ERR_FORMAT, "no page directory");
	release(&o);

	make_tables(&o, debian);
	expect_err(open_text(&o, 16384, CACHED | PAGE_PADDR), ERR_NODATA, "page table");
	release(&o);
}

static void absurd_vmcoreinfo_is_refused(void **state)
{
	static const unsigned long sizes[] = { 0, 4095, 8192, 32768, 131072 };
	struct opened o;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		make_tables(&o, debian);
		expect_err(open_text(&o, sizes[i], CACHED | TABLES_PADDR), ERR_FORMAT, "PAGESIZE");
		release(&o);
	}
	/* Of another machine: no window, and no page. */
	make_tables(&o, debian);
	expect_err(open_text(&o, 16384, UINT64_C(0xffffffff81b20000)), ERR_FORMAT, "cannot lie");
	release(&o);
	make_tables(&o, debian);
	expect_err(open_text(&o, 16384, CACHED | (TABLES_PADDR + 8)), ERR_FORMAT, "cannot lie");
	release(&o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_number_of_levels_is_read_off_the_empty_tables),
		cmocka_unit_test(pages_of_every_size_translate_with_every_size_of_tables),
		cmocka_unit_test(windows_need_no_tables),
		cmocka_unit_test(what_is_not_mapped_is_no_data),
		cmocka_unit_test(entries_that_lie_are_refused),
		cmocka_unit_test(too_many_levels_are_refused),
		cmocka_unit_test(a_top_table_that_is_none_is_refused),
		cmocka_unit_test(absurd_vmcoreinfo_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
