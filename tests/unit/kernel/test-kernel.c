// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/lib/expect.h"

#include <elf.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "tests/lib/fakekernel.h"
#include "util/kernel/infosearch.h"

struct opened {
	struct fakekernel fake;
	struct notes notes;
	struct kernel *kernel;
};

static void setup(struct opened *o)
{
	*o = (struct opened){ .notes = NOTES_INIT };
	fakekernel_init(&o->fake, &(struct fakekernel_config){ .levels = 4 });
	fakekernel_ram(&o->fake, 0, 128 << 20, 128 << 20);
}

static void start(struct opened *o)
{
	expect_ok(fakekernel_start(&o->fake, &o->notes, &o->kernel));
}

static void release(struct opened *o)
{
	kernel_free(o->kernel);
	notes_release(&o->notes);
	fakekernel_release(&o->fake);
}

static void expect_why_not(const struct opened *o, enum err_code code, const char *part)
{
	expect_err(err_clone(o->kernel->why_not), code, part);
}

static void a_whole_kernel_is_understood(void **state)
{
	(void)state;
	for (unsigned int levels = 4; levels <= 5; levels++) {
		struct opened o = { .notes = NOTES_INIT };

		fakekernel_init(&o.fake, &(struct fakekernel_config){ .levels = levels });
		start(&o);
		assert_null(o.kernel->why_not);
		assert_int_equal(o.notes.nr, 0);
		assert_string_equal(kernel_release(o.kernel), "6.1.0-test");
		assert_string_equal(o.kernel->uts, "Linux");
		assert_string_equal(o.kernel->uts + UTS_FIELD_BYTES, "crashed");
		assert_int_equal(o.kernel->crash_time, 1795248241);
		assert_int_equal(o.kernel->page_size, 4096);
		assert_int_equal(o.kernel->page_shift, 12);
		release(&o);
	}
}

static void open_ppc64(struct opened *o, uint16_t elf_machine, const char *machine)
{
	enum { UTS_PADDR = 0x26e4ca8 };
	uint8_t *uts;

	*o = (struct opened){ .notes = NOTES_INIT, .fake.info = STR_INIT };
	fakemem_init(&o->fake.mem);
	fakemem_add(&o->fake.mem, 0x26e4000, 0x2000);
	uts = fakemem_at(&o->fake.mem, UTS_PADDR);
	memcpy(uts + 2 * UTS_FIELD_BYTES, "6.12.107", 9);
	memcpy(uts + 4 * UTS_FIELD_BYTES, machine, strlen(machine) + 1);
	str_printf(&o->fake.info, "OSRELEASE=6.12.107\nPAGESIZE=4096\nNUMBER(RADIX_MMU)=1\n"
				  "SYMBOL(init_uts_ns)=c0000000026e4ca8\n"
				  "OFFSET(uts_namespace.name)=0\n"
				  "SYMBOL(swapper_pg_dir)=c000000002750000\n"
				  "SYMBOL(_stext)=c000000000000000\n");
	/* As QEMU writes it: big-endian files whatever the kernel is. */
	o->fake.image = (struct image){
		.source = &o->fake.mem.source,
		.order = ORDER_BIG,
		.machine = elf_machine,
		.vmcoreinfo = o->fake.info.s,
		.vmcoreinfo_size = strlen(o->fake.info.s),
	};
	expect_ok(kernel_new(&o->fake.image, &o->notes, &o->kernel));
}

/*
 * Of ppc64 there are kernels of both; one of them may be in a file that does not know its machine.
 */
static void the_byte_order_of_the_memory_is_what_the_kernel_calls_its_machine(void **state)
{
	static const uint16_t elf_machines[] = { EM_PPC64, EM_NONE };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(elf_machines); i++) {
		struct opened o;

		open_ppc64(&o, elf_machines[i], "ppc64le");
		assert_true(o.kernel->translates);
		assert_true(o.kernel->vtop.order == ORDER_LITTLE);
		assert_int_equal(o.fake.image.machine, EM_PPC64);
		release(&o);
		open_ppc64(&o, elf_machines[i], "ppc64");
		assert_true(o.kernel->translates);
		assert_true(o.kernel->vtop.order == ORDER_BIG);
		release(&o);
	}
}

static void without_vmcoreinfo_there_is_a_kernel_all_the_same(void **state)
{
	struct opened o;

	(void)state;
	setup(&o);
	expect_ok(kernel_new(&o.fake.image, &o.notes, &o.kernel));
	expect_why_not(&o, ERR_NODATA, "no VMCOREINFO");
	assert_string_equal(kernel_release(o.kernel), "");
	assert_null(o.kernel->info);
	assert_int_equal(o.kernel->page_size, 4096);
	release(&o);
}

/*
 * Page frames are counted in pages: with 8192 for 4096 each struct page would be asked about a page
 * frame that is not its own.
 */
static void a_page_size_the_machine_does_not_have_is_not_used(void **state)
{
	static const char *const absurd[] = {
		"0",	  "1",	   "4095",   "4097",	"2048",
		"8192",	  "65536", "131072", "2097152", "18446744073709551615",
		"banana", "",	   "-4096",  "0x1000",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(absurd); i++) {
		struct opened o;

		setup(&o);
		fakekernel_set_info(&o.fake, "PAGESIZE", absurd[i]);
		start(&o);
		expect_why_not(&o, ERR_FORMAT, "PAGESIZE");
		assert_int_equal(o.kernel->page_size, 4096);
		assert_string_equal(kernel_release(o.kernel), "6.1.0-test");
		release(&o);
	}
}

static void without_page_size_no_class_can_be_told(void **state)
{
	struct opened o;

	(void)state;
	setup(&o);
	fakekernel_set_info(&o.fake, "PAGESIZE", NULL);
	start(&o);
	expect_why_not(&o, ERR_NODATA, "PAGESIZE");
	assert_int_equal(o.kernel->page_size, 4096);
	release(&o);
}

static void an_unknown_machine_has_the_page_size_it_names(void **state)
{
	struct opened o;

	(void)state;
	setup(&o);
	o.fake.image.machine = EM_VAX;
	fakekernel_set_info(&o.fake, "PAGESIZE", "65536");
	start(&o);
	expect_why_not(&o, ERR_UNSUPPORTED, "ELF machine 75");
	assert_int_equal(o.kernel->page_size, 65536);
	assert_int_equal(o.kernel->page_shift, 16);
	assert_string_equal(kernel_release(o.kernel), "6.1.0-test");
	release(&o);

	setup(&o);
	o.fake.image.machine = EM_VAX;
	fakekernel_set_info(&o.fake, "PAGESIZE", "131072");
	start(&o);
	assert_int_equal(o.kernel->page_size, 4096);
	assert_int_equal(notes_with(&o.notes, "4096 is assumed"), 1);
	release(&o);
}

static void page_tables_must_lead_to_the_release_the_note_names(void **state)
{
	struct opened o;

	(void)state;
	setup(&o);
	fakekernel_set_info(&o.fake, "OSRELEASE", "6.1.0-other");
	start(&o);
	expect_why_not(&o, ERR_FORMAT, "page tables lead astray");
	assert_string_equal(kernel_release(o.kernel), "6.1.0-other");
	release(&o);

	setup(&o);
	fakekernel_set_info(&o.fake, "OSRELEASE", NULL);
	start(&o);
	expect_why_not(&o, ERR_NODATA, "OSRELEASE");
	release(&o);

	/* Zeros say nothing, wherever they are. */
	setup(&o);
	fakekernel_set_info(&o.fake, "OSRELEASE", "");
	memset(fakemem_at(&o.fake.mem, fakekernel_uts(&o.fake)), 0, UTS_BYTES);
	start(&o);
	expect_why_not(&o, ERR_NODATA, "OSRELEASE");
	release(&o);

	setup(&o);
	fakekernel_set_info(&o.fake, "NUMBER(phys_base)", "0");
	start(&o);
	expect_why_not(&o, ERR_NODATA, "init_uts_ns");
	release(&o);
}

static void struct_pages_must_be_found_somewhere(void **state)
{
	struct opened o;

	(void)state;
	setup(&o);
	fakemem_put64(&o.fake.mem, fakekernel_section(&o.fake, 0), 0);
	start(&o);
	expect_why_not(&o, ERR_NODATA, "struct pages cannot be found");
	release(&o);

	/* The first range of memory need not have them. */
	setup(&o);
	fakekernel_ram(&o.fake, UINT64_C(1) << 40, 4096, 4096);
	fakemem_put64(&o.fake.mem, fakekernel_section(&o.fake, 0), 0);
	fakemem_put64(&o.fake.mem, fakekernel_section(&o.fake, 1),
		      FAKE_VMEMMAP_VADDR - (uint64_t)FAKE_SECTION_PAGES * 64 + 3);
	fakekernel_ram(&o.fake, 129 << 20, 4096, 4096);
	start(&o);
	assert_null(o.kernel->why_not);
	release(&o);
}

/*
 * What would leave out the pages the kernel's own data was just read from is wrong about others
 * too.
 */
static void rules_must_keep_what_is_the_kernels_beyond_doubt(void **state)
{
	static const struct fake_page not_the_kernels[] = {
		{ .flags = FAKE_LRU, .mapping = FAKE_MAPPING },
		{ .flags = FAKE_LRU | FAKE_PRIVATE, .mapping = FAKE_MAPPING },
		{ .mapping = FAKE_MAPPING | 1 },
		{ .mapcount = FAKE_BUDDY },
		{ .mapcount = FAKE_OFFLINE },
		{ .mapcount = FAKE_UNMAPPED, .flags = FAKE_HWPOISON },
	};
	static const struct fake_page the_kernels[] = {
		{ .mapcount = FAKE_UNMAPPED },
		{ .mapcount = FAKE_UNMAPPED, .flags = FAKE_SLAB | FAKE_LRU },
		{ .mapcount = FAKE_TABLE, .mapping = 1 },
	};

	(void)state;
	for (unsigned int place = 0; place < 3; place++) {
		for (size_t i = 0; i < ARRAY_SIZE(not_the_kernels) + ARRAY_SIZE(the_kernels); i++) {
			bool is_kernels = i >= ARRAY_SIZE(not_the_kernels);
			struct opened o;
			uint64_t paddr;

			setup(&o);
			paddr = place == 0   ? fakekernel_top_table(&o.fake)
				: place == 1 ? fakekernel_uts(&o.fake)
					     : fakekernel_section(&o.fake, 0) - 0x1000;
			fakekernel_set_page(&o.fake, paddr / 4096,
					    is_kernels
						    ? &the_kernels[i - ARRAY_SIZE(not_the_kernels)]
						    : &not_the_kernels[i]);
			start(&o);
			if (is_kernels)
				assert_null(o.kernel->why_not);
			else
				expect_why_not(&o, ERR_FORMAT, "would be left out");
			release(&o);
		}
	}
}

/* As if PG_hwpoison had the number of PG_reserved, which every page of the kernel image has. */
static void a_wrong_number_for_poison_does_not_empty_the_dump(void **state)
{
	struct opened o;

	(void)state;
	setup(&o);
	fakekernel_set_info(&o.fake, "NUMBER(PG_hwpoison)", "12");
	for (uint64_t pfn = 0x4000; pfn < 0x4200; pfn++)
		fakekernel_set_page(
			&o.fake, pfn,
			&(struct fake_page){ .mapcount = FAKE_UNMAPPED, .flags = 1 << 12 });
	start(&o);
	expect_why_not(&o, ERR_FORMAT, "would be left out");
	release(&o);
}

static void names_without_a_nul_end_with_their_field(void **state)
{
	struct opened o;
	char release_name[UTS_FIELD_BYTES] = "";
	uint8_t *uts;

	(void)state;
	setup(&o);
	memset(release_name, 'r', UTS_FIELD_BYTES - 1);
	uts = fakemem_at(&o.fake.mem, fakekernel_uts(&o.fake));
	memset(uts, 'r', UTS_BYTES);
	fakekernel_set_info(&o.fake, "OSRELEASE", release_name);
	start(&o);
	assert_null(o.kernel->why_not);
	for (unsigned int i = 0; i < UTS_FIELDS_NR; i++)
		assert_string_equal(o.kernel->uts + (size_t)i * UTS_FIELD_BYTES, release_name);
	release(&o);
}

static void an_overlong_release_is_cut(void **state)
{
	struct opened o;
	char name[201] = "";

	(void)state;
	setup(&o);
	memset(name, 'r', 200);
	fakekernel_set_info(&o.fake, "OSRELEASE", name);
	start(&o);
	expect_why_not(&o, ERR_FORMAT, "astray");
	assert_true(strlen(err_message(o.kernel->why_not)) < 160);
	assert_int_equal(strlen(kernel_release(o.kernel)), UTS_FIELD_BYTES - 1);
	release(&o);
}

static void an_absurd_crash_time_is_not_known(void **state)
{
	static const char *const absurd[] = { "banana", "",    "99999999999999999999",
					      "-5",	"12x", NULL };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(absurd); i++) {
		struct opened o;

		setup(&o);
		fakekernel_set_info(&o.fake, "CRASHTIME", absurd[i]);
		start(&o);
		assert_int_equal(o.kernel->crash_time, 0);
		assert_null(o.kernel->why_not);
		release(&o);
	}
}

/* Any key of the fake kernel's note, gone or absurd: an open kernel, and a reason or a remark. */
static void every_lost_key_is_told(void **state)
{
	guard(str) struct str all = STR_INIT;
	struct opened first;

	(void)state;
	setup(&first);
	str_add(&all, first.fake.info.s);
	release(&first);

	for (char *line = all.s, *end; (end = strchr(line, '\n')); line = end + 1) {
		char key[80];

		snprintf(key, sizeof(key), "%.*s", (int)strcspn(line, "="), line);
		if (strcmp(key, "CRASHTIME") == 0)
			continue;
		for (int absurd = 0; absurd < 2; absurd++) {
			struct opened o;

			setup(&o);
			fakekernel_set_info(&o.fake, key, absurd ? "nonsense" : NULL);
			start(&o);
			if (!o.kernel->why_not && !o.notes.nr)
				print_error("%s is missed by nobody\n", key);
			assert_true(o.kernel->why_not || o.notes.nr);
			release(&o);
		}
	}
}

static struct err *take_none(void *ctx, const char *text, size_t len, bool *ret_taken)
{
	(void)ctx;
	(void)text;
	(void)len;
	(void)ret_taken;
	return NULL;
}

static void a_search_for_vmcoreinfo_can_be_stopped(void **state)
{
	struct opened o;
	bool taken;
	size_t tried;

	(void)state;
	setup(&o);
	start(&o);
	expect_ok(infosearch(o.kernel->image, take_none, NULL, &taken, &tried));
	o.kernel->image->stop_fd = eventfd(1, EFD_CLOEXEC);
	assert_true(o.kernel->image->stop_fd > 0);
	expect_err(infosearch(o.kernel->image, take_none, NULL, &taken, &tried), ERR_INTERRUPTED,
		   "interrupted");
	close(o.kernel->image->stop_fd);
	release(&o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_whole_kernel_is_understood),
		cmocka_unit_test(the_byte_order_of_the_memory_is_what_the_kernel_calls_its_machine),
		cmocka_unit_test(without_vmcoreinfo_there_is_a_kernel_all_the_same),
		cmocka_unit_test(a_page_size_the_machine_does_not_have_is_not_used),
		cmocka_unit_test(without_page_size_no_class_can_be_told),
		cmocka_unit_test(an_unknown_machine_has_the_page_size_it_names),
		cmocka_unit_test(page_tables_must_lead_to_the_release_the_note_names),
		cmocka_unit_test(struct_pages_must_be_found_somewhere),
		cmocka_unit_test(rules_must_keep_what_is_the_kernels_beyond_doubt),
		cmocka_unit_test(a_wrong_number_for_poison_does_not_empty_the_dump),
		cmocka_unit_test(names_without_a_nul_end_with_their_field),
		cmocka_unit_test(an_overlong_release_is_cut),
		cmocka_unit_test(an_absurd_crash_time_is_not_known),
		cmocka_unit_test(every_lost_key_is_told),
		cmocka_unit_test(a_search_for_vmcoreinfo_can_be_stopped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
