// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "util/record/file.h"

/* What is proven of one tracepoint whose descriptor reads @count, with @samples in the file. */
static struct record_summary prove(uint64_t count, uint64_t samples, struct str *lines)
{
	struct event event = {
		.name = (char[]){ "kmem:mm_page_free" },
		.attr = { .type = PERF_TYPE_TRACEPOINT, .sample_period = 1 },
	};
	struct event_set set = { .event = &event, .nr = 1 };
	struct record_config config = { .events = &set, .nameless_fd = -1 };
	struct descriptor item = { .id = 7, .tid = -1, .samples = samples };
	struct descriptors descriptors = { .item = &item, .nr = 1 };
	struct record_summary summary = { .samples = samples };
	const uint64_t values[2] = { count, 7 };
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	assert_int_equal(write(fds[1], values, sizeof(values)), sizeof(values));
	item.fd = fds[0];
	assert_null(record_file_proof(&config, &descriptors, true, lines, &summary));
	close(fds[0]);
	close(fds[1]);
	return summary;
}

static void a_count_that_agrees_is_proof(void **state)
{
	guard(str) struct str lines = STR_INIT;
	struct record_summary summary = prove(5, 5, &lines);

	(void)state;
	assert_int_equal(summary.proof, RECORD_COMPLETE);
	assert_string_equal(lines.s, "7 0 -1 5 5 0 0 derived kmem:mm_page_free\n");
}

static void a_higher_count_tells_what_is_missing(void **state)
{
	guard(str) struct str lines = STR_INIT;
	struct record_summary summary = prove(8, 5, &lines);

	(void)state;
	assert_int_equal(summary.proof, RECORD_INCOMPLETE);
	assert_int_equal(summary.lost, 3);
}

static void a_lower_count_proves_nothing(void **state)
{
	guard(str) struct str lines = STR_INIT;
	struct record_summary summary = prove(4, 5, &lines);

	(void)state;
	assert_int_equal(summary.proof, RECORD_UNKNOWN);
	assert_int_equal(summary.lost, 0);
	assert_string_equal(lines.s, "7 0 -1 - 5 - 0 unknown kmem:mm_page_free\n");
}

/* Before anything is recorded: at the end it would be lost. */
static void what_no_pipe_can_hold_is_not_recorded_for_one(void **state)
{
	enum { DESCRIPTORS_NR = 9000 };
	struct event event = { .name = (char[]){ "kmem:mm_page_free" } };
	struct event_set set = { .event = &event, .nr = 1 };
	struct record_config config = { .events = &set, .path = "temporary file" };
	autofree struct descriptor *item = calloc(DESCRIPTORS_NR, sizeof(*item));
	struct descriptors descriptors = { .item = item, .nr = DESCRIPTORS_NR };
	guard(record_file) struct record_file file = RECORD_FILE_INIT;
	autoclose int fd = memfd_create("recording", MFD_CLOEXEC);
	struct err *err;

	(void)state;
	assert_non_null(item);
	config.nameless_fd = fd;
	err = record_file_begin(&config, true, &descriptors, NULL, NULL, &file);
	assert_non_null(err);
	assert_int_equal(err_code(err), ERR_UNSUPPORTED);
	err_free(err);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_count_that_agrees_is_proof),
		cmocka_unit_test(a_higher_count_tells_what_is_missing),
		cmocka_unit_test(a_lower_count_proves_nothing),
		cmocka_unit_test(what_no_pipe_can_hold_is_not_recorded_for_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
