// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/lib/recording.h"
#include "util/base/endian.h"
#include "util/perfdata/reader.h"

/* A file in memory with these bytes, opened as a recording. */
static struct err *open_bytes(const uint8_t *bytes, size_t len, struct perfdata **ret_perfdata)
{
	autoclose int fd = memfd_create("recording", MFD_CLOEXEC);
	guard(perfdata) struct perfdata *perfdata = NULL;
	struct err *e;
	char path[40];

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, len), (ssize_t)len);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	e = perfdata_open(path, NULL, &perfdata);
	if (!e)
		e = perfdata_load(perfdata);
	if (!e)
		*ret_perfdata = take_ptr(perfdata);
	return e;
}

static struct perfdata *open_recording(struct recording *recording, bool pipe)
{
	struct perfdata *perfdata = NULL;
	size_t len;
	uint8_t *bytes = pipe ? recording_pipe(recording, &len) : recording_file(recording, &len);

	assert_null(open_bytes(bytes, len, &perfdata));
	free(bytes);
	recording_release(recording);
	return perfdata;
}

static const struct perfdata_event *event_named(const struct perfdata *perfdata, const char *name)
{
	for (size_t i = 0; i < perfdata_events_nr(perfdata); i++)
		if (!strcmp(perfdata_event(perfdata, i)->name, name))
			return perfdata_event(perfdata, i);
	return NULL;
}

static void expect_times(struct perfdata *perfdata, const uint64_t *time_ns, size_t nr)
{
	struct perfdata_entry entry;

	for (size_t i = 0; i < nr; i++) {
		do
			assert_null(perfdata_next(perfdata, &entry));
		while (entry.type >= PERFDATA_RECORD_USER_START);
		assert_int_not_equal(entry.type, 0);
		assert_int_equal(entry.time_ns, time_ns[i]);
	}
	assert_null(perfdata_next(perfdata, &entry));
	assert_int_equal(entry.type, 0);
}

/* Two rings, copied one after the other, twice. */
static struct recording two_cpus(void)
{
	static const struct {
		uint64_t time_ns;
		uint32_t cpu;
	} sample[] = { { 10, 0 }, { 30, 0 }, { 50, 0 }, { 20, 1 }, { 40, 1 },
		       { 60, 0 }, { 90, 0 }, { 55, 1 }, { 70, 1 } };
	struct recording recording = { .len = 0 };

	for (size_t i = 0; i < sizeof(sample) / sizeof(sample[0]); i++)
		recording_free(&recording, sample[i].time_ns, 1, sample[i].cpu, i, 0);
	return recording;
}

static const uint64_t two_cpus_times[] = { 10, 20, 30, 40, 50, 55, 60, 70, 90 };

static void records_come_in_the_order_of_time(void **state)
{
	for (int pipe = 0; pipe < 2; pipe++) {
		struct recording recording = two_cpus();
		guard(perfdata) struct perfdata *perfdata = open_recording(&recording, pipe);

		expect_times(perfdata, two_cpus_times, 9);
		assert_null(perfdata_rewind(perfdata));
		expect_times(perfdata, two_cpus_times, 9);
		assert_int_equal(perfdata_missing_bytes(perfdata), 0);
	}
	(void)state;
}

static void equal_times_keep_the_order_of_the_file(void **state)
{
	struct recording recording = { .len = 0 };
	struct perfdata_entry entry;
	uint64_t offset = 0;

	for (int i = 0; i < 3; i++) {
		recording_free(&recording, 5, 1, 0, 1, 0);
		recording_free(&recording, 7, 1, 0, 1, 0);
	}
	guard(perfdata) struct perfdata *perfdata = open_recording(&recording, false);

	for (int i = 0; i < 6; i++) {
		assert_null(perfdata_next(perfdata, &entry));
		assert_int_equal(entry.time_ns, i < 3 ? 5 : 7);
		assert_true(i == 0 || i == 3 || entry.offset > offset);
		offset = entry.offset;
	}
	(void)state;
}

static void what_was_there_before_comes_first(void **state)
{
	static const uint64_t times[] = { 0, 10, 20 };
	struct recording recording = { .len = 0 };

	recording_free(&recording, 10, 7, 0, 1, 0);
	recording_free(&recording, 20, 7, 0, 1, 0);
	recording_comm(&recording, 0, 7, 7, "written last");
	guard(perfdata) struct perfdata *perfdata = open_recording(&recording, false);

	expect_times(perfdata, times, 3);
	(void)state;
}

static void events_have_names_ids_and_formats(void **state)
{
	for (int pipe = 0; pipe < 2; pipe++) {
		struct recording recording = two_cpus();
		guard(perfdata) struct perfdata *perfdata = open_recording(&recording, pipe);
		const struct perfdata_event *event;

		assert_int_equal(perfdata_events_nr(perfdata), 2);
		event = event_named(perfdata, "kmem:mm_page_free");
		assert_non_null(event);
		assert_non_null(event->format);
		assert_ptr_equal(event->format,
				 formats_find(perfdata_formats(perfdata), RECORDING_FREE_CONFIG));
		assert_int_equal(perfdata_page_bytes(perfdata), 4096);
	}
	(void)state;
}

static void a_recording_cut_anywhere_gives_its_whole_records(void **state)
{
	struct recording recording = two_cpus();
	size_t record_len = recording.len / 9, records_len = recording.len, len;
	uint8_t *bytes = recording_pipe(&recording, &len);
	size_t start = len - records_len;

	recording_release(&recording);
	for (size_t cut = start; cut < len; cut++) {
		guard(perfdata) struct perfdata *perfdata = NULL;
		size_t whole = (cut - start) / record_len, seen = 0;
		struct perfdata_entry entry;

		assert_null(open_bytes(bytes, cut, &perfdata));
		for (;;) {
			assert_null(perfdata_next(perfdata, &entry));
			if (!entry.type)
				break;
			seen += entry.type == PERF_RECORD_SAMPLE;
		}
		assert_int_equal(seen, whole);
		assert_int_equal(perfdata_missing_bytes(perfdata), (cut - start) % record_len);
	}
	free(bytes);
	(void)state;
}

static void a_file_of_perf_cut_anywhere_is_read_or_refused(void **state)
{
	struct recording recording = two_cpus();
	size_t len;
	uint8_t *bytes = recording_file(&recording, &len);

	recording_release(&recording);
	for (size_t cut = 0; cut < len; cut++) {
		guard(perfdata) struct perfdata *perfdata = NULL;
		struct err *e = open_bytes(bytes, cut, &perfdata);
		struct perfdata_entry entry = { .type = 1 };

		assert_true(!e || err_code(e) == ERR_FORMAT);
		err_free(e);
		while (perfdata && entry.type)
			assert_null(perfdata_next(perfdata, &entry));
	}
	free(bytes);
	(void)state;
}

static void expect_refused(const uint8_t *bytes, size_t len, enum err_code code, const char *why)
{
	guard(perfdata) struct perfdata *perfdata = NULL;
	autoerr struct err *e = open_bytes(bytes, len, &perfdata);

	assert_non_null(e);
	assert_int_equal(err_code(e), code);
	assert_non_null(strstr(err_message(e), why));
}

static void other_files_are_refused_by_what_they_are(void **state)
{
	uint8_t bytes[104] = "2ELIFREP";

	expect_refused(bytes, 0, ERR_FORMAT, "empty");
	expect_refused(bytes, 5, ERR_FORMAT, "not a recording");
	expect_refused(bytes, sizeof(bytes), ERR_UNSUPPORTED, "big-endian");
	memcpy(bytes, "PERFFILE", 8);
	expect_refused(bytes, sizeof(bytes), ERR_UNSUPPORTED, "2.6.36");
	memcpy(bytes, "\177ELF....", 8);
	expect_refused(bytes, sizeof(bytes), ERR_FORMAT, "no perf.data header");
	(void)state;
}

/* Found by fuzzing: each makes libtraceevent 1.7 follow a null pointer. */
/* Attributes that share a list of ids make a small file into much work and memory. */
static void ids_are_bounded_over_all_attributes(void **state)
{
	enum { ATTRS_SIZE_AT = 32, ENTRY_BYTES = PERF_ATTR_SIZE_VER5 + 16, IDS_NR = 9 << 20 };
	struct recording recording = two_cpus();
	guard(perfdata) struct perfdata *perfdata = NULL;
	autoclose int fd = memfd_create("recording", MFD_CLOEXEC);
	struct err *e;
	uint64_t attrs;
	char path[40];
	size_t len;
	uint8_t *bytes = recording_file(&recording, &len);

	attrs = load_u64(bytes + 24, ORDER_LITTLE);
	assert_int_equal(load_u64(bytes + ATTRS_SIZE_AT, ORDER_LITTLE), 2 * ENTRY_BYTES);
	for (int i = 0; i < 2; i++) {
		uint8_t *ids = bytes + attrs + i * ENTRY_BYTES + PERF_ATTR_SIZE_VER5;

		store_u64(ids, len, ORDER_LITTLE);
		store_u64(ids + 8, (uint64_t)8 * IDS_NR, ORDER_LITTLE);
	}
	assert_int_equal(write(fd, bytes, len), (ssize_t)len);
	assert_int_equal(ftruncate(fd, (off_t)len + (off_t)8 * IDS_NR), 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	e = perfdata_open(path, NULL, &perfdata);
	assert_non_null(e);
	assert_int_equal(err_code(e), ERR_FORMAT);
	assert_non_null(strstr(err_message(e), "event ids"));
	err_free(e);
	free(bytes);
	recording_release(&recording);
	(void)state;
}

enum { AUXTRACE_BYTES = 48 };

/* @traced_bytes: what it says of the bytes behind it. */
static void add_auxtrace(struct recording *recording, uint64_t traced_bytes)
{
	uint8_t body[AUXTRACE_BYTES - PERFDATA_RECORD_HEADER_BYTES] = { 0 };

	store_u64(body, traced_bytes, ORDER_LITTLE);
	recording_add(recording, PERFDATA_RECORD_AUXTRACE, 0, body, sizeof(body));
}

static void what_a_processor_traced_is_stepped_over(void **state)
{
	/* Read as records, these would be samples of 16 bytes. */
	static const uint8_t traced[40] = { PERF_RECORD_SAMPLE, 0, 0, 0, 0, 0, 16 };
	static const uint64_t times[] = { 10, 20 };

	for (int pipe = 0; pipe < 2; pipe++) {
		struct recording recording = { .len = 0 };

		recording_free(&recording, 10, 1, 0, 1, 0);
		add_auxtrace(&recording, sizeof(traced));
		recording_add_bytes(&recording, traced, sizeof(traced));
		recording_free(&recording, 20, 1, 0, 2, 0);
		guard(perfdata) struct perfdata *perfdata = open_recording(&recording, pipe);

		expect_times(perfdata, times, 2);
		assert_int_equal(perfdata_missing_bytes(perfdata), 0);
	}
	(void)state;
}

static void a_trace_that_is_not_all_there_ends_the_recording(void **state)
{
	static const uint64_t claims[] = { 161, 1 << 20, UINT64_MAX - 7, UINT64_MAX };
	static const uint64_t times[] = { 10 };

	for (size_t i = 0; i < sizeof(claims) / sizeof(claims[0]); i++) {
		for (int pipe = 0; pipe < 2; pipe++) {
			struct recording recording = { .len = 0 };
			size_t left;

			recording_free(&recording, 10, 1, 0, 1, 0);
			left = recording.len;
			add_auxtrace(&recording, claims[i]);
			recording_free(&recording, 20, 1, 0, 2, 0);
			left = recording.len - left;
			guard(perfdata) struct perfdata *perfdata =
				open_recording(&recording, pipe);

			expect_times(perfdata, times, 1);
			assert_int_equal(perfdata_missing_bytes(perfdata), left);
			assert_true(perfdata_is_unfinished(perfdata));
		}
	}
	(void)state;
}

static void formats_that_crash_their_library_leave_the_fields(void **state)
{
	struct recording recording = two_cpus();
	size_t len, place;
	uint8_t *bytes = recording_file(&recording, &len);

	recording_release(&recording);
	/* Any letter of the print formats may be another one. */
	place = (size_t)((uint8_t *)memmem(bytes, len, "print fmt", 9) - bytes);
	for (size_t i = 0; i < 240; i += 3) {
		guard(perfdata) struct perfdata *perfdata = NULL;
		uint8_t kept = bytes[place + i];
		const struct perfdata_event *event;
		struct format_field field;

		bytes[place + i] = 'n';
		assert_null(open_bytes(bytes, len, &perfdata));
		event = event_named(perfdata, "kmem:mm_page_free");
		assert_non_null(event);
		assert_true(!event->format || format_field(event->format, "pfn", &field));
		bytes[place + i] = kept;
	}
	free(bytes);
	(void)state;
}

static void many_overlapping_runs_are_merged(void **state)
{
	enum { RUNS = 200, EACH = 50 };
	struct recording recording = { .len = 0 };
	struct perfdata_entry entry;
	uint64_t last = 0;
	size_t nr = 0;

	for (uint64_t run = 0; run < RUNS; run++)
		for (uint64_t i = 0; i < EACH; i++)
			recording_free(&recording, 1 + run + i * RUNS, 1, (uint32_t)run, i, 0);
	guard(perfdata) struct perfdata *perfdata = open_recording(&recording, false);

	for (;; nr++) {
		assert_null(perfdata_next(perfdata, &entry));
		if (!entry.type)
			break;
		assert_int_equal(entry.time_ns, last + 1);
		last = entry.time_ns;
	}
	assert_int_equal(nr, RUNS * EACH);
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_come_in_the_order_of_time),
		cmocka_unit_test(equal_times_keep_the_order_of_the_file),
		cmocka_unit_test(what_was_there_before_comes_first),
		cmocka_unit_test(events_have_names_ids_and_formats),
		cmocka_unit_test(a_recording_cut_anywhere_gives_its_whole_records),
		cmocka_unit_test(a_file_of_perf_cut_anywhere_is_read_or_refused),
		cmocka_unit_test(other_files_are_refused_by_what_they_are),
		cmocka_unit_test(ids_are_bounded_over_all_attributes),
		cmocka_unit_test(what_a_processor_traced_is_stepped_over),
		cmocka_unit_test(a_trace_that_is_not_all_there_ends_the_recording),
		cmocka_unit_test(formats_that_crash_their_library_leave_the_fields),
		cmocka_unit_test(many_overlapping_runs_are_merged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
