// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "util/base/io.h"
#include "util/mem/output.h"

enum { START = 8192, WRITERS = 4, PIECES = 400, PIECE_BYTES = 24 * 1024, WORD = 8 };

static uint64_t committed_bytes;

static void committed(void *context, uint64_t bytes)
{
	(void)context;
	assert_true(bytes > committed_bytes);
	committed_bytes = bytes;
}

static int temporary_file(void)
{
	char path[] = "/tmp/test-output.XXXXXX";
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	unlink(path);
	return fd;
}

static struct output *output_in(int fd, bool use_mmap, bool no_populate, size_t reserve_bytes)
{
	struct output_config config = {
		.use_mmap = use_mmap,
		.no_populate = no_populate,
		.reserve_bytes = reserve_bytes,
		.committed = committed,
	};
	struct output *output = NULL;

	committed_bytes = 0;
	assert_null(output_new(&config, &output));
	assert_null(output_begin(output, fd, START));
	return output;
}

struct writer {
	struct output *output;
	uint8_t mark;
	struct err *err;
};

/* Pieces of words that say whose they are; two iovecs, as a ring that wraps around gives. */
static void *write_pieces(void *arg)
{
	struct writer *writer = arg;
	uint8_t piece[PIECE_BYTES];
	struct iovec iov[2] = {
		{ .iov_base = piece, .iov_len = WORD },
		{ .iov_base = piece + WORD, .iov_len = PIECE_BYTES - WORD },
	};

	memset(piece, writer->mark, sizeof(piece));
	for (int i = 0; i < PIECES && !writer->err; i++)
		writer->err = output_append(writer->output, iov, 2);
	return NULL;
}

/* Every piece lies there whole, whoever wrote it. */
static void expect_whole_pieces(int fd, uint64_t end)
{
	size_t len = (size_t)(end - START);
	uint8_t *data = malloc(len);
	int pieces[WRITERS + 1] = { 0 };

	assert_int_equal(len, (size_t)WRITERS * PIECES * PIECE_BYTES);
	assert_non_null(data);
	assert_null(io_pread_full(fd, data, len, START));
	for (size_t at = 0; at < len; at += PIECE_BYTES) {
		assert_in_range(data[at], 1, WRITERS);
		pieces[data[at]]++;
		for (size_t i = 1; i < PIECE_BYTES; i++)
			assert_int_equal(data[at + i], data[at]);
	}
	for (int i = 1; i <= WRITERS; i++)
		assert_int_equal(pieces[i], PIECES);
	free(data);
}

static void write_by_several(bool use_mmap, bool no_populate)
{
	int fd = temporary_file();
	struct output *output = output_in(fd, use_mmap, no_populate, 0);
	struct writer writer[WRITERS] = { { .err = NULL } };
	pthread_t thread[WRITERS];
	struct output_stats stats;
	uint64_t end;

	for (int i = 0; i < WRITERS; i++) {
		writer[i] = (struct writer){ .output = output, .mark = (uint8_t)(i + 1) };
		assert_int_equal(pthread_create(&thread[i], NULL, write_pieces, &writer[i]), 0);
	}
	for (int i = 0; i < WRITERS; i++) {
		pthread_join(thread[i], NULL);
		assert_null(writer[i].err);
	}
	output_stats(output, &stats);
	assert_int_equal(stats.mapped, use_mmap);
	assert_int_equal(stats.bytes, (uint64_t)WRITERS * PIECES * PIECE_BYTES);
	output_end(output, &end);
	assert_int_equal(committed_bytes, end - START);
	expect_whole_pieces(fd, end);
	output_free(output);
	close(fd);
}

static void pieces_of_several_threads_stay_whole_in_mapped_segments(void **state)
{
	(void)state;
	write_by_several(true, false);
}

static void also_where_memory_cannot_be_populated(void **state)
{
	(void)state;
	write_by_several(true, true);
}

static void also_when_they_are_written(void **state)
{
	(void)state;
	write_by_several(false, false);
}

/* A limit of file size refuses space as a full disk does. */
static void append_until_full(bool use_mmap, size_t reserve_bytes)
{
	struct rlimit limit = { .rlim_cur = 6 << 20, .rlim_max = RLIM_INFINITY }, before;
	static uint8_t piece[PIECE_BYTES];
	struct iovec iov = { .iov_base = piece, .iov_len = sizeof(piece) };
	int fd = temporary_file();
	struct output *output;
	struct err *err = NULL;
	uint64_t end, bytes = 0;

	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	limit.rlim_max = before.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	output = output_in(fd, use_mmap, false, reserve_bytes);
	while (!err && bytes < limit.rlim_cur) {
		err = output_append(output, &iov, 1);
		bytes += err ? 0 : sizeof(piece);
	}
	assert_non_null(err);
	assert_int_equal(err_errno(err), EFBIG);
	err_free(err);

	/* It stays so, and what was added is there. */
	err = output_append(output, &iov, 1);
	assert_non_null(err);
	err_free(err);
	output_end(output, &end);
	assert_int_equal(end, START + bytes);
	assert_true(bytes > limit.rlim_cur / 2);

	/*
	 * What was reserved can be written now. (Without mapping, space beyond the end is allocated
	 * whatever the limit of file size is: there this limit is no full disk.)
	 */
	for (size_t done = 0; use_mmap && done < reserve_bytes; done += sizeof(piece))
		assert_null(io_pwrite_full(fd, piece, sizeof(piece), end + done));
	output_free(output);
	setrlimit(RLIMIT_FSIZE, &before);
	close(fd);
}

static void a_full_disk_is_an_error_and_leaves_the_reserve(void **state)
{
	(void)state;
	append_until_full(true, 4 * PIECE_BYTES);
	append_until_full(false, 4 * PIECE_BYTES);
}

static void one_output_goes_on_in_another_file(void **state)
{
	int first = temporary_file(), second = temporary_file();
	struct output *output = output_in(first, true, false, 0);
	struct iovec iov = { .iov_base = (void *)"01234567", .iov_len = WORD };
	uint64_t end;
	char got[WORD];

	(void)state;
	assert_null(output_append(output, &iov, 1));
	output_end(output, &end);
	assert_int_equal(end, START + WORD);
	committed_bytes = 0;
	assert_null(output_begin(output, second, 0));
	assert_null(output_append(output, &iov, 1));
	output_end(output, &end);
	assert_int_equal(end, WORD);
	assert_null(io_pread_full(second, got, sizeof(got), 0));
	assert_memory_equal(got, "01234567", WORD);
	output_free(output);
	close(first);
	close(second);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pieces_of_several_threads_stay_whole_in_mapped_segments),
		cmocka_unit_test(also_where_memory_cannot_be_populated),
		cmocka_unit_test(also_when_they_are_written),
		cmocka_unit_test(a_full_disk_is_an_error_and_leaves_the_reserve),
		cmocka_unit_test(one_output_goes_on_in_another_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
