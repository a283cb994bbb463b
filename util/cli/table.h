/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A table that is filled once and shown as aligned text, as CSV or as JSON. People get numbers with
 * units (util/cli/human.h), programs the numbers themselves, so a key says the unit: "mapped_bytes".
 *
 *	static const struct table_column columns[] = {
 *		{ "class", "CLASS", TABLE_TEXT },
 *		{ "pages", "PAGES", TABLE_COUNT },
 *		{ "share_percent", "SHARE", TABLE_PERCENT },
 *	};
 *	guard(table) struct table table = table_init(columns, ARRAY_SIZE(columns));
 *
 *	table_text(&table, "free");
 *	table_u64(&table, 1234);
 *	table_ratio(&table, 1234, 262144);		(the row is full: the next cell begins another)
 *
 *	table_print(&table, tool->out, "  ");
 *	return table_check(&table);
 *
 * Cells come row by row, each of its column's kind. As with struct str, a table that ran out of
 * memory stays failed and table_check() tells at the end.
 */
#ifndef VMTOOL_CLI_TABLE_H
#define VMTOOL_CLI_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "util/base/cleanup.h"
#include "util/base/err.h"
#include "util/cli/json.h"

enum table_kind {
	TABLE_TEXT,	/* to the left; all others to the right */
	TABLE_COUNT,	/* 1,234 */
	TABLE_BYTES,	/* 1.25 GiB */
	TABLE_DURATION, /* of ns: 35.7 us */
	TABLE_PERCENT,	/* 42.1% */
};

struct table_column {
	const char *key;    /* in CSV and JSON */
	const char *header; /* in text; "": none */
	enum table_kind kind;
};

struct table_cell {
	char *text;
	uint64_t value; /* of a ratio, the part */
	uint64_t whole;
	bool empty;
};

struct table {
	const struct table_column *column; /* borrowed */
	size_t columns_nr;
	struct table_cell *cell;
	size_t cells_nr;
	size_t capacity;
	bool failed;
};

struct table table_init(const struct table_column *column, size_t columns_nr);
void table_release(struct table *table);
DEFINE_GUARD_INPLACE(table, struct table, table_release)

/* The next cell. */
void table_text(struct table *table, const char *text);		      /* copied; NULL: empty */
void table_u64(struct table *table, uint64_t value);		      /* a count, bytes or ns */
void table_ratio(struct table *table, uint64_t part, uint64_t whole); /* empty when @whole is 0 */
void table_empty(struct table *table); /* not known: "-" in text, nothing in CSV, null in JSON */

must_check struct err *table_check(const struct table *table);

/* Each line begins with @indent and none ends in blanks. Text is made harmless (utf8_add_safe). */
void table_print(const struct table *table, FILE *out, const char *indent);

/* A line of keys, then the rows, as RFC 4180 but with '\n' at the end of lines. */
void table_csv(const struct table *table, FILE *out);

/* An array of one object per row. */
void table_json(const struct table *table, struct json *json, const char *key);

#endif
