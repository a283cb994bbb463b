// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/lib/expect.h"

#include "util/kernel/vmcoreinfo.h"

static struct vmcoreinfo *parse(const char *text)
{
	struct vmcoreinfo *info = NULL;

	expect_ok(vmcoreinfo_parse(text, strlen(text), &info));
	return info;
}

static void a_value_is_found_by_its_key(void **state)
{
	guard(vmcoreinfo) struct vmcoreinfo *info = parse("OSRELEASE=6.1.0-56-amd64\n"
							  "PAGESIZE=4096\n"
							  "EMPTY=\n"
							  "TWO=a=b\n");

	(void)state;
	assert_string_equal(vmcoreinfo_text(info, "OSRELEASE"), "6.1.0-56-amd64");
	assert_string_equal(vmcoreinfo_text(info, "PAGESIZE"), "4096");
	assert_string_equal(vmcoreinfo_text(info, "EMPTY"), "");
	assert_string_equal(vmcoreinfo_text(info, "TWO"), "a=b");
	assert_null(vmcoreinfo_text(info, "OSRELEAS"));
	assert_null(vmcoreinfo_text(info, "OSRELEASE="));
	assert_null(vmcoreinfo_text(info, ""));
}

static void every_one_of_many_keys_is_found(void **state)
{
	guard(vmcoreinfo) struct vmcoreinfo *info = NULL;
	char text[500 * 24] = "";
	size_t len = 0;

	(void)state;
	for (int i = 0; i < 500; i++)
		len += (size_t)sprintf(text + len, "SIZE(s%d)=%d\n", i * 7 % 500, i * 7 % 500);
	expect_ok(vmcoreinfo_parse(text, len, &info));
	for (int i = 0; i < 500; i++) {
		char key[24];
		uint64_t value;

		sprintf(key, "SIZE(s%d)", i);
		expect_ok(vmcoreinfo_unsigned(info, key, &value));
		assert_int_equal(value, i);
	}
}

static void text_without_any_key_is_no_error(void **state)
{
	static const char *const texts[] = { "", "\n", "\n\n\n", "nonsense\n", "no newline" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		guard(vmcoreinfo) struct vmcoreinfo *info = parse(texts[i]);
		uint64_t value = 77;

		expect_err(vmcoreinfo_unsigned(info, "PAGESIZE", &value), ERR_NODATA,
			   "VMCOREINFO has no PAGESIZE");
		assert_int_equal(value, 77);
	}
}

static void of_a_key_given_twice_the_first_line_counts(void **state)
{
	guard(vmcoreinfo) struct vmcoreinfo *info = parse("B=1\nA=first\nC=1\nA=second\nA=third\n");

	(void)state;
	assert_string_equal(vmcoreinfo_text(info, "A"), "first");
}

/*
 * vmcoreinfo_append_str() copies what still fits in the page (kernel/vmcore_info.c), so a last line
 * without its newline may have lost digits: NUMBER(PG_hwpoison)=22 would become bit 2.
 */
static void a_last_line_without_newline_is_not_believed(void **state)
{
	guard(vmcoreinfo) struct vmcoreinfo *info =
		parse("NUMBER(PG_lru)=4\nNUMBER(PG_hwpoison)=2");
	int64_t value;

	(void)state;
	expect_ok(vmcoreinfo_number(info, "PG_lru", &value));
	assert_int_equal(value, 4);
	expect_err(vmcoreinfo_number(info, "PG_hwpoison", &value), ERR_NODATA,
		   "VMCOREINFO has no NUMBER(PG_hwpoison)");
}

static void text_ends_at_a_nul_and_the_line_it_cuts_is_not_believed(void **state)
{
	static const char text[] = "PAGESIZE=4096\nSIZE(page)=6\0004\nSIZE(list_head)=16\n";
	guard(vmcoreinfo) struct vmcoreinfo *info = NULL;

	(void)state;
	expect_ok(vmcoreinfo_parse(text, sizeof(text) - 1, &info));
	assert_non_null(vmcoreinfo_text(info, "PAGESIZE"));
	assert_null(vmcoreinfo_text(info, "SIZE(page)"));
	assert_null(vmcoreinfo_text(info, "SIZE(list_head)"));
}

static void nothing_behind_the_given_length_is_read(void **state)
{
	guard(vmcoreinfo) struct vmcoreinfo *info = NULL;
	char *text = strdup("A=1\nB=2\nC=3\n");

	(void)state;
	memcpy(text, "A=1\nB=2\n", 8);
	text = realloc(text, 8); /* no NUL behind it: for the sanitizers */
	expect_ok(vmcoreinfo_parse(text, 8, &info));
	free(text);
	assert_string_equal(vmcoreinfo_text(info, "B"), "2");
	assert_null(vmcoreinfo_text(info, "C"));
}

static void a_symbol_is_hexadecimal_without_prefix(void **state)
{
	guard(vmcoreinfo) struct vmcoreinfo *info = parse("SYMBOL(mem_section)=ffff8c0fbffd5000\n"
							  "SYMBOL(low)=10\n"
							  "SYMBOL(wide)=1ffff8c0fbffd5000\n"
							  "SYMBOL(minus)=-1\n"
							  "SYMBOL(space)= 10\n"
							  "SYMBOL(tail)=10 \n"
							  "SYMBOL(none)=\n"
							  "SYMBOL(text)=(null)\n");
	static const char *const bad[] = { "wide", "minus", "space", "tail", "none", "text" };
	uint64_t vaddr = 77;

	(void)state;
	expect_ok(vmcoreinfo_symbol(info, "mem_section", &vaddr));
	assert_int_equal(vaddr, UINT64_C(0xffff8c0fbffd5000));
	expect_ok(vmcoreinfo_symbol(info, "low", &vaddr));
	assert_int_equal(vaddr, 0x10);

	vaddr = 77;
	expect_err(vmcoreinfo_symbol(info, "mem_sectio", &vaddr), ERR_NODATA, "SYMBOL(mem_sectio)");
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		expect_err(vmcoreinfo_symbol(info, bad[i], &vaddr), ERR_FORMAT, "absurd value");
	assert_int_equal(vaddr, 77);
}

static void sizes_are_unsigned_decimal(void **state)
{
	guard(vmcoreinfo) struct vmcoreinfo *info = parse("SIZE(page)=64\n"
							  "SIZE(most)=18446744073709551615\n"
							  "SIZE(more)=18446744073709551616\n"
							  "SIZE(minus)=-64\n"
							  "SIZE(plus)=+64\n"
							  "SIZE(hex)=0x40\n"
							  "SIZE(letters)=abc\n"
							  "SIZE(unit)=64k\n"
							  "SIZE(none)=\n"
							  "SIZE(dos)=64\r\n");
	static const char *const bad[] = {
		"SIZE(more)",	 "SIZE(minus)", "SIZE(plus)", "SIZE(hex)",
		"SIZE(letters)", "SIZE(unit)",	"SIZE(none)", "SIZE(dos)",
	};
	uint64_t value;

	(void)state;
	expect_ok(vmcoreinfo_unsigned(info, "SIZE(page)", &value));
	assert_int_equal(value, 64);
	expect_ok(vmcoreinfo_unsigned(info, "SIZE(most)", &value));
	assert_true(value == UINT64_MAX);

	value = 77;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		expect_err(vmcoreinfo_unsigned(info, bad[i], &value), ERR_FORMAT, bad[i]);
	assert_int_equal(value, 77);
}

static void a_number_is_signed_decimal_or_hexadecimal(void **state)
{
	static const struct {
		const char *text;
		bool good;
		int64_t value;
	} cases[] = {
		{ "0", true, 0 },
		{ "-129", true, -129 },
		{ "4096", true, 4096 },
		{ "9223372036854775807", true, INT64_MAX },
		{ "-9223372036854775808", true, INT64_MIN },
		{ "9223372036854775808", false, 0 },
		{ "-9223372036854775809", false, 0 },
		{ "0xffffffff80000000", true, (int64_t)0xffffffff80000000 },
		{ "0x10", true, 16 },
		{ "0x", false, 0 },
		{ "-", false, 0 },
		{ "--1", false, 0 },
		{ "+1", false, 0 },
		{ " 1", false, 0 },
		{ "1 ", false, 0 },
		{ "ff", false, 0 },
		{ "0x0x10", false, 0 },
		{ "-0x10", false, 0 },
		{ "", false, 0 },
		{ "99999999999999999999999", false, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		guard(vmcoreinfo) struct vmcoreinfo *info = NULL;
		char text[80];
		int64_t value = 77;

		snprintf(text, sizeof(text), "NUMBER(n)=%s\n", cases[i].text);
		info = parse(text);
		if (cases[i].good) {
			expect_ok(vmcoreinfo_number(info, "n", &value));
			assert_true(value == cases[i].value);
		} else {
			expect_err(vmcoreinfo_number(info, "n", &value), ERR_FORMAT, "NUMBER(n)");
			assert_int_equal(value, 77);
		}
	}
}

static void an_overlong_name_is_not_there(void **state)
{
	guard(vmcoreinfo) struct vmcoreinfo *info = NULL;
	char name[301] = "";
	char text[400];
	int64_t number;
	uint64_t vaddr;

	(void)state;
	memset(name, 'x', 300);
	snprintf(text, sizeof(text), "NUMBER(%s)=1\nSYMBOL(%s)=1\n", name, name);
	info = parse(text);
	expect_err(vmcoreinfo_number(info, name, &number), ERR_NODATA, "has no NUMBER(xxx");
	expect_err(vmcoreinfo_symbol(info, name, &vaddr), ERR_NODATA, "has no SYMBOL(xxx");
}

static void a_long_value_does_not_flood_the_message(void **state)
{
	guard(vmcoreinfo) struct vmcoreinfo *info = NULL;
	char text[3000];
	uint64_t value;
	struct err *e;

	(void)state;
	memset(text, '9', sizeof(text));
	memcpy(text, "PAGESIZE=", 9);
	text[sizeof(text) - 1] = '\n';
	expect_ok(vmcoreinfo_parse(text, sizeof(text), &info));
	e = vmcoreinfo_unsigned(info, "PAGESIZE", &value);
	assert_non_null(e);
	assert_true(strlen(err_message(e)) < 120);
	err_free(e);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_value_is_found_by_its_key),
		cmocka_unit_test(every_one_of_many_keys_is_found),
		cmocka_unit_test(text_without_any_key_is_no_error),
		cmocka_unit_test(of_a_key_given_twice_the_first_line_counts),
		cmocka_unit_test(a_last_line_without_newline_is_not_believed),
		cmocka_unit_test(text_ends_at_a_nul_and_the_line_it_cuts_is_not_believed),
		cmocka_unit_test(nothing_behind_the_given_length_is_read),
		cmocka_unit_test(a_symbol_is_hexadecimal_without_prefix),
		cmocka_unit_test(sizes_are_unsigned_decimal),
		cmocka_unit_test(a_number_is_signed_decimal_or_hexadecimal),
		cmocka_unit_test(an_overlong_name_is_not_there),
		cmocka_unit_test(a_long_value_does_not_flood_the_message),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
