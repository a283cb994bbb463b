// SPDX-License-Identifier: GPL-2.0-or-later
#ifdef __x86_64__
#include <asm/unistd_32.h>
#endif

#include "util/stat/syscalls.h"

#define S(name) { __NR_##name, #name },
const struct syscall_entry syscalls_ia32[] = {
#ifdef __x86_64__
#include "util/stat/syscalls-ia32.inc"
#endif
	{ 0, NULL },
};
