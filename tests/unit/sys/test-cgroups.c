// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/base/cleanup.h"
#include "util/sys/cgroups.h"

#define V2                                                                                         \
	"27 21 0:24 / /sys/fs/cgroup/unified rw,relatime shared:9 - cgroup2 cgroup2 "              \
	"rw,nsdelegate\n"
#define CPU "28 21 0:25 / /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu,cpuacct\n"
#define PERF "29 21 0:26 / /sys/fs/cgroup/perf rw - cgroup cgroup rw,perf_event,net_cls\n"
#define OTHER "30 21 0:27 / /home/perf_event rw - ext4 /dev/cgroup2 rw,perf_event\n"

static void unified_at(const char *mountinfo, const char *expected)
{
	autofree char *found = cgroups_find_mount(mountinfo, CGROUPS_V2);

	assert_string_equal(found ? found : "nothing", expected);
}

static void mounted_at(const char *mountinfo, const char *expected)
{
	autofree char *found = cgroups_find_mount(mountinfo, CGROUPS_OF_EVENTS);

	if (!expected)
		assert_null(found);
	else
		assert_string_equal(found ? found : "nothing", expected);
}

static void a_hierarchy_of_the_controllers_own_comes_first(void **state)
{
	(void)state;
	mounted_at(OTHER CPU V2 PERF, "/sys/fs/cgroup/perf");
	mounted_at(OTHER CPU V2, "/sys/fs/cgroup/unified");
	unified_at(PERF OTHER CPU V2, "/sys/fs/cgroup/unified");
	unified_at(PERF OTHER CPU, "nothing");
}

static void what_is_no_mount_of_cgroups_is_passed_over(void **state)
{
	(void)state;
	mounted_at(OTHER CPU, NULL);
	mounted_at("", NULL);
	mounted_at("- cgroup2 x\n - cgroup2 \n - cgroup perf_event\n1 2 - cgroup2 cgroup2 rw",
		   NULL);
}

struct seen {
	uint64_t id[3];
	char path[3][32];
	size_t nr;
};

static struct err *see(void *context, uint64_t id, const char *path)
{
	struct seen *seen = context;

	assert_true(seen->nr < 3);
	seen->id[seen->nr] = id;
	strcpy(seen->path[seen->nr++], path);
	return NULL;
}

static void every_directory_is_a_cgroup_by_its_inode(void **state)
{
	char top[] = "/tmp/vmtool-test-cgroups.XXXXXX";
	struct seen seen = { .nr = 0 };
	struct stat stat_buf;

	(void)state;
	assert_non_null(mkdtemp(top));
	assert_int_equal(chdir(top), 0);
	assert_int_equal(mkdir("a", 0700), 0);
	assert_int_equal(mkdir("a/b c", 0700), 0);
	assert_null(cgroups_walk(top, see, &seen));
	assert_int_equal(seen.nr, 3);
	assert_string_equal(seen.path[0], "/");
	assert_string_equal(seen.path[1], "/a");
	assert_string_equal(seen.path[2], "/a/b c");
	assert_int_equal(stat("a/b c", &stat_buf), 0);
	assert_int_equal(seen.id[2], stat_buf.st_ino);
	assert_int_equal(rmdir("a/b c"), 0);
	assert_int_equal(rmdir("a"), 0);
	assert_int_equal(rmdir(top), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_hierarchy_of_the_controllers_own_comes_first),
		cmocka_unit_test(what_is_no_mount_of_cgroups_is_passed_over),
		cmocka_unit_test(every_directory_is_a_cgroup_by_its_inode),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
