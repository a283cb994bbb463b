/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the BPF programs and the program that loads them agree on: layouts of map values and the
 * meaning of settings. Included on both sides, so it includes nothing.
 */
#ifndef VMTOOL_STAT_BPF_SHARED_H
#define VMTOOL_STAT_BPF_SHARED_H

typedef __UINT8_TYPE__ stat_u8;
typedef __UINT32_TYPE__ stat_u32;
typedef __UINT64_TYPE__ stat_u64;

enum {
	/*
	 * Durations, log-linear: HIST_STEPS buckets to a power of two, so that the middle of a
	 * bucket is within 1/16 of everything in it; values below HIST_STEPS have a bucket each.
	 * The last bucket takes all from 2^40 ns (18 minutes) on.
	 */
	HIST_STEPS_LOG2 = 3,
	HIST_STEPS = 1 << HIST_STEPS_LOG2,
	HIST_TOP_LOG2 = 40,
	HIST_NR = (HIST_TOP_LOG2 - HIST_STEPS_LOG2 + 1) * HIST_STEPS + 1,

	SYSCALL_MAX = 512, /* numbers below have a row of their own in arrays */
	ORDER_NR = 16,	   /* page orders; arm64 with 64K pages has 14 */
};

/* How a system call came in: the numbers mean other things in each. */
enum stat_abi {
	ABI_NATIVE,
	ABI_IA32, /* int 0x80 and 32-bit programs on x86_64 */
	ABI_X32,  /* x86_64 with bit 30 of the number set */
	ABI_NR,
};

/* What a call moves, from its arguments or what it returned. */
enum stat_bytes {
	BYTES_NONE,
	BYTES_RETURNED, /* read, write, ...: the return value */
	BYTES_MMAP,	/* length, whole pages */
	BYTES_MUNMAP,
	BYTES_MADVISE,
	BYTES_MREMAP,	/* the new length, whole pages */
	BYTES_BRK,	/* by how many whole pages the break moved */
	BYTES_OLD_MMAP, /* as BYTES_MMAP, but arguments lie in memory */
	BYTES_MASK = 15,
	WHAT_COUNTED = 16,  /* the call was asked for */
	WHAT_EXEC = 32,	    /* execve, execveat */
	WHAT_RESTORES = 64, /* what it returns is a register of before a signal: no error */
};

enum mapping_kind { MAPPING_ANON, MAPPING_FILE, MAPPING_STACK, MAPPING_HUGETLB, MAPPING_NR };

enum stat_group { GROUP_NONE, GROUP_THREAD, GROUP_PROCESS, GROUP_CGROUP };
enum stat_scope { SCOPE_COMMAND, SCOPE_PROCESSES, SCOPE_THREADS, SCOPE_CGROUP, SCOPE_ALL };

/* All that is counted about one system call. */
struct stat_cell {
	stat_u64 calls; /* begun */
	stat_u64 ended; /* of them; the rest did not return */
	stat_u64 errors;
	stat_u64 bytes;
	stat_u64 total_ns; /* of the ended ones */
	stat_u64 max_ns;
	stat_u64 hist[HIST_NR];
};

/* Address space counts follow from the calls that succeeded, as they were asked for. */
struct stat_memory {
	stat_u64 grown_bytes;  /* mmap, mremap, brk */
	stat_u64 shrunk_bytes; /* munmap, mremap, brk */
	stat_u64 mappings[MAPPING_NR];
	stat_u64 mapping_bytes[MAPPING_NR];
	stat_u64 mappings_peak;		    /* most mappings any process had */
	stat_u64 pages_allocated[ORDER_NR]; /* requests, by order */
	stat_u64 pages_freed[ORDER_NR];
	stat_u64 allocations_failed;
};

struct row_key {
	stat_u64 group; /* tid, tgid or cgroup id; 0 when there are no groups */
	stat_u32 abi;
	stat_u32 nr;
};

struct errno_key {
	stat_u32 abi;
	stat_u32 nr;
	stat_u32 error; /* positive */
	stat_u32 zero;
};

struct group_name {
	stat_u32 tgid;
	char comm[16];
	stat_u32 zero;
};

/* What happened that the tables do not show. */
struct stat_missed {
	stat_u64 tasks;	 /* a task was not followed: the map of tasks was full */
	stat_u64 rows;	 /* a call was not counted: the map of rows was full */
	stat_u64 errnos; /* an errno was not: that map was full */
};

#endif
