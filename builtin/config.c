// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "builtin/builtin.h"
#include "util/base/io.h"
#include "util/cli/config.h"

enum { CONFIG_FILE_MAX_BYTES = 1 << 20 };

struct config_args {
	bool list;
	bool show_origin;
	bool unset;
	bool system;
};

static const struct option options[] = {
	OPT_FLAG('l', "list", struct config_args, list, "print all entries"),
	OPT_FLAG(0, "show-origin", struct config_args, show_origin,
		 "and where each of them stands"),
	OPT_FLAG(0, "unset", struct config_args, unset, "take an entry out"),
	OPT_FLAG(0, "system", struct config_args, system,
		 "change the file of the system instead of the user's"),
};

static const struct option_table config_options = {
	.invocation = "vmtool config",
	.synopsis =
		"--list [--show-origin]\n<command>.<option>\n<command>.<option> <value>\n--unset "
		"<command>.<option>",
	.about = "Shows and changes the options that commands take as if they were typed first: "
		 "'vmtool config report.sort hit'.",
	.option = options,
	.option_nr = ARRAY_SIZE(options),
	.operands_max = 2,
};

/* "report.sort", taken apart. */
struct name {
	char *section;
	const char *key;
	const struct command *command;
};

static struct err *parse_name(const struct tool *tool, char *text, struct name *ret_name)
{
	char *dot = strchr(text, '.');

	if (!dot || dot == text || !dot[1])
		return err_new(ERR_USAGE, "'%s' is no <command>.<option>, such as report.sort",
			       text);
	*dot = '\0';
	ret_name->section = text;
	ret_name->key = dot + 1;
	ret_name->command = command_find(text);
	if (!ret_name->command)
		return command_unknown(tool, text, false);
	if (!ret_name->command->configurable)
		return err_new(ERR_USAGE, "'%s' takes nothing from the configuration", text);
	return NULL;
}

static void show_entry(const struct tool *tool, const struct config_entry *entry, bool origin)
{
	if (origin)
		fprintf(tool->out, "%s:%u\t", entry->file, entry->line);
	fprintf(tool->out, "%s.%s=%s\n", entry->section, entry->key,
		entry->value ? entry->value : "true");
}

static struct err *list(const struct tool *tool, bool origin)
{
	guard(config) struct config config = CONFIG_INIT;
	struct err *err = tool_config(tool, &config);

	for (size_t i = 0; !err && i < config.nr; i++)
		show_entry(tool, &config.entry[i], origin);
	return err;
}

static struct err *get(const struct tool *tool, const struct name *name)
{
	guard(config) struct config config = CONFIG_INIT;
	const struct config_entry *entry;
	struct err *err = tool_config(tool, &config);

	if (err)
		return err;
	entry = config_find(&config, name->section, name->key);
	if (!entry)
		return err_new(ERR_NODATA, "%s.%s is not set", name->section, name->key);
	fprintf(tool->out, "%s\n", entry->value ? entry->value : "true");
	return NULL;
}

/* The file's text; "" when there is no file yet. */
static struct err *read_text(const char *path, char **ret_text)
{
	struct err *err;
	size_t len;

	err = io_read_file(AT_FDCWD, path, CONFIG_FILE_MAX_BYTES, ret_text, &len);
	if (!err || err_code(err) != ERR_SYS || err_errno(err) != ENOENT)
		return err;
	err_free(err);
	*ret_text = strdup("");
	return *ret_text ? NULL : err_nomem();
}

/* The directories above @path, as far as they are missing. */
static struct err *make_directories(const char *path)
{
	autofree char *dir = strdup(path);

	if (!dir)
		return err_nomem();
	for (char *slash = strchr(dir + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(dir, 0777) && errno != EEXIST)
			return err_sys(errno, "cannot make %s", dir);
		*slash = '/';
	}
	return NULL;
}

/* All of the new text or all of the old is there at any moment. */
static struct err *write_text(const char *path, const struct str *text)
{
	guard(str) struct str temporary = STR_INIT;
	struct err *err;
	int fd;

	str_printf(&temporary, "%s.XXXXXX", path);
	err = str_check(&temporary);
	if (!err)
		err = make_directories(path);
	if (err)
		return err;

	fd = mkostemp(temporary.s, O_CLOEXEC);
	if (fd < 0)
		return err_sys(errno, "cannot write beside %s", path);
	err = io_write_full(fd, text->s, text->len);
	if (!err && (fchmod(fd, 0644) || fsync(fd)))
		err = err_sys(errno, "%s", temporary.s);
	if (close(fd) && !err)
		err = err_sys(errno, "%s", temporary.s);
	if (!err && rename(temporary.s, path))
		err = err_sys(errno, "%s", path);
	if (err)
		unlink(temporary.s);
	return err;
}

/* @value NULL: take the entry out. */
static struct err *edit(const char *path, const struct name *name, const char *value)
{
	guard(str) struct str edited = STR_INIT;
	autofree char *target = NULL;
	autofree char *text = NULL;
	struct err *err;

	if (!path)
		return err_new(
			ERR_NODATA,
			"there is no file to write: neither HOME nor XDG_CONFIG_HOME is set");
	/* A link to a file somewhere else stays one. */
	target = realpath(path, NULL);
	if (target)
		path = target;
	err = read_text(path, &text);
	if (!err)
		err = config_edit(text, name->section, name->key, value, &edited);
	if (err)
		return err_wrap(err, "%s", path);
	if (!value && !strcmp(text, edited.s))
		return err_new(ERR_NODATA, "%s.%s is not set in %s", name->section, name->key,
			       path);
	return write_text(path, &edited);
}

static struct err *check_args(const struct config_args *args, int operands_nr)
{
	if (args->list && (operands_nr || args->unset))
		return err_new(ERR_USAGE, "--list takes neither a name nor --unset");
	if (args->show_origin && operands_nr)
		return err_new(ERR_USAGE, "--show-origin goes with --list");
	if (args->unset && operands_nr != 1)
		return err_new(ERR_USAGE, "--unset takes one operand, <command>.<option>");
	if (args->system && operands_nr < 2 && !args->unset)
		return err_new(ERR_USAGE, "--system says which file to change");
	return NULL;
}

static struct err *run_config(struct tool *tool, int argc, char **argv, int *ret_exit_code)
{
	guard(str) struct str argument = STR_INIT;
	struct config_args args = { .list = false };
	struct operands operands;
	struct name name;
	struct err *err;

	(void)ret_exit_code;
	err = options_parse(&config_options, argc, argv, &args, &operands);
	if (!err)
		err = check_args(&args, operands.nr);
	if (err)
		return err;
	if (!operands.nr)
		return list(tool, args.show_origin);

	err = parse_name(tool, operands.item[0], &name);
	if (err)
		return err;
	if (operands.nr == 1 && !args.unset)
		return get(tool, &name);
	if (!args.unset)
		err = config_argument(name.command->options, name.key, operands.item[1], &argument);
	if (err)
		return err;
	return edit(args.system ? tool->system_config : tool->user_config, &name,
		    args.unset ? NULL : operands.item[1]);
}

const struct command cmd_config = {
	.name = "config",
	.summary = "set options that commands take by default",
	.options = &config_options,
	.run = run_config,
};
