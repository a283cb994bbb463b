// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "util/base/cleanup.h"
#include "util/sys/mounts.h"

static void a_line_has_a_root_a_point_a_type_and_options(void **state)
{
	char text[] =
		"36 35 0:27 /a /sys/fs/cgroup rw,nosuid shared:4 master:1 - cgroup2 none rw,x\n"
		"37 35 0:28 / / rw - ext4 /dev/vda rw";
	char *at = text;
	struct mount mount;

	(void)state;
	assert_true(mounts_next(&at, &mount));
	assert_string_equal(mount.root, "/a");
	assert_string_equal(mount.point, "/sys/fs/cgroup");
	assert_string_equal(mount.type, "cgroup2");
	assert_string_equal(mount.options, "rw,x");
	assert_true(mounts_next(&at, &mount));
	assert_string_equal(mount.point, "/");
	assert_string_equal(mount.type, "ext4");
	assert_false(mounts_next(&at, &mount));
}

static void octal_numbers_in_paths_are_characters(void **state)
{
	char text[] = "1 2 0:1 /\\134040 /a\\040b\\011\\012 rw - tmpfs  rw\n"
		      "1 2 0:1 /\\04 /\\ rw - tmpfs a\\040b rw\n";
	char *at = text;
	struct mount mount;

	(void)state;
	assert_true(mounts_next(&at, &mount));
	assert_string_equal(mount.root, "/\\040");
	assert_string_equal(mount.point, "/a b\t\n");
	assert_string_equal(mount.options, "rw");
	assert_true(mounts_next(&at, &mount));
	assert_string_equal(mount.root, "/\\04");
	assert_string_equal(mount.point, "/\\");
}

static void other_lines_are_passed_over(void **state)
{
	char text[] = "\n- cgroup2 x\n1 2 0:1 / /a rw shared:1\n1 2 0:1 / /a rw - \n"
		      "1 2 0:1 / /a rw - type\n1 2 0:1 / /a rw - type source\n"
		      "1 2 0:1 / /there rw - type source options";
	char *at = text;
	struct mount mount;

	(void)state;
	assert_true(mounts_next(&at, &mount));
	assert_string_equal(mount.point, "/there");
	assert_false(mounts_next(&at, &mount));
}

static void our_own_are_at_absolute_paths(void **state)
{
	autofree char *text = NULL;
	struct mount mount;
	char *at;

	(void)state;
	assert_null(mounts_read(&text));
	at = text;
	while (mounts_next(&at, &mount))
		assert_int_equal(*mount.point, '/');
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_has_a_root_a_point_a_type_and_options),
		cmocka_unit_test(octal_numbers_in_paths_are_characters),
		cmocka_unit_test(other_lines_are_passed_over),
		cmocka_unit_test(our_own_are_at_absolute_paths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
