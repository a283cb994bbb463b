// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A made-up command with one option of every kind is parsed from one-line command lines; what came
 * of it is put into one string, so that a case is a line and a failure a diff.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <inttypes.h>
#include <string.h>

#include "util/cli/options.h"
#include "util/cli/usage.h"

enum codec { CODEC_RAW, CODEC_ZLIB, CODEC_ZSTD };

struct args {
	bool force;
	bool flat;
	bool secret;
	enum codec codec;
	int64_t level;
	uint64_t cache_bytes;
	const char *report;
	struct option_list tags;
	int format;
	unsigned int calls;
};

static const struct option_choice formats[] = { { "text", 1 }, { "csv", 2 }, { "json", 3 }, { 0 } };

static struct err *count_or_refuse(const char *value, void *field)
{
	if (value && !strcmp(value, "bad"))
		return err_new(ERR_USAGE, "'bad' will not do");
	++*(unsigned int *)field;
	return NULL;
}

static const struct option option[] = {
	OPT_GROUP("What to keep"),
	OPT_INT('d', "level", struct args, level, 0, 31, "<n>", "leave out classes of pages"),
	OPT_SIZE('s', "cache", struct args, cache_bytes, INT64_MAX, "<size>", "cache size"),
	OPT_CALLBACK(0, "map", struct args, calls, count_or_refuse, "<map>", "map it"),
	OPT_CALLBACK('x', NULL, struct args, calls, count_or_refuse, NULL, "count"),
	OPT_GROUP("Output"),
	OPT_FLAG('f', "force", struct args, force, "overwrite"),
	OPT_FLAG('F', "flat", struct args, flat, "flattened"),
	OPT_SET('c', "compress", struct args, codec, CODEC_ZLIB, "zlib"),
	OPT_SET('z', NULL, struct args, codec, CODEC_ZSTD, "zstd"),
	OPT_STRING(0, "report", struct args, report, "<file>", "report file"),
	OPT_STRINGS('t', "tag", struct args, tags, "<tag>", "tags"),
	OPT_CHOICE(0, "format", struct args, format, formats, "<format>", "text, csv or json"),
	OPT_FLAG(0, "non-mmap", struct args, flat, "read"),
	OPT_HIDDEN_FLAG(0, "secret", struct args, secret, "for tests"),
};

static const struct option_table table = {
	.invocation = "vmtool try",
	.synopsis = "[options] <in> <out>",
	.option = option,
	.option_nr = ARRAY_SIZE(option),
	.operands_min = 0,
	.operands_max = 3,
};

static const struct option_table strict = {
	.invocation = "vmtool try",
	.synopsis = "[options] <in> <out>\n--list",
	.option = option,
	.option_nr = ARRAY_SIZE(option),
	.operands_min = 2,
	.operands_max = 2,
};

static const struct option_table front = {
	.invocation = "vmtool",
	.synopsis = "<command>",
	.option = option,
	.option_nr = ARRAY_SIZE(option),
	.operands_min = 0,
	.operands_max = OPTIONS_ANY,
	.stop_at_operand = true,
};

enum { ARGC_MAX = 16 };

/* Split at single spaces: two in a row make an empty argument. */
static int split(char *line, char **argv)
{
	int argc = 1;

	argv[0] = (char *)"try";
	for (char *word = line; word && *line;) {
		assert_true(argc < ARGC_MAX - 1);
		argv[argc++] = strsep(&word, " ");
	}
	argv[argc] = NULL;
	return argc;
}

static void describe(const struct args *args, const struct operands *operands, struct str *out)
{
	if (args->force)
		str_add(out, " force");
	if (args->flat)
		str_add(out, " flat");
	if (args->secret)
		str_add(out, " secret");
	if (args->codec)
		str_printf(out, " codec=%d", args->codec);
	if (args->level)
		str_printf(out, " level=%" PRId64, args->level);
	if (args->cache_bytes)
		str_printf(out, " cache=%" PRIu64, args->cache_bytes);
	if (args->report)
		str_printf(out, " report=%s", args->report);
	for (size_t i = 0; i < args->tags.nr; i++)
		str_printf(out, " tag=%s", args->tags.item[i]);
	if (args->format)
		str_printf(out, " format=%d", args->format);
	if (args->calls)
		str_printf(out, " calls=%u", args->calls);
	for (int i = 0; i < operands->nr; i++)
		str_printf(out, " (%s)", operands->item[i]);
	assert_null(operands->item[operands->nr]);
}

static void expect(const struct option_table *t, const char *line, const char *expected)
{
	guard(str) struct str got = STR_INIT;
	struct args args = { .force = false };
	struct operands operands;
	autofree char *copy = strdup(line);
	autoerr struct err *err = NULL;
	char *argv[ARGC_MAX];

	err = options_parse(t, split(copy, argv), argv, &args, &operands);
	if (err) {
		assert_int_equal(err_code(err), ERR_USAGE);
		str_printf(&got, " ! %s", err_message(err));
	} else {
		describe(&args, &operands, &got);
	}
	option_list_release(&args.tags);
	assert_string_equal(got.len ? got.s + 1 : "", expected);
}

static void options_and_operands_come_in_any_order(void **state)
{
	(void)state;
	expect(&table, "", "");
	expect(&table, "a b", "(a) (b)");
	expect(&table, "a -f b -d 7 c", "force level=7 (a) (b) (c)");
	expect(&table, "-f -- -d a", "force (-d) (a)");
	expect(&table, "a -- -- b", "(a) (--) (b)");
	expect(&table, "- -f", "force (-)");
	expect(&table, "a  b", "(a) () (b)");
}

static void short_options_cluster_and_take_values(void **state)
{
	(void)state;
	expect(&table, "-fF", "force flat");
	expect(&table, "-d5", "level=5");
	expect(&table, "-d 5", "level=5");
	expect(&table, "-cfd31 in", "force codec=1 level=31 (in)");
	expect(&table, "-cfd 31 in", "force codec=1 level=31 (in)");
	expect(&table, "-ta -t b --tag=c", "tag=a tag=b tag=c");
	expect(&table, "-xx", "calls=2");
	expect(&table, "-d0x1f", "level=31");
	expect(&table, "-t -f", "tag=-f");
}

static void long_options_take_values_both_ways_and_may_be_cut_short(void **state)
{
	(void)state;
	expect(&table, "--level=5", "level=5");
	expect(&table, "--level 5", "level=5");
	expect(&table, "--lev 5", "level=5");
	expect(&table, "--report=", "report=");
	expect(&table, "--report=a=b", "report=a=b");
	expect(&table, "--report --force", "report=--force");
	expect(&table, "--for", "! option '--for' is ambiguous: it could be --force, --format");
	expect(&table, "--forc", "force");
	expect(&table, "--n", "flat");
	expect(&table, "--no", "flat");
	expect(&table, "--map one --map two", "calls=2");
}

static void flags_can_be_taken_back(void **state)
{
	(void)state;
	expect(&table, "--force --no-force", "");
	expect(&table, "--no-force -f", "force");
	expect(&table, "-f --no-forc", "");
	expect(&table, "--no-f",
	       "! option '--no-f' is ambiguous: it could be --no-force, --no-flat");
	expect(&table, "-F --no-non-mmap", "");
	expect(&table, "--no-level", "! unknown option '--no-level'");
	expect(&table, "--no-force=1", "! option '--no-force' takes no value");
	expect(&table, "--no-frce", "! unknown option '--no-frce'; did you mean '--no-force'?");
}

static void the_last_of_many_wins(void **state)
{
	(void)state;
	expect(&table, "-c -z", "codec=2");
	expect(&table, "-z --compress", "codec=1");
	expect(&table, "-d1 -d2", "level=2");
	expect(&table, "--format json --format csv", "format=2");
}

static void hidden_options_work_when_spelled_out(void **state)
{
	(void)state;
	expect(&table, "--secret", "secret");
	expect(&table, "--secre", "! unknown option '--secre'");
}

static void unknown_options_are_named_with_the_nearest(void **state)
{
	(void)state;
	expect(&table, "-q", "! unknown option '-q'");
	expect(&table, "-fq", "! unknown option '-q'");
	expect(&table, "-\xc3\xa9", "! unknown option '-\xc3\xa9'");
	expect(&table, "--levle 3", "! unknown option '--levle'; did you mean '--level'?");
	expect(&table, "--levle=3", "! unknown option '--levle'; did you mean '--level'?");
	expect(&table, "--compresss", "! unknown option '--compresss'; did you mean '--compress'?");
	expect(&table, "--bananas", "! unknown option '--bananas'");
	expect(&table, "--=3", "! unknown option '--'");
	expect(&table, "--hlep", "! unknown option '--hlep'; did you mean '--help'?");
}

static void values_are_checked_and_the_option_named(void **state)
{
	(void)state;
	expect(&table, "-d", "! option '-d' needs a value: <n>");
	expect(&table, "a --level", "! option '--level' needs a value: <n>");
	expect(&table, "--force=1", "! option '--force' takes no value");
	expect(&table, "-d 32", "! option '-d': expected a number from 0 to 31, not '32'");
	expect(&table, "--lev -1", "! option '--level': expected a number from 0 to 31, not '-1'");
	expect(&table, "-d=3", "! option '-d': expected a number from 0 to 31, not '=3'");
	expect(&table, "-d 3x", "! option '-d': expected a number from 0 to 31, not '3x'");
	expect(&table, "-d ", "! option '-d': expected a number from 0 to 31, not ''");
	expect(&table, "-d 99999999999999999999",
	       "! option '-d': expected a number from 0 to 31, not '99999999999999999999'");
	expect(&table, "--format xml",
	       "! option '--format': expected text, csv or json, not 'xml'");
	expect(&table, "--map bad", "! option '--map': 'bad' will not do");
	expect(&table, "-s 1q", "! option '-s': expected a size such as 64k, 16M or 2G, not '1q'");
}

static void sizes_have_suffixes_and_a_limit(void **state)
{
	(void)state;
	expect(&table, "-s 12", "cache=12");
	expect(&table, "-s 64k", "cache=65536");
	expect(&table, "-s 64K", "cache=65536");
	expect(&table, "-s 16M", "cache=16777216");
	expect(&table, "-s2GiB", "cache=2147483648");
	expect(&table, "-s 1t", "cache=1099511627776");
	expect(&table, "-s 9223372036854775807", "cache=9223372036854775807");
	expect(&table, "-s 8388608T",
	       "! option '-s': size '8388608T' is above the limit of 9223372036854775807 bytes");
	expect(&table, "-s 99999999999999999999999",
	       "! option '-s': size '99999999999999999999999' is above the limit of "
	       "9223372036854775807 bytes");
	expect(&table, "-s k", "! option '-s': expected a size such as 64k, 16M or 2G, not 'k'");
	expect(&table, "-s -1", "! option '-s': expected a size such as 64k, 16M or 2G, not '-1'");
	expect(&table, "-s 1kB",
	       "! option '-s': expected a size such as 64k, 16M or 2G, not '1kB'");
}

static void numbers_without_a_limit_say_so(void **state)
{
	autoerr struct err *low = NULL, *any = NULL;
	int64_t value = 77;

	(void)state;
	low = option_parse_int("0", 1, INT64_MAX, &value);
	assert_string_equal(err_message(low), "expected a number not below 1, not '0'");
	any = option_parse_int("one", INT64_MIN, INT64_MAX, &value);
	assert_string_equal(err_message(any), "expected a number, not 'one'");
	assert_int_equal(value, 77);
	assert_null(option_parse_int("-9223372036854775808", INT64_MIN, INT64_MAX, &value));
	assert_true(value == INT64_MIN);
	assert_null(option_parse_int("-0x10", INT64_MIN, INT64_MAX, &value));
	assert_true(value == -16);
}

static void operands_are_counted(void **state)
{
	(void)state;
	expect(&strict, "a b", "(a) (b)");
	expect(&strict, "a", "! an operand is missing; usage: vmtool try [options] <in> <out>");
	expect(&strict, "-f", "! operands are missing; usage: vmtool try [options] <in> <out>");
	expect(&strict, "a b c d",
	       "! unexpected operand 'c'; usage: vmtool try [options] <in> <out>");
}

static void the_first_operand_can_end_the_options(void **state)
{
	(void)state;
	expect(&front, "-f dump -d 99 --nonsense", "force (dump) (-d) (99) (--nonsense)");
	expect(&front, "-f -- dump -d", "force (dump) (-d)");
	expect(&front, "dump -- a", "(dump) (--) (a)");
}

static bool wants_help(const char *line)
{
	autofree char *copy = strdup(line);
	char *argv[ARGC_MAX];

	return options_want_help(&table, split(copy, argv), argv);
}

static void help_is_found_wherever_it_stands(void **state)
{
	(void)state;
	assert_true(wants_help("-h"));
	assert_true(wants_help("a -fh b"));
	assert_true(wants_help("--help"));
	assert_true(wants_help("--he"));
	assert_true(wants_help("-d 99 a b c d e -h"));
	assert_false(wants_help("-- -h"));
	assert_false(wants_help("--report -h"));
	assert_false(wants_help("--nonsense -h"));
	assert_false(wants_help("a b"));
	expect(&table, "-h", "");
}

static void usage_is_aligned_and_wrapped(void **state)
{
	static const struct option some[] = {
		OPT_GROUP("Which pages"),
		OPT_INT('d', "level", struct args, level, 0, 31, "<n>",
			"leave out the pages of some classes; the sum of what is to be left out of "
			"the dump, one number for each class"),
		OPT_SET('z', NULL, struct args, codec, CODEC_ZSTD, "compress with zstd"),
		OPT_GROUP("Other"),
		OPT_STRING(0, "a-really-long-option", struct args, report, "<value>", "too wide"),
		OPT_HIDDEN_FLAG(0, "secret", struct args, secret, "unseen"),
	};
	static const struct option_table t = {
		.invocation = "vmtool try",
		.synopsis = "[options] <in> <out>\n--list",
		.about = "Tries out how a table of options looks when it is shown to people, who "
			 "like "
			 "short lines.",
		.option = some,
		.option_nr = ARRAY_SIZE(some),
	};
	guard(str) struct str out = STR_INIT;

	(void)state;
	usage_text(&t, &out);
	assert_string_equal(
		out.s,
		"usage: vmtool try [options] <in> <out>\n"
		"   or: vmtool try --list\n"
		"\n"
		"Tries out how a table of options looks when it is shown to people, who like\n"
		"short lines.\n"
		"\n"
		"Which pages\n"
		"    -d, --level <n>  leave out the pages of some classes; the sum of what is to\n"
		"                     be left out of the dump, one number for each class\n"
		"    -z               compress with zstd\n"
		"\n"
		"Other\n"
		"        --a-really-long-option <value>\n"
		"                     too wide\n"
		"\n"
		"    -h, --help       print this text\n");
}

static void usage_of_a_bare_table_is_help_alone(void **state)
{
	static const struct option_table t = { .invocation = "vmtool try", .synopsis = "" };
	guard(str) struct str out = STR_INIT;

	(void)state;
	usage_text(&t, &out);
	assert_string_equal(out.s, "usage: vmtool try\n\n    -h, --help  print this text\n");
}

static void the_list_has_a_line_for_each_visible_option(void **state)
{
	guard(str) struct str out = STR_INIT;

	(void)state;
	usage_list(&table, &out);
	assert_ptr_equal(strstr(out.s, "d\tlevel\t<n>\t-\tleave out classes of pages\n"), out.s);
	assert_non_null(strstr(out.s, "\nx\t-\t-\t-\tcount\n"));
	assert_non_null(strstr(out.s, "\n-\treport\t<file>\t-\treport file\n"));
	assert_non_null(strstr(out.s, "\nh\thelp\t-\t-\tprint this text\n"));
	assert_non_null(strstr(out.s, "\n-\tformat\t<format>\ttext,csv,json\ttext, csv or json\n"));
	assert_null(strstr(out.s, "secret"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options_and_operands_come_in_any_order),
		cmocka_unit_test(short_options_cluster_and_take_values),
		cmocka_unit_test(long_options_take_values_both_ways_and_may_be_cut_short),
		cmocka_unit_test(flags_can_be_taken_back),
		cmocka_unit_test(the_last_of_many_wins),
		cmocka_unit_test(hidden_options_work_when_spelled_out),
		cmocka_unit_test(unknown_options_are_named_with_the_nearest),
		cmocka_unit_test(values_are_checked_and_the_option_named),
		cmocka_unit_test(sizes_have_suffixes_and_a_limit),
		cmocka_unit_test(numbers_without_a_limit_say_so),
		cmocka_unit_test(operands_are_counted),
		cmocka_unit_test(the_first_operand_can_end_the_options),
		cmocka_unit_test(help_is_found_wherever_it_stands),
		cmocka_unit_test(usage_is_aligned_and_wrapped),
		cmocka_unit_test(usage_of_a_bare_table_is_help_alone),
		cmocka_unit_test(the_list_has_a_line_for_each_visible_option),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
