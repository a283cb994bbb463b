/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The sources there are, for the list in source.c. Everyone else goes through source.h.
 */
#ifndef VMTOOL_STAT_SOURCES_H
#define VMTOOL_STAT_SOURCES_H

#include "util/stat/source.h"

extern const struct stat_source_ops stat_source_bpf;	/* if HAVE_BPF */
extern const struct stat_source_ops stat_source_perf;	/* perf_event_open(2) counters */
extern const struct stat_source_ops stat_source_ptrace; /* ptrace(2), with seccomp(2) */

#endif
