// SPDX-License-Identifier: GPL-2.0-or-later
#include "builtin/dump.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "util/dump/policy.h"

static struct err *parse_levels(const char *value, void *field)
{
	struct level_list *levels = field;
	autofree char *copy = strdup(value);
	char *rest = copy;
	char *item;

	if (!copy)
		return err_nomem();
	*levels = (struct level_list){ .nr = 0 };
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

/* What a script has worked out to be 0 is no space, not as much as there is. */
static struct err *parse_limit(const char *value, void *field)
{
	uint64_t bytes = 0;
	struct err *e = option_parse_size(value, INT64_MAX, &bytes);

	if (!e && !bytes)
		e = err_new(ERR_USAGE, "no dump fits in 0 bytes");
	if (!e)
		*(uint64_t *)field = bytes;
	return e;
}

static const struct option dump_option[] = {
	OPT_GROUP("Which pages"),
	OPT_CALLBACK('d', "level", struct dump_args, levels, parse_levels, "<n>[,<n>...]",
		     "leave out: 1 zero pages, 2 page cache, 4 page cache with private data too, "
		     "8 user pages, 16 free pages, or a sum of these; 31 is all of them (default "
		     "0); of several levels the next is tried when there is no space for a dump"),
	OPT_FLAG('X', "exclude-xen-user-domain", struct dump_args, xen,
		 "of a Xen host leave out the pages of all domains but domain 0, free pages and "
		 "broken ones"),
	OPT_FLAG(0, "strict", struct dump_args, strict,
		 "fail when page classes cannot be told, instead of dumping more"),
	OPT_STRING('i', "vmcoreinfo", struct dump_args, info_from, "<file>",
		   "take VMCOREINFO from <file>, where -g wrote it, and not from <vmcore>"),
	OPT_STRING('x', "vmlinux", struct dump_args, vmlinux, "<file>",
		   "take types and symbols from <file> too, the vmlinux of the kernel; fail when "
		   "<vmcore> is of another one"),
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
	OPT_FLAG(0, "receive", struct dump_args, receive,
		 "as -R, at the far end of a pipe: <dumpfile> appears when all of it is there "
		 "and holds"),
	OPT_FLAG(0, "split", struct dump_args, split,
		 "write a set of files, each with its part of the pages"),
	OPT_CALLBACK('L', "limit", struct dump_args, bytes_max, parse_limit, "<size>",
		     "let no file grow over this size: what does not fit is like a full disk"),
	OPT_FLAG(0, "reassemble", struct dump_args, reassemble,
		 "put the parts of a split dump together in <dumpfile>, every page as it is"),
	OPT_FLAG(0, "dump-dmesg", struct dump_args, dmesg,
		 "write only the kernel's log, as text, to <dumpfile>, or with -F to stdout"),
	OPT_FLAG(0, "partial-dmesg", struct dump_args, partial_dmesg,
		 "as --dump-dmesg, but only what came after the log was last cleared"),
	OPT_FLAG(0, "callers", struct dump_args, callers,
		 "with --dump-dmesg: which thread (T) or CPU (C) wrote each line"),
	OPT_STRING(
		'g', "write-vmcoreinfo", struct dump_args, info_to, "<file>",
		"write only the VMCOREINFO of <vmcore>, as text, to <file>, or what of it can be "
		"made of the vmlinux of -x alone"),
	OPT_FLAG(0, "dry-run", struct dump_args, dry_run, "do everything but write"),
	OPT_FLAG(0, "check-params", struct dump_args, check_params,
		 "check the command line and do nothing"),
	OPT_GROUP("Look, and write no dump"),
	OPT_FLAG(0, "info", struct dump_args, info,
		 "say what <dumpfile> is: machine and kernel, when and why it crashed, level, "
		 "classes, is it complete"),
	OPT_FLAG(0, "verify", struct dump_args, verify,
		 "check all of <dumpfile>: every descriptor, every page"),
	OPT_FLAG(0, "map", struct dump_args, map,
		 "print a map of memory: what is used for what, where, and which of it is in the "
		 "dump; with one more operand as a picture (SVG) in this file"),
	OPT_FLAG(0, "csv", struct dump_args, csv, "print the map as comma-separated values"),
	OPT_FLAG(0, "show-layout", struct dump_args, show_layout,
		 "print every fact about the kernel that is used, and where it comes from"),
	OPT_STRING(0, "explain", struct dump_args, explain, "<pfn>",
		   "print what page frame <pfn>, or the one at an address of the kernel's, is, and "
		   "the rule that decides"),
	OPT_FLAG(0, "list-free", struct dump_args, list_free,
		 "print the free lists: order, migrate type and page frame of each block"),
	OPT_GROUP("Work"),
	OPT_FLAG(0, "mem-usage", struct dump_args, mem_usage,
		 "write nothing: print how many pages each level can leave out of <vmcore>, "
		 "also of the running kernel's /proc/kcore"),
	OPT_FLAG(0, "non-mmap", struct dump_args, non_mmap, "read the image instead of mapping it"),
	OPT_FLAG(0, "no-cache", struct dump_args, no_cache,
		 "read each page of the image each time it is looked at"),
	OPT_INT(0, "num-threads", struct dump_args, threads_nr, 0, DUMP_THREADS_MAX, "<n>",
		"how many threads read and compress (default 0: one for each processor, at most "
		"16); the dump is the same for any number"),
	OPT_SIZE(0, "cyclic-buffer", struct dump_args, buffer_kib, INT64_MAX, "<kib>",
		 "accepted for makedumpfile's sake: memory is bounded anyway"),
	OPT_SIZE(0, "splitblock-size", struct dump_args, splitblock_kib, INT64_MAX, "<kib>",
		 "accepted for makedumpfile's sake: files of a set have about as many pages each"),
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

const struct option_table dump_options = {
	.invocation = "vmtool dump",
	.synopsis = "[options] <vmcore>... <dumpfile>\n-F [options] <vmcore>...\n-R [options] "
		    "<dumpfile>\n--receive [options] <dumpfile>\n"
		    "--split [options] <vmcore> <dumpfile> <dumpfile>...\n"
		    "--reassemble [options] <part>... <dumpfile>\n"
		    "--dry-run [options] <vmcore>\n--map [options] <vmcore>... "
		    "[<picture.svg>]\n--show-layout [options] <vmcore>...\n"
		    "--explain <pfn> [options] <vmcore>...\n--list-free [options] <vmcore>...\n"
		    "-g <file> -x <vmlinux>\n"
		    "--info|--verify <dumpfile> [<part>...]",
	.about = "Leave the pages nobody will look at out of the memory image of a crashed kernel, "
		 "compress the others, and write a dump that crash, libkdumpfile and drgn read.",
	.option = dump_option,
	.option_nr = ARRAY_SIZE(dump_option),
	.operands_min = 0,
	.operands_max = DUMP_OUTPUTS_MAX + 1,
};

/* What was typed, without what the configuration says. */
static struct err *parse_typed(const struct tool *tool, int argc, char *const *argv,
			       struct dump_args *typed)
{
	int typed_argc = argc - tool->configured_nr;
	autofree char **copy = calloc((size_t)typed_argc + 1, sizeof(*copy));
	struct operands operands;

	if (!copy)
		return err_nomem();
	copy[0] = argv[0];
	memcpy(copy + 1, argv + 1 + tool->configured_nr, ((size_t)typed_argc - 1) * sizeof(*copy));
	return options_parse(&dump_options, typed_argc, copy, typed, &operands);
}

static bool reads_stream(const struct dump_args *args)
{
	return args->rearrange || args->receive;
}

bool dump_args_reads_kernel(const struct dump_args *args)
{
	return !reads_stream(args) && !args->info && !args->verify && !args->info_to;
}

/* One that is filtered, be it not written. */
static bool makes_dump(const struct dump_args *args)
{
	return dump_args_reads_kernel(args) && !args->map && !dump_args_inspect(args) &&
	       !args->dmesg && !args->mem_usage && !args->reassemble;
}

/*
 * The configuration says how dumps are made. Who asks for something that takes no such wish, or
 * cannot have it, is not refused for it.
 */
static void set_config_aside(struct dump_args *args, const struct dump_args *typed,
			     const struct operands *operands)
{
	bool stream = typed->rearrange || typed->receive;
	bool picture = typed->map && operands->nr && dump_map_picture(operands);
	bool looks = typed->info || typed->verify || typed->map || typed->info_to ||
		     dump_args_inspect(typed);
	bool other = stream || looks || typed->dmesg || typed->mem_usage;

	dump_fit_config(args, typed);
	if (other || typed->split)
		args->flattened = typed->flattened;
	if (other || typed->flattened)
		args->split = typed->split;
	if (other || typed->split || typed->compression)
		args->elf = typed->elf;
	if (other || typed->elf)
		args->compression = typed->compression;
	if (other)
		args->bytes_max = typed->bytes_max;
	if (typed->map && !picture)
		args->force = typed->force;
	if (stream || looks || typed->dmesg)
		args->dry_run = typed->dry_run;
	if (!typed->dmesg || typed->json)
		args->callers = typed->callers;
	if (typed->dmesg)
		args->json = typed->json;
	if (other || typed->reassemble) {
		args->levels = typed->levels;
		args->xen = typed->xen;
	}
	if (!dump_args_reads_kernel(typed)) {
		args->info_from = typed->info_from;
		args->vmlinux = typed->vmlinux;
	}
	if (typed->csv || picture)
		args->json = typed->json;
	if (!typed->map || typed->json || picture)
		args->csv = typed->csv;
}

struct err *dump_args_parse(const struct tool *tool, int argc, char **argv, struct dump_args *args,
			    struct operands *operands)
{
	struct dump_args typed = *args;
	struct err *e = NULL;

	if (tool->configured_nr)
		e = parse_typed(tool, argc, argv, &typed);
	if (!e)
		e = options_parse(&dump_options, argc, argv, args, operands);
	typed.dmesg |= typed.partial_dmesg;
	args->dmesg |= args->partial_dmesg;
	if (!e && tool->configured_nr)
		set_config_aside(args, &typed, operands);
	return e;
}

static struct err *check_split(const struct dump_args *args, const struct operands *operands)
{
	if (args->flattened || args->dmesg || args->elf || args->reassemble)
		return err_new(ERR_USAGE, "--split goes with none of -E, -F, -R, --reassemble and "
					  "--dump-dmesg");
	if (operands->nr < 3)
		return err_new(ERR_USAGE, "--split takes <vmcore> and at least two <dumpfile>s");
	for (int i = 1; i < operands->nr; i++)
		for (int j = 1; j < i; j++)
			if (strcmp(operands->item[i], operands->item[j]) == 0)
				return err_new(ERR_USAGE, "%s is named twice", operands->item[i]);
	return NULL;
}

/* Does this only look into the image? */
bool dump_args_inspect(const struct dump_args *args)
{
	return args->show_layout || args->list_free || args->explain;
}

static bool writes_dump(const struct dump_args *args)
{
	return args->flattened || reads_stream(args) || args->split || args->reassemble ||
	       args->dmesg || args->elf || args->dry_run || args->info_to;
}

static struct err *check_inspection(const struct dump_args *args)
{
	if (writes_dump(args))
		return err_new(ERR_USAGE, "--show-layout, --explain and --list-free write no dump");
	return NULL;
}

static struct err *check_map(const struct dump_args *args, const struct operands *operands)
{
	bool picture = dump_map_picture(operands);

	if (writes_dump(args))
		return err_new(ERR_USAGE, "--map writes no dump, and goes with no option that does "
					  "something else");
	if (args->json + args->csv + picture > 1)
		return err_new(ERR_USAGE, "--json, --csv and a picture exclude each other");
	if (args->force && operands->nr == 1 && !args->called_makedumpfile)
		return err_new(ERR_USAGE, "-f has no effect with --map without a picture");
	return NULL;
}

static struct err *check_reading(const struct dump_args *args)
{
	if (!writes_dump(args))
		return NULL;
	return err_new(ERR_USAGE, "--info and --verify write no dump: they go with none of -E, -F, "
				  "--split, --reassemble and --dry-run");
}

/* Both read stdin, and write what comes as it is. */
static struct err *check_stream(const struct dump_args *args, int nr)
{
	const char *name = args->receive ? "--receive" : "-R";

	if (args->flattened)
		return err_new(ERR_USAGE, "-F and %s exclude each other", name);
	if (args->dry_run || args->bytes_max)
		return err_new(ERR_USAGE, "%s goes with neither --dry-run nor -L", name);
	if (args->split || args->reassemble || args->elf)
		return err_new(ERR_USAGE,
			       "%s writes what comes: it goes with none of -E, --split "
			       "and --reassemble",
			       name);
	if (nr != 1)
		return err_new(ERR_USAGE, "%s reads stdin and takes one operand, <dumpfile>", name);
	return NULL;
}

static struct err *check_info_to(const struct dump_args *args, int nr)
{
	if (args->flattened || args->split || args->reassemble || args->elf || args->dry_run)
		return err_new(ERR_USAGE, "-g writes no dump, and writes: it goes with none of "
					  "-E, -F, --split, --reassemble and --dry-run");
	if (args->vmlinux)
		return nr == 0 ? NULL
			       : err_new(ERR_USAGE, "-g with -x takes no <vmcore>: it is of the "
						    "vmlinux alone");
	return nr == 1 ? NULL : err_new(ERR_USAGE, "-g takes one operand, <vmcore>");
}

/* Scripts name what they have forgotten to set, and people a stream. */
static struct err *check_name(const char *name)
{
	if (!*name)
		return err_new(ERR_USAGE, "the name of a file is empty");
	if (strcmp(name, "-") == 0)
		return err_new(ERR_USAGE, "'-' stands for no stream: -F writes to stdout, -R and "
					  "--receive read stdin (./- is a file called -)");
	return NULL;
}

static struct err *check_names(const struct dump_args *args, const struct operands *operands)
{
	struct err *e = args->info_to ? check_name(args->info_to) : NULL;

	for (int i = 0; !e && i < operands->nr; i++)
		e = check_name(operands->item[i]);
	return e;
}

/* All operands are the image; who names an output has meant it for one. */
static struct err *check_flattened(const struct operands *operands)
{
	const char *last = operands->item[operands->nr - 1];

	if (operands->nr < 2 || access(last, F_OK) == 0 || errno != ENOENT)
		return NULL;
	return err_new(ERR_USAGE, "-F writes to stdout and takes no <dumpfile>, and there is no %s",
		       last);
}

struct err *dump_args_check(const struct dump_args *args, const struct operands *operands)
{
	int nr = operands->nr;
	struct err *e;

	if (args->erase)
		return err_new(ERR_UNSUPPORTED,
			       "erasing kernel data (--config, --eppic, --erase) is not done by "
			       "vmtool: makedumpfile does it on the dump it reads");
	if (nr < 1 && args->info_to && !args->vmlinux)
		return err_new(ERR_USAGE, "<vmcore> is missing, or -x with the vmlinux to make "
					  "VMCOREINFO of");
	if (nr < 1 && !args->info_to)
		return err_new(ERR_USAGE, "%s is missing",
			       reads_stream(args) ? "<dumpfile>" : "<vmcore>");
	e = dump_fit_check(args);
	if (!e)
		e = check_names(args, operands);
	if (e)
		return e;
	if (args->xen && !makes_dump(args))
		return err_new(ERR_USAGE, "-X says what a dump leaves out: it goes with no option "
					  "that makes none, nor with --reassemble");
	if (args->callers && (!args->dmesg || args->json))
		return err_new(ERR_USAGE, args->dmesg ? "--json has the callers: not with --callers"
						      : "--callers goes with --dump-dmesg only");
	if (args->map)
		return check_map(args, operands);
	if (args->csv)
		return err_new(ERR_USAGE, "--csv goes with --map only");
	if (args->info || args->verify)
		return check_reading(args);
	if (dump_args_inspect(args))
		return check_inspection(args);
	if (args->info_to)
		return check_info_to(args, nr);
	if (reads_stream(args))
		return check_stream(args, nr);
	if (args->split)
		return check_split(args, operands);
	if (args->dmesg && args->dry_run)
		return err_new(ERR_USAGE, "--dump-dmesg and --dry-run exclude each other");
	if (args->elf && args->compression != COMPRESS_NONE)
		return err_new(ERR_USAGE, "an ELF file has no compressed pages: -E or one of "
					  "-c, -l, -p, -z");
	if (args->reassemble && (args->dmesg || args->levels.nr > 1 || args->levels.level[0]))
		return err_new(ERR_USAGE, "--reassemble keeps every page: it goes with neither -d "
					  "nor --dump-dmesg");
	if (!args->flattened && !args->dry_run && nr < 2)
		return err_new(ERR_USAGE, "<dumpfile> is missing (only --dry-run needs none)");
	return args->flattened ? check_flattened(operands) : NULL;
}
