/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a recording was never to hold, by the words of whoever made it: some occurrences of an
 * event, frees, what others do. It may be "complete" all the same, and figures of a report mean
 * less than they seem to; remarks tell.
 */
#ifndef VMTOOL_REPORT_PARTIAL_H
#define VMTOOL_REPORT_PARTIAL_H

#include <stdbool.h>

#include "util/report/session.h"

/* Of an event of pages or objects that is analysed: only some occurrences are samples. */
void partial_note_period(const struct session *session, const struct perfdata_event *event);

/* Where what is live is shown, of pages or of objects (@slab): frees that are not there. */
must_check struct err *partial_note_frees(const struct session *session, bool slab);

#endif
