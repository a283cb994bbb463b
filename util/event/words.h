/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Events by the words of a command line:
 *
 *	SYSTEM:NAME	a tracepoint; both parts may be globs ("kmem:*", "sched:sched_*")
 *	NAME		a software event ("cpu-clock", "page-faults", "cs"); with ":u" or ":k"
 *			user or kernel only
 *	EVENT/TERM=VALUE,.../	how this one is recorded: call-graph=no|kernel|fp|dwarf,
 *			stack-size=BYTES, max-stack=FRAMES, period=N, freq=HZ
 *
 * Several events are parted by commas.
 */
#ifndef VMTOOL_EVENT_WORDS_H
#define VMTOOL_EVENT_WORDS_H

#include <stdbool.h>

#include "util/base/err.h"
#include "util/event/event.h"

/*
 * Append what @words name; tracepoints that are there already are not added again, but what @words
 * say of them holds. @tracefs_fd: see util/sys/tracefs.h; -1 when there is none, then
 * tracepoints are ERR_NODATA. An unknown event is ERR_USAGE and says what was perhaps meant. With
 * @optional, tracepoints this kernel does not have are passed over, as long as one is there.
 */
must_check struct err *event_set_add(struct event_set *set, const char *words, int tracefs_fd,
				     bool optional);

#endif
