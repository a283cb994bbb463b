/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What time it is, in nanoseconds, which fit into 64 bits for 584 years. Knows neither dates nor
 * how long something may take; how times look to people is in util/cli/human.h.
 *
 * Safe in any thread and in a signal handler. Mostly no system call (vdso(7)), but always one for a
 * CPU time.
 */
#ifndef VMTOOL_BASE_CLOCK_H
#define VMTOOL_BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

#define NS_PER_US UINT64_C(1000)
#define NS_PER_MS UINT64_C(1000000)
#define NS_PER_S UINT64_C(1000000000)

/* One of clock_gettime(2)'s clocks, since whatever is its zero; 0 of a clock that is not there. */
uint64_t clock_ns(clockid_t clock);

/*
 * For how long something takes, and when it is due: CLOCK_MONOTONIC, which nobody sets, which does
 * not go back, and which stands still while the machine is suspended.
 */
uint64_t clock_now_ns(void);

#endif
