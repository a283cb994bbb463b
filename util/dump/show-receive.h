/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What came over a stream, as one line of text or as JSON. */
#ifndef VMTOOL_DUMP_SHOW_RECEIVE_H
#define VMTOOL_DUMP_SHOW_RECEIVE_H

#include <stdio.h>

#include "util/dump/receive.h"

/* Of a complete one. */
void receive_show_text(FILE *out, const struct receive_report *report);

/* Of any that has a file. */
void receive_show_json(FILE *out, const struct receive_report *report);

#endif
