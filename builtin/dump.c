// SPDX-License-Identifier: GPL-2.0-or-later
#include "builtin/builtin.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "config.h"
#include "util/cli/human.h"
#include "util/cli/progress.h"
#include "util/cli/utf8.h"
#include "util/codec/codec.h"
#include "util/dump/dmesg.h"
#include "util/dump/dump.h"
#include "util/dump/flat.h"
#include "util/dump/infofile.h"
#include "util/dump/inspect.h"
#include "util/dump/policy.h"
#include "util/dump/show-info.h"
#include "util/dump/show.h"
#include "util/dump/verify.h"
#include "util/sys/cpus.h"
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

/* -d 11,31 */
struct level_list {
	unsigned int level[DUMP_LEVELS_MAX];
	unsigned int nr;
};

struct dump_args {
	struct level_list levels;
	uint64_t bytes_max;
	uint64_t buffer_kib;
	const char *work_dir;
	int64_t block_order;
	int64_t message_level;
	int64_t threads_nr;
	enum compression compression;
	const char *info_to;
	const char *info_from;
	const char *vmlinux;
	const char *erase;
	bool called_makedumpfile;
	bool version;
	bool force;
	bool strict;
	bool elf;
	bool dry_run;
	bool flattened;
	bool split;
	bool rearrange;
	bool reassemble;
	bool dmesg;
	bool partial_dmesg;
	bool info;
	bool verify;
	bool non_mmap;
	bool check_params;
	bool debug;
	bool show_stats;
	bool mem_usage;
	bool json;
	bool show_layout;
	bool list_free;
	const char *explain;
};

static struct err *parse_levels(const char *value, void *field)
{
	struct level_list *levels = field;
	autofree char *copy = strdup(value);
	char *rest = copy;
	char *item;

	if (!copy)
		return err_nomem();
	levels->nr = 0;
	while ((item = strsep(&rest, ","))) {
		int64_t level;
		struct err *e = option_parse_int(item, 0, DUMP_LEVEL_MAX, &level);

		if (e)
			return e;
		if (levels->nr == DUMP_LEVELS_MAX)
			return err_new(ERR_USAGE, "more than %d levels", DUMP_LEVELS_MAX);
		levels->level[levels->nr++] = (unsigned int)level;
	}
	return NULL;
}

static const struct option dump_option[] = {
	OPT_GROUP("Which pages"),
	OPT_CALLBACK('d', "level", struct dump_args, levels, parse_levels, "<n>[,<n>...]",
		     "leave out: 1 zero pages, 2 page cache, 4 page cache with private data too, "
		     "8 user pages, 16 free pages, or a sum of these; 31 is all of them (default "
		     "0); of several levels the next is tried when there is no space for a dump"),
	OPT_FLAG(0, "strict", struct dump_args, strict,
		 "fail when page classes cannot be told, instead of dumping more"),
	OPT_STRING('i', "vmcoreinfo", struct dump_args, info_from, "<file>",
		   "take VMCOREINFO from <file>, where -g wrote it, and not from <vmcore>"),
	OPT_STRING('x', "vmlinux", struct dump_args, vmlinux, "<file>",
		   "fail when <vmcore> is not of the kernel of this release"),
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
	OPT_FLAG(0, "split", struct dump_args, split,
		 "write a set of files, each with its part of the pages"),
	OPT_SIZE('L', "limit", struct dump_args, bytes_max, INT64_MAX, "<size>",
		 "let no file grow over this size: what does not fit is like a full disk"),
	OPT_FLAG(0, "reassemble", struct dump_args, reassemble,
		 "put the parts of a split dump together in <dumpfile>, every page as it is"),
	OPT_FLAG(0, "dump-dmesg", struct dump_args, dmesg,
		 "write only the kernel's log, as text, to <dumpfile>, or with -F to stdout"),
	OPT_FLAG(0, "partial-dmesg", struct dump_args, partial_dmesg,
		 "as --dump-dmesg, but only what came after the log was last cleared"),
	OPT_STRING('g', "write-vmcoreinfo", struct dump_args, info_to, "<file>",
		   "write only the VMCOREINFO of <vmcore>, as text, to <file>"),
	OPT_FLAG(0, "dry-run", struct dump_args, dry_run, "do everything but write"),
	OPT_FLAG(0, "check-params", struct dump_args, check_params,
		 "check the command line and do nothing"),
	OPT_GROUP("Look, and write no dump"),
	OPT_FLAG(0, "info", struct dump_args, info,
		 "say what <dumpfile> is: kernel, time of the crash, level, classes, is it "
		 "complete"),
	OPT_FLAG(0, "verify", struct dump_args, verify,
		 "check all of <dumpfile>: every descriptor, every page"),
	OPT_FLAG(0, "show-layout", struct dump_args, show_layout,
		 "print every fact about the kernel that is used, and where it comes from"),
	OPT_STRING(0, "explain", struct dump_args, explain, "<pfn>",
		   "print what page frame <pfn> is, and the rule that decides"),
	OPT_FLAG(0, "list-free", struct dump_args, list_free,
		 "print the free lists: order, migrate type and page frame of each block"),
	OPT_GROUP("Work"),
	OPT_FLAG(0, "mem-usage", struct dump_args, mem_usage,
		 "write nothing: print how many pages each level can leave out of <vmcore>, "
		 "also of the running kernel's /proc/kcore"),
	OPT_FLAG(0, "non-mmap", struct dump_args, non_mmap, "read the image instead of mapping it"),
	OPT_INT(0, "num-threads", struct dump_args, threads_nr, 0, DUMP_THREADS_MAX, "<n>",
		"how many threads read and compress (default 0: one for each processor, at most "
		"16); the dump is the same for any number"),
	OPT_SIZE(0, "cyclic-buffer", struct dump_args, buffer_kib, INT64_MAX, "<kib>",
		 "accepted for makedumpfile's sake: memory is bounded anyway"),
	OPT_STRING(0, "work-dir", struct dump_args, work_dir, "<dir>",
		   "accepted for makedumpfile's sake: there are no temporary files"),
	OPT_INT('b', "block-order", struct dump_args, block_order, 0, 20, "<order>",
		"accepted for makedumpfile's sake: writes are large anyway"),
	OPT_GROUP("Messages"),
	OPT_INT(0, "message-level", struct dump_args, message_level, 0, MESSAGE_MAX, "<n>",
		"a sum of 1 progress, 2 warnings and the closing line, 8 VMCOREINFO, 16 the "
		"report (default 7)"),
	OPT_FLAG('D', "debug", struct dump_args, debug,
		 "accepted for makedumpfile's sake: as --message-level with 8 more"),
	OPT_FLAG(0, "show-stats", struct dump_args, show_stats,
		 "print pages by class, totals, times and what the cache did"),
	OPT_HIDDEN_FLAG('v', NULL, struct dump_args, version, "print the version"),
	OPT_HIDDEN_STRING(0, "config", struct dump_args, erase, "<file>", "erase kernel data"),
	OPT_HIDDEN_STRING(0, "eppic", struct dump_args, erase, "<file>", "erase kernel data"),
	OPT_HIDDEN_STRING(0, "erase", struct dump_args, erase, "<what>", "erase kernel data"),
	OPT_FLAG(0, "json", struct dump_args, json,
		 "print the report as JSON, and nothing else, on stdout"),
};

static const struct option_table dump_options = {
	.invocation = "vmtool dump",
	.synopsis = "[options] <vmcore>... <dumpfile>\n-F [options] <vmcore>...\n-R [options] "
		    "<dumpfile>\n--split [options] <vmcore> <dumpfile> <dumpfile>...\n"
		    "--reassemble [options] <part>... <dumpfile>\n"
		    "--dry-run [options] <vmcore>\n--show-layout [options] <vmcore>\n"
		    "--explain <pfn> [options] <vmcore>\n--list-free [options] <vmcore>\n"
		    "--info|--verify <dumpfile> [<part>...]",
	.about = "Leave the pages nobody will look at out of the memory image of a crashed kernel, "
		 "compress the others, and write a dump that crash, libkdumpfile and drgn read.",
	.option = dump_option,
	.option_nr = ARRAY_SIZE(dump_option),
	.operands_min = 0,
	.operands_max = DUMP_OUTPUTS_MAX + 1,
};

/* What the dump is told while it runs. */
struct watch {
	struct tool *tool;
	struct progress *progress; /* NULL: not shown */
	struct timespec looked_at;
	bool stop;
};

enum { LOOK_NS = 20 * 1000 * 1000 };

/* Looking for a signal is a system call: not for each batch of pages, which take a millisecond. */
static bool watch_goes_on(struct watch *watch)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	if ((now.tv_sec - watch->looked_at.tv_sec) * 1000000000 + now.tv_nsec -
		    watch->looked_at.tv_nsec >=
	    LOOK_NS) {
		watch->looked_at = now;
		watch->stop = stop_requested(watch->tool->stop_fd);
	}
	return !watch->stop;
}

static bool watch_tick(void *ctx, enum dump_phase phase, uint64_t done, uint64_t total)
{
	struct watch *watch = ctx;

	progress_update(watch->progress, dump_phase_name(phase), done, total);
	return watch_goes_on(watch);
}

static void warn(const struct tool *tool, const char *text)
{
	guard(str) struct str line = STR_INIT;

	str_printf(&line, "warning: %s", text);
	tool_remark(tool, "dump", line.s);
}

static FILE *report_stream(const struct tool *tool, const struct dump_args *args)
{
	return args->flattened ? tool->err : tool->out;
}

/* What a program has to say; a stream has stdout for itself. */
struct teller {
	const struct tool *tool;
	const struct dump_args *args;
};

static void tell_line(FILE *out, const struct str *text)
{
	guard(str) struct str safe = STR_INIT;

	str_add(&safe, "  ");
	if (text->len)
		utf8_add_safe(&safe, text->s);
	fprintf(out, "%s\n", safe.s);
}

/* As makedumpfile has it: SUSE's kdump-save looks for OSRELEASE and CRASHTIME among the lines. */
static void tell_vmcoreinfo(void *ctx, const struct image *image)
{
	const struct teller *teller = ctx;
	FILE *out = report_stream(teller->tool, teller->args);
	const char *line = image->vmcoreinfo;

	if (!line || !(teller->args->message_level & MESSAGE_DEBUG))
		return;
	fprintf(out, "VMCOREINFO   :\n");
	while (*line) {
		guard(str) struct str text = STR_INIT;
		size_t len = strcspn(line, "\n");

		str_add_bytes(&text, line, len);
		tell_line(out, &text);
		line += len + (line[len] == '\n');
	}
}

/* How makedumpfile ends. */
static void tell_end(const struct tool *tool, const struct dump_args *args,
		     const struct operands *operands, bool failed)
{
	FILE *out = report_stream(tool, args);
	const char *to = operands->item[operands->nr - 1];

	if (!args->called_makedumpfile || !(args->message_level & MESSAGE_COMMON))
		return;
	if (failed) {
		fprintf(out, "makedumpfile Failed.\n");
		return;
	}
	if (args->info_to)
		to = args->info_to;
	else if (args->flattened)
		to = "STDOUT";
	fprintf(out, "\nThe %s saved to %s.\n\nmakedumpfile Completed.\n",
		args->dmesg   ? "dmesg log is"
		: args->split ? "dumpfiles are"
			      : "dumpfile is",
		to);
}

static void warn_all(const struct tool *tool, const struct dump_args *args,
		     const struct notes *notes)
{
	for (size_t i = 0; args->message_level & MESSAGE_COMMON && i < notes->nr; i++)
		warn(tool, notes->line[i]);
}

static void show(struct tool *tool, const struct dump_args *args,
		 const struct dump_options *options, const struct dump_report *report)
{
	bool common = args->message_level & MESSAGE_COMMON;
	FILE *out = report_stream(tool, args);

	warn_all(tool, args, &report->notes);
	if (common && report->notes.dropped_nr)
		warn(tool, "there were more warnings than can be kept");

	if (args->json)
		dump_show_json(out, options, report);
	else if (args->mem_usage)
		dump_show_usage(out, report);
	else if (args->show_stats || args->message_level & MESSAGE_REPORT)
		dump_show_text(out, options, report);
	if (common && !args->json && !args->mem_usage && report->complete &&
	    !args->called_makedumpfile)
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

static struct err *check_split(const struct dump_args *args, const struct operands *operands)
{
	if (args->flattened || args->rearrange || args->dmesg || args->elf)
		return err_new(ERR_USAGE, "--split goes with none of -E, -F, -R and --dump-dmesg");
	if (operands->nr < 3)
		return err_new(ERR_USAGE, "--split takes <vmcore> and at least two <dumpfile>s");
	for (int i = 1; i < operands->nr; i++)
		for (int j = 1; j < i; j++)
			if (strcmp(operands->item[i], operands->item[j]) == 0)
				return err_new(ERR_USAGE, "%s is named twice", operands->item[i]);
	return NULL;
}

/* Does this only look into the image? */
static bool is_inspection(const struct dump_args *args)
{
	return args->show_layout || args->list_free || args->explain;
}

static struct err *check_inspection(const struct dump_args *args, int nr)
{
	if (args->show_layout + args->list_free + (args->explain != NULL) > 1)
		return err_new(ERR_USAGE,
			       "--show-layout, --explain and --list-free exclude each other");
	if (nr != 1 || args->flattened || args->rearrange || args->dmesg || args->split)
		return err_new(ERR_USAGE, "--show-layout, --explain and --list-free take one "
					  "operand, <vmcore>, and write no dump");
	return NULL;
}

static struct err *check_reading(const struct dump_args *args)
{
	if (args->info && args->verify)
		return err_new(ERR_USAGE, "--info and --verify exclude each other");
	if (args->rearrange || args->flattened || args->dmesg || args->dry_run)
		return err_new(ERR_USAGE, "--info and --verify write no dump: they go with none of "
					  "-F, -R, --dump-dmesg and --dry-run");
	return NULL;
}

static struct err *check_info_to(const struct dump_args *args, int nr)
{
	if (args->rearrange || args->flattened || args->split || args->dmesg || args->dry_run)
		return err_new(ERR_USAGE, "-g writes no dump, and writes: it goes with none of "
					  "-F, -R, --split, --dump-dmesg and --dry-run");
	return nr == 1 ? NULL : err_new(ERR_USAGE, "-g takes one operand, <vmcore>");
}

static struct err *check_operands(const struct dump_args *args, const struct operands *operands)
{
	int nr = operands->nr;

	if (args->erase)
		return err_new(ERR_UNSUPPORTED,
			       "erasing kernel data (--config, --eppic, --erase) is not done by "
			       "vmtool: makedumpfile does it on the dump it reads");
	if (nr < 1)
		return err_new(ERR_USAGE, "%s is missing",
			       args->rearrange ? "<dumpfile>" : "<vmcore>");
	if (args->info || args->verify)
		return check_reading(args);
	if (is_inspection(args))
		return check_inspection(args, nr);
	if (args->info_to)
		return check_info_to(args, nr);
	if (args->split)
		return check_split(args, operands);
	if (args->dmesg && (args->rearrange || args->dry_run))
		return err_new(ERR_USAGE, "--dump-dmesg goes with neither -R nor --dry-run");
	if (args->elf && args->compression != COMPRESS_NONE)
		return err_new(ERR_USAGE, "an ELF file has no compressed pages: -E or one of "
					  "-c, -l, -p, -z");
	if (args->flattened && args->rearrange)
		return err_new(ERR_USAGE, "-F and -R exclude each other");
	if (args->rearrange && (args->dry_run || args->bytes_max))
		return err_new(ERR_USAGE, "-R goes with neither --dry-run nor -L");
	if (args->rearrange && nr != 1)
		return err_new(ERR_USAGE, "-R reads stdin and takes one operand, <dumpfile>");
	if (args->reassemble &&
	    (args->rearrange || args->dmesg || args->levels.nr > 1 || args->levels.level[0]))
		return err_new(ERR_USAGE, "--reassemble keeps every page: it goes with none of -d, "
					  "-R and --dump-dmesg");
	if (args->dmesg && nr > 2)
		return err_new(ERR_USAGE, "'%s' is one operand too many", operands->item[2]);
	if (!args->flattened && !args->rearrange && !args->dry_run && nr < 2)
		return err_new(ERR_USAGE, "<dumpfile> is missing (only --dry-run needs none)");
	return NULL;
}

/* -R */
static struct err *rearrange(const struct tool *tool, const char *output,
			     const struct dump_args *args, int *ret_exit_code)
{
	struct flat_summary summary;
	struct err *e = dump_rearrange(STDIN_FILENO, tool->stop_fd, output, args->force, &summary);

	if (!e || !flat_is_worth_it(&summary))
		return e;
	*ret_exit_code = EXIT_INCOMPLETE;
	return err_wrap(e, "%s is incomplete, %s of it arrived", output,
			human_size(summary.bytes).text);
}

static const char *format_name(const struct dump_args *args)
{
	if (args->elf)
		return "ELF";
	return args->split && !args->dry_run ? "kdump-compressed, split" : "kdump-compressed";
}

/* The files the image is in come first: all of them but what is written, and one only with --split. */
static size_t inputs_nr(const struct dump_args *args, const struct operands *operands)
{
	if (args->split || operands->nr == 1)
		return 1;
	return (size_t)operands->nr - !args->flattened;
}

static struct err *dump(struct tool *tool, const struct dump_args *args, struct operands *operands,
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
		.flattened = args->flattened && !args->dry_run,
		.stream_fd = STDOUT_FILENO,
		.format = writer_find(format_name(args)),
		.levels_nr = args->levels.nr,
		.vmcoreinfo = args->info_from,
		.vmlinux = args->vmlinux,
		.overwrite = args->force,
		.strict = args->strict,
		.threads_nr = (unsigned int)args->threads_nr,
		.file = { .map = args->non_mmap ? MEM_MAP_NEVER : MEM_MAP_WHERE_CHEAPER },
	};
	struct err *e = find_codec(args->compression, &options.codec);

	if (e)
		return e;
	memcpy(options.level, args->levels.level, sizeof(options.level));
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
	struct teller teller = { .tool = tool, .args = args };
	struct dmesg_options options = {
		.input = operands->item[0],
		.output = args->flattened ? NULL : operands->item[1],
		.stream_fd = STDOUT_FILENO,
		.stop_fd = tool->stop_fd,
		.overwrite = args->force,
		.partial = args->partial_dmesg,
		.vmcoreinfo = args->info_from,
		.opened = { .ctx = &teller, .tell = tell_vmcoreinfo },
		.file = { .map = args->non_mmap ? MEM_MAP_NEVER : MEM_MAP_WHERE_CHEAPER },
	};
	struct printk_summary summary;
	struct err *e = dump_dmesg(&options, &notes, &summary);

	warn_all(tool, args, &notes);
	if (!e && summary.lost_nr)
		e = err_new(ERR_NODATA, "%" PRIu64 " of %" PRIu64 " messages cannot be read",
			    summary.lost_nr, summary.records_nr + summary.lost_nr);
	if (e && summary.records_nr)
		*ret_exit_code = EXIT_INCOMPLETE;
	return e;
}

static struct err *parse_pfn(const char *text, uint64_t *ret_pfn)
{
	char *end;

	errno = 0;
	*ret_pfn = strtoull(text, &end, 0);
	if (errno || *end || end == text || *text == '-')
		return err_new(ERR_USAGE, "--explain: '%s' is no page frame number", text);
	return NULL;
}

/* --show-layout, --explain, --list-free */
static struct err *inspect(struct tool *tool, const struct dump_args *args, const char *input)
{
	guard(notes) struct notes notes = NOTES_INIT;
	struct inspect_options options = {
		.input = input,
		.vmcoreinfo = args->info_from,
		.file = { .map = args->non_mmap ? MEM_MAP_NEVER : MEM_MAP_WHERE_CHEAPER },
		.json = args->json,
		.stop_fd = tool->stop_fd,
	};
	uint64_t pfn = 0;
	struct err *e = args->explain ? parse_pfn(args->explain, &pfn) : NULL;

	if (e)
		return e;
	if (args->show_layout)
		e = inspect_layout(&options, tool->out, &notes);
	else if (args->explain)
		e = inspect_page(&options, pfn, tool->out, &notes);
	else
		e = inspect_free(&options, tool->out, &notes);
	warn_all(tool, args, &notes);
	return e;
}

/* -g */
static struct err *write_info(const struct dump_args *args, const struct operands *operands)
{
	guard(notes) struct notes notes = NOTES_INIT;
	struct dmesg_options options = {
		.input = operands->item[0],
		.output = args->info_to,
		.overwrite = args->force,
		.file = { .map = args->non_mmap ? MEM_MAP_NEVER : MEM_MAP_WHERE_CHEAPER },
	};

	return infofile_write(&options, &notes);
}

/* --info */
static struct err *info(const struct tool *tool, const struct dump_args *args,
			const struct operands *operands)
{
	guard(notes) struct notes notes = NOTES_INIT;
	guard(image) struct image *image = NULL;
	struct image_config config = { .file = { .map = MEM_MAP_NEVER } };
	struct dump_info found;
	struct err *e = image_open_parts((const char *const *)operands->item, (size_t)operands->nr,
					 &config, &notes, &image);

	if (!e)
		e = dump_info_read(image, &found);
	if (e)
		return e;
	warn_all(tool, args, &notes);
	if (args->json)
		dump_info_show_json(tool->out, &found);
	else
		dump_info_show_text(tool->out, &found);
	return NULL;
}

enum { VERIFY_THREADS_MAX = 16 };

static bool verify_tick(void *ctx, uint64_t done, uint64_t total)
{
	struct watch *watch = ctx;

	progress_update(watch->progress, "verify", done, total);
	return watch_goes_on(watch);
}

static struct err *verdict(const struct verify_report *report, const char *path, int *ret_exit_code)
{
	switch (report->verdict) {
	case VERIFY_GOOD:
		return NULL;
	case VERIFY_INCOMPLETE:
		*ret_exit_code = EXIT_INCOMPLETE;
		return err_new(ERR_NODATA,
			       "%s is incomplete: %" PRIu64 " of %" PRIu64
			       " pages can be read from it",
			       path, report->good_nr, report->pages_nr);
	case VERIFY_DAMAGED:
		break;
	}
	return err_new(ERR_FORMAT, "%s is damaged: %" PRIu64 " of %" PRIu64 " pages; %s", path,
		       report->damaged_nr, report->pages_nr,
		       report->damage.nr ? report->damage.line[0] : "");
}

/* --verify */
static struct err *verify(struct tool *tool, const struct dump_args *args,
			  const struct operands *operands, int *ret_exit_code)
{
	guard(verify_report) struct verify_report report = VERIFY_REPORT_INIT;
	struct watch watch = { .tool = tool };
	struct verify_options options = {
		.inputs = (const char *const *)operands->item,
		.inputs_nr = (size_t)operands->nr,
		.threads_nr =
			MIN(args->threads_nr ? (unsigned int)args->threads_nr : cpus_usable_nr(),
			    (unsigned int)VERIFY_THREADS_MAX),
		.tick = verify_tick,
		.ctx = &watch,
	};
	struct err *e;

	if (args->message_level & MESSAGE_PROGRESS)
		watch.progress = progress_new(&(struct progress_config){ .out = tool->err });
	e = dump_verify(&options, &report);
	progress_free(watch.progress);
	if (e)
		return e;
	warn_all(tool, args, &report.notes);
	if (args->json)
		verify_show_json(tool->out, &report);
	else
		verify_show_text(tool->out, &report);
	return verdict(&report, operands->item[0], ret_exit_code);
}

static bool called_as(const char *program, const char *name)
{
	const char *slash = strrchr(program, '/');

	return strcmp(slash ? slash + 1 : program, name) == 0;
}

static struct err *run_args(struct tool *tool, const struct dump_args *args,
			    struct operands *operands, int *ret_exit_code)
{
	struct err *e;

	/* A file that is as large as it may be (RLIMIT_FSIZE) is like a full disk: not the end. */
	signal(SIGXFSZ, SIG_IGN);
	/* Nor is a reader of the stream who has gone away: that is one line. */
	if (args->flattened)
		signal(SIGPIPE, SIG_IGN);
	if (args->info_to)
		e = write_info(args, operands);
	else if (args->info)
		e = info(tool, args, operands);
	else if (args->verify)
		e = verify(tool, args, operands, ret_exit_code);
	else if (is_inspection(args))
		e = inspect(tool, args, operands->item[0]);
	else if (args->rearrange)
		e = rearrange(tool, operands->item[0], args, ret_exit_code);
	else if (args->dmesg)
		e = dmesg(tool, args, operands, ret_exit_code);
	else
		e = dump(tool, args, operands, ret_exit_code);
	if (e && err_code(e) == ERR_MISMATCH && args->called_makedumpfile)
		*ret_exit_code = EXIT_MISMATCH;
	tell_end(tool, args, operands, e);
	return e;
}

static struct err *run_dump(struct tool *tool, int argc, char **argv, int *ret_exit_code)
{
	struct dump_args args = {
		.levels = { .nr = 1 },
		.message_level = MESSAGE_DEFAULT,
		.called_makedumpfile = called_as(argv[0], cmd_dump.called_as),
	};
	struct operands operands;
	struct err *e;

	e = options_parse(&dump_options, argc, argv, &args, &operands);
	if (e)
		return e;
	if (args.version) {
		fprintf(tool->out, "vmtool %s, in the place of makedumpfile\n", VMTOOL_VERSION);
		return NULL;
	}
	args.dmesg |= args.partial_dmesg;
	if (args.debug)
		args.message_level |= MESSAGE_DEBUG;
	/* It counts what a dump of level 31 would leave out. */
	if (args.mem_usage) {
		args.dry_run = true;
		args.levels = (struct level_list){ .level = { DUMP_LEVEL_MAX }, .nr = 1 };
	}
	e = check_operands(&args, &operands);
	if (e || args.check_params)
		return e;
	return run_args(tool, &args, &operands, ret_exit_code);
}

const struct command cmd_dump = {
	.name = "dump",
	.called_as = "makedumpfile",
	.summary = "filter and compress the memory image of a crashed kernel",
	.options = &dump_options,
	.stoppable = true,
	.configurable = true,
	.run = run_dump,
};
