// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/symbol/elf.h"

#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "util/base/checked.h"
#include "util/base/str.h"
#include "util/symbol/debugdata.h"
#include "util/symbol/elfwalk.h"
#include "util/symbol/plt.h"

#ifdef HAVE_LIBIBERTY
/* <demangle.h> needs headers of binutils around it; these are its two names we use. */
extern char *cplus_demangle(const char *mangled, int options);
enum { DEMANGLE_NAMES_ONLY = 0 }; /* as perf shows them: without parameters */
#endif

struct object {
	int fd;
	Elf *elf;
	char *image; /* of one in memory; NULL: of a file */
};

static void object_release(struct object *object)
{
	if (object->elf)
		elf_end(object->elf);
	free(object->image);
	if (object->fd >= 0)
		close(object->fd);
}

DEFINE_GUARD_INPLACE(object, struct object, object_release)

static struct err *object_open(const char *path, struct object *ret)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	Elf *elf;

	if (fd < 0)
		return err_sys(errno, "%s", path);
	elf_version(EV_CURRENT);
	elf = elf_begin(fd, ELF_C_READ_MMAP, NULL);
	if (!elf || elf_kind(elf) != ELF_K_ELF) {
		if (elf)
			elf_end(elf);
		close(fd);
		return err_new(ERR_FORMAT, "%s: no ELF file", path);
	}
	*ret = (struct object){ .fd = fd, .elf = elf };
	return NULL;
}

static void read_build_id(Elf *elf, struct build_id *ret)
{
	Elf_Scn *section = NULL;
	GElf_Shdr header;

	*ret = (struct build_id){ .len = 0 };
	while ((section = elf_nextscn(elf, section))) {
		Elf_Data *data;
		size_t at = 0, next, name_at, desc_at;
		GElf_Nhdr note;

		if (!gelf_getshdr(section, &header) || header.sh_type != SHT_NOTE)
			continue;
		data = elf_getdata(section, NULL);
		while (data && (next = gelf_getnote(data, at, &note, &name_at, &desc_at))) {
			if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 &&
			    !memcmp((char *)data->d_buf + name_at, "GNU", 4) && note.n_descsz &&
			    note.n_descsz <= BUILD_ID_MAX) {
				memcpy(ret->bytes, (char *)data->d_buf + desc_at, note.n_descsz);
				ret->len = note.n_descsz;
				return;
			}
			at = next;
		}
	}
}

static bool is_wanted(const GElf_Sym *symbol)
{
	/* Absolute ones are versions and sizes, not places. */
	if (symbol->st_shndx == SHN_UNDEF || symbol->st_shndx == SHN_ABS)
		return false;
	switch (GELF_ST_TYPE(symbol->st_info)) {
	case STT_FUNC:
	case STT_GNU_IFUNC:
	case STT_OBJECT:
		return true;
	case STT_NOTYPE:
		return GELF_ST_VISIBILITY(symbol->st_other) == STV_DEFAULT;
	default:
		return false;
	}
}

static enum symbol_binding binding_of(const GElf_Sym *symbol)
{
	switch (GELF_ST_BIND(symbol->st_info)) {
	case STB_WEAK:
		return SYMBOL_WEAK;
	case STB_LOCAL:
		return SYMBOL_LOCAL;
	default:
		return SYMBOL_GLOBAL;
	}
}

static struct err *add_name(struct symtab *tab, uint64_t start, uint64_t end,
			    enum symbol_binding binding, const char *name)
{
#ifdef HAVE_LIBIBERTY
	if (name[0] == '_' && (name[1] == 'Z' || name[1] == 'R')) {
		autofree char *plain = cplus_demangle(name, DEMANGLE_NAMES_ONLY);

		if (plain)
			return symtab_add(tab, start, end, binding, 0, plain, strlen(plain));
	}
#endif
	return symtab_add(tab, start, end, binding, 0, name, strlen(name));
}

/* @runtime: the file that was mapped, whose program headers count. */
static struct err *add_table(Elf *elf, Elf *runtime, uint32_t type, struct symtab *tab)
{
	GElf_Shdr header;
	Elf_Scn *section = elf_find_section(elf, NULL, type, &header);
	Elf_Data *data = section ? elf_getdata(section, NULL) : NULL;
	GElf_Sym symbol;

	for (int i = 1; data && gelf_getsym(data, i, &symbol); i++) {
		const char *name = elf_strptr(elf, header.sh_link, symbol.st_name);
		uint64_t start, end = 0;
		struct err *e;

		if (!name || !*name || !is_wanted(&symbol) ||
		    !elf_file_offset(runtime, symbol.st_value, &start))
			continue;
		if (symbol.st_size && !add_u64(start, symbol.st_size, &end))
			continue;
		e = add_name(tab, start, end, binding_of(&symbol), name);
		if (e)
			return e;
	}
	return NULL;
}

static bool has_symtab(Elf *elf)
{
	GElf_Shdr header;

	return elf_find_section(elf, NULL, SHT_SYMTAB, &header);
}

/* A debug file counts only if it is of the same build. */
static bool try_debug_file(const char *path, const struct build_id *wanted, struct object *ret)
{
	struct object object = { .fd = -1 };
	struct build_id id;
	struct err *e = object_open(path, &object);

	if (e) {
		err_free(e);
		return false;
	}
	read_build_id(object.elf, &id);
	if (!has_symtab(object.elf) || (wanted->len && !build_id_equal(&id, wanted))) {
		object_release(&object);
		return false;
	}
	*ret = object;
	return true;
}

static bool find_by_build_id(const struct build_id *id, const char *root, struct object *ret)
{
	guard(str) struct str path = STR_INIT;

	if (id->len < 2)
		return false;
	str_printf(&path, "%s/.build-id/%02x/", root, id->bytes[0]);
	for (size_t i = 1; i < id->len; i++)
		str_printf(&path, "%02x", id->bytes[i]);
	str_add(&path, ".debug");
	return !path.failed && try_debug_file(path.s, id, ret);
}

/* .gnu_debuglink: a file name, beside the file, in .debug there, or below the root. */
static bool find_by_link(Elf *elf, const char *file, const struct build_id *id, const char *root,
			 struct object *ret)
{
	GElf_Shdr header;
	Elf_Scn *section = elf_find_section(elf, ".gnu_debuglink", 0, &header);
	Elf_Data *data = section ? elf_getdata(section, NULL) : NULL;
	const char *slash = strrchr(file, '/');
	int folder_len = slash ? (int)(slash - file) : 0;
	const char *name = data ? data->d_buf : NULL;

	if (!name || !data->d_size || strnlen(name, data->d_size) == data->d_size ||
	    strchr(name, '/') || !*name || !id->len)
		return false;
	for (int i = 0; i < 3; i++) {
		guard(str) struct str path = STR_INIT;

		str_printf(&path, "%s%.*s/%s%s", i == 2 ? root : "", folder_len, file,
			   i == 1 ? ".debug/" : "", name);
		if (!path.failed && strcmp(path.s, file) != 0 && try_debug_file(path.s, id, ret))
			return true;
	}
	return false;
}

/* The small file inside a stripped one; false: there is none that can be read. */
static bool find_inside(Elf *elf, struct object *ret)
{
	GElf_Shdr header;
	Elf_Scn *section = elf_find_section(elf, ".gnu_debugdata", 0, &header);
	Elf_Data *data = section ? elf_getdata(section, NULL) : NULL;
	struct object object = { .fd = -1 };
	struct err *e;
	size_t len;

	if (!data || !data->d_size)
		return false;
	e = debugdata_unpack(data->d_buf, data->d_size, &object.image, &len);
	if (e) {
		err_free(e);
		return false;
	}
	object.elf = elf_memory(object.image, len);
	if (!object.elf || elf_kind(object.elf) != ELF_K_ELF || !has_symtab(object.elf)) {
		object_release(&object);
		return false;
	}
	*ret = object;
	return true;
}

static struct err *read_symbols(Elf *elf, Elf *debug, struct symtab *ret_tab)
{
	guard(object) struct object inside = { .fd = -1 };
	guard(symtab) struct symtab tab = SYMTAB_INIT;
	struct err *e = NULL;

	if (debug)
		e = add_table(debug, elf, SHT_SYMTAB, &tab);
	else if (has_symtab(elf))
		e = add_table(elf, elf, SHT_SYMTAB, &tab);
	else if (find_inside(elf, &inside))
		e = add_table(inside.elf, elf, SHT_SYMTAB, &tab);
	if (!e && !debug && !has_symtab(elf))
		e = add_table(elf, elf, SHT_DYNSYM, &tab);
	if (!e)
		e = plt_symbols(elf, &tab);
	if (e)
		return e;
	symtab_finish(&tab, 4096);
	*ret_tab = tab;
	tab = SYMTAB_INIT;
	return NULL;
}

struct err *elf_symbols(const char *path, const struct build_id *wanted, const char *debug_root,
			struct symtab *ret_tab)
{
	guard(object) struct object object = { .fd = -1 };
	guard(object) struct object debug = { .fd = -1 };
	struct build_id id;
	struct err *e;

	e = object_open(path, &object);
	if (e)
		return e;
	read_build_id(object.elf, &id);
	if (build_id_differs(wanted, &id))
		return err_new(ERR_NODATA, "%s is another build than the one that ran", path);
	if (!find_by_build_id(&id, debug_root, &debug))
		find_by_link(object.elf, path, &id, debug_root, &debug);
	return read_symbols(object.elf, debug.elf, ret_tab);
}

void elf_build_id(const char *path, struct build_id *ret_id)
{
	guard(object) struct object object = { .fd = -1 };
	autoerr struct err *e = object_open(path, &object);

	*ret_id = (struct build_id){ .len = 0 };
	if (!e)
		read_build_id(object.elf, ret_id);
}

struct err *elf_symbols_memory(const uint8_t *data, size_t len, const struct build_id *wanted,
			       struct symtab *ret_tab)
{
	autofree char *copy = malloc(len); /* outlives the object below */
	guard(object) struct object object = { .fd = -1 };
	struct build_id id;

	if (!copy)
		return err_nomem();
	memcpy(copy, data, len);
	elf_version(EV_CURRENT);
	object.elf = elf_memory(copy, len);
	if (!object.elf || elf_kind(object.elf) != ELF_K_ELF)
		return err_new(ERR_FORMAT, "no ELF image");
	read_build_id(object.elf, &id);
	if (build_id_differs(wanted, &id))
		return err_new(ERR_NODATA, "the vdso is another build than the one that ran");
	return read_symbols(object.elf, NULL, ret_tab);
}
