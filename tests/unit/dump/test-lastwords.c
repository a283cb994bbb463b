// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/lib/expect.h"

#include <string.h>

#include "util/dump/lastwords.h"

/* A log of a message a second. */
static struct last_words words_of(const char *const *messages, size_t nr)
{
	struct last_words words = { .uptime_ns = 0 };

	for (size_t i = 0; i < nr; i++) {
		struct printk_record record = {
			.seq = i,
			.ts_nsec = (i + 1) * UINT64_C(1000000000),
			.text = messages[i],
			.len = strlen(messages[i]),
		};

		expect_ok(last_words_add(&words, &record));
	}
	return words;
}

static void an_oops_begins_with_its_cause_and_has_a_place(void **state)
{
	static const char *const x86[] = {
		"Linux version 6.12",
		"BUG: kernel NULL pointer dereference, address: 0000000000000008",
		"#PF: supervisor read access in kernel mode",
		"Oops: Oops: 0000 [#1] PREEMPT SMP",
		"CPU: 1 UID: 0 PID: 77 Comm: sh Not tainted",
		"RIP: 0010:ext4_fill_super+0x12/0x34",
		"RIP: 0033:0x7f0123456789",
		"Kernel panic - not syncing: Fatal exception\nand a second line",
		"---[ end Kernel panic - not syncing: Fatal exception ]---",
	};
	struct last_words words = words_of(x86, ARRAY_SIZE(x86));

	(void)state;
	assert_string_equal(words.oops.text,
			    "BUG: kernel NULL pointer dereference, address: 0000000000000008");
	assert_int_equal(words.oops.ts_nsec, 2000000000);
	assert_string_equal(words.where.text, "RIP: 0010:ext4_fill_super+0x12/0x34");
	assert_string_equal(words.panic.text, "Kernel panic - not syncing: Fatal exception");
	assert_int_equal(words.panic.ts_nsec, 8000000000);
	assert_int_equal(words.uptime_ns, 9000000000);
}

/* As Debian's 7.2 said it in QEMU. */
static void loongarch_says_first_which_cpu(void **state)
{
	static const char *const loongarch[] = {
		("CPU 0 Unable to handle kernel paging request at virtual address "
		 "ffff800000008064, era == 9000000000eb8228, ra == 9000000000eb8210"),
		"Oops[#1]:",
		"CPU: 0 UID: 0 PID: 1 Comm: swapper/0 Not tainted 7.2.13+deb14-loong64 #1",
		"   ra: 9000000000eb8210 i8042_flush+0x40/0x160",
		"  ERA: 9000000000eb8228 i8042_flush+0x58/0x160",
		"Kernel panic - not syncing: Attempted to kill init! exitcode=0x0000000b",
	};
	static const char *const without_cause[] = {
		"CPU 1",
		"CPU x BUG: ",
		"CPU 12 is offline",
		"Oops[#1]:",
		"  ERA: 9000000000eb8228 i8042_flush+0x58/0x160",
	};
	struct last_words words = words_of(loongarch, ARRAY_SIZE(loongarch));

	(void)state;
	assert_string_equal(words.oops.text, loongarch[0]);
	assert_string_equal(words.where.text, loongarch[4]);
	words = words_of(without_cause, ARRAY_SIZE(without_cause));
	assert_string_equal(words.oops.text, without_cause[3]);
	assert_string_equal(words.where.text, without_cause[4]);
}

static void the_last_oops_counts(void **state)
{
	static const char *const arm64[] = {
		"Unable to handle kernel NULL pointer dereference at virtual address 0",
		"Internal error: Oops: 0000000096000044 [#1] SMP",
		"pc : first+0x10/0x20",
		"Internal error: Oops - BUG: 00000000f2000800 [#2] SMP",
		"pc : second+0x10/0x20",
		"all is quiet",
	};
	static const char *const without_place[] = {
		"BUG: kernel NULL pointer dereference, address: 0",
		"RIP: 0010:first+0x12/0x34",
		"watchdog: BUG: soft lockup - CPU#1 stuck for 26s! [x:1]",
		"BUG: workqueue lockup - pool cpus=0",
	};
	struct last_words words = words_of(arm64, 2);

	(void)state;
	assert_string_equal(words.oops.text, arm64[0]);
	words = words_of(arm64, ARRAY_SIZE(arm64));
	assert_string_equal(words.oops.text, arm64[3]);
	assert_string_equal(words.where.text, arm64[4]);
	assert_string_equal(words.panic.text, "");
	words = words_of(without_place, ARRAY_SIZE(without_place));
	assert_string_equal(words.oops.text, without_place[3]);
	assert_string_equal(words.where.text, "");
}

static void what_only_mentions_them_is_none(void **state)
{
	static const char *const quiet[] = {
		"",
		"test: BUG: not at the beginning",
		"Kernel panic",
		"RIP: 0010:nothing_before+0x12/0x34",
	};
	struct last_words words = words_of(quiet, ARRAY_SIZE(quiet));

	(void)state;
	assert_string_equal(words.oops.text, "");
	assert_string_equal(words.where.text, "");
	assert_string_equal(words.panic.text, "");
}

static void a_long_line_is_cut(void **state)
{
	char text[LAST_WORDS_BYTES * 2] = "BUG: ";
	const char *const messages[] = { text };
	struct last_words words;

	(void)state;
	memset(text + 5, 'x', sizeof(text) - 6);
	words = words_of(messages, 1);
	assert_int_equal(strlen(words.oops.text), LAST_WORDS_BYTES - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_oops_begins_with_its_cause_and_has_a_place),
		cmocka_unit_test(loongarch_says_first_which_cpu),
		cmocka_unit_test(the_last_oops_counts),
		cmocka_unit_test(what_only_mentions_them_is_none),
		cmocka_unit_test(a_long_line_is_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
