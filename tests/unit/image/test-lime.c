// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/lib/expect.h"

#include <elf.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "util/base/io.h"
#include "util/image/image.h"

enum { MAGIC = 0x4c694d45, HEADER = 32, FILE_MAX = 64 << 10 };

/* A file in memory, of ranges put one behind the other. */
struct lime {
	uint8_t bytes[FILE_MAX];
	size_t len;
	enum byte_order order;
	struct notes notes;
	struct image *image;
};

static struct lime *lime_new(enum byte_order order)
{
	struct lime *lime = calloc(1, sizeof(*lime));

	assert_non_null(lime);
	lime->order = order;
	lime->notes = NOTES_INIT;
	return lime;
}

static void lime_free(struct lime *lime)
{
	image_close(lime->image);
	notes_release(&lime->notes);
	free(lime);
}

static void put_header(struct lime *lime, uint64_t first, uint64_t last)
{
	uint8_t *header = lime->bytes + lime->len;

	store_u32(header, MAGIC, lime->order);
	store_u32(header + 4, 1, lime->order);
	store_u64(header + 8, first, lime->order);
	store_u64(header + 16, last, lime->order);
	lime->len += HEADER;
}

static void put_range(struct lime *lime, uint64_t first, size_t len, uint8_t byte)
{
	put_header(lime, first, first + len - 1);
	memset(lime->bytes + lime->len, byte, len);
	lime->len += len;
}

static struct err *open_lime(struct lime *lime)
{
	struct image_config config = { .file = { .budget_bytes = 0 } };
	autoclose int fd = memfd_create("lime", MFD_CLOEXEC);
	char path[40];

	assert_true(fd >= 0);
	expect_ok(io_write_full(fd, lime->bytes, lime->len));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return image_open(path, &config, &lime->notes, &lime->image);
}

static void expect_byte(struct lime *lime, uint64_t paddr, uint8_t expected)
{
	uint8_t byte;

	expect_ok(mem_read(lime->image->source, paddr, &byte, 1, MEM_RANDOM));
	assert_int_equal(byte, expected);
}

static void expect_nothing_at(struct lime *lime, uint64_t paddr)
{
	uint8_t byte;

	expect_err(mem_read(lime->image->source, paddr, &byte, 1, MEM_RANDOM), ERR_NODATA,
		   "is not in the image");
}

static void ranges_are_read_by_physical_address(void **state)
{
	(void)state;
	for (int big = 0; big < 2; big++) {
		struct lime *lime = lime_new(big ? ORDER_BIG : ORDER_LITTLE);

		put_range(lime, UINT64_C(1) << 32, 4096, 'c');
		put_range(lime, 0x1000, 4096, 'a');
		put_range(lime, 0x2000, 1000, 'b');
		expect_ok(open_lime(lime));
		assert_string_equal(image_format_name(lime->image), "LiME");
		assert_int_equal(lime->image->order, lime->order);
		assert_int_equal(lime->image->machine, EM_NONE);
		assert_int_equal(lime->image->truncated_bytes, 0);
		assert_int_equal(memmap_end(&lime->image->memmap), (UINT64_C(1) << 32) + 4096);
		expect_byte(lime, 0x1fff, 'a');
		expect_byte(lime, 0x2000, 'b');
		expect_byte(lime, (UINT64_C(1) << 32) + 4095, 'c');
		expect_nothing_at(lime, 0xfff);
		expect_nothing_at(lime, 0x2000 + 1000);
		assert_int_equal(lime->notes.nr, 0);
		lime_free(lime);
	}
}

static void what_is_cut_off_is_counted(void **state)
{
	struct lime *lime = lime_new(ORDER_LITTLE);

	(void)state;
	put_range(lime, 0x1000, 4096, 'a');
	put_range(lime, 0x8000, 4096, 'b');
	lime->len -= 96;
	expect_ok(open_lime(lime));
	assert_int_equal(lime->image->truncated_bytes, 96);
	expect_byte(lime, 0x8000 + 3999, 'b');
	lime_free(lime);

	lime = lime_new(ORDER_LITTLE);
	put_range(lime, 0x1000, 4096, 'a');
	put_header(lime, 0x8000, 0x8fff);
	lime->len--;
	expect_ok(open_lime(lime));
	assert_true(lime->image->truncated_bytes > 0);
	assert_int_equal(notes_with(&lime->notes, "ends inside the header of a range"), 1);
	expect_byte(lime, 0x1000, 'a');
	lime_free(lime);
}

static void expect_refused(struct lime *lime, enum err_code code, const char *part)
{
	expect_err(open_lime(lime), code, part);
	lime_free(lime);
}

static void absurd_headers_are_refused(void **state)
{
	struct lime *lime = lime_new(ORDER_LITTLE);

	(void)state;
	put_header(lime, 0x2000, 0x1fff);
	expect_refused(lime, ERR_FORMAT, "offset 0: a range from 0x2000 to 0x1fff");

	lime = lime_new(ORDER_LITTLE);
	put_header(lime, 0, UINT64_MAX);
	expect_refused(lime, ERR_FORMAT, "a range from 0 to 0xffffffffffffffff");

	lime = lime_new(ORDER_LITTLE);
	put_header(lime, 0x1000, UINT64_MAX);
	expect_refused(lime, ERR_FORMAT, "the file has none of it");

	lime = lime_new(ORDER_LITTLE);
	put_range(lime, 0x1000, 4096, 'a');
	lime->bytes[4] = 2;
	expect_refused(lime, ERR_UNSUPPORTED, "version 2 of LiME's format");

	lime = lime_new(ORDER_LITTLE);
	put_header(lime, 0x1000, 0x1fff);
	lime->len = 20;
	expect_refused(lime, ERR_FORMAT, "no range of memory");
}

static void what_is_no_range_behind_others_is_left_out(void **state)
{
	struct lime *lime = lime_new(ORDER_LITTLE);

	(void)state;
	put_range(lime, 0x1000, 4096, 'a');
	put_range(lime, 0x4000, 4096, 'b');
	lime->bytes[HEADER + 4096] = 'x';
	expect_ok(open_lime(lime));
	assert_int_equal(notes_with(&lime->notes, "the last 4128 bytes of the file are left out"),
			 1);
	assert_int_equal(notes_with(&lime->notes, "offset 0x1020: 4c694d78 instead of"), 1);
	assert_true(lime->image->incomplete);
	expect_byte(lime, 0x1fff, 'a');
	expect_nothing_at(lime, 0x4000);
	lime_free(lime);

	lime = lime_new(ORDER_LITTLE);
	put_range(lime, 0x1000, 4096, 'a');
	put_header(lime, 0x3000, 0x2fff);
	expect_ok(open_lime(lime));
	assert_int_equal(notes_with(&lime->notes, "a range from 0x3000 to 0x2fff"), 1);
	assert_true(lime->image->incomplete);
	lime_free(lime);
}

static void a_range_larger_than_any_machine_is_what_the_file_has_of_it(void **state)
{
	struct lime *lime = lime_new(ORDER_LITTLE);

	(void)state;
	put_range(lime, 0x1000, 4096, 'a');
	put_header(lime, 0x8000, UINT64_C(1) << 48);
	memset(lime->bytes + lime->len, 'b', 8192);
	lime->len += 8192;
	expect_ok(open_lime(lime));
	assert_int_equal(notes_with(&lime->notes, "promise 255 TiB of memory"), 1);
	assert_int_equal(memmap_end(&lime->image->memmap), 0x8000 + 8192);
	assert_true(lime->image->truncated_bytes == (UINT64_C(1) << 48) + 1 - 0x8000 - 8192);
	expect_byte(lime, 0x9fff, 'b');
	lime_free(lime);
}

static void a_range_where_no_memory_can_be_is_left_out(void **state)
{
	static const uint64_t firsts[] = { UINT64_MAX - 4095, UINT64_C(1) << 52,
					   (UINT64_C(1) << 52) - 2048 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(firsts); i++) {
		struct lime *lime = lime_new(ORDER_LITTLE);

		put_range(lime, 0x1000, 4096, 'a');
		put_range(lime, firsts[i], 4096, 'b');
		put_range(lime, 0x4000, 4096, 'c');
		expect_ok(open_lime(lime));
		assert_int_equal(notes_with(&lime->notes, "its 4096 bytes are left out"), 1);
		assert_true(lime->image->incomplete);
		assert_int_equal(memmap_end(&lime->image->memmap), 0x5000);
		expect_byte(lime, 0x1fff, 'a');
		expect_byte(lime, 0x4fff, 'c');
		lime_free(lime);
	}
}

static void a_range_up_to_the_last_address_is_what_the_file_has_of_it(void **state)
{
	struct lime *lime = lime_new(ORDER_LITTLE);

	(void)state;
	put_header(lime, 0x1000, UINT64_MAX);
	memset(lime->bytes + lime->len, 'a', 4096);
	lime->len += 4096;
	expect_ok(open_lime(lime));
	assert_int_equal(memmap_end(&lime->image->memmap), 0x2000);
	assert_true(lime->image->truncated_bytes);
	expect_byte(lime, 0x1fff, 'a');
	lime_free(lime);
}

static void zeros_behind_the_last_range_are_padding(void **state)
{
	(void)state;
	for (size_t len = 1; len < 20000; len += 4999) {
		struct lime *lime = lime_new(ORDER_LITTLE);

		put_range(lime, 0x1000, 4096, 'a');
		lime->len += len;
		expect_ok(open_lime(lime));
		assert_int_equal(notes_with(&lime->notes, "are taken for padding"), 1);
		assert_false(lime->image->incomplete);
		assert_int_equal(lime->image->truncated_bytes, 0);
		lime_free(lime);

		lime = lime_new(ORDER_LITTLE);
		put_range(lime, 0x1000, 4096, 'a');
		lime->len += len;
		lime->bytes[lime->len - 1] = 1;
		expect_ok(open_lime(lime));
		assert_true(lime->image->incomplete || lime->image->truncated_bytes);
		lime_free(lime);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ranges_are_read_by_physical_address),
		cmocka_unit_test(what_is_cut_off_is_counted),
		cmocka_unit_test(absurd_headers_are_refused),
		cmocka_unit_test(what_is_no_range_behind_others_is_left_out),
		cmocka_unit_test(a_range_larger_than_any_machine_is_what_the_file_has_of_it),
		cmocka_unit_test(a_range_where_no_memory_can_be_is_left_out),
		cmocka_unit_test(a_range_up_to_the_last_address_is_what_the_file_has_of_it),
		cmocka_unit_test(zeros_behind_the_last_range_are_padding),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
