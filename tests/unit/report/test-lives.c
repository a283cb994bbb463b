// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/lib/expect.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/event/sample.h"
#include "util/report/lives.h"

static void is_told(const struct lives_peak *peak, const char *moment, const char *json_text)
{
	guard(str) struct str told = STR_INIT;
	autofree char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	struct json json = json_init(out);

	lives_add_moment(&told, peak, 3);
	assert_string_equal(told.s, moment);
	json_object(&json, NULL);
	lives_peak_json(peak, &json);
	json_end(&json);
	assert_int_equal(fclose(out), 0);
	assert_non_null(strstr(text, json_text));
}

static void a_peak_is_told_from_the_first_record_on(void **state)
{
	(void)state;
	is_told(
		&(struct lives_peak){
			.bytes = 8, .at_ns = 7000000, .first_ns = 5000000, .last_ns = 9000000 },
		"at 0.002 s of 0.004 s", "\"peak_time_ns\": 2000000,\n  \"duration_ns\": 4000000");
}

static void of_one_sample_it_is_at_once(void **state)
{
	(void)state;
	is_told(&(struct lives_peak){ .bytes = 8, .at_ns = 5, .first_ns = 5, .last_ns = 5 },
		"at 0.000 s of 0.000 s", "\"peak_time_ns\": 0,\n  \"duration_ns\": 0");
}

static void where_nothing_was_it_is_at_the_start(void **state)
{
	(void)state;
	is_told(&(struct lives_peak){ .first_ns = 5000000, .last_ns = 9000000 },
		"at 0.000 s of 0.004 s", "\"peak_time_ns\": 0,\n  \"duration_ns\": 4000000");
}

static void without_times_nobody_knows(void **state)
{
	(void)state;
	is_told(&(struct lives_peak){ .bytes = 8, .at_ns = SAMPLE_NONE_U64 },
		"at a time that is not recorded",
		"\"peak_time_ns\": null,\n  \"duration_ns\": null");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_peak_is_told_from_the_first_record_on),
		cmocka_unit_test(of_one_sample_it_is_at_once),
		cmocka_unit_test(where_nothing_was_it_is_at_the_start),
		cmocka_unit_test(without_times_nobody_knows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
