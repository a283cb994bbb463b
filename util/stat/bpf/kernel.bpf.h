/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the BPF programs use of the kernel. Its structures are declared with the members that are
 * used; where these lie comes from the running kernel's BTF when the programs are loaded (CO-RE).
 */
#ifndef VMTOOL_STAT_BPF_KERNEL_BPF_H
#define VMTOOL_STAT_BPF_KERNEL_BPF_H

typedef unsigned char __u8;
typedef unsigned short __u16;
typedef unsigned int __u32;
typedef __UINT64_TYPE__ __u64;
typedef signed char __s8;
typedef short __s16;
typedef int __s32;
typedef __INT64_TYPE__ __s64;
typedef __u16 __be16;
typedef __u32 __be32;
typedef __u32 __wsum;
typedef _Bool bool;

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "util/stat/bpf/shared.h"

/* From the kernel's ABI (linux/bpf.h, asm/ and linux/mman.h): these never change. */
enum {
	BPF_MAP_TYPE_HASH = 1,
	BPF_MAP_TYPE_ARRAY = 2,
	BPF_MAP_TYPE_PERCPU_ARRAY = 6,
	BPF_ANY = 0,
	BPF_NOEXIST = 1,
	MAP_GROWSDOWN = 0x100,
	MAP_ANONYMOUS = 0x20,
	MAP_STACK = 0x20000,
	MAP_HUGETLB = 0x40000,
	MREMAP_DONTUNMAP = 4,
	X32_BIT = 0x40000000,
	TS_COMPAT = 2,
	ERRNO_MAX = 4095,
	NO_POINTER_BELOW = 4096,
	EINTR = 4,
	ERESTARTSYS = 512, /* the first and the last by which a call asks to be begun again */
	ERESTART_RESTARTBLOCK = 516,
};

enum {
	SLOTS_LOG2 = 12,
	SLOT_NR = 1 << SLOTS_LOG2,
};

#define relocated __attribute__((preserve_access_index))

struct thread_info {
	__u32 status; /* x86 */
} relocated;

struct mm_struct {
	unsigned long brk;
	int map_count;
} relocated;

struct cgroup {
	int level;
	__u64 ancestor_ids[]; /* before 6.1 */
} relocated;

struct css_set {
	struct cgroup *dfl_cgrp;
} relocated;

struct task_struct {
	struct thread_info thread_info;
	struct mm_struct *mm;
	unsigned short migration_disabled;
	int pid;
	int tgid;
	struct css_set *cgroups;
} relocated;

#if defined(__TARGET_ARCH_x86)
struct pt_regs {
	unsigned long bx, cx, dx, si, di, bp, r10, r8;
} relocated;
#define NATIVE_ARG(regs, n)                                                                        \
	((n) == 0 ? (regs)->di : (n) == 1 ? (regs)->si : (n) == 2 ? (regs)->dx : (regs)->r10)
#define COMPAT_ARG(regs, n)                                                                        \
	((n) == 0 ? (regs)->bx : (n) == 1 ? (regs)->cx : (n) == 2 ? (regs)->dx : (regs)->si)
#elif defined(__TARGET_ARCH_arm64)
struct pt_regs {
	unsigned long regs[31];
	unsigned long orig_x0;
} relocated;
#define NATIVE_ARG(r, n) ((n) == 0 ? (r)->orig_x0 : (r)->regs[n])
#define COMPAT_ARG(r, n) NATIVE_ARG(r, n)
#else
#error "registers of this architecture are not known here"
#endif

struct page;

/* What programs on events are given; events/raw_syscalls/ in tracefs: as it is since 2.6.33. */
struct enter_event {
	__u64 common;
	long id;
	unsigned long args[6];
};

struct leave_event {
	__u64 common;
	long id;
	long ret;
};

#endif
