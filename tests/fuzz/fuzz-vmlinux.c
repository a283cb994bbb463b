// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Any bytes as a vmlinux: its release and build id, its types, from DWARF (where libdw is) or .BTF,
 * and its symbols, compared with VMCOREINFO and made into one.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/memory-file.h"
#include "util/base/macros.h"
#include "util/kernel/makeinfo.h"
#include "util/kernel/samebuild.h"
#include "util/kernel/vmlinux.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* libFuzzer calls without a context. */
static char path[MEMORY_FILE_PATH_MAX];
static struct vmcoreinfo *info;
static int fd = -1;

static void setup(void)
{
	static const char text[] = "SYMBOL(_stext)=ffffffff9a000000\nBUILD-ID=00\n";

	fd = memory_file_new(path);
	if (vmcoreinfo_parse(text, strlen(text), &info))
		abort();
}

static void look(struct vmlinux *vmlinux)
{
	static const char *const names[] = { "page", "zone", "free_area", "pageflags" };
	struct kallsyms_wanted wanted[] = { { .name = "init_uts_ns" }, { .name = "mem_section" } };
	const struct btf *btf;
	const char *from;
	struct err *why_not = NULL;
	struct err *e;

	err_free(samebuild_check(vmlinux, &(struct samebuild_kernel){ "6.1.0", "#1 SMP", info },
				 NULL));
	err_free(vmlinux_symbols(vmlinux, info, wanted, ARRAY_SIZE(wanted)));
	e = vmlinux_types(vmlinux, names, ARRAY_SIZE(names), &btf, &from, &why_not);
	if (!e)
		e = btf_struct(btf, "page", &(uint32_t){ 0 });
	err_free(why_not);
	err_free(e);
}

/* VMCOREINFO of it, which asks for the types once more. */
static void make(void)
{
	guard(vmlinux) struct vmlinux *vmlinux = NULL;
	guard(str) struct str text = STR_INIT;
	struct err *e = vmlinux_open(path, &vmlinux);

	if (!e)
		e = makeinfo(vmlinux, &text, NULL);
	err_free(e);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vmlinux *vmlinux;
	struct err *e;

	if (fd < 0)
		setup();
	memory_file_set(fd, data, size);
	e = vmlinux_open(path, &vmlinux);
	if (e) {
		err_free(e);
		return 0;
	}
	look(vmlinux);
	vmlinux_close(vmlinux);
	make();
	return 0;
}
