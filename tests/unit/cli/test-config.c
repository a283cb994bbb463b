// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/lib/expect.h"
#include "util/base/macros.h"
#include "util/cli/config.h"

struct args {
	bool page;
	bool json;
	int order;
	const char *sort;
};

static const struct option option[] = {
	OPT_FLAG(0, "page", struct args, page, "pages"),
	OPT_FLAG('j', "json", struct args, json, "as JSON"),
	OPT_SET(0, "descending", struct args, order, 1, "turned around"),
	OPT_STRING('s', "sort", struct args, sort, "<key>", "by this"),
};

static const struct option_table table = {
	.invocation = "vmtool try",
	.option = option,
	.option_nr = ARRAY_SIZE(option),
};

static const char *value_of(const struct config *config, const char *section, const char *key)
{
	const struct config_entry *entry = config_find(config, section, key);

	assert_non_null(entry);
	return entry->value;
}

static void entries_have_a_section_a_key_and_a_value(void **state)
{
	guard(config) struct config config = CONFIG_INIT;

	(void)state;
	expect_ok(config_parse(&config, "file",
			       "# mine\n"
			       "[try]\n"
			       "\tsort = bytes,hit   \n"
			       "json\n"
			       "  [other] ; for later\r\n"
			       "sort=page\t# the page\r\n"
			       "empty =\n"));
	assert_int_equal(config.nr, 4);
	assert_string_equal(value_of(&config, "try", "sort"), "bytes,hit");
	assert_null(value_of(&config, "try", "json"));
	assert_string_equal(value_of(&config, "other", "sort"), "page");
	assert_string_equal(value_of(&config, "other", "empty"), "");
	assert_int_equal(config_find(&config, "other", "sort")->line, 6);
	assert_null(config_find(&config, "try", "empty"));
}

static void quotes_keep_spaces_and_comment_signs(void **state)
{
	guard(config) struct config config = CONFIG_INIT;

	(void)state;
	expect_ok(config_parse(&config, "file",
			       "[try]\n"
			       "a = \" a # b ; \" # c\n"
			       "b = x\" \\\"y\\\\\"\n"
			       "c = a#b;c\n"
			       "d = \"\"\n"));
	assert_string_equal(value_of(&config, "try", "a"), " a # b ; ");
	assert_string_equal(value_of(&config, "try", "b"), "x \"y\\");
	assert_string_equal(value_of(&config, "try", "c"), "a#b;c");
	assert_string_equal(value_of(&config, "try", "d"), "");
}

static void of_several_entries_the_last_wins(void **state)
{
	guard(config) struct config config = CONFIG_INIT;

	(void)state;
	expect_ok(config_parse(&config, "one", "[try]\nsort = a\n"));
	expect_ok(config_parse(&config, "two", "[try]\nsort = b\n[try]\nsort = c"));
	assert_string_equal(value_of(&config, "try", "sort"), "c");
}

static void what_is_no_configuration_is_named_by_file_and_line(void **state)
{
	static const char *const texts[] = {
		"\nsort = a\n",	      "\n[try\n",     "\n[]\n",		  "\n[a b]\n",
		"\n[try] sort = a\n", "\n= a\n",      "\n[try]sort\n",	  "\n$\n",
		"[try]\nsort a\n",    "[try]\ns= \"", "[try]\ns = a\\\n", "[try]\ns = \\n\n",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		guard(config) struct config config = CONFIG_INIT;

		expect_err(config_parse(&config, "file", texts[i]), ERR_FORMAT, "file:2: ");
	}
}

static void expect_argument(const char *key, const char *value, const char *expected)
{
	guard(str) struct str argument = STR_INIT;

	expect_ok(config_argument(&table, key, value, &argument));
	assert_string_equal(argument.s, expected);
}

static void entries_stand_for_options(void **state)
{
	(void)state;
	expect_argument("sort", "bytes", "--sort=bytes");
	expect_argument("sort", "", "--sort=");
	expect_argument("json", NULL, "--json");
	expect_argument("json", "yes", "--json");
	expect_argument("json", "Off", "--no-json");
	expect_argument("descending", "true", "--descending");
	expect_argument("descending", "false", "");
	expect_argument("default", "page", "--page");
}

static void refuse(const char *key, const char *value, const char *why)
{
	guard(str) struct str argument = STR_INIT;

	expect_err(config_argument(&table, key, value, &argument), ERR_USAGE, why);
}

static void what_stands_for_no_option_is_refused(void **state)
{
	(void)state;
	refuse("srot", "a", "did you mean 'sort'");
	refuse("default", "pgae", "did you mean 'page'");
	refuse("default", NULL, "'default' is no option");
	refuse("default", "sort", "'sort' has no value");
	refuse("sort", NULL, "'sort' has no value");
	refuse("json", "maybe", "'json' is either true or false");
}

static void the_arguments_of_a_section_are_in_its_order(void **state)
{
	guard(config_arguments) struct config_arguments arguments = { .nr = 0 };
	guard(config) struct config config = CONFIG_INIT;

	(void)state;
	expect_ok(config_parse(&config, "file",
			       "[try]\njson\n[other]\nx\n[try]\ndescending=no\nsort=a\n"));
	expect_ok(config_arguments(&config, "try", &table, &arguments));
	assert_int_equal(arguments.nr, 2);
	assert_string_equal(arguments.item[0], "--json");
	assert_string_equal(arguments.item[1], "--sort=a");
	expect_err(config_arguments(&config, "other", &table, &arguments), ERR_USAGE, "file:4: ");
}

static void expect_edited(const char *text, const char *value, const char *expected)
{
	guard(str) struct str edited = STR_INIT;

	expect_ok(config_edit(text, "try", "sort", value, &edited));
	assert_string_equal(edited.s, expected);
}

static void entries_are_set_where_they_are_or_belong(void **state)
{
	(void)state;
	expect_edited("", "a", "[try]\n\tsort = a\n");
	expect_edited("[other]\nx", "a", "[other]\nx\n[try]\n\tsort = a\n");
	expect_edited("[try]\njson # yes\n\n[other]\nsort=x\n", "a",
		      "[try]\njson # yes\n\tsort = a\n\n[other]\nsort=x\n");
	expect_edited("[try]\nsort=1\njson\nsort=2", "a", "[try]\njson\n\tsort = a\n");
}

static void entries_are_taken_out(void **state)
{
	(void)state;
	expect_edited("[try]\nsort=1\n# why\n[other]\nsort=2\n[try]\nsort\n", NULL,
		      "[try]\n# why\n[other]\nsort=2\n[try]\n");
	expect_edited("[other]\nsort=2\n", NULL, "[other]\nsort=2\n");
}

static void what_is_set_reads_back(void **state)
{
	static const char *const values[] = { "",   " a", "a ",	 "a # b",
					      "\"", "\\", "a;b", "a\tb\"c\"" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		guard(config) struct config config = CONFIG_INIT;
		guard(str) struct str text = STR_INIT;

		expect_ok(config_edit("", "try", "sort", values[i], &text));
		expect_ok(config_parse(&config, "file", text.s));
		assert_string_equal(value_of(&config, "try", "sort"), values[i]);
	}
}

static void a_value_of_two_lines_is_refused(void **state)
{
	guard(str) struct str text = STR_INIT;

	(void)state;
	expect_err(config_edit("", "try", "sort", "a\n[x]", &text), ERR_USAGE, "one line");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(entries_have_a_section_a_key_and_a_value),
		cmocka_unit_test(quotes_keep_spaces_and_comment_signs),
		cmocka_unit_test(of_several_entries_the_last_wins),
		cmocka_unit_test(what_is_no_configuration_is_named_by_file_and_line),
		cmocka_unit_test(entries_stand_for_options),
		cmocka_unit_test(what_stands_for_no_option_is_refused),
		cmocka_unit_test(the_arguments_of_a_section_are_in_its_order),
		cmocka_unit_test(entries_are_set_where_they_are_or_belong),
		cmocka_unit_test(entries_are_taken_out),
		cmocka_unit_test(what_is_set_reads_back),
		cmocka_unit_test(a_value_of_two_lines_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
