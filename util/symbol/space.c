// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/symbol/space.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/base/keyset.h"
#include "util/base/macros.h"
#include "util/symbol/dso.h"

enum {
	BUILDS_MAX = 1 << 14,
	MAPPINGS_MAX = 1 << 20, /* of one process; the kernel's own limit is 65530 */
};

struct mapping {
	uint64_t start;
	uint64_t end;
	uint64_t file_offset;
	uint32_t dso;
	bool is_file; /* addresses in the file; else the mapped ones themselves */
};

struct space {
	struct mapping *mapping; /* ascending, without overlaps */
	size_t nr;
	size_t capacity;
};

/* One that a path stood for, by what the recording says. */
struct build {
	uint32_t path;
	struct build_id id;
};

struct spaces {
	struct notes *notes;
	struct names paths;
	struct build *build;
	size_t builds_nr;
	struct keyset dsos; /* path, hash of the build-id */
	struct dso **dso;
	size_t dsos_capacity;
	struct keyset pids;
	struct space *space;
	size_t spaces_capacity;
};

struct err *spaces_new(struct notes *notes, struct spaces **ret_spaces)
{
	struct spaces *spaces = calloc(1, sizeof(*spaces));

	if (!spaces)
		return err_nomem();
	spaces->notes = notes;
	spaces->paths = NAMES_INIT;
	spaces->dsos = keyset_init(2);
	spaces->pids = keyset_init(1);
	*ret_spaces = spaces;
	return NULL;
}

void spaces_clear(struct spaces *spaces)
{
	for (size_t i = 0; i < spaces->pids.nr; i++)
		spaces->space[i].nr = 0;
}

void spaces_free(struct spaces *spaces)
{
	if (!spaces)
		return;
	for (size_t i = 0; i < spaces->dsos.nr; i++)
		dso_free(spaces->dso[i]);
	for (size_t i = 0; i < spaces->pids.nr; i++)
		free(spaces->space[i].mapping);
	free(spaces->dso);
	free(spaces->build);
	free(spaces->space);
	names_release(&spaces->paths);
	keyset_release(&spaces->dsos);
	keyset_release(&spaces->pids);
	free(spaces);
}

static struct err *space_of(struct spaces *spaces, uint32_t pid, struct space **ret_space)
{
	uint64_t key = pid;
	struct err *e;
	size_t i;

	if (!keyset_find(&spaces->pids, &key, &i)) {
		if (spaces->pids.nr == spaces->spaces_capacity) {
			size_t capacity =
				spaces->spaces_capacity ? spaces->spaces_capacity * 2 : 32;
			struct space *grown = reallocarray(spaces->space, capacity, sizeof(*grown));

			if (!grown)
				return err_nomem();
			spaces->space = grown;
			spaces->spaces_capacity = capacity;
		}
		e = keyset_add(&spaces->pids, &key, &i);
		if (e)
			return e;
		spaces->space[i] = (struct space){ .nr = 0 };
	}
	*ret_space = &spaces->space[i];
	return NULL;
}

/*
 * Paths and builds are few: what is known of one build of a path has to be found in a short list.
 */
static const struct build_id *known_build(const struct spaces *spaces, uint32_t path)
{
	const struct build_id *found = NULL;

	for (size_t i = 0; i < spaces->builds_nr; i++) {
		if (spaces->build[i].path != path)
			continue;
		if (found)
			return NULL; /* several: which one it was is not known */
		found = &spaces->build[i].id;
	}
	return found;
}

static struct err *add_dso(struct spaces *spaces, const uint64_t *key, uint32_t pid,
			   const struct build_id *id, size_t *ret_i)
{
	guard(dso) struct dso *dso = NULL;
	struct err *e;

	if (spaces->dsos.nr == spaces->dsos_capacity) {
		size_t capacity = spaces->dsos_capacity ? spaces->dsos_capacity * 2 : 32;
		struct dso **grown = reallocarray(spaces->dso, capacity, sizeof(struct dso *));

		if (!grown)
			return err_nomem();
		spaces->dso = grown;
		spaces->dsos_capacity = capacity;
	}
	e = dso_new(names_text(&spaces->paths, (uint32_t)key[0]), pid, &dso);
	if (!e)
		e = keyset_add(&spaces->dsos, key, ret_i);
	if (e)
		return e;
	if (id)
		dso->id = *id;
	spaces->dso[*ret_i] = take_ptr(dso);
	return NULL;
}

static struct err *dso_of(struct spaces *spaces, uint32_t pid, const char *path, size_t path_len,
			  const struct build_id *id, uint32_t *ret_dso)
{
	uint64_t key[2];
	uint32_t number;
	struct err *e;
	size_t i;

	e = names_add(&spaces->paths, path, path_len, &number);
	if (e)
		return e;
	if (!id || !id->len)
		id = known_build(spaces, number);
	key[0] = number;
	key[1] = id && id->len ? hash_bytes(id->bytes, id->len) : 0;
	if (!keyset_find(&spaces->dsos, key, &i)) {
		e = add_dso(spaces, key, pid, id, &i);
		if (e)
			return e;
	}
	*ret_dso = (uint32_t)i;
	return NULL;
}

struct err *spaces_know_build(struct spaces *spaces, const char *path, size_t path_len,
			      const struct build_id *id)
{
	struct build *grown;
	uint32_t number;
	struct err *e;

	e = names_add(&spaces->paths, path, path_len, &number);
	if (e || spaces->builds_nr == BUILDS_MAX || !id->len)
		return e;
	for (size_t i = 0; i < spaces->builds_nr; i++)
		if (spaces->build[i].path == number && spaces->build[i].id.len == id->len &&
		    !memcmp(spaces->build[i].id.bytes, id->bytes, id->len))
			return NULL;
	grown = reallocarray(spaces->build, spaces->builds_nr + 1, sizeof(*grown));
	if (!grown)
		return err_nomem();
	spaces->build = grown;
	spaces->build[spaces->builds_nr++] = (struct build){ .path = number, .id = *id };
	return NULL;
}

struct err *spaces_know_functions(struct spaces *spaces, const char *path, size_t path_len,
				  const struct build_id *id, struct symtab *functions)
{
	struct dso *dso;
	uint32_t number;
	struct err *e;

	e = dso_of(spaces, 0, path, path_len, id, &number);
	if (e)
		return e;
	dso = spaces->dso[number];
	symtab_release(&dso->stored);
	dso->stored = *functions;
	*functions = SYMTAB_INIT;
	dso->has_stored = true;
	return NULL;
}

/* Make room for [start, end): what was there is cut or goes. */
static struct err *carve(struct space *space, uint64_t start, uint64_t end, size_t *ret_at)
{
	size_t kept = 0, at = 0;
	struct mapping *out;

	out = reallocarray(NULL, space->nr + 2, sizeof(*out));
	if (!out)
		return err_nomem();
	for (size_t i = 0; i < space->nr; i++) {
		struct mapping m = space->mapping[i];

		if (m.start < start) {
			struct mapping left = m;

			left.end = MIN(m.end, start);
			out[kept++] = left;
			at = kept;
		}
		if (m.end > end) {
			struct mapping right = m;

			if (m.start < end) {
				right.file_offset += end - m.start;
				right.start = end;
			}
			out[kept++] = right;
		}
	}
	free(space->mapping);
	space->mapping = out;
	space->nr = kept;
	space->capacity = kept + 2;
	*ret_at = at;
	return NULL;
}

struct err *spaces_map(struct spaces *spaces, uint32_t pid, uint64_t start, uint64_t len,
		       uint64_t file_offset, const char *path, size_t path_len,
		       const struct build_id *id)
{
	struct mapping mapping = { .start = start, .end = start + len, .file_offset = file_offset };
	struct space *space;
	char jit[48];
	struct err *e;
	size_t at;

	if (!len || mapping.end < start)
		return NULL;
	path_len = strnlen(path, path_len);
	mapping.is_file = path_len && (path[0] == '/' || !strncmp(path, "[vdso]", 6)) &&
			  strncmp(path, "//anon", 6) != 0;
	if (path_len >= 6 && !strncmp(path, "//anon", 6)) {
		/* Compilers at run time tell there what they made (tools/perf/Documentation/
		 * jit-interface.txt). */
		path_len = (size_t)snprintf(jit, sizeof(jit), "/tmp/perf-%" PRIu32 ".map", pid);
		path = jit;
	}
	e = space_of(spaces, pid, &space);
	if (!e)
		e = dso_of(spaces, pid, path, path_len, id, &mapping.dso);
	if (e || space->nr >= MAPPINGS_MAX)
		return e;
	e = carve(space, mapping.start, mapping.end, &at);
	if (e)
		return e;
	memmove(space->mapping + at + 1, space->mapping + at,
		(space->nr - at) * sizeof(*space->mapping));
	space->mapping[at] = mapping;
	space->nr++;
	return NULL;
}

struct err *spaces_fork(struct spaces *spaces, uint32_t parent, uint32_t child)
{
	struct space *from, *to;
	struct mapping *copy;
	struct err *e;

	if (parent == child)
		return NULL;
	e = space_of(spaces, child, &to);
	/* The second call may move what the first one returned. */
	if (!e)
		e = space_of(spaces, parent, &from);
	if (!e)
		e = space_of(spaces, child, &to);
	if (e)
		return e;
	to->nr = 0;
	if (!from->nr)
		return NULL;
	copy = reallocarray(to->mapping, from->nr, sizeof(*copy));
	if (!copy)
		return err_nomem();
	memcpy(copy, from->mapping, from->nr * sizeof(*copy));
	to->mapping = copy;
	to->nr = from->nr;
	return NULL;
}

/* NULL: nothing is mapped there. */
static const struct mapping *find_mapping(const struct spaces *spaces, uint32_t pid,
					  uint64_t address)
{
	const struct space *space;
	size_t low = 0, high, i;
	uint64_t key = pid;

	if (!keyset_find(&spaces->pids, &key, &i))
		return NULL;
	space = &spaces->space[i];
	high = space->nr;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (space->mapping[middle].start <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low && address < space->mapping[low - 1].end ? &space->mapping[low - 1] : NULL;
}

bool spaces_mapping(const struct spaces *spaces, uint32_t pid, uint64_t address,
		    struct user_mapping *ret_mapping)
{
	const struct mapping *mapping = find_mapping(spaces, pid, address);

	if (!mapping || !mapping->is_file)
		return false;
	*ret_mapping = (struct user_mapping){
		.path = spaces->dso[mapping->dso]->path,
		.start = mapping->start,
		.end = mapping->end,
		.file_offset = mapping->file_offset,
	};
	return true;
}

struct err *spaces_find(struct spaces *spaces, uint32_t pid, uint64_t address,
			struct user_place *ret_place)
{
	const struct mapping *mapping = find_mapping(spaces, pid, address);
	struct user_place place = { .address = address };
	struct dso_function function;
	struct dso *dso;

	*ret_place = place;
	if (!mapping)
		return NULL;
	dso = spaces->dso[mapping->dso];
	if (!dso->pid)
		dso->pid = pid;
	if (mapping->is_file)
		place.address = address - mapping->start + mapping->file_offset;
	dso_find(dso, spaces->notes, place.address, &function);
	place.dso = dso->path;
	place.id = &dso->id;
	if (function.name) {
		place.function = function.name;
		place.offset = place.address - function.start;
		place.function_bytes = function.end - function.start;
	}
	*ret_place = place;
	return NULL;
}
