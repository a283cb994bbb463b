/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an option table looks like to people (usage text) and to scripts (one line per option).
 * Writes into strings only; who prints them, and where, is the caller's business.
 */
#ifndef VMTOOL_CLI_USAGE_H
#define VMTOOL_CLI_USAGE_H

#include <stddef.h>

#include "util/base/str.h"
#include "util/cli/options.h"

enum { USAGE_WIDTH = 80 };

/* The usage text: synopsis, about, options under their headings; no line beyond USAGE_WIDTH. */
void usage_text(const struct option_table *table, struct str *out);

/* "usage: vmtool dump [options] ..." and nothing else; several forms, several lines. */
void usage_synopsis(const struct option_table *table, struct str *out);

/*
 * For completion and for the check of the manual: a line per visible option,
 * "<short>\t<long>\t<arg>\t<choice>,<choice>\t<help>\n", with "-" for what it does not have.
 */
void usage_list(const struct option_table *table, struct str *out);

/*
 * Append @text, broken at spaces so that no line passes @width columns; the cursor stands at
 * @column, continued lines start at @indent. Ends with a newline.
 */
void usage_wrap(struct str *out, const char *text, size_t column, size_t indent, size_t width);

#endif
