// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "util/base/macros.h"
#include "util/cli/table.h"

static const struct table_column columns[] = {
	{ "name", "NAME", TABLE_TEXT },
	{ "pages", "PAGES", TABLE_COUNT },
	{ "read_bytes", "READ", TABLE_BYTES },
	{ "read_ns", "TIME", TABLE_DURATION },
	{ "share_percent", "SHARE", TABLE_PERCENT },
	{ "remark", "REMARK", TABLE_TEXT },
};

static struct table filled(void)
{
	struct table table = table_init(columns, ARRAY_SIZE(columns));

	table_text(&table, "free");
	table_u64(&table, 1234567);
	table_u64(&table, 1536);
	table_u64(&table, 35700);
	table_ratio(&table, 1, 8);
	table_text(&table, "left out");

	table_text(&table, "\xe5\x86\x85\xe5\xad\x98 \"a, b\"");
	table_u64(&table, UINT64_MAX);
	table_u64(&table, 0);
	table_u64(&table, 0);
	table_ratio(&table, 0, 0);
	table_text(&table, "");

	table_text(&table, "x\n\x1by\xff");
	table_empty(&table);
	table_empty(&table);
	table_empty(&table);
	table_ratio(&table, 2, 2);
	table_text(&table, NULL);
	return table;
}

struct sink {
	char *text;
	size_t len;
	FILE *out;
};

static FILE *open_sink(struct sink *sink)
{
	sink->out = open_memstream(&sink->text, &sink->len);
	assert_non_null(sink->out);
	return sink->out;
}

static void expect(struct sink *sink, const char *expected)
{
	fclose(sink->out);
	assert_string_equal(sink->text, expected);
	free(sink->text);
}

static void text_is_aligned_by_columns_of_the_terminal(void **state)
{
	guard(table) struct table table = filled();
	struct sink sink;

	(void)state;
	table_print(&table, open_sink(&sink), "  ");
	expect(&sink,
	       "  NAME                              PAGES      READ     TIME   SHARE  REMARK\n"
	       "  free                          1,234,567  1.50 KiB  35.7 us   12.5%  left out\n"
	       "  \xe5\x86\x85\xe5\xad\x98 \"a, b\"  18,446,744,073,709,551,615       0 B"
	       "     0 ns       -\n"
	       "  x??y?                                 -         -        -  100.0%  -\n");
	assert_null(table_check(&table));
}

static void csv_has_bare_numbers_and_quotes_what_needs_it(void **state)
{
	guard(table) struct table table = filled();
	struct sink sink;

	(void)state;
	table_csv(&table, open_sink(&sink));
	expect(&sink, "name,pages,read_bytes,read_ns,share_percent,remark\n"
		      "free,1234567,1536,35700,12.5,left out\n"
		      "\"\xe5\x86\x85\xe5\xad\x98 \"\"a, b\"\"\",18446744073709551615,0,0,,\n"
		      "\"x\n\x1by\xff\",,,,100,\n");
}

static void json_has_an_object_for_each_row(void **state)
{
	guard(table) struct table table = filled();
	struct sink sink;
	struct json json;

	(void)state;
	json = json_init(open_sink(&sink));
	table_json(&table, &json, NULL);
	expect(&sink, "[\n"
		      "  {\n"
		      "    \"name\": \"free\",\n"
		      "    \"pages\": 1234567,\n"
		      "    \"read_bytes\": 1536,\n"
		      "    \"read_ns\": 35700,\n"
		      "    \"share_percent\": 12.5,\n"
		      "    \"remark\": \"left out\"\n"
		      "  },\n"
		      "  {\n"
		      "    \"name\": \"\xe5\x86\x85\xe5\xad\x98 \\\"a, b\\\"\",\n"
		      "    \"pages\": 18446744073709551615,\n"
		      "    \"read_bytes\": 0,\n"
		      "    \"read_ns\": 0,\n"
		      "    \"share_percent\": null,\n"
		      "    \"remark\": \"\"\n"
		      "  },\n"
		      "  {\n"
		      "    \"name\": \"x\\n\\u001by\xef\xbf\xbd\",\n"
		      "    \"pages\": null,\n"
		      "    \"read_bytes\": null,\n"
		      "    \"read_ns\": null,\n"
		      "    \"share_percent\": 100,\n"
		      "    \"remark\": null\n"
		      "  }\n"
		      "]\n");
}

static void an_empty_table_is_its_header(void **state)
{
	guard(table) struct table table = table_init(columns, 2);
	struct sink sink;
	struct json json;

	(void)state;
	table_print(&table, open_sink(&sink), "");
	expect(&sink, "NAME  PAGES\n");
	table_csv(&table, open_sink(&sink));
	expect(&sink, "name,pages\n");
	json = json_init(open_sink(&sink));
	table_json(&table, &json, NULL);
	expect(&sink, "[]\n");
}

static void a_table_without_headers_has_no_header_line(void **state)
{
	static const struct table_column bare[] = { { "a", "", TABLE_TEXT },
						    { "b", "", TABLE_COUNT } };
	guard(table) struct table table = table_init(bare, ARRAY_SIZE(bare));
	struct sink sink;

	(void)state;
	for (int i = 0; i < 3; i++) {
		table_text(&table, "row");
		table_u64(&table, i * 500);
	}
	table_print(&table, open_sink(&sink), "");
	expect(&sink, "row      0\n"
		      "row    500\n"
		      "row  1,000\n");
}

static void many_rows_are_kept(void **state)
{
	guard(table) struct table table = table_init(columns, 1);

	(void)state;
	for (int i = 0; i < 1000; i++)
		table_text(&table, "row");
	assert_int_equal(table.cells_nr, 1000);
	assert_null(table_check(&table));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_is_aligned_by_columns_of_the_terminal),
		cmocka_unit_test(csv_has_bare_numbers_and_quotes_what_needs_it),
		cmocka_unit_test(json_has_an_object_for_each_row),
		cmocka_unit_test(an_empty_table_is_its_header),
		cmocka_unit_test(a_table_without_headers_has_no_header_line),
		cmocka_unit_test(many_rows_are_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
