// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "util/base/cleanup.h"
#include "util/cli/json.h"

/* A stream into memory; its text is in `text` once it is closed. */
struct sink {
	char *text;
	size_t len;
	FILE *out;
};

static struct json open_sink(struct sink *sink)
{
	sink->out = open_memstream(&sink->text, &sink->len);
	assert_non_null(sink->out);
	return json_init(sink->out);
}

static void expect(struct sink *sink, const char *expected)
{
	fclose(sink->out);
	assert_string_equal(sink->text, expected);
	free(sink->text);
}

static void a_document_is_indented_in_the_order_given(void **state)
{
	struct sink sink;
	struct json json = open_sink(&sink);

	(void)state;
	json_object(&json, NULL);
	json_u64(&json, "largest", UINT64_MAX);
	json_i64(&json, "smallest", INT64_MIN);
	json_bool(&json, "yes", true);
	json_bool(&json, "no", false);
	json_null(&json, "nothing");
	json_string(&json, "no string", NULL);
	json_object(&json, "empty object");
	json_end(&json);
	json_array(&json, "list");
	json_string(&json, NULL, "one");
	json_array(&json, NULL);
	json_end(&json);
	json_object(&json, NULL);
	json_u64(&json, "n", 0);
	json_end(&json);
	json_end(&json);
	json_end(&json);
	expect(&sink, "{\n"
		      "  \"largest\": 18446744073709551615,\n"
		      "  \"smallest\": -9223372036854775808,\n"
		      "  \"yes\": true,\n"
		      "  \"no\": false,\n"
		      "  \"nothing\": null,\n"
		      "  \"no string\": null,\n"
		      "  \"empty object\": {},\n"
		      "  \"list\": [\n"
		      "    \"one\",\n"
		      "    [],\n"
		      "    {\n"
		      "      \"n\": 0\n"
		      "    }\n"
		      "  ]\n"
		      "}\n");
}

static void string_becomes(const char *value, const char *expected)
{
	struct sink sink;
	struct json json = open_sink(&sink);

	json_string(&json, NULL, value);
	expect(&sink, expected);
}

static void strings_are_escaped(void **state)
{
	(void)state;
	string_becomes("", "\"\"\n");
	string_becomes("a\"b\\c/d", "\"a\\\"b\\\\c/d\"\n");
	string_becomes("\n\t\r\x01\x1f\x7f", "\"\\n\\t\\u000d\\u0001\\u001f\\u007f\"\n");
	string_becomes("gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80",
		       "\"gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80\"\n");
}

#define BAD "\xef\xbf\xbd"

static void bytes_that_are_no_utf8_are_replaced_one_by_one(void **state)
{
	(void)state;
	string_becomes("a\xff"
		       "b",
		       "\"a" BAD "b\"\n");
	string_becomes("\xc3", "\"" BAD "\"\n");
	string_becomes("\xe2\x82", "\"" BAD BAD "\"\n");
	string_becomes("\xe2\x82\"", "\"" BAD BAD "\\\"\"\n");
	string_becomes("\xc0\xaf", "\"" BAD BAD "\"\n");		 /* overlong '/' */
	string_becomes("\xe0\x80\xaf", "\"" BAD BAD BAD "\"\n");	 /* overlong '/' */
	string_becomes("\xed\xa0\x80", "\"" BAD BAD BAD "\"\n");	 /* a surrogate */
	string_becomes("\xf4\x90\x80\x80", "\"" BAD BAD BAD BAD "\"\n"); /* U+110000 */
}

static void keys_are_strings_too(void **state)
{
	struct sink sink;
	struct json json = open_sink(&sink);

	(void)state;
	json_object(&json, NULL);
	json_null(&json, "a\"\xff");
	json_end(&json);
	expect(&sink, "{\n  \"a\\\"" BAD "\": null\n}\n");
}

static void double_becomes(double value, const char *expected)
{
	struct sink sink;
	struct json json = open_sink(&sink);

	json_double(&json, NULL, value);
	expect(&sink, expected);
}

static void doubles_have_the_digits_they_need(void **state)
{
	(void)state;
	double_becomes(0, "0\n");
	double_becomes(0.1, "0.1\n");
	double_becomes(-1.5, "-1.5\n");
	double_becomes(1.0 / 3, "0.3333333333333333\n");
	double_becomes(1e300, "1e+300\n");
	double_becomes(NAN, "null\n");
	double_becomes(-INFINITY, "null\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_document_is_indented_in_the_order_given),
		cmocka_unit_test(strings_are_escaped),
		cmocka_unit_test(bytes_that_are_no_utf8_are_replaced_one_by_one),
		cmocka_unit_test(keys_are_strings_too),
		cmocka_unit_test(doubles_have_the_digits_they_need),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
