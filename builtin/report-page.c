// SPDX-License-Identifier: GPL-2.0-or-later
#include "builtin/report.h"

#include <errno.h>
#include <string.h>

#include "util/cli/human.h"
#include "util/report/loss.h"

struct err *report_page_flame(const struct report_args *args, struct session *session,
			      struct page_config config, struct flame *flame)
{
	guard(page_analysis) struct page_analysis pa = PAGE_ANALYSIS_INIT;
	struct err *e;

	config.stacks = true;
	config.timeline = false;
	config.key[0] = PAGE_KEY_COMM;
	config.keys_nr = 1;
	e = page_analyse(session, &config, &pa);
	return e ? e : page_flame(&pa, args->weight, flame);
}

const char *report_page_unit(const struct report_args *args)
{
	return args->weight == PAGE_WEIGHT_HITS ? "requests" : "bytes";
}

static struct err *page_stacks(struct tool *tool, const struct report_args *args,
			       struct session *session, struct page_config config)
{
	bool live = args->weight == PAGE_WEIGHT_LIVE || config.live;
	guard(flame) struct flame flame = FLAME_INIT;
	struct err *e = report_page_flame(args, session, config, &flame);

	return e ? e
		 : report_stacks(tool, args, session, &flame,
				 live ? "Memory that was not freed" : "Page allocations",
				 report_page_unit(args));
}

static struct err *show_timeline(const struct report_args *args, struct session *session,
				 struct page_config config)
{
	guard(page_analysis) struct page_analysis pa = PAGE_ANALYSIS_INIT;
	struct timeline_slice slice[PAGE_MOMENTS];
	guard(str) struct str title = STR_INIT;
	struct timeline timeline;
	struct human most;
	struct err *e;
	FILE *out;

	config.timeline = true;
	config.key[0] = PAGE_KEY_ORDER;
	config.keys_nr = 1;
	e = page_analyse(session, &config, &pa);
	if (e)
		return e;
	timeline = page_timeline(&pa, slice);
	most = human_size(pa.peak.bytes);
	timeline.level_max = most.text;
	e = report_title(session, timeline.title, &title);
	if (e)
		return e;
	timeline.title = title.s;
	out = fopen(args->timeline, "we");
	if (!out)
		return err_sys(errno, "open %s", args->timeline);
	timeline_svg(&timeline, out);
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
	*ret_ns = pa.peak.at_ns;
	return session_rewind(session);
}

struct err *report_page_setup(const struct report_args *args, struct session *session,
			      const struct session_filter *filter, struct page_config *ret_config,
			      struct page_view *ret_view)
{
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
	if (e)
		return e;
	*ret_config = config;
	*ret_view = view;
	return NULL;
}

struct err *report_page(struct tool *tool, const struct report_args *args, struct session *session,
			const struct session_filter *filter)
{
	guard(page_analysis) struct page_analysis pa = PAGE_ANALYSIS_INIT;
	struct page_config config;
	struct page_view view;
	struct err *e;

	e = report_page_setup(args, session, filter, &config, &view);
	if (!e && args->timeline)
		return show_timeline(args, session, config);
	if (!e && report_wants_stacks(args))
		return page_stacks(tool, args, session, config);
	if (!e)
		e = page_analyse(session, &config, &pa);
	return e ? e : show_page(tool, args, &pa, &view);
}
