/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What stands at the top of every HTML report: which recording it is, of what machine, and whether
 * anything is missing.
 */
#ifndef VMTOOL_REPORT_HTMLHEAD_H
#define VMTOOL_REPORT_HTMLHEAD_H

#include <stdio.h>

#include "util/report/session.h"

/* More rows than these make browsers slow. */
enum { HTML_ROWS_MAX = 5000 };

/* Once all records were seen: session_loss(). @path: what the user called it. */
must_check struct err *html_head(struct session *session, const char *path, FILE *out);

/* Under a table of @shown of @all rows; nothing when those are all. */
must_check struct err *html_left_out(size_t shown, size_t all, FILE *out);

#endif
