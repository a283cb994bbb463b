// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/symbol/dso.h"

#include <elf.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>

#include "util/base/io.h"
#include "util/base/str.h"

#define DEBUG_ROOT "/usr/lib/debug"

enum {
	JIT_MAP_BYTES_MAX = 256 << 20,
	VDSO_BYTES_MAX = 1 << 20,
};

struct err *dso_new(const char *path, uint32_t pid, struct dso **ret_dso)
{
	guard(dso) struct dso *dso = calloc(1, sizeof(*dso));

	if (!dso)
		return err_nomem();
	dso->tab = SYMTAB_INIT;
	dso->stored = SYMTAB_INIT;
	dso->pid = pid;
	dso->path = strdup(path);
	if (!dso->path)
		return err_nomem();
	*ret_dso = take_ptr(dso);
	return NULL;
}

void dso_free(struct dso *dso)
{
	if (!dso)
		return;
	symtab_release(&dso->tab);
	symtab_release(&dso->stored);
	free(dso->path);
	free(dso);
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
	return elf_symbols_memory(image, (size_t)len, &dso->id, &dso->tab);
}

static bool try_file(struct dso *dso, const struct str *path)
{
	struct err *e =
		path->failed ? err_nomem() : elf_symbols(path->s, &dso->id, DEBUG_ROOT, &dso->tab);

	if (!e && !dso->id.len)
		elf_build_id(path->s, &dso->id);
	err_free(e);
	return !e;
}

/* `perf record` and `perf buildid-cache` keep copies of files there. */
static void cached_path(const struct build_id *id, struct str *out)
{
	const char *home = getenv("HOME");

	if (!home || id->len < 2)
		return;
	str_printf(out, "%s/.debug/.build-id/%02x/", home, id->bytes[0]);
	for (size_t i = 1; i < id->len; i++)
		str_printf(out, "%02x", id->bytes[i]);
	str_add(out, "/elf");
}

static struct err *load_file(struct dso *dso)
{
	guard(str) struct str path = STR_INIT;
	struct err *e;

	e = elf_symbols(dso->path, &dso->id, DEBUG_ROOT, &dso->tab);
	if (!e) {
		if (!dso->id.len)
			elf_build_id(dso->path, &dso->id);
		return NULL;
	}
	str_printf(&path, "/proc/%" PRIu32 "/root%s", dso->pid, dso->path);
	if (try_file(dso, &path)) {
		err_free(e);
		return NULL;
	}
	str_clear(&path);
	cached_path(&dso->id, &path);
	if (path.len && try_file(dso, &path)) {
		err_free(e);
		return NULL;
	}
	return e;
}

static void load(struct dso *dso, struct notes *notes)
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
		notes_add(notes, "functions are not known: %s", err_message(e));
	err_free(e);
}

static bool find_in(const struct symtab *tab, uint64_t address, struct dso_function *ret)
{
	const struct symbol *symbol = symtab_find(tab, address);

	if (!symbol)
		return false;
	*ret = (struct dso_function){
		.name = symtab_name(tab, symbol->name),
		.start = symbol->start,
		.end = symbol->end,
	};
	return true;
}

void dso_find(struct dso *dso, struct notes *notes, uint64_t address, struct dso_function *ret)
{
	*ret = (struct dso_function){ .name = NULL };
	if (dso->has_stored && find_in(&dso->stored, address, ret))
		return;
	/* Whether a file of that path is the one that ran could not be told. */
	if (dso->has_stored && !dso->id.len)
		return;
	if (!dso->loaded)
		load(dso, notes);
	find_in(&dso->tab, address, ret);
}
