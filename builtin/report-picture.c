// SPDX-License-Identifier: GPL-2.0-or-later
#include "builtin/report.h"

#include <errno.h>
#include <stdio.h>

#include "util/report/loss.h"

/* Closes @out; an error of writing shows there at the latest. */
struct err *report_close_picture(FILE *out, const char *path, struct err *e)
{
	bool failed = ferror(out);

	failed |= fclose(out) != 0;
	if (!e && failed)
		e = err_sys(errno, "write");
	return err_wrap(e, "%s", path);
}

static struct err *show_tree(struct tool *tool, const struct report_args *args,
			     struct session *session, const struct flame *flame, const char *title,
			     const char *unit)
{
	double limit = args->percent_limit >= 0 ? args->percent_limit : 0.5;
	struct err *e;

	fprintf(tool->out, "# Share %14s   %s: callees below their callers\n#\n", unit, title);
	e = flame_tree(flame, limit, tool->out);
	return e ? e : loss_show_text(session_loss(session), tool->out);
}

struct err *report_title(const struct session *session, const char *title, struct str *out)
{
	struct session_loss loss = session_loss(session);

	str_add(out, title);
	if (loss.state == COMPLETENESS_LOST) {
		str_add(out, " (of the recording: ");
		loss_text(loss, out);
		str_add_char(out, ')');
	}
	return str_check(out);
}

struct err *report_stacks(struct tool *tool, const struct report_args *args,
			  struct session *session, const struct flame *flame, const char *title,
			  const char *unit)
{
	guard(str) struct str whole_title = STR_INIT;
	struct err *e;
	FILE *out;

	if (args->form == FORM_FOLDED)
		return flame_folded(flame, tool->out);
	if (args->form == FORM_TREE)
		return show_tree(tool, args, session, flame, title, unit);
	/* Before a picture of that name, which may be a good one, is emptied. */
	if (!flame->nodes.nr)
		return err_new(ERR_NODATA, "%s: there is nothing to draw", args->flamegraph);
	e = report_title(session, title, &whole_title);
	if (e)
		return e;
	out = fopen(args->flamegraph, "we");
	if (!out)
		return err_sys(errno, "open %s", args->flamegraph);
	e = flame_svg(flame, whole_title.s, unit, out);
	return report_close_picture(out, args->flamegraph, e);
}

bool report_wants_stacks(const struct report_args *args)
{
	return args->form == FORM_FOLDED || args->form == FORM_TREE || args->flamegraph;
}
