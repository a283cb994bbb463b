/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What unit tests expect of errors and remarks. A failure shows the message that came instead.
 */
#ifndef VMTOOL_TESTS_LIB_EXPECT_H
#define VMTOOL_TESTS_LIB_EXPECT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "util/base/err.h"
#include "util/base/notes.h"

static inline void expect_ok_at(struct err *e, const char *file, int line)
{
	if (!e)
		return;
	print_error("unexpected error: %s\n", err_message(e));
	err_free(e);
	_fail(file, line);
}

/* Success; an error is shown, freed, and fails the test. */
#define expect_ok(e) expect_ok_at((e), __FILE__, __LINE__)

static inline void expect_err_at(struct err *e, enum err_code code, const char *part,
				 const char *file, int line)
{
	if (e && err_code(e) == code && strstr(err_message(e), part)) {
		err_free(e);
		return;
	}
	if (e)
		print_error("error of code %d: %s\nwanted code %d and: %s\n", (int)err_code(e),
			    err_message(e), (int)code, part);
	else
		print_error("success\nwanted an error of code %d with: %s\n", (int)code, part);
	err_free(e);
	_fail(file, line);
}

/* An error of @code whose message contains @part; it is freed. */
#define expect_err(e, code, part) expect_err_at((e), (code), (part), __FILE__, __LINE__)

/* How many remarks contain @part. */
static inline size_t notes_with(const struct notes *notes, const char *part)
{
	size_t nr = 0;

	for (size_t i = 0; i < notes->nr; i++)
		nr += strstr(notes->line[i], part) != NULL;
	return nr;
}

#endif
