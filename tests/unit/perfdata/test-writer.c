// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/lib/expect.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/base/endian.h"
#include "util/base/io.h"
#include "util/perfdata/format.h"
#include "util/perfdata/writer.h"

static const uint64_t ids[] = { 7, 8 };
static const uint8_t record[8] = { PERFDATA_RECORD_FINISHED_ROUND, 0, 0, 0, 0, 0, 8, 0 };

static int temporary_file(void)
{
	char path[] = "/tmp/test-writer.XXXXXX";
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	unlink(path);
	return fd;
}

static uint64_t u64_at(int fd, uint64_t offset)
{
	uint8_t bytes[8];

	assert_null(io_pread_full(fd, bytes, sizeof(bytes), offset));
	return load_u64(bytes, ORDER_LITTLE);
}

static uint32_t u32_at(int fd, uint64_t offset)
{
	return (uint32_t)(u64_at(fd, offset) & UINT32_MAX);
}

static struct perfdata_writer *begun(int fd, uint64_t *ret_offset)
{
	struct perf_event_attr attr = { .type = PERF_TYPE_TRACEPOINT, .config = 653 };
	struct perfdata_writer *writer = NULL;

	assert_null(perfdata_writer_new(fd, true, &writer));
	assert_null(perfdata_writer_attr(writer, &attr, "kmem:mm_page_alloc", ids, 2));
	assert_null(perfdata_writer_string(writer, PERFDATA_HOSTNAME, "here"));
	assert_null(perfdata_writer_section(writer, PERFDATA_SECTION_HOST, "cpus 2\n", 7));
	assert_null(perfdata_writer_begin(writer, ret_offset));
	return writer;
}

/* The place of the super's entry of @type; 0: there is none. */
static uint64_t entry_of(int fd, uint32_t type, uint64_t *ret_size)
{
	uint32_t nr = u32_at(fd, PERFDATA_SUPER_OFFSET + PERFDATA_SUPER_SECTIONS_NR);

	for (uint32_t i = 0; i < nr; i++) {
		uint64_t entry = PERFDATA_SUPER_OFFSET + PERFDATA_SUPER_SECTIONS +
				 i * PERFDATA_SUPER_ENTRY_BYTES;

		if (u32_at(fd, entry) != type)
			continue;
		*ret_size = u64_at(fd, entry + PERFDATA_SUPER_ENTRY_SIZE);
		return u64_at(fd, entry + PERFDATA_SUPER_ENTRY_OFFSET);
	}
	return 0;
}

static void all_a_reader_needs_is_there_before_the_data(void **state)
{
	int fd = temporary_file();
	struct perfdata_writer *writer;
	uint64_t data, size = 0, attrs;

	(void)state;
	writer = begun(fd, &data);
	assert_int_equal(data % 4096, 0);
	assert_true(u64_at(fd, PERFDATA_HEADER_MAGIC) == PERFDATA_MAGIC);
	assert_int_equal(u64_at(fd, PERFDATA_HEADER_DATA), data);
	assert_int_equal(u64_at(fd, PERFDATA_HEADER_DATA + 8), 0);
	assert_int_equal(u32_at(fd, PERFDATA_SUPER_OFFSET + PERFDATA_SUPER_STATE),
			 PERFDATA_RECORDING);

	/* The attribute, then where its two ids are. */
	attrs = u64_at(fd, PERFDATA_HEADER_ATTRS);
	assert_int_equal(u32_at(fd, attrs), PERF_TYPE_TRACEPOINT);
	assert_int_equal(u64_at(fd, attrs + PERF_ATTR_SIZE_VER5 + 8), 16);
	assert_int_equal(u64_at(fd, u64_at(fd, attrs + PERF_ATTR_SIZE_VER5)), 7);
	assert_int_equal(u32_at(fd, attrs + 4), PERF_ATTR_SIZE_VER5);

	assert_true(entry_of(fd, PERFDATA_SECTION_HOST, &size) > 0);
	assert_int_equal(size, 7);
	assert_true(entry_of(fd, PERFDATA_EVENT_DESC, &size) > 0);
	assert_int_equal(entry_of(fd, PERFDATA_SECTION_PROOF, &size), 0);
	perfdata_writer_free(writer);
	close(fd);
}

static void how_far_data_is_whole_is_told_at_once(void **state)
{
	int fd = temporary_file();
	struct perfdata_writer *writer;
	uint64_t data;

	(void)state;
	writer = begun(fd, &data);
	perfdata_writer_committed(writer, 4242);
	assert_int_equal(u64_at(fd, PERFDATA_SUPER_OFFSET + PERFDATA_SUPER_DATA_COMMITTED), 4242);
	perfdata_writer_free(writer);
	close(fd);
}

static uint64_t ended(int fd)
{
	struct perfdata_writer *writer;
	uint64_t data;

	writer = begun(fd, &data);
	assert_null(io_pwrite_full(fd, record, sizeof(record), data));
	assert_null(perfdata_writer_section(writer, PERFDATA_SECTION_PROOF, "proof\n", 6));
	/* Allocated ahead, as mapped output leaves it. */
	assert_int_equal(ftruncate(fd, (off_t)data + (1 << 20)), 0);
	assert_null(perfdata_writer_end(writer, data + sizeof(record), NULL, 0));
	perfdata_writer_free(writer);
	return data;
}

static void the_end_has_the_table_perf_looks_for(void **state)
{
	int fd = temporary_file();
	uint64_t data = ended(fd);
	uint64_t table = data + sizeof(record);
	uint64_t size = 0;
	struct stat stat;

	(void)state;
	assert_int_equal(u64_at(fd, PERFDATA_HEADER_DATA + 8), sizeof(record));
	assert_true(u64_at(fd, PERFDATA_HEADER_FEATURES) ==
		    (UINT64_C(1) << PERFDATA_HOSTNAME | UINT64_C(1) << PERFDATA_EVENT_DESC));
	/* Ascending: the host's name, then the events; both where the super says. */
	assert_int_equal(u64_at(fd, table), entry_of(fd, PERFDATA_HOSTNAME, &size));
	assert_int_equal(u64_at(fd, table + 8), size);
	assert_int_equal(u64_at(fd, table + 16), entry_of(fd, PERFDATA_EVENT_DESC, &size));
	assert_int_equal(u32_at(fd, PERFDATA_SUPER_OFFSET + PERFDATA_SUPER_STATE), PERFDATA_CLOSED);
	assert_true(entry_of(fd, PERFDATA_SECTION_PROOF, &size) > table);
	assert_int_equal(fstat(fd, &stat), 0);
	assert_true(stat.st_size < (off_t)data + 4096);
	close(fd);
}

/* As on a disk that is nearly full: the file may grow by so much. */
static void late_sections_that_do_not_fit_are_left_out(void **state)
{
	static const uint32_t droppable[] = { PERFDATA_SECTION_KERNEL_SYMBOLS };
	static const char symbols[64 << 10];
	struct rlimit limit, before;
	int fd = temporary_file();
	struct perfdata_writer *writer;
	uint64_t data, size = 0;

	(void)state;
	writer = begun(fd, &data);
	assert_null(io_pwrite_full(fd, record, sizeof(record), data));
	assert_null(perfdata_writer_section(writer, PERFDATA_SECTION_KERNEL_SYMBOLS, symbols,
					    sizeof(symbols)));
	assert_null(perfdata_writer_section(writer, PERFDATA_SECTION_PROOF, "proof\n", 6));

	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	limit = (struct rlimit){ .rlim_cur = data + 8192, .rlim_max = before.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	assert_null(perfdata_writer_end(writer, data + sizeof(record), droppable, 1));
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);

	assert_int_equal(entry_of(fd, PERFDATA_SECTION_KERNEL_SYMBOLS, &size), 0);
	assert_true(entry_of(fd, PERFDATA_SECTION_PROOF, &size) > data);
	assert_int_equal(u32_at(fd, PERFDATA_SUPER_OFFSET + PERFDATA_SUPER_STATE), PERFDATA_CLOSED);
	perfdata_writer_free(writer);
	close(fd);
}

/* What stops the writer, SIGKILL too, may stop it in the middle of all that precedes the data. */
static void the_header_is_there_when_all_it_tells_of_is(void **state)
{
	static const char names[64 << 10];
	struct perf_event_attr attr = { .type = PERF_TYPE_TRACEPOINT, .config = 653 };
	struct perfdata_writer *writer = NULL;
	struct rlimit limit, before;
	int fd = temporary_file();
	struct stat stat;
	uint64_t data;

	(void)state;
	assert_null(perfdata_writer_new(fd, true, &writer));
	assert_null(perfdata_writer_attr(writer, &attr, "kmem:mm_page_alloc", ids, 2));
	assert_null(perfdata_writer_section(writer, PERFDATA_SECTION_HOST, names, sizeof(names)));

	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	limit = (struct rlimit){ .rlim_cur = sizeof(names) / 2, .rlim_max = before.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	expect_err(perfdata_writer_begin(writer, &data), ERR_SYS, "write the header");
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);

	assert_int_equal(fstat(fd, &stat), 0);
	assert_int_equal(stat.st_size, sizeof(names) / 2);
	assert_int_equal(u64_at(fd, 0), 0);
	perfdata_writer_free(writer);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_a_reader_needs_is_there_before_the_data),
		cmocka_unit_test(how_far_data_is_whole_is_told_at_once),
		cmocka_unit_test(the_end_has_the_table_perf_looks_for),
		cmocka_unit_test(late_sections_that_do_not_fit_are_left_out),
		cmocka_unit_test(the_header_is_there_when_all_it_tells_of_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
