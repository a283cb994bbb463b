/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a file says of the machine and of the kernel that recorded it, so that another machine can
 * read it: formats of the tracepoints, perf's descriptions of the host, and vmtool's own sections
 * (util/perfdata/format.h). All of it is known before the first record. What cannot be had is left
 * out; formats are an error.
 */
#ifndef VMTOOL_RECORD_HOST_H
#define VMTOOL_RECORD_HOST_H

#include <stdbool.h>

#include "util/base/err.h"
#include "util/base/notes.h"
#include "util/perfdata/writer.h"
#include "util/record/record.h"

must_check struct err *host_sections(struct perfdata_writer *writer,
				     const struct record_config *config, struct notes *notes);

/* The address of _text, 0 when kallsyms does not tell. */
uint64_t host_kernel_text(void);

#endif
