// SPDX-License-Identifier: GPL-2.0-or-later
#include "builtin/stat.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "util/cli/shellword.h"
#include "util/cli/utf8.h"
#include "util/sys/cgroups.h"

void stat_job_free(struct stat_job *job)
{
	if (!job)
		return;
	if (job->cgroup_fd >= 0)
		close(job->cgroup_fd);
	if (job->out && job->out != job->tool->err)
		fclose(job->out);
	str_release(&job->title);
	cgroup_names_release(&job->cgroups);
	notes_release(&job->notes);
	free(job);
}
static bool has_id(const pid_t *ids, size_t nr, pid_t id)
{
	for (size_t i = 0; i < nr; i++)
		if (ids[i] == id)
			return true;
	return false;
}

/* "12,13,12" into @ids, each of them once. */
static struct err *parse_ids(const char *text, const char *what, pid_t ids[STAT_IDS_MAX],
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
		if (nr == STAT_IDS_MAX)
			return err_new(ERR_USAGE, "more than %d of them", STAT_IDS_MAX);
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

static struct err *parse_event(struct stat_job *job, const char *word)
{
	struct event_spec spec;
	struct err *err;

	if (!strncmp(word, "order=", strlen("order=")))
		return parse_orders(word + strlen("order="), &job->plan.request.orders);
	if (syscall_word_has_abi(word))
		return syscall_set_add(&job->plan.request.syscalls, word);
	err = event_parse(word, &spec);
	if (!err) {
		if (job->plan.event_nr == STAT_EVENTS_MAX)
			return err_new(ERR_USAGE, "more than %d events", STAT_EVENTS_MAX);
		job->event[job->plan.event_nr++] = spec;
		job->plan.event = job->event;
		return NULL;
	}
	if (err_code(err) != ERR_NODATA)
		return err;
	err_free(err);
	return syscall_set_add(&job->plan.request.syscalls, word);
}

static struct err *parse_events(struct stat_job *job, const struct option_list *list)
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
		if (!*list->item[i])
			return err_new(ERR_USAGE, "option '-e': there is no event in ''");
	}
	return NULL;
}

static struct err *parse_scope(struct stat_job *job)
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
		if (!*args->cgroup)
			return err_new(ERR_USAGE,
				       "-G: a cgroup has a name; / is the first of them");
		request->scope = SCOPE_CGROUP;
		return cgroup_open(args->cgroup, CGROUPS_V2, &job->cgroup_fd);
	}
	request->scope = args->all ? SCOPE_ALL : SCOPE_COMMAND;
	return NULL;
}

static struct err *parse_cpus(const char *text, struct stat_request *request)
{
	unsigned long end = 8 * sizeof(request->cpu_wanted);
	unsigned long there = (unsigned long)sysconf(_SC_NPROCESSORS_CONF);

	request->with_cpus = true;
	if (!parse_ranges(text, end, request->cpu_wanted))
		return err_new(ERR_USAGE, "'%s' is no list of CPUs such as 0-3,8", text);
	for (unsigned long cpu = there; cpu < end; cpu++)
		if (request->cpu_wanted[cpu / 8] >> (cpu % 8) & 1)
			return err_new(ERR_USAGE, "there is no CPU %lu here, only 0 to %lu", cpu,
				       there - 1);
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

static struct err *fill_request(struct stat_job *job)
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
	if (!err && args->cpus)
		err = parse_cpus(args->cpus, request);
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

/*
 * /dev/stdout, and whatever else our standard output or error is already: opened again it would be
 * written from its start, over what the shell and the command have put there.
 */
static int open_standard(const char *path)
{
	struct stat named;
	struct stat ours;

	if (stat(path, &named))
		return -1;
	for (int fd = STDOUT_FILENO; fd <= STDERR_FILENO; fd++)
		if (!fstat(fd, &ours) && ours.st_dev == named.st_dev && ours.st_ino == named.st_ino)
			return fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	return -1;
}

static struct err *open_output(struct stat_job *job)
{
	const char *path = job->args->output;
	autoclose int fd = -1;

	job->out = job->tool->err;
	if (!path)
		return NULL;
	fd = open_standard(path);
	job->out = fd >= 0 ? fdopen(fd, "w") : fopen(path, "we");
	if (!job->out)
		return err_sys(errno, "cannot write '%s'", path);
	take_fd(&fd);
	return NULL;
}

/* Whose calls these are; as it may stand in a terminal. */
static struct err *make_title(struct stat_job *job)
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
	for (int i = 0; i < job->operands.nr; i++) {
		str_add(&text, i ? " " : "");
		shellword_add(&text, job->operands.item[i]);
	}
	err = str_check(&text);
	if (err)
		return err;
	utf8_add_safe(&job->title, text.s);
	return str_check(&job->title);
}

/* What stands between fields can be told from what is in them. */
static bool separates(const char *text)
{
	return strlen(text) == 1 && !isalnum((unsigned char)*text) && !strchr("_\"\r\n", *text);
}

static struct err *fill_job(struct stat_job *job)
{
	const struct stat_args *args = job->args;
	struct stat_plan *plan = &job->plan;
	struct err *err = fill_request(job);

	if (err)
		return err;
	if (args->separator && !separates(args->separator))
		return err_new(ERR_USAGE,
			       "option '-x': expected one character that is no part of words, "
			       "numbers or quotes, not '%s'",
			       args->separator);
	if (args->separator && args->format == FORMAT_JSON)
		return err_new(ERR_USAGE, "--json has no separator (-x)");
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
	if (args->pressure && args->compare && (args->format != FORMAT_JSON || args->separator))
		return err_new(ERR_USAGE, "of several commands (--compare) only --json has room "
					  "for --pressure");
	plan->forced_source = args->source;
	plan->pressure = args->pressure;
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
		.cgroups = &job->cgroups,
	};
	err = make_title(job);
	job->style.title = job->title.s;
	return err ? err : open_output(job);
}

struct err *stat_job_close_output(struct stat_job *job)
{
	FILE *out = take_ptr(job->out);

	if (out == job->tool->err) {
		if (fflush(out) || ferror(out))
			return err_sys(errno, "cannot write to standard error");
		return NULL;
	}
	if (ferror(out) | fclose(out))
		return err_sys(errno, "cannot write '%s'", job->args->output);
	return NULL;
}
struct err *stat_job_new(struct tool *tool, const struct stat_args *args,
			 const struct operands *operands, struct stat_job **ret_job)
{
	guard(stat_job) struct stat_job *job = calloc(1, sizeof(*job));
	struct err *err;

	if (!job)
		return err_nomem();
	*job = (struct stat_job){
		.tool = tool,
		.args = args,
		.operands = *operands,
		.cgroup_fd = -1,
		.title = STR_INIT,
		.cgroups = cgroup_names_init(),
		.notes = NOTES_INIT,
	};
	err = fill_job(job);
	if (!err)
		*ret_job = take_ptr(job);
	return err;
}
