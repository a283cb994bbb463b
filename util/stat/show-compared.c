// SPDX-License-Identifier: GPL-2.0-or-later
#include <math.h>
#include <string.h>

#include "util/cli/csv.h"
#include "util/cli/human.h"
#include "util/cli/json.h"
#include "util/cli/utf8.h"
#include "util/stat/compared.h"
#include "util/stat/shows.h"
#include "util/stat/spread.h"
#include "util/stat/summary.h"

enum { LABEL_WIDTH = 8, NUMBER_WIDTH = 9 };

static struct err *show_json(FILE *out, const struct stat_style *style,
			     const struct stat_variant *variant, size_t nr)
{
	struct json json = json_init(out);

	json_array(&json, NULL);
	for (size_t i = 0; i < nr; i++) {
		const struct stat_variant *v = &variant[i];

		json_object(&json, NULL);
		json_string(&json, "label", v->label);
		json_array(&json, "runs");
		for (size_t j = 0; j < v->nr; j++) {
			struct err *err;

			json_object(&json, NULL);
			json_u64(&json, "sum", stat_table_total(&v->result[j].table, NULL).calls);
			err = stat_json_result(&json, style, &v->result[j]);
			json_end(&json);
			if (err)
				return err;
		}
		json_end(&json);
		json_end(&json);
	}
	json_end(&json);
	return NULL;
}

static const char *const csv_format[] = {
	[COMPARED_COUNT] = "%.10g",
	[COMPARED_SECONDS] = "%.6f",
	[COMPARED_BYTES] = "%.0f",
};

static void show_csv(FILE *out, char separator, const struct stat_variant *variant,
		     const struct compared *c)
{
	fprintf(out, "label");
	for (size_t i = 0; i < c->column_nr; i++) {
		fputc(separator, out);
		csv_field(out, separator, c->column[i].key);
	}
	fputc('\n', out);
	for (size_t row = 0; row < c->row_nr; row++) {
		csv_field(out, separator, variant[row].label);
		for (size_t i = 0; i < c->column_nr; i++) {
			double value = c->value[row * c->column_nr + i];

			fputc(separator, out);
			if (!isnan(value))
				fprintf(out, csv_format[c->column[i].unit], value);
		}
		fputc('\n', out);
	}
}

/* ---- The table ---- */

static int width_of(const struct compared_column *column)
{
	return MAX(NUMBER_WIDTH, (int)strlen(column->header));
}

static void print_value(FILE *out, const struct compared_column *column, double value)
{
	int width = width_of(column);

	if (isnan(value))
		fprintf(out, " %*s", width, "-");
	else if (column->unit == COMPARED_SECONDS)
		fprintf(out, " %*.3f", width, value);
	else if (column->unit == COMPARED_BYTES)
		fprintf(out, " %*s", width, human_size((uint64_t)value).text);
	else /* counts of one run are whole */
		fprintf(out, " %*.*f", width, value == floor(value) ? 0 : 1, value);
}

static void print_ratio(FILE *out, double value, double first)
{
	if (isnan(value) || isnan(first) || first <= 0)
		fprintf(out, " %7s", "-");
	else
		fprintf(out, " %6.2fx", value / first);
}

/* As it may stand in a terminal, padded. */
static struct err *print_label(FILE *out, const char *label, int width)
{
	guard(str) struct str safe = STR_INIT;

	utf8_add_safe(&safe, label);
	fprintf(out, "%s%*s", safe.s, MAX(0, width - (int)utf8_width(safe.s)), "");
	return str_check(&safe);
}

static struct err *print_row(FILE *out, const struct stat_variant *v, const struct compared *c,
			     size_t row, int label_width)
{
	const double *value = c->value + row * c->column_nr;
	struct stat_spread spread;
	struct err *err = print_label(out, v->label, label_width);

	if (!err)
		err = stat_spread_over(v->result, v->nr, MEASURE_ELAPSED, NULL, &spread);
	if (err)
		return err;
	for (size_t i = 0; i < c->memory_first; i++)
		print_value(out, &c->column[i], value[i]);
	if (v->nr > 1)
		fprintf(out, " +- %4.1f%%", stat_spread_percent(&spread));
	print_ratio(out, value[c->sum], c->value[c->sum]);
	print_ratio(out, value[c->cpu], c->value[c->cpu]);
	fputc('\n', out);
	return NULL;
}

static void print_headers(FILE *out, const struct compared *c, size_t first, size_t end)
{
	for (size_t i = first; i < end; i++)
		fprintf(out, " %*s", width_of(&c->column[i]), c->column[i].header);
}

/* In a table of its own: beside the calls there is no room. */
static struct err *show_memory(FILE *out, const struct stat_variant *variant,
			       const struct compared *c, int label_width)
{
	struct err *err = NULL;

	fprintf(out, "\nmemory: address space, pages, page faults\n\n%*s", label_width, "");
	print_headers(out, c, c->memory_first, c->column_nr);
	fputc('\n', out);
	for (size_t row = 0; !err && row < c->row_nr; row++) {
		err = print_label(out, variant[row].label, label_width);
		for (size_t i = c->memory_first; i < c->column_nr; i++)
			print_value(out, &c->column[i], c->value[row * c->column_nr + i]);
		fputc('\n', out);
	}
	return err;
}

static struct err *show_table(FILE *out, const struct stat_variant *variant,
			      const struct compared *c)
{
	struct err *err = NULL;
	int label_width = LABEL_WIDTH;

	for (size_t i = 0; i < c->row_nr; i++)
		label_width = MAX(label_width, (int)utf8_width(variant[i].label));
	fprintf(out, "\nvmtool stat: calls%s (source %s)\n\n%*s",
		variant[0].nr > 1 ? " and seconds, means of the runs" : " and seconds",
		variant[0].result[0].source->name, label_width, "");
	print_headers(out, c, 0, c->memory_first);
	fprintf(out, "%*s %7s %7s\n", variant[0].nr > 1 ? 9 : 0, "", "sum", "total");
	for (size_t i = 0; !err && i < c->row_nr; i++)
		err = print_row(out, &variant[i], c, i, label_width);
	if (!err)
		err = show_memory(out, variant, c, label_width);
	for (size_t i = 0; i < c->row_nr; i++)
		for (size_t j = 0; j < variant[i].nr; j++)
			stat_print_lost(out, &variant[i].result[j].table);
	return err;
}

struct err *stat_show_compared(FILE *out, const struct stat_style *style,
			       const struct stat_variant *variant, size_t nr)
{
	guard(compared) struct compared compared = { .row_nr = 0 };
	struct err *err;

	if (style->format == FORMAT_JSON)
		return show_json(out, style, variant, nr);
	err = compared_new(style, variant, nr, &compared);
	if (err)
		return err;
	if (style->format == FORMAT_TABLE)
		return show_table(out, variant, &compared);
	show_csv(out, style->separator, variant, &compared);
	return NULL;
}
