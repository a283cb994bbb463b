// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/report/diff.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "util/cli/csv.h"
#include "util/cli/utf8.h"
#include "util/report/loss.h"
#include "util/report/pageshow.h"

void diff_release(struct diff *diff)
{
	names_release(&diff->rows);
	free(diff->side[0]);
	free(diff->side[1]);
	*diff = DIFF_INIT;
}

/* Between the cells of a row, and so in none of them: ASCII's unit separator. */
enum { SEPARATOR = 0x1f };

static struct err *row_number(struct diff *diff, const struct page_analysis *pa, size_t row,
			      uint32_t *ret_number)
{
	guard(str) struct str text = STR_INIT, cell = STR_INIT;
	struct err *e;

	for (size_t k = 0; k < pa->config.keys_nr; k++) {
		if (k)
			str_add_char(&text, SEPARATOR);
		str_clear(&cell);
		page_row_text(pa, row, pa->config.key[k], false, &cell);
		for (size_t i = 0; i < cell.len; i++)
			str_add_char(&text, cell.s[i] == SEPARATOR ? ' ' : cell.s[i]);
	}
	e = str_check(&cell);
	if (e)
		return e;
	e = str_check(&text);
	return e ? e : names_add(&diff->rows, text.s, text.len, ret_number);
}

static struct err *add_side(struct diff *diff, size_t which)
{
	const struct page_analysis *pa = diff->analysis[which];

	for (size_t row = 0; row < pa->keys.nr; row++) {
		uint32_t number;
		struct err *e = row_number(diff, pa, row, &number);

		if (e)
			return e;
		diff->side[which][number].bytes += page_row_bytes(pa, row);
		diff->side[which][number].hits += page_row_hits(pa, row);
	}
	return NULL;
}

struct err *diff_new(const struct page_analysis *before, const struct page_analysis *after,
		     struct diff *ret_diff)
{
	/* Distinct rows and the empty one. */
	size_t most = before->keys.nr + after->keys.nr + 1;
	guard(diff) struct diff diff = {
		.analysis = { before, after },
		.rows = NAMES_INIT,
		.side = { calloc(most, sizeof(struct diff_side)),
			  calloc(most, sizeof(struct diff_side)) },
	};
	struct err *e;

	if (!diff.side[0] || !diff.side[1])
		return err_nomem();
	e = add_side(&diff, 0);
	if (!e)
		e = add_side(&diff, 1);
	if (e)
		return e;
	*ret_diff = diff;
	diff = DIFF_INIT;
	return NULL;
}

static int64_t change(const struct diff *diff, uint32_t row)
{
	return (int64_t)(diff->side[1][row].bytes - diff->side[0][row].bytes);
}

static int compare_changes(const void *a, const void *b, void *ctx)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	const struct diff *diff = ctx;
	int64_t by_x = change(diff, x), by_y = change(diff, y);
	uint64_t size_x = (uint64_t)(by_x < 0 ? -by_x : by_x);
	uint64_t size_y = (uint64_t)(by_y < 0 ? -by_y : by_y);

	if (size_x != size_y)
		return size_x > size_y ? -1 : 1;
	return strcmp(names_text(&diff->rows, x), names_text(&diff->rows, y));
}

/* *ret_all_nr: how many there are, *ret_nr: how many of them are shown. */
static struct err *sorted(const struct diff *diff, size_t limit, uint32_t **ret_row,
			  size_t *ret_all_nr, size_t *ret_nr)
{
	uint32_t *row = calloc(diff->rows.nr + 1, sizeof(*row));
	size_t nr = 0;

	if (!row)
		return err_nomem();
	for (uint32_t i = 0; i < diff->rows.nr; i++)
		if (change(diff, i) || diff->side[0][i].hits != diff->side[1][i].hits)
			row[nr++] = i;
	qsort_r(row, nr, sizeof(*row), compare_changes, (void *)(uintptr_t)diff);
	*ret_row = row;
	*ret_all_nr = nr;
	*ret_nr = limit ? MIN(limit, nr) : nr;
	return NULL;
}

/* Calls @each with the cells of a row. */
static struct err *each_cell(const struct diff *diff, uint32_t row,
			     void (*each)(void *ctx, enum page_key key, const char *text),
			     void *ctx)
{
	static const char separator[] = { SEPARATOR, '\0' };
	const struct page_config *config = &diff->analysis[0]->config;
	autofree char *copy = strdup(names_text(&diff->rows, row));
	char *rest = copy;

	if (!copy)
		return err_nomem();
	for (size_t k = 0; k < config->keys_nr; k++)
		each(ctx, config->key[k], strsep(&rest, separator));
	return NULL;
}

static uint64_t bytes_of(const struct page_analysis *pa)
{
	return pa->config.live ? pa->live_bytes : pa->allocs.bytes;
}

/* Of both recordings together: complete when both are, lost what either lacks. */
static struct session_loss both_losses(const struct diff *diff)
{
	struct session_loss a = session_loss(diff->analysis[0]->session);
	struct session_loss b = session_loss(diff->analysis[1]->session);
	struct session_loss both = {
		.state = COMPLETENESS_COMPLETE,
		.lost = a.lost + b.lost,
		.lost_at_least = a.lost_at_least || b.lost_at_least,
		.checked_counts = a.checked_counts + b.checked_counts,
		.cut_bytes = a.cut_bytes + b.cut_bytes,
		.cut_at_least = a.cut_at_least || b.cut_at_least,
	};

	if (a.state == COMPLETENESS_LOST || b.state == COMPLETENESS_LOST)
		both.state = COMPLETENESS_LOST;
	else if (a.state == COMPLETENESS_UNKNOWN || b.state == COMPLETENESS_UNKNOWN)
		both.state = COMPLETENESS_UNKNOWN;
	return both;
}

/* ---- Text ------------------------------------------------------------------------------------ */

struct text {
	struct str line;
	size_t width[PAGE_KEYS_NR];
	size_t k; /* the cell that comes next */
};

static void text_release(struct text *text)
{
	str_release(&text->line);
}

DEFINE_GUARD_INPLACE(text, struct text, text_release)

static void measure_cell(void *ctx, enum page_key key, const char *cell)
{
	struct text *text = ctx;

	(void)key;
	text->width[text->k] = MAX(text->width[text->k], utf8_width(cell));
	text->k++;
}

static void text_cell(void *ctx, enum page_key key, const char *cell)
{
	struct text *text = ctx;

	str_add(&text->line, " | ");
	utf8_add_cell(&text->line, cell, text->width[text->k++], page_column[key].left);
}

static void put_line(struct text *text, FILE *out)
{
	while (text->line.len && text->line.s[text->line.len - 1] == ' ')
		text->line.len--;
	fprintf(out, "%.*s\n", (int)text->line.len, text->line.s);
	str_clear(&text->line);
	text->k = 0;
}

static struct err *show_rows(const struct diff *diff, const uint32_t *row, size_t nr, FILE *out)
{
	const struct page_config *config = &diff->analysis[0]->config;
	guard(text) struct text text = { .line = STR_INIT };
	struct err *e = NULL;

	for (size_t k = 0; k < config->keys_nr; k++)
		measure_cell(&text, config->key[k], page_column[config->key[k]].header);
	for (size_t i = 0; !e && i < nr; i++) {
		text.k = 0;
		e = each_cell(diff, row[i], measure_cell, &text);
	}
	text.k = 0;
	str_printf(&text.line, "%14s   %14s   %15s", "Before (KB)", "After (KB)", "Change (KB)");
	for (size_t k = 0; k < config->keys_nr; k++)
		text_cell(&text, config->key[k], page_column[config->key[k]].header);
	put_line(&text, out);
	for (size_t i = 0; !e && i < nr; i++) {
		str_printf(&text.line, "%14" PRIu64 "   %14" PRIu64 "   %+15" PRId64,
			   diff->side[0][row[i]].bytes / 1024, diff->side[1][row[i]].bytes / 1024,
			   change(diff, row[i]) / 1024);
		e = each_cell(diff, row[i], text_cell, &text);
		if (!e)
			e = str_check(&text.line);
		put_line(&text, out);
	}
	return e;
}

static struct err *show_side(FILE *out, const char *name, const struct page_analysis *pa)
{
	struct session_loss loss = session_loss(pa->session);
	guard(str) struct str text = STR_INIT;

	loss_text(loss, &text);
	fprintf(out, "%-7s %14" PRIu64 " KB   recording: %s\n", name, bytes_of(pa) / 1024, text.s);
	return str_check(&text);
}

struct err *diff_show_text(const struct diff *diff, size_t limit, FILE *out)
{
	autofree uint32_t *row = NULL;
	size_t all_nr, nr;
	struct err *e;

	e = sorted(diff, limit, &row, &all_nr, &nr);
	if (!e)
		e = show_rows(diff, row, nr, out);
	if (e)
		return e;
	if (nr < all_nr)
		fprintf(out, " ... %zu more\n", all_nr - nr);
	fputc('\n', out);
	e = show_side(out, "Before", diff->analysis[0]);
	if (!e)
		e = show_side(out, "After", diff->analysis[1]);
	if (!e && *loss_mark(both_losses(diff)))
		fprintf(out, "Changes%s\n", loss_mark(both_losses(diff)));
	return e;
}

/* ---- CSV and JSON ---------------------------------------------------------------------------- */

static void csv_cell(void *ctx, enum page_key key, const char *text)
{
	FILE *out = ctx;

	(void)key;
	fputc(',', out);
	csv_text(out, text);
}

struct err *diff_show_csv(const struct diff *diff, size_t limit, FILE *out)
{
	const struct page_config *config = &diff->analysis[0]->config;
	autofree uint32_t *row = NULL;
	size_t all_nr, nr;
	struct err *e;

	e = sorted(diff, limit, &row, &all_nr, &nr);
	if (e)
		return e;
	fprintf(out, "change_bytes,before_bytes,after_bytes,before_hits,after_hits");
	for (size_t k = 0; k < config->keys_nr; k++)
		fprintf(out, ",%s", page_column[config->key[k]].json);
	fputc('\n', out);
	for (size_t i = 0; i < nr; i++) {
		const struct diff_side *a = &diff->side[0][row[i]], *b = &diff->side[1][row[i]];

		fprintf(out, "%" PRId64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64,
			change(diff, row[i]), a->bytes, b->bytes, a->hits, b->hits);
		e = each_cell(diff, row[i], csv_cell, out);
		if (e)
			return e;
		fputc('\n', out);
	}
	return NULL;
}

static void json_cell(void *ctx, enum page_key key, const char *text)
{
	bool is_number = key == PAGE_KEY_PAGE || key == PAGE_KEY_ORDER || key == PAGE_KEY_PID ||
			 key == PAGE_KEY_NODE;

	if (is_number && !strcmp(text, "-"))
		json_null(ctx, page_column[key].json);
	else if (is_number)
		json_i64(ctx, page_column[key].json, strtoll(text, NULL, 10));
	else
		json_string(ctx, page_column[key].json, text);
}

struct err *diff_show_json(const struct diff *diff, size_t limit, struct json *json)
{
	autofree uint32_t *row = NULL;
	size_t all_nr, nr;
	struct err *e;

	e = sorted(diff, limit, &row, &all_nr, &nr);
	if (e)
		return e;
	loss_show_json(both_losses(diff), json);
	for (size_t i = 0; i < 2; i++) {
		const struct page_analysis *pa = diff->analysis[i];

		json_object(json, i ? "after" : "before");
		loss_show_json(session_loss(pa->session), json);
		json_u64(json, "bytes", bytes_of(pa));
		json_u64(json, "requests", pa->allocs.hits);
		json_end(json);
	}
	json_array(json, "rows");
	for (size_t i = 0; i < nr; i++) {
		const struct diff_side *a = &diff->side[0][row[i]], *b = &diff->side[1][row[i]];

		json_object(json, NULL);
		json_i64(json, "change_bytes", change(diff, row[i]));
		json_u64(json, "before_bytes", a->bytes);
		json_u64(json, "after_bytes", b->bytes);
		json_u64(json, "before_hits", a->hits);
		json_u64(json, "after_hits", b->hits);
		e = each_cell(diff, row[i], json_cell, json);
		if (e)
			return e;
		json_end(json);
	}
	json_end(json);
	return NULL;
}
