// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/lib/expect.h"

#include <elf.h>

#include "tests/lib/fakekernel.h"
#include "util/kernel/vtop.h"

#define PAGE UINT64_C(0x1000)
#define MIB2 UINT64_C(0x200000)
#define GIB UINT64_C(0x40000000)
#define TEST_VADDR UINT64_C(0xffff888040000000)

static struct err *open_vtop(struct fakekernel *fake, struct vtop *ret_vtop)
{
	guard(vmcoreinfo) struct vmcoreinfo *info = NULL;

	expect_ok(vmcoreinfo_parse(fake->info.s, fake->info.len, &info));
	return vtop_init(ret_vtop, &fake->image, info);
}

static void setup_kernel(struct fakekernel *fake, unsigned int levels, struct vtop *ret_vtop)
{
	fakekernel_init(fake, &(struct fakekernel_config){ .levels = levels });
	expect_ok(open_vtop(fake, ret_vtop));
}

static void expect_at(const struct vtop *vtop, uint64_t vaddr, uint64_t paddr, uint64_t run)
{
	uint64_t got_paddr = 1;
	uint64_t got_run = 1;

	expect_ok(vtop_translate(vtop, vaddr, &got_paddr, &got_run));
	if (got_paddr != paddr || got_run != run)
		print_error("%#llx is %#llx for %#llx bytes\n", (unsigned long long)vaddr,
			    (unsigned long long)got_paddr, (unsigned long long)got_run);
	assert_true(got_paddr == paddr);
	assert_true(got_run == run);
}

static void pages_of_each_size_translate(void **state)
{
	(void)state;
	for (unsigned int levels = 4; levels <= 5; levels++) {
		struct fakekernel fake;
		struct vtop vtop;

		setup_kernel(&fake, levels, &vtop);
		assert_int_equal(vtop.levels, levels);
		fakekernel_map(&fake, TEST_VADDR, 0x12345000, 1);
		expect_at(&vtop, TEST_VADDR, 0x12345000, PAGE);
		expect_at(&vtop, TEST_VADDR + 0xff8, 0x12345ff8, 8);

		fakekernel_map(&fake, TEST_VADDR + 4 * MIB2, 0x7fe00000, 2);
		expect_at(&vtop, TEST_VADDR + 4 * MIB2, 0x7fe00000, MIB2);
		expect_at(&vtop, TEST_VADDR + 5 * MIB2 - 1, 0x7fffffff, 1);

		fakekernel_map(&fake, TEST_VADDR + 3 * GIB, 7 * GIB, 3);
		expect_at(&vtop, TEST_VADDR + 3 * GIB + 0x123456, 7 * GIB + 0x123456,
			  GIB - 0x123456);
		fakekernel_release(&fake);
	}
}

/*
 * Bit 12 of a huge page's entry is PAT, bits 52 to 63 are keys and NX: none is part of the address.
 */
static void bits_that_are_no_address_are_left_out(void **state)
{
	struct fakekernel fake;
	struct vtop vtop;

	(void)state;
	setup_kernel(&fake, 4, &vtop);
	fakemem_put64(&fake.mem, fakekernel_entry(&fake, TEST_VADDR, 2),
		      UINT64_C(0x8ff0000012e01fff));
	expect_at(&vtop, TEST_VADDR + 0x10, 0x12e00010, MIB2 - 0x10);
	fakemem_put64(&fake.mem, fakekernel_entry(&fake, TEST_VADDR + MIB2, 1),
		      UINT64_C(0xfff8000012345fff));
	expect_at(&vtop, TEST_VADDR + MIB2, UINT64_C(0x8000012345000), PAGE);
	fakekernel_release(&fake);
}

static void the_encryption_bit_is_masked(void **state)
{
	struct fakekernel fake;
	struct vtop vtop;

	(void)state;
	fakekernel_init(&fake, &(struct fakekernel_config){ .levels = 4 });
	fakekernel_set_info(&fake, "NUMBER(sme_mask)", "140737488355328"); /* bit 47 */
	expect_ok(open_vtop(&fake, &vtop));
	fakekernel_map(&fake, TEST_VADDR, UINT64_C(1) << 47 | 0x5000, 1);
	/* In tables above as well. */
	for (unsigned int level = 2; level <= 4; level++) {
		uint64_t entry = fakekernel_entry(&fake, TEST_VADDR, level);
		uint8_t *at = fakemem_at(&fake.mem, entry);

		fakemem_put64(&fake.mem, entry, load_u64(at, ORDER_LITTLE) | UINT64_C(1) << 47);
	}
	expect_at(&vtop, TEST_VADDR + 8, 0x5008, PAGE - 8);
	fakekernel_release(&fake);
}

static void what_is_not_present_is_not_mapped(void **state)
{
	uint64_t paddr = 77;

	(void)state;
	for (unsigned int levels = 4; levels <= 5; levels++) {
		for (unsigned int level = 1; level <= levels; level++) {
			uint64_t hole = UINT64_C(1) << (12 + 9 * (level - 1));
			struct fakekernel fake;
			struct vtop vtop;
			uint64_t run = 77;

			setup_kernel(&fake, levels, &vtop);
			/* All bits but "present": the address bits of a swapped-out entry. */
			fakemem_put64(&fake.mem, fakekernel_entry(&fake, TEST_VADDR, level),
				      ~UINT64_C(1));
			expect_err(vtop_translate(&vtop, TEST_VADDR, &paddr, &run), ERR_NODATA,
				   "0xffff888040000000 is not mapped");
			/* The hole goes to where the next entry of that level begins. */
			assert_true(run == hole - (TEST_VADDR & (hole - 1)));
			fakekernel_release(&fake);
		}
	}
	assert_int_equal(paddr, 77);
}

/* The walk is as deep as the tables are, whatever they point at. */
static void a_table_that_points_at_itself_ends_the_walk(void **state)
{
	(void)state;
	for (unsigned int levels = 4; levels <= 5; levels++) {
		struct fakekernel fake;
		struct vtop vtop;
		uint64_t top;
		uint64_t views_before;

		setup_kernel(&fake, levels, &vtop);
		top = fakekernel_top_table(&fake);
		for (uint64_t i = 0; i < 512; i++)
			fakemem_put64(&fake.mem, top + i * 8, top | 1);
		views_before = fake.mem.views_nr;
		expect_at(&vtop, TEST_VADDR + 0x123, top + 0x123, PAGE - 0x123);
		assert_int_equal(fake.mem.views_nr - views_before, levels);
		fakekernel_release(&fake);
	}
}

static void a_huge_bit_above_1_gib_is_no_page(void **state)
{
	struct fakekernel fake;
	struct vtop vtop;
	uint64_t entry;

	(void)state;
	setup_kernel(&fake, 5, &vtop);
	fakekernel_map(&fake, TEST_VADDR, 0x5000, 1);
	for (unsigned int level = 4; level <= 5; level++) {
		entry = fakekernel_entry(&fake, TEST_VADDR, level);
		fakemem_put64(&fake.mem, entry,
			      load_u64(fakemem_at(&fake.mem, entry), ORDER_LITTLE) | 1 << 7);
	}
	expect_at(&vtop, TEST_VADDR, 0x5000, PAGE);
	fakekernel_release(&fake);
}

static void a_table_in_a_hole_is_no_data(void **state)
{
	struct fakekernel fake;
	struct vtop vtop;
	uint64_t paddr;
	uint64_t run;

	(void)state;
	setup_kernel(&fake, 4, &vtop);
	fakemem_put64(&fake.mem, fakekernel_entry(&fake, TEST_VADDR, 3),
		      UINT64_C(0x000ffffffffff000) | 1);
	expect_err(vtop_translate(&vtop, TEST_VADDR, &paddr, &run), ERR_NODATA,
		   "level 2 page table at 0xffffffffff000");
	fakekernel_release(&fake);
}

static void a_table_that_cannot_be_read_is_told(void **state)
{
	struct fakekernel fake;
	struct vtop vtop;
	uint64_t paddr;
	uint64_t run;

	(void)state;
	setup_kernel(&fake, 4, &vtop);
	fakemem_break(&fake.mem, fakekernel_top_table(&fake), PAGE, ERR_SYS);
	expect_err(vtop_translate(&vtop, TEST_VADDR, &paddr, &run), ERR_SYS,
		   "level 4 page table at");
	fakekernel_release(&fake);
}

static void a_read_goes_over_page_borders(void **state)
{
	struct fakekernel fake;
	struct vtop vtop;
	uint8_t buf[12];
	uint8_t far[PAGE + 20];

	(void)state;
	setup_kernel(&fake, 4, &vtop);
	fakemem_add(&fake.mem, 0x40000000, PAGE);
	fakemem_add(&fake.mem, 0x50000000, 2 * PAGE);
	fakekernel_map(&fake, TEST_VADDR, 0x50001000, 1);
	fakekernel_map(&fake, TEST_VADDR + PAGE, 0x40000000, 1);
	fakekernel_map(&fake, TEST_VADDR + 2 * PAGE, 0x50000000, 1);
	memcpy(fakemem_at(&fake.mem, 0x50001ffa), "Hello ", 6);
	memcpy(fakemem_at(&fake.mem, 0x40000000), "world", 6);
	memcpy(fakemem_at(&fake.mem, 0x50000000), "far away", 9);

	expect_ok(vtop_read(&vtop, TEST_VADDR + PAGE - 6, buf, sizeof(buf)));
	assert_string_equal((const char *)buf, "Hello world");
	expect_ok(vtop_read(&vtop, TEST_VADDR + PAGE - 6, far, sizeof(far)));
	assert_memory_equal(far + 6 + PAGE, "far away", 9);
	expect_ok(vtop_read(&vtop, 0, buf, 0));

	expect_err(vtop_read(&vtop, TEST_VADDR + 3 * PAGE - 6, buf, sizeof(buf)), ERR_NODATA,
		   "not mapped");
	fakemem_break(&fake.mem, 0x40000000, PAGE, ERR_SYS);
	expect_err(vtop_read(&vtop, TEST_VADDR + PAGE - 6, buf, sizeof(buf)), ERR_SYS,
		   "virtual address 0xffff888040001000");
	fakekernel_release(&fake);
}

/* The top of the address space is where the kernel is; nothing comes after it. */
static void a_read_over_the_end_of_the_space_ends(void **state)
{
	struct fakekernel fake;
	struct vtop vtop;
	uint8_t buf[16];

	(void)state;
	setup_kernel(&fake, 4, &vtop);
	fakemem_add(&fake.mem, 0x40000000, PAGE);
	fakekernel_map(&fake, UINT64_C(0xfffffffffffff000), 0x40000000, 1);
	expect_ok(vtop_read(&vtop, UINT64_MAX - 15, buf, sizeof(buf)));
	expect_err(vtop_read(&vtop, UINT64_MAX - 7, buf, sizeof(buf)), ERR_NODATA,
		   "0 is not mapped");
	fakekernel_release(&fake);
}

static void each_fact_is_needed(void **state)
{
	static const char *const keys[] = { "NUMBER(phys_base)", "NUMBER(pgtable_l5_enabled)",
					    "NUMBER(sme_mask)" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		struct fakekernel fake;
		struct vtop vtop;

		fakekernel_init(&fake, &(struct fakekernel_config){ .levels = 4 });
		fakekernel_set_info(&fake, keys[i], "absurd");
		expect_err(open_vtop(&fake, &vtop), ERR_FORMAT, keys[i]);
		fakekernel_set_info(&fake, keys[i], NULL);
		expect_err(open_vtop(&fake, &vtop), ERR_NODATA, keys[i]);
		fakekernel_release(&fake);
	}
}

static void the_top_table_has_two_names(void **state)
{
	struct fakekernel fake;
	struct vtop vtop;
	char text[20];

	(void)state;
	setup_kernel(&fake, 4, &vtop);
	assert_true(vtop.top_table_paddr == fakekernel_top_table(&fake));

	snprintf(text, sizeof(text), "%llx",
		 (unsigned long long)(FAKE_TEXT_VADDR + fakekernel_top_table(&fake) - 0x4000000));
	fakekernel_set_info(&fake, "SYMBOL(swapper_pg_dir)", text);
	fakekernel_set_info(&fake, "SYMBOL(init_top_pgt)", "(null)");
	expect_ok(open_vtop(&fake, &vtop));
	assert_true(vtop.top_table_paddr == fakekernel_top_table(&fake));
	fakekernel_set_info(&fake, "SYMBOL(init_top_pgt)", NULL);
	expect_ok(open_vtop(&fake, &vtop));
	assert_true(vtop.top_table_paddr == fakekernel_top_table(&fake));

	fakekernel_set_info(&fake, "SYMBOL(swapper_pg_dir)", NULL);
	expect_err(open_vtop(&fake, &vtop), ERR_NODATA, "swapper_pg_dir");
	fakekernel_set_info(&fake, "SYMBOL(init_top_pgt)", "ffff888001000000");
	expect_err(open_vtop(&fake, &vtop), ERR_FORMAT, "not in the kernel image");
	fakekernel_release(&fake);
}

static void an_unknown_machine_is_unsupported(void **state)
{
	struct fakekernel fake;
	struct vtop vtop;

	(void)state;
	fakekernel_init(&fake, &(struct fakekernel_config){ .levels = 4 });
	fake.image.machine = EM_VAX;
	expect_err(open_vtop(&fake, &vtop), ERR_UNSUPPORTED, "ELF machine 75");
	assert_null(arch_find(EM_VAX));
	assert_ptr_equal(arch_find(EM_X86_64), &arch_x86_64);
	fakekernel_release(&fake);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pages_of_each_size_translate),
		cmocka_unit_test(bits_that_are_no_address_are_left_out),
		cmocka_unit_test(the_encryption_bit_is_masked),
		cmocka_unit_test(what_is_not_present_is_not_mapped),
		cmocka_unit_test(a_table_that_points_at_itself_ends_the_walk),
		cmocka_unit_test(a_huge_bit_above_1_gib_is_no_page),
		cmocka_unit_test(a_table_in_a_hole_is_no_data),
		cmocka_unit_test(a_table_that_cannot_be_read_is_told),
		cmocka_unit_test(a_read_goes_over_page_borders),
		cmocka_unit_test(a_read_over_the_end_of_the_space_ends),
		cmocka_unit_test(each_fact_is_needed),
		cmocka_unit_test(the_top_table_has_two_names),
		cmocka_unit_test(an_unknown_machine_is_unsupported),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
