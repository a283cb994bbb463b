// SPDX-License-Identifier: GPL-2.0-or-later
#include "builtin/dump.h"

#include <signal.h>
#include <string.h>

#include "config.h"
#include "util/dump/policy.h"

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
	/* Nor is a reader of the stream, or of what we say, who has gone away: that is one line. */
	if (args->flattened || (dump_saves(args) && !args->json))
		signal(SIGPIPE, SIG_IGN);
	if (args->info_to)
		e = dump_write_info(tool, args, operands);
	else if (args->info)
		e = dump_look_info(tool, args, operands);
	else if (args->verify)
		e = dump_look_verify(tool, args, operands, ret_exit_code);
	else if (args->map)
		e = dump_look_map(tool, args, operands);
	else if (dump_args_inspect(args))
		e = dump_look_inside(tool, args, operands);
	else if (args->rearrange)
		e = dump_write_rearranged(tool, operands->item[0], args, ret_exit_code);
	else if (args->receive)
		e = dump_write_received(tool, operands->item[0], args, ret_exit_code);
	else if (args->dmesg)
		e = dump_write_dmesg(tool, args, operands, ret_exit_code);
	else
		e = dump_write(tool, args, operands, ret_exit_code);
	if (e && err_code(e) == ERR_MISMATCH && args->called_makedumpfile)
		*ret_exit_code = EXIT_MISMATCH;
	tell_end(tool, args, operands, e);
	tell_or_forget(tool, args);
	return e;
}

static struct err *run_dump(struct tool *tool, int argc, char **argv, int *ret_exit_code)
{
	struct dump_args args = DUMP_ARGS_DEFAULT;
	struct operands operands;
	struct err *e;

	args.called_makedumpfile = called_as(argv[0], cmd_dump.called_as);
	e = dump_args_parse(tool, argc, argv, &args, &operands);
	if (e)
		return e;
	if (args.version) {
		fprintf(tool->out, "vmtool %s, in the place of makedumpfile\n", VMTOOL_VERSION);
		return NULL;
	}
	if (args.debug)
		args.message_level |= MESSAGE_DEBUG;
	args.dry_run |= args.mem_usage;
	e = dump_args_check(&args, &operands);
	if (e || args.check_params)
		return e;
	/* It counts what a dump of level 31 would leave out. */
	if (args.mem_usage)
		args.levels = (struct level_list){ .level = { DUMP_LEVEL_MAX }, .nr = 1 };
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
