// SPDX-License-Identifier: GPL-2.0-or-later
#include "builtin/report.h"

#include <string.h>

#include "util/report/loss.h"
#include "util/report/slab.h"

static struct err *find_slab_moment(const struct report_args *args, struct session *session,
				    const struct slab_config *config, uint64_t *ret_ns)
{
	guard(slab_analysis) struct slab_analysis sa = SLAB_ANALYSIS_INIT;
	struct err *e;

	if (strcmp(args->at, "peak") != 0) {
		e = selection_moment(args->at, session, true, ret_ns);
		return e ? err_wrap(e, "--at") : NULL;
	}
	e = slab_analyse(session, config, &sa);
	if (e)
		return e;
	*ret_ns = sa.peak.at_ns;
	return session_rewind(session);
}

struct err *report_slab_setup(const struct report_args *args, struct session *session,
			      const struct session_filter *filter, struct slab_config *ret_config,
			      struct slab_view *ret_view)
{
	struct slab_config config = {
		.filter = filter,
		.live = args->live || args->leaks || args->at,
	};
	struct slab_view view = {
		.limit = (size_t)args->limit,
		.raw_ip = args->raw_ip,
		.leaks = args->leaks,
		.lifetime = args->lifetime,
	};
	struct err *e;

	e = report_choose_slab_keys(args, &config, &view);
	if (!e && args->at)
		e = find_slab_moment(args, session, &config, &config.stop_ns);
	if (e)
		return e;
	*ret_config = config;
	*ret_view = view;
	return NULL;
}

struct err *report_slab(struct tool *tool, const struct report_args *args, struct session *session,
			const struct session_filter *filter)
{
	guard(slab_analysis) struct slab_analysis sa = SLAB_ANALYSIS_INIT;
	struct json json = json_init(tool->out);
	struct slab_config config;
	struct slab_view view;
	struct err *e;

	e = report_slab_setup(args, session, filter, &config, &view);
	if (!e)
		e = slab_analyse(session, &config, &sa);
	if (e)
		return e;
	switch (args->form) {
	case FORM_CSV:
		return slab_show_csv(&sa, &view, tool->out);
	case FORM_JSON:
		json_object(&json, NULL);
		loss_show_json(session_loss(session), &json);
		e = slab_show_json(&sa, &view, &json);
		if (!e)
			json_end(&json);
		return e;
	default:
		e = slab_show_text(&sa, &view, tool->out);
		return e ? e : loss_show_text(session_loss(session), tool->out);
	}
}
