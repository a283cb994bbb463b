// SPDX-License-Identifier: GPL-2.0-or-later
#include "builtin/report.h"

#include "util/base/macros.h"

/* An option that another view takes is a mistake worth a word, not one to pass over. */
struct err *report_check_view(const struct report_args *args, enum view view)
{
	const struct {
		const char *option;
		bool given;
		bool page, slab, profile, samples; /* who takes it */
	} options[] = {
		{ "--sort", args->sort, true, true, false, false },
		{ "--by", args->by, true, false, false, false },
		{ "--live", args->live, true, true, false, false },
		{ "--leaks", args->leaks, true, true, false, false },
		{ "--lifetime", args->lifetime, true, true, false, false },
		{ "--at", args->at, true, true, false, false },
		{ "--timeline", args->timeline, true, false, false, false },
		{ "--raw-ip", args->raw_ip, false, true, false, false },
		{ "--symbol", args->symbol, true, false, true, false },
		{ "--alloc", args->table == TABLE_ALLOC, true, true, false, false },
		{ "--flamegraph", args->flamegraph, true, false, true, false },
		{ "--folded", args->form == FORM_FOLDED, true, false, true, false },
		{ "--call-graph", args->form == FORM_TREE, true, false, true, false },
		{ "--json", args->form == FORM_JSON, true, true, true, false },
		{ "--csv", args->form == FORM_CSV, true, true, true, false },
		{ "--percent-limit", args->percent_limit >= 0, true, false, true, false },
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

struct err *report_check_diff(const struct report_args *args)
{
	const struct {
		const char *option;
		bool given;
	} options[] = {
		{ "another view", args->view != VIEW_BY_FILE && args->view != VIEW_PAGE },
		{ "-i", args->input },
		{ "--recover", args->recover },
		{ "--leaks", args->leaks },
		{ "--lifetime", args->lifetime },
		{ "--raw-ip", args->raw_ip },
		{ "--timeline", args->timeline },
		{ "--flamegraph", args->flamegraph },
		{ "--folded", args->form == FORM_FOLDED },
		{ "--call-graph", args->form == FORM_TREE },
		{ "--percent-limit", args->percent_limit >= 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(options); i++)
		if (options[i].given)
			return err_new(ERR_USAGE, "%s does not go with --diff", options[i].option);
	return NULL;
}

struct err *report_check_pictures(const struct report_args *args)
{
	if (args->flamegraph && args->timeline)
		return err_new(ERR_USAGE, "--flamegraph and --timeline: one at a time");
	if ((args->flamegraph || args->timeline) && args->form != FORM_TEXT)
		return err_new(ERR_USAGE, "%s prints nothing: no other form goes with it",
			       args->flamegraph ? "--flamegraph" : "--timeline");
	return NULL;
}
