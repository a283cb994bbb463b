/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A string that grows. Appending never reports failure: a string that ran out of memory stays
 * failed, keeps what it had, and str_check() tells at the end. `str->s` is always a NUL-terminated
 * string, also when nothing was appended.
 */
#ifndef VMTOOL_BASE_STR_H
#define VMTOOL_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/base/cleanup.h"

struct str {
	char *s;
	size_t len;	 /* without the NUL */
	size_t capacity; /* 0: `s` points at a constant empty string */
	bool failed;
};

#define STR_INIT ((struct str){ .s = (char *)"" })

void str_release(struct str *str);
DEFINE_GUARD_INPLACE(str, struct str, str_release)

void str_add(struct str *str, const char *text);
void str_add_bytes(struct str *str, const void *bytes, size_t len);
void str_add_char(struct str *str, char c);

/* The number's bytes, lowest first. */
void str_add_le32(struct str *str, uint32_t value);
void str_add_le64(struct str *str, uint64_t value);

void str_printf(struct str *str, const char *fmt, ...) printf_like(2, 3);

/* Back to the empty string; memory is kept for the next use. */
void str_clear(struct str *str);

/* Out-of-memory if any append failed. */
must_check struct err *str_check(const struct str *str);

/* The string on the heap, owned by the caller; @str is empty after. NULL if any append failed. */
char *str_take(struct str *str);

#endif
