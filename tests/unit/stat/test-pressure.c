// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/lib/expect.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/stat/pressure.h"

static const char psi[] = "some avg10=0.00 avg60=1.27 avg300=0.90 total=1500\n"
			  "full avg10=0.00 avg60=0.00 avg300=0.00 total=700\n";
static const char vmstat[] = "nr_free_pages 77\n"
			     "workingset_refault_anon 3\nworkingset_refault_file 4\n"
			     "allocstall_dma 1\nallocstall_normal 20\nallocstall_movable 300\n"
			     "pgsteal_kswapd 11\npgsteal_direct 12\n"
			     "pgscan_kswapd 5\npgscan_direct 6\npgscan_direct_throttle 1000\n"
			     "pgscan_anon 30\npgscan_file 40\npgsteal_anon 15\npgsteal_file 16\n"
			     "oom_kill 2\ncompact_stall 9\npswpin 13\npswpout 14\n";

static const char *const names[] = { "pressure/memory", "vmstat", "memory.pressure", "memory.stat",
				     "memory.events" };

static int open_folder(void **state)
{
	static char path[4096];

	snprintf(path, sizeof(path), "%s/pressure-XXXXXX",
		 getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
	*state = mkdtemp(path);
	return *state && !chdir(path) && !mkdir("pressure", 0700) ? 0 : -1;
}

static int remove_folder(void **state)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unlink(names[i]);
	return rmdir("pressure") || rmdir(*state);
}

/* NULL: there is no such file. */
static void put(const char *name, const char *text)
{
	FILE *file;

	unlink(name);
	if (!text)
		return;
	file = fopen(name, "w");
	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

static struct stat_pressure machine(const char *with_psi, const char *with_vmstat)
{
	put("pressure/memory", with_psi);
	put("vmstat", with_vmstat);
	return pressure_now(PRESSURE_OF_MACHINE, AT_FDCWD);
}

static void has_value(const struct stat_pressure *pressure, enum pressure_value value,
		      uint64_t wanted)
{
	assert_true(pressure_known(pressure, value));
	assert_int_equal(pressure->value[value], wanted);
}

static void a_machine_is_what_proc_says(void **state)
{
	struct stat_pressure p = machine(psi, vmstat);

	(void)state;
	assert_int_equal(p.of, PRESSURE_OF_MACHINE);
	assert_int_equal(p.known, (1u << PRESSURE_NR) - 1);
	has_value(&p, PRESSURE_SOME_NS, 1500000);
	has_value(&p, PRESSURE_FULL_NS, 700000);
	has_value(&p, PRESSURE_PGSCAN, 70);
	has_value(&p, PRESSURE_PGSCAN_DIRECT, 6);
	has_value(&p, PRESSURE_PGSTEAL, 31);
	has_value(&p, PRESSURE_PGSTEAL_DIRECT, 12);
	has_value(&p, PRESSURE_REFAULT, 7);
	has_value(&p, PRESSURE_ALLOCSTALL, 321);
	has_value(&p, PRESSURE_COMPACT_STALL, 9);
	has_value(&p, PRESSURE_PSWPIN, 13);
	has_value(&p, PRESSURE_PSWPOUT, 14);
	has_value(&p, PRESSURE_OOM_KILL, 2);
}

static void a_cgroup_is_what_its_files_say(void **state)
{
	struct stat_pressure p;

	(void)state;
	put("memory.pressure", psi);
	put("memory.stat", "anon 4096\npgscan 8\npgsteal 7\npgscan_direct 6\npgsteal_direct 5\n"
			   "workingset_refault_anon 1\nworkingset_refault_file 1\n");
	put("memory.events", "low 0\noom 3\noom_kill 1\noom_group_kill 9\n");
	p = pressure_now(PRESSURE_OF_CGROUP, AT_FDCWD);
	has_value(&p, PRESSURE_FULL_NS, 700000);
	has_value(&p, PRESSURE_PGSCAN, 8);
	has_value(&p, PRESSURE_PGSTEAL_DIRECT, 5);
	has_value(&p, PRESSURE_REFAULT, 2);
	has_value(&p, PRESSURE_OOM_KILL, 1);
	/* Of these a cgroup has no count. */
	assert_false(pressure_known(&p, PRESSURE_ALLOCSTALL));
	assert_false(pressure_known(&p, PRESSURE_COMPACT_STALL));
	/* And of these not on every kernel. */
	assert_false(pressure_known(&p, PRESSURE_PSWPIN));
}

static void what_is_not_told_is_not_known(void **state)
{
	struct stat_pressure p = machine(NULL, vmstat);

	(void)state;
	assert_false(pressure_known(&p, PRESSURE_SOME_NS));
	has_value(&p, PRESSURE_OOM_KILL, 2);
	p = machine(psi, NULL);
	assert_int_equal(p.known, 1u << PRESSURE_SOME_NS | 1u << PRESSURE_FULL_NS);
	p = machine("", "");
	assert_int_equal(p.known, 0);
	p = pressure_now(PRESSURE_OF_MACHINE, -1);
	assert_int_equal(p.known, 0);
	/* Before 5.9 refaults were one number, before 5.8 there was none of all who reclaim. */
	p = machine(psi, "workingset_refault 9\npgscan_kswapd 1\npgscan_direct 2\npgscan_file 3\n");
	assert_false(pressure_known(&p, PRESSURE_REFAULT));
	assert_false(pressure_known(&p, PRESSURE_PGSCAN));
	has_value(&p, PRESSURE_PGSCAN_DIRECT, 2);
}

static void lines_that_are_none_are_not_believed(void **state)
{
	static const char *const bad[] = { "oom_kill",	    "oom_kill \n",   "oom_kill x\n",
					   "oom_kill -1\n", "oom_kill 1x\n", "Xoom_kill 1\n",
					   "oom_kill\t1\n" };
	struct stat_pressure p;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		p = machine(psi, bad[i]);
		assert_false(pressure_known(&p, PRESSURE_OOM_KILL));
	}
	/* The total of the next line is not that of a line without. */
	p = machine("some avg10=0.00\nfull avg10=0.00 total=8\n", vmstat);
	assert_false(pressure_known(&p, PRESSURE_SOME_NS));
	has_value(&p, PRESSURE_FULL_NS, 8000);
	/* The last line may lack its end. */
	p = machine(psi, "oom_kill 5");
	has_value(&p, PRESSURE_OOM_KILL, 5);
}

static void between_two_looks_is_what_both_know(void **state)
{
	struct stat_pressure before = machine(psi, "oom_kill 2\npswpin 10\npswpout 4\n");
	struct stat_pressure after = machine(psi, "oom_kill 5\npswpin 9\ncompact_stall 1\n");
	struct stat_pressure p = pressure_between(&before, &after);
	struct stat_pressure none = { .of = PRESSURE_OF_MACHINE };

	(void)state;
	has_value(&p, PRESSURE_OOM_KILL, 3);
	has_value(&p, PRESSURE_SOME_NS, 0);
	/* A count that went down is not one of this time. */
	assert_false(pressure_known(&p, PRESSURE_PSWPIN));
	assert_false(pressure_known(&p, PRESSURE_PSWPOUT));
	assert_false(pressure_known(&p, PRESSURE_COMPACT_STALL));
	p = pressure_between(&none, &after);
	assert_int_equal(p.of, PRESSURE_OF_MACHINE);
	assert_int_equal(p.known, 0);
}

static void nothing_is_looked_at_where_nobody_asked(void **state)
{
	struct stat_pressure p = pressure_now(PRESSURE_NOT_ASKED, AT_FDCWD);

	(void)state;
	assert_int_equal(p.of, PRESSURE_NOT_ASKED);
	assert_int_equal(p.known, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_machine_is_what_proc_says),
		cmocka_unit_test(a_cgroup_is_what_its_files_say),
		cmocka_unit_test(what_is_not_told_is_not_known),
		cmocka_unit_test(lines_that_are_none_are_not_believed),
		cmocka_unit_test(between_two_looks_is_what_both_know),
		cmocka_unit_test(nothing_is_looked_at_where_nobody_asked),
	};

	return cmocka_run_group_tests(tests, open_folder, remove_folder);
}
