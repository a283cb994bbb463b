// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/lib/expect.h"

#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "util/base/checked.h"
#include "util/base/endian.h"
#include "util/image/flatfile.h"
#include "util/image/flatformat.h"

enum { STREAM_MAX = 1 << 16, DUMP_MAX = 1 << 14 };

/* A stream, and the dump it should come to. */
struct stream {
	uint8_t bytes[STREAM_MAX];
	size_t size;
	uint8_t dump[DUMP_MAX];
	size_t dump_size;
	size_t dump_size_before_last;
	struct notes notes;
	struct mem_file *file;
	bool complete;
	int stop_fd;
};

static void begin(struct stream *s)
{
	*s = (struct stream){ .size = FLAT_HEADER_BYTES, .notes = NOTES_INIT };
	flat_header_store(s->bytes);
}

static void end(struct stream *s)
{
	mem_file_free(s->file);
	notes_release(&s->notes);
}

static void put_head(struct stream *s, uint64_t offset, uint64_t size)
{
	assert_true(s->size + FLAT_RECORD_BYTES <= STREAM_MAX);
	store_u64(s->bytes + s->size, offset, ORDER_BIG);
	store_u64(s->bytes + s->size + 8, size, ORDER_BIG);
	s->size += FLAT_RECORD_BYTES;
}

static void put_end(struct stream *s)
{
	put_head(s, UINT64_MAX, UINT64_MAX);
}

/* @len bytes of @value for @offset. */
static void put(struct stream *s, uint64_t offset, size_t len, uint8_t value)
{
	put_head(s, offset, len);
	assert_true(s->size + len <= STREAM_MAX && offset + len <= DUMP_MAX);
	memset(s->bytes + s->size, value, len);
	memset(s->dump + offset, value, len);
	s->size += len;
	s->dump_size_before_last = s->dump_size;
	s->dump_size = MAX(s->dump_size, (size_t)offset + len);
}

static struct err *open_cut(struct stream *s, size_t size)
{
	const struct mem_file_config config = { .map = MEM_MAP_ALWAYS };
	char path[] = "/tmp/vmtool-test-flatfile.XXXXXX";
	autoclose int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(write(fd, s->bytes, size), size);
	mem_file_free(s->file);
	s->file = NULL;
	s->complete = false;
	notes_release(&s->notes);
	return flat_file_open(take_fd(&fd), size, &config, s->stop_fd, &s->notes, &s->file,
			      &s->complete);
}

static struct err *open_stream(struct stream *s)
{
	return open_cut(s, s->size);
}

static void expect_dump(struct stream *s)
{
	uint8_t back[DUMP_MAX];

	assert_int_equal(mem_file_size(s->file), s->dump_size);
	expect_ok(mem_file_read(s->file, 0, back, s->dump_size, MEM_SEQUENTIAL));
	assert_memory_equal(back, s->dump, s->dump_size);
}

static void records_in_any_order_are_a_file(void **state)
{
	struct stream s;

	(void)state;
	begin(&s);
	put(&s, 9000, 100, 'c');
	put(&s, 10, 5000, 'b');
	put(&s, 0, 10, 'a');
	put_end(&s);
	expect_ok(open_stream(&s));
	assert_true(s.complete);
	assert_int_equal(s.notes.nr, 0);
	expect_dump(&s);
	end(&s);
}

static void a_signal_ends_the_opening(void **state)
{
	autoclose int stop_fd = eventfd(1, EFD_CLOEXEC);
	struct stream s;

	(void)state;
	begin(&s);
	put(&s, 0, 10, 'a');
	s.stop_fd = stop_fd;
	expect_err(open_stream(&s), ERR_INTERRUPTED, "");
	end(&s);
}

static void later_records_win(void **state)
{
	struct stream s;

	(void)state;
	begin(&s);
	put(&s, 0, 4096, 'h');
	put(&s, 4096, 4096, 'd');
	put(&s, 100, 50, 'x');
	put(&s, 4000, 200, 'y');
	put(&s, 0, 4096, 'H');
	put_end(&s);
	expect_ok(open_stream(&s));
	expect_dump(&s);
	end(&s);
}

static void records_at_random_come_to_what_writing_them_comes_to(void **state)
{
	struct stream s;

	(void)state;
	srand(11);
	for (int round = 0; round < 50; round++) {
		begin(&s);
		for (int i = 0; i < 40; i++) {
			size_t len = 1 + (size_t)rand() % 1000;

			put(&s, (uint64_t)rand() % (DUMP_MAX - len), len, (uint8_t)rand());
		}
		put_end(&s);
		expect_ok(open_stream(&s));
		expect_dump(&s);
		for (int i = 0; i < 20; i++) {
			uint64_t at = (uint64_t)rand() % s.dump_size;
			uint8_t byte;

			expect_ok(mem_file_read(s.file, at, &byte, 1, MEM_RANDOM));
			assert_int_equal(byte, s.dump[at]);
		}
		end(&s);
	}
}

static void a_stream_without_end_record_is_not_complete(void **state)
{
	struct stream s;

	(void)state;
	begin(&s);
	put(&s, 0, 3000, 'a');
	put(&s, 5000, 200, 'b');
	expect_ok(open_stream(&s));
	assert_false(s.complete);
	assert_int_equal(notes_with(&s.notes, "no end record; 3200 bytes in 2 records are good"),
			 1);
	expect_dump(&s);
	end(&s);
}

static void a_stream_cut_anywhere_gives_what_is_there(void **state)
{
	struct stream s;
	size_t first_data = FLAT_HEADER_BYTES + FLAT_RECORD_BYTES;
	size_t second_data = first_data + 300 + FLAT_RECORD_BYTES;

	(void)state;
	begin(&s);
	put(&s, 0, 300, 'a');
	put(&s, 300, 200, 'b');
	put_end(&s);
	for (size_t size = 0; size < s.size; size++) {
		struct err *e = open_cut(&s, size);

		if (size <= first_data) {
			expect_err(e, ERR_FORMAT, "flattened dump");
			continue;
		}
		expect_ok(e);
		assert_false(s.complete);
		assert_int_equal(notes_with(&s.notes, "the flattened stream is cut off"), 1);
		if (size < first_data + 300)
			assert_int_equal(mem_file_size(s.file), size - first_data);
		else if (size <= second_data)
			assert_int_equal(mem_file_size(s.file), 300);
		else if (size < second_data + 200)
			assert_int_equal(mem_file_size(s.file), 300 + size - second_data);
	}
	end(&s);
}

static void what_a_cut_stream_lacks_is_told(void **state)
{
	struct stream s;

	(void)state;
	begin(&s);
	put(&s, 100, 300, 'a');
	put(&s, 5000, 200, 'c');
	put(&s, 400, 300, 'b');
	expect_ok(open_cut(&s, s.size - 100));
	assert_false(mem_file_lacks(s.file, 100, 500));
	assert_false(mem_file_lacks(s.file, 576, 24));
	assert_true(mem_file_lacks(s.file, 577, 24));
	assert_true(mem_file_lacks(s.file, 600, 24));
	assert_true(mem_file_lacks(s.file, 4999, 24));
	assert_false(mem_file_lacks(s.file, 5000, 200));

	/* Records whose end is in the middle of something, and others behind them. */
	expect_ok(open_cut(&s, s.size - 300));
	assert_true(mem_file_lacks(s.file, 399, 24));

	/* What a whole one has no record of is meant to be zeros. */
	put_end(&s);
	expect_ok(open_stream(&s));
	assert_false(mem_file_lacks(s.file, 0, 5000));
	end(&s);
}

static void an_absurd_record_ends_what_is_good(void **state)
{
	static const uint64_t absurd[][2] = {
		{ 0, 0 },
		{ INT64_MAX, 1 },
		{ UINT64_MAX, 1 },
		{ 1, UINT64_MAX },
		{ UINT64_MAX - 10, UINT64_MAX },
	};
	struct stream s;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(absurd); i++) {
		begin(&s);
		put(&s, 0, 300, 'a');
		put_head(&s, absurd[i][0], absurd[i][1]);
		expect_ok(open_stream(&s));
		assert_false(s.complete);
		assert_int_equal(notes_with(&s.notes, "record 1 at 4412: "), 1);
		expect_dump(&s);
		end(&s);

		begin(&s);
		put_head(&s, absurd[i][0], absurd[i][1]);
		expect_err(open_stream(&s), ERR_FORMAT, "record 0 at 4096: ");
		end(&s);
	}
}

static void other_files_and_versions_are_refused(void **state)
{
	struct stream s;

	(void)state;
	begin(&s);
	put(&s, 0, 300, 'a');
	s.bytes[31] = 2;
	expect_err(open_stream(&s), ERR_UNSUPPORTED, "version 2");
	s.bytes[0] = 'M';
	expect_err(open_stream(&s), ERR_FORMAT, "not a flattened dump");
	end(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_in_any_order_are_a_file),
		cmocka_unit_test(a_signal_ends_the_opening),
		cmocka_unit_test(later_records_win),
		cmocka_unit_test(records_at_random_come_to_what_writing_them_comes_to),
		cmocka_unit_test(a_stream_without_end_record_is_not_complete),
		cmocka_unit_test(a_stream_cut_anywhere_gives_what_is_there),
		cmocka_unit_test(what_a_cut_stream_lacks_is_told),
		cmocka_unit_test(an_absurd_record_ends_what_is_good),
		cmocka_unit_test(other_files_and_versions_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
