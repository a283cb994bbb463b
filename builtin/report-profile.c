// SPDX-License-Identifier: GPL-2.0-or-later
#include "builtin/report.h"

#include "util/report/loss.h"
#include "util/report/profile.h"

static bool is_profile(const struct perfdata *perfdata)
{
	for (size_t i = 0; i < perfdata_events_nr(perfdata); i++) {
		const struct perf_event_attr *attr = &perfdata_event(perfdata, i)->attr;
		/* Has no samples: it is there for the records of tasks and mappings. */
		bool is_dummy =
			attr->type == PERF_TYPE_SOFTWARE && attr->config == PERF_COUNT_SW_DUMMY;

		if (attr->type != PERF_TYPE_TRACEPOINT && !is_dummy)
			return true;
	}
	return false;
}

struct err *report_profile_analyse(const struct report_args *args, struct session *session,
				   const struct session_filter *filter, struct profile *ret_profile,
				   struct profile_view *ret_view)
{
	struct profile_config config = {
		.filter = filter,
		.symbol = args->symbol,
		.tracepoints = !is_profile(session_perfdata(session)),
		.stacks = report_wants_stacks(args) || args->html,
	};

	*ret_view = (struct profile_view){
		.limit = (size_t)args->limit,
		.percent_limit = MAX(args->percent_limit, 0),
	};
	return profile_analyse(session, &config, ret_profile);
}

struct err *report_profile(struct tool *tool, const struct report_args *args,
			   struct session *session, const struct session_filter *filter)
{
	guard(profile) struct profile profile = { .session = NULL };
	struct json json = json_init(tool->out);
	struct profile_view view;
	struct err *e;

	e = report_profile_analyse(args, session, filter, &profile, &view);
	if (e)
		return e;
	if (report_wants_stacks(args))
		return report_stacks(tool, args, session, &profile.flame, "Where time was spent",
				     "events");
	switch (args->form) {
	case FORM_CSV:
		return profile_show_csv(&profile, &view, tool->out);
	case FORM_JSON:
		json_object(&json, NULL);
		loss_show_json(session_loss(session), &json);
		e = profile_show_json(&profile, &view, &json);
		if (!e)
			json_end(&json);
		return e;
	default:
		e = profile_show_text(&profile, &view, tool->out);
		return e ? e : loss_show_text(session_loss(session), tool->out);
	}
}
