/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which CPUs there are: sets as the kernel writes them ("0-3,8,10-11"; here ascending, each once),
 * and how many this process may use (sched_getaffinity(2), so `taskset` and cpusets count).
 */
#ifndef VMTOOL_SYS_CPUS_H
#define VMTOOL_SYS_CPUS_H

#include <stddef.h>

#include "util/base/cleanup.h"
#include "util/base/err.h"

enum { CPUS_MAX = 8192 }; /* CONFIG_NR_CPUS of any architecture */

struct cpus {
	int *cpu;
	size_t nr;
};

#define CPUS_INIT ((struct cpus){ .nr = 0 })

/* ERR_USAGE for anything but such a list, and for an empty one; a final newline may be there. */
must_check struct err *cpus_parse(const char *text, struct cpus *ret_cpus);

/* The CPUs of the text of /proc/stat, which has a line "cpu3 ..." for each that is online. */
must_check struct err *cpus_of_stat(const char *text, struct cpus *ret_cpus);

/* By /sys, or by /proc where that is not mounted (a chroot). */
must_check struct err *cpus_online(struct cpus *ret_cpus);

void cpus_release(struct cpus *cpus);
DEFINE_GUARD_INPLACE(cpus, struct cpus, cpus_release)

/* At least 1. */
unsigned int cpus_usable_nr(void);

#endif
