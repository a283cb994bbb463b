/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The few compiler spellings the whole tree uses. Knows nothing else.
 */
#ifndef VMTOOL_BASE_MACROS_H
#define VMTOOL_BASE_MACROS_H

/* The result carries an error or a resource: ignoring it is a mistake. */
#define must_check __attribute__((warn_unused_result))

/* The result is never NULL, so the compiler need not think of the path where it is. */
#define never_null __attribute__((returns_nonnull))

/* Format arguments are checked as printf's: FMT and FIRST count parameters from 1. */
#define printf_like(fmt, first) __attribute__((format(printf, fmt, first)))

#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#define MIN(a, b)                                                                                  \
	({                                                                                         \
		__typeof__(a) min_a_ = (a);                                                        \
		__typeof__(b) min_b_ = (b);                                                        \
		min_a_ < min_b_ ? min_a_ : min_b_;                                                 \
	})

#define MAX(a, b)                                                                                  \
	({                                                                                         \
		__typeof__(a) max_a_ = (a);                                                        \
		__typeof__(b) max_b_ = (b);                                                        \
		max_a_ > max_b_ ? max_a_ : max_b_;                                                 \
	})

#endif
