// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Any bytes as the kallsyms tables of a kernel, and as its image when that is searched for BTF. The
 * input lies over the fake kernel's image from the place on where the tables are said to be.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/lib/fakekernel.h"
#include "tests/lib/kallsymstables.h"
#include "util/kernel/layout.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The last of the memory there is: tables that do not end run out of it soon. */
enum { TABLES_AT = 0x4b000, TABLES_BYTES = 0x5000 };

/* libFuzzer calls without a context. */
static struct fakekernel fake;
static struct vmcoreinfo *info;
static struct vtop vtop;

static void setup(void)
{
	unsigned long long at = FAKE_TEXT_VADDR + TABLES_AT;

	fakekernel_init(&fake, &(struct fakekernel_config){ .levels = 4 });
	str_printf(
		&fake.info,
		"SYMBOL(_stext)=%llx\nSYMBOL(swapper_pg_dir)=%llx\nSYMBOL(kallsyms_num_syms)=%llx\n"
		"SYMBOL(kallsyms_relative_base)=%llx\nSYMBOL(kallsyms_offsets)=%llx\n"
		"SYMBOL(kallsyms_token_index)=%llx\nSYMBOL(kallsyms_token_table)=%llx\n"
		"SYMBOL(kallsyms_names)=%llx\n",
		FAKE_TEXT_VADDR + 0ULL, FAKE_TEXT_VADDR + 0x10000ULL, at + KALLSYMSTABLES_NUMBER,
		at + KALLSYMSTABLES_BASE, at + KALLSYMSTABLES_OFFSETS, at + KALLSYMSTABLES_INDEX,
		at + KALLSYMSTABLES_TOKENS, at + KALLSYMSTABLES_NAMES);
	if (vmcoreinfo_parse(fake.info.s, fake.info.len, &info) ||
	    vtop_init(&vtop, &fake.image, info))
		abort();
	/* Of the GiB where a kernel may be, what there is. */
	vtop.image_start = FAKE_TEXT_VADDR;
	vtop.image_end = FAKE_TEXT_VADDR + TABLES_AT + TABLES_BYTES;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct layout layout;
	uint8_t *tables;
	uint64_t value;
	struct err *e;

	if (!info)
		setup();
	tables = fakemem_at(&fake.mem, fakekernel_uts(&fake) - 0x1000 + TABLES_AT);
	memset(tables, 0, TABLES_BYTES);
	memcpy(tables, data, MIN(size, (size_t)TABLES_BYTES));

	layout = layout_init(info);
	e = layout_open(&layout, &vtop, NULL);
	if (!e)
		e = layout_unsigned(&layout, "OFFSET(page.compound_head)", &value);
	err_free(e);
	layout_forget_types(&layout);
	return 0;
}
