// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "util/base/cleanup.h"
#include "util/sys/settings.h"

/* A folder with one file, "said"; its descriptor. */
struct fixture {
	char dir[64];
	int fd;
};

static const struct setting said = { "what.is.said", "said" };

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	strcpy(f->dir, "/tmp/vmtool-settings.XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	f->fd = open(f->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(f->fd >= 0);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	unlinkat(f->fd, said.path, 0);
	close(f->fd);
	rmdir(f->dir);
	free(f);
	return 0;
}

static void say(const struct fixture *f, const char *bytes, size_t len)
{
	autoclose int fd = openat(f->fd, said.path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_int_equal(write(fd, bytes, len), len);
}

static void is_read_as(const struct fixture *f, const char *expected)
{
	autofree char *line = NULL;
	autoerr struct err *err = setting_read(f->fd, &said, &line);

	assert_null(err);
	assert_string_equal(line, expected);
}

static void a_line_comes_without_its_end(void **state)
{
	say(*state, "-1\n", 3);
	is_read_as(*state, "-1");
	say(*state, "2", 1);
	is_read_as(*state, "2");
	say(*state, "", 0);
	is_read_as(*state, "");
}

static void of_a_choice_the_chosen_word_comes(void **state)
{
	static const char choice[] = "none [integrity] confidentiality\n";

	say(*state, choice, strlen(choice));
	is_read_as(*state, "integrity");
	say(*state, "[a\n", 3);
	is_read_as(*state, "[a");
}

static void what_is_no_line_is_refused(void **state)
{
	static const char *const bad[] = { "1\n2\n", "1\n\n" };
	const struct fixture *f = *state;
	char *line = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		autoerr struct err *err = NULL;

		say(f, bad[i], strlen(bad[i]));
		err = setting_read(f->fd, &said, &line);
		assert_non_null(err);
		assert_int_equal(err_code(err), ERR_FORMAT);
	}

	say(f, "1\0", 2);
	autoerr struct err *err = setting_read(f->fd, &said, &line);

	assert_int_equal(err_code(err), ERR_FORMAT);
	assert_null(line);
}

static void what_is_not_there_is_named(void **state)
{
	const struct fixture *f = *state;
	char *line = NULL;
	autoerr struct err *err = setting_read(f->fd, &said, &line);

	assert_non_null(err);
	assert_int_equal(err_errno(err), ENOENT);
	assert_non_null(strstr(err_message(err), "what.is.said"));
}

static void each_setting_has_a_path_below_the_root(void **state)
{
	(void)state;
	for (const struct setting *s = settings; s->name; s++) {
		assert_non_null(s->path);
		assert_true(s->path[0] != '/');
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_line_comes_without_its_end, setup, teardown),
		cmocka_unit_test_setup_teardown(of_a_choice_the_chosen_word_comes, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_no_line_is_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_not_there_is_named, setup, teardown),
		cmocka_unit_test(each_setting_has_a_path_below_the_root),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
