// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "util/base/notes.h"

static void remarks_keep_their_order(void **state)
{
	guard(notes) struct notes notes = NOTES_INIT;

	(void)state;
	notes_add(&notes, "flag %s is not exported", "PG_hwpoison");
	notes_add(&notes, "segment %d is cut short", 2);
	assert_int_equal(notes.nr, 2);
	assert_string_equal(notes.line[0], "flag PG_hwpoison is not exported");
	assert_string_equal(notes.line[1], "segment 2 is cut short");
	assert_int_equal(notes.dropped_nr, 0);
}

static void a_remark_made_twice_is_kept_once(void **state)
{
	guard(notes) struct notes notes = NOTES_INIT;

	(void)state;
	for (int i = 0; i < 1000; i++)
		notes_add(&notes, "segment %d is cut short", i % 2);
	assert_int_equal(notes.nr, 2);
	assert_int_equal(notes.dropped_nr, 0);
}

static void remarks_without_room_are_counted(void **state)
{
	guard(notes) struct notes notes = NOTES_INIT;

	(void)state;
	for (int i = 0; i < NOTES_MAX + 5; i++)
		notes_add(&notes, "remark %d", i);
	notes_add(&notes, "remark %d", 0);
	assert_int_equal(notes.nr, NOTES_MAX);
	assert_int_equal(notes.dropped_nr, 5);
	assert_string_equal(notes.line[NOTES_MAX - 1], "remark 63");
}

static void a_caller_need_not_want_remarks(void **state)
{
	(void)state;
	notes_add(NULL, "remark %d", 1);
}

static void released_notes_can_be_used_again(void **state)
{
	guard(notes) struct notes notes = NOTES_INIT;

	(void)state;
	notes_add(&notes, "first");
	notes_release(&notes);
	assert_int_equal(notes.nr, 0);
	notes_add(&notes, "second");
	assert_string_equal(notes.line[0], "second");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(remarks_keep_their_order),
		cmocka_unit_test(a_remark_made_twice_is_kept_once),
		cmocka_unit_test(remarks_without_room_are_counted),
		cmocka_unit_test(a_caller_need_not_want_remarks),
		cmocka_unit_test(released_notes_can_be_used_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
