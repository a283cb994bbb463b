/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Errors as values. A function that can fail returns `struct err *`: NULL is success, anything
 * else is owned by the caller, who frees it, returns it, or wraps it with what he was doing.
 * Nothing in util/ prints or exits; main() prints the one line the user sees, which reads from
 * the outside in: "cannot read image: open core: No such file or directory".
 *
 * Values behind `ret_` arguments are set only on success.
 *
 * Thread safety: an error belongs to one thread at a time.
 */
#ifndef VMTOOL_BASE_ERR_H
#define VMTOOL_BASE_ERR_H

#include "util/base/macros.h"

/* Only kinds on which some caller acts; everything else is told by the message. */
enum err_code {
	ERR_NOMEM,	 /* memory could not be had; err_new() itself may have failed */
	ERR_SYS,	 /* a system call failed: err_errno() says how */
	ERR_USAGE,	 /* the command line is wrong: exit code 129 */
	ERR_FORMAT,	 /* foreign bytes are not what they claim to be */
	ERR_NODATA,	 /* what was asked for is not there (a hole, a missing key) */
	ERR_UNSUPPORTED, /* well-formed, but nothing we know how to handle */
	ERR_INTERRUPTED, /* a signal asked us to stop */
	ERR_MISMATCH,	 /* two things that belong together do not: makedumpfile's exit code 2 */
};

struct err;

must_check never_null struct err *err_new(enum err_code code, const char *fmt, ...)
	printf_like(2, 3);

/* ERR_SYS with "<fmt>: <strerror(errnum)>". errnum is a positive errno value. */
must_check never_null struct err *err_sys(int errnum, const char *fmt, ...) printf_like(2, 3);

/* The out-of-memory error: never allocates, never fails. */
must_check never_null struct err *err_nomem(void);

/*
 * Put "<fmt>: " before the message. Takes ownership of @cause and keeps its code and errno.
 * Returns @cause unchanged when there is no memory for the longer message; NULL for NULL.
 */
must_check struct err *err_wrap(struct err *cause, const char *fmt, ...) printf_like(2, 3);

/* A second error like @e, for a second one who has to be told; NULL for NULL. */
must_check struct err *err_clone(const struct err *e);

enum err_code err_code(const struct err *e);

/* The errno behind an ERR_SYS, 0 for other codes. */
int err_errno(const struct err *e);

/* The whole line, without a newline. Owned by @e. */
const char *err_message(const struct err *e);

void err_free(struct err *e);

#endif
