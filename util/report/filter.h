/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Expressions over the fields of events, as the kernel's own event filters have them
 * (Documentation/trace/events.rst), applied to samples of a recording:
 *
 *	expression = and { "||" and }		and = term { "&&" term }
 *	term	   = "!" term | "(" expression ")" | field operator value
 *	operator   = == != < <= > >= & (numbers), == != ~ (texts; ~ takes a glob)
 *	value	   = number, word, "quoted text"
 *
 * Fields are the event's own and its common ones; where it has none of that name, what every sample
 * has: comm, pid, tid, cpu, period. A comparison with a field that an event lacks
 * does not hold for its samples; one that no event of the recording has is an error.
 */
#ifndef VMTOOL_REPORT_FILTER_H
#define VMTOOL_REPORT_FILTER_H

#include <stdbool.h>

#include "util/base/cleanup.h"
#include "util/base/err.h"
#include "util/event/sample.h"
#include "util/perfdata/reader.h"

struct filter;

/* ERR_USAGE: what is wrong, and where. @perfdata must outlive it. */
must_check struct err *filter_new(const char *text, struct perfdata *perfdata,
				  struct filter **ret_filter);
void filter_free(struct filter *filter);
DEFINE_GUARD(filter, struct filter *, filter_free)

/* @comm: of the sample's task. */
bool filter_holds(const struct filter *filter, const struct perfdata_event *event,
		  const struct sample *sample, const char *comm);

#endif
