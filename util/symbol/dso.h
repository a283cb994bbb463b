/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A file that processes mapped, and its functions: those the recording holds, else those of the
 * file itself, wherever it is found. Of a file whose build is known, no other build's are taken.
 *
 * Where it looks, in this order: the path as recorded, the file system of a process that mapped it
 * (containers), perf's cache of files by build-id (~/.debug). "[vdso]" is our own, and
 * "/tmp/perf-PID.map" a list of functions that a compiler at run time wrote
 * (tools/perf/Documentation/jit-interface.txt).
 *
 * One thread.
 */
#ifndef VMTOOL_SYMBOL_DSO_H
#define VMTOOL_SYMBOL_DSO_H

#include "util/base/notes.h"
#include "util/symbol/elf.h"

struct dso {
	char *path;
	struct build_id id; /* of the file that was mapped; filled in from the file where unknown */
	uint32_t pid;	    /* of the first process that mapped it */

	bool has_stored; /* the recording names those functions its samples are in */
	struct symtab stored;

	bool loaded;
	struct symtab tab;
};

/* @path is copied. */
must_check struct err *dso_new(const char *path, uint32_t pid, struct dso **ret_dso);
void dso_free(struct dso *dso);
DEFINE_GUARD(dso, struct dso *, dso_free)

struct dso_function {
	const char *name; /* NULL: no symbol covers the address; as long as @dso */
	uint64_t start;
	uint64_t end;
};

/* At an offset in the file, or an address of code made at run time. */
void dso_find(struct dso *dso, struct notes *notes, uint64_t address, struct dso_function *ret);

#endif
