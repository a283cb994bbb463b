// SPDX-License-Identifier: GPL-2.0-or-later
#include "builtin/report.h"

#include "util/report/diff.h"
#include "util/report/loss.h"

static struct err *choose_diff_keys(const struct report_args *args, struct page_config *config)
{
	struct page_view view = { .limit = 0 };
	struct report_args wanted = *args;

	/* Most of what differs between two runs is in these two; flags and orders follow. */
	if (!wanted.by)
		wanted.by = "callsite,owner";
	return report_choose_keys(&wanted, config, &view);
}

/* One of the two, analysed; @session and @selection stay with the caller, who shows it. */
struct side {
	struct session *session;
	struct selection selection;
	struct page_analysis analysis;
};

static void side_release(struct side *side)
{
	page_analysis_release(&side->analysis);
	selection_release(&side->selection);
	session_close(side->session);
}

DEFINE_GUARD_INPLACE(side, struct side, side_release)

static struct err *analyse_side(const struct report_args *args, const char *path,
				struct page_config config, struct notes *notes, struct side *side)
{
	struct session_config session = {
		.path = path,
		.kallsyms = args->kallsyms,
		.skip = { .pattern = args->skip.item, .nr = args->skip.nr },
	};
	struct err *e;

	e = session_open(&session, notes, &side->session);
	if (!e)
		e = selection_new(&args->select, side->session, &side->selection);
	config.filter = &side->selection.filter;
	if (!e && args->at)
		e = report_page_moment(args, side->session, &config, &config.stop_ns);
	if (!e)
		e = page_analyse(side->session, &config, &side->analysis);
	return e ? err_wrap(e, "%s", path) : NULL;
}

struct err *report_diff(struct tool *tool, const struct report_args *args, char **path,
			struct notes *notes)
{
	struct page_config config = { .symbol = args->symbol, .live = args->live || args->at };
	guard(side) struct side before = { .session = NULL };
	guard(side) struct side after = { .session = NULL };
	guard(diff) struct diff diff = DIFF_INIT;
	struct json json = json_init(tool->out);
	guard(pager) struct pager pager = PAGER_NONE;
	size_t limit = (size_t)args->limit;
	struct err *e;

	e = choose_diff_keys(args, &config);
	if (!e)
		e = analyse_side(args, path[0], config, notes, &before);
	if (!e)
		e = analyse_side(args, path[1], config, notes, &after);
	if (!e)
		e = diff_new(&before.analysis, &after.analysis, &diff);
	if (e)
		return e;
	pager = report_start_pager(tool, args);
	switch (args->form) {
	case FORM_CSV:
		e = diff_show_csv(&diff, limit, tool->out);
		for (size_t i = 0; !e && i < 2; i++)
			e = loss_note(session_loss((i ? after : before).session), path[i], notes);
		return e;
	case FORM_JSON:
		json_object(&json, NULL);
		e = diff_show_json(&diff, limit, &json);
		if (!e)
			json_end(&json);
		return e;
	default:
		return diff_show_text(&diff, limit, tool->out);
	}
}
