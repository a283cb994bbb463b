/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of `vmtool record` share: the words of its command line, and what becomes of them.
 */
#ifndef VMTOOL_BUILTIN_RECORD_H
#define VMTOOL_BUILTIN_RECORD_H

#include "builtin/builtin.h"
#include "util/event/event.h"
#include "util/record/record.h"

enum { RECORD_WORDS_MAX = 256 };

/* -e and --filter in the order they were given: a filter belongs to the event before it. */
struct words {
	struct {
		bool is_filter;
		const char *text;
	} item[RECORD_WORDS_MAX];
	size_t nr;
};

struct call_graph {
	enum event_chain chain;
	uint32_t stack_bytes;
};

struct switch_at {
	uint64_t bytes;
	uint64_t ms;
	bool signal;
};

struct record_args {
	struct words words;
	bool page, slab;
	bool all;
	const char *pids, *tids, *cpus, *cgroup;
	bool graph;
	struct call_graph call_graph;
	bool kernel_chains;
	int64_t max_stack, freq, period;
	const char *output;
	uint64_t ring_bytes;
	int64_t delay_ms, readers, zstd_level;
	uint64_t max_bytes;
	struct switch_at switch_at;
	bool overwrite, compress, no_mmap_output, include_self, require_complete, quiet;
	bool test_no_lost, test_no_build_id, test_no_populate, test_no_btf, test_no_cgroup;
};

/* ---- record-args.c: options, and what does not go together ----------------------------------- */

extern const struct option_table record_options;

must_check struct err *record_check_args(const struct record_args *args,
					 const struct operands *command);

/* -o - */
bool record_goes_to_stdout(const struct record_args *args);

/* ---- record-send.c: a recording in a pipe ---------------------------------------------------- */

struct record_pipe {
	int out_fd;  /* what was standard output; -1: nothing is sent */
	int file_fd; /* the recording until then, without a name */
};

#define RECORD_PIPE_INIT ((struct record_pipe){ .out_fd = -1, .file_fd = -1 })

void record_pipe_release(struct record_pipe *pipe);
DEFINE_GUARD_INPLACE(record_pipe, struct record_pipe, record_pipe_release)

/*
 * Before the command is started: what it writes goes to standard error from now on. ERR_USAGE when
 * standard output is a terminal.
 */
must_check struct err *record_pipe_open(struct record_pipe *ret_pipe);

/*
 * The recording, which is complete. ERR_INTERRUPTED: a signal came while it was sent; one that came
 * before was for the recording.
 */
must_check struct err *record_pipe_send(const struct record_pipe *pipe, int stop_fd);

/* ---- record-events.c: which events, and how each is recorded --------------------------------- */

/* ERR_NODATA with @tracefs_fd -1: there are tracepoints among them. */
must_check struct err *record_choose_events(const struct record_args *args, int tracefs_fd,
					    struct event_set *set);

/* ---- record-whom.c: of whom, on which CPUs --------------------------------------------------- */

struct record_tasks {
	pid_t *tid;
	size_t nr;
};

void record_tasks_release(struct record_tasks *tasks);
DEFINE_GUARD_INPLACE(record_tasks, struct record_tasks, record_tasks_release)

must_check struct err *record_choose_cpus(const struct record_args *args, struct cpus *ret_cpus);

/* @config gets what was chosen; it borrows from @tasks, its cgroup_fd is the caller's to close. */
must_check struct err *record_choose_whom(const struct record_args *args,
					  const struct workload *workload,
					  struct record_tasks *tasks, struct record_config *config);

#endif
