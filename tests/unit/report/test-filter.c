// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "tests/lib/opened.h"
#include "util/report/filter.h"

enum { PFN_SMALL = 100, PFN_LARGE = 200, PFN_FREED = 300 };

static void open_three(struct opened *opened)
{
	struct recording recording = { .len = 0 };

	recording_comm(&recording, 0, 7, 7, "bash");
	recording_comm(&recording, 0, 8, 8, "ls");
	recording_alloc(&recording, 10, 7, 0, PFN_SMALL, 0, -1, 0xcc0, NULL, 0);
	recording_alloc(&recording, 20, 8, 1, PFN_LARGE, 3, 1, 0x100cc0, NULL, 0);
	recording_free(&recording, 30, 8, 1, PFN_FREED, 5);
	opened_init(&recording, "ffffffff81000000 T _text\n", opened);
}

/* The orders of the samples @expression takes, as digits. */
static const char *taken(struct opened *opened, const char *expression, char out[4])
{
	static const char order[] = "035";
	guard(filter) struct filter *filter = NULL;
	size_t nr = 0;

	assert_null(filter_new(expression, session_perfdata(opened->session), &filter));
	assert_null(session_rewind(opened->session));
	for (size_t i = 0; i < 3; i++) {
		struct session_sample sample;

		assert_null(session_next(opened->session, &sample));
		if (filter_holds(filter, sample.event, &sample.sample,
				 session_text(opened->session, sample.comm)))
			out[nr++] = order[i];
	}
	out[nr] = '\0';
	return out;
}

static void expressions_choose_samples(void **state)
{
	static const struct {
		const char *expression;
		const char *orders;
	} cases[] = {
		{ "order>=3", "35" },
		{ "order == 3", "3" },
		{ "order!=3", "05" },
		{ "order < 3", "0" },
		{ "order<=3", "03" },
		{ "order > 0x3", "5" },
		{ "gfp_flags & 0x100000", "3" },
		{ "pfn==100 || pfn == 300", "05" },
		{ "order>=3 && cpu==1 && tid==8", "35" },
		{ "!(order>=3)", "0" },
		{ "!order==3 && !order==5", "0" },
		{ "order==0 || order==3 && cpu==0", "0" },
		{ "(order==0 || order==3) && cpu==1", "3" },
		{ "comm == bash", "0" },
		{ "comm ~ \"b*\"", "0" },
		{ "comm != 'bash'", "35" },
		/* Only allocations have one: a free is not chosen by what it lacks. */
		{ "migratetype < 1", "0" },
		{ "migratetype == -1", "0" },
		{ "common_type == 502", "5" },
	};
	struct opened opened;
	char out[4];

	open_three(&opened);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_string_equal(taken(&opened, cases[i].expression, out), cases[i].orders);
	opened_release(&opened);
	(void)state;
}

static void what_is_wrong_is_said(void **state)
{
	static const struct {
		const char *expression;
		const char *message;
	} cases[] = {
		{ "", "--filter '': a field is missing at its end" },
		{ "order", "--filter 'order': an operator is missing at its end" },
		{ "order>=", "--filter 'order>=': a value is missing at its end" },
		{ "order>=3 order",
		  "--filter 'order>=3 order': '&&' or '||' is missing at 'order'" },
		{ "(order>=3", "--filter '(order>=3': ')' is missing at its end" },
		{ "comm==\"x", "--filter 'comm==\"x': a text without its closing quote at '\"x'" },
		{ "odrer>=3", "--filter: no event of the recording has a field 'odrer'; did you "
			      "mean 'order'?" },
		{ "order>=large", "--filter: 'order' is a number, 'large' is none" },
		{ "comm>=3", "--filter: 'comm' is a text, which that operator cannot take" },
		{ "order~3", "--filter: 'order' is a number, which that operator cannot take" },
	};
	struct opened opened;
	char deep[200];

	open_three(&opened);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct filter *filter;
		struct err *e =
			filter_new(cases[i].expression, session_perfdata(opened.session), &filter);

		assert_non_null(e);
		assert_int_equal(err_code(e), ERR_USAGE);
		assert_string_equal(err_message(e), cases[i].message);
		err_free(e);
	}
	memset(deep, '(', sizeof(deep) - 1);
	deep[sizeof(deep) - 1] = '\0';
	struct filter *filter;
	struct err *e = filter_new(deep, session_perfdata(opened.session), &filter);

	assert_string_equal(err_message(e), "--filter: more than 64 levels");
	err_free(e);
	opened_release(&opened);
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(expressions_choose_samples),
		cmocka_unit_test(what_is_wrong_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
