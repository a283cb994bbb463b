/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of `vmtool dump` share: its command line, what it says, and what it can be asked
 * to do. dump.c chooses, dump-args.c reads the command line, dump-fit.c knows which options have an
 * effect on what, dump-write.c makes dumps and other files, dump-look.c and dump-map.c show what is
 * there, dump-tell.c has the words that go with all of them.
 */
#ifndef VMTOOL_BUILTIN_DUMP_H
#define VMTOOL_BUILTIN_DUMP_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "builtin/builtin.h"
#include "util/base/notes.h"
#include "util/cli/progress.h"
#include "util/dump/dump.h"

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

/* -d 11,31 */
struct level_list {
	unsigned int level[DUMP_LEVELS_MAX];
	unsigned int nr;
};

struct dump_args {
	struct level_list levels;
	uint64_t bytes_max;
	uint64_t buffer_kib;
	uint64_t splitblock_kib;
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
	bool xen;
	bool elf;
	bool dry_run;
	bool flattened;
	bool split;
	bool rearrange;
	bool receive;
	bool reassemble;
	bool dmesg;
	bool partial_dmesg;
	bool callers;
	bool info;
	bool verify;
	bool non_mmap;
	bool no_cache;
	bool check_params;
	bool debug;
	bool show_stats;
	bool mem_usage;
	bool json;
	bool show_layout;
	bool list_free;
	bool map;
	bool csv;
	const char *explain;
};

#define DUMP_ARGS_DEFAULT                                                                          \
	{                                                                                          \
		.levels = { .nr = 1 }, .message_level = MESSAGE_DEFAULT                            \
	}

extern const struct option_table dump_options;

/*
 * @args has the defaults before. Options of the configuration that do not fit what was typed are
 * left out.
 */
must_check struct err *dump_args_parse(const struct tool *tool, int argc, char **argv,
				       struct dump_args *args, struct operands *operands);

/* Is this a command line that makes sense? Run before anything else. */
must_check struct err *dump_args_check(const struct dump_args *args,
				       const struct operands *operands);

/*
 * Of what is asked for instead of a dump there is one thing, and nothing with it that has no effect
 * on it. Called for makedumpfile what has none is passed over.
 */
must_check struct err *dump_fit_check(const struct dump_args *args);

/* What was not typed and has no effect on what was is as typed, too. */
void dump_fit_config(struct dump_args *args, const struct dump_args *typed);

/* Is the kernel in the image looked at? Else nobody asks for -i and -x. */
bool dump_args_reads_kernel(const struct dump_args *args);

/* Does this file hold a memory image? Then no option makes it an output of something else. */
bool dump_is_image(const char *path);

/* --map: the file for the picture, the last of several operands if it is no image; NULL: none. */
const char *dump_map_picture(const struct operands *operands);

/* Does this only look into the image: --show-layout, --explain, --list-free? */
bool dump_args_inspect(const struct dump_args *args);

/* What goes on while a command runs: progress is shown, signals are looked for. */
struct watch {
	struct tool *tool;
	struct progress *progress; /* NULL: not shown */
	uint64_t looked_at_ns;
	bool stop;
};

/* NULL where it is not to be shown. */
struct progress *progress_wanted(const struct tool *tool, const struct dump_args *args);

/* Shows how far the search for VMCOREINFO is on @progress, which may be NULL. */
struct image_watch search_watch(struct progress *progress);

/* False once a signal asked to stop. Cheap enough for a call a millisecond. */
bool watch_goes_on(struct watch *watch);

/* What a program has to say of an image it opened; `ctx` of an image_observer. */
struct teller {
	const struct tool *tool;
	const struct dump_args *args;
};

/* VMCOREINFO, where --message-level asks for it. */
void tell_vmcoreinfo(void *ctx, const struct image *image);

/* Is there a file in the end that was not there before? */
bool dump_saves(const struct dump_args *args);

/*
 * The exit code speaks of the dump: that of one which is whole is no failure because nobody hears
 * how small it is. JSON is another matter: somebody wants to read it.
 */
void tell_or_forget(const struct tool *tool, const struct dump_args *args);

/* How makedumpfile ends, where we stand in its place. */
void tell_end(const struct tool *tool, const struct dump_args *args,
	      const struct operands *operands, bool failed);

/* One warning, and all of them where --message-level lets them through. */
void tell_warning(const struct tool *tool, const char *text);
void tell_notes(const struct tool *tool, const struct dump_args *args, const struct notes *notes);

/* Where a report goes: a stream has stdout for itself. */
FILE *report_stream(const struct tool *tool, const struct dump_args *args);

/* A dump; -R; --receive; --dump-dmesg; -g. */
must_check struct err *dump_write(struct tool *tool, const struct dump_args *args,
				  struct operands *operands, int *ret_exit_code);
must_check struct err *dump_write_rearranged(const struct tool *tool, const char *output,
					     const struct dump_args *args, int *ret_exit_code);
must_check struct err *dump_write_received(struct tool *tool, const char *output,
					   const struct dump_args *args, int *ret_exit_code);
must_check struct err *dump_write_dmesg(struct tool *tool, const struct dump_args *args,
					const struct operands *operands, int *ret_exit_code);
must_check struct err *dump_write_info(const struct tool *tool, const struct dump_args *args,
				       const struct operands *operands);

/* --info; --verify; --map; --show-layout, --explain, --list-free. */
must_check struct err *dump_look_info(const struct tool *tool, const struct dump_args *args,
				      const struct operands *operands);
must_check struct err *dump_look_verify(struct tool *tool, const struct dump_args *args,
					const struct operands *operands, int *ret_exit_code);
must_check struct err *dump_look_map(struct tool *tool, const struct dump_args *args,
				     const struct operands *operands);
must_check struct err *dump_look_inside(struct tool *tool, const struct dump_args *args,
					const struct operands *operands);

#endif
