/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The walk through a kdump-compressed dump, for verify.c: its bitmaps, each descriptor they
 * promise, the page it leads to, and whether pages share their bytes as they may. Threads unpack,
 * the caller's counts.
 */
#ifndef VMTOOL_DUMP_VERIFY_KDUMP_H
#define VMTOOL_DUMP_VERIFY_KDUMP_H

#include "util/dump/verify.h"

/* Counts all pages of @image, whose format it is, in @report. Errors as of dump_verify(). */
must_check struct err *verify_kdump(const struct verify_options *options, struct image *image,
				    struct verify_report *report);

#endif
