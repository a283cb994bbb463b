/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a recording holds of programs' files: which builds they were (perf's BUILD_ID feature) and
 * the functions its samples are in (PERFDATA_SECTION_USER_SYMBOLS). Makes a report the same on
 * another machine.
 */
#ifndef VMTOOL_REPORT_STORED_H
#define VMTOOL_REPORT_STORED_H

#include "util/perfdata/reader.h"
#include "util/symbol/space.h"

/* Which build the kernel was; length 0: the recording does not say. */
must_check struct err *stored_kernel_build(struct perfdata *perfdata, struct build_id *ret_id);

/* Damaged entries are passed over. */
must_check struct err *stored_read(struct perfdata *perfdata, struct spaces *spaces);

#endif
