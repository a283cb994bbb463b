// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "util/base/io.h"
#include "util/base/str.h"
#include "util/sys/workload.h"

enum { COMM_LIMIT = 64 };

#define ARGV(...) ((char *[]){ (char *)__VA_ARGS__, NULL })

static struct workload started(char **argv)
{
	struct workload workload = WORKLOAD_INIT;

	assert_null(workload_start(argv, NULL, &workload));
	assert_true(workload.pid > 0);
	return workload;
}

static int code_of(char **argv)
{
	guard(workload) struct workload workload = started(argv);

	assert_null(workload_go(&workload));
	assert_null(workload_wait(&workload));
	return workload_exit_code(&workload);
}

static void the_exit_code_is_the_commands(void **state)
{
	(void)state;
	assert_int_equal(code_of(ARGV("sh", (char *)"-c", (char *)"exit 42")), 42);
	assert_int_equal(code_of(ARGV("true")), 0);
}

static void a_signal_is_128_more(void **state)
{
	(void)state;
	assert_int_equal(code_of(ARGV("sh", (char *)"-c", (char *)"kill -9 $$")), 128 + 9);
}

static void a_missing_command_is_127(void **state)
{
	guard(workload) struct workload workload = started(ARGV("/no/such/command"));
	autoerr struct err *err = workload_go(&workload);

	(void)state;
	assert_non_null(err);
	assert_int_equal(err_errno(err), ENOENT);
	assert_int_equal(workload_exit_code(&workload), WORKLOAD_NOT_FOUND);
	assert_true(workload.not_run);
}

static void a_command_that_fails_was_run(void **state)
{
	guard(workload) struct workload workload =
		started(ARGV("sh", (char *)"-c", (char *)"exit 1"));

	(void)state;
	assert_null(workload_go(&workload));
	assert_null(workload_wait(&workload));
	assert_int_equal(workload_exit_code(&workload), 1);
	assert_false(workload.not_run);
}

static void a_command_that_cannot_be_run_is_126(void **state)
{
	guard(workload) struct workload workload = started(ARGV("/etc"));
	autoerr struct err *err = workload_go(&workload);

	(void)state;
	assert_int_equal(err_errno(err), EACCES);
	assert_int_equal(workload_exit_code(&workload), WORKLOAD_NOT_RUNNABLE);
}

static void it_carries_its_name_before_it_runs(void **state)
{
	guard(workload) struct workload workload = started(ARGV("/bin/sleep", (char *)"0"));
	char path[64], *comm = NULL;
	size_t len;

	(void)state;
	snprintf(path, sizeof(path), "/proc/%d/comm", (int)workload.pid);
	assert_null(io_read_file(-1, path, COMM_LIMIT, &comm, &len));
	assert_string_equal(comm, "sleep\n");
	free(comm);
	assert_false(workload_ended(&workload));
}

static void one_that_is_never_let_go_ends_with_its_release(void **state)
{
	struct workload workload = started(ARGV("sleep", (char *)"1000"));
	pid_t pid = workload.pid;

	(void)state;
	workload_release(&workload);
	assert_int_equal(kill(pid, 0), -1);
	assert_int_equal(errno, ESRCH);
	workload_release(&workload);
}

static void its_end_can_be_polled_for(void **state)
{
	guard(workload) struct workload workload = started(ARGV("true"));
	struct pollfd pollfd = { .fd = workload.pid_fd, .events = POLLIN };

	(void)state;
	assert_int_equal(poll(&pollfd, 1, 0), 0);
	assert_null(workload_go(&workload));
	assert_int_equal(poll(&pollfd, 1, 100000), 1);
	assert_true(workload_ended(&workload));
	assert_int_equal(workload_exit_code(&workload), 0);
}

static void one_that_is_held_stops_before_its_exec_and_goes_on(void **state)
{
	guard(workload) struct workload workload =
		started(ARGV("sh", (char *)"-c", (char *)"exit 7"));
	char path[64], *stat = NULL;
	size_t len;

	(void)state;
	assert_null(workload_hold(&workload, NULL));
	snprintf(path, sizeof(path), "/proc/%d/stat", (int)workload.pid);
	assert_null(io_read_file(-1, path, 4096, &stat, &len));
	assert_non_null(strstr(stat, "(sh) T "));
	free(stat);
	assert_null(workload_let_go(&workload));
	assert_int_equal(workload_exec_failed(&workload), 0);
	assert_null(workload_wait(&workload));
	assert_int_equal(workload_exit_code(&workload), 7);
	assert_true(workload.usage.ru_maxrss > 0);
}

static void one_that_is_held_ends_with_its_release(void **state)
{
	struct workload workload = started(ARGV("sleep", (char *)"1000"));
	pid_t pid = workload.pid;

	(void)state;
	assert_null(workload_hold(&workload, NULL));
	workload_release(&workload);
	assert_int_equal(kill(pid, 0), -1);
}

static void its_filter_is_in_force_when_it_runs(void **state)
{
	struct sock_filter refuse_all_but_exit[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_exit_group, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
	};
	struct sock_fprog filter = {
		.len = ARRAY_SIZE(refuse_all_but_exit),
		.filter = refuse_all_but_exit,
	};
	guard(workload) struct workload workload = started(ARGV("true"));

	(void)state;
	assert_null(workload_hold(&workload, &filter));
	assert_null(workload_let_go(&workload));
	/* Its exec is refused, and so is the word about that. */
	assert_int_equal(workload_exec_failed(&workload), 0);
	assert_null(workload_wait(&workload));
	assert_int_not_equal(workload_exit_code(&workload), 0);
}

static void a_script_without_a_first_line_is_run_by_the_shell(void **state)
{
	char path[] = "/tmp/vmtool-script.XXXXXX";
	int fd = mkstemp(path);

	(void)state;
	assert_null(io_write_full(fd, "exit $1\n", 8));
	fchmod(fd, 0700);
	close(fd);
	assert_int_equal(code_of(ARGV(path, (char *)"9")), 9);
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_exit_code_is_the_commands),
		cmocka_unit_test(a_signal_is_128_more),
		cmocka_unit_test(a_missing_command_is_127),
		cmocka_unit_test(a_command_that_fails_was_run),
		cmocka_unit_test(a_command_that_cannot_be_run_is_126),
		cmocka_unit_test(it_carries_its_name_before_it_runs),
		cmocka_unit_test(one_that_is_never_let_go_ends_with_its_release),
		cmocka_unit_test(its_end_can_be_polled_for),
		cmocka_unit_test(one_that_is_held_stops_before_its_exec_and_goes_on),
		cmocka_unit_test(one_that_is_held_ends_with_its_release),
		cmocka_unit_test(its_filter_is_in_force_when_it_runs),
		cmocka_unit_test(a_script_without_a_first_line_is_run_by_the_shell),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
