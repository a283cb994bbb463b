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
#include "util/report/pageshow.h"

static const char kallsyms[] = "ffffffff81000000 T _text\n"
			       "ffffffff81000100 T alloc_pages\n"
			       "ffffffff81000200 t reader\n"
			       "ffffffff81000300 T end\n";

static const uint64_t chain[] = { 0xffffffff81000110, 0xffffffff81000210 };

static const struct session_filter everything = { .comm_nr = 0 };

enum form { TEXT, JSON, HTML };

/* Two allocations and a free, as one of the forms shows them, by command. */
static char *shown(enum form form, const char *comm, uint64_t lost)
{
	struct page_config config = { .key = { PAGE_KEY_OWNER, PAGE_KEY_COMM },
				      .keys_nr = 2,
				      .filter = &everything,
				      .timeline = true };
	struct page_view view = { .sort = { PAGE_KEY_BYTES }, .sort_nr = 1, .rows = true };
	guard(page_analysis) struct page_analysis pa = PAGE_ANALYSIS_INIT;
	struct recording recording = { .len = 0 };
	struct opened opened;
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	struct json json = json_init(out);

	recording_comm(&recording, 0, 7, 7, comm);
	recording_alloc(&recording, 10, 7, 0, 100, 2, 1, 0xcc0, chain, 2);
	recording_alloc(&recording, 20, 7, 0, 200, 0, 1, 0xcc0, chain, 2);
	recording_free(&recording, 30, 7, 0, 100, 2);
	if (lost)
		recording_lost(&recording, 40, lost);
	opened_init(&recording, kallsyms, &opened);
	assert_null(page_analyse(opened.session, &config, &pa));
	switch (form) {
	case TEXT:
		assert_null(page_show_text(&pa, &view, out));
		break;
	case JSON:
		json_object(&json, NULL);
		assert_null(page_show_json(&pa, &view, &json));
		json_end(&json);
		break;
	case HTML:
		assert_null(page_html(&pa, &view, out));
		break;
	}
	fclose(out);
	page_analysis_release(&pa);
	opened_release(&opened);
	return text;
}

/* The row of a task that had no number any more. */
static char *shown_without_number(bool as_json)
{
	struct page_config config = { .key = { PAGE_KEY_PID },
				      .keys_nr = 1,
				      .filter = &everything };
	struct page_view view = { .sort = { PAGE_KEY_BYTES }, .sort_nr = 1, .rows = true };
	guard(page_analysis) struct page_analysis pa = PAGE_ANALYSIS_INIT;
	struct recording recording = { .len = 0 };
	struct opened opened;
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	struct json json = json_init(out);

	recording_alloc(&recording, 10, UINT32_MAX, 0, 100, 2, 1, 0xcc0, chain, 2);
	opened_init(&recording, kallsyms, &opened);
	assert_null(page_analyse(opened.session, &config, &pa));
	json_object(&json, NULL);
	assert_null(as_json ? page_show_json(&pa, &view, &json) : page_show_csv(&pa, &view, out));
	json_end(&json);
	fclose(out);
	page_analysis_release(&pa);
	opened_release(&opened);
	return text;
}

static bool has(const char *text, const char *part)
{
	if (!strstr(text, part))
		print_message("%s\nlacks: %s\n", text, part);
	return strstr(text, part);
}

static void what_is_no_number_of_a_task_is_the_same_in_every_form(void **state)
{
	autofree char *csv = shown_without_number(false);
	autofree char *json = shown_without_number(true);

	assert_true(has(csv, "16384,1,-1\n"));
	assert_true(has(json, "\"pid\": -1,"));
	(void)state;
}

static void the_summary_is_worded_as_perf_kmem_words_it(void **state)
{
	autofree char *text = shown(TEXT, "task", 0);

	assert_true(has(
		text,
		"Total allocation requests     :                2   [               20 KB ]\n"));
	assert_true(has(
		text,
		"Total free requests           :                1   [               16 KB ]\n"));
	assert_true(has(
		text,
		"Total alloc+freed requests    :                1   [               16 KB ]\n"));
	assert_true(has(
		text,
		"Total alloc-only requests     :                1   [                4 KB ]\n"));
	assert_true(has(
		text,
		"Total free-only requests      :                0   [                0 KB ]\n"));
	assert_true(has(
		text,
		"Total allocation failures     :                0   [                0 KB ]\n"));
	(void)state;
}

static void figures_that_losses_make_wrong_say_so(void **state)
{
	autofree char *text = shown(TEXT, "task", 3);
	autofree char *json = shown(JSON, "task", 3);
	autofree char *sure = shown(JSON, "task", 0);

	assert_true(has(text, "[                4 KB ] (uncertain: events were lost)\n"));
	assert_true(has(
		text,
		"Total free requests           :                1   [               16 KB ]\n"));
	assert_true(has(json, "\"alloc_only_requests\": {\n      \"requests\": 1,\n"
			      "      \"bytes\": 4096,\n      \"uncertain\": true\n"));
	assert_true(has(json, "\"free_requests\": {\n      \"requests\": 1,\n"
			      "      \"bytes\": 16384\n    }"));
	assert_true(has(text, " s (uncertain: events were lost)\nCall site outside allocator"));
	assert_true(has(json, "\"uncertain\": [\n      \"part_frees\",\n      \"peak_bytes\",\n    "
			      "  \"peak_time_ns\"\n"));
	assert_null(strstr(sure, "uncertain"));
	(void)state;
}

static void names_of_tasks_are_harmless_in_every_form(void **state)
{
	autofree char *text = shown(TEXT, "a\033[2Jb", 0);
	autofree char *html = shown(HTML, "<b>&\"", 0);

	assert_true(has(text, "| reader | a?[2Jb\n"));
	assert_true(has(html, "<td class=\"text\">&lt;b&gt;&amp;&quot;</td>"));
	assert_null(strstr(html, "<b>"));
	(void)state;
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_no_number_of_a_task_is_the_same_in_every_form),
		cmocka_unit_test(the_summary_is_worded_as_perf_kmem_words_it),
		cmocka_unit_test(figures_that_losses_make_wrong_say_so),
		cmocka_unit_test(names_of_tasks_are_harmless_in_every_form),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
