// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/lib/expect.h"

#include <fcntl.h>
#include <unistd.h>

#include "tests/lib/kdumpfile.h"
#include "util/base/checked.h"
#include "util/image/kdumpheader.h"

static const uint8_t notes_bytes[64] = "notes";
static const uint8_t page[KDUMPFILE_PAGE] = "page";

struct opened {
	struct kdumpfile file;
	struct kdump_header header;
	struct notes notes;
};

static void setup(struct opened *o)
{
	*o = (struct opened){ .notes = NOTES_INIT };
	kdumpfile_init(&o->file);
	o->file.notes = notes_bytes;
	o->file.notes_size = sizeof(notes_bytes);
	o->file.vmcoreinfo_at = 24;
	o->file.vmcoreinfo_size = 40;
	o->file.level = 31;
	o->file.cpus_nr = 3;
	o->file.time = 1700000000;
	o->file.phys_base = 0x12000000;
	kdumpfile_add(&o->file, 5, page, sizeof(page), 0);
	kdumpfile_build(&o->file);
}

static void teardown(struct opened *o)
{
	notes_release(&o->notes);
	kdumpfile_release(&o->file);
}

/* The header of the first @size bytes of the file. */
static struct err *read_cut(struct opened *o, size_t size)
{
	const struct mem_file_config config = { .map = MEM_MAP_NEVER };
	guard(mem_file) struct mem_file *file = NULL;
	char path[] = "/tmp/vmtool-test-kdumpheader.XXXXXX";
	autoclose int fd = mkstemp(path);
	struct err *e;

	assert_true(fd >= 0);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(write(fd, o->file.bytes, size), size);
	expect_ok(mem_file_new(take_fd(&fd), size, &config, &file));
	notes_release(&o->notes);
	e = kdump_header_read(file, &o->notes, &o->header);
	return e;
}

static struct err *read_header(struct opened *o)
{
	return read_cut(o, o->file.size);
}

static void put_u32(struct opened *o, uint64_t at, uint32_t value)
{
	store_u32(o->file.bytes + at, value, o->file.order);
}

static void expect_all_fields(struct opened *o)
{
	const struct kdump_header *header = &o->header;
	const struct kdumpfile *file = &o->file;

	expect_ok(read_header(o));
	assert_int_equal(header->order, file->order);
	assert_int_equal(header->address_bits, file->layout == KDUMPFILE_LP64 ? 64 : 32);
	assert_int_equal(header->version, file->version);
	assert_int_equal(header->status, file->status);
	assert_int_equal(header->block_size, file->block_size);
	assert_int_equal(header->cpus_nr, 3);
	assert_int_equal(header->time, 1700000000);
	assert_int_equal(header->max_mapnr, file->max_mapnr);
	assert_string_equal(header->uts[4], "x86_64");
	assert_int_equal(header->phys_base, 0x12000000);
	assert_int_equal(header->level, file->version >= 1 ? 31 : 0);
	assert_int_equal(header->level_known, file->version >= 1);
	assert_false(header->split);
	assert_int_equal(header->end_pfn, file->max_mapnr);

	assert_int_equal(header->vmcoreinfo.size, file->version >= 3 ? 40 : 0);
	if (file->version >= 3)
		assert_int_equal(header->vmcoreinfo.offset, file->notes_offset + 24);
	assert_int_equal(header->notes.size, file->version >= 4 ? sizeof(notes_bytes) : 0);
	if (file->version >= 4)
		assert_int_equal(header->notes.offset, file->notes_offset);
	assert_int_equal(header->eraseinfo.size, 0);

	assert_int_equal(header->ram.offset, file->bitmap_offset);
	assert_int_equal(header->kept.offset, header->ram.offset + header->ram.size);
	assert_int_equal(header->descs.offset, file->desc_offset);
	assert_int_equal(header->descs.size, file->size - file->desc_offset);
	assert_int_equal(o->notes.nr, 0);
}

static void every_layout_version_and_byte_order_is_told(void **state)
{
	struct opened o;

	(void)state;
	setup(&o);
	for (int layout = KDUMPFILE_LP64; layout <= KDUMPFILE_PADDED_32; layout++) {
		for (int order = ORDER_LITTLE; order <= ORDER_BIG; order++) {
			for (uint32_t version = 0; version <= 7; version++) {
				o.file.layout = (enum kdumpfile_layout)layout;
				o.file.order = (enum byte_order)order;
				o.file.version = version;
				kdumpfile_build(&o.file);
				expect_all_fields(&o);
			}
		}
	}
	teardown(&o);
}

static void what_is_stored_is_read_again(void **state)
{
	struct opened o;

	(void)state;
	setup(&o);
	for (int layout = KDUMPFILE_LP64; layout <= KDUMPFILE_PADDED_32; layout++) {
		for (int order = ORDER_LITTLE; order <= ORDER_BIG; order++) {
			uint8_t main[KDUMP_MAIN_BYTES_MAX], sub[KDUMP_SUB_BYTES_MAX];
			struct kdump_header wanted;
			enum byte_order found_order;
			uint64_t at;

			o.file.layout = (enum kdumpfile_layout)layout;
			o.file.order = (enum byte_order)order;
			o.file.split = (uint32_t)order;
			o.file.start_pfn = 3;
			o.file.end_pfn = o.file.split ? 60 : 64;
			o.file.status = 9;
			kdumpfile_build(&o.file);
			expect_ok(read_header(&o));
			wanted = o.header;

			kdump_header_store(&wanted, main, sub);
			memcpy(o.file.bytes, main, sizeof(main));
			memcpy(o.file.bytes + KDUMPFILE_PAGE, sub,
			       (size_t)kdump_sub_bytes(&wanted));
			expect_ok(read_header(&o));
			assert_memory_equal(&wanted, &o.header, sizeof(wanted));

			expect_ok(kdump_status_find(main, &at, &found_order));
			assert_int_equal(found_order, order);
			assert_int_equal(load_u32(main + at, found_order), 9);
		}
	}
	teardown(&o);
}

static void pages_of_64_kib_make_blocks_of_64_kib(void **state)
{
	struct opened o;

	(void)state;
	setup(&o);
	for (int order = ORDER_LITTLE; order <= ORDER_BIG; order++) {
		o.file.order = (enum byte_order)order;
		o.file.block_size = 64 << 10;
		kdumpfile_build(&o.file);
		expect_all_fields(&o);
	}
	teardown(&o);
}

static void without_notes_the_32_bit_layout_is_told_by_the_number_of_page_frames(void **state)
{
	struct opened o;

	(void)state;
	setup(&o);
	o.file.notes_size = 0;
	o.file.vmcoreinfo_size = 0;
	o.file.layout = KDUMPFILE_PADDED_32;
	o.file.max_mapnr = 77;
	kdumpfile_build(&o.file);
	expect_ok(read_header(&o));
	assert_int_equal(o.header.max_mapnr, 77);
	teardown(&o);
}

static void more_page_frames_than_32_bits_count_are_in_the_sub_header(void **state)
{
	uint64_t max_mapnr = UINT64_C(3) << 32;
	struct opened o;

	(void)state;
	setup(&o);
	/* Bitmaps of that size do not fit into this file: the message has the number. */
	put_u32(&o, 440, UINT32_MAX);
	store_u64(o.file.bytes + kdumpfile_max_mapnr_64_at(&o.file), max_mapnr, ORDER_LITTLE);
	expect_err(read_header(&o), ERR_FORMAT, "too small for 12884901888 page frames");
	teardown(&o);
}

static void a_part_of_a_split_dump_says_which_page_frames_it_has(void **state)
{
	struct opened o;

	(void)state;
	setup(&o);
	o.file.split = 1;
	o.file.start_pfn = 4;
	o.file.end_pfn = 50;
	for (uint32_t version = 2; version <= 6; version += 4) {
		o.file.version = version;
		kdumpfile_build(&o.file);
		expect_ok(read_header(&o));
		assert_true(o.header.split);
		assert_int_equal(o.header.start_pfn, 4);
		assert_int_equal(o.header.end_pfn, 50);
	}
	o.file.end_pfn = 65;
	kdumpfile_build(&o.file);
	expect_err(read_header(&o), ERR_FORMAT, "part of a split dump");
	o.file.end_pfn = 3;
	kdumpfile_build(&o.file);
	expect_err(read_header(&o), ERR_FORMAT, "part of a split dump");
	teardown(&o);
}

static void the_incomplete_flag_is_there(void **state)
{
	struct opened o;

	(void)state;
	setup(&o);
	o.file.status = KDUMP_STATUS_INCOMPLETE | KDUMP_PAGE_ZLIB;
	kdumpfile_build(&o.file);
	expect_ok(read_header(&o));
	assert_true(o.header.status & KDUMP_STATUS_INCOMPLETE);
	teardown(&o);
}

static void one_bitmap_in_an_old_file_is_both(void **state)
{
	struct opened o;

	(void)state;
	setup(&o);
	put_u32(&o, kdumpfile_bitmap_blocks_at(&o.file), 1);
	o.file.max_mapnr = 20000; /* more than half a block has bits for */
	put_u32(&o, 440, 20000);
	store_u64(o.file.bytes + kdumpfile_max_mapnr_64_at(&o.file), 20000, ORDER_LITTLE);
	expect_ok(read_header(&o));
	assert_int_equal(o.header.kept.offset, o.header.ram.offset);
	assert_int_equal(o.header.kept.size, KDUMPFILE_PAGE);
	assert_int_equal(o.header.descs.offset, o.header.ram.offset + KDUMPFILE_PAGE);
	teardown(&o);
}

static void notes_that_are_not_in_the_file_are_left_out(void **state)
{
	struct opened o;

	(void)state;
	setup(&o);
	store_u64(o.file.bytes + KDUMPFILE_PAGE + 56, UINT64_MAX, ORDER_LITTLE);
	store_u64(o.file.bytes + KDUMPFILE_PAGE + 40, o.file.size, ORDER_LITTLE);
	expect_ok(read_header(&o));
	assert_int_equal(o.header.notes.size, 0);
	assert_int_equal(o.header.vmcoreinfo.size, 0);
	assert_int_equal(notes_with(&o.notes, "VMCOREINFO is said to be at"), 1);
	assert_int_equal(notes_with(&o.notes, "the ELF notes part is said to be at"), 1);
	teardown(&o);
}

/* It would become the level of each dump made of this one. */
static void a_level_that_does_not_exist_is_not_believed(void **state)
{
	struct opened o;

	(void)state;
	setup(&o);
	put_u32(&o, KDUMPFILE_PAGE + 8, 32);
	expect_ok(read_header(&o));
	assert_int_equal(o.header.level, 0);
	assert_false(o.header.level_known);
	assert_int_equal(notes_with(&o.notes, "dump level 32 is not believed"), 1);
	teardown(&o);
}

static void a_file_cut_anywhere_before_its_descriptors_is_refused(void **state)
{
	struct opened o;

	(void)state;
	setup(&o);
	for (size_t size = 0; size < o.file.desc_offset; size += size < 5000 ? 7 : 97)
		expect_err(read_cut(&o, size), ERR_FORMAT, "the file ends");
	expect_ok(read_cut(&o, (size_t)o.file.desc_offset));
	assert_int_equal(o.header.descs.size, 0);
	teardown(&o);
}

static void numbers_that_make_no_sense_are_refused(void **state)
{
	static const uint32_t absurd[] = { 0, 1, 4095, 4097, UINT32_C(1) << 31, UINT32_MAX };
	struct opened o;

	(void)state;
	setup(&o);
	for (size_t i = 0; i < ARRAY_SIZE(absurd); i++) {
		put_u32(&o, kdumpfile_block_size_at(&o.file), absurd[i]);
		expect_err(read_header(&o), ERR_FORMAT, "makes no sense");
	}
	kdumpfile_build(&o.file);
	put_u32(&o, kdumpfile_sub_blocks_at(&o.file), 0);
	expect_err(read_header(&o), ERR_FORMAT, "makes no sense");
	put_u32(&o, kdumpfile_sub_blocks_at(&o.file), INT32_MAX);
	expect_err(read_header(&o), ERR_FORMAT, "ends before its bitmaps");

	kdumpfile_build(&o.file);
	put_u32(&o, kdumpfile_bitmap_blocks_at(&o.file), INT32_MAX);
	expect_err(read_header(&o), ERR_FORMAT, "ends before its bitmaps");

	kdumpfile_build(&o.file);
	store_u64(o.file.bytes + kdumpfile_max_mapnr_64_at(&o.file), UINT64_MAX, ORDER_LITTLE);
	expect_err(read_header(&o), ERR_FORMAT, "not believed");
	store_u64(o.file.bytes + kdumpfile_max_mapnr_64_at(&o.file), 0, ORDER_LITTLE);
	expect_err(read_header(&o), ERR_FORMAT, "not believed");

	kdumpfile_build(&o.file);
	o.file.bytes[0] = 'D';
	expect_err(read_header(&o), ERR_FORMAT, "not a kdump-compressed file");
	teardown(&o);
}

static void codecs_and_flags_name_each_other(void **state)
{
	static const char *const names[] = { "zlib", "lzo", "snappy", "zstd" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		assert_string_equal(kdump_flag_codec(kdump_flag_of(names[i])), names[i]);
	assert_int_equal(kdump_flag_of("nothing"), KDUMP_PAGE_RAW);
	assert_null(kdump_flag_codec(KDUMP_PAGE_RAW));
	assert_null(kdump_flag_codec(KDUMP_PAGE_ZLIB | KDUMP_PAGE_LZO));
	assert_null(kdump_flag_codec(UINT32_MAX));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_layout_version_and_byte_order_is_told),
		cmocka_unit_test(what_is_stored_is_read_again),
		cmocka_unit_test(pages_of_64_kib_make_blocks_of_64_kib),
		cmocka_unit_test(
			without_notes_the_32_bit_layout_is_told_by_the_number_of_page_frames),
		cmocka_unit_test(more_page_frames_than_32_bits_count_are_in_the_sub_header),
		cmocka_unit_test(a_part_of_a_split_dump_says_which_page_frames_it_has),
		cmocka_unit_test(the_incomplete_flag_is_there),
		cmocka_unit_test(one_bitmap_in_an_old_file_is_both),
		cmocka_unit_test(notes_that_are_not_in_the_file_are_left_out),
		cmocka_unit_test(a_level_that_does_not_exist_is_not_believed),
		cmocka_unit_test(a_file_cut_anywhere_before_its_descriptors_is_refused),
		cmocka_unit_test(numbers_that_make_no_sense_are_refused),
		cmocka_unit_test(codecs_and_flags_name_each_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
