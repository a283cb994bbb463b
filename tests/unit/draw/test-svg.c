// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "util/draw/svg.h"

static void expect(void (*put)(FILE *out, const char *text), const char *text, const char *expected)
{
	char *got = NULL;
	size_t len;
	FILE *out = open_memstream(&got, &len);

	put(out, text);
	fclose(out);
	assert_string_equal(got, expected);
	free(got);
}

static void text_is_never_markup(void **state)
{
	expect(svg_text, "a<b>&\"c\"", "a&lt;b&gt;&amp;&quot;c&quot;");
	expect(svg_text, "\x01\xff", "\xef\xbf\xbd\xef\xbf\xbd");
	(void)state;
}

static void what_xml_does_not_have_is_replaced(void **state)
{
	expect(svg_text, "\xef\xbf\xbe", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
	expect(svg_text, "\xef\xbf\xbf", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
	expect(svg_text, "\xef\xbf\xbd", "\xef\xbf\xbd");
	(void)state;
}

static void a_string_ends_no_script(void **state)
{
	expect(svg_script_string, "</script>", "\"\\u003c/script\\u003e\"");
	expect(svg_script_string, "<!--&\"\\", "\"\\u003c!--\\u0026\\u0022\\u005c\"");
	expect(svg_script_string, "line\xe2\x80\xa8\xe2\x80\xa9\n\x7f",
	       "\"line\\u2028\\u2029\\u000a\\u007f\"");
	expect(svg_script_string, "\xc3\xbc \xf0\x9f\x90\xa7 \xff",
	       "\"\\u00fc \\ud83d\\udc27 \\ufffd\"");
	(void)state;
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_is_never_markup),
		cmocka_unit_test(what_xml_does_not_have_is_replaced),
		cmocka_unit_test(a_string_ends_no_script),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
