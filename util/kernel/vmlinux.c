// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/kernel/vmlinux.h"

#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <string.h>

#include "util/base/io.h"
#include "util/base/str.h"
#include "util/btf/fromdwarf.h"
#include "util/kernel/banner.h"
#include "util/symbol/elf.h"
#include "util/symbol/elfwalk.h"

/* Kernels have some 200,000. */
enum { SYMBOLS_MAX = 16 << 20 };

struct vmlinux {
	char *path;
	int fd;
	Elf *elf; /* NULL: libelf makes nothing of it */
	struct str release;
	struct build_id build_id;
	uint8_t *btf_bytes;
	struct btf *btf;
};

static bool take_release(void *ctx, const char *banner, size_t release_len)
{
	struct vmlinux *vmlinux = ctx;

	str_add_bytes(&vmlinux->release, banner, release_len);
	return true;
}

/* "" in the end: it has no banner. */
static struct err *find_release(struct vmlinux *vmlinux)
{
	char magic[SELFMAG];
	size_t len;
	struct err *e = io_pread(vmlinux->fd, magic, sizeof(magic), 0, &len);

	if (!e && (len < sizeof(magic) || memcmp(magic, ELFMAG, SELFMAG) != 0))
		return err_new(ERR_FORMAT, "%s is no ELF file: -x takes a vmlinux", vmlinux->path);
	if (!e)
		e = banner_each(vmlinux->fd, take_release, vmlinux);
	if (e)
		return err_wrap(e, "%s", vmlinux->path);
	return str_check(&vmlinux->release);
}

struct err *vmlinux_open(const char *path, struct vmlinux **ret_vmlinux)
{
	guard(vmlinux) struct vmlinux *vmlinux = calloc(1, sizeof(*vmlinux));
	struct err *e;

	if (!vmlinux)
		return err_nomem();
	vmlinux->release = STR_INIT;
	/* A FIFO would wait for a writer, through any signal. */
	vmlinux->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (vmlinux->fd < 0)
		return err_sys(errno, "cannot open %s", path);
	vmlinux->path = strdup(path);
	if (!vmlinux->path)
		return err_nomem();
	e = find_release(vmlinux);
	if (e)
		return e;
	elf_version(EV_CURRENT);
	vmlinux->elf = elf_begin(vmlinux->fd, ELF_C_READ_MMAP, NULL);
	elf_build_id(path, &vmlinux->build_id);
	if (!vmlinux->release.len && !vmlinux->build_id.len)
		return err_new(ERR_FORMAT, "%s does not say which kernel it is: no banner in it",
			       path);
	*ret_vmlinux = take_ptr(vmlinux);
	return NULL;
}

void vmlinux_close(struct vmlinux *vmlinux)
{
	if (!vmlinux)
		return;
	btf_free(vmlinux->btf);
	free(vmlinux->btf_bytes);
	if (vmlinux->elf)
		elf_end(vmlinux->elf);
	if (vmlinux->fd >= 0)
		close(vmlinux->fd);
	str_release(&vmlinux->release);
	free(vmlinux->path);
	free(vmlinux);
}

const char *vmlinux_path(const struct vmlinux *vmlinux)
{
	return vmlinux->path;
}

const char *vmlinux_release(const struct vmlinux *vmlinux)
{
	return vmlinux->release.len ? vmlinux->release.s : "";
}

struct version_wanted {
	const struct vmlinux *vmlinux;
	const char *version;
	size_t field_bytes;
	struct str *own;
	bool found;
};

static bool look_for_version(void *ctx, const char *banner, size_t release_len)
{
	struct version_wanted *wanted = ctx;
	const struct str *release = &wanted->vmlinux->release;
	size_t len = strlen(wanted->version);
	const char *own = strrchr(banner, '#');
	const char *at = strstr(banner, wanted->version);

	if (!own || release_len != release->len || strncmp(banner, release->s, release_len) != 0)
		return false;
	str_clear(wanted->own);
	str_add_bytes(wanted->own, own, strlen(own));
	wanted->found = at && (!at[len] || len + 1 == wanted->field_bytes);
	return wanted->found;
}

struct err *vmlinux_has_version(const struct vmlinux *vmlinux, const char *version,
				size_t field_bytes, struct str *own, bool *ret_has)
{
	struct version_wanted wanted = {
		.vmlinux = vmlinux,
		.version = version,
		.field_bytes = field_bytes,
		.own = own,
	};
	struct err *e =
		vmlinux->release.len ? banner_each(vmlinux->fd, look_for_version, &wanted) : NULL;

	if (!e)
		e = str_check(own);
	if (e)
		return err_wrap(e, "%s", vmlinux->path);
	*ret_has = wanted.found;
	return NULL;
}

uint16_t vmlinux_machine(const struct vmlinux *vmlinux)
{
	GElf_Ehdr header;

	return vmlinux->elf && gelf_getehdr(vmlinux->elf, &header) ? header.e_machine : EM_NONE;
}

const struct build_id *vmlinux_build_id(const struct vmlinux *vmlinux)
{
	return &vmlinux->build_id;
}

/* The section .BTF, as pahole wrote it. */
static struct err *read_btf_section(struct vmlinux *vmlinux)
{
	GElf_Shdr header;
	Elf_Scn *section = NULL;
	Elf_Data *data = NULL;

	if (vmlinux->elf && elf_kind(vmlinux->elf) == ELF_K_ELF)
		section = elf_find_section(vmlinux->elf, ".BTF", 0, &header);
	if (section)
		data = elf_getdata(section, NULL);
	if (!data || !data->d_buf)
		return err_new(ERR_NODATA, "no BTF in it");
	/* The data live as long as the Elf. */
	return btf_new(data->d_buf, data->d_size, &vmlinux->btf);
}

struct err *vmlinux_types(struct vmlinux *vmlinux, const char *const *names, size_t names_nr,
			  const struct btf **ret_btf, const char **ret_from,
			  struct err **ret_why_not)
{
	autoerr struct err *no_dwarf = NULL;
	const char *from = "DWARF";
	size_t len;
	struct err *e;

	no_dwarf = btf_from_dwarf(vmlinux->fd, names, names_nr, &vmlinux->btf_bytes, &len);
	if (!no_dwarf)
		no_dwarf = btf_new(vmlinux->btf_bytes, len, &vmlinux->btf);
	if (no_dwarf && err_code(no_dwarf) == ERR_NOMEM)
		return take_ptr(no_dwarf);
	if (no_dwarf) {
		from = "BTF";
		e = read_btf_section(vmlinux);
		if (e && err_code(e) == ERR_NODATA && err_code(no_dwarf) == ERR_NODATA) {
			err_free(e);
			return err_new(ERR_NODATA, "neither DWARF nor BTF in it");
		}
		if (e)
			return err_wrap(e, "%s", err_message(no_dwarf));
	}
	*ret_btf = vmlinux->btf;
	*ret_from = from;
	*ret_why_not = take_ptr(no_dwarf);
	return NULL;
}

/* Aliases are the same symbol; two values are none. */
static void take_symbol(struct vmlinux_symbol *wanted, const GElf_Sym *symbol, bool *ambiguous)
{
	if (wanted->found && wanted->value != symbol->st_value)
		*ambiguous = true;
	wanted->found = true;
	wanted->value = symbol->st_value;
	wanted->section = symbol->st_shndx;
}

struct err *vmlinux_linked(const struct vmlinux *vmlinux, struct vmlinux_symbol *wanted, size_t nr)
{
	autofree bool *ambiguous = calloc(nr, sizeof(*ambiguous));
	Elf_Scn *section = NULL;
	Elf_Data *data = NULL;
	GElf_Shdr header;
	GElf_Sym symbol;

	if (!ambiguous)
		return err_nomem();
	if (vmlinux->elf && elf_kind(vmlinux->elf) == ELF_K_ELF)
		section = elf_find_section(vmlinux->elf, NULL, SHT_SYMTAB, &header);
	if (section && header.sh_size / sizeof(Elf64_Sym) > SYMBOLS_MAX)
		return err_new(ERR_FORMAT, "it has more symbols than any kernel");
	if (section)
		data = elf_getdata(section, NULL);
	if (!data)
		return err_new(ERR_NODATA, "it has no symbol table");
	for (size_t i = 0; i < nr; i++)
		wanted[i].found = false;
	for (int i = 1; gelf_getsym(data, i, &symbol); i++) {
		const char *name =
			symbol.st_shndx == SHN_UNDEF
				? NULL
				: elf_strptr(vmlinux->elf, header.sh_link, symbol.st_name);

		for (size_t j = 0; name && j < nr; j++)
			if (name[0] == wanted[j].name[0] && strcmp(name, wanted[j].name) == 0)
				take_symbol(&wanted[j], &symbol, &ambiguous[j]);
	}
	for (size_t i = 0; i < nr; i++)
		wanted[i].found &= !ambiguous[i];
	return NULL;
}

/*
 * Does a symbol move with the kernel? Per-CPU symbols of x86 do not (up to 6.14, 01157ddc58dc):
 * they are linked at 0. Others may lie below _stext all the same, as the first code of arm64 and
 * riscv64.
 */
static bool is_relocated(Elf *elf, const struct vmlinux_symbol *linked)
{
	Elf_Scn *section =
		linked->section < SHN_LORESERVE ? elf_getscn(elf, linked->section) : NULL;
	GElf_Shdr header;

	return !section || !gelf_getshdr(section, &header) || header.sh_addr ||
	       linked->value > header.sh_size;
}

/* How far the kernel ran from where it was linked: VMCOREINFO says so twice. */
static struct err *find_shift(const struct vmcoreinfo *info, uint64_t stext, uint64_t *ret_shift)
{
	const char *offset = vmcoreinfo_text(info, "KERNELOFFSET");
	uint64_t vaddr;
	struct err *e = vmcoreinfo_symbol(info, "_stext", &vaddr);

	if (e)
		return e;
	if (offset && strtoull(offset, NULL, 16) != vaddr - stext)
		return err_new(ERR_FORMAT,
			       "VMCOREINFO has KERNELOFFSET=%.20s, and _stext %#llx from where it "
			       "was linked",
			       offset, (unsigned long long)(vaddr - stext));
	*ret_shift = vaddr - stext;
	return NULL;
}

struct err *vmlinux_symbols(const struct vmlinux *vmlinux, const struct vmcoreinfo *info,
			    struct kallsyms_wanted *wanted, size_t nr)
{
	autofree struct vmlinux_symbol *linked = calloc(nr + 1, sizeof(*linked));
	struct vmlinux_symbol *stext = &linked[nr];
	uint64_t shift = 0;
	struct err *e;

	if (!linked)
		return err_nomem();
	for (size_t i = 0; i < nr; i++)
		linked[i].name = wanted[i].name;
	stext->name = "_stext";
	e = vmlinux_linked(vmlinux, linked, nr + 1);
	if (e)
		return e;
	if (!stext->found)
		return err_new(ERR_NODATA, "it has no symbol _stext");
	e = find_shift(info, stext->value, &shift);
	if (e)
		return e;
	for (size_t i = 0; i < nr; i++) {
		wanted[i].found = linked[i].found;
		if (wanted[i].found)
			wanted[i].vaddr = linked[i].value +
					  (is_relocated(vmlinux->elf, &linked[i]) ? shift : 0);
	}
	return NULL;
}
