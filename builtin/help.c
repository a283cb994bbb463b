// SPDX-License-Identifier: GPL-2.0-or-later
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "builtin/builtin.h"
#include "config.h"
#include "util/base/io.h"
#include "util/cli/suggest.h"
#include "util/cli/usage.h"
#include "util/sys/program.h"

enum { MANUAL_MAX_BYTES = 1 << 20 };

struct help_args {
	bool commands, external, guides;
	const char *options_of;
};

static const struct option options[] = {
	OPT_GROUP("For scripts"),
	OPT_FLAG(0, "commands", struct help_args, commands,
		 "print the names of vmtool's own commands"),
	OPT_FLAG(0, "external", struct help_args, external,
		 "print the names of commands that are programs of their own"),
	OPT_FLAG(0, "guides", struct help_args, guides, "print the names of the guides"),
	OPT_STRING(
		0, "options", struct help_args, options_of, "<command>",
		"print the options of a command, one a line: short name, long name, argument, the "
		"choices it has, and text, with tabs between and - for what there is not"),
};

static const struct option_table help_options = {
	.invocation = "vmtool help",
	.synopsis = "[<command> | <guide>]\n--commands|--external|--guides...\n--options <command>",
	.about = "Opens the manual of a command, or a guide (levels, reading, kdump); without one, "
		 "lists the commands.",
	.option = options,
	.option_nr = ARRAY_SIZE(options),
	.operands_max = 1,
};

/*
 * The file of a manual: below the directory of a program in its build tree, below that of the tree
 * it was installed into, or in @dir, where the build was told to install it.
 */
static bool find_manual(const char *below, const char *dir, const char *section, const char *name,
			const char *suffix, struct str *path)
{
	for (int place = 0; place < 3; place++) {
		str_clear(path);
		if (place < 2) {
			program_add_dir(path);
			str_printf(path, "%s/%s", place ? "/../share" : "", below);
		} else {
			str_add(path, dir);
		}
		str_printf(path, "%s/vmtool%s%s.%s", section,
			   strcmp(name, "vmtool") != 0 ? "-" : "",
			   strcmp(name, "vmtool") != 0 ? name : "", suffix);
		if (!access(path->s, R_OK))
			return true;
	}
	return false;
}

/*
 * With man the page, without it the same as text, which is built with it. The page of a command is
 * in section 1, what else there is to read in 7. *ret_shown is false when there is neither.
 */
static struct err *show_manual(const struct tool *tool, const char *name, bool *ret_shown)
{
	guard(str) struct str path = STR_INIT;
	autofree char *text = NULL;
	struct err *err;
	size_t len;

	if (find_manual("man", VMTOOL_MAN_DIR, "/man1", name, "1", &path) ||
	    find_manual("man", VMTOOL_MAN_DIR, "/man7", name, "7", &path))
		execlp("man", "man", "-l", path.s, (char *)NULL);

	*ret_shown = find_manual("doc/vmtool", VMTOOL_DOC_DIR, "", name, "txt", &path);
	if (!*ret_shown)
		return NULL;
	err = io_read_file(AT_FDCWD, path.s, MANUAL_MAX_BYTES, &text, &len);
	if (err)
		return err_wrap(err, "%s", path.s);
	fwrite(text, 1, len, tool->out);
	return NULL;
}

static struct err *show_usage(const struct tool *tool, const struct option_table *table)
{
	guard(str) struct str usage = STR_INIT;

	usage_text(table, &usage);
	fputs(usage.s, tool->out);
	return str_check(&usage);
}

/* A page of "vmtool" itself is asked for by that name. */
static const struct option_table *find_options(const char *name)
{
	const struct command *command = command_find(name);

	if (command)
		return command->options;
	return strcmp(name, "vmtool") != 0 ? NULL : &vmtool_options;
}

static const struct guide *find_guide(const char *name)
{
	const struct guide *guide = guides;

	while (guide->name && strcmp(guide->name, name) != 0)
		guide++;
	return guide->name ? guide : NULL;
}

/* Each once: kdump is a command and a guide. */
static struct err *list_names(const struct tool *tool, const struct help_args *args)
{
	guard(external_list) struct external_list external = { .nr = 0 };
	const struct guide *listed;
	struct err *err = NULL;

	for (const struct command *const *c = commands; args->commands && *c; c++)
		fprintf(tool->out, "%s\n", (*c)->name);
	if (args->external)
		err = tool_external_commands(tool, &external);
	for (size_t i = 0; i < external.nr; i++) {
		listed = args->guides ? find_guide(external.name[i]) : NULL;
		if (!command_find(external.name[i]) && !listed)
			fprintf(tool->out, "%s\n", external.name[i]);
	}
	for (const struct guide *guide = guides; args->guides && guide->name; guide++)
		fprintf(tool->out, "%s\n", guide->name);
	return err;
}

static struct err *no_options(const struct tool *tool, const char *name)
{
	guard(external_list) struct external_list external = { .nr = 0 };
	struct err *err = tool_external_commands(tool, &external);

	for (size_t i = 0; !err && i < external.nr; i++)
		if (strcmp(external.name[i], name) == 0)
			err = err_new(ERR_USAGE,
				      "%s is a program of its own; ask it: vmtool %s --help", name,
				      name);
	return err ? err : command_unknown(tool, name, false);
}

static struct err *list_options(const struct tool *tool, const char *name)
{
	const struct option_table *table = find_options(name);
	guard(str) struct str list = STR_INIT;

	if (!table)
		return no_options(tool, name);
	usage_list(table, &list);
	fputs(list.s, tool->out);
	return str_check(&list);
}

static struct err *show_help(const struct tool *tool, char *name)
{
	const struct option_table *table = find_options(name);
	char *ask_program[] = { name, (char *)"--help", NULL };
	bool shown = false;
	struct err *err = NULL;

	/* A name is a word, not a way through directories. */
	if (!strchr(name, '/'))
		err = show_manual(tool, name, &shown);
	if (err || shown)
		return err;
	if (table)
		return show_usage(tool, table);
	err = command_run_external(tool, ask_program);
	if (err_code(err) != ERR_NODATA)
		return err;
	err_free(err);
	if (find_guide(name))
		return err_new(ERR_NODATA,
			       "the guide '%s' is not installed; in the source 'make doc' makes it",
			       name);
	return command_unknown(tool, name, true);
}

static struct err *run_help(struct tool *tool, int argc, char **argv, int *ret_exit_code)
{
	struct help_args args = { .commands = false };
	struct operands operands;
	struct err *err;
	bool lists;

	(void)ret_exit_code;
	err = options_parse(&help_options, argc, argv, &args, &operands);
	if (err)
		return err;

	lists = args.commands || args.external || args.guides;
	if (operands.nr && (lists || args.options_of))
		return err_new(ERR_USAGE, "unexpected operand '%s'", operands.item[0]);
	if (lists && args.options_of)
		return err_new(ERR_USAGE, "--options goes with no other option");

	if (lists)
		err = list_names(tool, &args);
	else if (args.options_of)
		err = list_options(tool, args.options_of);
	else if (operands.nr)
		err = show_help(tool, operands.item[0]);
	else
		vmtool_overview(tool);
	return err;
}

const struct command cmd_help = {
	.name = "help",
	.summary = "open the manual of a command",
	.options = &help_options,
	.run = run_help,
};
