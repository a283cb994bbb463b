// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "util/base/str.h"

static void an_empty_string_can_be_read(void **state)
{
	guard(str) struct str s = STR_INIT;

	(void)state;
	assert_string_equal(s.s, "");
	assert_int_equal(s.len, 0);
	assert_null(str_check(&s));
}

static void every_way_of_appending_appends(void **state)
{
	guard(str) struct str s = STR_INIT;

	(void)state;
	str_add(&s, "pfn");
	str_add_char(&s, ' ');
	str_printf(&s, "%#x", 0x1234);
	str_add_bytes(&s, ", kept", 2);
	str_add(&s, "");
	str_printf(&s, "%s", "");
	assert_string_equal(s.s, "pfn 0x1234, ");
	assert_int_equal(s.len, 12);
	assert_null(str_check(&s));
}

static void it_grows_over_any_boundary_a_byte_at_a_time(void **state)
{
	guard(str) struct str s = STR_INIT;

	(void)state;
	for (size_t i = 0; i < 1000; i++) {
		str_add_char(&s, (char)('a' + i % 26));
		assert_int_equal(s.len, i + 1);
		assert_int_equal(strlen(s.s), i + 1);
	}
	for (size_t i = 0; i < 1000; i++)
		assert_int_equal(s.s[i], 'a' + i % 26);
}

static void formatting_fits_whatever_room_is_left(void **state)
{
	(void)state;
	for (int head = 0; head < 70; head++) {
		guard(str) struct str s = STR_INIT;

		str_printf(&s, "%*s", head, "");
		str_printf(&s, "%070d", 7);
		assert_int_equal(s.len, head + 70);
		assert_int_equal(s.s[head], '0');
		assert_int_equal(s.s[head + 69], '7');
	}
}

static void bytes_may_contain_zeros(void **state)
{
	guard(str) struct str s = STR_INIT;

	(void)state;
	str_add_bytes(&s, "a\0b", 3);
	assert_int_equal(s.len, 3);
	assert_memory_equal(s.s, "a\0b", 4);
}

static void numbers_are_appended_lowest_byte_first(void **state)
{
	static const uint8_t expected[] = { 4, 3, 2, 1, 8, 7, 6, 5, 4, 3, 2, 1 };
	guard(str) struct str s = STR_INIT;

	(void)state;
	str_add_le32(&s, 0x01020304);
	str_add_le64(&s, UINT64_C(0x0102030405060708));
	assert_int_equal(s.len, sizeof(expected));
	assert_memory_equal(s.s, expected, sizeof(expected));
}

static void clearing_empties_and_keeps_memory(void **state)
{
	guard(str) struct str s = STR_INIT;
	size_t capacity;

	(void)state;
	str_clear(&s);
	assert_string_equal(s.s, "");

	str_add(&s, "some text");
	capacity = s.capacity;
	str_clear(&s);
	assert_string_equal(s.s, "");
	assert_int_equal(s.len, 0);
	assert_int_equal(s.capacity, capacity);
}

static void taking_hands_the_text_over_and_leaves_an_empty_string(void **state)
{
	guard(str) struct str s = STR_INIT;
	autofree char *taken = NULL;
	autofree char *nothing = NULL;

	(void)state;
	str_add(&s, "text");
	taken = str_take(&s);
	assert_string_equal(taken, "text");
	assert_string_equal(s.s, "");

	nothing = str_take(&s);
	assert_string_equal(nothing, "");
}

static void a_length_no_memory_can_hold_fails_and_stays_failed(void **state)
{
	const size_t impossible[] = { SIZE_MAX, SIZE_MAX - 1, SIZE_MAX - 5, SIZE_MAX / 2 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(impossible); i++) {
		guard(str) struct str s = STR_INIT;
		struct err *e;

		str_add(&s, "kept");
		str_add_bytes(&s, "", impossible[i]);
		str_add(&s, " lost");
		str_printf(&s, " %s", "too");
		assert_string_equal(s.s, "kept");

		e = str_check(&s);
		assert_non_null(e);
		assert_int_equal(err_code(e), ERR_NOMEM);
		err_free(e);
		assert_null(str_take(&s));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_string_can_be_read),
		cmocka_unit_test(every_way_of_appending_appends),
		cmocka_unit_test(it_grows_over_any_boundary_a_byte_at_a_time),
		cmocka_unit_test(formatting_fits_whatever_room_is_left),
		cmocka_unit_test(bytes_may_contain_zeros),
		cmocka_unit_test(numbers_are_appended_lowest_byte_first),
		cmocka_unit_test(clearing_empties_and_keeps_memory),
		cmocka_unit_test(taking_hands_the_text_over_and_leaves_an_empty_string),
		cmocka_unit_test(a_length_no_memory_can_hold_fails_and_stays_failed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
