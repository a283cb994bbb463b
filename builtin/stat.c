// SPDX-License-Identifier: GPL-2.0-or-later
#include "builtin/stat.h"

#include <errno.h>
#include <signal.h>

enum { REPEATS_MAX = 10000, MS_MAX = INT32_MAX };

static const struct option_choice sort_choices[] = {
	{ "total", SORT_TOTAL },   { "calls", SORT_CALLS },
	{ "errors", SORT_ERRORS }, { "bytes", SORT_BYTES },
	{ "avg", SORT_AVG },	   { "p50", SORT_P50 },
	{ "p99", SORT_P99 },	   { "max", SORT_MAX },
	{ "name", SORT_NAME },	   { NULL, 0 },
};

static const struct option options[] = {
	OPT_GROUP("Whose calls"),
	OPT_STRING('p', "pid", struct stat_args, pids, "<pid,...>", "of running processes"),
	OPT_STRING('t', "tid", struct stat_args, tids, "<tid,...>", "of running threads"),
	OPT_FLAG('a', "all", struct stat_args, all,
		 "of every process but vmtool; a command then says how long"),
	OPT_STRING('G', "cgroup", struct stat_args, cgroup, "<path>",
		   "of a cgroup (version 2): a directory, or its path below the root of them"),
	OPT_STRING('C', "cpu", struct stat_args, cpus, "<cpus>",
		   "only those begun on these CPUs, such as 0-3,8"),
	OPT_FLAG(0, "no-inherit", struct stat_args, no_inherit, "not of children made meanwhile"),

	OPT_GROUP("What"),
	OPT_STRINGS('e', "event", struct stat_args, events, "<what,...>",
		    "system calls by name, glob or group (memory, file, network, process), "
		    "tracepoints (system:name), software events (faults, ...), pages (order=2-4)"),
	OPT_FLAG(0, "calls-only", struct stat_args, calls_only,
		 "count calls and nothing else of them: cheaper"),
	OPT_FLAG(0, "no-pages", struct stat_args, no_pages, "do not count page allocations"),
	OPT_FLAG(0, "pressure", struct stat_args, pressure,
		 "also show how short memory was: stalls, reclaim, swap, OOM kills, of the cgroup "
		 "(-G) or the whole machine"),
	OPT_STRING(0, "source", struct stat_args, source, "<name>",
		   "count by bpf, perf or ptrace, instead of the first that can be had"),

	OPT_GROUP("When"),
	OPT_INT('D', "delay", struct stat_args, delay_ms, 0, MS_MAX, "<ms>",
		"begin to count so much later"),
	OPT_INT(0, "timeout", struct stat_args, timeout_ms, 1, MS_MAX, "<ms>",
		"end after that time, and the command with it"),
	OPT_INT('I', "interval", struct stat_args, interval_ms, 10, MS_MAX, "<ms>",
		"also show what each interval brought"),
	OPT_INT('r', "repeat", struct stat_args, repeats, 1, REPEATS_MAX, "<n>",
		"run the command so often: mean and deviation"),
	OPT_FLAG(0, "compare", struct stat_args, compare,
		 "each operand is a command, 'label: command ...': their counts side by side"),

	OPT_GROUP("How it is shown"),
	OPT_SET(0, "per-thread", struct stat_args, group, GROUP_THREAD, "split by thread"),
	OPT_SET(0, "per-process", struct stat_args, group, GROUP_PROCESS, "split by process"),
	OPT_SET(0, "per-cgroup", struct stat_args, group, GROUP_CGROUP, "split by cgroup"),
	OPT_CHOICE('s', "sort", struct stat_args, sort, sort_choices, "<column>",
		   "total (the default), calls, errors, bytes, avg, p50, p99, max or name"),
	OPT_FLAG(0, "histogram", struct stat_args, histogram, "with the times of each call"),
	OPT_FLAG(0, "errno", struct stat_args, errnos, "with the errors of each call by kind"),
	OPT_SET(0, "json", struct stat_args, format, FORMAT_JSON,
		"an object for each run, and for each interval, on a line of its own"),
	OPT_SET(0, "csv", struct stat_args, format, FORMAT_CSV, "plain numbers between commas"),
	OPT_STRING('x', "field-separator", struct stat_args, separator, "<char>",
		   "the same with another character between them"),
	OPT_STRING('o', "output", struct stat_args, output, "<file>",
		   "write to a file instead of standard error"),
	{ .kind = OPTION_INT,
	  .hidden = true,
	  .long_name = "max-tasks",
	  .offset = offsetof(struct stat_args, tasks_max),
	  .arg = "<n>",
	  .help = "for tests: room for so many tasks at a time",
	  .min = 1,
	  .max = 1 << 20 },
	OPT_HIDDEN_FLAG(0, "without-current-btf", struct stat_args, without_current_btf,
			"for tests: as on kernels before 5.11"),
	OPT_HIDDEN_FLAG(0, "without-raw-tracepoints", struct stat_args, without_raw_tracepoints,
			"for tests: as where raw tracepoints of calls can be preempted (7.0)"),
	OPT_HIDDEN_FLAG(0, "without-cgroups", struct stat_args, without_cgroups,
			"for tests: as where no cgroup can be made"),
};

static const struct option_table stat_options = {
	.invocation = "vmtool stat",
	.synopsis = "[options] [--] <command> [<arguments>]\n"
		    "[options] (-p <pid> | -t <tid> | -a | -G <cgroup>)\n"
		    "[options] --compare -- '<label>: <command>' ...",
	.about = "Counts the system calls of a command, how long they took, what they moved, and "
		 "what happened to memory meanwhile.",
	.option = options,
	.option_nr = ARRAY_SIZE(options),
	.operands_max = OPTIONS_ANY,
	.stop_at_operand = true,
};

static struct err *run_stat(struct tool *tool, int argc, char **argv, int *ret_exit_code)
{
	struct stat_args args = { .repeats = 1 };
	guard(stat_job) struct stat_job *job = NULL;
	guard(option_list) struct option_list events = { .nr = 0 };
	struct operands operands;
	void (*on_pipe)(int);
	struct err *err = options_parse(&stat_options, argc, argv, &args, &operands);

	events = args.events;
	if (err)
		return err;

	err = stat_job_new(tool, &args, &operands, &job);
	if (err && err_code(err) == ERR_USAGE)
		return err;
	/* What fails from here on is not the command's doing, until it is. */
	if (operands.nr)
		*ret_exit_code = WORKLOAD_FAILED_US;
	if (err)
		return err;
	on_pipe = signal(SIGPIPE, SIG_IGN);
	err = args.compare ? stat_job_run_compared(job, ret_exit_code)
			   : stat_job_run_single(job, ret_exit_code);
	if (err && err_code(err) == ERR_USAGE)
		*ret_exit_code = EXIT_USAGE;
	if (!err)
		err = stat_job_close_output(job);
	/* A reader who has gone ends us as usual, once the command's cgroup is removed. */
	signal(SIGPIPE, on_pipe);
	if (err && err_errno(err) == EPIPE)
		raise(SIGPIPE);
	return err;
}

const struct command cmd_stat = {
	.name = "stat",
	.summary = "count system calls, their times, and what memory does",
	.options = &stat_options,
	.stoppable = true,
	.interruptible = true,
	.configurable = true,
	.run = run_stat,
};
