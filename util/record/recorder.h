/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The parts of a recording that is going on, for the files that make it up: record.c begins and
 * ends it, wait.c waits meanwhile, outputs.c has its files.
 */
#ifndef VMTOOL_RECORD_RECORDER_H
#define VMTOOL_RECORD_RECORDER_H

#include <stdint.h>

#include "util/base/str.h"
#include "util/record/addresses.h"
#include "util/record/file.h"
#include "util/record/readers.h"
#include "util/record/record.h"
#include "util/sys/own.h"

struct recorder {
	const struct record_config *config;
	struct notes *notes;
	struct record_result *result;
	struct descriptors descriptors;
	struct output *output;
	struct record_file file;
	struct address_plan plan;
	struct drain drain; /* the main thread's: what is not read from rings, and snapshots */
	struct readers *readers;
	int failed_fd; /* an eventfd: some reader ended, or enough was written */
	uint64_t
		file_limit; /* bytes of the current file after which to end or to switch, 0: none */
	uint64_t data_bytes;	 /* atomic: of the current file */
	struct str tasks_before; /* records of the tasks there were: with overwrite at the start,
				    else when the file before this one ended */
	struct own_threads own;
	bool own_by_kernel; /* a filter leaves them out; else we drop their samples */
	uint64_t started_ns;
	uint64_t started_cpu_ns;
};

/* ---- outputs.c ------------------------------------------------------------------------------- */

/* Keeps the names of the tasks there are: by the time of a snapshot they may have ended. */
must_check struct err *outputs_keep_tasks(struct recorder *recorder);

/* A new file, with what was there before the events. */
must_check struct err *outputs_begin(struct recorder *recorder);

/* The last one, complete: events are disabled and everything has been read. */
must_check struct err *outputs_end(struct recorder *recorder, const char *reason);

/* Go on in another file; the one so far gets the time in its name. */
must_check struct err *outputs_switch(struct recorder *recorder, const char *reason);

/*
 * The present contents of backward rings as a file of their own, the last one if @final. After an
 * error what there was room for may be one all the same (result->files_nr tells).
 */
must_check struct err *outputs_snapshot(struct recorder *recorder, bool final, const char *reason);

/* ---- wait.c ---------------------------------------------------------------------------------- */

/*
 * Until it is over. *ret_reason says why, where there is no error; what a reader could not write
 * goes to the result. Files so far are good either way, but none may be open after an error.
 */
must_check struct err *wait_for_end(struct recorder *recorder, const char **ret_reason);

/* The command goes on when the recording cannot; its exit code is still ours. */
must_check struct err *wait_for_command(const struct record_config *config);

#endif
