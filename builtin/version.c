// SPDX-License-Identifier: GPL-2.0-or-later
#include "builtin/builtin.h"
#include "config.h"
#include "util/cli/json.h"

struct version_args {
	bool build_options;
	bool json;
};

static const struct option options[] = {
	OPT_FLAG(0, "build-options", struct version_args, build_options,
		 "also print how this vmtool was built and which libraries are in"),
	OPT_FLAG(0, "json", struct version_args, json, "print all of it as JSON"),
};

static const struct option_table version_options = {
	.invocation = "vmtool version",
	.synopsis = "[options]",
	.about = "Prints the version of vmtool.",
	.option = options,
	.option_nr = ARRAY_SIZE(options),
};

struct library {
	const char *name;
	bool present;
	const char *purpose;
};

#define LIBRARY(name, present, purpose) { name, present, purpose },
static const struct library libraries[] = { BUILD_OPTIONS(LIBRARY) };

static void print_version(const struct tool *tool)
{
	fprintf(tool->out, "vmtool %s\n", VMTOOL_VERSION);
}

void version_text(const struct tool *tool)
{
	guard(str) struct str exec_dir = STR_INIT;

	print_version(tool);
	fprintf(tool->out, "compiler: %s\n", VMTOOL_COMPILER);
	fprintf(tool->out, "flags: %s\n", VMTOOL_BUILD_FLAGS);
	fprintf(tool->out, "linked: %s\n", VMTOOL_STATIC ? "statically" : "dynamically");
	tool_exec_dir(tool, &exec_dir);
	fprintf(tool->out, "external commands: %s\n", exec_dir.s);
	fprintf(tool->out, "libraries:\n");
	for (size_t i = 0; i < ARRAY_SIZE(libraries); i++)
		fprintf(tool->out, "    %c %-14s %s\n", libraries[i].present ? '+' : '-',
			libraries[i].name, libraries[i].purpose);
}

void version_json(const struct tool *tool, struct json *json)
{
	guard(str) struct str exec_dir = STR_INIT;

	json_string(json, "version", VMTOOL_VERSION);
	json_string(json, "compiler", VMTOOL_COMPILER);
	json_string(json, "flags", VMTOOL_BUILD_FLAGS);
	json_bool(json, "static", VMTOOL_STATIC);
	tool_exec_dir(tool, &exec_dir);
	json_string(json, "exec_path", exec_dir.s);
	json_array(json, "libraries");
	for (size_t i = 0; i < ARRAY_SIZE(libraries); i++) {
		json_object(json, NULL);
		json_string(json, "name", libraries[i].name);
		json_bool(json, "present", libraries[i].present);
		json_string(json, "purpose", libraries[i].purpose);
		json_end(json);
	}
	json_end(json);
}

static void print_json(const struct tool *tool)
{
	struct json json = json_init(tool->out);

	json_object(&json, NULL);
	version_json(tool, &json);
	json_end(&json);
}

static struct err *run_version(struct tool *tool, int argc, char **argv, int *ret_exit_code)
{
	struct version_args args = { .json = false };
	struct operands operands;
	struct err *err;

	(void)ret_exit_code;
	err = options_parse(&version_options, argc, argv, &args, &operands);
	if (err)
		return err;

	if (args.json)
		print_json(tool);
	else if (args.build_options)
		version_text(tool);
	else
		print_version(tool);
	return NULL;
}

const struct command cmd_version = {
	.name = "version",
	.summary = "print the version and what was built in",
	.options = &version_options,
	.run = run_version,
};
