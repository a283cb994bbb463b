// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/lib/expect.h"

#include <elf.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <zlib.h>

#include "tests/lib/kdumpfile.h"
#include "util/base/bitmap.h"
#include "util/base/checked.h"
#include "util/image/image.h"

#define PAGE UINT64_C(4096)

enum { PACKED_MAX = 8192 };

static int enter_scratch(void **state)
{
	static char name[] = "/tmp/vmtool-test-kdump.XXXXXX";

	*state = mkdtemp(name);
	return *state && !chdir(*state) ? 0 : -1;
}

static int leave_scratch(void **state)
{
	char command[80];

	snprintf(command, sizeof(command), "rm -rf '%s'", (const char *)*state);
	return chdir("/") || system(command) ? -1 : 0;
}

/* A page that tells its page frame in every word. */
static void fill_page(uint64_t pfn, uint8_t page[PAGE])
{
	for (size_t i = 0; i < PAGE; i += 8)
		store_u64(page + i, pfn << 16 | i, ORDER_LITTLE);
}

struct opened {
	struct kdumpfile file;
	uint8_t raw[64][PAGE];
	uint8_t packed[64][PACKED_MAX];
	struct notes notes;
	struct image *image;
};

static void setup(struct opened *o)
{
	*o = (struct opened){ .notes = NOTES_INIT };
	kdumpfile_init(&o->file);
	for (uint64_t pfn = 0; pfn < 64; pfn++)
		fill_page(pfn, o->raw[pfn]);
}

static void teardown(struct opened *o)
{
	image_close(o->image);
	notes_release(&o->notes);
	kdumpfile_release(&o->file);
}

static void add_raw(struct opened *o, uint64_t pfn)
{
	kdumpfile_add(&o->file, pfn, o->raw[pfn], PAGE, 0);
}

static void add_zlib(struct opened *o, uint64_t pfn)
{
	uLongf len = PACKED_MAX;

	assert_int_equal(compress(o->packed[pfn], &len, o->raw[pfn], PAGE), Z_OK);
	kdumpfile_add(&o->file, pfn, o->packed[pfn], (uint32_t)len, 1);
}

static struct err *open_paths(struct opened *o, const char *const *paths, size_t nr)
{
	const struct image_config config = { .file = { .map = MEM_MAP_NEVER } };

	image_close(o->image);
	o->image = NULL;
	notes_release(&o->notes);
	return image_open_parts(paths, nr, &config, &o->notes, &o->image);
}

static struct err *open_built(struct opened *o)
{
	static const char *const path = "dump";

	kdumpfile_write(&o->file, path, 0);
	return open_paths(o, &path, 1);
}

static struct err *open_file(struct opened *o)
{
	kdumpfile_build(&o->file);
	return open_built(o);
}

static void expect_page(struct opened *o, uint64_t pfn)
{
	uint8_t page[PAGE];

	expect_ok(mem_read(o->image->source, pfn * PAGE, page, PAGE, MEM_RANDOM));
	assert_memory_equal(page, o->raw[pfn], PAGE);
}

static void expect_none(struct opened *o, uint64_t pfn, enum err_code code, const char *part)
{
	uint8_t byte;

	expect_err(mem_read(o->image->source, pfn * PAGE + 5, &byte, 1, MEM_RANDOM), code, part);
}

static void a_signal_ends_the_opening(void **state)
{
	autoclose int stop_fd = eventfd(1, EFD_CLOEXEC);
	struct image_config config = { .stop_fd = stop_fd };
	struct opened o;

	(void)state;
	setup(&o);
	add_raw(&o, 3);
	expect_ok(open_file(&o));
	image_close(o.image);
	o.image = NULL;
	expect_err(image_open("dump", &config, NULL, &o.image), ERR_INTERRUPTED, "interrupted");
	teardown(&o);
}

static void pages_come_back_raw_or_packed(void **state)
{
	struct opened o;

	(void)state;
	setup(&o);
	for (uint64_t pfn = 3; pfn < 60; pfn += 1 + pfn % 3) {
		if (pfn % 2)
			add_raw(&o, pfn);
		else
			add_zlib(&o, pfn);
	}
	for (int order = ORDER_LITTLE; order <= ORDER_BIG; order++) {
		o.file.order = (enum byte_order)order;
		expect_ok(open_file(&o));
		for (size_t i = 0; i < o.file.pages_nr; i++)
			expect_page(&o, o.file.page[i].pfn);
	}
	teardown(&o);
}

static void reads_cross_pages_wherever_they_begin(void **state)
{
	uint8_t bytes[3 * PAGE];
	struct opened o;

	(void)state;
	setup(&o);
	for (uint64_t pfn = 10; pfn < 14; pfn++) {
		if (pfn % 2)
			add_raw(&o, pfn);
		else
			add_zlib(&o, pfn);
	}
	expect_ok(open_file(&o));
	for (size_t skip = 1; skip < PAGE; skip += 999) {
		expect_ok(mem_read(o.image->source, 10 * PAGE + skip, bytes, sizeof(bytes),
				   MEM_SEQUENTIAL));
		assert_memory_equal(bytes, o.raw[10] + skip, sizeof(bytes));
	}
	teardown(&o);
}

static void what_was_left_out_is_not_zeros(void **state)
{
	uint8_t bits[8];
	struct opened o;

	(void)state;
	setup(&o);
	o.file.ram_first = 2;
	o.file.ram_end = 20;
	o.file.level = 31;
	add_raw(&o, 4);
	add_zlib(&o, 30);
	expect_ok(open_file(&o));

	assert_true(image_has_gaps(o.image));
	assert_int_equal(o.image->level, 31);
	assert_int_equal(o.image->page_size, PAGE);
	assert_int_equal(o.image->memmap.nr, 2);
	assert_true(memmap_covers(&o.image->memmap, 2 * PAGE, 18 * PAGE));
	assert_false(memmap_covers(&o.image->memmap, 20 * PAGE, 1));
	expect_none(&o, 5, ERR_NODATA, "page frame 0x5 was left out");
	expect_none(&o, 25, ERR_NODATA, "was left out");
	expect_none(&o, 64, ERR_NODATA, "not in the image");
	expect_none(&o, UINT64_C(1) << 50, ERR_NODATA, "not in the image");

	memset(bits, 0xff, sizeof(bits));
	expect_ok(image_stored(o.image, 0, 64, bits));
	assert_int_equal(load_u64(bits, ORDER_LITTLE), 1 << 4 | 1 << 30);
	expect_ok(image_stored(o.image, 24, 40, bits));
	assert_int_equal(bits[0], 1 << 6);
	memset(bits, 0xff, sizeof(bits));
	expect_ok(image_stored(o.image, 64, 64, bits));
	assert_int_equal(load_u64(bits, ORDER_LITTLE), 0);
	teardown(&o);
}

static void a_lost_page_is_not_zeros_either(void **state)
{
	struct opened o;

	(void)state;
	setup(&o);
	o.file.status = 8;
	add_raw(&o, 1);
	kdumpfile_add(&o.file, 2, NULL, 0, 0)->lost = 1;
	add_zlib(&o, 3);
	expect_ok(open_file(&o));
	assert_true(o.image->incomplete);
	assert_int_equal(notes_with(&o.notes, "the dump is marked incomplete"), 1);
	expect_page(&o, 1);
	expect_page(&o, 3);
	expect_none(&o, 2, ERR_NODATA, "was lost when the dump was made");
	teardown(&o);
}

static void a_file_cut_in_its_pages_loses_those_behind(void **state)
{
	struct opened o;
	const char *path = "dump";

	(void)state;
	setup(&o);
	for (uint64_t pfn = 1; pfn < 4; pfn++)
		add_raw(&o, pfn);
	kdumpfile_build(&o.file);

	kdumpfile_write(&o.file, path, o.file.size - 1);
	expect_ok(open_paths(&o, &path, 1));
	expect_page(&o, 2);
	expect_none(&o, 3, ERR_NODATA, "the file ends before the page");
	assert_int_equal(o.image->truncated_bytes, 0);

	kdumpfile_write(&o.file, path, (size_t)o.file.desc_offset + 24 + 23);
	expect_ok(open_paths(&o, &path, 1));
	assert_int_equal(o.image->truncated_bytes, 25);
	expect_none(&o, 2, ERR_NODATA, "page descriptor 1");
	expect_none(&o, 3, ERR_NODATA, "page descriptor 2");
	teardown(&o);
}

static void descriptors_no_writer_makes_are_errors(void **state)
{
	static const struct {
		uint64_t offset; /* 0: as it was */
		uint32_t size, flags;
		enum err_code code;
		const char *part;
	} descs[] = {
		{ 0, 0, 0, ERR_FORMAT, "absurd size of 0" },
		{ 0, 4095, 0, ERR_FORMAT, "absurd size of 4095" },
		{ 0, 4097, 1, ERR_FORMAT, "absurd size of 4097" },
		{ 0, UINT32_MAX, 1, ERR_FORMAT, "absurd size" },
		{ 0, 4096, 0x40, ERR_FORMAT, "unknown flags 0x40" },
		{ 0, 4096, 3, ERR_FORMAT, "unknown flags 0x3" },
		{ UINT64_MAX, 4096, 0, ERR_NODATA, "the file ends before the page" },
		{ UINT64_MAX - 4096, 4096, 0, ERR_NODATA, "the file ends before the page" },
		{ 0, 4096, 1, ERR_FORMAT, "are not a page packed with zlib" },
		{ 0, 17, 1, ERR_FORMAT, "are not a page packed with zlib" },
	};
	struct opened o;

	(void)state;
	setup(&o);
	add_raw(&o, 7);
	for (size_t i = 0; i < ARRAY_SIZE(descs); i++) {
		uint8_t *desc;

		kdumpfile_build(&o.file);
		desc = o.file.bytes + o.file.desc_offset;
		if (descs[i].offset)
			store_u64(desc, descs[i].offset, ORDER_LITTLE);
		store_u32(desc + 8, descs[i].size, ORDER_LITTLE);
		store_u32(desc + 12, descs[i].flags, ORDER_LITTLE);
		expect_ok(open_built(&o));
		expect_none(&o, 7, descs[i].code, descs[i].part);
	}
	teardown(&o);
}

/* One NT_PRSTATUS note and one of VMCOREINFO. */
static size_t make_notes(uint8_t *notes, size_t *ret_text_at)
{
	static const uint8_t prstatus[] = { 5,	 0,   0,   0,	4, 0, 0, 0, 1, 0, 0, 0,
					    'C', 'O', 'R', 'E', 0, 0, 0, 0, 9, 9, 9, 9 };
	static const uint8_t info[] = { 11, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0 };

	memcpy(notes, prstatus, sizeof(prstatus));
	memcpy(notes + 24, info, sizeof(info));
	memcpy(notes + 36, "VMCOREINFO\0", 12);
	memcpy(notes + 48, "A=1\nB=2\n", 8);
	*ret_text_at = 48;
	return 56;
}

static void notes_and_vmcoreinfo_are_found(void **state)
{
	uint8_t notes[64] = { 0 };
	uint8_t back[64];
	size_t text_at;
	size_t size = make_notes(notes, &text_at);
	struct opened o;

	(void)state;
	setup(&o);
	add_raw(&o, 1);
	o.file.notes = notes;
	o.file.notes_size = size;
	o.file.vmcoreinfo_at = text_at;
	o.file.vmcoreinfo_size = 8;
	o.file.cpus_nr = 9;
	o.file.phys_base = 0x1000000;
	o.file.time = 1234567890;
	expect_ok(open_file(&o));
	assert_string_equal(o.image->vmcoreinfo, "A=1\nB=2\n");
	assert_int_equal(o.image->vmcoreinfo_offset, text_at);
	assert_int_equal(o.image->notes_size, size);
	expect_ok(image_read_notes(o.image, 0, back, size));
	assert_memory_equal(back, notes, size);
	assert_int_equal(o.image->cpus_nr, 1);
	assert_int_equal(o.image->machine, EM_X86_64);
	assert_int_equal(o.image->phys_base, 0x1000000);
	assert_int_equal(o.image->time, 1234567890);
	assert_string_equal(o.image->uts + 2 * 65, "6.1.0-test");

	/* Version 3 has the text alone: a note is made of it. */
	o.file.version = 3;
	expect_ok(open_file(&o));
	assert_string_equal(o.image->vmcoreinfo, "A=1\nB=2\n");
	assert_int_equal(o.image->notes_size, 32);
	expect_ok(image_read_notes(o.image, 0, back, 32));
	assert_memory_equal(back, notes + 24, 32);
	assert_int_equal(o.image->vmcoreinfo_offset, 24);
	assert_int_equal(o.image->cpus_nr, 9);
	teardown(&o);
}

static void of_two_texts_the_one_of_the_header_counts(void **state)
{
	uint8_t notes[128] = { 0 };
	size_t text_at;
	size_t size = make_notes(notes, &text_at);
	struct opened o;

	(void)state;
	memcpy(notes + size, notes + text_at - 24, 32);
	memcpy(notes + size + 24, "C=3\nD=4\n", 8);
	setup(&o);
	add_raw(&o, 1);
	o.file.notes = notes;
	o.file.notes_size = size + 32;
	o.file.vmcoreinfo_at = size + 24;
	o.file.vmcoreinfo_size = 8;
	expect_ok(open_file(&o));
	assert_string_equal(o.image->vmcoreinfo, "C=3\nD=4\n");
	assert_int_equal(o.image->vmcoreinfo_offset, size + 24);
	assert_int_equal(o.image->notes_size, size + 32);

	o.file.vmcoreinfo_at = text_at;
	expect_ok(open_file(&o));
	assert_string_equal(o.image->vmcoreinfo, "A=1\nB=2\n");
	teardown(&o);
}

static void a_dump_without_memory_is_refused(void **state)
{
	struct opened o;

	(void)state;
	setup(&o);
	expect_err(open_file(&o), ERR_FORMAT, "without memory");
	teardown(&o);
}

/* Writes page frames [first, end) of the set as @path. */
static void write_part(struct opened *o, const char *path, uint64_t first, uint64_t end)
{
	o->file.split = 1;
	o->file.start_pfn = first;
	o->file.end_pfn = end;
	kdumpfile_build(&o->file);
	kdumpfile_write(&o->file, path, 0);
}

static void setup_parts(struct opened *o)
{
	setup(o);
	for (uint64_t pfn = 2; pfn < 64; pfn += 5)
		add_zlib(o, pfn);
	write_part(o, "a", 0, 16);
	write_part(o, "b", 16, 40);
	write_part(o, "c", 40, 64);
}

static void parts_in_any_order_are_one_image(void **state)
{
	static const char *const orders[][3] = {
		{ "a", "b", "c" },
		{ "c", "a", "b" },
		{ "c", "b", "a" },
	};
	struct opened o;

	(void)state;
	setup_parts(&o);
	for (size_t i = 0; i < ARRAY_SIZE(orders); i++) {
		expect_ok(open_paths(&o, orders[i], 3));
		assert_false(o.image->incomplete);
		assert_int_equal(o.notes.nr, 0);
		for (size_t j = 0; j < o.file.pages_nr; j++)
			expect_page(&o, o.file.page[j].pfn);
	}
	teardown(&o);
}

static void a_missing_part_is_named(void **state)
{
	static const char *const two[] = { "a", "c" };
	static const char *const one[] = { "b" };
	struct opened o;

	(void)state;
	setup_parts(&o);
	expect_ok(open_paths(&o, two, 2));
	assert_true(o.image->incomplete);
	assert_int_equal(notes_with(&o.notes, "page frames 0x10 to 0x27, 5 pages"), 1);
	expect_page(&o, 2);
	expect_page(&o, 62);
	expect_none(&o, 17, ERR_NODATA, "in a part that is not here");

	expect_ok(open_paths(&o, one, 1));
	assert_true(o.image->incomplete);
	assert_int_equal(notes_with(&o.notes, "page frames 0 to 0xf, 3 pages"), 1);
	assert_int_equal(notes_with(&o.notes, "page frames 0x28 to 0x3f, 5 pages"), 1);
	expect_page(&o, 17);
	teardown(&o);
}

static void parts_that_do_not_belong_together_are_refused(void **state)
{
	static const char *const twice[] = { "a", "b", "a" };
	static const char *const other[] = { "a", "other" };
	static const char *const whole[] = { "a", "whole" };
	static const char *const elf[] = { "elf", "a" };
	struct opened o;
	FILE *out;

	(void)state;
	setup_parts(&o);
	expect_err(open_paths(&o, twice, 3), ERR_FORMAT, "given twice");

	add_raw(&o, 63);
	write_part(&o, "other", 16, 64);
	expect_err(open_paths(&o, other, 2), ERR_FORMAT, "other: a part of another dump");
	o.file.split = 0;
	kdumpfile_build(&o.file);
	kdumpfile_write(&o.file, "whole", 0);
	expect_err(open_paths(&o, whole, 2), ERR_FORMAT, "whole: not a part of a split dump");

	out = fopen("elf", "w");
	assert_true(out && fputs("\177ELF and so on", out) >= 0 && !fclose(out));
	expect_err(open_paths(&o, elf, 2), ERR_UNSUPPORTED, "not a part of a split dump");
	teardown(&o);
}

/* Damage to any byte may change what is read, and never more than that; sanitizers watch. */
static void a_damaged_byte_is_an_error_or_another_page(void **state)
{
	struct opened o;

	(void)state;
	setup(&o);
	for (uint64_t pfn = 1; pfn < 20; pfn += 2)
		add_zlib(&o, pfn);
	srand(9);
	for (unsigned int n = 0; n < 400; n++) {
		size_t at;
		struct err *e;

		kdumpfile_build(&o.file);
		at = (size_t)rand() % (n % 2 ? 1024 : o.file.size);
		at += n % 4 == 1 ? PAGE : 0;
		o.file.bytes[at] ^= (uint8_t)(1 + rand() % 255);
		e = open_built(&o);
		for (uint64_t pfn = 0; !e && pfn < 64; pfn++) {
			uint8_t page[PAGE];

			err_free(mem_read(o.image->source, pfn * PAGE, page, PAGE, MEM_SEQUENTIAL));
		}
		err_free(e);
	}
	teardown(&o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_signal_ends_the_opening),
		cmocka_unit_test(pages_come_back_raw_or_packed),
		cmocka_unit_test(reads_cross_pages_wherever_they_begin),
		cmocka_unit_test(what_was_left_out_is_not_zeros),
		cmocka_unit_test(a_lost_page_is_not_zeros_either),
		cmocka_unit_test(a_file_cut_in_its_pages_loses_those_behind),
		cmocka_unit_test(descriptors_no_writer_makes_are_errors),
		cmocka_unit_test(notes_and_vmcoreinfo_are_found),
		cmocka_unit_test(of_two_texts_the_one_of_the_header_counts),
		cmocka_unit_test(a_dump_without_memory_is_refused),
		cmocka_unit_test(parts_in_any_order_are_one_image),
		cmocka_unit_test(a_missing_part_is_named),
		cmocka_unit_test(parts_that_do_not_belong_together_are_refused),
		cmocka_unit_test(a_damaged_byte_is_an_error_or_another_page),
	};

	return cmocka_run_group_tests(tests, enter_scratch, leave_scratch);
}
