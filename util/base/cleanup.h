/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Guards: a local variable that releases what it holds when it goes out of scope. A resource gets
 * its guard on the line it is born; ownership leaves with take_ptr() or take_fd().
 *
 *	autofree char *line = NULL;
 *	autoclose int fd = open(path, O_RDONLY | O_CLOEXEC);
 *
 * A type with a free function of its own declares its guard next to that function:
 *
 *	DEFINE_GUARD(image, struct image *, image_close)
 *	...
 *	guard(image) struct image *img = NULL;
 */
#ifndef VMTOOL_BASE_CLEANUP_H
#define VMTOOL_BASE_CLEANUP_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "util/base/err.h"

/* @release is called with the variable's value and must accept NULL. */
#define DEFINE_GUARD(name, type, release)                                                          \
	static inline void guard_##name##_(type *p)                                                \
	{                                                                                          \
		release(*p);                                                                       \
	}

/* For structs initialised in place: @release is called with the variable's address. */
#define DEFINE_GUARD_INPLACE(name, type, release)                                                  \
	static inline void guard_##name##_(type *p)                                                \
	{                                                                                          \
		release(p);                                                                        \
	}

/* "unused": a variable may be there only for what happens at its end, which clang does not see. */
#define guard(name) __attribute__((cleanup(guard_##name##_), unused))

static inline void guard_free_(void *p)
{
	free(*(void **)p);
}

static inline void guard_fd_(const int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static inline void guard_file_(FILE **f)
{
	if (*f)
		fclose(*f);
}

static inline void guard_err_(struct err **e)
{
	err_free(*e);
}

#define autofree guard(free)
#define autoclose guard(fd)
#define autofclose guard(file)
#define autoerr guard(err)

/* Hand a guarded resource on: the guard is left holding nothing. */
#define take_ptr(p)                                                                                \
	({                                                                                         \
		__typeof__(p) taken_ = (p);                                                        \
		(p) = NULL;                                                                        \
		taken_;                                                                            \
	})

static inline int take_fd(int *fd)
{
	int taken = *fd;

	*fd = -1;
	return taken;
}

#endif
