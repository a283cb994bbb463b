// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/base/str.h"

#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include "util/base/endian.h"

void str_release(struct str *str)
{
	if (str->capacity)
		free(str->s);
	*str = STR_INIT;
}

/* Room for @more bytes and the NUL. */
static bool str_reserve(struct str *str, size_t more)
{
	size_t need, capacity;
	char *s;

	if (str->failed)
		return false;
	/* No object is larger than half the address space, so sums below cannot wrap. */
	if (more >= SIZE_MAX / 2 - str->len) {
		str->failed = true;
		return false;
	}

	need = str->len + more + 1;
	if (need <= str->capacity)
		return true;

	capacity = MAX(str->capacity * 2, (size_t)64);
	capacity = MAX(capacity, need);
	s = realloc(str->capacity ? str->s : NULL, capacity);
	if (!s) {
		str->failed = true;
		return false;
	}
	if (!str->capacity)
		s[0] = '\0';
	str->s = s;
	str->capacity = capacity;
	return true;
}

void str_add_bytes(struct str *str, const void *bytes, size_t len)
{
	if (!str_reserve(str, len))
		return;
	memcpy(str->s + str->len, bytes, len);
	str->len += len;
	str->s[str->len] = '\0';
}

void str_add(struct str *str, const char *text)
{
	str_add_bytes(str, text, strlen(text));
}

void str_add_char(struct str *str, char c)
{
	str_add_bytes(str, &c, 1);
}

void str_add_le32(struct str *str, uint32_t value)
{
	uint8_t bytes[sizeof(value)];

	store_u32(bytes, value, ORDER_LITTLE);
	str_add_bytes(str, bytes, sizeof(bytes));
}

void str_add_le64(struct str *str, uint64_t value)
{
	uint8_t bytes[sizeof(value)];

	store_u64(bytes, value, ORDER_LITTLE);
	str_add_bytes(str, bytes, sizeof(bytes));
}

void str_printf(struct str *str, const char *fmt, ...)
{
	va_list args;
	int len;

	va_start(args, fmt);
	len = vsnprintf(NULL, 0, fmt, args);
	va_end(args);
	if (len < 0) {
		str->failed = true;
		return;
	}
	if (!str_reserve(str, (size_t)len))
		return;

	va_start(args, fmt);
	vsnprintf(str->s + str->len, (size_t)len + 1, fmt, args);
	va_end(args);
	str->len += (size_t)len;
}

void str_clear(struct str *str)
{
	str->len = 0;
	if (str->capacity)
		str->s[0] = '\0';
}

struct err *str_check(const struct str *str)
{
	return str->failed ? err_nomem() : NULL;
}

char *str_take(struct str *str)
{
	char *s;

	if (!str_reserve(str, 0))
		return NULL;
	s = str->s;
	*str = STR_INIT;
	return s;
}
