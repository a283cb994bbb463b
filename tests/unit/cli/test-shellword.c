// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "util/cli/shellword.h"

static void words_are_quoted_where_a_shell_needs_it(void **state)
{
	static const struct {
		const char *word, *quoted;
	} cases[] = {
		{ "--page", "--page" },
		{ "/usr/bin/x=1", "/usr/bin/x=1" },
		{ "", "''" },
		{ "ls -R", "'ls -R'" },
		{ "it's", "'it'\\''s'" },
		{ "a;b", "'a;b'" },
		{ "$HOME", "'$HOME'" },
		{ "*", "'*'" },
		{ "two\nlines", "'two\nlines'" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		guard(str) struct str out = STR_INIT;

		shellword_add(&out, cases[i].word);
		assert_string_equal(out.s, cases[i].quoted);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_are_quoted_where_a_shell_needs_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
