// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/draw/svg.h"

#include <stdint.h>
#include <string.h>

/*
 * Bytes of the UTF-8 character at @s, 0 when there is none. Surrogates and overlong forms are none,
 * nor are U+FFFE and U+FFFF, with which XML is not well-formed.
 */
static size_t character_len(const unsigned char *s)
{
	size_t len = *s < 0x80		       ? 1
		     : *s >= 0xc2 && *s < 0xe0 ? 2
		     : *s >= 0xe0 && *s < 0xf0 ? 3
		     : *s >= 0xf0 && *s < 0xf5 ? 4
					       : 0;

	for (size_t i = 1; i < len; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	if (len == 3 && ((*s == 0xe0 && s[1] < 0xa0) || (*s == 0xed && s[1] >= 0xa0) ||
			 (*s == 0xef && s[1] == 0xbf && s[2] >= 0xbe)))
		return 0;
	if (len == 4 && ((*s == 0xf0 && s[1] < 0x90) || (*s == 0xf4 && s[1] >= 0x90)))
		return 0;
	return len;
}

void svg_text(FILE *out, const char *text)
{
	const unsigned char *s = (const unsigned char *)text;

	while (*s) {
		size_t len = character_len(s);

		if (!len || *s < 0x20 || *s == 0x7f) {
			fputs("\xef\xbf\xbd", out);
			s++;
			continue;
		}
		if (*s == '&')
			fputs("&amp;", out);
		else if (*s == '<')
			fputs("&lt;", out);
		else if (*s == '>')
			fputs("&gt;", out);
		else if (*s == '"')
			fputs("&quot;", out);
		else
			fwrite(s, 1, len, out);
		s += len;
	}
}

static void put_escaped(FILE *out, const unsigned char *s, size_t len)
{
	uint32_t c = len == 1 ? *s : *s & (0x7fu >> len);

	for (size_t i = 1; i < len; i++)
		c = c << 6 | (s[i] & 0x3f);
	if (c < 0x10000)
		fprintf(out, "\\u%04x", c);
	else
		fprintf(out, "\\u%04x\\u%04x", 0xd800 + ((c - 0x10000) >> 10),
			0xdc00 + ((c - 0x10000) & 0x3ff));
}

void svg_script_string(FILE *out, const char *text)
{
	const unsigned char *s = (const unsigned char *)text;

	fputc('"', out);
	while (*s) {
		size_t len = character_len(s);

		if (!len)
			fputs("\\ufffd", out);
		else if (len > 1 || *s < 0x20 || *s == 0x7f || strchr("\"\\<>&", *s))
			put_escaped(out, s, len);
		else
			fputc(*s, out);
		s += len ? len : 1;
	}
	fputc('"', out);
}
