// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/lib/expect.h"

#include "tests/lib/fakekernel.h"
#include "util/base/endian.h"
#include "util/kernel/memsection.h"

struct opened {
	struct fakekernel fake;
	struct vtop vtop;
	struct memsections sections;
};

/* With the fake kernel's facts, or those the test changed before. */
static struct err *open_sections(struct opened *o, uint64_t page_size)
{
	guard(vmcoreinfo) struct vmcoreinfo *info = NULL;
	struct layout layout;

	expect_ok(vmcoreinfo_parse(o->fake.info.s, o->fake.info.len, &info));
	expect_ok(vtop_init(&o->vtop, &o->fake.image, info));
	layout = layout_init(info);
	return memsections_init(&o->sections, &o->vtop, &layout, page_size,
				o->fake.page_struct_size);
}

static void setup_sections(struct opened *o, unsigned int sections_nr)
{
	fakekernel_init(&o->fake, &(struct fakekernel_config){ .sections_nr = sections_nr });
	expect_ok(open_sections(o, FAKE_PAGE_BYTES));
}

static void struct_pages_of_a_section_follow_each_other(void **state)
{
	struct opened o;
	uint64_t vaddr;

	(void)state;
	setup_sections(&o, 2);
	assert_int_equal(memsections_pages_per_section(&o.sections), FAKE_SECTION_PAGES);
	for (uint64_t pfn = 0; pfn < o.fake.pages_nr; pfn += FAKE_SECTION_PAGES - 1) {
		expect_ok(memsections_mem_map(&o.sections, pfn, &vaddr));
		assert_true(vaddr + pfn % FAKE_SECTION_PAGES * 64 ==
			    fakekernel_page_vaddr(&o.fake, pfn));
	}
	fakekernel_release(&o.fake);
}

/* VMEMMAP_PREINIT is bit 5 since 6.15: a mask of five bits puts every struct page 32 bytes off. */
static void none_of_the_six_flag_bits_is_part_of_the_address(void **state)
{
	struct opened o;

	(void)state;
	setup_sections(&o, 1);
	for (uint64_t flags = 3; flags < 64; flags += 4) {
		uint64_t vaddr;

		fakemem_put64(&o.fake.mem, fakekernel_section(&o.fake, 0),
			      FAKE_VMEMMAP_VADDR | flags);
		expect_ok(memsections_mem_map(&o.sections, 5, &vaddr));
		assert_true(vaddr == FAKE_VMEMMAP_VADDR);
	}
	fakekernel_release(&o.fake);
}

/*
 * There is room for more flags than six, and there have been four, five and six. With one more in
 * the way each page frame would be judged by the struct page of a neighbour.
 */
static void a_seventh_flag_bit_is_not_taken_for_address(void **state)
{
	struct opened o;
	uint64_t vaddr;

	(void)state;
	setup_sections(&o, 1);
	for (unsigned int bit = 6; bit < 12; bit++) {
		fakemem_put64(&o.fake.mem, fakekernel_section(&o.fake, 0),
			      FAKE_VMEMMAP_VADDR | 1 << bit | 0xf);
		expect_err(memsections_mem_map(&o.sections, 5, &vaddr), ERR_UNSUPPORTED,
			   "flags that are not known");
	}
	fakekernel_release(&o.fake);
}

static void a_section_without_mem_map_is_no_data(void **state)
{
	struct opened o;
	uint64_t vaddr = 77;

	(void)state;
	setup_sections(&o, 1);
	for (uint64_t flags = 0; flags < 3; flags++) {
		fakemem_put64(&o.fake.mem, fakekernel_section(&o.fake, 0),
			      FAKE_VMEMMAP_VADDR | flags);
		expect_err(memsections_mem_map(&o.sections, 0, &vaddr), ERR_NODATA, "not present");
	}
	/* No section, no root, beyond the last root. */
	expect_err(memsections_mem_map(&o.sections, FAKE_SECTION_PAGES, &vaddr), ERR_NODATA,
		   "section 0x1");
	expect_err(memsections_mem_map(&o.sections, 128 * FAKE_SECTION_PAGES, &vaddr), ERR_NODATA,
		   "no root");
	expect_err(memsections_mem_map(&o.sections, UINT64_C(1) << 34, &vaddr), ERR_NODATA,
		   "beyond mem_section");
	expect_err(memsections_mem_map(&o.sections, UINT64_MAX, &vaddr), ERR_NODATA,
		   "beyond mem_section");
	assert_int_equal(vaddr, 77);
	fakekernel_release(&o.fake);
}

static void the_last_section_of_the_space_has_its_place(void **state)
{
	struct opened o;
	uint64_t last = (UINT64_C(1) << 34) - 1;
	uint64_t root_paddr;
	uint64_t vaddr;

	(void)state;
	setup_sections(&o, 1);
	/* 4096 pointers from the one root on: the last lies seven pages behind, in what is zero. */
	root_paddr = fakekernel_section(&o.fake, 0) - 0x1000 + UINT64_C(4095) * 8;
	fakemem_put64(&o.fake.mem, root_paddr, FAKE_TEXT_VADDR + 0x3000);
	fakemem_put64(&o.fake.mem, fakekernel_section(&o.fake, 127), FAKE_VMEMMAP_VADDR | 3);
	expect_ok(memsections_mem_map(&o.sections, last, &vaddr));
	assert_true(vaddr == FAKE_VMEMMAP_VADDR + (last - (FAKE_SECTION_PAGES - 1)) * 64);
	fakekernel_release(&o.fake);
}

static void a_root_that_cannot_be_read_is_told(void **state)
{
	struct opened o;
	uint64_t root = 0;
	uint64_t vaddr;

	(void)state;
	setup_sections(&o, 1);
	root = fakekernel_section(&o.fake, 0) - 0x1000;
	fakemem_put64(&o.fake.mem, root, UINT64_C(0xdead000000000100));
	expect_err(memsections_mem_map(&o.sections, 0, &vaddr), ERR_NODATA, "mem_section[0][0]");
	fakemem_break(&o.fake.mem, root, 8, ERR_SYS);
	expect_err(memsections_mem_map(&o.sections, 0, &vaddr), ERR_SYS, "mem_section[0]:");
	fakekernel_release(&o.fake);
}

static void each_fact_is_needed_and_must_make_sense(void **state)
{
	static const struct {
		const char *key;
		const char *value;
		enum err_code code;
	} bad[] = {
		{ "SYMBOL(mem_section)", NULL, ERR_NODATA },
		{ "LENGTH(mem_section)", NULL, ERR_NODATA },
		{ "SIZE(mem_section)", NULL, ERR_NODATA },
		{ "OFFSET(mem_section.section_mem_map)", NULL, ERR_NODATA },
		{ "NUMBER(SECTION_SIZE_BITS)", NULL, ERR_NODATA },
		{ "NUMBER(MAX_PHYSMEM_BITS)", NULL, ERR_NODATA },
		{ "LENGTH(mem_section)", "4095", ERR_UNSUPPORTED },
		{ "LENGTH(mem_section)", "0", ERR_UNSUPPORTED },
		{ "SIZE(mem_section)", "0", ERR_FORMAT },
		{ "SIZE(mem_section)", "7", ERR_FORMAT },
		{ "SIZE(mem_section)", "4096", ERR_FORMAT },
		{ "SIZE(mem_section)", "24", ERR_FORMAT }, /* memory_present() demands 2^n */
		{ "SIZE(mem_section)", "18446744073709551615", ERR_FORMAT },
		{ "SIZE(mem_section)", "16", ERR_UNSUPPORTED },
		{ "OFFSET(mem_section.section_mem_map)", "4", ERR_FORMAT },
		{ "OFFSET(mem_section.section_mem_map)", "32", ERR_FORMAT },
		{ "OFFSET(mem_section.section_mem_map)", "18446744073709551615", ERR_FORMAT },
		{ "NUMBER(SECTION_SIZE_BITS)", "12", ERR_FORMAT },
		{ "NUMBER(SECTION_SIZE_BITS)", "-27", ERR_FORMAT },
		{ "NUMBER(SECTION_SIZE_BITS)", "35", ERR_FORMAT },
		{ "NUMBER(SECTION_SIZE_BITS)", "47", ERR_FORMAT },
		{ "NUMBER(SECTION_SIZE_BITS)", "9223372036854775807", ERR_FORMAT },
		{ "NUMBER(SECTION_SIZE_BITS)", "28", ERR_UNSUPPORTED },
		{ "NUMBER(MAX_PHYSMEM_BITS)", "26", ERR_FORMAT },
		{ "NUMBER(MAX_PHYSMEM_BITS)", "57", ERR_FORMAT },
		{ "NUMBER(MAX_PHYSMEM_BITS)", "-46", ERR_FORMAT },
		{ "NUMBER(MAX_PHYSMEM_BITS)", "52", ERR_UNSUPPORTED },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct opened o;

		fakekernel_init(&o.fake, &(struct fakekernel_config){ .levels = 4 });
		fakekernel_set_info(&o.fake, bad[i].key, bad[i].value);
		/* What contradicts LENGTH is told by LENGTH. */
		expect_err(open_sections(&o, FAKE_PAGE_BYTES), bad[i].code,
			   bad[i].code == ERR_UNSUPPORTED ? "LENGTH(mem_section)" : bad[i].key);
		fakekernel_release(&o.fake);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(struct_pages_of_a_section_follow_each_other),
		cmocka_unit_test(none_of_the_six_flag_bits_is_part_of_the_address),
		cmocka_unit_test(a_seventh_flag_bit_is_not_taken_for_address),
		cmocka_unit_test(a_section_without_mem_map_is_no_data),
		cmocka_unit_test(the_last_section_of_the_space_has_its_place),
		cmocka_unit_test(a_root_that_cannot_be_read_is_told),
		cmocka_unit_test(each_fact_is_needed_and_must_make_sense),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
