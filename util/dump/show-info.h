/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a dump is, and whether it is whole, as people read it and as JSON. */
#ifndef VMTOOL_DUMP_SHOW_INFO_H
#define VMTOOL_DUMP_SHOW_INFO_H

#include <stdio.h>

#include "util/dump/info.h"
#include "util/dump/lastwords.h"
#include "util/dump/verify.h"

void dump_info_show_text(FILE *out, const struct dump_info *info, const struct last_words *words);
void dump_info_show_json(FILE *out, const struct dump_info *info, const struct last_words *words);

void verify_show_text(FILE *out, const struct verify_report *report);
void verify_show_json(FILE *out, const struct verify_report *report);

#endif
