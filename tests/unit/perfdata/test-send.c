// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/lib/expect.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "util/base/endian.h"
#include "util/base/io.h"
#include "util/perfdata/send.h"
#include "util/perfdata/writer.h"

enum {
	SYMBOLS_BYTES = 150000, /* three pieces */
	BUILD_ID_BYTES = 40,
	SAMPLE_BYTES = 24,
};

static const char proof[] = "7 0 -1 1 1 0 0 exact page-faults\n";

static int memory_file(void)
{
	int fd = memfd_create("recording", MFD_CLOEXEC);

	assert_true(fd >= 0);
	return fd;
}

static char symbol_byte(size_t i)
{
	return (char)('a' + i % 23);
}

static struct err *add_attr(struct perfdata_writer *writer, const uint64_t *id, size_t nr)
{
	const struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.config = PERF_COUNT_SW_PAGE_FAULTS,
		.sample_type = PERF_SAMPLE_IDENTIFIER | PERF_SAMPLE_TIME,
	};

	return perfdata_writer_attr(writer, &attr, "page-faults", id, nr);
}

/* A file of one sample, at 1234 ns. */
static void write_recording(int fd, const uint64_t *id, size_t ids_nr)
{
	uint8_t build[BUILD_ID_BYTES] = { [6] = BUILD_ID_BYTES, [12] = 0xab, [36] = 'x' };
	uint8_t sample[SAMPLE_BYTES] = { 0 };
	guard(perfdata_writer) struct perfdata_writer *writer = NULL;
	char symbols[SYMBOLS_BYTES];
	uint64_t data;

	for (size_t i = 0; i < sizeof(symbols); i++)
		symbols[i] = symbol_byte(i);
	store_u32(sample, PERF_RECORD_SAMPLE, ORDER_LITTLE);
	store_u16(sample + 6, sizeof(sample), ORDER_LITTLE);
	store_u64(sample + 8, id[0], ORDER_LITTLE);
	store_u64(sample + 16, 1234, ORDER_LITTLE);

	expect_ok(perfdata_writer_new(fd, false, &writer));
	expect_ok(add_attr(writer, id, ids_nr));
	expect_ok(perfdata_writer_string(writer, PERFDATA_HOSTNAME, "here"));
	expect_ok(perfdata_writer_begin(writer, &data));
	expect_ok(io_pwrite_full(fd, sample, sizeof(sample), data));
	expect_ok(
		perfdata_writer_section(writer, PERFDATA_SECTION_PROOF, proof, sizeof(proof) - 1));
	expect_ok(perfdata_writer_section(writer, PERFDATA_SECTION_KERNEL_SYMBOLS, symbols,
					  sizeof(symbols)));
	expect_ok(perfdata_writer_section(writer, PERFDATA_SECTION_USER_SYMBOLS, "", 0));
	expect_ok(perfdata_writer_section(writer, PERFDATA_BUILD_ID, build, sizeof(build)));
	expect_ok(perfdata_writer_end(writer, data + sizeof(sample), NULL, 0));
}

/* What is sent of it, in a file. */
static int sent(void)
{
	static const uint64_t ids[] = { 7, 8 };
	guard(perfdata) struct perfdata *perfdata = NULL;
	autoclose int fd = memory_file();
	int out = memory_file();

	write_recording(fd, ids, 2);
	expect_ok(perfdata_open_fd(fd, "recording", NULL, &perfdata));
	expect_ok(perfdata_send(perfdata, out, -1));
	return out;
}

static struct perfdata *opened(int fd)
{
	struct perfdata *perfdata = NULL;

	expect_ok(perfdata_open_fd(fd, "sent", NULL, &perfdata));
	expect_ok(perfdata_load(perfdata));
	return perfdata;
}

static void what_is_sent_is_what_there_was(void **state)
{
	autoclose int fd = sent();
	guard(perfdata) struct perfdata *perfdata = opened(fd);
	autofree char *symbols = NULL, *text = NULL, *empty = NULL, *host = NULL, *build = NULL;
	size_t len;

	assert_true(perfdata_is_ours(perfdata));
	assert_false(perfdata_is_unfinished(perfdata));
	assert_int_equal(perfdata_missing_bytes(perfdata), 0);
	assert_int_equal(perfdata_events_nr(perfdata), 1);
	assert_string_equal(perfdata_event(perfdata, 0)->name, "page-faults");
	expect_ok(perfdata_string(perfdata, PERFDATA_HOSTNAME, &host));
	assert_string_equal(host, "here");

	expect_ok(perfdata_section_read(perfdata, PERFDATA_SECTION_PROOF, &text, &len));
	assert_string_equal(text, proof);
	expect_ok(perfdata_section_read(perfdata, PERFDATA_SECTION_USER_SYMBOLS, &empty, &len));
	assert_int_equal(len, 0);
	expect_ok(perfdata_section_read(perfdata, PERFDATA_BUILD_ID, &build, &len));
	assert_int_equal(len, BUILD_ID_BYTES);
	expect_ok(perfdata_section_read(perfdata, PERFDATA_SECTION_KERNEL_SYMBOLS, &symbols, &len));
	assert_int_equal(len, SYMBOLS_BYTES);
	for (size_t i = 0; i < len; i++)
		assert_int_equal(symbols[i], symbol_byte(i));
	(void)state;
}

/* Of the second id, too. */
static void its_samples_are_of_their_events(void **state)
{
	autoclose int fd = sent();
	guard(perfdata) struct perfdata *perfdata = opened(fd);
	struct perfdata_entry entry;

	do
		expect_ok(perfdata_next(perfdata, &entry));
	while (entry.type && entry.type != PERF_RECORD_SAMPLE);
	assert_int_equal(entry.type, PERF_RECORD_SAMPLE);
	assert_int_equal(entry.time_ns, 1234);
	assert_ptr_equal(entry.event, perfdata_event(perfdata, 0));
	(void)state;
}

static void one_that_is_cut_anywhere_does_not_pass_for_whole(void **state)
{
	autoclose int fd = sent();
	off_t size = lseek(fd, 0, SEEK_END);
	off_t cuts[] = { size - 1, size - 48, size - 100, size - SYMBOLS_BYTES, 400 };

	for (size_t i = 0; i < sizeof(cuts) / sizeof(cuts[0]); i++) {
		assert_int_equal(ftruncate(fd, cuts[i]), 0);
		guard(perfdata) struct perfdata *perfdata = opened(fd);

		assert_true(perfdata_is_unfinished(perfdata));
	}
	(void)state;
}

static void an_event_of_too_many_descriptors_is_refused(void **state)
{
	enum { IDS_NR = 9000 };
	guard(perfdata) struct perfdata *perfdata = NULL;
	autofree uint64_t *id = calloc(IDS_NR, sizeof(*id));
	autoclose int fd = memory_file();
	autoclose int out = memory_file();

	assert_non_null(id);
	for (size_t i = 0; i < IDS_NR; i++)
		id[i] = i + 1;
	write_recording(fd, id, IDS_NR);
	expect_ok(perfdata_open_fd(fd, "recording", NULL, &perfdata));
	expect_err(perfdata_send(perfdata, out, -1), ERR_UNSUPPORTED, "page-faults has 9000 descr");
	assert_int_equal(lseek(out, 0, SEEK_END), 0);
	(void)state;
}

/* The pipe's other end is readable when the first bytes are in it. */
static void a_reader_who_does_not_read_can_be_left(void **state)
{
	static const uint64_t ids[] = { 7, 8 };
	guard(perfdata) struct perfdata *perfdata = NULL;
	autoclose int whole = sent();
	autoclose int fd = memory_file();
	char told[80];
	int pipe[2];

	(void)state;
	write_recording(fd, ids, 2);
	expect_ok(perfdata_open_fd(fd, "recording", NULL, &perfdata));
	assert_int_equal(pipe2(pipe, O_CLOEXEC), 0);
	snprintf(told, sizeof(told), "4096 of %lld bytes were sent, the rest is lost: interrupted",
		 (long long)lseek(whole, 0, SEEK_END));
	expect_err(perfdata_send(perfdata, pipe[1], pipe[0]), ERR_INTERRUPTED, told);
	close(pipe[0]);
	close(pipe[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_sent_is_what_there_was),
		cmocka_unit_test(its_samples_are_of_their_events),
		cmocka_unit_test(one_that_is_cut_anywhere_does_not_pass_for_whole),
		cmocka_unit_test(a_reader_who_does_not_read_can_be_left),
		cmocka_unit_test(an_event_of_too_many_descriptors_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
