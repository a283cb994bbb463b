// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/kernel/vmlinux.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <string.h>

#include "util/base/io.h"
#include "util/base/str.h"
#include "util/btf/fromdwarf.h"
#include "util/symbol/elf.h"
#include "util/symbol/elfwalk.h"

enum {
	CHUNK_BYTES = 1 << 20,
	BANNER_BYTES = 96, /* that reach over the release */
	RELEASE_MAX = 64,
};

struct vmlinux {
	char *path;
	int fd;
	Elf *elf; /* NULL: libelf makes nothing of it */
	struct str release;
	struct build_id build_id;
	uint8_t *btf_bytes;
	struct btf *btf;
};

/* linux_banner, and not a format string or a message that begins alike. */
static const char banner[] = "Linux version ";

static bool release_at(const char *text, struct str *release)
{
	size_t len = strcspn(text, " ");

	if (!isdigit((unsigned char)text[0]) || !text[len] || len > RELEASE_MAX)
		return false;
	for (size_t i = 0; i < len; i++)
		if (!isgraph((unsigned char)text[i]))
			return false;
	str_clear(release);
	str_add_bytes(release, text, len);
	return true;
}

/* @buf holds @len bytes and a NUL. */
static bool find_banner(const char *buf, size_t len, struct str *release)
{
	const char *at = buf;

	while ((at = memmem(at, len - (size_t)(at - buf), banner, sizeof(banner) - 1))) {
		at += sizeof(banner) - 1;
		if (release_at(at, release))
			return true;
	}
	return false;
}

/* "" in the end: it has no banner. */
static struct err *find_release(struct vmlinux *vmlinux)
{
	autofree char *buf = malloc(CHUNK_BYTES + 1);
	uint64_t offset = 0;
	size_t len;

	if (!buf)
		return err_nomem();
	do {
		struct err *e = io_pread(vmlinux->fd, buf, CHUNK_BYTES, offset, &len);

		if (e)
			return err_wrap(e, "%s", vmlinux->path);
		buf[len] = '\0';
		if (offset == 0 && (len < 4 || memcmp(buf, "\177ELF", 4) != 0))
			return err_new(ERR_FORMAT, "%s is no ELF file: -x takes a vmlinux",
				       vmlinux->path);
		if (find_banner(buf, len, &vmlinux->release))
			break;
		offset += CHUNK_BYTES - BANNER_BYTES;
	} while (len == CHUNK_BYTES);
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

struct err *vmlinux_check(const struct vmlinux *vmlinux, const char *release,
			  const struct vmcoreinfo *info)
{
	const char *wanted = info ? vmcoreinfo_text(info, "BUILD-ID") : NULL;
	guard(str) struct str own = STR_INIT;

	if (vmlinux->release.len && release[0] && strcmp(vmlinux->release.s, release) != 0)
		return err_new(ERR_MISMATCH, "%s is kernel %s, the image is of %s", vmlinux->path,
			       vmlinux->release.s, release);
	build_id_print(&vmlinux->build_id, &own);
	if (own.len && wanted && strcmp(own.s, wanted) != 0)
		return err_new(ERR_MISMATCH,
			       "%s is another build of the kernel: its build id is %s, that of the "
			       "image %.64s",
			       vmlinux->path, own.s, wanted);
	if (!vmlinux->release.len && !wanted)
		return err_new(ERR_FORMAT, "%s does not say which kernel it is: no banner in it",
			       vmlinux->path);
	return str_check(&own);
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

/* A symbol as linked. */
struct linked {
	uint64_t value;
	uint16_t section; /* SHN_ABS and the like: of none */
};

/* Aliases are the same symbol; two values are none. */
static bool find_symbol(Elf *elf, Elf_Data *data, size_t names, const char *name,
			struct linked *ret_linked)
{
	GElf_Sym symbol;
	unsigned int nr = 0;

	for (int i = 1; gelf_getsym(data, i, &symbol); i++) {
		const char *found = elf_strptr(elf, names, symbol.st_name);

		if (!found || symbol.st_shndx == SHN_UNDEF || strcmp(found, name) != 0 ||
		    (nr && symbol.st_value == ret_linked->value))
			continue;
		*ret_linked = (struct linked){ symbol.st_value, symbol.st_shndx };
		nr++;
	}
	return nr == 1;
}

/*
 * Does a symbol move with the kernel? Per-CPU symbols of x86 do not (up to 6.14, 01157ddc58dc): they
 * are linked at 0. Others may lie below _stext all the same, as the first code of arm64 and riscv64.
 */
static bool is_relocated(Elf *elf, const struct linked *linked)
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
	GElf_Shdr header;
	Elf_Scn *section = NULL;
	Elf_Data *data = NULL;
	struct linked linked;
	uint64_t shift = 0;
	struct err *e;

	if (vmlinux->elf && elf_kind(vmlinux->elf) == ELF_K_ELF)
		section = elf_find_section(vmlinux->elf, NULL, SHT_SYMTAB, &header);
	if (section)
		data = elf_getdata(section, NULL);
	if (!data)
		return err_new(ERR_NODATA, "it has no symbol table");
	if (!find_symbol(vmlinux->elf, data, header.sh_link, "_stext", &linked))
		return err_new(ERR_NODATA, "it has no symbol _stext");
	e = find_shift(info, linked.value, &shift);
	if (e)
		return e;
	for (size_t i = 0; i < nr; i++) {
		wanted[i].found =
			find_symbol(vmlinux->elf, data, header.sh_link, wanted[i].name, &linked);
		if (wanted[i].found)
			wanted[i].vaddr =
				linked.value + (is_relocated(vmlinux->elf, &linked) ? shift : 0);
	}
	return NULL;
}
