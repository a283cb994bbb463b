// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "util/cli/table.h"

static void expect(const struct table *table, const char *expected)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(out);
	assert_null(table_print(table, out));
	fclose(out);
	assert_string_equal(text, expected);
	free(text);
}

static void columns_stand_below_each_other_on_the_terminal(void **state)
{
	static const char *const cell[] = {
		"NAME",		"PAGES", "REMARK", "\xe5\x86\x85\xe5\xad\x98 \"a, b\"", "1", "",
		"x\n\x1by\xff", NULL,	 "kept",
	};
	guard(table) struct table table = table_init(3);

	(void)state;
	for (size_t i = 0; i < sizeof(cell) / sizeof(*cell); i++)
		table_add(&table, cell[i]);
	expect(&table, "NAME         PAGES  REMARK\n"
		       "\xe5\x86\x85\xe5\xad\x98 \"a, b\"  1\n"
		       "x??y?        -      kept\n");
}

static void an_empty_cell_keeps_its_place(void **state)
{
	guard(table) struct table table = table_init(3);

	(void)state;
	for (const char *at = "abc"; *at; at++)
		table_add(&table, (char[]){ *at, '\0' });
	table_add(&table, "");
	table_add(&table, "");
	table_add(&table, "z");
	expect(&table, "a  b  c\n"
		       "      z\n");
}

static void many_rows_are_kept_and_a_begun_one_is_not_shown(void **state)
{
	guard(table) struct table table = table_init(2);

	(void)state;
	for (int i = 0; i < 1001; i++)
		table_add(&table, "row");
	assert_int_equal(table.cells_nr, 1001);
	table_release(&table);
	expect(&table, "");
	for (int i = 0; i < 3; i++)
		table_add(&table, "row");
	expect(&table, "row  row\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(columns_stand_below_each_other_on_the_terminal),
		cmocka_unit_test(an_empty_cell_keeps_its_place),
		cmocka_unit_test(many_rows_are_kept_and_a_begun_one_is_not_shown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
