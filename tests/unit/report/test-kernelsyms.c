// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "tests/lib/opened.h"

static const char kallsyms[] = "ffffffff81000000 T _text\n"
			       "ffffffff81000100 T f\n"
			       "ffffffffc0000000 t bpf_prog_old\t[bpf]\n"
			       "ffffffffc0001000 t g\t[ext4]\n"
			       "ffffffffc0001100 t h\t[ext4]\n";

#define PROGRAM UINT64_C(0xffffffffc0000000)

static void add_ksymbol(struct recording *recording, uint64_t time_ns, uint64_t start, uint32_t len,
			uint16_t flags, const char *name)
{
	uint8_t body[48 + 32] = { 0 }; /* with its trailer */

	store_u64(body, start, ORDER_LITTLE);
	store_u32(body + 8, len, ORDER_LITTLE);
	store_u16(body + 12, PERF_RECORD_KSYMBOL_TYPE_BPF, ORDER_LITTLE);
	store_u16(body + 14, flags, ORDER_LITTLE);
	strncpy((char *)body + 16, name, 31);
	store_u64(body + 48 + 8, time_ns, ORDER_LITTLE);
	store_u64(body + 48 + 24, RECORDING_ALLOC_ID, ORDER_LITTLE);
	recording_add(recording, PERF_RECORD_KSYMBOL, 0, body, sizeof(body));
}

static void next_sample(struct session *session)
{
	struct session_sample sample;

	assert_null(session_next(session, &sample));
	assert_non_null(sample.event);
}

/* As perf shows it: "name+0x10 (dso)". */
static void is_frame(struct session *session, uint64_t address, const char *expected)
{
	struct session_frame frame;
	char text[80];

	assert_null(session_frame(session, 1, address, true, &frame));
	snprintf(text, sizeof(text), "%s+%#lx (%s)", frame.function ? frame.function : "?",
		 (unsigned long)frame.offset, frame.dso);
	assert_string_equal(text, expected);
}

static void functions_have_names_and_modules(void **state)
{
	struct recording recording = { .len = 0 };
	struct opened opened;

	recording_free(&recording, 10, 7, 0, 1, 0);
	opened_init(&recording, kallsyms, &opened);
	is_frame(opened.session, 0xffffffff81000120, "f+0x20 ([kernel.kallsyms])");
	is_frame(opened.session, 0xffffffffc0001010, "g+0x10 ([ext4])");
	is_frame(opened.session, 0x1234, "?+0 ([kernel.kallsyms])");
	opened_release(&opened);
	(void)state;
}

static void code_is_named_while_it_is_there(void **state)
{
	struct recording recording = { .len = 0 };
	struct opened opened;

	recording_free(&recording, 10, 7, 0, 1, 0);
	add_ksymbol(&recording, 15, PROGRAM, 0x100, 0, "bpf_prog_new");
	recording_free(&recording, 20, 7, 0, 1, 0);
	add_ksymbol(&recording, 25, PROGRAM + 0x80, 0x100, 0, "bpf_prog_newer");
	recording_free(&recording, 30, 7, 0, 1, 0);
	add_ksymbol(&recording, 35, PROGRAM + 0x80, 0x100, PERF_RECORD_KSYMBOL_FLAGS_UNREGISTER,
		    "bpf_prog_newer");
	recording_free(&recording, 40, 7, 0, 1, 0);
	opened_init(&recording, kallsyms, &opened);

	for (int round = 0; round < 2; round++) {
		next_sample(opened.session);
		is_frame(opened.session, PROGRAM + 0x90, "bpf_prog_old+0x90 ([bpf])");
		next_sample(opened.session);
		is_frame(opened.session, PROGRAM + 0x90, "bpf_prog_new+0x90 (bpf_prog_new)");
		is_frame(opened.session, PROGRAM + 0x100, "bpf_prog_old+0x100 ([bpf])");
		next_sample(opened.session);
		is_frame(opened.session, PROGRAM + 0x90, "bpf_prog_newer+0x10 (bpf_prog_newer)");
		/* What it overlaps is gone: one mapping has one meaning. */
		is_frame(opened.session, PROGRAM + 0x10, "bpf_prog_old+0x10 ([bpf])");
		next_sample(opened.session);
		is_frame(opened.session, PROGRAM + 0x90, "bpf_prog_old+0x90 ([bpf])");
		assert_null(session_rewind(opened.session));
	}
	opened_release(&opened);
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(functions_have_names_and_modules),
		cmocka_unit_test(code_is_named_while_it_is_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
