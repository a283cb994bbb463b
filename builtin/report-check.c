// SPDX-License-Identifier: GPL-2.0-or-later
#include "builtin/report.h"

#include <sys/stat.h>

#include "util/base/macros.h"

/* The one that was given, among options of which each takes the place of the others. */
static struct err *choose(const char *const *option, size_t options_nr, unsigned int given,
			  unsigned int configured, int *ret_choice)
{
	unsigned int bits = given ? given : configured;
	int first = __builtin_ffs((int)bits) - 1;
	int second = __builtin_ffs((int)(bits & (bits - 1))) - 1;

	if (first < 0)
		return NULL;
	if (second >= 0 && (size_t)second < options_nr)
		return err_new(ERR_USAGE, "%s and %s: one at a time", option[first],
			       option[second]);
	*ret_choice = first;
	return NULL;
}

struct err *report_choose(struct report_args *args, const struct report_args *configured)
{
	static const char *const view[] = { [VIEW_PAGE] = "--page",
					    [VIEW_SLAB] = "--slab",
					    [VIEW_PROFILE] = "--profile",
					    [VIEW_SAMPLES] = "--samples" };
	static const char *const form[] = { [FORM_JSON] = "--json",
					    [FORM_CSV] = "--csv",
					    [FORM_FOLDED] = "--folded",
					    [FORM_TREE] = "--call-graph" };
	static const char *const table[] = {
		[TABLE_CALLER] = "--caller", [TABLE_ALLOC] = "--alloc"
	};
	int chosen_view = VIEW_BY_FILE, chosen_form = FORM_TEXT, chosen_table = TABLE_CALLER;
	struct err *e;

	e = choose(view, ARRAY_SIZE(view), args->views, configured->views, &chosen_view);
	if (!e)
		e = choose(form, ARRAY_SIZE(form), args->forms, configured->forms, &chosen_form);
	if (!e)
		e = choose(table, ARRAY_SIZE(table), args->tables, configured->tables,
			   &chosen_table);
	if (e)
		return e;
	args->view = (enum view)chosen_view;
	args->form = (enum form)chosen_form;
	args->table = (enum table)chosen_table;
	return NULL;
}

/* What was asked for on the command line, beyond what the configuration says. */
struct asked {
	bool sort, by, live, leaks, lifetime, at, timeline, raw_ip, symbol, flamegraph, html;
	bool limit, weight, percent_limit, skip, alloc, folded, tree, json, csv;
};

static struct asked what_is_asked(const struct report_args *args)
{
	const struct report_args none = { .percent_limit = -1, .weight = PAGE_WEIGHT_BYTES };
	const struct report_args *set = args->configured ? args->configured : &none;

	return (struct asked){
		.sort = args->sort != set->sort,
		.by = args->by != set->by,
		.live = args->live && !set->live,
		.leaks = args->leaks && !set->leaks,
		.lifetime = args->lifetime && !set->lifetime,
		.at = args->at != set->at,
		.timeline = args->timeline != set->timeline,
		.raw_ip = args->raw_ip && !set->raw_ip,
		.symbol = args->symbol != set->symbol,
		.flamegraph = args->flamegraph != set->flamegraph,
		.html = args->html != set->html,
		.limit = args->limit != set->limit,
		.weight = args->weight != set->weight,
		.percent_limit = args->percent_limit > set->percent_limit ||
				 args->percent_limit < set->percent_limit,
		.skip = args->skip.nr != set->skip.nr,
		.alloc = args->tables && args->table == TABLE_ALLOC,
		.folded = args->forms && args->form == FORM_FOLDED,
		.tree = args->forms && args->form == FORM_TREE,
		.json = args->forms && args->form == FORM_JSON,
		.csv = args->forms && args->form == FORM_CSV,
	};
}

/* An option that another view takes is a mistake worth a word, not one to pass over. */
struct err *report_check_view(const struct report_args *args, enum view view)
{
	const struct asked asked = what_is_asked(args);
	const struct {
		const char *option;
		bool given;
		bool page, slab, profile, samples; /* who takes it */
	} options[] = {
		{ "--sort", asked.sort, true, true, false, false },
		{ "--by", asked.by, true, true, false, false },
		{ "--live", asked.live, true, true, false, false },
		{ "--leaks", asked.leaks, true, true, false, false },
		{ "--lifetime", asked.lifetime, true, true, false, false },
		{ "--at", asked.at, true, true, false, false },
		{ "--timeline", asked.timeline, true, false, false, false },
		{ "--raw-ip", asked.raw_ip, false, true, false, false },
		{ "--symbol", asked.symbol, true, false, true, false },
		{ "--alloc", asked.alloc, true, true, false, false },
		{ "--flamegraph", asked.flamegraph, true, false, true, false },
		{ "--html", asked.html, true, true, true, false },
		{ "--folded", asked.folded, true, false, true, false },
		{ "--call-graph", asked.tree, true, false, true, false },
		{ "--json", asked.json, true, true, true, false },
		{ "--csv", asked.csv, true, true, true, false },
		{ "--weight", asked.weight, true, false, false, false },
		{ "--percent-limit", asked.percent_limit, true, false, true, false },
		{ "--skip", asked.skip, true, false, false, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
		bool taken = view == VIEW_SLAB	    ? options[i].slab
			     : view == VIEW_PROFILE ? options[i].profile
			     : view == VIEW_SAMPLES ? options[i].samples
						    : options[i].page;

		if (options[i].given && !taken)
			return err_new(ERR_USAGE, "%s does not go with the %s", options[i].option,
				       view == VIEW_SLAB      ? "slab view"
				       : view == VIEW_PROFILE ? "profile view"
				       : view == VIEW_SAMPLES ? "list of samples"
							      : "page view");
	}
	return NULL;
}

struct err *report_check_form(const struct report_args *args)
{
	const struct asked asked = what_is_asked(args);
	bool stacks = report_wants_stacks(args);
	const char *form = args->timeline	    ? "a timeline"
			   : stacks		    ? "call stacks"
			   : args->form == FORM_CSV ? "--csv"
			   : args->html		    ? "--html"
						    : NULL;
	const struct {
		const char *option;
		bool given;
		bool timeline, stacks, rows; /* who takes it; rows: --csv and --html */
	} options[] = {
		{ "--by", asked.by, false, false, true },
		{ "--live", asked.live, false, true, true },
		{ "--leaks", asked.leaks, false, true, true },
		{ "--at", asked.at, false, true, true },
		{ "--lifetime", asked.lifetime, false, false, false },
		{ "--sort", asked.sort, false, false, true },
		{ "--lines", asked.limit, false, false, true },
		{ "--alloc", asked.alloc, false, false, true },
		{ "--percent-limit", asked.percent_limit, false,
		  args->form == FORM_TREE && !args->flamegraph, true },
	};

	for (size_t i = 0; form && i < ARRAY_SIZE(options); i++) {
		bool taken = args->timeline ? options[i].timeline
			     : stacks	    ? options[i].stacks
					    : options[i].rows;

		if (options[i].given && !taken)
			return err_new(ERR_USAGE, "%s does not go with %s", options[i].option,
				       form);
	}
	if (asked.by && asked.alloc)
		return err_new(ERR_USAGE, "--by and --alloc: one at a time");
	if (asked.weight && !stacks && !args->html)
		return err_new(ERR_USAGE, "--weight is of call stacks: --folded, --call-graph, "
					  "--flamegraph or --html");
	return NULL;
}

struct err *report_check_diff(const struct report_args *args)
{
	const struct asked asked = what_is_asked(args);
	const struct {
		const char *option;
		bool given;
	} options[] = {
		{ "another view", args->view != VIEW_BY_FILE && args->view != VIEW_PAGE },
		{ "-i", args->input != args->configured->input },
		{ "--recover", args->recover },
		{ "--leaks", asked.leaks },
		{ "--lifetime", asked.lifetime },
		{ "--raw-ip", asked.raw_ip },
		{ "--timeline", args->timeline },
		{ "--flamegraph", args->flamegraph },
		{ "--html", args->html },
		{ "--folded", args->form == FORM_FOLDED },
		{ "--call-graph", args->form == FORM_TREE },
		{ "--percent-limit", asked.percent_limit },
		{ "--alloc", asked.alloc },
	};

	for (size_t i = 0; i < ARRAY_SIZE(options); i++)
		if (options[i].given)
			return err_new(ERR_USAGE, "%s does not go with --diff", options[i].option);
	return NULL;
}

struct err *report_check_recover(const struct report_args *args)
{
	const struct selection_words *select = &args->select;
	const struct asked asked = what_is_asked(args);
	const struct {
		const char *option;
		bool given;
	} options[] = {
		{ "a view", args->views },
		{ "a form of output", args->forms },
		{ "--timeline", args->timeline },
		{ "--flamegraph", args->flamegraph },
		{ "--html", args->html },
		{ "--comm", select->comm.nr },
		{ "--pid", select->pid.nr },
		{ "--tid", select->tid.nr },
		{ "--cpu", select->cpu.nr },
		{ "--cgroup", select->cgroup.nr },
		{ "--symbol", args->symbol },
		{ "--time", select->time },
		{ "--filter", select->expression },
		{ "--sort", asked.sort },
		{ "--by", asked.by },
		{ "--live", asked.live },
		{ "--leaks", asked.leaks },
		{ "--lifetime", asked.lifetime },
		{ "--at", asked.at },
		{ "--lines", asked.limit },
		{ "--alloc", asked.alloc },
		{ "--raw-ip", asked.raw_ip },
		{ "--skip", asked.skip },
		{ "--percent-limit", asked.percent_limit },
	};

	for (size_t i = 0; i < ARRAY_SIZE(options); i++)
		if (options[i].given)
			return err_new(ERR_USAGE,
				       "%s does not go with --recover, which copies all there is",
				       options[i].option);
	return NULL;
}

struct err *report_check_pictures(const struct report_args *args)
{
	const char *const given[] = { args->flamegraph ? "--flamegraph" : NULL,
				      args->timeline ? "--timeline" : NULL,
				      args->html ? "--html" : NULL };
	const char *first = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(given); i++) {
		if (first && given[i])
			return err_new(ERR_USAGE, "%s and %s: one at a time", first, given[i]);
		if (given[i])
			first = given[i];
	}
	if (first && args->form != FORM_TEXT)
		return err_new(ERR_USAGE, "%s prints nothing: no other form goes with it", first);
	return NULL;
}

struct err *report_check_output(const struct report_args *args, const char *input)
{
	const char *path = args->flamegraph ? args->flamegraph
			   : args->timeline ? args->timeline
					    : args->html;
	struct stat in, out;

	/* Opening it would empty it, though it is read on until the last row is written. */
	if (path && !stat(input, &in) && !stat(path, &out) && S_ISREG(out.st_mode) &&
	    in.st_dev == out.st_dev && in.st_ino == out.st_ino)
		return err_new(ERR_USAGE, "%s is the recording itself: name another file", path);
	return NULL;
}
