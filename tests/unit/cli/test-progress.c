// SPDX-License-Identifier: GPL-2.0-or-later
/* The clock is a number the tests move; the console a stream in memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "util/cli/progress.h"

#define MS UINT64_C(1000000)
#define MIB (UINT64_C(1) << 20)

struct console {
	char *text;
	size_t len;
	FILE *out;
	uint64_t now_ns;
};

static uint64_t now_ns(void *ctx)
{
	return ((struct console *)ctx)->now_ns;
}

static struct progress *start(struct console *console)
{
	struct progress_config config = { .force = true, .now_ns = now_ns, .ctx = console };
	struct progress *progress;

	*console = (struct console){ .now_ns = 12345 };
	console->out = open_memstream(&console->text, &console->len);
	assert_non_null(console->out);
	config.out = console->out;
	progress = progress_new(&config);
	assert_non_null(progress);
	return progress;
}

/* What was written since the last look. */
static void wrote(struct console *console, const char *expected)
{
	fflush(console->out);
	assert_string_equal(console->text, expected);
	rewind(console->out);
	fputs("", console->out);
	memset(console->text, 0, console->len);
}

static void end(struct console *console, struct progress *progress)
{
	progress_free(progress);
	fclose(console->out);
	free(console->text);
}

static void the_first_line_comes_after_a_second(void **state)
{
	struct console console;
	struct progress *progress = start(&console);

	(void)state;
	progress_update(progress, "write", 0, 300 * MIB);
	console.now_ns += 999 * MS;
	progress_update(progress, "write", 99 * MIB, 300 * MIB);
	wrote(&console, "");
	console.now_ns += 1 * MS;
	progress_update(progress, "write", 100 * MIB, 300 * MIB);
	wrote(&console, "\rwrite  33.3%  100 MiB of 300 MiB  100 MiB/s  0:03 left");
	end(&console, progress);
}

static void lines_come_once_a_second_and_cover_each_other(void **state)
{
	struct console console;
	struct progress *progress = start(&console);

	(void)state;
	progress_update(progress, "write", 0, 100 * MIB);
	console.now_ns += 1000 * MS;
	progress_update(progress, "write", 10 * MIB, 100 * MIB);
	wrote(&console, "\rwrite  10.0%  10.0 MiB of 100 MiB  10.0 MiB/s  0:10 left");
	for (int i = 0; i < 9; i++) {
		console.now_ns += 100 * MS;
		progress_update(progress, "write", 20 * MIB, 100 * MIB);
	}
	wrote(&console, "");
	console.now_ns += 100 * MS;
	progress_update(progress, "write", 100 * MIB, 100 * MIB);
	wrote(&console, "\rwrite  100.0%  100 MiB of 100 MiB  50.0 MiB/s           ");
	progress_clear(progress);
	wrote(&console, "\r                                             \r");
	progress_clear(progress);
	wrote(&console, "");
	end(&console, progress);
}

static void each_phase_has_a_rate_of_its_own(void **state)
{
	struct console console;
	struct progress *progress = start(&console);

	(void)state;
	progress_update(progress, "plan", 0, 1000 * MIB);
	console.now_ns += 500 * MS;
	progress_update(progress, "plan", 1000 * MIB, 1000 * MIB);
	progress_update(progress, "write", 0, 1000 * MIB);
	console.now_ns += 500 * MS;
	progress_update(progress, "write", 1 * MIB, 1000 * MIB);
	wrote(&console, "\rwrite  0.1%  1.00 MiB of 1000 MiB  2.00 MiB/s  8:20 left");
	end(&console, progress);
}

static void the_rate_forgets_what_is_long_past(void **state)
{
	struct console console;
	struct progress *progress = start(&console);
	uint64_t done = 0;

	(void)state;
	progress_update(progress, "write", 0, 0);
	console.now_ns += 1000 * MS;
	progress_update(progress, "write", done += 1000 * MIB, 0);
	for (int i = 0; i < 16; i++) {
		console.now_ns += 1000 * MS;
		progress_update(progress, "write", done += MIB, 0);
	}
	fflush(console.out);
	assert_non_null(strstr(console.text, "\rwrite  1016 MiB  1.00 MiB/s"));
	end(&console, progress);
}

static void what_stands_still_or_overshoots_makes_no_nonsense(void **state)
{
	struct console console;
	struct progress *progress = start(&console);

	(void)state;
	progress_update(progress, "write", 0, 100);
	console.now_ns += 2000 * MS;
	progress_update(progress, "write", 0, 100);
	wrote(&console, "\rwrite  0.0%  0 B of 100 B");
	console.now_ns += 2000 * MS;
	progress_update(progress, "write", 200, 100);
	wrote(&console, "\rwrite  100.0%  100 B of 100 B  25 B/s");
	console.now_ns += 2000 * MS;
	progress_update(progress, "other", UINT64_MAX, UINT64_MAX);
	console.now_ns += 1000 * MS;
	end(&console, progress);
}

static void lines_fit_a_narrow_console(void **state)
{
	static const char phase[] = "a phase with a name that nobody would give to a phase because "
				    "it is far too long";
	struct console console;
	struct progress *progress = start(&console);

	(void)state;
	progress_update(progress, phase, 0, 0);
	console.now_ns += 1000 * MS;
	progress_update(progress, phase, 0, 0);
	fflush(console.out);
	assert_int_equal(strlen(console.text), 1 + 79);
	end(&console, progress);
}

static void nothing_is_shown_in_a_pipe(void **state)
{
	struct progress_config config = { .out = tmpfile() };

	(void)state;
	assert_non_null(config.out);
	assert_null(progress_new(&config));
	progress_update(NULL, "write", 1, 2);
	progress_clear(NULL);
	progress_free(NULL);
	fclose(config.out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_line_comes_after_a_second),
		cmocka_unit_test(lines_come_once_a_second_and_cover_each_other),
		cmocka_unit_test(each_phase_has_a_rate_of_its_own),
		cmocka_unit_test(the_rate_forgets_what_is_long_past),
		cmocka_unit_test(what_stands_still_or_overshoots_makes_no_nonsense),
		cmocka_unit_test(lines_fit_a_narrow_console),
		cmocka_unit_test(nothing_is_shown_in_a_pipe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
