// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <stdlib.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "builtin/builtin.h"
#include "util/cli/human.h"
#include "util/cli/json.h"
#include "util/cli/table.h"
#include "util/event/open.h"
#include "util/stat/source.h"
#include "util/symbol/kallsyms.h"
#include "util/sys/cpus.h"
#include "util/sys/osrelease.h"
#include "util/sys/settings.h"
#include "util/sys/tracefs.h"

struct bugreport_args {
	bool json;
};

static const struct option options[] = {
	OPT_FLAG(0, "json", struct bugreport_args, json, "print all of it as JSON"),
};

static const struct option_table bugreport_options = {
	.invocation = "vmtool bugreport",
	.synopsis = "[--json]",
	.about = "Prints what a report of a bug should hold: how this vmtool was built, what this "
		 "machine is, and which of the things that commands need can be had on it.",
	.option = options,
	.option_nr = ARRAY_SIZE(options),
};

/* ---- What commands need, found out by trying ---- */

static struct err *try_to_read(const char *path)
{
	autoclose int fd = open(path, O_RDONLY | O_CLOEXEC);

	return fd < 0 ? err_sys(errno, "open %s", path) : NULL;
}

static struct err *try_vmcore(void)
{
	struct err *err = try_to_read("/proc/vmcore");

	if (!err || err_errno(err) != ENOENT)
		return err;
	err_free(err);
	return err_new(ERR_NODATA, "this is no capture kernel");
}

static struct err *try_kcore(void)
{
	return try_to_read("/proc/kcore");
}

static struct err *try_btf(void)
{
	return try_to_read("/sys/kernel/btf/vmlinux");
}

static struct err *try_tracepoints(void)
{
	autoclose int dir_fd = -1;

	return tracefs_open(NULL, &dir_fd);
}

/* As vmtool record opens it on the first CPU; nothing is recorded. */
static struct err *try_page_events(void)
{
	struct perf_event_attr attr = { .type = PERF_TYPE_TRACEPOINT,
					.size = sizeof(attr),
					.sample_period = 1,
					.sample_type = PERF_SAMPLE_RAW,
					.disabled = 1 };
	guard(cpus) struct cpus cpus = CPUS_INIT;
	autoclose int dir_fd = -1;
	autoclose int fd = -1;
	uint64_t id = 0;
	struct err *err = tracefs_open(NULL, &dir_fd);

	if (!err)
		err = tracefs_event_id(dir_fd, "kmem", "mm_page_alloc", &id);
	if (!err)
		err = cpus_online(&cpus);
	attr.config = id;
	return err ? err : event_open(&attr, "kmem:mm_page_alloc", -1, cpus.cpu[0], -1, &fd);
}

static struct err *try_kernel_symbols(void)
{
	uint64_t text = 0;
	struct err *err = kallsyms_text(AT_FDCWD, "/proc/kallsyms", &text);

	if (!err && !text)
		err = err_new(ERR_NODATA,
			      "/proc/kallsyms hides its addresses (kernel.kptr_restrict)");
	return err;
}

static struct err *try_source(const char *name)
{
	struct stat_request request = {
		.scope = SCOPE_COMMAND, .cgroup_fd = -1, .pages = true, .orders = ORDERS_ALL
	};
	guard(notes) struct notes notes = NOTES_INIT;
	guard(stat_source) struct stat_source *source = NULL;
	const struct stat_source_ops *ops = stat_source_find(name);

	if (!ops)
		return err_new(ERR_UNSUPPORTED, "this vmtool was built without it");
	syscall_set_init(&request.syscalls);
	syscall_set_all(&request.syscalls);
	return ops->open(&request, &notes, &source);
}

static struct err *try_bpf(void)
{
	return try_source("bpf");
}

static struct err *try_perf(void)
{
	return try_source("perf");
}

static struct err *try_ptrace(void)
{
	return try_source("ptrace");
}

static const struct ability {
	const char *command;
	const char *name;
	struct err *(*try)(void); /* why it cannot be had; NULL: it can */
} abilities[] = {
	{ "dump", "/proc/vmcore", try_vmcore },
	{ "dump", "/proc/kcore", try_kcore },
	{ "dump", "/sys/kernel/btf/vmlinux", try_btf },
	{ "record", "tracepoints", try_tracepoints },
	{ "record", "events of all processes", try_page_events },
	{ "record", "kernel symbols", try_kernel_symbols },
	{ "stat", "source bpf", try_bpf },
	{ "stat", "source perf", try_perf },
	{ "stat", "source ptrace", try_ptrace },
};

/* ---- The machine ---- */

struct machine {
	struct utsname uts;
	char *system; /* "Debian GNU/Linux 12 (bookworm)"; NULL: it does not say */
	uint64_t memory_bytes;
	uint64_t page_size;
	unsigned int cpus_nr;
};

static void machine_release(struct machine *machine)
{
	free(machine->system);
}
DEFINE_GUARD_INPLACE(machine, struct machine, machine_release)

static void find_machine(struct machine *machine)
{
	*machine = (struct machine){ .page_size = (uint64_t)sysconf(_SC_PAGESIZE) };
	uname(&machine->uts);
	err_free(osrelease_read(AT_FDCWD, "PRETTY_NAME", &machine->system));
	machine->memory_bytes = (uint64_t)sysconf(_SC_PHYS_PAGES) * machine->page_size;
	machine->cpus_nr = cpus_usable_nr();
}

/* ---- Shown ---- */

static void add_row(struct table *table, const char *what, const char *value)
{
	table_add(table, what);
	table_add(table, value);
}

static void text_machine(struct table *table)
{
	guard(str) struct str text = STR_INIT;
	guard(machine) struct machine machine = { .system = NULL };

	find_machine(&machine);
	str_printf(&text, "%s %s, %s", machine.uts.release, machine.uts.version,
		   machine.uts.machine);
	add_row(table, "system", machine.system);
	add_row(table, "kernel", text.s);
	str_clear(&text);
	str_printf(&text, "%s in pages of %s, %u CPUs", human_size(machine.memory_bytes).text,
		   human_size(machine.page_size).text, machine.cpus_nr);
	add_row(table, "memory", text.s);
	add_row(table, "user", geteuid() ? "not root" : "root");
}

static void text_settings(struct table *table)
{
	for (const struct setting *setting = settings; setting->name; setting++) {
		autofree char *line = NULL;
		autoerr struct err *err = setting_read(AT_FDCWD, setting, &line);

		add_row(table, setting->name, err ? NULL : line);
	}
}

static void text_abilities(struct table *table)
{
	for (size_t i = 0; i < ARRAY_SIZE(abilities); i++) {
		autoerr struct err *err = abilities[i].try();
		guard(str) struct str what = STR_INIT;
		guard(str) struct str why = STR_INIT;

		str_printf(&what, "%s: %s", abilities[i].command, abilities[i].name);
		str_printf(&why, "no: %s", err ? err_message(err) : "");
		add_row(table, what.s, err ? why.s : "yes");
	}
}

static void text_config(const struct tool *tool, struct table *table)
{
	guard(config) struct config config = CONFIG_INIT;
	autoerr struct err *err = tool_config(tool, &config);

	for (size_t i = 0; i < config.nr; i++) {
		const struct config_entry *entry = &config.entry[i];
		guard(str) struct str what = STR_INIT;

		str_printf(&what, "config: %s.%s", entry->section, entry->key);
		add_row(table, what.s, entry->value ? entry->value : "true");
	}
	if (err)
		add_row(table, "config", err_message(err));
}

static struct err *print_text(const struct tool *tool)
{
	guard(table) struct table table = table_init(2);

	version_text(tool);
	text_machine(&table);
	text_settings(&table);
	text_abilities(&table);
	text_config(tool, &table);
	return table_print(&table, tool->out);
}

static void json_machine(struct json *json)
{
	guard(machine) struct machine machine = { .system = NULL };

	find_machine(&machine);
	json_object(json, "machine");
	json_string(json, "system", machine.system);
	json_string(json, "release", machine.uts.release);
	json_string(json, "kernel", machine.uts.version);
	json_string(json, "machine", machine.uts.machine);
	json_u64(json, "memory_bytes", machine.memory_bytes);
	json_u64(json, "page_size", machine.page_size);
	json_u64(json, "cpus", machine.cpus_nr);
	json_bool(json, "root", !geteuid());
	json_end(json);
}

static void json_settings(struct json *json)
{
	json_object(json, "settings");
	for (const struct setting *setting = settings; setting->name; setting++) {
		autofree char *line = NULL;
		autoerr struct err *err = setting_read(AT_FDCWD, setting, &line);

		json_string(json, setting->name, err ? NULL : line);
	}
	json_end(json);
}

static void json_abilities(struct json *json)
{
	json_array(json, "abilities");
	for (size_t i = 0; i < ARRAY_SIZE(abilities); i++) {
		autoerr struct err *err = abilities[i].try();

		json_object(json, NULL);
		json_string(json, "command", abilities[i].command);
		json_string(json, "name", abilities[i].name);
		json_bool(json, "can", !err);
		json_string(json, "why", err ? err_message(err) : NULL);
		json_end(json);
	}
	json_end(json);
}

static void json_config(const struct tool *tool, struct json *json)
{
	guard(config) struct config config = CONFIG_INIT;
	autoerr struct err *err = tool_config(tool, &config);

	json_array(json, "config");
	for (size_t i = 0; i < config.nr; i++) {
		json_object(json, NULL);
		json_string(json, "command", config.entry[i].section);
		json_string(json, "option", config.entry[i].key);
		json_string(json, "value", config.entry[i].value);
		json_end(json);
	}
	json_end(json);
	json_string(json, "config_error", err ? err_message(err) : NULL);
}

static void print_json(const struct tool *tool)
{
	struct json json = json_init(tool->out);

	json_object(&json, NULL);
	json_object(&json, "vmtool");
	version_json(tool, &json);
	json_end(&json);
	json_machine(&json);
	json_settings(&json);
	json_abilities(&json);
	json_config(tool, &json);
	json_end(&json);
}

static struct err *run_bugreport(struct tool *tool, int argc, char **argv, int *ret_exit_code)
{
	struct bugreport_args args = { .json = false };
	struct operands operands;
	struct err *err;

	(void)ret_exit_code;
	err = options_parse(&bugreport_options, argc, argv, &args, &operands);
	if (err)
		return err;
	if (!args.json)
		return print_text(tool);
	print_json(tool);
	return NULL;
}

const struct command cmd_bugreport = {
	.name = "bugreport",
	.summary = "print what a report of a bug should hold",
	.options = &bugreport_options,
	.run = run_bugreport,
};
