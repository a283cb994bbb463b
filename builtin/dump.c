// SPDX-License-Identifier: GPL-2.0-or-later
#include "builtin/builtin.h"

#include <inttypes.h>
#include <signal.h>
#include <unistd.h>

#include "util/cli/human.h"
#include "util/cli/progress.h"
#include "util/codec/codec.h"
#include "util/dump/dmesg.h"
#include "util/dump/dump.h"
#include "util/dump/flat.h"
#include "util/dump/policy.h"
#include "util/dump/show.h"
#include "util/sys/signals.h"

/* --message-level, as makedumpfile has it. Errors are always printed. */
enum message {
	MESSAGE_PROGRESS = 1,
	MESSAGE_COMMON = 2,
	MESSAGE_ERROR = 4,
	MESSAGE_DEBUG = 8,
	MESSAGE_REPORT = 16,
	MESSAGE_DEFAULT = MESSAGE_PROGRESS | MESSAGE_COMMON | MESSAGE_ERROR,
	MESSAGE_MAX = 31,
};

/* The last of -c -l -p -z counts. */
enum compression { COMPRESS_NONE, COMPRESS_ZLIB, COMPRESS_LZO, COMPRESS_SNAPPY, COMPRESS_ZSTD };

static const char *const codec_names[] = {
	[COMPRESS_ZLIB] = "zlib",
	[COMPRESS_LZO] = "lzo",
	[COMPRESS_SNAPPY] = "snappy",
	[COMPRESS_ZSTD] = "zstd",
};

struct dump_args {
	int64_t level;
	int64_t message_level;
	int64_t threads_nr;
	enum compression compression;
	bool force;
	bool strict;
	bool elf;
	bool dry_run;
	bool flattened;
	bool rearrange;
	bool dmesg;
	bool non_mmap;
	bool show_stats;
	bool json;
};

static const struct option dump_option[] = {
	OPT_GROUP("Which pages"),
	OPT_INT('d', "level", struct dump_args, level, 0, DUMP_LEVEL_MAX, "<n>",
		"leave out: 1 zero pages, 2 page cache, 4 page cache with private data too, 8 user "
		"pages, 16 free pages, or a sum of these; 31 is all of them (default 0)"),
	OPT_FLAG(0, "strict", struct dump_args, strict,
		 "fail when page classes cannot be told, instead of dumping more"),
	OPT_GROUP("Output"),
	OPT_SET('c', "compress", struct dump_args, compression, COMPRESS_ZLIB,
		"compress each page with zlib"),
	OPT_SET('l', "lzo", struct dump_args, compression, COMPRESS_LZO,
		"compress each page with lzo"),
	OPT_SET('p', "snappy", struct dump_args, compression, COMPRESS_SNAPPY,
		"compress each page with snappy"),
	OPT_SET('z', "zstd", struct dump_args, compression, COMPRESS_ZSTD,
		"compress each page with zstd"),
	OPT_FLAG('E', "elf", struct dump_args, elf,
		 "write an ELF core file, pages as they are and in the order of their addresses"),
	OPT_FLAG('f', "force", struct dump_args, force, "overwrite an existing <dumpfile>"),
	OPT_FLAG('F', "flatten", struct dump_args, flattened,
		 "write the flattened format to stdout, for a pipe"),
	OPT_FLAG('R', "rearrange", struct dump_args, rearrange,
		 "put a flattened dump from stdin together in <dumpfile>"),
	OPT_FLAG(0, "dump-dmesg", struct dump_args, dmesg,
		 "write only the kernel's log, as text, to <dumpfile>, or with -F to stdout"),
	OPT_FLAG(0, "dry-run", struct dump_args, dry_run, "do everything but write"),
	OPT_GROUP("Work"),
	OPT_FLAG(0, "non-mmap", struct dump_args, non_mmap, "read the image instead of mapping it"),
	OPT_INT(0, "num-threads", struct dump_args, threads_nr, 0, DUMP_THREADS_MAX, "<n>",
		"how many threads read and compress (default 0: one for each processor, at most "
		"16); the dump is the same for any number"),
	OPT_GROUP("Messages"),
	OPT_INT(0, "message-level", struct dump_args, message_level, 0, MESSAGE_MAX, "<n>",
		"a sum of 1 progress, 2 warnings and the closing line, 16 the report (default 7)"),
	OPT_FLAG(0, "show-stats", struct dump_args, show_stats,
		 "print pages by class, totals, times and what the cache did"),
	OPT_FLAG(0, "json", struct dump_args, json,
		 "print the report as JSON, and nothing else, on stdout"),
};

static const struct option_table dump_options = {
	.invocation = "vmtool dump",
	.synopsis = "[options] <vmcore> <dumpfile>\n-F [options] <vmcore>\n-R [options] "
		    "<dumpfile>\n--dry-run [options] <vmcore>",
	.about = "Leave the pages nobody will look at out of the memory image of a crashed kernel, "
		 "compress the others, and write a dump that crash, libkdumpfile and drgn read.",
	.option = dump_option,
	.option_nr = ARRAY_SIZE(dump_option),
	.operands_min = 1,
	.operands_max = 2,
};

/* What the dump is told while it runs. */
struct watch {
	struct tool *tool;
	struct progress *progress; /* NULL: not shown */
};

static bool watch_tick(void *ctx, enum dump_phase phase, uint64_t done, uint64_t total)
{
	struct watch *watch = ctx;

	progress_update(watch->progress, dump_phase_name(phase), done, total);
	return !stop_requested(watch->tool->stop_fd);
}

static void warn(const struct tool *tool, const char *text)
{
	guard(str) struct str line = STR_INIT;

	str_printf(&line, "warning: %s", text);
	tool_remark(tool, "dump", line.s);
}

static void show(struct tool *tool, const struct dump_args *args,
		 const struct dump_options *options, const struct dump_report *report)
{
	bool common = args->message_level & MESSAGE_COMMON;
	FILE *out = args->flattened ? tool->err : tool->out;

	for (size_t i = 0; common && i < report->notes.nr; i++)
		warn(tool, report->notes.line[i]);
	if (common && report->notes.dropped_nr)
		warn(tool, "there were more warnings than can be kept");

	if (args->json)
		dump_show_json(out, options, report);
	else if (args->show_stats || args->message_level & MESSAGE_REPORT)
		dump_show_text(out, options, report);
	if (common && !args->json && report->complete)
		dump_show_closing(out, options, report);
}

/* What main() says in the end, if anything: there may be a dump all the same. */
static struct err *outcome(const struct dump_report *report, struct err *failure)
{
	if (!report->output_usable || report->complete)
		return failure;
	if (failure)
		return err_wrap(failure,
				"the dump is incomplete, %" PRIu64 " of %" PRIu64
				" pages can be read from it",
				report->pages_written, report->counts.kept);
	if (report->input_incomplete)
		return err_new(ERR_NODATA,
			       "the image was incomplete already, %" PRIu64
			       " of its pages cannot be read: the dump holds what is there",
			       report->unreadable);
	return err_new(ERR_NODATA,
		       "the image is cut off, %" PRIu64
		       " bytes are missing: the dump holds what is "
		       "there",
		       report->truncated_bytes);
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

static struct err *check_operands(const struct dump_args *args, int nr)
{
	if (args->dmesg && (args->rearrange || args->dry_run))
		return err_new(ERR_USAGE, "--dump-dmesg goes with neither -R nor --dry-run");
	if (args->elf && args->compression != COMPRESS_NONE)
		return err_new(ERR_USAGE, "an ELF file has no compressed pages: -E or one of "
					  "-c, -l, -p, -z");
	if (args->flattened && args->rearrange)
		return err_new(ERR_USAGE, "-F and -R exclude each other");
	if (args->rearrange && nr != 1)
		return err_new(ERR_USAGE, "-R reads stdin and takes one operand, <dumpfile>");
	if (args->flattened && nr != 1)
		return err_new(ERR_USAGE, "-F writes to stdout and takes one operand, <vmcore>");
	if (!args->flattened && !args->rearrange && !args->dry_run && nr != 2)
		return err_new(ERR_USAGE, "<dumpfile> is missing (only --dry-run needs none)");
	return NULL;
}

/* -R */
static struct err *rearrange(const struct tool *tool, const char *output,
			     const struct dump_args *args, int *ret_exit_code)
{
	struct flat_summary summary;
	struct err *e = dump_rearrange(STDIN_FILENO, tool->stop_fd, output, args->force, &summary);

	if (!e || !summary.records_nr)
		return e;
	*ret_exit_code = EXIT_INCOMPLETE;
	return err_wrap(e, "%s is incomplete, %s of it arrived", output,
			human_size(summary.bytes).text);
}

static struct err *dump(struct tool *tool, const struct dump_args *args, struct operands *operands,
			int *ret_exit_code)
{
	guard(dump_report) struct dump_report report = DUMP_REPORT_INIT;
	struct watch watch = { .tool = tool };
	struct dump_observer observer = { .ctx = &watch, .tick = watch_tick };
	struct dump_options options = {
		.input = operands->item[0],
		.output = args->dry_run ? NULL : operands->item[1],
		.flattened = args->flattened && !args->dry_run,
		.stream_fd = STDOUT_FILENO,
		.format = writer_find(args->elf ? "ELF" : "kdump-compressed"),
		.level = (unsigned int)args->level,
		.overwrite = args->force,
		.strict = args->strict,
		.threads_nr = (unsigned int)args->threads_nr,
		.file = { .map = args->non_mmap ? MEM_MAP_NEVER : MEM_MAP_WHERE_CHEAPER },
	};
	struct err *e = find_codec(args->compression, &options.codec);

	if (e)
		return e;
	if (args->message_level & MESSAGE_PROGRESS)
		watch.progress = progress_new(&(struct progress_config){ .out = tool->err });
	e = dump_run(&options, &observer, &report);
	progress_free(watch.progress);

	if (report.output_usable)
		show(tool, args, &options, &report);
	if (report.output_usable && !report.complete)
		*ret_exit_code = EXIT_INCOMPLETE;
	return outcome(&report, e);
}

/* --dump-dmesg */
static struct err *dmesg(struct tool *tool, const struct dump_args *args,
			 const struct operands *operands, int *ret_exit_code)
{
	guard(notes) struct notes notes = NOTES_INIT;
	struct dmesg_options options = {
		.input = operands->item[0],
		.output = args->flattened ? NULL : operands->item[1],
		.stream_fd = STDOUT_FILENO,
		.stop_fd = tool->stop_fd,
		.overwrite = args->force,
		.file = { .map = args->non_mmap ? MEM_MAP_NEVER : MEM_MAP_WHERE_CHEAPER },
	};
	struct printk_summary summary;
	struct err *e = dump_dmesg(&options, &notes, &summary);

	for (size_t i = 0; args->message_level & MESSAGE_COMMON && i < notes.nr; i++)
		warn(tool, notes.line[i]);
	if (!e && summary.lost_nr)
		e = err_new(ERR_NODATA, "%" PRIu64 " of %" PRIu64 " messages cannot be read",
			    summary.lost_nr, summary.records_nr + summary.lost_nr);
	if (e && summary.records_nr)
		*ret_exit_code = EXIT_INCOMPLETE;
	return e;
}

static struct err *run_dump(struct tool *tool, int argc, char **argv, int *ret_exit_code)
{
	struct dump_args args = { .message_level = MESSAGE_DEFAULT };
	struct operands operands;
	struct err *e;

	e = options_parse(&dump_options, argc, argv, &args, &operands);
	if (!e)
		e = check_operands(&args, operands.nr);
	if (e)
		return e;

	/* A file that is as large as it may be (RLIMIT_FSIZE) is like a full disk: not the end. */
	signal(SIGXFSZ, SIG_IGN);
	/* Nor is a reader of the stream who has gone away: that is one line. */
	if (args.flattened)
		signal(SIGPIPE, SIG_IGN);
	if (args.rearrange)
		return rearrange(tool, operands.item[0], &args, ret_exit_code);
	if (args.dmesg)
		return dmesg(tool, &args, &operands, ret_exit_code);
	return dump(tool, &args, &operands, ret_exit_code);
}

const struct command cmd_dump = {
	.name = "dump",
	.summary = "filter and compress the memory image of a crashed kernel",
	.options = &dump_options,
	.stoppable = true,
	.configurable = true,
	.run = run_dump,
};
