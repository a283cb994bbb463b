/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What /proc says of a task; proc(5). A task may be gone at any time: then there is nothing.
 */
#ifndef VMTOOL_STAT_PROC_H
#define VMTOOL_STAT_PROC_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* A number of its status, such as "Tgid"; -1: not there. */
pid_t proc_id(pid_t tid, const char *key);

/* Is it gone, or does it only wait for its end to be taken note of? */
bool proc_has_ended(pid_t tid);

/* Is a signal in a mask of its status, such as "SigCgt"? */
bool proc_has_signal(pid_t tid, const char *key, int sig);

/* Its name; false: it has none any more. */
bool proc_comm(pid_t tid, char ret_comm[16]);

/* The end of the heap, or where it would begin; 0: not known. Its last page counts as a whole. */
uint64_t proc_brk(pid_t tid);

/* Since it began; of a process with all threads it had, and all children it waited for. */
struct proc_usage {
	uint64_t user_ns; /* to a tick of the clock: 10 ms */
	uint64_t system_ns;
	uint64_t minor_faults;
	uint64_t major_faults;
	uint64_t peak_rss_bytes; /* of the process, also for a thread */

	bool switches_known; /* of a thread: a process does not know those of threads that ended */
	uint64_t voluntary_switches;
	uint64_t involuntary_switches;

	bool io_known; /* only those who may trace a process are told */
	uint64_t read_bytes;
	uint64_t written_bytes;
};

/* @thread: of that thread alone. False: it is gone. */
bool proc_usage(pid_t id, bool thread, struct proc_usage *ret_usage);

#endif
