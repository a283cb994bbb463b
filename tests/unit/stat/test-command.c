// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "util/base/str.h"
#include "util/stat/command.h"

/* The words between bars, after "sh:" if a shell is wanted. */
static void splits(const char *text, const char *expected)
{
	guard(stat_command) struct stat_command command = { .text = NULL };
	guard(str) struct str got = STR_INIT;

	assert_null(stat_command_split(text, &command));
	for (char **word = command.argv; *word; word++)
		str_printf(&got, "|%s", *word);
	assert_string_equal(got.s, expected);
}

static void words_are_split_as_by_a_shell(void **state)
{
	(void)state;
	splits("cp a b", "|cp|a|b");
	splits("  cp\ta  'b c' ", "|cp|a|b c");
	splits("a\"b c\"d e\\ f", "|ab cd|e f");
	splits("x \"a\\\"b\\c\" ''", "|x|a\"b\\c|");
	splits("dd if=/dev/zero count=1", "|dd|if=/dev/zero|count=1");
}

static void what_needs_a_shell_goes_to_one(void **state)
{
	(void)state;
	splits("a | b", "|sh|-c|a | b");
	splits("echo $HOME", "|sh|-c|echo $HOME");
	splits("ls *.c", "|sh|-c|ls *.c");
	splits("echo '*'", "|echo|*");
	splits("echo \"$x\"", "|sh|-c|echo \"$x\"");
}

static void an_open_quote_and_no_word_are_usage_errors(void **state)
{
	struct stat_command command;

	(void)state;
	for (int i = 0; i < 3; i++) {
		autoerr struct err *err = stat_command_split(i == 0   ? "a 'b"
							     : i == 1 ? ""
								      : "  ",
							     &command);

		assert_int_equal(err_code(err), ERR_USAGE);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_are_split_as_by_a_shell),
		cmocka_unit_test(what_needs_a_shell_goes_to_one),
		cmocka_unit_test(an_open_quote_and_no_word_are_usage_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
