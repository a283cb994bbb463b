// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "util/base/cleanup.h"
#include "util/base/err.h"

static void an_error_keeps_its_code_and_message(void **state)
{
	autoerr struct err *e = err_new(ERR_FORMAT, "page %d of %s", 7, "core");

	(void)state;
	assert_int_equal(err_code(e), ERR_FORMAT);
	assert_int_equal(err_errno(e), 0);
	assert_string_equal(err_message(e), "page 7 of core");
}

static void a_system_error_says_what_errno_means(void **state)
{
	autoerr struct err *e = err_sys(ENOENT, "open %s", "core");

	(void)state;
	assert_int_equal(err_code(e), ERR_SYS);
	assert_int_equal(err_errno(e), ENOENT);
	assert_string_equal(err_message(e), "open core: No such file or directory");
}

static void wrapping_adds_context_outside_and_keeps_the_kind(void **state)
{
	autoerr struct err *e = err_sys(EIO, "read at offset %#x", 0x1000);

	(void)state;
	e = err_wrap(e, "segment %d", 3);
	e = err_wrap(e, "cannot read image");
	assert_int_equal(err_code(e), ERR_SYS);
	assert_int_equal(err_errno(e), EIO);
	assert_string_equal(err_message(e), "cannot read image: segment 3: read at offset 0x1000: "
					    "Input/output error");
}

static void wrapping_success_is_success(void **state)
{
	(void)state;
	assert_null(err_wrap(NULL, "cannot %s", "happen"));
}

static void out_of_memory_can_be_made_wrapped_and_freed_at_any_time(void **state)
{
	struct err *e = err_nomem();

	(void)state;
	assert_int_equal(err_code(e), ERR_NOMEM);
	assert_string_equal(err_message(e), "out of memory");
	err_free(e);
	err_free(e);

	e = err_wrap(err_nomem(), "page map");
	assert_int_equal(err_code(e), ERR_NOMEM);
	assert_string_equal(err_message(e), "page map: out of memory");
	err_free(e);
}

static void a_message_may_be_long(void **state)
{
	char name[5000];
	autoerr struct err *e = NULL;

	(void)state;
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	e = err_wrap(err_new(ERR_NODATA, "%s", name), "%s", name);
	assert_int_equal(strlen(err_message(e)), 2 * (sizeof(name) - 1) + 2);
}

static void freeing_nothing_is_allowed(void **state)
{
	(void)state;
	err_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_error_keeps_its_code_and_message),
		cmocka_unit_test(a_system_error_says_what_errno_means),
		cmocka_unit_test(wrapping_adds_context_outside_and_keeps_the_kind),
		cmocka_unit_test(wrapping_success_is_success),
		cmocka_unit_test(out_of_memory_can_be_made_wrapped_and_freed_at_any_time),
		cmocka_unit_test(a_message_may_be_long),
		cmocka_unit_test(freeing_nothing_is_allowed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
