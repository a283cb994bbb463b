// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "builtin/builtin.h"
#include "config.h"
#include "util/cli/suggest.h"
#include "util/cli/usage.h"
#include "util/cli/utf8.h"
#include "util/sys/external.h"
#include "util/sys/program.h"
#include "util/sys/signals.h"

/* Which they are is the Makefile's COMMANDS. */
const struct command *const commands[] = {
#define COMMAND(name) &cmd_##name,
#define LEFT_OUT(name)
#define GUIDE(name)
#include "commands.inc"
#undef COMMAND
#undef LEFT_OUT
#undef GUIDE
	NULL,
};

/* What vmtool has and this program has not. */
static const char *const commands_left_out[] = {
#define COMMAND(name)
#define LEFT_OUT(name) #name,
#define GUIDE(name)
#include "commands.inc"
#undef COMMAND
#undef LEFT_OUT
#undef GUIDE
	NULL,
};

#define GUIDE_levels "of dumps"
#define GUIDE_reading "of reports"
#define GUIDE_kdump "to have crashes saved"

/* Those of the commands there are. */
const struct guide guides[] = {
#define COMMAND(name)
#define LEFT_OUT(name)
#define GUIDE(name) { #name, GUIDE_##name },
#include "commands.inc"
#undef COMMAND
#undef LEFT_OUT
#undef GUIDE
	{ NULL, NULL },
};

struct vmtool_args {
	struct option_list directories;
	const char *exec_dir;
	bool version;
};

static const struct option options[] = {
	OPT_STRINGS('C', NULL, struct vmtool_args, directories, "<dir>",
		    "run as if started in <dir>; given again, <dir> is seen from the one before"),
	OPT_STRING(0, "exec-path", struct vmtool_args, exec_dir, "<dir>",
		   "look for external commands (vmtool-<command>) in <dir> before PATH"),
	OPT_FLAG(0, "version", struct vmtool_args, version, "print the version"),
};

const struct option_table vmtool_options = {
	.invocation = "vmtool",
	.synopsis = "[options] <command> [<arguments>]",
	.about = "Looks into the memory of Linux: dumps of kernels that crashed, and memory at "
		 "work.",
	.option = options,
	.option_nr = ARRAY_SIZE(options),
	.operands_max = OPTIONS_ANY,
	.stop_at_operand = true,
};

void tool_remark(const struct tool *tool, const char *command, const char *text)
{
	guard(str) struct str line = STR_INIT;

	str_printf(&line, "vmtool%s%s: ", command ? " " : "", command ? command : "");
	utf8_add_safe(&line, text);
	str_add_char(&line, '\n');
	fputs(line.s, tool->err);
}

/* Prints the error and chooses the exit code, unless the command has (@exit_code not EXIT_OK). */
static int report(const struct tool *tool, const char *command, const struct err *err,
		  int exit_code)
{
	tool_remark(tool, command, err_message(err));
	if (exit_code != EXIT_OK)
		return exit_code;
	return err_code(err) == ERR_USAGE ? EXIT_USAGE : EXIT_FAILED;
}

const struct command *command_find(const char *name)
{
	for (const struct command *const *c = commands; *c; c++)
		if (!strcmp((*c)->name, name))
			return *c;
	return NULL;
}

/*
 * Is @dir of those who made this program, or of root? Next to a program in /tmp anybody can make a
 * folder, and root should run nothing of what is in it.
 */
static bool dir_is_trusted(const char *dir)
{
	struct stat program, st;

	return !access(dir, X_OK) && !stat(dir, &st) &&
	       (!st.st_uid || (!stat("/proc/self/exe", &program) && st.st_uid == program.st_uid));
}

/* In a build tree, in the tree the program was installed into, where it was to be installed. */
void tool_exec_dir(const struct tool *tool, struct str *dir)
{
	static const char *const beside[] = { "/libexec/vmtool", "/../libexec/vmtool" };

	if (tool->exec_dir) {
		str_add(dir, tool->exec_dir);
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(beside); i++) {
		str_clear(dir);
		program_add_dir(dir);
		str_add(dir, beside[i]);
		if (dir_is_trusted(dir->s))
			return;
	}
	str_clear(dir);
	str_add(dir, VMTOOL_EXEC_DIR);
}

/* @exec_dir holds a part of it. */
static struct external_dirs external_dirs(const struct tool *tool, struct str *exec_dir)
{
	tool_exec_dir(tool, exec_dir);
	return (struct external_dirs){ .exec_dir = exec_dir->s, .path = getenv("PATH") };
}

struct err *tool_external_commands(const struct tool *tool, struct external_list *ret_list)
{
	guard(str) struct str exec_dir = STR_INIT;
	struct external_dirs dirs = external_dirs(tool, &exec_dir);

	return external_list(&dirs, ret_list);
}

static bool command_is_left_out(const char *name)
{
	for (const char *const *left_out = commands_left_out; *left_out; left_out++)
		if (!strcmp(*left_out, name))
			return true;
	return false;
}

struct err *command_unknown(const struct tool *tool, const char *name, bool or_guide)
{
	guard(external_list) struct external_list external = { .nr = 0 };
	guard(str) struct str hint = STR_INIT;
	struct suggest near = suggest_init(name);
	struct err *err;

	if (command_is_left_out(name))
		return err_new(
			ERR_USAGE,
			"'%s' is a command of vmtool that this build leaves out: it was made with "
			"COMMANDS= (see make help)",
			name);
	for (const struct command *const *c = commands; *c; c++)
		suggest_offer(&near, (*c)->name);
	err = tool_external_commands(tool, &external);
	if (err)
		return err;
	for (size_t i = 0; i < external.nr; i++)
		suggest_offer(&near, external.name[i]);
	for (const struct guide *guide = guides; or_guide && guide->name; guide++)
		suggest_offer(&near, guide->name);
	suggest_phrase(&near, "", &hint);
	return err_new(ERR_USAGE, "there is no command%s '%s'%s", or_guide ? " or guide" : "", name,
		       near.nr ? hint.s : "; 'vmtool help' lists them");
}

void vmtool_overview(const struct tool *tool)
{
	guard(external_list) struct external_list external = { .nr = 0 };
	guard(str) struct str text = STR_INIT;
	autoerr struct err *err = NULL;

	usage_text(&vmtool_options, &text);
	str_add(&text, "\nCommands\n");
	for (const struct command *const *c = commands; *c; c++)
		str_printf(&text, "    %-10s %s\n", (*c)->name, (*c)->summary);

	/* Nice to know; no reason to fail. */
	err = tool_external_commands(tool, &external);
	if (external.nr)
		str_add(&text, "\nExternal commands\n");
	for (size_t i = 0; i < external.nr; i++)
		str_printf(&text, "    %s\n", external.name[i]);

	str_add(&text, "\n'vmtool <command> -h' lists the options of a command,\n"
		       "'vmtool help <command>' opens its manual.");
	str_add(&text, guides[0].name ? " Guides are opened so too:\n" : "\n");
	for (const struct guide *guide = guides; guide->name; guide++)
		str_printf(&text, "%s (%s)%s", guide->name, guide->about,
			   guide[1].name ? ", " : ".\n");
	fputs(text.s, tool->out);
}

struct err *tool_config(const struct tool *tool, struct config *ret_config)
{
	struct err *err = NULL;

	if (tool->system_config)
		err = config_read(ret_config, tool->system_config);
	if (!err && tool->user_config)
		err = config_read(ret_config, tool->user_config);
	return err;
}

/* The options of the configuration go first: what was typed wins. */
static struct err *run_configured(struct tool *tool, const struct command *command, int argc,
				  char **argv, int *ret_exit_code)
{
	guard(config_arguments) struct config_arguments configured = { .nr = 0 };
	guard(config) struct config config = CONFIG_INIT;
	autofree char **all = NULL;
	struct err *err;

	err = tool_config(tool, &config);
	if (!err)
		err = config_arguments(&config, command->name, command->options, &configured);
	if (err)
		return err;
	if (!configured.nr)
		return command->run(tool, argc, argv, ret_exit_code);

	all = calloc(configured.nr + (size_t)argc + 1, sizeof(*all));
	if (!all)
		return err_nomem();
	all[0] = argv[0];
	memcpy(all + 1, configured.item, configured.nr * sizeof(*all));
	memcpy(all + 1 + configured.nr, argv + 1, (size_t)argc * sizeof(*all));
	tool->configured_nr = (int)configured.nr;
	err = command->run(tool, argc + tool->configured_nr, all, ret_exit_code);
	if (err && err_code(err) == ERR_USAGE)
		err = err_wrap(err, "with the options of the configuration");
	return err;
}

static int run_builtin(struct tool *tool, const struct command *command, int argc, char **argv)
{
	guard(signals) struct signals signals = SIGNALS_INIT;
	autoerr struct err *err = NULL;
	int exit_code = EXIT_OK;

	if (options_want_help(command->options, argc, argv)) {
		guard(str) struct str text = STR_INIT;

		usage_text(command->options, &text);
		fputs(text.s, tool->out);
		return EXIT_OK;
	}

	if (command->stoppable)
		err = signals_start(&signals, command->interruptible);
	tool->stop_fd = signals.stop_fd;
	if (!err && command->configurable)
		err = run_configured(tool, command, argc, argv, &exit_code);
	else if (!err)
		err = command->run(tool, argc, argv, &exit_code);
	return err ? report(tool, command->name, err, exit_code) : exit_code;
}

struct err *command_run_external(const struct tool *tool, char **argv)
{
	guard(str) struct str exec_dir = STR_INIT;
	struct external_dirs dirs = external_dirs(tool, &exec_dir);
	autofree char *file = NULL;
	struct err *err;

	err = external_find(&dirs, argv[0], &file);
	if (err)
		return err;

	/* A vmtool that is called from there finds the same commands. */
	if (setenv("VMTOOL_EXEC_PATH", dirs.exec_dir, 1))
		return err_nomem();
	argv[0] = file;
	execv(file, argv);
	return err_sys(errno, "cannot run %s", file);
}

static struct err *change_directories(const struct option_list *directories)
{
	for (size_t i = 0; i < directories->nr; i++)
		if (*directories->item[i] && chdir(directories->item[i]))
			return err_sys(errno, "cannot change to '%s'", directories->item[i]);
	return NULL;
}

/* The command whose program we were started as, through a link; NULL: as vmtool. */
static const struct command *called_command(const char *program)
{
	const char *slash = program ? strrchr(program, '/') : NULL;
	const char *name = slash ? slash + 1 : program;

	for (const struct command *const *c = commands; name && *c; c++)
		if ((*c)->called_as && strcmp((*c)->called_as, name) == 0)
			return *c;
	return NULL;
}

/* Such a program knows three exit codes, and no configuration of ours. */
static int run_called(struct tool *tool, const struct command *called, int argc, char **argv)
{
	struct command command = *called;
	int exit_code;

	command.configurable = false;
	exit_code = run_builtin(tool, &command, argc, argv);
	return exit_code > EXIT_MISMATCH ? EXIT_FAILED : exit_code;
}

static int run(struct tool *tool, int argc, char **argv)
{
	guard(option_list) struct option_list directories = { .nr = 0 };
	struct vmtool_args args = { .exec_dir = tool->exec_dir };
	char *version[] = { (char *)"version", NULL };
	const struct command *command = called_command(argv[0]);
	autoerr struct err *err = NULL;
	struct operands operands;

	if (command)
		return run_called(tool, command, argc, argv);
	if (options_want_help(&vmtool_options, argc, argv)) {
		vmtool_overview(tool);
		return EXIT_OK;
	}

	err = options_parse(&vmtool_options, argc, argv, &args, &operands);
	directories = args.directories;
	if (!err)
		err = change_directories(&directories);
	if (err)
		return report(tool, NULL, err, EXIT_OK);
	tool->exec_dir = args.exec_dir;

	if (args.version)
		return run_builtin(tool, &cmd_version, 1, version);
	if (!operands.nr) {
		vmtool_overview(tool);
		return EXIT_USAGE;
	}

	command = command_find(operands.item[0]);
	if (command)
		return run_builtin(tool, command, operands.nr, operands.item);
	err = command_run_external(tool, operands.item);
	if (err_code(err) == ERR_NODATA) {
		err_free(err);
		err = command_unknown(tool, operands.item[0], false);
	}
	return report(tool, NULL, err, EXIT_OK);
}

/*
 * A process started with a standard descriptor closed would get its files in that place, and
 * messages would go into a dump. The place is taken by something that fails as a closed one does.
 */
static bool occupy_standard_fds(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		int mode = fd == STDIN_FILENO ? O_WRONLY : O_RDONLY;

		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", mode) != fd)
			return false;
	}
	return true;
}

/* The errno of a stream that failed some time ago is lost, but a pipe still tells. */
static bool nobody_reads(int fd)
{
	struct pollfd pollfd = { .fd = fd, .events = POLLOUT };

	return poll(&pollfd, 1, 0) > 0 && (pollfd.revents & POLLERR);
}

/*
 * Output that did not get out is a failure of the command, whatever it says itself. A reader that
 * has seen enough (`vmtool ... | head`) is told about as usual, by dying of SIGPIPE.
 */
static int close_output(struct tool *tool, int exit_code)
{
	autoerr struct err *err = NULL;
	bool failed = ferror(tool->out);
	int error = 0;

	if (fflush(tool->out)) {
		failed = true;
		error = errno;
	}
	if (!failed)
		return exit_code;

	if (error == EPIPE || nobody_reads(fileno(tool->out))) {
		signal(SIGPIPE, SIG_DFL);
		raise(SIGPIPE);
	}
	if (error)
		err = err_sys(error, "write error");
	else
		err = err_new(ERR_SYS, "write error");
	return report(tool, NULL, err, EXIT_OK);
}

/* The user's configuration; "" when it cannot be told where it would be. */
static void find_user_config(struct str *path)
{
	const char *dir = getenv("XDG_CONFIG_HOME");
	const char *home = getenv("HOME");

	if (dir && *dir == '/')
		str_printf(path, "%s/vmtool/config", dir);
	else if (home && *home)
		str_printf(path, "%s/.config/vmtool/config", home);
}

/* VMTOOL_CONFIG stands for all other files; empty, for none. */
static void find_config(struct tool *tool, struct str *user)
{
	const char *only = getenv("VMTOOL_CONFIG");

	if (only) {
		tool->user_config = *only ? only : NULL;
		return;
	}
	find_user_config(user);
	tool->system_config = VMTOOL_CONFIG_DIR "/config";
	tool->user_config = user->len ? user->s : NULL;
}

int main(int argc, char **argv)
{
	struct tool tool = { .out = stdout, .err = stderr, .stop_fd = -1 };
	guard(str) struct str user_config = STR_INIT;

	find_config(&tool, &user_config);
	tool.exec_dir = getenv("VMTOOL_EXEC_PATH");
	if (!occupy_standard_fds())
		return EXIT_FAILED;
	return close_output(&tool, run(&tool, argc, argv));
}
