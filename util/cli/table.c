// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/cli/table.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "util/base/macros.h"
#include "util/base/str.h"
#include "util/cli/csv.h"
#include "util/cli/human.h"
#include "util/cli/utf8.h"

#define GAP "  "

struct table table_init(const struct table_column *column, size_t columns_nr)
{
	return (struct table){ .column = column, .columns_nr = columns_nr };
}

void table_release(struct table *table)
{
	for (size_t i = 0; i < table->cells_nr; i++)
		free(table->cell[i].text);
	free(table->cell);
	*table = table_init(table->column, table->columns_nr);
}

static enum table_kind next_kind(const struct table *table)
{
	return table->column[table->cells_nr % table->columns_nr].kind;
}

static void add(struct table *table, struct table_cell cell)
{
	if (table->cells_nr == table->capacity) {
		size_t capacity = table->capacity ? table->capacity * 2 : 64;
		struct table_cell *grown =
			reallocarray(table->cell, capacity, sizeof(*table->cell));

		if (!grown) {
			table->failed = true;
			free(cell.text);
			return;
		}
		table->cell = grown;
		table->capacity = capacity;
	}
	table->cell[table->cells_nr++] = cell;
}

void table_empty(struct table *table)
{
	add(table, (struct table_cell){ .empty = true });
}

void table_text(struct table *table, const char *text)
{
	char *copy;

	assert(next_kind(table) == TABLE_TEXT);
	if (!text) {
		table_empty(table);
		return;
	}
	copy = strdup(text);
	if (!copy)
		table->failed = true;
	add(table, (struct table_cell){ .text = copy, .empty = !copy });
}

void table_u64(struct table *table, uint64_t value)
{
	assert(next_kind(table) != TABLE_TEXT && next_kind(table) != TABLE_PERCENT);
	add(table, (struct table_cell){ .value = value });
}

void table_ratio(struct table *table, uint64_t part, uint64_t whole)
{
	assert(next_kind(table) == TABLE_PERCENT);
	add(table, (struct table_cell){ .value = part, .whole = whole, .empty = !whole });
}

struct err *table_check(const struct table *table)
{
	assert(table->failed || table->cells_nr % table->columns_nr == 0);
	return table->failed ? err_nomem() : NULL;
}

static void add_for_people(struct str *out, enum table_kind kind, const struct table_cell *cell)
{
	if (cell->empty) {
		str_add_char(out, '-');
		return;
	}
	switch (kind) {
	case TABLE_TEXT:
		utf8_add_safe(out, cell->text);
		return;
	case TABLE_COUNT:
		str_add(out, human_count(cell->value).text);
		return;
	case TABLE_BYTES:
		str_add(out, human_size(cell->value).text);
		return;
	case TABLE_DURATION:
		str_add(out, human_duration(cell->value).text);
		return;
	case TABLE_PERCENT:
		str_add(out, human_percent(cell->value, cell->whole).text);
		return;
	}
}

static size_t column_width(const struct table *table, size_t column)
{
	size_t width = utf8_width(table->column[column].header);
	guard(str) struct str text = STR_INIT;

	for (size_t i = column; i < table->cells_nr; i += table->columns_nr) {
		str_clear(&text);
		add_for_people(&text, table->column[column].kind, &table->cell[i]);
		width = MAX(width, utf8_width(text.s));
	}
	return width;
}

static void add_blanks(struct str *out, size_t nr)
{
	str_printf(out, "%*s", (int)nr, "");
}

static void add_aligned(struct str *line, const char *text, enum table_kind kind, size_t width)
{
	size_t blanks = width - MIN(width, utf8_width(text));

	if (kind != TABLE_TEXT)
		add_blanks(line, blanks);
	str_add(line, text);
	if (kind == TABLE_TEXT)
		add_blanks(line, blanks);
}

static void print_line(const struct str *line, FILE *out)
{
	size_t len = line->len;

	while (len && line->s[len - 1] == ' ')
		len--;
	fprintf(out, "%.*s\n", (int)len, line->s);
}

static bool has_headers(const struct table *table)
{
	for (size_t i = 0; i < table->columns_nr; i++)
		if (*table->column[i].header)
			return true;
	return false;
}

void table_print(const struct table *table, FILE *out, const char *indent)
{
	guard(str) struct str line = STR_INIT, text = STR_INIT;
	autofree size_t *width = calloc(table->columns_nr, sizeof(*width));

	for (size_t i = 0; width && i < table->columns_nr; i++)
		width[i] = column_width(table, i);

	if (has_headers(table)) {
		str_add(&line, indent);
		for (size_t i = 0; i < table->columns_nr; i++) {
			str_add(&line, i ? GAP : "");
			add_aligned(&line, table->column[i].header, table->column[i].kind,
				    width ? width[i] : 0);
		}
		print_line(&line, out);
	}

	for (size_t i = 0; i < table->cells_nr; i++) {
		size_t column = i % table->columns_nr;

		if (!column) {
			str_clear(&line);
			str_add(&line, indent);
		}
		str_clear(&text);
		add_for_people(&text, table->column[column].kind, &table->cell[i]);
		str_add(&line, column ? GAP : "");
		add_aligned(&line, text.s, table->column[column].kind, width ? width[column] : 0);
		if (column + 1 == table->columns_nr)
			print_line(&line, out);
	}
}

static double percent(const struct table_cell *cell)
{
	return 100.0 * (double)cell->value / (double)cell->whole;
}

void table_csv(const struct table *table, FILE *out)
{
	assert(table->columns_nr);
	for (size_t i = 0; i < table->columns_nr; i++) {
		fputs(i ? "," : "", out);
		csv_text(out, table->column[i].key);
	}
	putc('\n', out);

	for (size_t i = 0; i < table->cells_nr; i++) {
		const struct table_cell *cell = &table->cell[i];
		size_t column = i % table->columns_nr;

		if (!cell->empty && table->column[column].kind == TABLE_TEXT)
			csv_text(out, cell->text);
		else if (!cell->empty && table->column[column].kind == TABLE_PERCENT)
			fprintf(out, "%.6g", percent(cell));
		else if (!cell->empty)
			fprintf(out, "%" PRIu64, cell->value);
		putc(column + 1 == table->columns_nr ? '\n' : ',', out);
	}
}

void table_json(const struct table *table, struct json *json, const char *key)
{
	json_array(json, key);
	for (size_t i = 0; i < table->cells_nr; i++) {
		const struct table_cell *cell = &table->cell[i];
		const struct table_column *column = &table->column[i % table->columns_nr];

		if (column == table->column)
			json_object(json, NULL);
		if (cell->empty)
			json_null(json, column->key);
		else if (column->kind == TABLE_TEXT)
			json_string(json, column->key, cell->text);
		else if (column->kind == TABLE_PERCENT)
			json_double(json, column->key, percent(cell));
		else
			json_u64(json, column->key, cell->value);
		if (column + 1 == table->column + table->columns_nr)
			json_end(json);
	}
	json_end(json);
}
