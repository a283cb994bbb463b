/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * System calls by number and by name, as section 2 of the manual names them, for each way into the
 * kernel; and sets of them, chosen by names, globs and groups.
 *
 * Names come from libseccomp where it is built in, else from the kernel headers vmtool was built
 * with. A number neither knows is called "syscall_<number>".
 */
#ifndef VMTOOL_STAT_SYSCALLS_H
#define VMTOOL_STAT_SYSCALLS_H

#include <stdbool.h>
#include <stdint.h>

#include "util/base/err.h"
#include "util/stat/model.h"

struct syscall_name {
	char text[48];
};

/* "read"; "ia32:read" and "x32:read" for those that came in by another door. */
struct syscall_name syscall_name(enum stat_abi abi, uint32_t nr);

/* The native number of @name, -1 if there is none. */
int syscall_number(const char *name);

/* Which calls to count, and what each moves: enum stat_bytes, 0 for those not in the set. */
struct syscall_set {
	uint8_t what[ABI_NR][SYSCALL_MAX];
	bool unknown; /* numbers from SYSCALL_MAX on as well */
};

/* None, but execs are marked in every set (WHAT_EXEC): what a command does counts from there. */
void syscall_set_init(struct syscall_set *set);

/* All of them. */
void syscall_set_all(struct syscall_set *set);

/*
 * Adds those that @word stands for: a name, a glob ("*at", "pread*"), or a group (memory, file,
 * network, process), of all ABIs or, after "ia32:" or "x32:", of that one. ERR_USAGE, with what may
 * have been meant, when it stands for none.
 */
must_check struct err *syscall_set_add(struct syscall_set *set, const char *word);
/* Does @word begin with "ia32:" or "x32:", and so is no tracepoint? */
bool syscall_word_has_abi(const char *word);

bool syscall_set_has(const struct syscall_set *set, const char *name);
bool syscall_set_is_empty(const struct syscall_set *set);

/* Native calls in the set, in the order of their numbers; @visit gets each. */
void syscall_set_each(const struct syscall_set *set, void (*visit)(uint32_t nr, void *data),
		      void *data);

/* The symbol of an errno ("ENOENT"), those that only the kernel uses too; NULL: not known. */
const char *errno_symbol(unsigned int error);

/* A table for one ABI, ends with a NULL name. From the kernel's headers, by make. */
struct syscall_entry {
	uint32_t nr;
	const char *name;
};
extern const struct syscall_entry syscalls_native[];
extern const struct syscall_entry syscalls_ia32[];
extern const struct syscall_entry syscalls_x32[];

#endif
