// SPDX-License-Identifier: GPL-2.0-or-later
#include <math.h>

#include "util/cli/json.h"
#include "util/cli/utf8.h"
#include "util/stat/shows.h"
#include "util/stat/spread.h"
#include "util/stat/summary.h"

static double ratio(double value, double first)
{
	return first > 0 ? value / first : 0;
}

struct column {
	char name[48];
	struct row_key key;
};

struct columns {
	struct column column[64];
	size_t nr;
};

static void add_column(uint32_t nr, void *data)
{
	struct columns *columns = data;
	struct column *column = &columns->column[columns->nr];

	if (columns->nr == ARRAY_SIZE(columns->column))
		return;
	snprintf(column->name, sizeof(column->name), "%s", syscall_name(ABI_NATIVE, nr).text);
	column->key = (struct row_key){ .abi = ABI_NATIVE, .nr = nr };
	columns->nr++;
}

/* Of one run it is whole. */
static void print_mean(FILE *out, int width, double mean)
{
	fprintf(out, " %*.*f", width, mean == floor(mean) ? 0 : 1, mean);
}

struct compared {
	double sum, user, system, elapsed;
};

static struct err *show_variant(FILE *out, const struct stat_style *style,
				const struct columns *columns, int label_width,
				const struct stat_variant *v, struct compared *c)
{
	bool csv = style->format == FORMAT_CSV;
	struct stat_spread spread;
	struct err *err = NULL;

	*c = (struct compared){ .sum = 0 };
	fprintf(out, "%-*s", csv ? 0 : label_width, v->label);
	for (size_t i = 0; i < columns->nr; i++) {
		err = stat_spread_over(v->result, v->nr, MEASURE_CALLS, &columns->column[i].key,
				       &spread);
		if (err)
			return err;
		c->sum += spread.mean;
		if (csv)
			fprintf(out, "%c%.10g", style->separator, spread.mean);
		else
			print_mean(out, 9, spread.mean);
	}
	err = stat_spread_over(v->result, v->nr, MEASURE_USER, NULL, &spread);
	c->user = spread.mean;
	if (!err)
		err = stat_spread_over(v->result, v->nr, MEASURE_SYSTEM, NULL, &spread);
	c->system = spread.mean;
	if (!err)
		err = stat_spread_over(v->result, v->nr, MEASURE_ELAPSED, NULL, &spread);
	c->elapsed = spread.mean;
	if (err)
		return err;
	if (csv) {
		fprintf(out, "%c%.10g%c%.6f%c%.6f%c%.6f%c%.6f\n", style->separator, c->sum,
			style->separator, c->user, style->separator, c->system, style->separator,
			c->user + c->system, style->separator, c->elapsed);
		return NULL;
	}
	print_mean(out, 10, c->sum);
	fprintf(out, " %9.3f %9.3f %9.3f %9.3f +- %4.1f%%", c->user, c->system, c->user + c->system,
		c->elapsed, stat_spread_percent(&spread));
	return NULL;
}

static struct err *show_compared_json(FILE *out, const struct stat_style *style,
				      const struct columns *columns,
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
			double sum = 0;

			json_object(&json, NULL);
			for (size_t k = 0; k < columns->nr; k++)
				sum += stat_measure(&v->result[j], MEASURE_CALLS,
						    &columns->column[k].key);
			json_u64(&json, "sum", (uint64_t)sum);
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

struct err *stat_show_compared(FILE *out, const struct stat_style *style,
			       const struct stat_variant *variant, size_t nr)
{
	struct columns columns = { .nr = 0 };
	struct compared first = { .sum = 0 };
	int label_width = 8;

	syscall_set_each(style->syscalls, add_column, &columns);
	if (style->format == FORMAT_JSON)
		return show_compared_json(out, style, &columns, variant, nr);

	for (size_t i = 0; i < nr; i++)
		label_width = MAX(label_width, (int)utf8_width(variant[i].label));
	if (style->format == FORMAT_CSV) {
		char s = style->separator;

		fprintf(out, "label");
		for (size_t i = 0; i < columns.nr; i++)
			fprintf(out, "%c%s", s, columns.column[i].name);
		fprintf(out, "%csum%cuser_s%csystem_s%ccpu_s%celapsed_s\n", s, s, s, s, s);
	} else {
		fprintf(out, "\nvmtool stat: calls%s (source %s)\n\n%-*s",
			variant[0].nr > 1 ? " and seconds, means of the runs" : " and seconds",
			variant[0].result[0].source->name, label_width, "");
		for (size_t i = 0; i < columns.nr; i++)
			fprintf(out, " %9s", columns.column[i].name);
		fprintf(out, " %10s %9s %9s %9s %9s %8s %7s %7s\n", "= sum", "user", "sys",
			"= total", "elapsed", "", "sum", "total");
	}
	for (size_t i = 0; i < nr; i++) {
		struct compared c;
		struct err *err = show_variant(out, style, &columns, label_width, &variant[i], &c);

		if (err)
			return err;
		if (!i)
			first = c;
		if (style->format == FORMAT_TABLE)
			fprintf(out, " %6.2fx %6.2fx\n", ratio(c.sum, first.sum),
				ratio(c.user + c.system, first.user + first.system));
	}
	if (style->format == FORMAT_TABLE) {
		for (size_t i = 0; i < nr; i++)
			for (size_t j = 0; j < variant[i].nr; j++)
				stat_print_lost(out, &variant[i].result[j].table);
	}
	return NULL;
}
