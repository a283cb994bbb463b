// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "util/base/cleanup.h"
#include "util/base/io.h"

/* A file without a name that holds @text; the caller closes it. */
static int file_with(const char *text)
{
	char path[] = "/tmp/vmtool-test-io.XXXXXX";
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	unlink(path);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	return fd;
}

static void assert_fails(struct err *e, enum err_code code, int errnum, const char *message)
{
	assert_non_null(e);
	assert_int_equal(err_code(e), code);
	assert_int_equal(err_errno(e), errnum);
	assert_string_equal(err_message(e), message);
	err_free(e);
}

static void a_read_gives_what_the_file_has(void **state)
{
	autoclose int fd = file_with("0123456789");
	char buf[16] = "";
	size_t len = 99;

	(void)state;
	assert_null(io_pread(fd, buf, 4, 3, &len));
	assert_int_equal(len, 4);
	assert_string_equal(buf, "3456");

	assert_null(io_pread(fd, buf, sizeof(buf), 8, &len));
	assert_int_equal(len, 2);
	assert_memory_equal(buf, "89", 2);

	assert_null(io_pread(fd, buf, sizeof(buf), 10, &len));
	assert_int_equal(len, 0);
	assert_null(io_pread(fd, buf, 0, 0, &len));
	assert_int_equal(len, 0);
}

static void a_full_read_of_a_short_file_says_how_short(void **state)
{
	autoclose int fd = file_with("0123456789");
	char buf[16];

	(void)state;
	assert_null(io_pread_full(fd, buf, 10, 0));
	assert_fails(io_pread_full(fd, buf, 8, 4), ERR_NODATA, 0,
		     "short read: 6 of 8 bytes at offset 0x4");
	assert_fails(io_pread_full(fd, buf, 1, 4096), ERR_NODATA, 0,
		     "short read: 0 of 1 bytes at offset 0x1000");
}

static void an_offset_no_file_can_have_is_an_error(void **state)
{
	autoclose int fd = file_with("0123456789");
	char buf[4];
	size_t len = 99;

	(void)state;
	assert_fails(io_pread(fd, buf, sizeof(buf), UINT64_MAX - 1, &len), ERR_SYS, EINVAL,
		     "read at offset 0xfffffffffffffffe: Invalid argument");
	assert_int_equal(len, 99);
	assert_fails(io_pwrite_full(fd, buf, sizeof(buf), UINT64_MAX - 1), ERR_SYS, EINVAL,
		     "write at offset 0xfffffffffffffffe: Invalid argument");
}

static void a_write_lands_where_it_was_asked_to(void **state)
{
	autoclose int fd = file_with("0123456789");
	char buf[11] = "";

	(void)state;
	assert_null(io_pwrite_full(fd, "abc", 3, 4));
	assert_null(io_pread_full(fd, buf, 10, 0));
	assert_string_equal(buf, "0123abc789");
}

static void a_full_disk_comes_back_as_a_value(void **state)
{
	autoclose int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);

	(void)state;
	assert_true(fd >= 0);
	assert_fails(io_write_full(fd, "x", 1), ERR_SYS, ENOSPC, "write: No space left on device");
	assert_fails(io_pwrite_full(fd, "x", 1, 512), ERR_SYS, ENOSPC,
		     "write at offset 0x200: No space left on device");
}

static void on_alarm(int signum)
{
	(void)signum;
}

/* Reads a pipe to its end in small, slow steps; exits 0 when each byte is its offset's low bits. */
static void read_slowly(int fd, size_t expected)
{
	uint8_t buf[3000];
	size_t total = 0;

	for (;;) {
		ssize_t n = read(fd, buf, sizeof(buf));

		if (n <= 0)
			_exit(n < 0 || total != expected);
		for (ssize_t i = 0; i < n; i++)
			if (buf[i] != (uint8_t)(total + (size_t)i))
				_exit(1);
		total += (size_t)n;
		usleep(300);
	}
}

static void a_long_write_survives_short_transfers_and_signals(void **state)
{
	enum { LEN = 1 << 20 };
	const struct itimerval often = { { 0, 700 }, { 0, 700 } };
	const struct itimerval never = { { 0, 0 }, { 0, 0 } };
	const struct sigaction act = { .sa_handler = on_alarm }; /* no SA_RESTART: EINTR */
	autofree uint8_t *data = malloc(LEN);
	struct err *e;
	int fds[2];
	int status;
	pid_t pid;

	(void)state;
	assert_non_null(data);
	for (size_t i = 0; i < LEN; i++)
		data[i] = (uint8_t)i;
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		close(fds[1]);
		read_slowly(fds[0], LEN);
	}
	close(fds[0]);

	assert_int_equal(sigaction(SIGALRM, &act, NULL), 0);
	assert_int_equal(setitimer(ITIMER_REAL, &often, NULL), 0);
	e = io_write_full(fds[1], data, LEN);
	assert_int_equal(setitimer(ITIMER_REAL, &never, NULL), 0);
	close(fds[1]);
	assert_null(e);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void a_whole_file_is_read_and_ends_with_a_nul(void **state)
{
	char dir[] = "/tmp/vmtool-test-io.XXXXXX";
	autoclose int dir_fd = -1;
	const size_t sizes[] = { 0, 1, 4094, 4095, 4096, 4097, 100000 };

	(void)state;
	assert_non_null(mkdtemp(dir));
	dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(dir_fd >= 0);
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		autofree char *text = malloc(sizes[i] + 1);
		autofree char *data = NULL;
		autoclose int fd = openat(dir_fd, "file", O_CREAT | O_TRUNC | O_WRONLY, 0600);
		size_t len = 0;

		assert_non_null(text);
		memset(text, 'x', sizes[i]);
		assert_null(io_write_full(fd, text, sizes[i]));
		assert_null(io_read_file(dir_fd, "file", sizes[i], &data, &len));
		assert_int_equal(len, sizes[i]);
		assert_int_equal(strlen(data), sizes[i]);
	}
	unlinkat(dir_fd, "file", 0);
	rmdir(dir);
}

static void a_file_of_proc_is_read_though_its_size_says_zero(void **state)
{
	autofree char *data = NULL;
	size_t len = 0;

	(void)state;
	assert_null(io_read_file(AT_FDCWD, "/proc/self/status", 1 << 20, &data, &len));
	assert_true(len > 100);
	assert_non_null(strstr(data, "VmRSS"));
}

static void a_file_over_the_limit_is_refused(void **state)
{
	autofree char *data = NULL;
	size_t len = 99;

	(void)state;
	assert_fails(io_read_file(AT_FDCWD, "/dev/zero", 10000, &data, &len), ERR_FORMAT, 0,
		     "/dev/zero is longer than 10000 bytes");
	assert_null(data);
	assert_int_equal(len, 99);
}

static void what_cannot_be_opened_or_read_is_named(void **state)
{
	char *data = NULL;
	size_t len;

	(void)state;
	assert_fails(io_read_file(AT_FDCWD, "/no/such/file", 10, &data, &len), ERR_SYS, ENOENT,
		     "open /no/such/file: No such file or directory");
	assert_fails(io_read_file(AT_FDCWD, "/", 10, &data, &len), ERR_SYS, EISDIR,
		     "read /: Is a directory");
}

/* A pipe that holds @room bytes. */
static void narrow_pipe(int fds[2], int room)
{
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	assert_true(fcntl(fds[1], F_SETPIPE_SZ, room) >= room);
}

/* The end that is read from is readable when the first bytes have arrived: no clock is needed. */
static void a_write_that_nobody_reads_ends_when_asked_to(void **state)
{
	static const char buf[1 << 20];
	size_t done = 99;
	int fds[2];

	(void)state;
	narrow_pipe(fds, 4096);
	assert_fails(io_write_stoppable(fds[1], buf, sizeof(buf), fds[0], &done), ERR_INTERRUPTED,
		     0, "interrupted");
	assert_true(done > 0 && done <= 4096);
	assert_fails(io_write_stoppable(fds[1], buf, sizeof(buf), fds[0], &done), ERR_INTERRUPTED,
		     0, "interrupted");
	assert_int_equal(done, 0);
	close(fds[0]);
	close(fds[1]);
}

/* Reads all of @fd, and says by its exit status whether it was what it should be. */
static void read_bytes(int fd, size_t len)
{
	size_t nr = 0;
	uint8_t byte;

	while (read(fd, &byte, 1) == 1)
		if (byte != (uint8_t)(nr++ % 251))
			_exit(2);
	_exit(nr == len ? 0 : 1);
}

static void a_write_to_a_slow_reader_is_whole(void **state)
{
	enum { LEN = 50000 };
	autofree uint8_t *buf = malloc(LEN);
	size_t done;
	int fds[2];
	int flags, status;
	pid_t child;

	(void)state;
	assert_non_null(buf);
	for (size_t i = 0; i < LEN; i++)
		buf[i] = (uint8_t)(i % 251);
	narrow_pipe(fds, 4096);
	child = fork();
	assert_true(child >= 0);
	if (!child) {
		close(fds[1]);
		read_bytes(fds[0], LEN);
	}
	close(fds[0]);
	flags = fcntl(fds[1], F_GETFL);
	assert_null(io_write_stoppable(fds[1], buf, LEN, -1, &done));
	assert_int_equal(done, LEN);
	assert_int_equal(fcntl(fds[1], F_GETFL), flags);
	close(fds[1]);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

static void a_file_takes_it_all_at_once(void **state)
{
	autoclose int fd = file_with("");
	char buf[6] = "";
	size_t done, len;

	(void)state;
	assert_null(io_write_stoppable(fd, "01234", 5, -1, &done));
	assert_int_equal(done, 5);
	assert_null(io_pread(fd, buf, sizeof(buf), 0, &len));
	assert_string_equal(buf, "01234");
	assert_null(io_write_stoppable(fd, "", 0, -1, &done));
	assert_int_equal(done, 0);
}

static void a_write_that_fails_says_how_far_it_came(void **state)
{
	autoclose int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
	size_t done = 99;

	(void)state;
	assert_fails(io_write_stoppable(fd, "01234", 5, -1, &done), ERR_SYS, ENOSPC,
		     "write: No space left on device");
	assert_int_equal(done, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_read_gives_what_the_file_has),
		cmocka_unit_test(a_full_read_of_a_short_file_says_how_short),
		cmocka_unit_test(an_offset_no_file_can_have_is_an_error),
		cmocka_unit_test(a_write_lands_where_it_was_asked_to),
		cmocka_unit_test(a_full_disk_comes_back_as_a_value),
		cmocka_unit_test(a_long_write_survives_short_transfers_and_signals),
		cmocka_unit_test(a_write_that_nobody_reads_ends_when_asked_to),
		cmocka_unit_test(a_write_to_a_slow_reader_is_whole),
		cmocka_unit_test(a_file_takes_it_all_at_once),
		cmocka_unit_test(a_write_that_fails_says_how_far_it_came),
		cmocka_unit_test(a_whole_file_is_read_and_ends_with_a_nul),
		cmocka_unit_test(a_file_of_proc_is_read_though_its_size_says_zero),
		cmocka_unit_test(a_file_over_the_limit_is_refused),
		cmocka_unit_test(what_cannot_be_opened_or_read_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
