// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/cli/usage.h"

#include <stdbool.h>
#include <string.h>

enum {
	LABEL_INDENT = 4,
	LABEL_MAX = 26, /* a longer label stands on a line of its own */
	LABEL_GAP = 2,
};

void usage_wrap(struct str *out, const char *text, size_t column, size_t indent, size_t width)
{
	bool line_start = true;

	while (*text) {
		size_t len = strcspn(text, " ");

		if (!line_start && column + 1 + len > width) {
			str_printf(out, "\n%*s", (int)indent, "");
			column = indent;
			line_start = true;
		}
		if (!line_start) {
			str_add_char(out, ' ');
			column++;
		}
		str_add_bytes(out, text, len);
		column += len;
		line_start = false;
		text += len;
		text += strspn(text, " ");
	}
	str_add_char(out, '\n');
}

void usage_synopsis(const struct option_table *table, struct str *out)
{
	const char *form = table->synopsis, *lead = "usage:";

	for (;;) {
		size_t len = strcspn(form, "\n");

		str_printf(out, "%6s %s%s%.*s\n", lead, table->invocation, len ? " " : "", (int)len,
			   form);
		if (!form[len])
			return;
		form += len + 1;
		lead = "or:";
	}
}

/* "-d, --level <n>"; names stand under names whether or not there is a short one. */
static void add_label(const struct option *opt, struct str *out)
{
	if (opt->short_name)
		str_printf(out, "-%c%s", opt->short_name, opt->long_name ? ", " : "");
	else
		str_add(out, "    ");
	if (opt->long_name)
		str_printf(out, "--%s", opt->long_name);
	if (opt->arg)
		str_printf(out, " %s", opt->arg);
}

/* The width of the widest label that shares its line with text. */
static size_t label_width(const struct option_table *table)
{
	guard(str) struct str label = STR_INIT;
	size_t width = strlen("-h, --help");

	for (size_t i = 0; i < table->option_nr; i++) {
		if (table->option[i].kind == OPTION_GROUP || table->option[i].hidden)
			continue;
		str_clear(&label);
		add_label(&table->option[i], &label);
		if (label.len > width && label.len <= LABEL_MAX)
			width = label.len;
	}
	return width;
}

static void add_option(const struct option *opt, size_t width, struct str *out)
{
	size_t text_column = LABEL_INDENT + width + LABEL_GAP;
	size_t start = out->len, column;

	str_printf(out, "%*s", LABEL_INDENT, "");
	add_label(opt, out);
	column = out->len - start;
	if (column + LABEL_GAP > text_column) {
		str_add_char(out, '\n');
		column = 0;
	}
	str_printf(out, "%*s", (int)(text_column - column), "");
	usage_wrap(out, opt->help, text_column, text_column, USAGE_WIDTH);
}

void usage_text(const struct option_table *table, struct str *out)
{
	static const struct option help = {
		.kind = OPTION_HELP,
		.short_name = 'h',
		.long_name = "help",
		.help = "print this text",
	};
	size_t width = label_width(table);

	usage_synopsis(table, out);
	if (table->about) {
		str_add_char(out, '\n');
		usage_wrap(out, table->about, 0, 0, USAGE_WIDTH);
	}

	if (!table->option_nr || table->option[0].kind != OPTION_GROUP)
		str_add_char(out, '\n');
	for (size_t i = 0; i < table->option_nr; i++) {
		const struct option *opt = &table->option[i];

		if (opt->kind == OPTION_GROUP)
			str_printf(out, "\n%s\n", opt->help);
		else if (!opt->hidden)
			add_option(opt, width, out);
	}
	if (table->option_nr && table->option[0].kind == OPTION_GROUP)
		str_add_char(out, '\n');
	add_option(&help, width, out);
}

static void add_choices(const struct option *opt, struct str *out)
{
	if (opt->kind != OPTION_CHOICE) {
		str_add_char(out, '-');
		return;
	}
	for (const struct option_choice *c = opt->choice; c->name; c++)
		str_printf(out, "%s%s", c == opt->choice ? "" : ",", c->name);
}

void usage_list(const struct option_table *table, struct str *out)
{
	for (size_t i = 0; i < table->option_nr; i++) {
		const struct option *opt = &table->option[i];

		if (opt->kind == OPTION_GROUP || opt->hidden)
			continue;
		str_printf(out, "%c\t%s\t%s\t", opt->short_name ? opt->short_name : '-',
			   opt->long_name ? opt->long_name : "-", opt->arg ? opt->arg : "-");
		add_choices(opt, out);
		str_printf(out, "\t%s\n", opt->help);
	}
	str_add(out, "h\thelp\t-\t-\tprint this text\n");
}
