// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "util/cli/utf8.h"

static void width_counts_columns_of_a_terminal(void **state)
{
	(void)state;
	assert_int_equal(utf8_width(""), 0);
	assert_int_equal(utf8_width("kswapd0"), 7);
	assert_int_equal(utf8_width("gr\xc3\xbc\xc3\x9f"), 4);
	assert_int_equal(utf8_width("u\xcc\x88"), 1);
	assert_int_equal(utf8_width("\xe5\x86\x85\xe5\xad\x98"), 4);
	assert_int_equal(utf8_width("\xf0\x9f\x98\x80"), 2);
	assert_int_equal(utf8_width("a\xff\xe2\x82"), 4);
}

static void len_is_that_of_one_valid_character(void **state)
{
	(void)state;
	assert_int_equal(utf8_len(""), 0);
	assert_int_equal(utf8_len("ab"), 1);
	assert_int_equal(utf8_len("\xc3\xbc"), 2);
	assert_int_equal(utf8_len("\xe2\x82\xac"), 3);
	assert_int_equal(utf8_len("\xf4\x8f\xbf\xbf"), 4);
	assert_int_equal(utf8_len("\x80"), 0);
	assert_int_equal(utf8_len("\xc1\xbf"), 0);
	assert_int_equal(utf8_len("\xed\xbf\xbf"), 0);
	assert_int_equal(utf8_len("\xf8\x88\x80\x80\x80"), 0);
}

static void unprintable_text_becomes_one_harmless_line(void **state)
{
	guard(str) struct str out = STR_INIT;

	(void)state;
	utf8_add_safe(&out, "a\nb\tc\x1b[31m \xc3\xbc \xff \xc2\x9b"
			    "2J \x7f.");
	assert_string_equal(out.s, "a?b?c?[31m \xc3\xbc ? ?2J ?.");
}

static void a_stream_gets_the_same_harmless_text(void **state)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	(void)state;
	utf8_put_safe(out, "plain \x1b[31m\xc3\xbc\xff\xc2\x9b"
			   "end");
	fclose(out);
	assert_string_equal(text, "plain ?[31m\xc3\xbc??end");
	free(text);
}

static void cells_are_as_wide_as_they_look(void **state)
{
	guard(str) struct str out = STR_INIT;

	(void)state;
	utf8_add_cell(&out, "\xc3\xbc\n", 4, true);
	str_add_char(&out, '|');
	utf8_add_cell(&out, "ab", 4, false);
	str_add_char(&out, '|');
	utf8_add_cell(&out, "longer", 4, false);
	assert_string_equal(out.s, "\xc3\xbc?  |  ab|longer");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(width_counts_columns_of_a_terminal),
		cmocka_unit_test(len_is_that_of_one_valid_character),
		cmocka_unit_test(unprintable_text_becomes_one_harmless_line),
		cmocka_unit_test(a_stream_gets_the_same_harmless_text),
		cmocka_unit_test(cells_are_as_wide_as_they_look),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
