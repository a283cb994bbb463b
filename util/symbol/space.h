/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Address spaces of processes over the time of a recording: what was mapped where, and so which
 * function of which file a user address is. Fed with what the records of mappings, forks say,
 * in the order of time. Files are opened when the first address in them is looked up.
 *
 * One thread.
 */
#ifndef VMTOOL_SYMBOL_SPACE_H
#define VMTOOL_SYMBOL_SPACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/base/cleanup.h"
#include "util/base/notes.h"
#include "util/symbol/elf.h"

struct spaces;

must_check struct err *spaces_new(struct notes *notes, struct spaces **ret_spaces);
void spaces_free(struct spaces *spaces);
DEFINE_GUARD(spaces, struct spaces *, spaces_free)

/*
 * What the recording says of the files it maps, before the first of them is: which build each was,
 * for mappings that do not say; and the names of functions, in offsets of the file, which are moved
 * from @functions. @id may have length 0 there.
 */
must_check struct err *spaces_know_build(struct spaces *spaces, const char *path, size_t path_len,
					 const struct build_id *id);
must_check struct err *spaces_know_functions(struct spaces *spaces, const char *path,
					     size_t path_len, const struct build_id *id,
					     struct symtab *functions);

/* @path of @path_len bytes is what the record says: a file, "[vdso]", "//anon". @id may be NULL. */
must_check struct err *spaces_map(struct spaces *spaces, uint32_t pid, uint64_t start, uint64_t len,
				  uint64_t file_offset, const char *path, size_t path_len,
				  const struct build_id *id);
must_check struct err *spaces_fork(struct spaces *spaces, uint32_t parent, uint32_t child);

struct user_place {
	const char *dso;      /* path as recorded; NULL: nothing is mapped there */
	const char *function; /* NULL: no symbol covers it */
	uint64_t address;     /* in the file; the address itself where there is none */
	uint64_t offset;      /* in the function */
	uint64_t function_bytes;
	const struct build_id *id; /* of the file; NULL only without a dso, length 0: not known */
};

/* Texts are valid as long as @spaces. */
must_check struct err *spaces_find(struct spaces *spaces, uint32_t pid, uint64_t address,
				   struct user_place *ret_place);

struct user_mapping {
	const char *path;
	uint64_t start;
	uint64_t end;
	uint64_t file_offset;
};

/* The mapping of a file around @address; false: there is none. */
bool spaces_mapping(const struct spaces *spaces, uint32_t pid, uint64_t address,
		    struct user_mapping *ret_mapping);

/* Forget all mappings, but not the files' symbols: the recording is read again. */
void spaces_clear(struct spaces *spaces);

#endif
