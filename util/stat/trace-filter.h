/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The seccomp filter by which a command stops at the calls that are counted and at no others, for
 * source "ptrace". TRACE_NATIVE_ARCH is there where the numbers of calls are known.
 */
#ifndef VMTOOL_STAT_TRACE_FILTER_H
#define VMTOOL_STAT_TRACE_FILTER_H

#include <linux/audit.h>
#include <linux/filter.h>

#include "util/base/err.h"
#include "util/stat/syscalls.h"

#if defined(__x86_64__)
#define TRACE_NATIVE_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define TRACE_NATIVE_ARCH AUDIT_ARCH_AARCH64
#endif

enum { TRACE_X32_BIT = 0x40000000 }; /* of a number: asm/unistd.h */

/* ret_program->filter is the caller's to free. */
must_check struct err *trace_filter_make(const struct syscall_set *set,
					 struct sock_fprog *ret_program);

#endif
