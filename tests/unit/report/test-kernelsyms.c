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
	/* With its trailer, and one too many: its kernel told another recorder before. */
	uint8_t body[16 + 32 + 32 + 32] = { 0 };
	uint8_t *trailer = body + 16 + strlen(name) / 8 * 8 + 8;

	store_u64(body, start, ORDER_LITTLE);
	store_u32(body + 8, len, ORDER_LITTLE);
	store_u16(body + 12, PERF_RECORD_KSYMBOL_TYPE_BPF, ORDER_LITTLE);
	store_u16(body + 14, flags, ORDER_LITTLE);
	strncpy((char *)body + 16, name, 31);
	store_u64(trailer + 8, time_ns, ORDER_LITTLE);
	store_u64(trailer + 24, RECORDING_ALLOC_ID, ORDER_LITTLE);
	store_u64(trailer + 32 + 8, UINT64_C(1) << 60, ORDER_LITTLE);
	store_u64(trailer + 32 + 24, RECORDING_ALLOC_ID, ORDER_LITTLE);
	recording_add(recording, PERF_RECORD_KSYMBOL, 0, body, (size_t)(trailer + 32 + 32 - body));
}

/* As perf writes it of the kernel itself (@text: where _text was) and of modules. */
static void add_map(struct recording *recording, uint64_t start, uint64_t len, uint64_t offset,
		    const char *path)
{
	uint8_t body[32 + 64 + 32] = { 0 }; /* with its trailer */

	store_u32(body, UINT32_MAX, ORDER_LITTLE);
	store_u64(body + 8, start, ORDER_LITTLE);
	store_u64(body + 16, len, ORDER_LITTLE);
	store_u64(body + 24, offset, ORDER_LITTLE);
	strncpy((char *)body + 32, path, 63);
	recording_add(recording, PERF_RECORD_MMAP, PERF_RECORD_MISC_KERNEL, body, sizeof(body));
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
	uint64_t first_ns, last_ns;

	recording_free(&recording, 10, 7, 0, 1, 0);
	add_ksymbol(&recording, 15, PROGRAM, 0x100, 0, "bpf_prog_new");
	recording_free(&recording, 20, 7, 0, 1, 0);
	add_ksymbol(&recording, 25, PROGRAM + 0x80, 0x100, 0, "bpf_prog_newer");
	recording_free(&recording, 30, 7, 0, 1, 0);
	add_ksymbol(&recording, 35, PROGRAM + 0x80, 0x100, PERF_RECORD_KSYMBOL_FLAGS_UNREGISTER,
		    "bpf_prog_newer");
	recording_free(&recording, 40, 7, 0, 1, 0);
	opened_init(&recording, kallsyms, &opened);
	perfdata_time_range(session_perfdata(opened.session), &first_ns, &last_ns);
	assert_int_equal(last_ns, 40);

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

static void opened_with_text(uint64_t text, uint64_t module, const char *path,
			     struct opened *ret_opened)
{
	struct recording recording = { .len = 0 };

	add_map(&recording, text, 0x20000000, text, "[kernel.kallsyms]_text");
	add_map(&recording, module, 0x4000, 0, path);
	recording_free(&recording, 10, 7, 0, 1, 0);
	opened_init(&recording, kallsyms, ret_opened);
	next_sample(ret_opened->session);
}

static void another_boot_moves_the_kernel_but_not_its_modules(void **state)
{
	struct opened opened;

	/* Everything 0x1000000 further on, and ext4 still there by chance. */
	opened_with_text(0xffffffff82000000, 0xffffffffc0001000, "[ext4]", &opened);
	is_frame(opened.session, 0xffffffff82000120, "f+0x20 ([kernel.kallsyms])");
	is_frame(opened.session, 0xffffffffc0001010, "?+0 ([ext4])");
	/* What lies there now was not there then. */
	is_frame(opened.session, 0xffffffffc1001010, "?+0 ([kernel.kallsyms])");
	opened_release(&opened);
	(void)state;
}

static void in_one_boot_a_module_is_where_it_was_or_unknown(void **state)
{
	struct opened opened;

	opened_with_text(0xffffffff81000000, 0xffffffffc0001000,
			 "/lib/modules/6.1.0/kernel/fs/ext4/ext4.ko.xz", &opened);
	is_frame(opened.session, 0xffffffffc0001010, "g+0x10 ([ext4])");
	opened_release(&opened);
	/* It was there, and is elsewhere now. */
	opened_with_text(0xffffffff81000000, 0xfffffffffbfff000, "[ext4]", &opened);
	is_frame(opened.session, 0xfffffffffbfff010, "?+0 ([ext4])");
	opened_release(&opened);
	/* Another one was there. */
	opened_with_text(0xffffffff81000000, 0xffffffffc0001000, "[nf_tables]", &opened);
	is_frame(opened.session, 0xffffffffc0001110, "?+0 ([nf_tables])");
	opened_release(&opened);
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(functions_have_names_and_modules),
		cmocka_unit_test(code_is_named_while_it_is_there),
		cmocka_unit_test(another_boot_moves_the_kernel_but_not_its_modules),
		cmocka_unit_test(in_one_boot_a_module_is_where_it_was_or_unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
