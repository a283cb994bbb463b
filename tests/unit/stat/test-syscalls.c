// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>
#include <sys/syscall.h>

#include "util/stat/syscalls.h"

static void names_are_those_of_the_manual(void **state)
{
	(void)state;
	assert_string_equal(syscall_name(ABI_NATIVE, SYS_read).text, "read");
	assert_string_equal(syscall_name(ABI_NATIVE, SYS_fstat).text, "fstat");
	assert_string_equal(syscall_name(ABI_NATIVE, SYS_uname).text, "uname");
	assert_string_equal(syscall_name(ABI_NATIVE, 4000).text, "syscall_4000");
	assert_string_equal(syscall_name(ABI_NATIVE, (uint32_t)-1).text, "syscall_-1");
#ifdef __x86_64__
	assert_string_equal(syscall_name(ABI_IA32, 64).text, "ia32:getppid");
	assert_string_equal(syscall_name(ABI_X32, 110).text, "x32:getppid");
	assert_string_equal(syscall_name(ABI_X32, 520).text, "x32:execve");
#endif
}

static void a_name_adds_its_call_alone(void **state)
{
	struct syscall_set set;
	size_t nr = 0;

	(void)state;
	syscall_set_init(&set);
	assert_true(syscall_set_is_empty(&set));
	assert_null(syscall_set_add(&set, "read"));
	for (size_t i = 0; i < SYSCALL_MAX; i++)
		nr += !!(set.what[ABI_NATIVE][i] & WHAT_COUNTED);
	assert_int_equal(nr, 1);
	assert_false(syscall_set_is_empty(&set));
	assert_true(syscall_set_has(&set, "read"));
	assert_false(syscall_set_has(&set, "write"));
	assert_false(syscall_set_has(&set, "execve"));
	assert_int_equal(set.what[ABI_NATIVE][SYS_read], WHAT_COUNTED | BYTES_RETURNED);
	/* An exec opens the count even when it is not counted. */
	assert_int_equal(set.what[ABI_NATIVE][SYS_execve], WHAT_EXEC);
}

static void globs_and_groups_add_all_they_name(void **state)
{
	struct syscall_set set;

	(void)state;
	syscall_set_init(&set);
	assert_null(syscall_set_add(&set, "pread*"));
	assert_true(set.what[ABI_NATIVE][SYS_pread64] & WHAT_COUNTED);
	assert_true(set.what[ABI_NATIVE][SYS_preadv2] & WHAT_COUNTED);
	assert_false(set.what[ABI_NATIVE][SYS_read] & WHAT_COUNTED);
	assert_null(syscall_set_add(&set, "memory"));
	assert_int_equal(set.what[ABI_NATIVE][SYS_mmap], WHAT_COUNTED | BYTES_MMAP);
	assert_int_equal(set.what[ABI_NATIVE][SYS_brk], WHAT_COUNTED | BYTES_BRK);
	assert_null(syscall_set_add(&set, "network"));
	assert_true(set.what[ABI_NATIVE][SYS_recvfrom] & WHAT_COUNTED);
	assert_null(syscall_set_add(&set, "process"));
	assert_int_equal(set.what[ABI_NATIVE][SYS_execve], WHAT_COUNTED | WHAT_EXEC);
	assert_null(syscall_set_add(&set, "file"));
	assert_true(set.what[ABI_NATIVE][SYS_openat] & WHAT_COUNTED);
}

#ifdef __x86_64__
static void an_abi_in_front_means_calls_of_that_one(void **state)
{
	struct syscall_set set;
	struct err *err;

	(void)state;
	syscall_set_init(&set);
	assert_true(syscall_set_is_empty(&set));
	assert_true(syscall_word_has_abi("ia32:mmap"));
	assert_false(syscall_word_has_abi("kmem:mm_page_alloc"));
	assert_null(syscall_set_add(&set, "ia32:mmap*"));
	assert_false(syscall_set_is_empty(&set));
	assert_false(set.what[ABI_NATIVE][SYS_mmap] & WHAT_COUNTED);
	/* The first has its arguments in memory. */
	assert_int_equal(set.what[ABI_IA32][90], WHAT_COUNTED | BYTES_OLD_MMAP);
	assert_int_equal(set.what[ABI_IA32][192], WHAT_COUNTED | BYTES_MMAP);
	assert_null(syscall_set_add(&set, "x32:network"));
	assert_false(set.what[ABI_NATIVE][SYS_connect] & WHAT_COUNTED);
	assert_true(set.what[ABI_X32][SYS_connect] & WHAT_COUNTED);
	err = syscall_set_add(&set, "ia32:mmup");
	assert_non_null(strstr(err_message(err), "'ia32:mmup'; did you mean 'ia32:mmap'"));
	err_free(err);
}
#endif

static void a_mistyped_name_is_told_its_nearest(void **state)
{
	struct syscall_set set = { .unknown = false };
	autoerr struct err *err = syscall_set_add(&set, "mumap");

	(void)state;
	assert_int_equal(err_code(err), ERR_USAGE);
	assert_non_null(strstr(err_message(err), "did you mean 'munmap'"));
}

static void errnos_have_symbols(void **state)
{
	(void)state;
	assert_string_equal(errno_symbol(ENOENT), "ENOENT");
	assert_string_equal(errno_symbol(512), "ERESTARTSYS");
	assert_null(errno_symbol(4000));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_those_of_the_manual),
		cmocka_unit_test(a_name_adds_its_call_alone),
		cmocka_unit_test(globs_and_groups_add_all_they_name),
#ifdef __x86_64__
		cmocka_unit_test(an_abi_in_front_means_calls_of_that_one),
#endif
		cmocka_unit_test(a_mistyped_name_is_told_its_nearest),
		cmocka_unit_test(errnos_have_symbols),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
