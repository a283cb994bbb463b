// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/lib/expect.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "util/base/cleanup.h"
#include "util/dump/sink.h"

static int enter_scratch(void **state)
{
	static char name[] = "/tmp/vmtool-test-sink.XXXXXX";

	umask(0);
	*state = mkdtemp(name);
	return *state && !chdir(*state) ? 0 : -1;
}

static int leave_scratch(void **state)
{
	char command[80];

	snprintf(command, sizeof(command), "rm -rf '%s'", (const char *)*state);
	return chdir("/") || system(command) ? -1 : 0;
}

static struct err *open_sink(const char *path, bool overwrite, struct sink **ret_sink)
{
	return sink_open_file(path, &(struct sink_file_config){ .overwrite = overwrite }, ret_sink);
}

static void close_sink(struct sink *sink, bool keep)
{
	expect_ok(sink->ops->close(sink, keep ? SINK_INCOMPLETE : SINK_DISCARD));
}

static void put(struct sink *sink, const char *text, uint64_t offset)
{
	size_t written = 99;

	expect_ok(sink->ops->pwrite(sink, text, strlen(text), offset, &written));
	assert_int_equal(written, strlen(text));
}

static void make_file(const char *path, const char *text, mode_t mode)
{
	autoclose int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, mode);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
}

static void assert_holds(const char *path, const char *bytes, size_t len)
{
	autoclose int fd = open(path, O_RDONLY);
	char buf[256];

	assert_true(fd >= 0);
	assert_int_equal(read(fd, buf, sizeof(buf)), len);
	assert_memory_equal(buf, bytes, len);
}

static mode_t mode_of(const char *path)
{
	struct stat st;

	assert_int_equal(lstat(path, &st), 0);
	return st.st_mode & 07777;
}

static void a_new_file_is_its_owners_alone(void **state)
{
	struct sink *sink;

	(void)state;
	expect_ok(open_sink("new", false, &sink));
	assert_int_equal(mode_of("new"), 0600);
	put(sink, "world", 6);
	put(sink, "hello", 0);
	expect_ok(sink->ops->sync(sink));
	close_sink(sink, true);
	assert_holds("new", "hello\0world", 11);
}

static void a_file_that_is_there_is_refused_and_left_alone(void **state)
{
	struct sink *sink = NULL;
	struct err *e;

	(void)state;
	make_file("old", "precious", 0644);
	e = open_sink("old", false, &sink);
	assert_non_null(e);
	assert_int_equal(err_errno(e), EEXIST);
	expect_err(e, ERR_SYS, "old (-f overwrites it): File exists");
	assert_null(sink);
	assert_holds("old", "precious", 8);
	assert_int_equal(mode_of("old"), 0644);
}

static void with_f_it_is_emptied_and_closed_to_others(void **state)
{
	struct sink *sink;

	(void)state;
	make_file("old", "precious and long", 0644);
	expect_ok(open_sink("old", true, &sink));
	assert_int_equal(mode_of("old"), 0600);
	put(sink, "new", 0);
	close_sink(sink, true);
	assert_holds("old", "new", 3);
}

static void what_is_worth_nothing_is_removed(void **state)
{
	struct sink *sink;

	(void)state;
	expect_ok(open_sink("gone", false, &sink));
	put(sink, "half", 0);
	close_sink(sink, false);
	assert_int_equal(access("gone", F_OK), -1);
}

static void what_others_put_in_its_place_is_not_removed(void **state)
{
	struct sink *sink;

	(void)state;
	expect_ok(open_sink("moved", false, &sink));
	assert_int_equal(rename("moved", "away"), 0);
	make_file("moved", "somebody else's", 0600);
	close_sink(sink, false);
	assert_holds("moved", "somebody else's", 15);
}

static void a_symbolic_link_is_never_followed(void **state)
{
	struct sink *sink;

	(void)state;
	make_file("target", "precious", 0644);
	assert_int_equal(symlink("target", "link"), 0);
	assert_int_equal(symlink("nothing", "dangling"), 0);
	for (int overwrite = 0; overwrite < 2; overwrite++) {
		expect_err(open_sink("link", overwrite, &sink), ERR_UNSUPPORTED, "symbolic link");
		expect_err(open_sink("dangling", overwrite, &sink), ERR_UNSUPPORTED,
			   "symbolic link");
	}
	assert_holds("target", "precious", 8);
	assert_int_equal(access("nothing", F_OK), -1);
}

static void what_cannot_be_written_at_random_is_refused(void **state)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = "socket" };
	autoclose int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	struct sink *sink;

	(void)state;
	assert_int_equal(mkfifo("fifo", 0600), 0);
	assert_int_equal(mkdir("dir", 0700), 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	for (int overwrite = 0; overwrite < 2; overwrite++) {
		expect_err(open_sink("fifo", overwrite, &sink), ERR_UNSUPPORTED, "FIFO");
		expect_err(open_sink("socket", overwrite, &sink), ERR_UNSUPPORTED, "socket");
		expect_err(open_sink("dir", overwrite, &sink), ERR_SYS, "dir: Is a directory");
	}
}

static void a_path_that_leads_nowhere_is_told(void **state)
{
	struct sink *sink;

	(void)state;
	make_file("file", "", 0600);
	expect_err(open_sink("", true, &sink), ERR_SYS, "No such file");
	expect_err(open_sink("no/where", true, &sink), ERR_SYS, "no/where: No such file");
	expect_err(open_sink("file/where", true, &sink), ERR_SYS, "Not a directory");
	expect_err(open_sink("newdir/", true, &sink), ERR_SYS, "newdir/");
}

static void the_image_itself_is_refused_by_any_name(void **state)
{
	struct stat input;
	struct sink_file_config config = { .overwrite = true, .input = &input };
	struct sink *sink;

	(void)state;
	make_file("core", "precious", 0600);
	assert_int_equal(link("core", "hard"), 0);
	assert_int_equal(stat("core", &input), 0);
	expect_err(sink_open_file("core", &config, &sink), ERR_USAGE, "is the image itself");
	expect_err(sink_open_file("./hard", &config, &sink), ERR_USAGE, "is the image itself");
	assert_holds("core", "precious", 8);

	/* A device has many nodes; what counts is which device it is. */
	assert_int_equal(stat("/dev/zero", &input), 0);
	expect_err(sink_open_file("/dev/zero", &config, &sink), ERR_USAGE, "is the image itself");
	input.st_ino++;
	expect_err(sink_open_file("/dev/zero", &config, &sink), ERR_USAGE, "is the image itself");
	expect_ok(sink_open_file("/dev/null", &config, &sink));
	close_sink(sink, true);
}

static void null_takes_everything_and_full_says_so(void **state)
{
	struct sink *sink;
	size_t written = 99;
	char buf[4] = "xxx";

	(void)state;
	expect_ok(open_sink("/dev/null", false, &sink));
	expect_ok(sink->ops->reserve(sink, 0, 1 << 20));
	put(sink, "hello", UINT64_C(1) << 50);
	expect_ok(sink->ops->pread(sink, buf, 4, 0));
	assert_memory_equal(buf, "\0\0\0", 4);
	expect_ok(sink->ops->sync(sink));
	close_sink(sink, false);
	assert_int_equal(access("/dev/null", F_OK), 0);

	expect_ok(open_sink("/dev/full", false, &sink));
	expect_err(sink->ops->pwrite(sink, "x", 1, 0, &written), ERR_SYS, "No space left");
	assert_int_equal(written, 0);
	expect_err(sink->ops->reserve(sink, 0, 10), ERR_SYS, "/dev/full");
	close_sink(sink, false);
}

/* /dev/mem can be written at any offset: over the memory of the kernel that runs. */
static void other_character_devices_are_refused(void **state)
{
	struct sink *sink;

	(void)state;
	expect_err(open_sink("/dev/urandom", true, &sink), ERR_UNSUPPORTED, "character device");
}

static void reserved_space_is_taken_and_reads_as_zeros(void **state)
{
	struct sink *sink;
	struct stat st;
	char buf[8] = "xxxxxxx";

	(void)state;
	expect_ok(open_sink("space", false, &sink));
	expect_ok(sink->ops->reserve(sink, 0, 0));
	expect_ok(sink->ops->reserve(sink, 1 << 20, 1 << 20));
	assert_int_equal(stat("space", &st), 0);
	assert_int_equal(st.st_size, 2 << 20);
	expect_ok(sink->ops->pread(sink, buf, sizeof(buf), (2 << 20) - 4));
	assert_memory_equal(buf, "\0\0\0\0\0\0\0", 8);
	put(sink, "data", 1 << 20);
	expect_ok(sink->ops->pread(sink, buf, 4, 1 << 20));
	assert_memory_equal(buf, "data", 4);
	close_sink(sink, false);
}

static void what_did_fit_is_told(void **state)
{
	struct sink *sink;
	size_t written = 99;

	(void)state;
	expect_ok(open_sink("wide", false, &sink));
	/* No file system takes a byte there. */
	expect_err(sink->ops->pwrite(sink, "hello", 5, INT64_MAX - 2, &written), ERR_SYS, "wide");
	assert_true(written < 5);
	expect_err(sink->ops->reserve(sink, INT64_MAX - 2, 5), ERR_SYS, "wide");
	close_sink(sink, false);
}

static void a_dry_run_keeps_nothing(void **state)
{
	struct sink *sink;

	(void)state;
	expect_ok(sink_open_null(&sink));
	expect_ok(sink->ops->reserve(sink, 0, UINT64_MAX));
	put(sink, "hello", UINT64_MAX);
	expect_ok(sink->ops->sync(sink));
	close_sink(sink, true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_new_file_is_its_owners_alone),
		cmocka_unit_test(a_file_that_is_there_is_refused_and_left_alone),
		cmocka_unit_test(with_f_it_is_emptied_and_closed_to_others),
		cmocka_unit_test(what_is_worth_nothing_is_removed),
		cmocka_unit_test(what_others_put_in_its_place_is_not_removed),
		cmocka_unit_test(a_symbolic_link_is_never_followed),
		cmocka_unit_test(what_cannot_be_written_at_random_is_refused),
		cmocka_unit_test(a_path_that_leads_nowhere_is_told),
		cmocka_unit_test(the_image_itself_is_refused_by_any_name),
		cmocka_unit_test(null_takes_everything_and_full_says_so),
		cmocka_unit_test(other_character_devices_are_refused),
		cmocka_unit_test(reserved_space_is_taken_and_reads_as_zeros),
		cmocka_unit_test(what_did_fit_is_told),
		cmocka_unit_test(a_dry_run_keeps_nothing),
	};

	return cmocka_run_group_tests(tests, enter_scratch, leave_scratch);
}
