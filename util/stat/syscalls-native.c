// SPDX-License-Identifier: GPL-2.0-or-later
#include <asm/unistd.h>

#include "util/stat/syscalls.h"

#define S(name) { __NR_##name, #name },
const struct syscall_entry syscalls_native[] = {
#include "util/stat/syscalls-native.inc"
	{ 0, NULL },
};
