// SPDX-License-Identifier: GPL-2.0-or-later
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "builtin/builtin.h"
#include "config.h"
#include "util/base/macros.h"
#include "util/base/notes.h"
#include "util/base/str.h"
#include "util/cli/human.h"
#include "util/record/record.h"
#include "util/sys/cgroups.h"
#include "util/sys/tracefs.h"

enum { WORDS_MAX = 256, TASKS_MAX = 65536, EXIT_US = 125 };

/* -e and --filter in the order they were given: a filter belongs to the event before it. */
struct words {
	struct {
		bool is_filter;
		const char *text;
	} item[WORDS_MAX];
	size_t nr;
};

struct call_graph {
	enum event_chain chain;
	uint32_t stack_bytes;
};

struct switch_at {
	uint64_t bytes;
	uint64_t ms;
	bool signal;
};

struct record_args {
	struct words words;
	bool page, slab;
	bool all;
	const char *pids, *tids, *cpus, *cgroup;
	bool graph;
	struct call_graph call_graph;
	bool kernel_chains;
	int64_t max_stack, freq, period;
	const char *output;
	uint64_t ring_bytes;
	int64_t delay_ms, readers, zstd_level;
	uint64_t max_bytes;
	struct switch_at switch_at;
	bool overwrite, compress, no_mmap_output, include_self, require_complete, quiet;
	bool test_no_lost, test_no_build_id, test_no_populate, test_no_btf, test_no_cgroup;
};

static struct err *add_word(struct words *words, const char *text, bool is_filter)
{
	if (words->nr == WORDS_MAX)
		return err_new(ERR_USAGE, "given more than %d times", WORDS_MAX);
	if (is_filter && !words->nr)
		return err_new(ERR_USAGE, "no event (-e) before it");
	words->item[words->nr].is_filter = is_filter;
	words->item[words->nr++].text = text;
	return NULL;
}

static struct err *parse_event(const char *value, void *field)
{
	return add_word(field, value, false);
}

static struct err *parse_filter(const char *value, void *field)
{
	return add_word(field, value, true);
}

/* "fp", "dwarf[,<bytes>]", "kernel", "no" */
static struct err *parse_call_graph(const char *value, void *field)
{
	struct call_graph *graph = field;
	const char *comma = strchr(value, ',');
	struct err *err;
	int64_t bytes;

	if (!strcmp(value, "fp"))
		graph->chain = EVENT_CHAIN_FP;
	else if (!strcmp(value, "no"))
		graph->chain = EVENT_CHAIN_NO;
	else if (!strcmp(value, "kernel"))
		graph->chain = EVENT_CHAIN_KERNEL;
	else if (!strncmp(value, "dwarf", 5) && (!value[5] || comma == value + 5))
		graph->chain = EVENT_CHAIN_DWARF;
	else
		return err_new(ERR_USAGE, "expects fp, dwarf[,<bytes>], kernel or no");
	if (!comma)
		return NULL;
	err = option_parse_int(comma + 1, 8, EVENT_STACK_BYTES_MAX, &bytes);
	if (err)
		return err;
	graph->stack_bytes = (uint32_t)(bytes + 7) & ~UINT32_C(7);
	return NULL;
}

static uint64_t pow2_up(uint64_t value)
{
	uint64_t pow2 = 1;

	while (pow2 < value)
		pow2 *= 2;
	return pow2;
}

/* A number of pages, as perf's -m, or a size with its unit. */
static struct err *parse_ring(const char *value, void *field)
{
	uint64_t page_bytes = (uint64_t)sysconf(_SC_PAGESIZE);
	uint64_t *bytes = field;
	bool pages = value[0] && !value[strspn(value, "0123456789")];
	struct err *err = option_parse_size(value, UINT64_C(1) << 32, bytes);

	if (err)
		return err;
	if (pages)
		*bytes *= page_bytes;
	if (!*bytes || *bytes > UINT64_C(1) << 32)
		return err_new(ERR_USAGE, "expects at least a page and at most 4G");
	*bytes = pow2_up(MAX(*bytes, page_bytes));
	return NULL;
}

static struct err *parse_max_size(const char *value, void *field)
{
	uint64_t *bytes = field;
	struct err *err = option_parse_size(value, INT64_MAX, bytes);

	if (!err && !*bytes)
		err = err_new(ERR_USAGE, "expects more than nothing");
	return err;
}

/* "signal", "<n>s|m|h", or a size with its unit */
static struct err *parse_switch(const char *value, void *field)
{
	static const struct {
		char unit;
		uint64_t ms;
	} units[] = { { 's', 1000 }, { 'm', 60000 }, { 'h', 3600000 } };
	struct switch_at *at = field;
	size_t digits = strspn(value, "0123456789");
	struct err *err;

	if (!strcmp(value, "signal")) {
		at->signal = true;
		return NULL;
	}
	for (size_t i = 0; i < ARRAY_SIZE(units); i++)
		if (digits && digits < 10 && value[digits] == units[i].unit && !value[digits + 1]) {
			at->ms = strtoull(value, NULL, 10) * units[i].ms;
			return at->ms ? NULL : err_new(ERR_USAGE, "expects more than no time");
		}
	err = option_parse_size(value, INT64_MAX, &at->bytes);
	if (err || !at->bytes || !value[digits]) {
		err_free(err);
		return err_new(ERR_USAGE, "expects signal, a time (30s, 5m, 1h) or a size (100M)");
	}
	return NULL;
}

static const struct option options[] = {
	OPT_GROUP("What to record (default: --page)"),
	OPT_FLAG(0, "page", struct record_args, page,
		 "pages allocated and freed, with kernel call chains of allocations"),
	OPT_FLAG(0, "slab", struct record_args, slab, "slab objects allocated and freed"),
	OPT_CALLBACK('e', "event", struct record_args, words, parse_event, "<event>",
		     "a tracepoint (globs: 'kmem:*'), a software event, cpu-clock or task-clock; "
		     "<event>/call-graph=no,max-stack=8/ for this one only"),
	OPT_CALLBACK(0, "filter", struct record_args, words, parse_filter, "<filter>",
		     "only occurrences of the event before it for which this holds: 'order >= 3'"),
	OPT_INT('F', "freq", struct record_args, freq, 1, 1000000, "<hz>",
		"samples per second of clocks and software events (clocks: 4000)"),
	OPT_INT('c', "count", struct record_args, period, 1, INT64_MAX, "<n>",
		"a sample every <n> events (others: 1)"),
	OPT_GROUP("Of whom (default: with -e the command; else everyone while it runs)"),
	OPT_FLAG('a', "all-cpus", struct record_args, all, "everyone"),
	OPT_STRING('p', "pid", struct record_args, pids, "<pids>",
		   "these processes, and what they start"),
	OPT_STRING('t', "tid", struct record_args, tids, "<tids>", "these threads"),
	OPT_STRING('C', "cpu", struct record_args, cpus, "<list>",
		   "everyone, on these CPUs: 0-3,8"),
	OPT_STRING('G', "cgroup", struct record_args, cgroup, "<name>",
		   "everyone in this cgroup: its directory, or its path below the cgroup mount"),
	OPT_FLAG(0, "include-self", struct record_args, include_self,
		 "vmtool's own events too, which are left out otherwise"),
	OPT_GROUP("Call chains"),
	OPT_FLAG('g', NULL, struct record_args, graph, "of kernel and user, by frame pointers"),
	OPT_CALLBACK(0, "call-graph", struct record_args, call_graph, parse_call_graph, "<how>",
		     "fp, dwarf[,<bytes of stack>], kernel or no"),
	OPT_FLAG(0, "kernel-callchains", struct record_args, kernel_chains,
		 "no user frames, whatever else is said"),
	OPT_INT(0, "max-stack", struct record_args, max_stack, 1, UINT16_MAX, "<n>",
		"at most <n> frames"),
	OPT_GROUP("Output"),
	OPT_STRING('o', "output", struct record_args, output, "<file>",
		   "write to <file> (default: vmtool.data); one that is there becomes <file>.old"),
	OPT_CALLBACK('m', "mmap-pages", struct record_args, ring_bytes, parse_ring, "<size>",
		     "of the ring of each CPU: pages, or bytes with a unit (default: from memory "
		     "and events)"),
	OPT_INT('D', "delay", struct record_args, delay_ms, 0, INT32_MAX, "<ms>",
		"begin so long after the command"),
	OPT_CALLBACK(0, "max-size", struct record_args, max_bytes, parse_max_size, "<size>",
		     "end when the files together have this size"),
	OPT_CALLBACK(0, "switch-output", struct record_args, switch_at, parse_switch, "<when>",
		     "go on in a new file at a size (100M), after a time (30s) or at SIGUSR2 "
		     "(signal); the others are <file>.<time>"),
	OPT_FLAG(0, "overwrite", struct record_args, overwrite,
		 "flight recorder: keep the newest events in memory, write them at SIGUSR2 and at "
		 "the end"),
	OPT_FLAG('z', "compress", struct record_args, compress, "compress with zstd"),
	OPT_INT(0, "compression-level", struct record_args, zstd_level, 1, 22, "<n>",
		"of zstd (default: 1)"),
	OPT_FLAG(0, "no-mmap-output", struct record_args, no_mmap_output,
		 "write() instead of mapped output, for comparison"),
	OPT_INT(0, "readers", struct record_args, readers, 1, 63, "<n>",
		"threads that read the rings (default: one for 4 CPUs)"),
	OPT_FLAG(0, "require-complete", struct record_args, require_complete,
		 "exit with 3 unless every event is in the file"),
	OPT_FLAG('q', "quiet", struct record_args, quiet, "no line at the end"),
	OPT_HIDDEN_FLAG(0, "test-no-lost", struct record_args, test_no_lost,
			"as before Linux 6.0: no PERF_FORMAT_LOST"),
	OPT_HIDDEN_FLAG(0, "test-no-build-id", struct record_args, test_no_build_id,
			"as before Linux 5.12: no build ids in mappings"),
	OPT_HIDDEN_FLAG(0, "test-no-populate", struct record_args, test_no_populate,
			"as before Linux 5.14: no MADV_POPULATE_WRITE"),
	OPT_HIDDEN_FLAG(0, "test-no-btf", struct record_args, test_no_btf,
			"as without CONFIG_DEBUG_INFO_BTF"),
	OPT_HIDDEN_FLAG(0, "test-no-cgroup", struct record_args, test_no_cgroup,
			"as before Linux 5.7: samples do not tell of cgroups"),
};

static const struct option_table record_options = {
	.invocation = "vmtool record",
	.synopsis = "[options] [--] [<command> [<arguments>]]",
	.about = "Records who allocates pages and slab objects, or any other event of the kernel, "
		 "while a command runs or until it is stopped, into a file that vmtool report and "
		 "perf read. Leaves out its own events, and proves whether the rest is complete.",
	.option = options,
	.option_nr = ARRAY_SIZE(options),
	.operands_max = OPTIONS_ANY,
	.stop_at_operand = true,
};

/* ---- events ---------------------------------------------------------------------------------- */

static const char page_events[] = "kmem:mm_page_alloc,kmem:mm_page_free";

/* Older kernels have the ones with _node, newer ones have not. */
static const char slab_events[] = "kmem:kmalloc,kmem:kmalloc_node,kmem:kfree,kmem:kmem_cache_alloc,"
				  "kmem:kmem_cache_alloc_node,kmem:kmem_cache_free";

static struct err *add_events(const struct record_args *args, int tracefs_fd, struct event_set *set)
{
	const struct words *words = &args->words;
	size_t first = 0;
	struct err *err = NULL;

	for (size_t i = 0; i < words->nr && !err; i++) {
		if (words->item[i].is_filter) {
			err = event_set_filter(set, first, words->item[i].text);
			continue;
		}
		first = set->nr;
		err = event_set_add(set, words->item[i].text, tracefs_fd, false);
	}
	if (err)
		return err;
	if (args->page || (!args->slab && !words->nr)) {
		first = set->nr;
		err = event_set_add(set, page_events, tracefs_fd, true);
		/* Who frees a page says little, and costs as much as who allocated it. */
		for (size_t i = first; i < set->nr && !err; i++)
			set->event[i].chain = !strcmp(set->event[i].name, "kmem:mm_page_free")
						      ? EVENT_CHAIN_NO
					      : args->call_graph.chain ? args->call_graph.chain
					      : args->graph	       ? EVENT_CHAIN_FP
								       : EVENT_CHAIN_KERNEL;
	}
	if (args->slab && !err) {
		first = set->nr;
		err = event_set_add(set, slab_events, tracefs_fd, true);
		/* Their call site is a field. */
		for (size_t i = first; i < set->nr && !err; i++)
			if (!args->graph && !args->call_graph.chain)
				set->event[i].chain = EVENT_CHAIN_NO;
	}
	return err;
}

static struct err *finish_events(const struct record_args *args, struct event_set *set)
{
	struct event_defaults defaults = {
		.chain = args->call_graph.chain ? args->call_graph.chain
			 : args->graph		? EVENT_CHAIN_FP
						: EVENT_CHAIN_NO,
		.stack_bytes = args->call_graph.stack_bytes,
		.max_stack = (uint32_t)args->max_stack,
		.period = (uint64_t)args->period,
		.freq = (uint64_t)args->freq,
		.kernel_chains = args->kernel_chains,
		.cgroup = true,
	};

	if (args->freq && args->period)
		return err_new(ERR_USAGE, "-F and -c exclude each other");
	if (args->freq && !event_set_has_frequencies(set))
		return err_new(ERR_USAGE, "-F is of clocks and software events; "
					  "<tracepoint>/freq=<hz>/ says it of a tracepoint");
	return event_set_finish(set, &defaults);
}

/* ---- of whom --------------------------------------------------------------------------------- */

struct tasks {
	pid_t *tid;
	size_t nr;
};

static void tasks_release(struct tasks *tasks)
{
	free(tasks->tid);
}
DEFINE_GUARD_INPLACE(tasks, struct tasks, tasks_release)

static struct err *add_task(struct tasks *tasks, pid_t tid)
{
	pid_t *grown;

	if (tasks->nr == TASKS_MAX)
		return err_new(ERR_USAGE, "more than %d threads", TASKS_MAX);
	grown = realloc(tasks->tid, (tasks->nr + 1) * sizeof(*grown));
	if (!grown)
		return err_nomem();
	tasks->tid = grown;
	tasks->tid[tasks->nr++] = tid;
	return NULL;
}

static struct err *add_threads_of(struct tasks *tasks, pid_t pid)
{
	autofree char *path = NULL;
	struct err *err = NULL;
	struct dirent *entry;
	DIR *dir;

	if (asprintf(&path, "/proc/%d/task", (int)pid) < 0) {
		path = NULL;
		return err_nomem();
	}
	dir = opendir(path);
	if (!dir)
		return err_new(ERR_NODATA, "there is no process %d", (int)pid);
	while (!err && (entry = readdir(dir)))
		if (isdigit((unsigned char)entry->d_name[0]))
			err = add_task(tasks, (pid_t)atoi(entry->d_name));
	closedir(dir);
	return err;
}

/* "12,34": each thread, or each thread of each process. */
static struct err *parse_tasks(const char *option, const char *list, bool processes,
			       struct tasks *tasks)
{
	autofree char *copy = strdup(list);
	char *rest = NULL;

	if (!copy)
		return err_nomem();
	for (char *word = strtok_r(copy, ",", &rest); word; word = strtok_r(NULL, ",", &rest)) {
		struct err *err;
		int64_t number;

		err = option_parse_int(word, 1, INT32_MAX, &number);
		if (err)
			return err_wrap(err, "%s", option);
		if (processes) {
			err = add_threads_of(tasks, (pid_t)number);
		} else {
			err = kill((pid_t)number, 0) && errno == ESRCH
				      ? err_new(ERR_NODATA, "there is no thread %d", (int)number)
				      : add_task(tasks, (pid_t)number);
		}
		if (err)
			return err;
	}
	if (!tasks->nr)
		return err_new(ERR_USAGE, "%s expects numbers", option);
	return NULL;
}

static struct err *choose_cpus(const struct record_args *args, struct cpus *ret_cpus)
{
	guard(cpus) struct cpus online = CPUS_INIT;
	guard(cpus) struct cpus cpus = CPUS_INIT;
	struct err *err = cpus_online(&online);
	size_t known = 0;

	if (!err && args->cpus)
		err = err_wrap(cpus_parse(args->cpus, &cpus), "-C");
	if (err)
		return err;
	/* Both ascend. */
	for (size_t i = 0; i < cpus.nr; i++) {
		while (known < online.nr && online.cpu[known] < cpus.cpu[i])
			known++;
		if (known == online.nr || online.cpu[known] != cpus.cpu[i])
			return err_new(ERR_NODATA, "-C: CPU %d is not online", cpus.cpu[i]);
	}
	*ret_cpus = args->cpus ? cpus : online;
	*(args->cpus ? &cpus : &online) = CPUS_INIT;
	return NULL;
}

/* ---- the end --------------------------------------------------------------------------------- */

static void describe_proof(const struct record_result *result, struct str *out)
{
	if (result->proof == RECORD_COMPLETE)
		str_add(out, "complete");
	else if (result->proof == RECORD_UNKNOWN && !result->lost)
		str_add(out, "completeness not known");
	else
		str_printf(out, "%s missing", human_count(result->lost).text);
	/* Else they may have been there when nothing could be written any more. */
	if (result->withheld && !result->stopped_by)
		str_printf(out, " (%s of them neither written nor called lost by the kernel)",
			   human_count(result->withheld).text);
	if (result->lost_tracking)
		str_printf(out, ", and %s records of tasks and mappings",
			   human_count(result->lost_tracking).text);
}

static void show_end(const struct tool *tool, const struct record_args *args,
		     const struct record_result *result)
{
	guard(str) struct str line = STR_INIT;
	uint64_t share = result->wall_ns ? result->cpu_ns * 1000 / result->wall_ns : 0;

	str_printf(&line, "%s events, ", human_count(result->events).text);
	describe_proof(result, &line);
	str_printf(&line, "; %s in %s", human_size(result->bytes).text,
		   args->output ? args->output : "vmtool.data");
	if (result->files_nr > 1)
		str_printf(&line, " and %u more", result->files_nr - 1);
	str_printf(&line, "; vmtool itself: %llu.%llu%% of a CPU, %s wake-ups",
		   (unsigned long long)(share / 10), (unsigned long long)(share % 10),
		   human_count(result->wakeups).text);
	if (result->own_events)
		str_printf(&line, ", %s events left out", human_count(result->own_events).text);
	tool_remark(tool, "record", line.s);
}

/* ---- the run --------------------------------------------------------------------------------- */

static char *join(char **argv, int argc)
{
	guard(str) struct str line = STR_INIT;

	str_add(&line, "vmtool");
	for (int i = 0; i < argc; i++) {
		str_add_char(&line, ' ');
		str_add(&line, argv[i]);
	}
	return str_take(&line);
}

static struct err *check_combination(const struct record_args *args, const struct operands *command)
{
	int whom = !!args->pids + !!args->tids + !!args->cgroup;

	if (whom > 1)
		return err_new(ERR_USAGE, "-p, -t and -G exclude each other");
	if ((args->pids || args->tids) && args->all)
		return err_new(ERR_USAGE, "-a is everyone, -p and -t are not");
	if (args->overwrite && (args->compress || args->switch_at.bytes || args->switch_at.ms))
		return err_new(ERR_USAGE, "--overwrite writes at SIGUSR2 and at the end; -z and "
					  "--switch-output have no part in it");
	if (args->delay_ms && !command->nr)
		return err_new(ERR_USAGE, "--delay is counted from the start of a command");
	if (args->output && !*args->output)
		return err_new(ERR_USAGE, "-o: a file has a name");
	if (args->output && !strcmp(args->output, "-"))
		return err_new(ERR_USAGE, "-o -: a recording is written to a file, not to a pipe");
	if (args->require_complete && args->overwrite)
		return err_new(ERR_USAGE, "--overwrite loses old events by design, so it cannot be "
					  "complete");
	return NULL;
}

/*
 * SIGUSR2 waits until the recording is there to read it (signalfd): whoever sends it cannot know how
 * far we are. *ret_before: what the command gets back.
 */
static void hold_snapshot_signal(sigset_t *ret_before)
{
	sigset_t usr2;

	sigemptyset(&usr2);
	sigaddset(&usr2, SIGUSR2);
	sigprocmask(SIG_BLOCK, &usr2, ret_before);
	/* These main() has blocked for itself. */
	sigdelset(ret_before, SIGINT);
	sigdelset(ret_before, SIGTERM);
	sigdelset(ret_before, SIGHUP);
}

static struct err *open_snapshot_signal(int *ret_fd)
{
	sigset_t usr2;

	sigemptyset(&usr2);
	sigaddset(&usr2, SIGUSR2);
	*ret_fd = signalfd(-1, &usr2, SFD_CLOEXEC | SFD_NONBLOCK);
	return *ret_fd < 0 ? err_sys(errno, "signalfd") : NULL;
}

static struct err *set_whom(const struct record_args *args, const struct workload *workload,
			    struct tasks *tasks, struct record_config *config)
{
	bool system_wide = args->all || args->cpus || args->cgroup || !args->words.nr ||
			   (!workload->pid && !args->pids && !args->tids);
	struct err *err = NULL;

	if (args->cgroup)
		return cgroup_open(args->cgroup, &config->cgroup_fd);
	if (args->pids)
		err = parse_tasks("-p", args->pids, true, tasks);
	else if (args->tids)
		err = parse_tasks("-t", args->tids, false, tasks);
	else if (!system_wide)
		err = add_task(tasks, workload->pid);
	if (tasks->nr) {
		config->tid = tasks->tid;
		config->tid_nr = tasks->nr;
	}
	return err;
}

static struct err *record(struct tool *tool, const struct record_args *args,
			  const char *command_line, struct workload *workload,
			  struct record_result *result)
{
	guard(event_set) struct event_set set = EVENT_SET_INIT;
	guard(cpus) struct cpus cpus = CPUS_INIT;
	guard(tasks) struct tasks tasks = { .nr = 0 };
	guard(notes) struct notes notes = NOTES_INIT;
	autoclose int tracefs_fd = -1;
	autoclose int cgroup_fd = -1;
	autoclose int snapshot_fd = -1;
	autoerr struct err *no_tracefs = NULL;
	struct record_config config = {
		.events = &set,
		.path = args->output ? args->output : "vmtool.data",
		.version = VMTOOL_VERSION,
		.command_line = command_line,
		.cpus = &cpus,
		.cgroup_fd = -1,
		.workload = workload->pid ? workload : NULL,
		.stop_fd = tool->stop_fd,
		.ring_bytes = args->ring_bytes,
		.readers_nr = (uint32_t)args->readers,
		.delay_ms = (uint64_t)args->delay_ms,
		.file_bytes = args->max_bytes,
		.switch_bytes = args->switch_at.bytes,
		.switch_ms = args->switch_at.ms,
		.switch_signal = args->switch_at.signal,
		.overwrite = args->overwrite,
		.zstd_level = args->zstd_level ? (int)args->zstd_level : args->compress,
		.use_mmap = !args->no_mmap_output,
		.include_self = args->include_self,
		.no_lost = args->test_no_lost,
		.no_build_id = args->test_no_build_id,
		.no_populate = args->test_no_populate,
		.no_btf = args->test_no_btf,
		.no_cgroup = args->test_no_cgroup,
	};
	struct err *err;

	no_tracefs = tracefs_open(NULL, &tracefs_fd);
	config.tracefs_fd = tracefs_fd;
	err = add_events(args, tracefs_fd, &set);
	/* What is wrong is the tracefs, not the event. */
	if (err && no_tracefs && err_code(err) == ERR_NODATA) {
		err_free(err);
		return take_ptr(no_tracefs);
	}
	if (!err)
		err = finish_events(args, &set);
	if (!err)
		err = choose_cpus(args, &cpus);
	if (!err)
		err = set_whom(args, workload, &tasks, &config);
	if (!err)
		err = open_snapshot_signal(&snapshot_fd);
	if (err)
		return err;
	cgroup_fd = config.cgroup_fd;
	config.snapshot_fd = snapshot_fd;

	err = record_run(&config, &notes, result);
	/* One that comes now asks for what was just done: it is not to end the program. */
	signal(SIGUSR2, SIG_IGN);
	for (size_t i = 0; i < notes.nr; i++)
		tool_remark(tool, "record", notes.line[i]);
	return err;
}

static struct err *run(struct tool *tool, int argc, char **argv, int *ret_exit_code)
{
	guard(workload) struct workload workload = WORKLOAD_INIT;
	autofree char *command_line = join(argv, argc);
	struct record_args args = { .page = false };
	struct record_result result = { .proof = RECORD_UNKNOWN };
	struct operands command;
	sigset_t command_mask;
	struct err *err;

	hold_snapshot_signal(&command_mask);
	if (!command_line)
		return err_nomem();
	err = options_parse(&record_options, argc, argv, &args, &command);
	if (!err)
		err = check_combination(&args, &command);
	if (err)
		return err;

	/* First of all: a child is best made while we are small and have one thread. */
	if (command.nr)
		err = workload_start(command.item, &command_mask, &workload);
	signal(SIGXFSZ, SIG_IGN);
	if (!err)
		err = record(tool, &args, command_line, &workload, &result);
	if (err && err_code(err) == ERR_USAGE)
		return err;
	if (err) {
		bool not_run = command.nr && !workload.pid && workload.status;

		*ret_exit_code = not_run ? workload_exit_code(&workload) : EXIT_US;
		return not_run ? err_wrap(err, "%s", command.item[0]) : err;
	}

	if (!args.quiet)
		show_end(tool, &args, &result);
	if (result.stopped_by) {
		*ret_exit_code = EXIT_US;
		return err_wrap(result.stopped_by,
				"%s: recording ended early, what was recorded is there",
				args.output ? args.output : "vmtool.data");
	}
	if (command.nr && !workload.pid)
		*ret_exit_code = workload_exit_code(&workload);
	if (args.require_complete && result.proof != RECORD_COMPLETE)
		*ret_exit_code = EXIT_INCOMPLETE;
	return NULL;
}

const struct command cmd_record = {
	.name = "record",
	.summary = "record page, slab and other events with proof of completeness",
	.options = &record_options,
	.stoppable = true,
	.configurable = true,
	.run = run,
};
