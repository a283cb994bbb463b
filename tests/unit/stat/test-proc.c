// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "util/stat/proc.h"

static void ids_are_those_of_the_kernel(void **state)
{
	(void)state;
	assert_int_equal(proc_id(getpid(), "Tgid"), getpid());
	assert_int_equal(proc_id(getpid(), "PPid"), getppid());
	assert_int_equal(proc_id(getpid(), "NoSuchLine"), -1);
	/* A key is a whole word. */
	assert_int_equal(proc_id(getpid(), "gid"), -1);
}

static void an_ignored_signal_is_in_its_mask(void **state)
{
	(void)state;
	signal(SIGUSR2, SIG_IGN);
	assert_true(proc_has_signal(getpid(), "SigIgn", SIGUSR2));
	signal(SIGUSR2, SIG_DFL);
	assert_false(proc_has_signal(getpid(), "SigIgn", SIGUSR2));
}

static void a_name_with_brackets_hides_no_number(void **state)
{
	struct proc_usage usage;
	char comm[16];

	(void)state;
	prctl(PR_SET_NAME, ") 9 (a b) ");
	assert_true(proc_comm(getpid(), comm));
	assert_string_equal(comm, ") 9 (a b) ");
	assert_true(proc_usage(getpid(), false, &usage));
	assert_true(usage.minor_faults > 0);
	assert_true(usage.peak_rss_bytes > 100000);
	assert_true(usage.io_known);
	assert_false(usage.switches_known);
}

static void a_thread_knows_its_switches(void **state)
{
	struct proc_usage usage;

	(void)state;
	assert_true(proc_usage((pid_t)syscall(SYS_gettid), true, &usage));
	assert_true(usage.switches_known);
}

static void the_break_is_where_it_is(void **state)
{
	uintptr_t brk = (uintptr_t)sbrk(4096) + 4096;
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);

	(void)state;
	assert_int_equal(proc_brk(getpid()), (brk + page - 1) & ~(page - 1));
}

static void one_that_has_ended_has_nothing(void **state)
{
	struct proc_usage usage;
	char comm[16];
	pid_t pid = fork();

	(void)state;
	if (!pid)
		_exit(0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_int_equal(proc_id(pid, "Tgid"), -1);
	assert_int_equal(proc_brk(pid), 0);
	assert_false(proc_comm(pid, comm));
	assert_false(proc_usage(pid, false, &usage));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ids_are_those_of_the_kernel),
		cmocka_unit_test(an_ignored_signal_is_in_its_mask),
		cmocka_unit_test(a_name_with_brackets_hides_no_number),
		cmocka_unit_test(a_thread_knows_its_switches),
		cmocka_unit_test(the_break_is_where_it_is),
		cmocka_unit_test(one_that_has_ended_has_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
