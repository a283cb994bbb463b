/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every sample of a recording as text, byte for byte what `perf script` prints by default (that of
 * Linux 6.1, builtin-script.c).
 */
#ifndef VMTOOL_REPORT_SAMPLES_H
#define VMTOOL_REPORT_SAMPLES_H

#include <stdio.h>

#include "util/report/session.h"

/* The first @limit of them; 0: all. */
must_check struct err *samples_show(struct session *session, const struct session_filter *filter,
				    size_t limit, FILE *out);

#endif
