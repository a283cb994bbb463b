// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "builtin/builtin.h"
#include "util/cli/utf8.h"
#include "util/stat/command.h"
#include "util/stat/run.h"
#include "util/stat/show.h"
#include "util/sys/signals.h"

enum { LIST_MAX = 4096, EVENTS_MAX = 64, REPEATS_MAX = 10000, MS_MAX = INT32_MAX };

struct stat_args {
	const char *pids;
	const char *tids;
	bool all;
	const char *cpus;
	const char *cgroup;
	struct option_list events;
	bool no_inherit;
	const char *source;
	bool calls_only;
	bool no_pages;
	int64_t tasks_max;
	bool without_current_btf;
	bool without_raw_tracepoints;
	bool without_cgroups;
	int64_t delay_ms;
	int64_t timeout_ms;
	int64_t repeats;
	bool compare;
	enum stat_group group;
	enum stat_sort sort;
	bool histogram;
	bool errnos;
	int64_t interval_ms;
	enum stat_format format;
	const char *separator;
	const char *output;
};

static const struct option_choice sort_choices[] = {
	{ "total", SORT_TOTAL },   { "calls", SORT_CALLS },
	{ "errors", SORT_ERRORS }, { "bytes", SORT_BYTES },
	{ "avg", SORT_AVG },	   { "p50", SORT_P50 },
	{ "p99", SORT_P99 },	   { "max", SORT_MAX },
	{ "name", SORT_NAME },	   { NULL, 0 },
};

static const struct option options[] = {
	OPT_GROUP("Whose calls"),
	OPT_STRING('p', "pid", struct stat_args, pids, "<pid,...>", "of running processes"),
	OPT_STRING('t', "tid", struct stat_args, tids, "<tid,...>", "of running threads"),
	OPT_FLAG('a', "all", struct stat_args, all,
		 "of every process but vmtool; a command then says how long"),
	OPT_STRING('G', "cgroup", struct stat_args, cgroup, "<path>",
		   "of a cgroup (version 2): a directory, or its path below the root of them"),
	OPT_STRING('C', "cpu", struct stat_args, cpus, "<cpus>",
		   "only those begun on these CPUs, such as 0-3,8"),
	OPT_FLAG(0, "no-inherit", struct stat_args, no_inherit, "not of children made meanwhile"),

	OPT_GROUP("What"),
	OPT_STRINGS('e', "event", struct stat_args, events, "<what,...>",
		    "system calls by name, glob or group (memory, file, network, process), "
		    "tracepoints (system:name), software events (faults, ...), pages (order=2-4)"),
	OPT_FLAG(0, "calls-only", struct stat_args, calls_only,
		 "count calls and nothing else of them: cheaper"),
	OPT_FLAG(0, "no-pages", struct stat_args, no_pages, "do not count page allocations"),
	OPT_STRING(0, "source", struct stat_args, source, "<name>",
		   "count by bpf, perf or ptrace, instead of the first that can be had"),

	OPT_GROUP("When"),
	OPT_INT('D', "delay", struct stat_args, delay_ms, 0, MS_MAX, "<ms>",
		"begin to count so much later"),
	OPT_INT(0, "timeout", struct stat_args, timeout_ms, 1, MS_MAX, "<ms>",
		"end after that time, and the command with it"),
	OPT_INT('I', "interval", struct stat_args, interval_ms, 10, MS_MAX, "<ms>",
		"also show what each interval brought"),
	OPT_INT('r', "repeat", struct stat_args, repeats, 1, REPEATS_MAX, "<n>",
		"run the command so often: mean and deviation"),
	OPT_FLAG(0, "compare", struct stat_args, compare,
		 "each operand is a command, 'label: command ...': their counts side by side"),

	OPT_GROUP("How it is shown"),
	OPT_SET(0, "per-thread", struct stat_args, group, GROUP_THREAD, "split by thread"),
	OPT_SET(0, "per-process", struct stat_args, group, GROUP_PROCESS, "split by process"),
	OPT_SET(0, "per-cgroup", struct stat_args, group, GROUP_CGROUP, "split by cgroup"),
	OPT_CHOICE('s', "sort", struct stat_args, sort, sort_choices, "<column>",
		   "total (the default), calls, errors, bytes, avg, p50, p99, max or name"),
	OPT_FLAG(0, "histogram", struct stat_args, histogram, "with the times of each call"),
	OPT_FLAG(0, "errno", struct stat_args, errnos, "with the errors of each call by kind"),
	OPT_SET(0, "json", struct stat_args, format, FORMAT_JSON,
		"an object for each run, and for each interval, on a line of its own"),
	OPT_SET(0, "csv", struct stat_args, format, FORMAT_CSV, "plain numbers between commas"),
	OPT_STRING('x', "field-separator", struct stat_args, separator, "<char>",
		   "the same with another character between them"),
	OPT_STRING('o', "output", struct stat_args, output, "<file>",
		   "write to a file instead of standard error"),
	{ .kind = OPTION_INT,
	  .hidden = true,
	  .long_name = "max-tasks",
	  .offset = offsetof(struct stat_args, tasks_max),
	  .arg = "<n>",
	  .help = "for tests: room for so many tasks at a time",
	  .min = 1,
	  .max = 1 << 20 },
	OPT_HIDDEN_FLAG(0, "without-current-btf", struct stat_args, without_current_btf,
			"for tests: as on kernels before 5.11"),
	OPT_HIDDEN_FLAG(0, "without-raw-tracepoints", struct stat_args, without_raw_tracepoints,
			"for tests: as where raw tracepoints of calls can be preempted (7.0)"),
	OPT_HIDDEN_FLAG(0, "without-cgroups", struct stat_args, without_cgroups,
			"for tests: as where no cgroup can be made"),
};

static const struct option_table stat_options = {
	.invocation = "vmtool stat",
	.synopsis = "[options] [--] <command> [<arguments>]\n"
		    "[options] (-p <pid> | -t <tid> | -a | -G <cgroup>)\n"
		    "[options] --compare -- '<label>: <command>' ...",
	.about = "Counts the system calls of a command, how long they took, what they moved, and "
		 "what happened to memory meanwhile.",
	.option = options,
	.option_nr = ARRAY_SIZE(options),
	.operands_max = OPTIONS_ANY,
	.stop_at_operand = true,
};

/* What the options come to. */
struct job {
	struct tool *tool;
	const struct stat_args *args;
	struct operands operands;
	pid_t id[LIST_MAX];
	int cgroup_fd;
	struct event_spec event[EVENTS_MAX];
	struct stat_plan plan;
	struct stat_style style;
	struct str title;
	struct notes notes; /* of all runs */
	size_t notes_told;
	FILE *out;
	uint64_t begin_ns;
};

static void job_free(struct job *job)
{
	if (!job)
		return;
	if (job->cgroup_fd >= 0)
		close(job->cgroup_fd);
	if (job->out && job->out != job->tool->err)
		fclose(job->out);
	str_release(&job->title);
	notes_release(&job->notes);
	free(job);
}
DEFINE_GUARD(job, struct job *, job_free)

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static bool has_id(const pid_t *ids, size_t nr, pid_t id)
{
	for (size_t i = 0; i < nr; i++)
		if (ids[i] == id)
			return true;
	return false;
}

/* "12,13,12" into @ids, each of them once. */
static struct err *parse_ids(const char *text, const char *what, pid_t ids[LIST_MAX],
			     size_t *ret_nr)
{
	size_t nr = 0;

	while (*text) {
		size_t len = strcspn(text, ",");
		autoerr struct err *bad = NULL;
		char number[16];
		int64_t id = 0;

		snprintf(number, sizeof(number), "%.*s", (int)MIN(len, sizeof(number)), text);
		bad = option_parse_int(number, 1, INT32_MAX, &id);
		if (len >= sizeof(number) || bad)
			return err_new(ERR_USAGE, "'%.*s' is no %s", (int)len, text, what);
		if (nr == LIST_MAX)
			return err_new(ERR_USAGE, "more than %d of them", LIST_MAX);
		if (!has_id(ids, nr, (pid_t)id))
			ids[nr++] = (pid_t)id;
		text += len + (text[len] == ',');
	}
	if (!nr)
		return err_new(ERR_USAGE, "there is no %s", what);
	*ret_nr = nr;
	return NULL;
}

/* "0-3,8" as a bitmap of numbers below @end; false: it is no such list. */
static bool parse_ranges(const char *text, unsigned long end, uint8_t *bitmap)
{
	do {
		unsigned long first, last;
		char *rest;

		first = last = strtoul(text, &rest, 10);
		if (rest == text)
			return false;
		text = rest;
		if (*text == '-') {
			last = strtoul(text + 1, &rest, 10);
			if (rest == text + 1)
				return false;
			text = rest;
		}
		if (last < first || last >= end)
			return false;
		for (; first <= last; first++)
			bitmap[first / 8] |= (uint8_t)(1u << (first % 8));
		if (!*text)
			return true;
	} while (*text++ == ',');
	return false;
}

static struct err *open_cgroup(const char *path, int *ret_fd)
{
	static const char *const roots[] = { "", "/sys/fs/cgroup/", "/sys/fs/cgroup/unified/" };
	int fd = -1, failed = 0;

	for (size_t i = 0; fd < 0 && i < ARRAY_SIZE(roots); i++) {
		guard(str) struct str full = STR_INIT;

		str_printf(&full, "%s%s", roots[i], path);
		fd = open(full.s, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (!failed)
			failed = errno;
	}
	if (fd < 0)
		return err_sys(failed, "cgroup '%s'", path);
	*ret_fd = fd;
	return NULL;
}

static struct err *parse_orders(const char *text, uint32_t *orders)
{
	uint8_t bitmap[ORDER_NR / 8] = { 0 };

	if (!parse_ranges(text, ORDER_NR, bitmap))
		return err_new(ERR_USAGE,
			       "'order=%s': expected orders of pages, such as 2 or 2-4, up to %d",
			       text, ORDER_NR - 1);
	for (unsigned int order = 0; order < ORDER_NR; order++)
		*orders |= (uint32_t)(bitmap[order / 8] >> (order % 8) & 1) << order;
	return NULL;
}

static struct err *parse_event(struct job *job, const char *word)
{
	struct event_spec spec;
	struct err *err;

	if (!strncmp(word, "order=", strlen("order=")))
		return parse_orders(word + strlen("order="), &job->plan.request.orders);
	if (syscall_word_has_abi(word))
		return syscall_set_add(&job->plan.request.syscalls, word);
	err = event_parse(word, &spec);
	if (!err) {
		if (job->plan.event_nr == EVENTS_MAX)
			return err_new(ERR_USAGE, "more than %d events", EVENTS_MAX);
		job->event[job->plan.event_nr++] = spec;
		job->plan.event = job->event;
		return NULL;
	}
	if (err_code(err) != ERR_NODATA)
		return err;
	err_free(err);
	return syscall_set_add(&job->plan.request.syscalls, word);
}

static struct err *parse_events(struct job *job, const struct option_list *list)
{
	for (size_t i = 0; i < list->nr; i++) {
		const char *at = list->item[i];

		while (*at) {
			size_t len = strcspn(at, ",");
			guard(str) struct str word = STR_INIT;
			struct err *err;

			str_add_bytes(&word, at, len);
			err = parse_event(job, word.s);
			if (err)
				return err;
			at += len + (at[len] == ',');
		}
	}
	return NULL;
}

static struct err *parse_scope(struct job *job)
{
	const struct stat_args *args = job->args;
	struct stat_request *request = &job->plan.request;
	int named = !!args->pids + !!args->tids + !!args->cgroup + args->all;
	bool command = job->operands.nr > 0;

	if (named > 1)
		return err_new(ERR_USAGE, "only one of -p, -t, -a and -G can be had");
	if (!named && !command)
		return err_new(ERR_USAGE, "a command is missing, or -p, -t, -a or -G; "
					  "usage: vmtool stat [options] -- <command>");
	if (named && (args->compare || args->repeats > 1))
		return err_new(ERR_USAGE, "only a command's own calls can be repeated or compared");
	if (args->pids) {
		request->scope = SCOPE_PROCESSES;
		return parse_ids(args->pids, "process", job->id, &request->id_nr);
	}
	if (args->tids) {
		request->scope = SCOPE_THREADS;
		return parse_ids(args->tids, "thread", job->id, &request->id_nr);
	}
	if (args->cgroup) {
		request->scope = SCOPE_CGROUP;
		return open_cgroup(args->cgroup, &job->cgroup_fd);
	}
	request->scope = args->all ? SCOPE_ALL : SCOPE_COMMAND;
	return NULL;
}

static struct err *parse_source(const char *name)
{
	guard(str) struct str known = STR_INIT;

	if (!name || stat_source_find(name))
		return NULL;
	for (const struct stat_source_ops *const *ops = stat_sources; *ops; ops++)
		str_printf(&known, "%s%s", known.len ? ops[1] ? ", " : " or " : "", (*ops)->name);
	return err_new(ERR_USAGE, "option '--source': expected %s, not '%s'", known.s, name);
}

static struct err *fill_request(struct job *job)
{
	const struct stat_args *args = job->args;
	struct stat_request *request = &job->plan.request;
	struct err *err = parse_scope(job);

	request->id = job->id;
	request->cgroup_fd = job->cgroup_fd;
	request->inherit = !args->no_inherit;
	request->group = args->group;
	request->calls_only = args->calls_only;
	request->pages = !args->no_pages;
	request->errnos = args->errnos;
	request->tasks_max = (uint32_t)args->tasks_max;
	request->without_current_btf = args->without_current_btf;
	request->without_raw_tracepoints = args->without_raw_tracepoints;
	request->without_cgroups = args->without_cgroups;
	if (!err && args->cpus) {
		request->with_cpus = true;
		if (!parse_ranges(args->cpus, 8 * sizeof(request->cpu_wanted), request->cpu_wanted))
			err = err_new(ERR_USAGE, "'%s' is no list of CPUs such as 0-3,8",
				      args->cpus);
	}
	syscall_set_init(&request->syscalls);
	if (!err && args->events.nr)
		err = parse_events(job, &args->events);
	else if (args->compare)
		for (const char *const *name =
			     (const char *const[]){ "mmap", "munmap", "read", NULL };
		     !err && *name; name++)
			err = syscall_set_add(&request->syscalls, *name);
	else
		syscall_set_all(&request->syscalls);
	if (!err && request->orders && args->no_pages)
		err = err_new(ERR_USAGE, "orders of pages (-e order=) and --no-pages contradict "
					 "each other");
	if (!request->orders)
		request->orders = ORDERS_ALL;
	if (!err)
		err = parse_source(args->source);
	return err;
}

static struct err *open_output(struct job *job)
{
	job->out = job->tool->err;
	if (!job->args->output)
		return NULL;
	job->out = fopen(job->args->output, "we");
	return job->out ? NULL : err_sys(errno, "cannot write '%s'", job->args->output);
}

/* Whose calls these are; as it may stand in a terminal. */
static struct err *make_title(struct job *job)
{
	const struct stat_args *args = job->args;
	guard(str) struct str text = STR_INIT;
	struct err *err;

	if (args->all)
		str_add(&text, "all processes");
	else if (args->pids)
		str_printf(&text, "process %s", args->pids);
	else if (args->tids)
		str_printf(&text, "thread %s", args->tids);
	else if (args->cgroup)
		str_printf(&text, "cgroup %s", args->cgroup);
	if (text.len && job->operands.nr)
		str_add(&text, ", as long as it takes to run ");
	for (int i = 0; i < job->operands.nr; i++)
		str_printf(&text, "%s%s", i ? " " : "", job->operands.item[i]);
	err = str_check(&text);
	if (err)
		return err;
	utf8_add_safe(&job->title, text.s);
	return str_check(&job->title);
}

static struct err *fill_job(struct job *job)
{
	const struct stat_args *args = job->args;
	struct stat_plan *plan = &job->plan;
	struct err *err = fill_request(job);

	if (err)
		return err;
	if (args->separator && strlen(args->separator) != 1)
		return err_new(ERR_USAGE, "option '-x': expected one character, not '%s'",
			       args->separator);
	if (args->interval_ms && (args->repeats > 1 || args->compare))
		return err_new(ERR_USAGE, "intervals (-I) are of one run, not of several");
	if (args->group != GROUP_NONE &&
	    (args->compare ||
	     (args->repeats > 1 && args->format == FORMAT_TABLE && !args->separator)))
		return err_new(ERR_USAGE, "--per-thread, --per-process and --per-cgroup are of one "
					  "run, not of several");
	if (args->group != GROUP_NONE && args->errnos)
		return err_new(ERR_USAGE,
			       "errors by kind (--errno) are of all together: they go with "
			       "none of --per-thread, --per-process and --per-cgroup");
	plan->forced_source = args->source;
	plan->interval_ns = (uint64_t)args->interval_ms * 1000000;
	plan->delay_ns = (uint64_t)args->delay_ms * 1000000;
	plan->timeout_ns = (uint64_t)args->timeout_ms * 1000000;
	plan->stop_fd = job->tool->stop_fd;
	job->style = (struct stat_style){
		.format = args->separator ? FORMAT_CSV : args->format,
		.separator = args->separator ? args->separator[0] : ',',
		.sort = args->sort,
		.group = args->group,
		.histogram = args->histogram,
		.errnos = args->errnos,
		.syscalls = &plan->request.syscalls,
	};
	err = make_title(job);
	job->style.title = job->title.s;
	return err ? err : open_output(job);
}

/* What every run would say again is said once. */
static void show_notes(struct job *job)
{
	while (job->notes_told < job->notes.nr)
		tool_remark(job->tool, "stat", job->notes.line[job->notes_told++]);
}

static struct err *show_interval(const struct stat_result *interval, void *data)
{
	struct job *job = data;

	return stat_show_interval(job->out, &job->style, interval, now_ns() - job->begin_ns);
}

static void tell_of_end(const struct job *job, const struct stat_result *result)
{
	if (result->killed)
		tool_remark(
			job->tool, "stat",
			"the command did not end when it was asked to, and was killed: it cannot "
			"go on when nobody traces it");
	if (result->left_running)
		tool_remark(job->tool, "stat",
			    "the command did not end when it was asked to; it "
			    "goes on, and its counts end here");
}

static struct err *run_once(struct job *job, struct stat_result *result, int *ret_exit_code)
{
	struct err *err = stat_run(&job->plan, &job->notes, result, ret_exit_code);

	/* How it would have been counted is nothing to one who mistyped a command. */
	if (err)
		return err;
	show_notes(job);
	tell_of_end(job, result);
	return NULL;
}

/* Results of all runs of all commands. */
struct results {
	struct stat_result *result;
	size_t nr;
};

static void results_release(struct results *results)
{
	for (size_t i = 0; i < results->nr; i++)
		stat_result_release(&results->result[i]);
	free(results->result);
}
DEFINE_GUARD_INPLACE(results, struct results, results_release)

/* The last run may have been cut short, and says nothing about a whole one. */
static void drop_cut_run(struct job *job, struct results *results)
{
	guard(str) struct str remark = STR_INIT;
	size_t wanted = (size_t)job->args->repeats;

	if (results->nr > 1 && results->result[results->nr - 1].interrupted)
		stat_result_release(&results->result[--results->nr]);
	if (results->nr == wanted)
		return;
	str_printf(&remark, "interrupted: shown are the %zu of %zu runs that were not cut short",
		   results->nr, wanted);
	tool_remark(job->tool, "stat",
		    results->result[0].interrupted ? "interrupted in the first run: shown is what "
						     "there is of it"
						   : remark.s);
}

static struct err *run_single(struct job *job, int *ret_exit_code)
{
	size_t repeats = (size_t)job->args->repeats;
	guard(results) struct results results = { .result = NULL };
	struct err *err = NULL;

	results.result = calloc(repeats, sizeof(*results.result));
	if (!results.result)
		return err_nomem();
	job->plan.argv = job->operands.nr ? job->operands.item : NULL;
	job->plan.on_interval = show_interval;
	job->plan.data = job;
	job->begin_ns = now_ns();
	while (!err && results.nr < repeats) {
		err = run_once(job, &results.result[results.nr], ret_exit_code);
		results.nr += !err;
		if (stop_requested(job->plan.stop_fd))
			break;
	}
	if (err)
		return err;
	drop_cut_run(job, &results);
	if (results.nr > 1)
		return stat_show_repeats(job->out, &job->style, results.result, results.nr);
	return stat_show(job->out, &job->style, &results.result[0]);
}

/* "label: command"; without a label the command is its own. */
static struct err *split_label(char *text, const char **ret_label, struct stat_command *ret_command)
{
	char *colon = strstr(text, ": ");

	*ret_label = text;
	if (!colon)
		return stat_command_split(text, ret_command);
	*colon = '\0';
	return stat_command_split(colon + 2, ret_command);
}

struct comparison {
	struct stat_variant *variant;
	struct stat_command *command;
	size_t nr;
};

static void comparison_release(struct comparison *comparison)
{
	for (size_t i = 0; i < comparison->nr; i++) {
		struct stat_variant *variant = &comparison->variant[i];

		for (size_t j = 0; variant->result && j < variant->nr; j++)
			stat_result_release(&variant->result[j]);
		free(variant->result);
		stat_command_release(&comparison->command[i]);
	}
	free(comparison->variant);
	free(comparison->command);
}
DEFINE_GUARD_INPLACE(comparison, struct comparison, comparison_release)

/*
 * Taken in turns, so that a machine that gets slower does so for all of them. The exit code is the
 * worst there was so far.
 */
static struct err *run_turn(struct job *job, struct comparison *c, int *ret_exit_code,
			    bool *ret_cut)
{
	int worst = c->variant[0].nr ? *ret_exit_code : 0;

	for (size_t i = 0; i < c->nr && !*ret_cut; i++) {
		struct stat_variant *variant = &c->variant[i];
		struct err *err;

		*ret_cut = stop_requested(job->plan.stop_fd);
		if (*ret_cut)
			break;
		job->plan.argv = c->command[i].argv;
		err = run_once(job, &variant->result[variant->nr], ret_exit_code);
		if (err)
			return err_wrap(err, "%s", variant->label);
		*ret_cut = variant->result[variant->nr++].interrupted;
		*ret_exit_code = worst = MAX(worst, *ret_exit_code);
	}
	return NULL;
}

/* Variants are compared by runs of whole turns, of which there are @turns. */
static struct err *drop_cut_turn(struct job *job, struct comparison *c, size_t turns)
{
	guard(str) struct str remark = STR_INIT;

	for (size_t i = 0; i < c->nr; i++)
		while (c->variant[i].nr > turns)
			stat_result_release(&c->variant[i].result[--c->variant[i].nr]);
	if (!turns)
		return err_new(ERR_INTERRUPTED, "interrupted before each command had run once");
	if (turns == (size_t)job->args->repeats)
		return NULL;
	str_printf(&remark, "interrupted: shown are the %zu of %d turns that were not cut short",
		   turns, (int)job->args->repeats);
	tool_remark(job->tool, "stat", remark.s);
	return str_check(&remark);
}

static struct err *run_compared(struct job *job, int *ret_exit_code)
{
	size_t repeats = (size_t)job->args->repeats;
	guard(comparison) struct comparison c = { .nr = 0 };
	struct err *err = NULL;
	size_t turns = 0;
	bool cut = false;

	c.variant = calloc((size_t)job->operands.nr, sizeof(*c.variant));
	c.command = calloc((size_t)job->operands.nr, sizeof(*c.command));
	if (!c.variant || !c.command)
		return err_nomem();
	for (; !err && c.nr < (size_t)job->operands.nr; c.nr++) {
		err = split_label(job->operands.item[c.nr], &c.variant[c.nr].label,
				  &c.command[c.nr]);
		if (err)
			return err;
		c.variant[c.nr].result = calloc(repeats, sizeof(struct stat_result));
		if (!c.variant[c.nr].result)
			return err_nomem();
	}

	for (; !err && turns < repeats && !stop_requested(job->plan.stop_fd); turns += !cut)
		err = run_turn(job, &c, ret_exit_code, &cut);
	if (!err)
		err = drop_cut_turn(job, &c, turns);
	if (err)
		return err;
	return stat_show_compared(job->out, &job->style, c.variant, c.nr);
}

static struct err *close_output(struct job *job)
{
	FILE *out = take_ptr(job->out);

	if (out == job->tool->err)
		return NULL;
	if (ferror(out) | fclose(out))
		return err_sys(errno, "cannot write '%s'", job->args->output);
	return NULL;
}

static struct err *run_stat(struct tool *tool, int argc, char **argv, int *ret_exit_code)
{
	struct stat_args args = { .repeats = 1 };
	guard(job) struct job *job = calloc(1, sizeof(*job));
	guard(option_list) struct option_list events = { .nr = 0 };
	struct err *err;

	if (!job)
		return err_nomem();
	*job = (struct job){
		.tool = tool, .args = &args, .cgroup_fd = -1, .title = STR_INIT, .notes = NOTES_INIT
	};
	err = options_parse(&stat_options, argc, argv, &args, &job->operands);
	events = args.events;
	if (!err)
		err = fill_job(job);
	if (err)
		return err;

	/* What fails from here on is not the command's doing, until it is. */
	if (job->operands.nr)
		*ret_exit_code = WORKLOAD_FAILED_US;
	err = args.compare ? run_compared(job, ret_exit_code) : run_single(job, ret_exit_code);
	if (err && err_code(err) == ERR_USAGE)
		*ret_exit_code = EXIT_USAGE;
	if (!err)
		err = close_output(job);
	return err;
}

const struct command cmd_stat = {
	.name = "stat",
	.summary = "count system calls, their times, and what memory does",
	.options = &stat_options,
	.stoppable = true,
	.configurable = true,
	.run = run_stat,
};
