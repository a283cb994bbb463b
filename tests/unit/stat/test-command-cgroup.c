// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "util/stat/command-cgroup.h"

#define MOUNTS                                                                                     \
	"23 1 0:22 / /proc rw - proc proc rw\n"                                                    \
	"31 23 0:29 / /sys/fs/cgroup/cpu rw shared:7 - cgroup cgroup rw,cpu\n"

static void expect_path(const char *mountinfo, const char *cgroups, const char *expected)
{
	autofree char *path = NULL;
	autoerr struct err *err = command_cgroup_find(mountinfo, cgroups, &path);

	if (!expected) {
		assert_non_null(err);
		assert_int_equal(err_code(err), ERR_NODATA);
		return;
	}
	assert_null(err);
	assert_string_equal(path, expected);
}

static void our_own_cgroup_is_below_the_mount(void **state)
{
	(void)state;
	expect_path(MOUNTS "41 31 0:38 / /sys/fs/cgroup rw,relatime - cgroup2 cgroup2 rw\n",
		    "0::/system.slice/kdump.service\n",
		    "/sys/fs/cgroup/system.slice/kdump.service");
}

static void the_root_is_the_mount(void **state)
{
	(void)state;
	expect_path(MOUNTS "41 31 0:38 / /sys/fs/cgroup/unified rw shared:9 - cgroup2 cgroup2 rw",
		    "9:name=systemd:/\n2:cpuacct:/elsewhere\n0::/\n", "/sys/fs/cgroup/unified/");
}

static void a_part_that_is_mounted_is_left_out(void **state)
{
	static const char mounts[] = "41 31 0:38 /a.slice /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n"
				     "42 31 0:38 / /mnt rw - cgroup2 cgroup2 rw\n";

	(void)state;
	expect_path(mounts, "0::/a.slice/b\n", "/sys/fs/cgroup/b");
	expect_path(mounts, "0::/a.slice\n", "/sys/fs/cgroup");
	expect_path(mounts, "0::/a.slice2/b\n", "/mnt/a.slice2/b");
	expect_path(mounts, "0::/c\n", "/mnt/c");
}

static void blanks_in_paths_are_written_as_numbers(void **state)
{
	(void)state;
	expect_path("41 31 0:38 /a\\040b /mnt/c\\011d\\134 rw - cgroup2 cgroup2 rw\n",
		    "0::/a b/c d\n", "/mnt/c\td\\/c d");
}

static void one_that_cannot_be_reached_is_nowhere(void **state)
{
	static const char mount[] = "41 31 0:38 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n";

	(void)state;
	expect_path(mount, "0::/../outside\n", NULL);
	expect_path(mount, "2:cpu:/\n", NULL);
	expect_path(mount, "", NULL);
	expect_path(MOUNTS, "0::/\n", NULL);
	expect_path("", "0::/\n", NULL);
	expect_path("41 31 0:38 /a /mnt rw - cgroup2 cgroup2 rw\n", "0::/b\n", NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(our_own_cgroup_is_below_the_mount),
		cmocka_unit_test(the_root_is_the_mount),
		cmocka_unit_test(a_part_that_is_mounted_is_left_out),
		cmocka_unit_test(blanks_in_paths_are_written_as_numbers),
		cmocka_unit_test(one_that_cannot_be_reached_is_nowhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
