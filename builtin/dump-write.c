// SPDX-License-Identifier: GPL-2.0-or-later
#include "builtin/dump.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "util/cli/human.h"
#include "util/codec/codec.h"
#include "util/dump/dmesg.h"
#include "util/dump/infofile.h"
#include "util/dump/outputs.h"
#include "util/dump/receive.h"
#include "util/dump/show-receive.h"
#include "util/dump/show.h"

static const char *const codec_names[] = {
	[COMPRESS_ZLIB] = "zlib",
	[COMPRESS_LZO] = "lzo",
	[COMPRESS_SNAPPY] = "snappy",
	[COMPRESS_ZSTD] = "zstd",
};

static bool watch_tick(void *ctx, enum dump_phase phase, uint64_t done, uint64_t total)
{
	struct watch *watch = ctx;

	progress_update(watch->progress, phase == DUMP_OPENING ? "search" : dump_phase_name(phase),
			done, total);
	return watch_goes_on(watch);
}

static void show(struct tool *tool, const struct dump_args *args,
		 const struct dump_options *options, const struct dump_report *report)
{
	bool common = args->message_level & MESSAGE_COMMON;
	bool reports = args->show_stats || args->message_level & MESSAGE_REPORT;
	FILE *out = report_stream(tool, args);

	tell_notes(tool, args, &report->notes);
	if (common && report->notes.dropped_nr)
		tell_warning(tool, "there were more warnings than can be kept");

	if (args->json)
		dump_show_json(out, options, report);
	else if (args->mem_usage)
		dump_show_usage(out, report);
	else if (reports && args->called_makedumpfile)
		dump_show_makedumpfile(out, report);
	else if (reports)
		dump_show_text(out, options, report);
	if (common && !args->json && !args->mem_usage && report->complete &&
	    !args->called_makedumpfile)
		dump_show_closing(out, options, report);
}

/* What main() says in the end, if anything: there may be a dump all the same. */
static struct err *outcome(const struct dump_report *report, bool dry_run, struct err *failure)
{
	const char *rest =
		dry_run ? "the numbers are of what is there" : "the dump holds what is there";

	if (!report->output_usable || report->complete || (dry_run && failure))
		return failure;
	if (failure)
		return err_wrap(failure,
				"the dump is incomplete, %" PRIu64 " of %" PRIu64
				" pages can be read from it",
				report->pages_written, report->counts.kept);
	if (report->input_incomplete && !report->unreadable)
		return err_new(ERR_NODATA, "the image was incomplete already: %s", rest);
	if (report->input_incomplete)
		return err_new(ERR_NODATA,
			       "the image was incomplete already, %" PRIu64
			       " of its pages cannot be read: %s",
			       report->unreadable, rest);
	return err_new(ERR_NODATA, "the image is cut off, %" PRIu64 " bytes are missing: %s",
		       report->truncated_bytes, rest);
}

static struct err *find_codec(enum compression compression, const struct codec **ret_codec)
{
	if (compression == COMPRESS_NONE)
		return NULL;
	*ret_codec = codec_find(codec_names[compression]);
	if (!*ret_codec)
		return err_new(ERR_UNSUPPORTED,
			       "this vmtool was built without %s ('vmtool version --build-options' "
			       "says what is in)",
			       codec_names[compression]);
	return NULL;
}

static const char *format_name(const struct dump_args *args)
{
	if (args->elf)
		return "ELF";
	return args->split && !args->dry_run ? "kdump-compressed, split" : "kdump-compressed";
}

/*
 * The files the image is in come first: all of them but what is written, and one only with --split.
 */
static size_t inputs_nr(const struct dump_args *args, const struct operands *operands)
{
	if (args->mem_usage)
		return (size_t)operands->nr;
	if (args->split || operands->nr == 1)
		return 1;
	/* Of a dry run the output may be left out. */
	if (args->dry_run && outputs_is_part(operands->item[operands->nr - 1]))
		return (size_t)operands->nr;
	return (size_t)operands->nr - !args->flattened;
}

/* Who forgot the pipe gets the terminal back, and not a screen of bytes, or silence. */
static struct err *check_no_terminal(int fd, const char *name, const char *why)
{
	if (!isatty(fd))
		return NULL;
	return err_new(ERR_USAGE,
		       "%s is a terminal, and %s: it takes a pipe or a file (-f insists)", name,
		       why);
}

struct err *dump_write(struct tool *tool, const struct dump_args *args, struct operands *operands,
		       int *ret_exit_code)
{
	guard(dump_report) struct dump_report report = DUMP_REPORT_INIT;
	struct watch watch = { .tool = tool };
	struct teller teller = { .tool = tool, .args = args };
	struct dump_observer observer = {
		.ctx = &watch,
		.tick = watch_tick,
		.opened = { .ctx = &teller, .tell = tell_vmcoreinfo },
	};
	struct dump_options options = {
		.input = operands->item[0],
		.parts = (const char *const *)operands->item,
		.parts_nr = inputs_nr(args, operands),
		.keep_all = args->reassemble,
		.output = (const char *const *)operands->item + inputs_nr(args, operands),
		.outputs_nr = args->dry_run ? 0 : (size_t)operands->nr - inputs_nr(args, operands),
		.bytes_max = args->bytes_max,
		.flattened = args->flattened,
		.stream_fd = args->dry_run ? -1 : STDOUT_FILENO,
		.format = writer_find(format_name(args)),
		.levels_nr = args->levels.nr,
		.vmcoreinfo = args->info_from,
		.vmlinux = args->vmlinux,
		.stop_fd = tool->stop_fd,
		.overwrite = args->force,
		.strict = args->strict,
		.xen = args->xen,
		.threads_nr = (unsigned int)args->threads_nr,
		.file = { .map = args->non_mmap ? MEM_MAP_NEVER : MEM_MAP_WHERE_CHEAPER,
			  .no_cache = args->no_cache },
	};
	struct err *e = find_codec(args->compression, &options.codec);

	if (!e && options.flattened && options.stream_fd >= 0 && !args->force)
		e = check_no_terminal(STDOUT_FILENO, "stdout", "-F writes a dump");
	if (e)
		return e;
	memcpy(options.level, args->levels.level, sizeof(options.level));
	watch.progress = progress_wanted(tool, args);
	e = dump_run(&options, &observer, &report);
	progress_free(watch.progress);

	/* Of a dry run that was stopped nothing stays, and half the numbers are none. */
	if (report.output_usable && !(e && args->dry_run)) {
		show(tool, args, &options, &report);
		if (!report.complete)
			*ret_exit_code = EXIT_INCOMPLETE;
	}
	return outcome(&report, args->dry_run, e);
}

static struct err *check_stdin(const struct dump_args *args)
{
	if (args->force)
		return NULL;
	return check_no_terminal(STDIN_FILENO, "stdin", "a flattened dump is read from it");
}

/* -R */
struct err *dump_write_rearranged(const struct tool *tool, const char *output,
				  const struct dump_args *args, int *ret_exit_code)
{
	struct flat_summary summary;
	struct err *e = check_stdin(args);

	if (e)
		return e;
	e = dump_rearrange(STDIN_FILENO, tool->stop_fd, output, args->force, &summary);
	if (!e || !flat_is_worth_it(&summary))
		return e;
	*ret_exit_code = EXIT_INCOMPLETE;
	return err_wrap(e, "%s is incomplete, %s of it arrived", output,
			human_size(summary.bytes).text);
}

static bool receive_tick(void *ctx, uint64_t done, uint64_t total)
{
	(void)done;
	(void)total;
	return watch_goes_on(ctx);
}

/* What is there, where not all of it is. */
static struct err *received_in_part(const struct receive_report *report, struct err *why)
{
	const struct verify_report *verify = &report->verify;

	if (report->whole)
		return err_wrap(why, "all of the dump is in %s, but the name is not to be had",
				report->path);
	if (report->stopped)
		return err_wrap(why,
				"all that was sent is in %s, but was not checked ('vmtool dump "
				"--verify' does): it has not got its name",
				report->path);
	if (!report->checked)
		return err_wrap(why, "%s is no dump that can be read, %s of it arrived",
				report->path, human_size(report->stream.bytes).text);
	return err_wrap(why,
			"%s is incomplete, %s of it arrived, %" PRIu64 " of %" PRIu64
			" pages can be read from it",
			report->path, human_size(report->stream.bytes).text, verify->good_nr,
			verify->pages_nr);
}

/* --receive */
struct err *dump_write_received(struct tool *tool, const char *output, const struct dump_args *args,
				int *ret_exit_code)
{
	guard(receive_report) struct receive_report report = RECEIVE_REPORT_INIT;
	struct watch watch = { .tool = tool };
	struct receive_options options = {
		.fd = STDIN_FILENO,
		.stop_fd = tool->stop_fd,
		.output = output,
		.overwrite = args->force,
		.tick = receive_tick,
		.ctx = &watch,
	};
	struct err *e = check_stdin(args);

	if (e)
		return e;
	e = dump_receive(&options, &report);
	if (args->json && report.path)
		receive_show_json(tool->out, &report);
	else if (!e && args->message_level & MESSAGE_COMMON)
		receive_show_text(tool->out, &report);
	if (!e || !report.path || report.complete)
		return e;
	if (report.stopped || (report.checked && report.verify.good_nr))
		*ret_exit_code = EXIT_INCOMPLETE;
	return received_in_part(&report, e);
}

/* --dump-dmesg */
struct err *dump_write_dmesg(struct tool *tool, const struct dump_args *args,
			     const struct operands *operands, int *ret_exit_code)
{
	guard(notes) struct notes notes = NOTES_INIT;
	struct teller teller = { .tool = tool, .args = args };
	const char *output = args->flattened ? NULL : operands->item[operands->nr - 1];
	struct progress *progress;
	struct dmesg_options options = {
		.inputs = (const char *const *)operands->item,
		.inputs_nr = (size_t)operands->nr - (output != NULL),
		.output = output,
		.stream_fd = STDOUT_FILENO,
		.stop_fd = tool->stop_fd,
		.overwrite = args->force,
		.partial = args->partial_dmesg,
		.callers = args->callers,
		.json = args->json,
		.vmcoreinfo = args->info_from,
		.vmlinux = args->vmlinux,
		.opened = { .ctx = &teller, .tell = tell_vmcoreinfo },
		.file = { .map = args->non_mmap ? MEM_MAP_NEVER : MEM_MAP_WHERE_CHEAPER },
	};
	struct printk_summary summary;
	struct err *e;

	/* Whoever forgot the name of the log has named a part of the dump instead. */
	if (output && dump_is_image(output))
		return err_new(ERR_USAGE, "%s is a memory image: name a file for the log behind it",
			       output);
	progress = progress_wanted(tool, args);
	options.watch = search_watch(progress);
	e = dump_dmesg(&options, &notes, &summary);
	progress_free(progress);
	tell_notes(tool, args, &notes);
	if (!e && summary.lost_nr)
		e = err_new(ERR_NODATA, "%" PRIu64 " of %" PRIu64 " messages cannot be read",
			    summary.lost_nr, summary.records_nr + summary.lost_nr);
	if (e && summary.records_nr)
		*ret_exit_code = EXIT_INCOMPLETE;
	return e;
}

/* -g, of an image or, with -x alone, of a vmlinux */
struct err *dump_write_info(const struct tool *tool, const struct dump_args *args,
			    const struct operands *operands)
{
	guard(notes) struct notes notes = NOTES_INIT;
	struct dmesg_options options = {
		.inputs = (const char *const *)operands->item,
		.inputs_nr = 1,
		.output = args->info_to,
		.overwrite = args->force,
		.stop_fd = tool->stop_fd,
	};
	struct err *e;

	if (!args->vmlinux)
		return infofile_write(&options, &notes);
	e = infofile_make(args->vmlinux, args->info_to, args->force, &notes);
	if (!e)
		tell_notes(tool, args, &notes);
	return e;
}
