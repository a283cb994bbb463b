// SPDX-License-Identifier: GPL-2.0-or-later
#include "builtin/report.h"

#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/base/macros.h"
#include "util/report/loss.h"
#include "util/report/recover.h"
#include "util/report/samples.h"
#include "util/report/slab.h"

#define DEFAULT_FILE "vmtool.data"

static struct err *parse_percent(const char *value, void *field)
{
	double *percent = field;
	char *end;

	*percent = strtod(value, &end);
	if (end == value || *end || !(*percent >= 0 && *percent <= 100))
		return err_new(ERR_USAGE, "'%s' is no percentage", value);
	return NULL;
}

static const struct option_choice weight_choice[] = {
	{ "bytes", PAGE_WEIGHT_BYTES },
	{ "hits", PAGE_WEIGHT_HITS },
	{ "live", PAGE_WEIGHT_LIVE },
	{ NULL, 0 },
};

static const struct option report_option[] = {
	OPT_GROUP("Input"),
	OPT_STRING('i', "input", struct report_args, input, "<file>",
		   "the recording, '-' for a pipe (default vmtool.data, else perf.data)"),
	OPT_STRING(0, "kallsyms", struct report_args, kallsyms, "<file>",
		   "functions of the kernel that was recorded, a copy of its /proc/kallsyms"),
	OPT_STRING(0, "recover", struct report_args, recover, "<file>",
		   "write what can be read of a recording that was cut short as a whole one"),
	OPT_FLAG(0, "diff", struct report_args, diff,
		 "compare the page allocations of two recordings: <before> <after>"),
	OPT_GROUP("View"),
	OPT_BIT(0, "page", struct report_args, views, 1 << VIEW_PAGE, "page allocations"),
	OPT_BIT(0, "slab", struct report_args, views, 1 << VIEW_SLAB,
		"slab objects (kmalloc and caches)"),
	OPT_BIT(0, "profile", struct report_args, views, 1 << VIEW_PROFILE,
		"where time was spent: by command, file and function"),
	OPT_BIT(0, "samples", struct report_args, views, 1 << VIEW_SAMPLES,
		"every sample, as perf script prints it"),
	OPT_BIT(0, "caller", struct report_args, tables, 1 << TABLE_CALLER,
		"a row for each call site (default)"),
	OPT_BIT(0, "alloc", struct report_args, tables, 1 << TABLE_ALLOC,
		"a row for each page or object"),
	OPT_STRING('s', "sort", struct report_args, sort, "<keys>",
		   "sort by, in this order: page, order, migtype, gfp, callsite, owner, module, "
		   "bytes, hit, comm, pid, cgroup, node, zone (default bytes,hit; a key no row has "
		   "yet becomes a "
		   "column); with --slab: ptr, callsite, cache, comm, pid, cgroup, bytes, hit, "
		   "pingpong, frag (default frag,hit,bytes)"),
	OPT_STRING(0, "by", struct report_args, by, "<keys>",
		   "a row for each of these, and no others"),
	OPT_INT('l', "lines", struct report_args, limit, 0, INT64_MAX, "<n>",
		"show only the first <n> rows or samples"),
	OPT_FLAG(0, "live", struct report_args, live, "only what was not freed again"),
	OPT_STRING(0, "at", struct report_args, at, "<moment>",
		   "what was live at a moment: peak, or seconds from the start"),
	OPT_FLAG(0, "leaks", struct report_args, leaks,
		 "what stayed: first what grows all the time, then what is old"),
	OPT_FLAG(0, "lifetime", struct report_args, lifetime,
		 "how long memory lived from allocation to free"),
	OPT_FLAG(0, "raw-ip", struct report_args, raw_ip,
		 "addresses instead of functions (--slab)"),
	OPT_GROUP("Which samples"),
	OPT_STRINGS(0, "comm", struct report_args, select.comm, "<name>", "of tasks of this name"),
	OPT_STRINGS(0, "pid", struct report_args, select.pid, "<pid>", "of this process"),
	OPT_STRINGS(0, "tid", struct report_args, select.tid, "<tid>", "of this thread"),
	OPT_STRINGS(0, "cpu", struct report_args, select.cpu, "<n>", "of this CPU"),
	OPT_STRINGS(0, "cgroup", struct report_args, select.cgroup, "<cgroup>",
		    "of tasks in this cgroup: its path or id"),
	OPT_STRING(0, "symbol", struct report_args, symbol, "<function>",
		   "in this function (--profile); with this call site or owner (--page)"),
	OPT_STRING(0, "time", struct report_args, select.time, "<from>,<to>",
		   "between two moments: seconds of the recording's clock, seconds from its start "
		   "with a '+', or percent"),
	OPT_STRING(0, "filter", struct report_args, select.expression, "<expression>",
		   "for which this holds, over the fields of events: 'order>=3 && comm~\"ba*\"'"),
	OPT_CALLBACK(0, "percent-limit", struct report_args, percent_limit, parse_percent,
		     "<percent>", "leave out rows with a smaller share"),
	OPT_STRINGS(0, "skip", struct report_args, skip, "<glob>",
		    "functions that are no call site either"),
	OPT_GROUP("Output"),
	OPT_BIT(0, "json", struct report_args, forms, 1 << FORM_JSON, "print one JSON object"),
	OPT_BIT(0, "csv", struct report_args, forms, 1 << FORM_CSV, "print the rows as CSV"),
	OPT_FLAG(0, "pager", struct report_args, pager,
		 "show text on a terminal through $VMTOOL_PAGER or $PAGER (default)"),
	OPT_BIT('g', "call-graph", struct report_args, forms, 1 << FORM_TREE,
		"print the call tree"),
	OPT_BIT(0, "folded", struct report_args, forms, 1 << FORM_FOLDED,
		"print each call stack on a line, with its weight"),
	OPT_STRING(0, "flamegraph", struct report_args, flamegraph, "<file>",
		   "write a flame graph (SVG, with search and zoom inside)"),
	OPT_STRING(0, "timeline", struct report_args, timeline, "<file>",
		   "write memory and rates over time (SVG, --page)"),
	OPT_STRING(0, "html", struct report_args, html, "<file>",
		   "write one HTML page: figures, rows to sort and search, flame graph, timeline"),
	OPT_CHOICE(0, "weight", struct report_args, weight, weight_choice, "<what>",
		   "of stacks: bytes (default), hits or live bytes (--page)"),
};

static const struct option_table report_options = {
	.invocation = "vmtool report",
	.synopsis = "[options] [<recording>]\n--diff [options] <before> <after>",
	.about = "Show what a recording of `vmtool record`, `perf record` or `perf kmem record` "
		 "holds: "
		 "who allocated the pages, what is still there, and whether anything is missing.",
	.option = report_option,
	.option_nr = ARRAY_SIZE(report_option),
	.operands_max = 2,
};

static void report_args_release(struct report_args *args)
{
	option_list_release(&args->skip);
	selection_words_release(&args->select);
}

DEFINE_GUARD_INPLACE(report_args, struct report_args, report_args_release)

static const char *input_of(const struct report_args *args)
{
	if (args->input)
		return args->input;
	return access(DEFAULT_FILE, F_OK) && !access("perf.data", F_OK) ? "perf.data"
									: DEFAULT_FILE;
}

static struct err *recover_recording(struct tool *tool, const struct report_args *args,
				     struct session *session)
{
	struct perfdata *perfdata = session_perfdata(session);
	struct recovered recovered;
	struct err *e = recover(perfdata, args->recover, &recovered);

	if (e)
		return e;
	fprintf(tool->out, "%s: %" PRIu64 " records, %" PRIu64 " samples", args->recover,
		recovered.records, recovered.samples);
	if (perfdata_missing_bytes(perfdata))
		fprintf(tool->out, "; %" PRIu64 " bytes could not be read",
			perfdata_missing_bytes(perfdata));
	fputc('\n', tool->out);
	return NULL;
}

/* For what people read; pictures write their files and say nothing. */
struct pager report_start_pager(struct tool *tool, const struct report_args *args)
{
	bool is_text = (args->form == FORM_TEXT || args->form == FORM_TREE) && !args->flamegraph &&
		       !args->timeline && !args->html;

	return args->pager && is_text ? pager_start(tool->out) : PAGER_NONE;
}

static enum view view_of(const struct report_args *args, struct session *session)
{
	struct perfdata *perfdata = session_perfdata(session);

	if (args->view != VIEW_BY_FILE)
		return args->view;
	if (!page_events_exist(perfdata) && slab_events_exist(perfdata))
		return VIEW_SLAB;
	return page_events_exist(perfdata) ? VIEW_PAGE : VIEW_PROFILE;
}

static void pass_over(int signal)
{
	(void)signal;
}

/*
 * Ctrl-C is for both sides of `vmtool record -o - | vmtool report -i -`: what ends the recording,
 * which is sent then, must not end its reader. Pressed again it does.
 */
static struct err *open_session(const struct session_config *config, struct notes *notes,
				struct session **ret_session)
{
	const struct sigaction once = {
		.sa_handler = pass_over,
		.sa_flags = SA_RESETHAND | SA_RESTART,
	};
	struct sigaction before;
	struct err *e;

	if (strcmp(config->path, "-") != 0 || isatty(STDIN_FILENO) ||
	    sigaction(SIGINT, NULL, &before) || before.sa_handler == SIG_IGN)
		return session_open(config, notes, ret_session);
	sigaction(SIGINT, &once, NULL);
	e = session_open(config, notes, ret_session);
	sigaction(SIGINT, &before, NULL);
	return e;
}

/* Rows and stacks for other programs, and lists of samples, have no place for it. */
static struct err *tell_of_loss(const struct report_args *args, const struct session *session,
				enum view view, struct notes *notes)
{
	bool tells = !args->flamegraph && !args->timeline && view != VIEW_SAMPLES &&
		     args->form != FORM_CSV && args->form != FORM_FOLDED;

	return tells ? NULL : loss_note(session_loss(session), "the recording", notes);
}

static struct err *show(struct tool *tool, const struct report_args *args, struct session *session,
			const struct session_filter *filter, enum view view)
{
	guard(pager) struct pager pager = report_start_pager(tool, args);

	switch (view) {
	case VIEW_SAMPLES:
		return samples_show(session, filter, (size_t)args->limit, tool->out);
	case VIEW_PROFILE:
		return report_profile(tool, args, session, filter);
	case VIEW_SLAB:
		return report_slab(tool, args, session, filter);
	default:
		return report_page(tool, args, session, filter);
	}
}

static struct err *report(struct tool *tool, const struct report_args *args, struct notes *notes)
{
	struct session_config config = {
		.path = input_of(args),
		.kallsyms = args->kallsyms,
		.skip = { .pattern = args->skip.item, .nr = args->skip.nr },
	};
	guard(session) struct session *session = NULL;
	guard(selection) struct selection selection = SELECTION_INIT;
	const struct session_filter *filter = &selection.filter;
	enum view view;
	struct err *e;

	e = report_check_output(args, config.path);
	if (!e)
		e = open_session(&config, notes, &session);
	if (!e)
		e = selection_new(&args->select, session, &selection);
	if (e)
		return e;
	if (args->recover)
		return recover_recording(tool, args, session);
	view = view_of(args, session);
	e = report_check_view(args, view);
	if (e)
		return e;
	if (args->html)
		return report_html(args, session, filter, config.path, view);
	e = show(tool, args, session, filter, view);
	return e ? e : tell_of_loss(args, session, view, notes);
}

/* What was typed counts, what the configuration says only where nothing of the kind was. */
static struct err *parse(struct tool *tool, int argc, char **argv, struct report_args *args,
			 struct report_args *configured, struct operands *operands)
{
	int configured_nr = tool->configured_nr;
	autofree char **first = calloc((size_t)configured_nr + 2, sizeof(*first));
	struct err *e;

	if (!first)
		return err_nomem();
	memcpy(first, argv, (1 + (size_t)configured_nr) * sizeof(*first));
	e = options_parse(&report_options, 1 + configured_nr, first, args, operands);
	if (e)
		return e;
	*configured = *args;
	args->configured = configured;
	args->views = args->forms = args->tables = 0;
	e = options_parse(&report_options, argc - configured_nr, argv + configured_nr, args,
			  operands);
	return e ? e : report_choose(args, configured);
}

/* A recording may be named with -i, as perf has it, or without. */
static struct err *take_operands(struct report_args *args, const struct operands *operands)
{
	if (args->diff)
		return operands->nr == 2 ? NULL
					 : err_new(ERR_USAGE,
						   "--diff takes two recordings: <before> <after>");
	if (operands->nr > 1 || (operands->nr && args->input != args->configured->input))
		return err_new(ERR_USAGE, "one recording at a time; --diff compares two");
	if (operands->nr)
		args->input = operands->item[0];
	return NULL;
}

static struct err *run_report(struct tool *tool, int argc, char **argv, int *ret_exit_code)
{
	guard(report_args) struct report_args args = { .pager = true, .percent_limit = -1 };
	guard(notes) struct notes notes = NOTES_INIT;
	struct report_args configured;
	struct operands operands;
	struct err *e;

	(void)ret_exit_code;
	e = parse(tool, argc, argv, &args, &configured, &operands);
	if (!e)
		e = take_operands(&args, &operands);
	if (!e)
		e = report_check_pictures(&args);
	if (!e)
		e = report_check_form(&args);
	if (!e && args.diff)
		e = report_check_diff(&args);
	if (!e && args.recover && !args.diff)
		e = report_check_recover(&args);
	if (!e)
		e = args.diff ? report_diff(tool, &args, operands.item, &notes)
			      : report(tool, &args, &notes);
	for (size_t i = 0; i < notes.nr; i++)
		tool_remark(tool, "report", notes.line[i]);
	return e;
}

const struct command cmd_report = {
	.name = "report",
	.summary = "show who allocated memory, from a recording",
	.options = &report_options,
	.configurable = true,
	.run = run_report,
};
