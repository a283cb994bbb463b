/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * UTF-8 as far as output needs it: what is valid, and how many columns of a terminal it takes.
 * Independent of the locale, so that output is the same everywhere, in a capture kernel too.
 */
#ifndef VMTOOL_CLI_UTF8_H
#define VMTOOL_CLI_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "util/base/str.h"

/*
 * Bytes of the valid character that NUL-terminated @s begins with; 0 at the NUL and for a byte that
 * begins none (overlong forms, surrogates, beyond U+10FFFF, cut short: RFC 3629).
 */
size_t utf8_len(const char *s);

/*
 * Columns that @s takes: 2 for East Asian wide characters and emoji, 0 for combining marks, 1 for
 * the rest and for each byte that is no character.
 */
size_t utf8_width(const char *s);

/*
 * Append @s with a '?' for each control character, line ends included, and each byte that is no
 * character: file names and strings out of a dump reach the terminal as one harmless line.
 */
void utf8_add_safe(struct str *out, const char *s);

/* The same to a stream; errors stay in the stream. */
void utf8_put_safe(FILE *out, const char *s);

/* The same in a column: with blanks before it, or behind it when it stands to the left. */
void utf8_add_cell(struct str *out, const char *s, size_t width, bool left);

#endif
