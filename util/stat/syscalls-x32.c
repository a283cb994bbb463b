// SPDX-License-Identifier: GPL-2.0-or-later
#ifdef __x86_64__
#define __X32_SYSCALL_BIT 0 /* numbers without the bit that says they are x32's */
#include <asm/unistd_x32.h>
#endif

#include "util/stat/syscalls.h"

#define S(name) { __NR_##name, #name },
const struct syscall_entry syscalls_x32[] = {
#ifdef __x86_64__
#include "util/stat/syscalls-x32.inc"
#endif
	{ 0, NULL },
};
