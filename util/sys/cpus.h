/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The processors this process may run on (sched_getaffinity, so `taskset` and cpusets count). */
#ifndef VMTOOL_SYS_CPUS_H
#define VMTOOL_SYS_CPUS_H

/* At least 1. */
unsigned int cpus_usable_nr(void);

#endif
