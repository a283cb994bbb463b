/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * For clang-tidy only (-include). Its analyzer sees one file at a time, so it takes a function that
 * ends in `return err_new(...)` for one that may return NULL with its ret_ arguments unset, and
 * reads no attribute that says otherwise. Here it is told that errors are never NULL.
 */
#ifndef VMTOOL_SCRIPTS_ANALYZER_MODEL_H
#define VMTOOL_SCRIPTS_ANALYZER_MODEL_H

#include "util/base/err.h"

static inline struct err *model_never_null(struct err *e)
{
	if (!e)
		__builtin_unreachable();
	return e;
}

static inline struct err *model_null_for_null(const struct err *cause, struct err *e)
{
	if (!cause != !e)
		__builtin_unreachable();
	return e;
}

#define err_new(...) model_never_null(err_new(__VA_ARGS__))
#define err_sys(...) model_never_null(err_sys(__VA_ARGS__))
#define err_nomem() model_never_null(err_nomem())
#define err_wrap(cause, ...)                                                                       \
	({                                                                                         \
		struct err *model_cause = (cause);                                                 \
		model_null_for_null(model_cause, err_wrap(model_cause, __VA_ARGS__));              \
	})

#endif
