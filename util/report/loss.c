// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/report/loss.h"

#include <inttypes.h>

void loss_text(struct session_loss loss, struct str *out)
{
	switch (loss.state) {
	case COMPLETENESS_COMPLETE:
		str_printf(out, "complete (%" PRIu64 " counts agree with the samples)",
			   loss.checked_counts);
		return;
	case COMPLETENESS_LOST:
		if (loss.lost || !loss.cut_bytes)
			str_printf(out, "%s%" PRIu64 " missing",
				   loss.lost_at_least ? "at least " : "", loss.lost);
		if (loss.cut_bytes)
			str_add(out, loss.lost ? ", and " : "");
		if (loss.cut_at_least)
			str_add(out, "its end was cut off");
		else if (loss.cut_bytes)
			str_printf(out, "%" PRIu64 " bytes of it were cut off", loss.cut_bytes);
		return;
	case COMPLETENESS_UNKNOWN:
		str_add(out, "whether it is complete is not known");
		return;
	}
}

struct err *loss_show_text(struct session_loss loss, FILE *out)
{
	guard(str) struct str text = STR_INIT;

	loss_text(loss, &text);
	fprintf(out, "\nRecording: %s\n", text.s);
	return str_check(&text);
}

struct err *loss_note(struct session_loss loss, const char *what, struct notes *notes)
{
	guard(str) struct str text = STR_INIT;
	struct err *e;

	if (loss.state != COMPLETENESS_LOST)
		return NULL;
	loss_text(loss, &text);
	e = str_check(&text);
	if (!e)
		notes_add(notes, "%s is not complete: %s", what, text.s);
	return e;
}

void loss_show_json(struct session_loss loss, struct json *json)
{
	if (loss.state == COMPLETENESS_UNKNOWN)
		json_null(json, "complete");
	else
		json_bool(json, "complete", loss.state == COMPLETENESS_COMPLETE);
	json_u64_if(json, "lost", loss.state != COMPLETENESS_UNKNOWN, loss.lost);
	if (loss.lost_at_least)
		json_bool(json, "lost_at_least", true);
	if (loss.cut_bytes)
		json_u64_if(json, "cut_bytes", !loss.cut_at_least, loss.cut_bytes);
}

const char *loss_mark(struct session_loss loss)
{
	return loss.state == COMPLETENESS_LOST ? " (uncertain: events were lost)" : "";
}

void loss_mark_json(struct session_loss loss, const char *const *member, size_t nr,
		    struct json *json)
{
	if (loss.state != COMPLETENESS_LOST)
		return;
	json_array(json, "uncertain");
	for (size_t i = 0; i < nr; i++)
		json_string(json, NULL, member[i]);
	json_end(json);
}
