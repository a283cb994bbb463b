// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/lib/expect.h"

#include "tests/lib/fakekernel.h"
#include "util/kernel/regions.h"

#define PAGE UINT64_C(4096)

/* Where the fake kernel has its image and its struct pages: 2 MiB each. */
enum { IMAGE_PFN = 0x4000, VMEMMAP_PFN = 0x8000, HUGE_PFNS = 512 };

struct opened {
	struct fakekernel fake;
	struct kernel *kernel;
	struct regions regions;
};

static void open_fake(struct opened *o, unsigned int vmemmap_level)
{
	*o = (struct opened){ .regions = REGIONS_INIT };
	fakekernel_init(&o->fake, &(struct fakekernel_config){ .vmemmap_level = vmemmap_level });
	fakekernel_ram(&o->fake, 0, FAKE_SECTION_PAGES * PAGE, FAKE_SECTION_PAGES * PAGE);
}

static void start(struct opened *o)
{
	expect_ok(fakekernel_start(&o->fake, NULL, &o->kernel));
	assert_null(o->kernel->why_not);
}

static void look(struct opened *o)
{
	expect_ok(regions_find(&o->regions, o->kernel));
	for (size_t i = 0; i < o->regions.nr; i++) {
		assert_true(o->regions.region[i].first < o->regions.region[i].end);
		assert_true(!i || o->regions.region[i - 1].end <= o->regions.region[i].first);
	}
}

static void find(struct opened *o)
{
	start(o);
	look(o);
}

static void release(struct opened *o)
{
	regions_release(&o->regions);
	kernel_free(o->kernel);
	fakekernel_release(&o->fake);
}

static void expect_region(const struct opened *o, size_t i, uint64_t first, uint64_t end,
			  enum region_kind kind)
{
	assert_true(i < o->regions.nr);
	assert_int_equal(o->regions.region[i].first, first);
	assert_int_equal(o->regions.region[i].end, end);
	assert_int_equal(o->regions.region[i].kind, kind);
}

static void image_and_struct_pages_are_found(void **state)
{
	(void)state;
	for (unsigned int level = 1; level <= 2; level++) {
		struct opened o;

		open_fake(&o, level);
		find(&o);
		assert_int_equal(o.regions.nr, 2);
		expect_region(&o, 0, IMAGE_PFN, IMAGE_PFN + HUGE_PFNS, REGION_IMAGE);
		expect_region(&o, 1, VMEMMAP_PFN, VMEMMAP_PFN + HUGE_PFNS, REGION_VMEMMAP);
		release(&o);
	}
}

static void a_region_is_found_by_page_frame(void **state)
{
	struct opened o;

	(void)state;
	open_fake(&o, 2);
	find(&o);
	assert_ptr_equal(regions_at(&o.regions, 0), &o.regions.region[0]);
	assert_ptr_equal(regions_at(&o.regions, IMAGE_PFN + HUGE_PFNS - 1), &o.regions.region[0]);
	assert_ptr_equal(regions_at(&o.regions, IMAGE_PFN + HUGE_PFNS), &o.regions.region[1]);
	assert_null(regions_at(&o.regions, VMEMMAP_PFN + HUGE_PFNS));
	assert_null(regions_at(&o.regions, UINT64_MAX));
	assert_null(regions_at(&REGIONS_INIT, 0));
	release(&o);
}

static void what_cannot_be_walked_is_left_out(void **state)
{
	struct opened o;

	(void)state;
	open_fake(&o, 1);
	/* Three struct pages' pages: not mapped, and one beyond the image's memory. */
	fakemem_put64(&o.fake.mem, fakekernel_entry(&o.fake, FAKE_VMEMMAP_VADDR + 10 * PAGE, 1), 0);
	fakekernel_map(&o.fake, FAKE_VMEMMAP_VADDR + 20 * PAGE, UINT64_C(0x1234567) * PAGE, 1);
	find(&o);
	assert_int_equal(o.regions.nr, 5);
	expect_region(&o, 1, VMEMMAP_PFN, VMEMMAP_PFN + 10, REGION_VMEMMAP);
	expect_region(&o, 2, VMEMMAP_PFN + 11, VMEMMAP_PFN + 20, REGION_VMEMMAP);
	expect_region(&o, 3, VMEMMAP_PFN + 21, VMEMMAP_PFN + HUGE_PFNS, REGION_VMEMMAP);
	expect_region(&o, 4, 0x1234567, 0x1234568, REGION_VMEMMAP);
	release(&o);
}

static void a_page_frame_is_in_one_region(void **state)
{
	struct opened o;

	(void)state;
	open_fake(&o, 1);
	/* Struct pages inside the image, and twice the same page frame. */
	fakekernel_map(&o.fake, FAKE_VMEMMAP_VADDR + 20 * PAGE, (IMAGE_PFN + 7) * PAGE, 1);
	fakekernel_map(&o.fake, FAKE_VMEMMAP_VADDR + 30 * PAGE, (VMEMMAP_PFN + 40) * PAGE, 1);
	find(&o);
	expect_region(&o, 0, IMAGE_PFN, IMAGE_PFN + HUGE_PFNS, REGION_IMAGE);
	assert_int_equal(o.regions.nr, 4);
	release(&o);
}

/* A table that points at itself maps everything, one page at a time. */
static void page_tables_that_loop_are_not_walked_for_ever(void **state)
{
	uint64_t table;
	struct opened o;

	(void)state;
	open_fake(&o, 1);
	/* Sections of 16 GiB, each with 256 MiB of struct pages. */
	fakekernel_set_info(&o.fake, "NUMBER(SECTION_SIZE_BITS)", "34");
	fakekernel_set_info(&o.fake, "LENGTH(mem_section)", "32");
	fakekernel_ram(&o.fake, UINT64_C(1) << 34, UINT64_C(8) << 34, 0);
	for (unsigned int section = 1; section < 9; section++)
		fakemem_put64(&o.fake.mem, fakekernel_section(&o.fake, section),
			      FAKE_VMEMMAP_VADDR | 0xf);
	table = fakekernel_entry(&o.fake, FAKE_VMEMMAP_VADDR, 2) / PAGE * PAGE;
	for (uint64_t i = 1; i < 512; i++)
		fakemem_put64(&o.fake.mem, table + i * 8, table | 1);
	o.fake.mem.views_nr = 0;
	find(&o);
	assert_true(o.fake.mem.views_nr < 200000);
	release(&o);
}

/* Where the units of two processors are, each of two pages that lie apart. */
#define UNITS_VADDR UINT64_C(0xffff888004000000)
enum { UNIT_BYTES = 2 * 4096, UNITS_NR = 2 };

static const uint64_t unit_pfn[UNITS_NR][2] = { { 0x100, 0x300 }, { 0x200, 0x201 } };

static void map_units(struct opened *o)
{
	for (int cpu = 0; cpu < UNITS_NR; cpu++)
		for (int page = 0; page < 2; page++)
			fakekernel_map(&o->fake, UNITS_VADDR + (uint64_t)(2 * cpu + page) * PAGE,
				       unit_pfn[cpu][page] * PAGE, 1);
}

/* Per-CPU symbols are absolute, from 0 on (x86 up to 6.14), or addresses like all others. */
static void per_cpu_memory_is_found(void **state)
{
	static const uint64_t starts[] = { 0, FAKE_TEXT_VADDR + 0x20000 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(starts); i++) {
		uint64_t offset[UNITS_NR] = { UNITS_VADDR - starts[i],
					      UNITS_VADDR + UNIT_BYTES - starts[i] };
		struct opened o;

		open_fake(&o, 2);
		map_units(&o);
		start(&o);
		fakekernel_add_percpu(&o.fake, o.kernel, starts[i], offset, UNITS_NR, UNIT_BYTES);
		look(&o);
		assert_int_equal(o.regions.nr, 5);
		expect_region(&o, 0, 0x100, 0x101, REGION_PERCPU);
		expect_region(&o, 1, 0x200, 0x202, REGION_PERCPU);
		expect_region(&o, 2, 0x300, 0x301, REGION_PERCPU);
		expect_region(&o, 3, IMAGE_PFN, IMAGE_PFN + HUGE_PFNS, REGION_IMAGE);
		release(&o);
	}
}

/* Without the size of a unit the variables of the kernel itself are what is known of it. */
static void a_unit_without_a_size_has_the_static_variables(void **state)
{
	uint64_t offset[UNITS_NR] = { UNITS_VADDR, UNITS_VADDR + UNIT_BYTES };
	struct opened o;

	(void)state;
	open_fake(&o, 2);
	map_units(&o);
	start(&o);
	fakekernel_add_percpu(&o.fake, o.kernel, 0, offset, UNITS_NR, 0);
	o.kernel->layout.symbol[SYMBOL_PER_CPU_END] = 100;
	look(&o);
	expect_region(&o, 0, 0x100, 0x101, REGION_PERCPU);
	expect_region(&o, 1, 0x200, 0x201, REGION_PERCPU);
	assert_int_equal(o.regions.nr, 4);
	release(&o);
}

static void absurd_per_cpu_memory_is_none(void **state)
{
	static const struct {
		uint32_t cpus_nr, unit_bytes;
	} absurd[] = { { 1, 0x40000000 }, { 100000, UNIT_BYTES } };
	uint64_t offset[16] = { UNITS_VADDR };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(absurd); i++) {
		struct opened o;

		open_fake(&o, 2);
		map_units(&o);
		start(&o);
		fakekernel_add_percpu(&o.fake, o.kernel, 0, offset, absurd[i].cpus_nr,
				      absurd[i].unit_bytes);
		look(&o);
		assert_int_equal(o.regions.nr, 2);
		release(&o);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(image_and_struct_pages_are_found),
		cmocka_unit_test(a_region_is_found_by_page_frame),
		cmocka_unit_test(what_cannot_be_walked_is_left_out),
		cmocka_unit_test(a_page_frame_is_in_one_region),
		cmocka_unit_test(per_cpu_memory_is_found),
		cmocka_unit_test(a_unit_without_a_size_has_the_static_variables),
		cmocka_unit_test(absurd_per_cpu_memory_is_none),
		cmocka_unit_test(page_tables_that_loop_are_not_walked_for_ever),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
