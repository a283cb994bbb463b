/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a command is, and what main() hands it. To add a command:
 *
 * 1. builtin/foo.c exports one `const struct command cmd_foo`: its name, a summary of a few words
 *    for the overview, its option table (util/cli/options.h) and its run function. Everything else
 *    in the file is static. It parses, opens, calls util/, shows, closes; it includes no other
 *    command. A command too long for one file goes on in builtin/foo-*.c, joined by builtin/foo.h.
 * 2. Declare cmd_foo below and name it in all-commands of the Makefile. The overview, help, typo
 *    suggestions, completion and the check of the manual follow from that list.
 * 3. Documentation/vmtool-foo.adoc is its manual; `make lint` compares it with the option table.
 * 4. tests/cli/tNNNN-foo.sh shows it working and failing.
 *
 * A command returns NULL or the one error main() prints for it as `vmtool foo: <message>`. It may
 * set *ret_exit_code in both cases; otherwise that is EXIT_OK or what the error's code asks for.
 * Before that main() has answered -h and --help. Results go to tool->out, remarks and progress to
 * tool->err. A full disk or a closed pipe behind tool->out is noticed by main() after the command:
 * a command need not check each fprintf().
 */
#ifndef VMTOOL_BUILTIN_BUILTIN_H
#define VMTOOL_BUILTIN_BUILTIN_H

#include <stdbool.h>
#include <stdio.h>

#include "util/base/err.h"
#include "util/cli/config.h"
#include "util/cli/options.h"
#include "util/sys/external.h"

/* The exit status of every command; the manual of vmtool(1) lists them. */
enum exit_code {
	EXIT_OK = 0,
	EXIT_FAILED = 1,
	EXIT_MISMATCH = 2, /* only of a program that `called_as` names: -x, -i of another kernel */
	EXIT_INCOMPLETE = 3, /* the result can be used, but not all of it is there */
	EXIT_USAGE = 129,
};

/* All that a command may know of the process it runs in; a test hands in its own. */
struct tool {
	FILE *out;
	FILE *err;

	/*
	 * Readable once SIGINT, SIGTERM or SIGHUP arrived, -1 when there is none
	 * (util/sys/signals.h). Long commands poll it between two pieces of work and stop in good
	 * order.
	 */
	int stop_fd;
	const char *exec_dir; /* where the user says that external commands live; NULL: nowhere */

	/* Configuration files, the second after the first; NULL: there is none. */
	const char *system_config;
	const char *user_config;

	/* So many of a command's arguments, from argv[1] on, are the configuration's, not typed. */
	int configured_nr;
};

/* What the files say. */
must_check struct err *tool_config(const struct tool *tool, struct config *ret_config);

/* Where external commands live, besides PATH; @dir is empty before. */
void tool_exec_dir(const struct tool *tool, struct str *dir);
must_check struct err *tool_external_commands(const struct tool *tool,
					      struct external_list *ret_list);

/*
 * "vmtool <command>: <text>", one line on tool->err whatever bytes @text holds. Errors need no
 * such call: they are returned.
 */
void tool_remark(const struct tool *tool, const char *command, const char *text);

struct command {
	const char *name;
	const char *summary; /* "filter and compress a crash dump" */
	const struct option_table *options;

	/* SIGINT, SIGTERM and SIGHUP reach it through tool->stop_fd instead of ending it. */
	bool stoppable;

	/*
	 * SIGINT too that was ignored: `kill -INT` is how a script ends what it runs in the
	 * background.
	 */
	bool interruptible;

	/* A program of this name (a link to vmtool) is this command; NULL: none. argv[0] tells. */
	const char *called_as;

	/* Options of it can be set in the configuration. */
	bool configurable;

	/* argv[0] is the command's name, argv[argc] NULL; argv may be reordered. */
	struct err *(*run)(struct tool *tool, int argc, char **argv, int *ret_exit_code);
};

/* Every command in the order of the overview, NULL after the last. */
extern const struct command *const commands[];

const struct command *command_find(const char *name); /* NULL: no built-in command */

/* What there is to read besides the manuals of commands: vmtool-<name>(7). */
struct guide {
	const char *name;
	const char *about; /* what of, or what for: a few words for the overview */
};

extern const struct guide guides[]; /* NULL after the last */

/*
 * ERR_USAGE: that this program was built without the command @name, or the names nearest to it,
 * which could have been that of a guide too.
 */
must_check struct err *command_unknown(const struct tool *tool, const char *name, bool or_guide);

/*
 * Becomes the program vmtool-<argv[0]> with the rest of argv; returns only when there is none
 * (ERR_NODATA) or it cannot be run.
 */
must_check struct err *command_run_external(const struct tool *tool, char **argv);

/* The options before the command, and what `vmtool` alone prints. */
extern const struct option_table vmtool_options;
void vmtool_overview(const struct tool *tool);

/* How this vmtool was built, as lines and as members of an open JSON object. */
struct json;
void version_text(const struct tool *tool);
void version_json(const struct tool *tool, struct json *json);

extern const struct command cmd_bugreport;
extern const struct command cmd_config;
extern const struct command cmd_dump;
extern const struct command cmd_help;
extern const struct command cmd_record;
extern const struct command cmd_stat;
extern const struct command cmd_report;
extern const struct command cmd_version;

#endif
