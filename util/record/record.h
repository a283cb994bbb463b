/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A recording: rings -> file, from the first event until the command ends, somebody asks to stop,
 * or there is no more room. The file is valid at every moment (util/perfdata/format.h).
 *
 * Threads of its own: readers, one per some CPUs, and the output's (util/mem/output.h). All are
 * there before the first event is opened, so that the kernel can be told to leave them out.
 */
#ifndef VMTOOL_RECORD_RECORD_H
#define VMTOOL_RECORD_RECORD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "util/base/err.h"
#include "util/base/notes.h"
#include "util/event/event.h"
#include "util/sys/cpus.h"
#include "util/sys/workload.h"

enum record_proof {
	RECORD_COMPLETE,   /* every event the kernel counted is in the file */
	RECORD_INCOMPLETE, /* `lost` of them are not */
	RECORD_UNKNOWN,	   /* clocks, periods, overwritten rings: nothing can be said */
};

struct record_config {
	struct event_set *events; /* finished; their read_format is completed here */
	const char *path;
	int nameless_fd; /* an empty file to write to, `path` says what it is; -1: `path` is */
	const char *version;
	const char *command_line;
	int tracefs_fd; /* -1: none */

	const struct cpus *cpus;
	const pid_t *tid; /* NULL: every task on the CPUs */
	size_t tid_nr;
	bool inherit;		   /* by what these tasks start */
	const char *only;	   /* "tasks", "cpus": what they do; NULL: all is recorded */
	int cgroup_fd;		   /* -1: none */
	struct workload *workload; /* started and not yet let go, or NULL */
	int stop_fd;		   /* -1: none */
	int snapshot_fd;	   /* a signalfd to be read, -1: none */

	uint64_t ring_bytes; /* 0: chosen */
	uint32_t readers_nr; /* 0: chosen */
	uint64_t delay_ms;   /* after the command was let go */
	uint64_t file_bytes; /* end when the files together have that many, 0: no end */
	uint64_t switch_bytes, switch_ms; /* another file then, 0: never */
	bool switch_signal;		  /* and at snapshot_fd */
	bool overwrite; /* rings go round; a snapshot at snapshot_fd and at the end */
	int zstd_level; /* 0: not compressed */
	bool use_mmap;
	bool include_self;

	/* As if the kernel were older: for tests. */
	bool no_lost;
	bool no_build_id;
	bool no_populate;
	bool no_btf;
	bool no_cgroup;
};

struct record_result {
	enum record_proof proof;
	uint64_t lost; /* events not in the file; with RECORD_UNKNOWN what the rings told */
	uint64_t
		withheld; /* of `lost`: counted by the kernel, but neither written nor called lost */
	uint64_t lost_tracking; /* records of tasks and mappings that were lost */
	uint64_t events;
	uint64_t bytes;	     /* of the files */
	uint64_t wakeups;    /* of the readers */
	uint64_t wall_ns;    /* while events were enabled */
	uint64_t cpu_ns;     /* of vmtool meanwhile */
	uint64_t own_events; /* dropped because they were vmtool's own */
	uint32_t files_nr;
	uint64_t ring_bytes;
	size_t rings_nr;

	/*
	 * Why it ended early, though the file is good: the disk is full, a limit of file size. To
	 * be freed. NULL: it did not.
	 */
	struct err *stopped_by;
};

/*
 * An error means that there is no recording, or that its file may be incomplete in ways a reader
 * has to find out. The workload has been waited for unless the error came before it was let go.
 */
must_check struct err *record_run(const struct record_config *config, struct notes *notes,
				  struct record_result *ret_result);

#endif
