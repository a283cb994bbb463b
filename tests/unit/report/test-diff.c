// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/opened.h"
#include "util/report/diff.h"

static const char kallsyms[] = "ffffffff81000000 T _text\n"
			       "ffffffff81000100 T alloc_pages\n"
			       "ffffffff81000200 t reader\n"
			       "ffffffff81000300 T end\n";

static const uint64_t chain[] = { 0xffffffff81000110, 0xffffffff81000210 };

static const struct session_filter everything = { .comm_nr = 0 };

/* @orders: an allocation each; @lost: events after them. */
static void open_side(const uint32_t *order, size_t orders_nr, uint64_t lost, const char *comm,
		      struct opened *opened, struct page_analysis *ret)
{
	struct page_config config = { .key = { PAGE_KEY_OWNER, PAGE_KEY_COMM },
				      .keys_nr = 2,
				      .filter = &everything };
	struct recording recording = { .len = 0 };

	recording_comm(&recording, 0, 7, 7, comm);
	for (size_t i = 0; i < orders_nr; i++)
		recording_alloc(&recording, 10 + i, 7, 0, 100 * i, order[i], 1, 0xcc0, chain, 2);
	if (lost)
		recording_lost(&recording, 100, lost);
	opened_init(&recording, kallsyms, opened);
	assert_null(page_analyse(opened->session, &config, ret));
}

/* What is shown of one order-2 allocation before and an order-3 one after. */
static char *shown(bool as_json, uint64_t lost_before, const char *comm)
{
	static const uint32_t small[] = { 2 }, large[] = { 3 };
	guard(page_analysis) struct page_analysis before = PAGE_ANALYSIS_INIT;
	guard(page_analysis) struct page_analysis after = PAGE_ANALYSIS_INIT;
	guard(diff) struct diff diff = DIFF_INIT;
	struct opened opened[2];
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	struct json json = json_init(out);

	open_side(small, 1, lost_before, comm, &opened[0], &before);
	open_side(large, 1, 0, comm, &opened[1], &after);
	assert_null(diff_new(&before, &after, &diff));
	if (as_json) {
		json_object(&json, NULL);
		assert_null(diff_show_json(&diff, 0, &json));
		json_end(&json);
	} else {
		assert_null(diff_show_text(&diff, 0, out));
	}
	fclose(out);
	diff_release(&diff);
	page_analysis_release(&before);
	page_analysis_release(&after);
	opened_release(&opened[0]);
	opened_release(&opened[1]);
	return text;
}

static void rows_say_what_changed(void **state)
{
	autofree char *text = shown(false, 0, "task");

	assert_non_null(
		strstr(text, "            16               32               +16 | reader | task"));
	(void)state;
}

static void both_recordings_say_whether_they_are_complete(void **state)
{
	autofree char *text = shown(false, 5, "task");
	autofree char *json = shown(true, 5, "task");
	autofree char *unknown = shown(true, 0, "task");

	assert_non_null(
		strstr(text, "Before              16 KB   recording: at least 5 missing\n"));
	assert_non_null(
		strstr(text, "After               32 KB   recording: whether it is complete"));
	assert_non_null(strstr(text, "Changes (uncertain: events were lost)\n"));
	assert_non_null(strstr(json, "{\n  \"complete\": false,\n  \"lost\": 5,"));
	assert_non_null(strstr(json, "\"after\": {\n    \"complete\": null"));
	assert_non_null(
		strstr(unknown, "{\n  \"complete\": null,\n  \"lost\": null,\n  \"before\""));
	(void)state;
}

static void names_reach_the_terminal_harmless(void **state)
{
	autofree char *text = shown(false, 0, "a\tb\033[2J");

	assert_non_null(strstr(text, "| reader | a?b?[2J\n"));
	(void)state;
}

static void names_are_those_of_other_reports_in_data(void **state)
{
	autofree char *json = shown(true, 0, "a\tb\033[2J");

	assert_non_null(strstr(json, "\"comm\": \"a\\tb\\u001b[2J\""));
	(void)state;
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_say_what_changed),
		cmocka_unit_test(both_recordings_say_whether_they_are_complete),
		cmocka_unit_test(names_reach_the_terminal_harmless),
		cmocka_unit_test(names_are_those_of_other_reports_in_data),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
