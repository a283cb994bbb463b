// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "util/base/cleanup.h"
#include "util/base/endian.h"
#include "util/event/format.h"

#define COMMON                                                                                     \
	"\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n"                     \
	"\tfield:unsigned char common_flags;\toffset:2;\tsize:1;\tsigned:0;\n"                     \
	"\tfield:unsigned char common_preempt_count;\toffset:3;\tsize:1;\tsigned:0;\n"             \
	"\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n"

static const char alloc_text[] =
	"name: mm_page_alloc\nID: 653\nformat:\n" COMMON
	"\tfield:unsigned long pfn;\toffset:8;\tsize:8;\tsigned:0;\n"
	"\tfield:unsigned int order;\toffset:16;\tsize:4;\tsigned:0;\n"
	"\tfield:int migratetype;\toffset:20;\tsize:4;\tsigned:1;\n\n"
	"print fmt: \"pfn=0x%lx order=%d migratetype=%d\", REC->pfn, REC->order, "
	"REC->migratetype\n";

static const char text_text[] = "name: says\nID: 7\nformat:\n" COMMON
				"\tfield:char comm[8];\toffset:8;\tsize:8;\tsigned:0;\n"
				"\tfield:__data_loc char[] words;\toffset:16;\tsize:4;\tsigned:0;\n"
				"\tfield:unsigned int nr;\toffset:20;\tsize:4;\tsigned:0;\n\n"
				"print fmt: \"%s %s %s\", REC->comm, __get_str(words), "
				"__print_hex(__get_dynamic_array(words), REC->nr)\n";

static struct formats *formats_with(const char *text, const struct format **ret_format)
{
	struct formats *formats = NULL;

	assert_null(formats_new(&formats));
	assert_null(formats_add(formats, "test", text, strlen(text), ret_format));
	return formats;
}

static void page_raw(uint8_t raw[24])
{
	memset(raw, 0, 24);
	store_u16(raw, 653, ORDER_LITTLE);
	store_u64(raw + 8, 0x1234, ORDER_LITTLE);
	store_u32(raw + 16, 3, ORDER_LITTLE);
	store_u32(raw + 20, (uint32_t)-1, ORDER_LITTLE);
}

static void fields_are_found_by_name(void **state)
{
	const struct format *format = NULL;
	guard(formats) struct formats *formats = formats_with(alloc_text, &format);
	struct format_field field;
	uint8_t raw[24];
	uint64_t value;

	(void)state;
	page_raw(raw);
	assert_string_equal(format_system(format), "test");
	assert_string_equal(format_name(format), "mm_page_alloc");
	assert_ptr_equal(formats_find(formats, 653), format);
	assert_null(formats_find(formats, 654));

	assert_true(format_field(format, "order", &field));
	assert_true(format_value(&field, raw, sizeof(raw), &value));
	assert_int_equal(value, 3);
	assert_true(format_field(format, "migratetype", &field));
	assert_true(format_value(&field, raw, sizeof(raw), &value));
	assert_true((int64_t)value == -1);
	assert_true(format_field(format, "common_pid", &field));
	assert_int_equal(field.offset, 4);
	assert_false(format_field(format, "gfp_flags", &field));
	assert_string_equal(format_field_name(format, 1), "order");
	assert_null(format_field_name(format, 3));
}

static void a_short_sample_has_no_value_for_what_it_lacks(void **state)
{
	const struct format *format = NULL;
	guard(formats) struct formats *formats = formats_with(alloc_text, &format);
	struct format_field field;
	uint8_t raw[24];
	uint64_t value;

	(void)state;
	page_raw(raw);
	assert_true(format_field(format, "migratetype", &field));
	for (size_t len = 0; len < 24; len++)
		assert_false(format_value(&field, raw, len, &value));
}

static void a_sample_prints_by_its_print_format(void **state)
{
	const struct format *format = NULL;
	guard(formats) struct formats *formats = formats_with(alloc_text, &format);
	guard(str) struct str out = STR_INIT;
	uint8_t raw[24];

	(void)state;
	page_raw(raw);
	assert_true(format_can_print(format));
	format_print(format, raw, sizeof(raw), &out);
	assert_string_equal(out.s, "pfn=0x1234 order=3 migratetype=-1");
}

static void a_short_sample_prints_as_far_as_it_goes(void **state)
{
	const struct format *format = NULL;
	guard(formats) struct formats *formats = formats_with(alloc_text, &format);
	guard(str) struct str out = STR_INIT;
	uint8_t raw[24];

	(void)state;
	page_raw(raw);
	format_print(format, raw, 20, &out);
	assert_string_equal(out.s, " pfn=0x1234 order=0x3 migratetype=?");
}

static void says_raw(uint8_t raw[32], uint32_t nr)
{
	memset(raw, 0, 32);
	store_u16(raw, 7, ORDER_LITTLE);
	memcpy(raw + 8, "comm", 4);
	store_u32(raw + 16, 6 << 16 | 24, ORDER_LITTLE);
	store_u32(raw + 20, nr, ORDER_LITTLE);
	memcpy(raw + 24, "hello", 5);
}

static void dynamic_strings_are_found_where_they_are(void **state)
{
	const struct format *format = NULL;
	guard(formats) struct formats *formats = formats_with(text_text, &format);
	guard(str) struct str out = STR_INIT;
	struct format_field field;
	const char *text;
	uint8_t raw[32];
	size_t len;

	(void)state;
	says_raw(raw, 2);
	assert_true(format_field(format, "words", &field));
	assert_true(format_text(&field, raw, sizeof(raw), &text, &len));
	assert_int_equal(len, 5);
	assert_memory_equal(text, "hello", 5);
	format_print(format, raw, sizeof(raw), &out);
	assert_string_equal(out.s, "comm hello 68 65");
}

static void a_count_beyond_the_sample_is_not_believed(void **state)
{
	const struct format *format = NULL;
	guard(formats) struct formats *formats = formats_with(text_text, &format);
	guard(str) struct str out = STR_INIT;
	struct format_field field;
	const char *text;
	uint8_t raw[32];
	size_t len;

	(void)state;
	says_raw(raw, 1 << 20);
	format_print(format, raw, sizeof(raw), &out);
	assert_string_equal(out.s, " comm=comm words=hello nr=0x100000");

	store_u32(raw + 16, 0xffffu << 16 | 24, ORDER_LITTLE);
	assert_true(format_field(format, "words", &field));
	assert_false(format_text(&field, raw, sizeof(raw), &text, &len));
	str_clear(&out);
	format_print(format, raw, sizeof(raw), &out);
	assert_string_equal(out.s, " comm=comm words=? nr=0x100000");
}

/* libtraceevent 1.7 would allocate gigabytes for its text. */
static void a_mask_of_no_bits_is_shown_as_its_field(void **state)
{
	static const char text[] =
		"name: mask\nID: 9\nformat:\n" COMMON
		"\tfield:__data_loc cpumask_t mask;\toffset:8;\tsize:4;\tsigned:0;\n\n"
		"print fmt: \"%s\", __get_cpumask(mask)\n";
	const struct format *format = NULL;
	guard(formats) struct formats *formats = formats_with(text, &format);
	guard(str) struct str out = STR_INIT;
	uint8_t raw[16] = { 9 };

	(void)state;
	format_print(format, raw, sizeof(raw), &out);
	assert_string_equal(out.s, " mask=ARRAY[]");
}

static void what_is_no_format_file_is_refused(void **state)
{
	static const char *const bad[] = {
		"",
		"name: x\n",
		"name: x\nID: \nformat:\n",
		"name: x\nID: 99999999999\nformat:\n",
		"\177ELF",
	};
	guard(formats) struct formats *formats = NULL;

	(void)state;
	assert_null(formats_new(&formats));
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		autoerr struct err *err =
			formats_add(formats, "test", bad[i], strlen(bad[i]), NULL);

		assert_non_null(err);
		assert_int_equal(err_code(err), ERR_FORMAT);
	}
}

static void a_number_is_given_once(void **state)
{
	guard(formats) struct formats *formats = formats_with(alloc_text, NULL);
	autoerr struct err *err =
		formats_add(formats, "test", alloc_text, strlen(alloc_text), NULL);

	(void)state;
	assert_int_equal(err_code(err), ERR_FORMAT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields_are_found_by_name),
		cmocka_unit_test(a_short_sample_has_no_value_for_what_it_lacks),
		cmocka_unit_test(a_sample_prints_by_its_print_format),
		cmocka_unit_test(a_short_sample_prints_as_far_as_it_goes),
		cmocka_unit_test(dynamic_strings_are_found_where_they_are),
		cmocka_unit_test(a_count_beyond_the_sample_is_not_believed),
		cmocka_unit_test(a_mask_of_no_bits_is_shown_as_its_field),
		cmocka_unit_test(what_is_no_format_file_is_refused),
		cmocka_unit_test(a_number_is_given_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
