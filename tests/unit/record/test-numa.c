// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/base/endian.h"
#include "util/record/numa.h"

static int enter_scratch(void **state)
{
	static char name[] = "/tmp/vmtool-test-numa.XXXXXX";

	*state = mkdtemp(name);
	return *state && !chdir(*state) ? 0 : -1;
}

static int leave_scratch(void **state)
{
	char command[80];

	snprintf(command, sizeof(command), "rm -rf '%s'", (const char *)*state);
	return chdir("/") || system(command) ? -1 : 0;
}

static void put_text(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void each_node_has_its_memory_and_cpus(void **state)
{
	guard(str) struct str body = STR_INIT;

	(void)state;
	assert_int_equal(mkdir("two", 0700), 0);
	assert_int_equal(mkdir("two/node0", 0700), 0);
	assert_int_equal(mkdir("two/node12", 0700), 0);
	assert_int_equal(mkdir("two/power", 0700), 0);
	put_text("two/online", "0,12\n");
	put_text("two/node0/cpulist", "0-3,8\n");
	put_text("two/node0/meminfo", "Node 0 MemTotal:  2030200 kB\nNode 0 MemFree:  1030 kB\n");
	/* Memory without CPUs. */
	put_text("two/node12/cpulist", "\n");
	assert_null(numa_topology("two", &body));
	assert_int_equal(body.len, 4 + 2 * (4 + 8 + 8 + 4 + 64));
	assert_int_equal(load_u32(body.s, ORDER_LITTLE), 2);
	assert_int_equal(load_u32(body.s + 4, ORDER_LITTLE), 0);
	assert_int_equal(load_u64(body.s + 8, ORDER_LITTLE), 2030200);
	assert_int_equal(load_u64(body.s + 16, ORDER_LITTLE), 1030);
	assert_int_equal(load_u32(body.s + 24, ORDER_LITTLE), 64);
	assert_string_equal(body.s + 28, "0-3,8");
	assert_int_equal(load_u32(body.s + 92, ORDER_LITTLE), 12);
	assert_int_equal(load_u64(body.s + 96, ORDER_LITTLE), 0);
	assert_string_equal(body.s + 116, "");
}

static void without_nodes_there_is_no_topology(void **state)
{
	guard(str) struct str body = STR_INIT;

	(void)state;
	assert_int_equal(mkdir("none", 0700), 0);
	assert_null(numa_topology("none", &body));
	assert_null(numa_topology("not there", &body));
	assert_int_equal(body.len, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_node_has_its_memory_and_cpus),
		cmocka_unit_test(without_nodes_there_is_no_topology),
	};

	return cmocka_run_group_tests(tests, enter_scratch, leave_scratch);
}
