// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/lib/opened.h"

/* What the task of the next sample is called. */
static const char *next_comm(struct opened *opened)
{
	struct session_sample sample;

	assert_null(session_next(opened->session, &sample));
	assert_non_null(sample.event);
	return session_text(opened->session, sample.comm);
}

static void open_recording(struct recording *recording, struct opened *opened)
{
	opened_init(recording, "ffffffff81000000 T _text\n", opened);
}

static void a_child_is_called_as_its_parent_until_it_says_otherwise(void **state)
{
	struct recording recording = { .len = 0 };
	struct opened opened;

	(void)state;
	recording_comm(&recording, 0, 7, 7, "bash");
	recording_fork(&recording, 10, 7, 8);
	recording_free(&recording, 20, 8, 0, 100, 0);
	recording_comm(&recording, 30, 8, 8, "ls");
	recording_free(&recording, 40, 8, 0, 100, 0);
	open_recording(&recording, &opened);
	assert_string_equal(next_comm(&opened), "bash");
	assert_string_equal(next_comm(&opened), "ls");
	opened_release(&opened);
}

static void a_child_of_one_without_a_name_has_its_own_number(void **state)
{
	struct recording recording = { .len = 0 };
	struct opened opened;

	(void)state;
	recording_free(&recording, 10, 7, 0, 100, 0);
	recording_fork(&recording, 20, 7, 8);
	recording_free(&recording, 30, 8, 0, 100, 0);
	open_recording(&recording, &opened);
	assert_string_equal(next_comm(&opened), ":7");
	assert_string_equal(next_comm(&opened), ":8");
	opened_release(&opened);
}

static void a_number_that_is_used_again_loses_its_name(void **state)
{
	struct recording recording = { .len = 0 };
	struct opened opened;

	(void)state;
	recording_comm(&recording, 0, 8, 8, "before");
	recording_free(&recording, 10, 8, 0, 100, 0);
	recording_fork(&recording, 20, 7, 8);
	recording_free(&recording, 30, 8, 0, 100, 0);
	open_recording(&recording, &opened);
	assert_string_equal(next_comm(&opened), "before");
	assert_string_equal(next_comm(&opened), ":8");
	opened_release(&opened);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_child_is_called_as_its_parent_until_it_says_otherwise),
		cmocka_unit_test(a_child_of_one_without_a_name_has_its_own_number),
		cmocka_unit_test(a_number_that_is_used_again_loses_its_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
