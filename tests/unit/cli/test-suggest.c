// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "util/base/macros.h"
#include "util/cli/suggest.h"

static void expect(const char *word, const char *expected)
{
	static const char *const names[] = {
		"dump", "stat", "record", "report", "help", "version"
	};
	guard(str) struct str out = STR_INIT;
	struct suggest near = suggest_init(word);

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		suggest_offer(&near, names[i]);
	suggest_phrase(&near, "--", &out);
	assert_string_equal(out.s, expected);
}

static void the_nearest_names_are_suggested(void **state)
{
	(void)state;
	expect("dmup", "; did you mean '--dump'?");
	expect("dum", "; did you mean '--dump'?");
	expect("dumpp", "; did you mean '--dump'?");
	expect("dumb", "; did you mean '--dump'?");
	expect("rec", "; did you mean '--record'?");
	expect("re", "; did you mean '--record' or '--report'?");
	expect("recrod", "; did you mean '--record'?");
	expect("verison", "; did you mean '--version'?");
}

static void what_is_like_nothing_gets_no_suggestion(void **state)
{
	(void)state;
	expect("", "");
	expect("x", "");
	expect("frobnicate", "");
	expect("pmud", "");
	expect("recordrecordrecordrecordrecordrecordrecordrecordrecordrecordrecord", "");
}

static void many_equally_near_names_are_not_all_kept(void **state)
{
	static const char *const names[] = { "aa", "ab", "ac", "ad", "ae" };
	struct suggest near = suggest_init("ax");

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		suggest_offer(&near, names[i]);
	assert_int_equal(near.nr, SUGGEST_MAX);
}

static void a_nearer_name_displaces_others(void **state)
{
	struct suggest near = suggest_init("dump");

	(void)state;
	suggest_offer(&near, "dumb");
	assert_int_equal(near.nr, 1);
	suggest_offer(&near, "dumps");
	assert_int_equal(near.nr, 1);
	assert_string_equal(near.name[0], "dumps");
	suggest_offer(&near, "damp");
	assert_int_equal(near.nr, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_nearest_names_are_suggested),
		cmocka_unit_test(what_is_like_nothing_gets_no_suggestion),
		cmocka_unit_test(many_equally_near_names_are_not_all_kept),
		cmocka_unit_test(a_nearer_name_displaces_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
