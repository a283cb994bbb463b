/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A whole recording as perf's pipes have one: attributes, formats and features stand as records
 * before the events. perf report -i - and perf script -i - read it, and reader.h does. What perf
 * has no record for, sections of ours, goes in pieces that it steps over (format.h,
 * PERFDATA_UPDATE_PIECE); what is known only at the end of a recording stands at the end, so that
 * whoever has it has everything.
 */
#ifndef VMTOOL_PERFDATA_SEND_H
#define VMTOOL_PERFDATA_SEND_H

#include "util/base/err.h"
#include "util/perfdata/reader.h"

/* ERR_UNSUPPORTED: an event of so many descriptors has more than a record holds (some 8000). */
must_check struct err *perfdata_check_send(const char *event_name, size_t descriptors_nr);

/*
 * @perfdata: opened, not loaded, a file of ours that is complete. Refuses what
 * perfdata_check_send() refuses. ERR_INTERRUPTED: @stop_fd (-1: none) became readable while the
 * reader kept us waiting. An error of sending says how much was sent, of how much.
 */
must_check struct err *perfdata_send(struct perfdata *perfdata, int fd, int stop_fd);

#endif
