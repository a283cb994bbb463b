// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/report/htmlhead.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "util/base/endian.h"
#include "util/cli/human.h"
#include "util/cli/shellword.h"
#include "util/draw/html.h"
#include "util/report/loss.h"

enum { WORDS_MAX = 64 };

/* A text of perf's features; one that is not there, or damaged, is left out. */
static struct err *add_feature(struct perfdata *perfdata, enum perfdata_feature feature,
			       const char *before, struct str *out)
{
	autofree char *text = NULL;
	struct err *e;

	if (!perfdata_has_section(perfdata, feature))
		return NULL;
	e = perfdata_string(perfdata, feature, &text);
	if (e && err_code(e) == ERR_NOMEM)
		return e;
	if (!e)
		str_printf(out, "%s%s", before, text);
	err_free(e);
	return NULL;
}

/* {u32 words, words x {u32 length with padding, bytes}} */
static struct err *add_command(struct perfdata *perfdata, struct str *out)
{
	autofree char *data = NULL;
	size_t len, at = 4;
	uint32_t words_nr;
	struct err *e;

	if (!perfdata_has_section(perfdata, PERFDATA_CMDLINE))
		return NULL;
	e = perfdata_section_read(perfdata, PERFDATA_CMDLINE, &data, &len);
	if (e || len < 4)
		return e;
	words_nr = load_u32(data, ORDER_LITTLE);
	for (uint32_t i = 0; i < MIN(words_nr, (uint32_t)WORDS_MAX); i++) {
		autofree char *word = NULL;
		size_t word_len;

		if (len - at < 4)
			return NULL;
		word_len = load_u32(data + at, ORDER_LITTLE);
		at += 4;
		if (word_len > len - at)
			return NULL;
		word = strndup(data + at, word_len);
		if (!word)
			return err_nomem();
		str_add(out, i ? " " : "");
		/* A single one is a whole command line: vmtool's, quoted where it was made. */
		if (words_nr == 1)
			str_add(out, word);
		else
			shellword_add(out, word);
		at += word_len;
	}
	return NULL;
}

/* "2026-11-21 15:04 UTC", of recordings of vmtool. */
static struct err *add_date(struct perfdata *perfdata, struct str *out)
{
	autofree char *started = NULL;
	time_t seconds;
	char text[40];
	struct tm tm;
	struct err *e;

	if (!perfdata_is_ours(perfdata))
		return NULL;
	e = perfdata_line(perfdata, PERFDATA_SECTION_HOST, "started_ns", &started);
	if (e || !started)
		return e;
	seconds = (time_t)(strtoull(started, NULL, 10) / 1000000000);
	if (gmtime_r(&seconds, &tm) && strftime(text, sizeof(text), "%Y-%m-%d %H:%M UTC", &tm))
		str_printf(out, " on %s", text);
	return NULL;
}

static struct err *show_facts(struct session *session, const char *path, FILE *out)
{
	struct perfdata *perfdata = session_perfdata(session);
	guard(str) struct str facts = STR_INIT, command = STR_INIT;
	uint64_t first, last;
	struct err *e;

	perfdata_time_range(perfdata, &first, &last);
	str_printf(&facts, "%s: %s recorded", path, human_duration(last - first).text);
	e = add_date(perfdata, &facts);
	if (!e)
		e = add_feature(perfdata, PERFDATA_HOSTNAME, " on ", &facts);
	if (!e)
		e = add_feature(perfdata, PERFDATA_OSRELEASE, ", Linux ", &facts);
	if (!e)
		e = add_command(perfdata, &command);
	if (!e)
		e = str_check(&facts);
	if (!e)
		e = str_check(&command);
	if (e)
		return e;
	html_note(out, facts.s);
	if (command.len)
		html_note(out, command.s);
	return NULL;
}

struct err *html_head(struct session *session, const char *path, FILE *out)
{
	static const enum html_state state[] = {
		[COMPLETENESS_UNKNOWN] = HTML_UNSURE,
		[COMPLETENESS_COMPLETE] = HTML_GOOD,
		[COMPLETENESS_LOST] = HTML_BAD,
	};
	struct session_loss loss = session_loss(session);
	guard(str) struct str text = STR_INIT;
	struct err *e;

	e = show_facts(session, path, out);
	if (e)
		return e;
	str_add(&text, "Recording: ");
	loss_text(loss, &text);
	html_state(out, state[loss.state], text.s);
	return str_check(&text);
}

struct err *html_left_out(size_t shown, size_t all, FILE *out)
{
	guard(str) struct str text = STR_INIT;

	if (shown >= all)
		return NULL;
	str_printf(&text, "The first %s of %s rows are shown.", human_count(shown).text,
		   human_count(all).text);
	html_note(out, text.s);
	return str_check(&text);
}
