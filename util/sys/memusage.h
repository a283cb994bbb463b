/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How much memory this process has needed, as the kernel counts it (proc(5), /proc/self/status).
 * Mapped pages of files count too, and so do the page tables for them.
 */
#ifndef VMTOOL_SYS_MEMUSAGE_H
#define VMTOOL_SYS_MEMUSAGE_H

#include <stdint.h>

#include "util/base/err.h"

struct memusage {
	uint64_t peak_resident_bytes; /* VmHWM */
	uint64_t page_table_bytes;    /* VmPTE, now */
};

/* ERR_SYS where /proc is not mounted, ERR_FORMAT where it lacks the lines. */
must_check struct err *memusage_read(struct memusage *ret_usage);

#endif
