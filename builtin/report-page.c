// SPDX-License-Identifier: GPL-2.0-or-later
#include "builtin/report.h"

#include <errno.h>
#include <string.h>

#include "util/report/loss.h"

static struct err *page_stacks(struct tool *tool, const struct report_args *args,
			       struct session *session, struct page_config config)
{
	bool live = args->weight == PAGE_WEIGHT_LIVE || config.live;
	guard(page_analysis) struct page_analysis pa = PAGE_ANALYSIS_INIT;
	guard(flame) struct flame flame = FLAME_INIT;
	struct err *e;

	config.stacks = true;
	config.key[0] = PAGE_KEY_COMM;
	config.keys_nr = 1;
	e = page_analyse(session, &config, &pa);
	if (!e)
		e = page_flame(&pa, args->weight, &flame);
	return e ? e
		 : report_stacks(tool, args, &flame,
				 live ? "Memory that was not freed" : "Page allocations",
				 args->weight == PAGE_WEIGHT_HITS ? "requests" : "bytes");
}

static struct err *show_timeline(const struct report_args *args, struct session *session,
				 struct page_config config)
{
	guard(page_analysis) struct page_analysis pa = PAGE_ANALYSIS_INIT;
	struct err *e;
	FILE *out;

	config.timeline = true;
	config.key[0] = PAGE_KEY_ORDER;
	config.keys_nr = 1;
	e = page_analyse(session, &config, &pa);
	if (e)
		return e;
	out = fopen(args->timeline, "we");
	if (!out)
		return err_sys(errno, "open %s", args->timeline);
	page_timeline(&pa, out);
	return report_close_picture(out, args->timeline, NULL);
}

static struct err *show_page(struct tool *tool, const struct report_args *args,
			     const struct page_analysis *pa, const struct page_view *view)
{
	struct session_loss loss = session_loss(pa->session);
	struct json json = json_init(tool->out);
	struct err *e;

	switch (args->form) {
	case FORM_CSV:
		return page_show_csv(pa, view, tool->out);
	case FORM_JSON:
		json_object(&json, NULL);
		loss_show_json(loss, &json);
		e = page_show_json(pa, view, &json);
		if (!e)
			json_end(&json);
		return e;
	default:
		e = page_show_text(pa, view, tool->out);
		return e ? e : loss_show_text(loss, tool->out);
	}
}

/* The moment of --at, for which the peak must be found first. */
struct err *report_page_moment(const struct report_args *args, struct session *session,
			       const struct page_config *config, uint64_t *ret_ns)
{
	guard(page_analysis) struct page_analysis pa = PAGE_ANALYSIS_INIT;
	struct err *e;

	if (strcmp(args->at, "peak") != 0) {
		e = selection_moment(args->at, session, true, ret_ns);
		return e ? err_wrap(e, "--at") : NULL;
	}
	e = page_analyse(session, config, &pa);
	if (e)
		return e;
	*ret_ns = pa.peak_ns;
	return session_rewind(session);
}

struct err *report_page(struct tool *tool, const struct report_args *args, struct session *session,
			const struct session_filter *filter)
{
	guard(page_analysis) struct page_analysis pa = PAGE_ANALYSIS_INIT;
	struct page_config config = { .filter = filter,
				      .symbol = args->symbol,
				      .live = args->live || args->leaks || args->at };
	struct page_view view = {
		.limit = (size_t)args->limit,
		.leaks = args->leaks,
		.lifetime = args->lifetime,
		.rows = true,
		.percent_limit = MAX(args->percent_limit, 0),
	};
	struct err *e;

	e = report_choose_keys(args, &config, &view);
	if (!e && args->at)
		e = report_page_moment(args, session, &config, &config.stop_ns);
	if (!e && args->timeline)
		return show_timeline(args, session, config);
	if (!e && report_wants_stacks(args))
		return page_stacks(tool, args, session, config);
	if (!e)
		e = page_analyse(session, &config, &pa);
	return e ? e : show_page(tool, args, &pa, &view);
}
