// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/sys/cpus.h"

#include <sched.h>

unsigned int cpus_usable_nr(void)
{
	cpu_set_t set;

	/* Fails on machines with more than 1024 processors, where 1024 threads are enough. */
	if (sched_getaffinity(0, sizeof(set), &set))
		return 1;
	return (unsigned int)CPU_COUNT(&set);
}
