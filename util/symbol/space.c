// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/symbol/space.h"

#include <elf.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>

#include "util/base/endian.h"
#include "util/base/io.h"
#include "util/base/keyset.h"
#include "util/base/macros.h"

#define DEBUG_ROOT "/usr/lib/debug"

enum {
	MAPPINGS_MAX = 1 << 20, /* of one process; the kernel's own limit is 65530 */
	JIT_MAP_BYTES_MAX = 256 << 20,
	VDSO_BYTES_MAX = 1 << 20,
};

struct dso {
	char *path;
	struct build_id id;
	uint32_t pid; /* of the first process that mapped it: its files may be a container's */
	bool loaded;
	struct symtab tab;
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

struct spaces {
	struct notes *notes;
	struct names paths;
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
	for (size_t i = 0; i < spaces->dsos.nr; i++) {
		symtab_release(&spaces->dso[i]->tab);
		free(spaces->dso[i]->path);
		free(spaces->dso[i]);
	}
	for (size_t i = 0; i < spaces->pids.nr; i++)
		free(spaces->space[i].mapping);
	free(spaces->dso);
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

static struct err *dso_of(struct spaces *spaces, uint32_t pid, const char *path, size_t path_len,
			  const struct build_id *id, uint32_t *ret_dso)
{
	uint64_t key[2] = { 0, id ? hash_bytes(id->bytes, id->len) : 0 };
	struct dso *dso;
	uint32_t number;
	struct err *e;
	size_t i;

	e = names_add(&spaces->paths, path, path_len, &number);
	if (e)
		return e;
	key[0] = number;
	if (keyset_find(&spaces->dsos, key, &i)) {
		*ret_dso = (uint32_t)i;
		return NULL;
	}
	if (spaces->dsos.nr == spaces->dsos_capacity) {
		size_t capacity = spaces->dsos_capacity ? spaces->dsos_capacity * 2 : 32;
		struct dso **grown = reallocarray(spaces->dso, capacity, sizeof(struct dso *));

		if (!grown)
			return err_nomem();
		spaces->dso = grown;
		spaces->dsos_capacity = capacity;
	}
	dso = calloc(1, sizeof(*dso));
	if (!dso)
		return err_nomem();
	dso->path = strdup(names_text(&spaces->paths, number));
	dso->tab = SYMTAB_INIT;
	dso->pid = pid;
	if (id)
		dso->id = *id;
	e = dso->path ? keyset_add(&spaces->dsos, key, &i) : err_nomem();
	if (e) {
		free(dso->path);
		free(dso);
		return e;
	}
	spaces->dso[i] = dso;
	*ret_dso = (uint32_t)i;
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

/* Lines "<start hex> <size hex> <name>". */
static struct err *load_jit(struct dso *dso)
{
	autofree char *text = NULL;
	char *line, *rest;
	struct err *e;
	size_t len;

	e = io_read_file(AT_FDCWD, dso->path, JIT_MAP_BYTES_MAX, &text, &len);
	if (e)
		return e;
	rest = text;
	while ((line = strsep(&rest, "\n"))) {
		char *at;
		uint64_t start = strtoull(line, &at, 16);
		uint64_t size = *at == ' ' ? strtoull(at + 1, &at, 16) : 0;

		if (!size || *at != ' ' || start + size < start)
			continue;
		e = symtab_add(&dso->tab, start, start + size, SYMBOL_GLOBAL, 0, at + 1,
			       strlen(at + 1));
		if (e)
			return e;
	}
	symtab_finish(&dso->tab, 0);
	return NULL;
}

/* Our own: the same code for every process on this kernel. */
static struct err *load_vdso(struct dso *dso)
{
	const uint8_t *image = (const uint8_t *)getauxval(AT_SYSINFO_EHDR);
	Elf64_Ehdr header;
	uint64_t len;

	if (!image)
		return err_new(ERR_NODATA, "there is no vdso");
	memcpy(&header, image, sizeof(header));
	len = header.e_shoff + (uint64_t)header.e_shnum * header.e_shentsize;
	if (len > VDSO_BYTES_MAX)
		return err_new(ERR_FORMAT, "a vdso of %" PRIu64 " bytes", len);
	return elf_symbols_memory(image, (size_t)len, &dso->tab);
}

static struct err *load_file(struct dso *dso)
{
	autofree char *inside = NULL;
	struct err *e;

	e = elf_symbols(dso->path, &dso->id, DEBUG_ROOT, &dso->tab);
	if (!e) {
		if (!dso->id.len)
			elf_build_id(dso->path, &dso->id);
		return NULL;
	}
	/* It may be a file of a container that still runs. */
	if (asprintf(&inside, "/proc/%" PRIu32 "/root%s", dso->pid, dso->path) < 0) {
		inside = NULL;
		return e;
	}
	struct err *second = elf_symbols(inside, &dso->id, DEBUG_ROOT, &dso->tab);

	if (second) {
		err_free(second);
		return e;
	}
	err_free(e);
	return NULL;
}

static void load(struct spaces *spaces, struct dso *dso)
{
	static const char jit[] = "/tmp/perf-";
	struct err *e;

	dso->loaded = true;
	if (!strcmp(dso->path, "[vdso]"))
		e = load_vdso(dso);
	else if (!strncmp(dso->path, jit, sizeof(jit) - 1))
		e = load_jit(dso);
	else if (dso->path[0] == '/')
		e = load_file(dso);
	else
		return;
	/* An anonymous mapping without a list of its functions is nothing to remark on. */
	if (e && strncmp(dso->path, jit, sizeof(jit) - 1) != 0)
		notes_add(spaces->notes, "functions are not known: %s", err_message(e));
	err_free(e);
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
	const struct symbol *symbol;
	struct dso *dso;

	*ret_place = place;
	if (!mapping)
		return NULL;
	dso = spaces->dso[mapping->dso];
	if (!dso->loaded)
		load(spaces, dso);
	place.dso = dso->path;
	place.id = &dso->id;
	if (mapping->is_file)
		place.address = address - mapping->start + mapping->file_offset;
	symbol = symtab_find(&dso->tab, place.address);
	if (symbol) {
		place.function = symtab_name(&dso->tab, symbol->name);
		place.offset = place.address - symbol->start;
		place.function_bytes = symbol->end - symbol->start;
	}
	*ret_place = place;
	return NULL;
}
