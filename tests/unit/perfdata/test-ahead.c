// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "util/perfdata/ahead.h"

/* Gives `nr` records of growing and shrinking length, whose bytes tell which they are. */
struct source {
	size_t nr;
	size_t given;
	bool fails; /* instead of ending */
	uint8_t bytes[PERFDATA_RECORD_BYTES_MAX];
};

static size_t len_of(size_t i)
{
	return 8 + i * 977 % (PERFDATA_RECORD_BYTES_MAX - 8);
}

static struct err *give(void *ctx, struct perfdata_entry *ret_entry)
{
	struct source *source = ctx;

	*ret_entry = (struct perfdata_entry){ .type = 0 };
	if (source->given == source->nr)
		return source->fails ? err_new(ERR_FORMAT, "torn") : NULL;
	memset(source->bytes, (int)(source->given & 0xff), len_of(source->given));
	*ret_entry = (struct perfdata_entry){ .type = PERF_RECORD_SAMPLE,
					      .bytes = source->bytes,
					      .len = len_of(source->given),
					      .offset = source->given };
	source->given++;
	return NULL;
}

static void is_record(const struct perfdata_entry *entry, size_t i)
{
	assert_int_equal(entry->type, PERF_RECORD_SAMPLE);
	assert_int_equal(entry->offset, i);
	assert_int_equal(entry->len, len_of(i));
	assert_int_equal(entry->bytes[0], i & 0xff);
	assert_int_equal(entry->bytes[entry->len - 1], i & 0xff);
}

static void records_come_as_they_were_given(void **state)
{
	static const size_t nr[] = { 0, 1, 2, 100, 5000 };

	for (size_t n = 0; n < ARRAY_SIZE(nr); n++) {
		struct source source = { .nr = nr[n] };
		struct perfdata_entry entry;
		struct ahead *ahead;

		assert_null(ahead_new(give, &source, &ahead));
		for (size_t i = 0; i < nr[n]; i++) {
			assert_null(ahead_next(ahead, &entry));
			is_record(&entry, i);
		}
		for (int again = 0; again < 2; again++) {
			assert_null(ahead_next(ahead, &entry));
			assert_int_equal(entry.type, 0);
		}
		ahead_free(ahead);
	}
	(void)state;
}

static void an_error_comes_after_the_records_before_it(void **state)
{
	struct source source = { .nr = 300, .fails = true };
	struct perfdata_entry entry;
	struct ahead *ahead;
	struct err *e;

	assert_null(ahead_new(give, &source, &ahead));
	for (size_t i = 0; i < 300; i++)
		assert_null(ahead_next(ahead, &entry));
	e = ahead_next(ahead, &entry);
	assert_non_null(e);
	assert_string_equal(err_message(e), "torn");
	err_free(e);
	ahead_free(ahead);
	(void)state;
}

static void it_stops_wherever_it_is(void **state)
{
	for (size_t taken = 0; taken < 50; taken++) {
		struct source source = { .nr = SIZE_MAX };
		struct perfdata_entry entry;
		struct ahead *ahead;

		assert_null(ahead_new(give, &source, &ahead));
		for (size_t i = 0; i < taken; i++)
			assert_null(ahead_next(ahead, &entry));
		ahead_free(ahead);
		/* A few batches of 256 KiB, however long it is. */
		assert_true(source.given < 4 * 2048);
	}
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_come_as_they_were_given),
		cmocka_unit_test(an_error_comes_after_the_records_before_it),
		cmocka_unit_test(it_stops_wherever_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
