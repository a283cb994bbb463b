// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct err {
	enum err_code code;
	int errnum;
	char message[];
};

/* What err_nomem() hands out. Shared and constant: err_free() lets it be. */
static const struct {
	enum err_code code;
	int errnum;
	char message[sizeof("out of memory")];
} out_of_memory = { .code = ERR_NOMEM, .message = "out of memory" };

struct err *err_nomem(void)
{
	return (struct err *)&out_of_memory;
}

static struct err *err_vnew(enum err_code code, int errnum, const char *tail, const char *fmt,
			    va_list args)
{
	const char *separator = tail ? ": " : "";
	struct err *e;
	va_list again;
	size_t size;
	int head;

	if (!tail)
		tail = "";

	va_copy(again, args);
	head = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	if (head < 0)
		return err_nomem();

	size = (size_t)head + strlen(separator) + strlen(tail) + 1;
	e = malloc(sizeof(*e) + size);
	if (!e)
		return err_nomem();

	e->code = code;
	e->errnum = errnum;
	vsnprintf(e->message, (size_t)head + 1, fmt, args);
	snprintf(e->message + head, size - (size_t)head, "%s%s", separator, tail);
	return e;
}

struct err *err_new(enum err_code code, const char *fmt, ...)
{
	struct err *e;
	va_list args;

	va_start(args, fmt);
	e = err_vnew(code, 0, NULL, fmt, args);
	va_end(args);
	return e;
}

struct err *err_sys(int errnum, const char *fmt, ...)
{
	struct err *e;
	va_list args;

	va_start(args, fmt);
	e = err_vnew(ERR_SYS, errnum, strerror(errnum), fmt, args);
	va_end(args);
	return e;
}

struct err *err_wrap(struct err *cause, const char *fmt, ...)
{
	struct err *e;
	va_list args;

	if (!cause)
		return NULL;

	va_start(args, fmt);
	e = err_vnew(cause->code, cause->errnum, cause->message, fmt, args);
	va_end(args);

	if (e == err_nomem())
		return cause;
	err_free(cause);
	return e;
}

struct err *err_clone(const struct err *e)
{
	struct err *clone;
	size_t size;

	if (!e || e == err_nomem())
		return (struct err *)e;

	size = sizeof(*e) + strlen(e->message) + 1;
	clone = malloc(size);
	if (!clone)
		return err_nomem();
	memcpy(clone, e, size);
	return clone;
}

enum err_code err_code(const struct err *e)
{
	return e->code;
}

int err_errno(const struct err *e)
{
	return e->errnum;
}

const char *err_message(const struct err *e)
{
	return e->message;
}

void err_free(struct err *e)
{
	if (e != err_nomem())
		free(e);
}
