/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What people read below a table of system calls: memory, the line of time(1), other events, and
 * what could not be counted.
 */
#ifndef VMTOOL_STAT_SUMMARY_H
#define VMTOOL_STAT_SUMMARY_H

#include <stdio.h>

#include "util/stat/run.h"

void stat_print_summary(FILE *out, const struct stat_result *result);
/* How short memory was; nothing where that was not asked for. */
void stat_print_pressure(FILE *out, const struct stat_pressure *pressure);
void stat_print_events(FILE *out, const struct stat_events *events);
/* What pages were had and freed; nothing where that is not seen. */
void stat_print_pages(FILE *out, const struct stat_table *table);
/* Nothing when nothing was lost. */
void stat_print_lost(FILE *out, const struct stat_table *table);

#endif
