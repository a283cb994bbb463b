/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The parts of `vmtool stat`: options (stat.c), what they come to (stat-job.c), and the runs
 * (stat-runs.c).
 */
#ifndef VMTOOL_BUILTIN_STAT_H
#define VMTOOL_BUILTIN_STAT_H

#include "builtin/builtin.h"
#include "util/stat/run.h"
#include "util/stat/show.h"

enum { STAT_IDS_MAX = 4096, STAT_EVENTS_MAX = 64 };

struct stat_args {
	const char *pids;
	const char *tids;
	bool all;
	const char *cpus;
	const char *cgroup;
	struct option_list events;
	bool no_inherit;
	const char *source;
	bool calls_only;
	bool no_pages;
	bool pressure;
	int64_t tasks_max;
	bool without_current_btf;
	bool without_raw_tracepoints;
	bool without_cgroups;
	int64_t delay_ms;
	int64_t timeout_ms;
	int64_t repeats;
	bool compare;
	enum stat_group group;
	enum stat_sort sort;
	bool histogram;
	bool errnos;
	int64_t interval_ms;
	enum stat_format format;
	const char *separator;
	const char *output;
};

/* What the options come to. */
struct stat_job {
	struct tool *tool;
	const struct stat_args *args;
	struct operands operands;
	pid_t id[STAT_IDS_MAX];
	int cgroup_fd;
	struct event_spec event[STAT_EVENTS_MAX];
	struct stat_plan plan;
	struct stat_style style;
	struct str title;
	struct cgroup_names cgroups; /* with --per-cgroup */
	struct notes notes;	     /* of all runs */
	size_t notes_told;
	FILE *out;
};

/*
 * The command line as it was parsed, checked and turned into a plan; @args and @operands are of
 * @tool's command line, which outlives the job. The output is open then.
 */
must_check struct err *stat_job_new(struct tool *tool, const struct stat_args *args,
				    const struct operands *operands, struct stat_job **ret_job);
/* ERR_SYS: what was written did not arrive. */
must_check struct err *stat_job_close_output(struct stat_job *job);
void stat_job_free(struct stat_job *job);
DEFINE_GUARD(stat_job, struct stat_job *, stat_job_free)

/* Runs what the job is about, as often as it says, and shows the results. */
must_check struct err *stat_job_run_single(struct stat_job *job, int *ret_exit_code);
must_check struct err *stat_job_run_compared(struct stat_job *job, int *ret_exit_code);

#endif
