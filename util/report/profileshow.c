// SPDX-License-Identifier: GPL-2.0-or-later
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "util/cli/csv.h"
#include "util/cli/human.h"
#include "util/cli/utf8.h"
#include "util/draw/html.h"
#include "util/report/htmlhead.h"
#include "util/report/profile.h"

static int compare_rows(const void *a, const void *b, void *ctx)
{
	size_t x = *(const size_t *)a, y = *(const size_t *)b;
	const struct profile *p = ctx;
	const uint64_t *key_x = keyset_key(&p->keys, x), *key_y = keyset_key(&p->keys, y);

	if (key_x[PROFILE_EVENT] != key_y[PROFILE_EVENT])
		return key_x[PROFILE_EVENT] < key_y[PROFILE_EVENT] ? -1 : 1;
	if (p->row[x].weight != p->row[y].weight)
		return p->row[x].weight > p->row[y].weight ? -1 : 1;
	for (size_t i = PROFILE_COMM; i <= PROFILE_FUNCTION; i++) {
		int result = strcmp(session_text(p->session, (uint32_t)key_x[i]),
				    session_text(p->session, (uint32_t)key_y[i]));

		if (result)
			return result;
	}
	return x < y ? -1 : x > y;
}

/* Calls @each with the rows of @view in order; *ret_left_out: those beyond its limit, or NULL. */
typedef struct err *row_fn(const struct profile *p, size_t row, void *ctx);

static struct err *each_row(const struct profile *p, const struct profile_view *view, size_t event,
			    row_fn *each, void *ctx, size_t *ret_left_out)
{
	autofree size_t *row = calloc(p->keys.nr + 1, sizeof(*row));
	struct err *e = NULL;
	size_t nr = 0;

	if (!row)
		return err_nomem();
	for (size_t i = 0; i < p->keys.nr; i++) {
		if (keyset_key(&p->keys, i)[PROFILE_EVENT] != event ||
		    100.0 * (double)p->row[i].weight / (double)p->weight[event] <
			    view->percent_limit)
			continue;
		row[nr++] = i;
	}
	qsort_r(row, nr, sizeof(*row), compare_rows, (void *)(uintptr_t)p);
	for (size_t i = 0; i < nr && !e && (!view->limit || i < view->limit); i++)
		e = each(p, row[i], ctx);
	if (ret_left_out)
		*ret_left_out = view->limit ? nr - MIN(nr, view->limit) : 0;
	return e;
}

static const char *word(const struct profile *p, size_t row, size_t i)
{
	return session_text(p->session, (uint32_t)keyset_key(&p->keys, row)[i]);
}

static double share(const struct profile *p, size_t row)
{
	uint64_t all = p->weight[keyset_key(&p->keys, row)[PROFILE_EVENT]];

	return all ? 100.0 * (double)p->row[row].weight / (double)all : 0;
}

static const char *event_name(const struct profile *p, size_t event)
{
	return perfdata_event(session_perfdata(p->session), event)->name;
}

struct text {
	FILE *out;
	size_t comm_width;
	size_t dso_width;
};

static struct err *measure_row(const struct profile *p, size_t row, void *ctx)
{
	struct text *text = ctx;

	text->comm_width = MAX(text->comm_width, utf8_width(word(p, row, PROFILE_COMM)));
	text->dso_width = MAX(text->dso_width, utf8_width(word(p, row, PROFILE_DSO)));
	return NULL;
}

static struct err *text_row(const struct profile *p, size_t row, void *ctx)
{
	guard(str) struct str line = STR_INIT;
	struct text *text = ctx;
	struct err *e;

	str_printf(&line, "%9.2f%%  ", share(p, row));
	utf8_add_cell(&line, word(p, row, PROFILE_COMM), text->comm_width, true);
	str_add(&line, "  ");
	utf8_add_cell(&line, word(p, row, PROFILE_DSO), text->dso_width, true);
	str_printf(&line, "  [%c] ", keyset_key(&p->keys, row)[PROFILE_KERNEL] ? 'k' : '.');
	utf8_add_safe(&line, word(p, row, PROFILE_FUNCTION));
	e = str_check(&line);
	if (!e)
		fprintf(text->out, "%s\n", line.s);
	return e;
}

struct err *profile_show_text(const struct profile *p, const struct profile_view *view, FILE *out)
{
	bool first = true;

	for (size_t event = 0; event < p->events_nr; event++) {
		struct text text = { .out = out, .comm_width = 7, .dso_width = 13 };
		size_t left_out = 0;
		struct err *e;

		if (!p->samples[event])
			continue;
		fprintf(out, "%s# Samples: %" PRIu64 " of event '", first ? "" : "\n",
			p->samples[event]);
		utf8_put_safe(out, event_name(p, event));
		fputs("'\n", out);
		fprintf(out, "# Event count (approx.): %" PRIu64 "\n#\n", p->weight[event]);
		first = false;
		e = each_row(p, view, event, measure_row, &text, &left_out);
		if (!e) {
			fprintf(out, "# Overhead  %-*s  %-*s  Symbol\n#\n", (int)text.comm_width,
				"Command", (int)text.dso_width, "Shared Object");
			e = each_row(p, view, event, text_row, &text, NULL);
		}
		if (e)
			return e;
		if (left_out)
			fprintf(out, " ... %zu more\n", left_out);
	}
	if (first)
		fprintf(out, "# No samples\n");
	return NULL;
}

static struct err *json_row(const struct profile *p, size_t row, void *ctx)
{
	struct json *json = ctx;

	json_object(json, NULL);
	json_double(json, "overhead_percent", share(p, row));
	json_u64(json, "weight", p->row[row].weight);
	json_u64(json, "samples", p->row[row].samples);
	json_string(json, "comm", word(p, row, PROFILE_COMM));
	json_string(json, "dso", word(p, row, PROFILE_DSO));
	json_string(json, "symbol", word(p, row, PROFILE_FUNCTION));
	json_bool(json, "kernel", keyset_key(&p->keys, row)[PROFILE_KERNEL]);
	json_end(json);
	return NULL;
}

struct err *profile_show_json(const struct profile *p, const struct profile_view *view,
			      struct json *json)
{
	struct err *e = NULL;

	json_array(json, "events");
	for (size_t event = 0; event < p->events_nr && !e; event++) {
		if (!p->samples[event])
			continue;
		json_object(json, NULL);
		json_string(json, "event", event_name(p, event));
		json_u64(json, "samples", p->samples[event]);
		json_u64(json, "weight", p->weight[event]);
		json_array(json, "rows");
		e = each_row(p, view, event, json_row, json, NULL);
		json_end(json);
		json_end(json);
	}
	json_end(json);
	return e;
}

static struct err *csv_row(const struct profile *p, size_t row, void *ctx)
{
	FILE *out = ctx;

	csv_text(out, event_name(p, keyset_key(&p->keys, row)[PROFILE_EVENT]));
	fprintf(out, ",%" PRIu64 ",%" PRIu64 ",", p->row[row].weight, p->row[row].samples);
	csv_text(out, word(p, row, PROFILE_COMM));
	fputc(',', out);
	csv_text(out, word(p, row, PROFILE_DSO));
	fputc(',', out);
	csv_text(out, word(p, row, PROFILE_FUNCTION));
	fprintf(out, ",%c\n", keyset_key(&p->keys, row)[PROFILE_KERNEL] ? 'k' : 'u');
	return NULL;
}

struct err *profile_show_csv(const struct profile *p, const struct profile_view *view, FILE *out)
{
	struct err *e = NULL;

	fprintf(out, "event,weight,samples,comm,dso,symbol,mode\n");
	for (size_t event = 0; event < p->events_nr && !e; event++)
		if (p->samples[event])
			e = each_row(p, view, event, csv_row, out, NULL);
	return e;
}

/* ---- HTML ------------------------------------------------------------------------------------ */

struct html_rows {
	FILE *out;
	size_t limit;
	size_t nr; /* with those beyond the limit */
};

static struct err *html_row_of(const struct profile *p, size_t row, void *ctx)
{
	struct html_rows *rows = ctx;
	FILE *out = rows->out;
	char percent[16];

	if (rows->nr++ >= rows->limit)
		return NULL;
	snprintf(percent, sizeof(percent), "%.2f%%", share(p, row));
	html_row(out);
	html_share(out, p->row[row].weight, share(p, row) / 100, percent);
	html_number(out, p->row[row].samples, human_count(p->row[row].samples).text);
	html_text(out, word(p, row, PROFILE_COMM));
	html_text(out, word(p, row, PROFILE_DSO));
	html_text(out, keyset_key(&p->keys, row)[PROFILE_KERNEL] ? "k" : ".");
	html_text(out, word(p, row, PROFILE_FUNCTION));
	return NULL;
}

struct err *profile_html(const struct profile *p, const struct profile_view *view, FILE *out)
{
	static const struct html_column column[] = {
		{ "Overhead", true },	    { "Samples", true }, { "Command", false },
		{ "Shared object", false }, { "Mode", false },	 { "Symbol", false },
	};
	const struct profile_view all = { .percent_limit = view->percent_limit };
	size_t limit = MIN(view->limit ? view->limit : SIZE_MAX, (size_t)HTML_ROWS_MAX);
	struct err *e = NULL;

	for (size_t event = 0; event < p->events_nr && !e; event++) {
		struct html_rows rows = { .out = out, .limit = limit };
		char id[40];

		if (!p->samples[event])
			continue;
		html_heading(out, event_name(p, event));
		html_cards_begin(out);
		html_card(out, "Samples", human_count(p->samples[event]).text, NULL);
		html_card(out, "Weight", human_count(p->weight[event]).text, "sum of periods");
		html_cards_end(out);
		snprintf(id, sizeof(id), "profile-rows-%zu", event);
		html_table_begin(out, id, column, ARRAY_SIZE(column));
		e = each_row(p, &all, event, html_row_of, &rows, NULL);
		html_table_end(out);
		if (!e)
			e = html_left_out(MIN(rows.nr, limit), rows.nr, out);
	}
	return e;
}
