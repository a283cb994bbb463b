// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "util/stat/model.h"

enum { ROWS = 5000 };

/* Each number below ROWS once, in no order: 2741 and ROWS have no common factor. */
static struct row_key key_at(uint32_t i)
{
	uint32_t nr = i * 2741 % ROWS;

	return (struct row_key){ .group = nr / 100, .abi = nr / 50 % 2, .nr = nr % 50 };
}

static void rows_are_found_in_whatever_order_they_were_made(void **state)
{
	guard(stat_table) struct stat_table table = { .sees = 0 };
	static struct stat_row *made[ROWS];

	(void)state;
	for (uint32_t i = 0; i < ROWS; i++) {
		struct row_key key = key_at(i);

		made[i] = stat_table_row(&table, &key);
		assert_non_null(made[i]);
		made[i]->cell.calls = i + 1;
	}
	assert_int_equal(table.row_nr, ROWS);
	for (uint32_t i = 0; i < ROWS; i++) {
		struct row_key key = key_at(i);

		assert_ptr_equal(stat_table_find(&table, &key), made[i]);
		assert_ptr_equal(stat_table_row(&table, &key), made[i]);
		assert_int_equal(made[i]->cell.calls, i + 1);
	}
	for (size_t i = 1; i < ROWS; i++)
		assert_true(table.row[i - 1]->key.group <= table.row[i]->key.group);
	assert_int_equal(stat_table_total(&table, NULL).calls, (uint64_t)ROWS * (ROWS + 1) / 2);
}

static void a_difference_has_what_came_between(void **state)
{
	guard(stat_table) struct stat_table before = { .sees = 0 }, after = { .sees = 0 };
	guard(stat_table) struct stat_table delta = { .sees = 0 };
	const struct row_key same = { .nr = 1 }, more = { .nr = 2 }, fresh = { .nr = 3 };

	(void)state;
	stat_table_row(&before, &same)->cell.calls = 5;
	stat_table_row(&after, &same)->cell.calls = 5;
	stat_table_row(&before, &more)->cell = (struct stat_cell){ .calls = 5, .bytes = 10 };
	stat_table_row(&after, &more)->cell = (struct stat_cell){ .calls = 7, .bytes = 30 };
	stat_table_row(&after, &fresh)->cell.calls = 1;
	assert_null(stat_table_subtract(&after, &before, &delta));
	assert_int_equal(delta.row_nr, 2);
	assert_null(stat_table_find(&delta, &same));
	assert_int_equal(stat_table_find(&delta, &more)->cell.calls, 2);
	assert_int_equal(stat_table_find(&delta, &more)->cell.bytes, 20);
	assert_int_equal(stat_table_find(&delta, &fresh)->cell.calls, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_are_found_in_whatever_order_they_were_made),
		cmocka_unit_test(a_difference_has_what_came_between),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
