// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "util/stat/account.h"
#include "util/stat/syscalls.h"

/* brk(2) that returns @after when the break was @before. */
static void count_brk(struct stat_table *table, uint64_t before, int64_t after)
{
	struct account_call call = { .what = WHAT_COUNTED | BYTES_BRK, .brk = before };

	assert_true(account_begin(table, &call));
	account_end(table, &call, after, 1);
}

static void the_heap_grows_and_shrinks_by_what_brk_moves(void **state)
{
	guard(stat_table) struct stat_table table = { .sees = 0 };

	(void)state;
	count_brk(&table, 0x10000000, 0x10030000);
	count_brk(&table, 0x10030000, 0x10020000);
	assert_int_equal(table.memory.grown_bytes, 0x30000);
	assert_int_equal(table.memory.shrunk_bytes, 0x10000);
}

/* Without /proc nobody says where the heap is; it did not grow from address 0. */
static void a_break_that_is_not_known_moves_nothing(void **state)
{
	guard(stat_table) struct stat_table table = { .sees = 0 };

	(void)state;
	count_brk(&table, 0, 0x5555557fe000);
	assert_int_equal(table.memory.grown_bytes, 0);
	assert_int_equal(stat_table_total(&table, NULL).bytes, 0);
	assert_int_equal(stat_table_total(&table, NULL).calls, 1);
}

/* mremap(2) of three pages to another address. */
static uint64_t grown_by_moving(uint64_t flags)
{
	guard(stat_table) struct stat_table table = { .sees = 0 };
	struct account_call call = { .what = WHAT_COUNTED | BYTES_MREMAP,
				     .arg = { 0x10000, 0x30000, 0x30000, flags } };

	assert_true(account_begin(&table, &call));
	account_end(&table, &call, 0x7f0000000000, 1);
	assert_int_equal(table.memory.shrunk_bytes, 0);
	return table.memory.grown_bytes;
}

static void moving_a_mapping_adds_nothing_unless_the_old_one_stays(void **state)
{
	enum { MAY_MOVE = 1, DONT_UNMAP = 4 };

	(void)state;
	assert_int_equal(grown_by_moving(MAY_MOVE), 0);
	assert_int_equal(grown_by_moving(MAY_MOVE | DONT_UNMAP), 0x30000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_heap_grows_and_shrinks_by_what_brk_moves),
		cmocka_unit_test(a_break_that_is_not_known_moves_nothing),
		cmocka_unit_test(moving_a_mapping_adds_nothing_unless_the_old_one_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
