/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The tracing data of a recording: the format files of its tracepoints as they were on the machine
 * that recorded, in the layout of trace.dat 0.5 and 0.6 (trace-cmd.dat(5); tools/perf/util/
 * trace-event-info.c writes it).
 */
#ifndef VMTOOL_PERFDATA_TRACING_H
#define VMTOOL_PERFDATA_TRACING_H

#include <stddef.h>
#include <stdint.h>

#include "util/base/err.h"
#include "util/base/notes.h"
#include "util/event/format.h"

enum { TRACING_DATA_BYTES_MAX = 256 << 20 };

/*
 * Add all formats of @data to @formats. *ret_page_bytes is what a page was there. A format that
 * cannot be read is left out, with a remark; ERR_FORMAT when the bytes are no tracing data.
 */
must_check struct err *tracing_data_parse(const uint8_t *data, size_t len, struct notes *notes,
					  struct formats *formats, uint32_t *ret_page_bytes);

#endif
