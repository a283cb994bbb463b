/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How short memory was: what the kernel itself keeps count of, of a cgroup of version 2 (its
 * memory.pressure, memory.stat and memory.events) or of the whole machine (/proc/pressure/memory
 * and /proc/vmstat). The numbers are the kernel's and named as it names them: psi.rst
 * (Documentation/accounting), cgroup-v2.rst (Documentation/admin-guide), vmstat_text[] in
 * mm/vmstat.c.
 *
 * What the kernel does not tell (it was booted with psi=0, is too old, a cgroup without the memory
 * controller) is not known, and nothing is made up for it.
 */
#ifndef VMTOOL_STAT_PRESSURE_H
#define VMTOOL_STAT_PRESSURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum pressure_of { PRESSURE_NOT_ASKED, PRESSURE_OF_MACHINE, PRESSURE_OF_CGROUP };

enum pressure_value {
	PRESSURE_SOME_NS, /* some task waited for memory */
	PRESSURE_FULL_NS, /* all that had something to do did, at the same time */
	PRESSURE_PGSCAN,  /* pages looked at to take them away, by kswapd and all others */
	PRESSURE_PGSCAN_DIRECT,
	PRESSURE_PGSTEAL, /* and taken */
	PRESSURE_PGSTEAL_DIRECT,
	PRESSURE_REFAULT, /* pages of files and swap that were read again after they were taken */
	PRESSURE_ALLOCSTALL, /* allocations that had to reclaim by themselves */
	PRESSURE_COMPACT_STALL,
	PRESSURE_PSWPIN, /* pages */
	PRESSURE_PSWPOUT,
	PRESSURE_OOM_KILL,
	PRESSURE_NR,
};

struct stat_pressure {
	enum pressure_of of;
	uint32_t known; /* a bitmap by enum pressure_value */
	uint64_t value[PRESSURE_NR];
};

/* "pgscan_direct" */
const char *pressure_key(enum pressure_value value);
bool pressure_known(const struct stat_pressure *pressure, enum pressure_value value);

/* Since the machine or the cgroup began. @dir_fd: of the cgroup; of the machine /proc. */
struct stat_pressure pressure_now(enum pressure_of of, int dir_fd);

/* What came between; nothing is known of what is not of both. */
struct stat_pressure pressure_between(const struct stat_pressure *before,
				      const struct stat_pressure *after);

#endif
