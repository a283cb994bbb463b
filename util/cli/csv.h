/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Text as a field of comma-separated values (RFC 4180): quoted where it has to be.
 */
#ifndef VMTOOL_CLI_CSV_H
#define VMTOOL_CLI_CSV_H

#include <stdio.h>

/* Errors of the stream stay in the stream, as with fprintf(). */
void csv_text(FILE *out, const char *text);
/* The same where another character than a comma stands between fields. */
void csv_field(FILE *out, char separator, const char *text);

#endif
