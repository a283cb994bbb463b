// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "builtin/record.h"
#include "config.h"
#include "util/base/notes.h"
#include "util/base/str.h"
#include "util/cli/human.h"
#include "util/cli/shellword.h"
#include "util/sys/tracefs.h"

enum { EXIT_US = 125 };

/* ---- the end --------------------------------------------------------------------------------- */

static void describe_proof(const struct record_result *result, struct str *out)
{
	if (result->proof == RECORD_COMPLETE)
		str_add(out, "complete");
	else if (result->proof == RECORD_UNKNOWN && !result->lost)
		str_add(out, "completeness not known");
	else
		str_printf(out, "%s missing", human_count(result->lost).text);
	/* Else they may have been there when nothing could be written any more. */
	if (result->withheld && !result->stopped_by)
		str_printf(out, " (%s of them neither written nor called lost by the kernel)",
			   human_count(result->withheld).text);
	if (result->lost_tracking)
		str_printf(out, ", and %s records of tasks and mappings",
			   human_count(result->lost_tracking).text);
}

static void show_end(const struct tool *tool, const struct record_args *args,
		     const struct record_result *result)
{
	guard(str) struct str line = STR_INIT;
	uint64_t share = result->wall_ns ? result->cpu_ns * 1000 / result->wall_ns : 0;

	str_printf(&line, "%s events, ", human_count(result->events).text);
	describe_proof(result, &line);
	if (record_goes_to_stdout(args))
		str_printf(&line, "; %s sent", human_size(result->bytes).text);
	else
		str_printf(&line, "; %s in %s", human_size(result->bytes).text,
			   args->output ? args->output : "vmtool.data");
	if (result->files_nr > 1)
		str_printf(&line, " and %u more", result->files_nr - 1);
	str_printf(&line, "; vmtool itself: %llu.%llu%% of a CPU, %s wake-ups",
		   (unsigned long long)(share / 10), (unsigned long long)(share % 10),
		   human_count(result->wakeups).text);
	if (result->own_events)
		str_printf(&line, ", %s events left out", human_count(result->own_events).text);
	tool_remark(tool, "record", line.s);
}

/* ---- the run --------------------------------------------------------------------------------- */

static char *join(char **argv, int argc)
{
	guard(str) struct str line = STR_INIT;

	str_add(&line, "vmtool");
	for (int i = 0; i < argc; i++) {
		str_add_char(&line, ' ');
		shellword_add(&line, argv[i]);
	}
	return str_take(&line);
}

/*
 * SIGUSR2 waits until the recording is there to read it (signalfd): whoever sends it cannot know
 * how far we are. *ret_before: what the command gets back.
 */
static void hold_snapshot_signal(sigset_t *ret_before)
{
	sigset_t usr2;

	sigemptyset(&usr2);
	sigaddset(&usr2, SIGUSR2);
	sigprocmask(SIG_BLOCK, &usr2, ret_before);
	/* These main() has blocked for itself. */
	sigdelset(ret_before, SIGINT);
	sigdelset(ret_before, SIGTERM);
	sigdelset(ret_before, SIGHUP);
}

static struct err *open_snapshot_signal(int *ret_fd)
{
	sigset_t usr2;

	sigemptyset(&usr2);
	sigaddset(&usr2, SIGUSR2);
	*ret_fd = signalfd(-1, &usr2, SFD_CLOEXEC | SFD_NONBLOCK);
	return *ret_fd < 0 ? err_sys(errno, "signalfd") : NULL;
}

static struct err *record(struct tool *tool, const struct record_args *args,
			  const char *command_line, int nameless_fd, struct workload *workload,
			  struct record_result *result)
{
	guard(event_set) struct event_set set = EVENT_SET_INIT;
	guard(cpus) struct cpus cpus = CPUS_INIT;
	guard(record_tasks) struct record_tasks tasks = { .nr = 0 };
	guard(notes) struct notes notes = NOTES_INIT;
	autoclose int tracefs_fd = -1;
	autoclose int cgroup_fd = -1;
	autoclose int snapshot_fd = -1;
	autoerr struct err *no_tracefs = NULL;
	struct record_config config = {
		.events = &set,
		.path = nameless_fd >= 0 ? "temporary file of -o -"
			: args->output	 ? args->output
					 : "vmtool.data",
		.nameless_fd = nameless_fd,
		.version = VMTOOL_VERSION,
		.command_line = command_line,
		.cpus = &cpus,
		.cgroup_fd = -1,
		.workload = workload->pid ? workload : NULL,
		.stop_fd = tool->stop_fd,
		.ring_bytes = args->ring_bytes,
		.readers_nr = (uint32_t)args->readers,
		.delay_ms = (uint64_t)args->delay_ms,
		.file_bytes = args->max_bytes,
		.switch_bytes = args->switch_at.bytes,
		.switch_ms = args->switch_at.ms,
		.switch_signal = args->switch_at.signal,
		.overwrite = args->overwrite,
		.zstd_level = args->zstd_level ? (int)args->zstd_level : args->compress,
		.use_mmap = !args->no_mmap_output,
		.include_self = args->include_self,
		.no_lost = args->test_no_lost,
		.no_build_id = args->test_no_build_id,
		.no_populate = args->test_no_populate,
		.no_btf = args->test_no_btf,
		.no_cgroup = args->test_no_cgroup,
	};
	struct err *err;

	no_tracefs = tracefs_open(NULL, &tracefs_fd);
	config.tracefs_fd = tracefs_fd;
	err = record_choose_events(args, tracefs_fd, &set);
	/* What is wrong is the tracefs, not the event. */
	if (err && no_tracefs && err_code(err) == ERR_NODATA) {
		err_free(err);
		return take_ptr(no_tracefs);
	}
	if (!err)
		err = record_choose_cpus(args, &cpus);
	if (!err)
		err = record_choose_whom(args, workload, &tasks, &config);
	if (!err)
		err = open_snapshot_signal(&snapshot_fd);
	if (err)
		return err;
	cgroup_fd = config.cgroup_fd;
	config.snapshot_fd = snapshot_fd;

	err = record_run(&config, &notes, result);
	/* One that comes now asks for what was just done: it is not to end the program. */
	signal(SIGUSR2, SIG_IGN);
	for (size_t i = 0; i < notes.nr; i++)
		tool_remark(tool, "record", notes.line[i]);
	return err;
}

static struct err *run(struct tool *tool, int argc, char **argv, int *ret_exit_code)
{
	guard(workload) struct workload workload = WORKLOAD_INIT;
	guard(record_pipe) struct record_pipe pipe = RECORD_PIPE_INIT;
	autofree char *command_line = join(argv, argc);
	struct record_args args = { .page = false };
	struct record_result result = { .proof = RECORD_UNKNOWN };
	struct operands command;
	sigset_t command_mask;
	struct err *err;

	hold_snapshot_signal(&command_mask);
	if (!command_line)
		return err_nomem();
	err = options_parse(&record_options, argc, argv, &args, &command);
	if (!err)
		err = record_check_args(&args, &command);
	if (!err && record_goes_to_stdout(&args))
		err = record_pipe_open(&pipe);
	if (err)
		return err;

	/* First of all: a child is best made while we are small and have one thread. */
	if (command.nr)
		err = workload_start(command.item, &command_mask, &workload);
	signal(SIGXFSZ, SIG_IGN);
	if (!err)
		err = record(tool, &args, command_line, pipe.file_fd, &workload, &result);
	if (!err && record_goes_to_stdout(&args))
		err = record_pipe_send(&pipe, tool->stop_fd);
	if (err)
		err_free(take_ptr(result.stopped_by));
	if (err && err_code(err) == ERR_USAGE)
		return err;
	if (err && workload.not_run) {
		*ret_exit_code = workload_exit_code(&workload);
		return err_wrap(err, "%s", command.item[0]);
	}
	if (err) {
		*ret_exit_code = EXIT_US;
		return err;
	}

	if (!args.quiet)
		show_end(tool, &args, &result);
	if (result.stopped_by) {
		*ret_exit_code = EXIT_US;
		if (record_goes_to_stdout(&args))
			return err_wrap(result.stopped_by,
					"recording ended early, what was recorded was sent");
		return err_wrap(result.stopped_by,
				"%s: recording ended early, what was recorded is there",
				args.output ? args.output : "vmtool.data");
	}
	if (command.nr && !workload.pid)
		*ret_exit_code = workload_exit_code(&workload);
	if (args.require_complete && result.proof != RECORD_COMPLETE)
		*ret_exit_code = EXIT_INCOMPLETE;
	return NULL;
}

const struct command cmd_record = {
	.name = "record",
	.summary = "record page, slab and other events with proof of completeness",
	.options = &record_options,
	.stoppable = true,
	.interruptible = true,
	.configurable = true,
	.run = run,
};
