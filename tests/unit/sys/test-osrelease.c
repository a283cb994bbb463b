// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/lib/expect.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/base/cleanup.h"
#include "util/base/io.h"
#include "util/sys/osrelease.h"

static const char etc[] = "etc/os-release";
static const char usr_lib[] = "usr/lib/os-release";
static const char *const folders[] = { "etc", "usr", "usr/lib" };

/* A root directory; its descriptor. */
struct fixture {
	char dir[64];
	int fd;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	strcpy(f->dir, "/tmp/vmtool-osrelease.XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	f->fd = open(f->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(f->fd >= 0);
	for (size_t i = 0; i < ARRAY_SIZE(folders); i++)
		assert_int_equal(mkdirat(f->fd, folders[i], 0700), 0);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	unlinkat(f->fd, etc, 0);
	unlinkat(f->fd, usr_lib, 0);
	for (size_t i = ARRAY_SIZE(folders); i-- > 0;)
		unlinkat(f->fd, folders[i], AT_REMOVEDIR);
	close(f->fd);
	rmdir(f->dir);
	free(f);
	return 0;
}

static void write_file(const struct fixture *f, const char *path, const char *text)
{
	autoclose int fd = openat(f->fd, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	expect_ok(io_write_full(fd, text, strlen(text)));
}

/* NULL: nothing is said of it. */
static void expect_name(const struct fixture *f, const char *text, const char *name)
{
	autofree char *value = NULL;

	write_file(f, etc, text);
	if (!name) {
		expect_err(osrelease_read(f->fd, "PRETTY_NAME", &value), ERR_NODATA, "PRETTY_NAME");
		return;
	}
	expect_ok(osrelease_read(f->fd, "PRETTY_NAME", &value));
	assert_string_equal(value, name);
}

static void a_value_stands_in_double_quotes_in_single_ones_or_in_none(void **state)
{
	expect_name(*state, "ID=x\nPRETTY_NAME=\"Some Linux 1 (it's)\"\nVERSION=1\n",
		    "Some Linux 1 (it's)");
	expect_name(*state, "PRETTY_NAME='Some \"Linux\" \\1'\n", "Some \"Linux\" \\1");
	expect_name(*state, "PRETTY_NAME=Linux\n", "Linux");
	expect_name(*state, "PRETTY_NAME=Linux", "Linux");
}

static void a_backslash_is_taken_away_where_a_shell_does(void **state)
{
	expect_name(*state, "PRETTY_NAME=\"a \\\"b\\\" \\$c \\`d\\` \\\\ \\n\"\n",
		    "a \"b\" $c `d` \\ \\n");
	expect_name(*state, "PRETTY_NAME=a\\ b\\\"c\n", "a b\"c");
	expect_name(*state, "PRETTY_NAME='a\\'\n", "a\\");
}

static void a_key_stands_at_the_beginning_of_a_line(void **state)
{
	expect_name(*state, "VARIANT_PRETTY_NAME=other\n# PRETTY_NAME=none\nX=\"PRETTY_NAME=no\"\n",
		    NULL);
	expect_name(*state, "OLD_PRETTY_NAME=other\nPRETTY_NAME=this\nPRETTY_NAMES=those\n",
		    "this");
	expect_name(*state, "PRETTY_NAME\nPRETTY_NAME =no\n", NULL);
}

static void of_several_the_last_counts(void **state)
{
	expect_name(*state, "PRETTY_NAME=one\nPRETTY_NAME=\"the other\"\n", "the other");
}

static void what_is_no_assignment_says_nothing(void **state)
{
	expect_name(*state, "PRETTY_NAME=\"not closed\nID=\"x\"\n", NULL);
	expect_name(*state, "PRETTY_NAME=a command\n", NULL);
	expect_name(*state, "PRETTY_NAME=\"ends in \\", NULL);
	expect_name(*state, "PRETTY_NAME=\"\"\n", NULL);
	expect_name(*state, "", NULL);
}

static void spaces_and_a_comment_may_follow(void **state)
{
	expect_name(*state, " PRETTY_NAME=\"Linux\" \t# ours\r\n", "Linux");
	expect_name(*state, "PRETTY_NAME=Linux\r\n", "Linux");
}

static void usr_lib_is_looked_at_where_etc_has_none(void **state)
{
	const struct fixture *f = *state;
	autofree char *value = NULL;

	expect_err(osrelease_read(f->fd, "ID", &value), ERR_SYS, "os-release");
	write_file(f, usr_lib, "ID=lib\n");
	expect_ok(osrelease_read(f->fd, "ID", &value));
	assert_string_equal(value, "lib");
	write_file(f, etc, "PRETTY_NAME=x\n");
	expect_err(osrelease_read(f->fd, "ID", &value), ERR_NODATA, "no ID");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			a_value_stands_in_double_quotes_in_single_ones_or_in_none, setup, teardown),
		cmocka_unit_test_setup_teardown(a_backslash_is_taken_away_where_a_shell_does, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_key_stands_at_the_beginning_of_a_line, setup,
						teardown),
		cmocka_unit_test_setup_teardown(of_several_the_last_counts, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_no_assignment_says_nothing, setup,
						teardown),
		cmocka_unit_test_setup_teardown(spaces_and_a_comment_may_follow, setup, teardown),
		cmocka_unit_test_setup_teardown(usr_lib_is_looked_at_where_etc_has_none, setup,
						teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
