// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/cli/utf8.h"

#include <stdbool.h>
#include <stdint.h>

#include "util/base/macros.h"

struct range {
	uint32_t first;
	uint32_t last;
};

/* The blocks in use of Unicode 15's general categories Mn and Me; format characters as well. */
static const struct range zero_width[] = {
	{ 0x0300, 0x036f }, { 0x0483, 0x0489 }, { 0x0591, 0x05bd }, { 0x0610, 0x061a },
	{ 0x064b, 0x065f }, { 0x06d6, 0x06dc }, { 0x0900, 0x0902 }, { 0x0e34, 0x0e3a },
	{ 0x1ab0, 0x1aff }, { 0x1dc0, 0x1dff }, { 0x200b, 0x200f }, { 0x20d0, 0x20f0 },
	{ 0x3099, 0x309a }, { 0xfe00, 0xfe0f }, { 0xfe20, 0xfe2f }, { 0xfeff, 0xfeff },
};

/* Unicode 15's East_Asian_Width W and F, in whole blocks. */
static const struct range double_width[] = {
	{ 0x1100, 0x115f },   { 0x231a, 0x231b },   { 0x2e80, 0x303e },	  { 0x3041, 0x33ff },
	{ 0x3400, 0x4dbf },   { 0x4e00, 0x9fff },   { 0xa000, 0xa4cf },	  { 0xa960, 0xa97f },
	{ 0xac00, 0xd7a3 },   { 0xf900, 0xfaff },   { 0xfe30, 0xfe6f },	  { 0xff00, 0xff60 },
	{ 0xffe0, 0xffe6 },   { 0x16fe0, 0x18aff }, { 0x1b000, 0x1b2ff }, { 0x1f300, 0x1f64f },
	{ 0x1f680, 0x1f6ff }, { 0x1f900, 0x1faff }, { 0x20000, 0x3fffd },
};

static bool in_ranges(uint32_t c, const struct range *range, size_t nr)
{
	for (size_t i = 0; i < nr; i++)
		if (c >= range[i].first && c <= range[i].last)
			return true;
	return false;
}

static size_t decode(const char *s, uint32_t *ret_char)
{
	static const uint32_t smallest[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char *u = (const unsigned char *)s;
	uint32_t c;
	size_t len;

	if (!*u)
		return 0;
	if (*u < 0x80) {
		*ret_char = *u;
		return 1;
	}
	if (*u < 0xc0 || *u >= 0xf8)
		return 0;
	len = *u < 0xe0 ? 2 : *u < 0xf0 ? 3 : 4;
	c = *u & (0x7f >> len);
	for (size_t i = 1; i < len; i++) {
		if ((u[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (u[i] & 0x3f);
	}
	if (c < smallest[len] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return 0;
	*ret_char = c;
	return len;
}

size_t utf8_len(const char *s)
{
	uint32_t c;

	return decode(s, &c);
}

size_t utf8_width(const char *s)
{
	size_t width = 0;

	while (*s) {
		uint32_t c = 0;
		size_t len = decode(s, &c);

		if (in_ranges(c, double_width, ARRAY_SIZE(double_width)))
			width += 2;
		else if (!in_ranges(c, zero_width, ARRAY_SIZE(zero_width)))
			width += 1;
		s += len ? len : 1;
	}
	return width;
}

/* Bytes of the character at @s as it may be shown, 0 where a '?' is to stand for one byte. */
static size_t harmless_len(const char *s, size_t *ret_step)
{
	uint32_t c = 0;
	size_t len = decode(s, &c);

	*ret_step = len ? len : 1;
	return c < 0x20 || (c >= 0x7f && c < 0xa0) ? 0 : len;
}

void utf8_add_safe(struct str *out, const char *s)
{
	for (size_t step; *s; s += step) {
		size_t len = harmless_len(s, &step);

		str_add_bytes(out, len ? s : "?", len ? len : 1);
	}
}

void utf8_put_safe(FILE *out, const char *s)
{
	for (size_t step; *s; s += step) {
		/* Nearly all of them are plain letters. */
		size_t plain = 0, len;

		while (s[plain] >= ' ' && s[plain] < 0x7f)
			plain++;
		if (plain) {
			fwrite(s, 1, plain, out);
			step = plain;
			continue;
		}
		len = harmless_len(s, &step);
		fwrite(len ? s : "?", 1, len ? len : 1, out);
	}
}

void utf8_add_cell(struct str *out, const char *s, size_t width, bool left)
{
	size_t taken = utf8_width(s);
	int blanks = taken < width ? (int)(width - taken) : 0;

	if (!left)
		str_printf(out, "%*s", blanks, "");
	utf8_add_safe(out, s);
	if (left)
		str_printf(out, "%*s", blanks, "");
}
