// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/symbol/plt.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "util/base/endian.h"
#include "util/base/str.h"
#include "util/symbol/elfwalk.h"

enum {
	STUB_BYTES = 16,
	SLOTS_MAX = 1 << 20,
};

/* What fills a slot that stubs jump through. */
struct slot {
	uint64_t address;
	GElf_Rela relocation;
};

struct plt {
	Elf *elf;
	struct slot *slot; /* ascending */
	size_t slots_nr;
	Elf_Data *dynsym;
	size_t strings;	   /* section of dynsym's names */
	GElf_Sym *chooser; /* symbols whose code says which function to take, ascending */
	size_t choosers_nr;
};

static void plt_release(struct plt *plt)
{
	free(plt->slot);
	free(plt->chooser);
}

DEFINE_GUARD_INPLACE(plt, struct plt, plt_release)

static int compare_slots(const void *a, const void *b)
{
	const struct slot *x = a, *y = b;

	return x->address < y->address ? -1 : x->address > y->address;
}

static int compare_symbols(const void *a, const void *b)
{
	const GElf_Sym *x = a, *y = b;

	return x->st_value < y->st_value ? -1 : x->st_value > y->st_value;
}

static struct err *read_slots(struct plt *plt)
{
	GElf_Shdr header;
	Elf_Scn *section = elf_find_section(plt->elf, ".rela.plt", 0, &header);
	Elf_Data *data = section ? elf_getdata(section, NULL) : NULL;
	size_t nr = data ? MIN(data->d_size / sizeof(Elf64_Rela), (size_t)SLOTS_MAX) : 0;

	plt->slot = calloc(nr + 1, sizeof(*plt->slot));
	if (!plt->slot)
		return err_nomem();
	for (size_t i = 0; i < nr; i++) {
		struct slot *slot = &plt->slot[plt->slots_nr];

		if (!gelf_getrela(data, (int)i, &slot->relocation))
			break;
		slot->address = slot->relocation.r_offset;
		plt->slots_nr++;
	}
	qsort(plt->slot, plt->slots_nr, sizeof(*plt->slot), compare_slots);
	return NULL;
}

/* x86_64: [endbr64] [bnd] jmp *disp(%rip) */
static bool slot_of_stub(const uint8_t *code, uint64_t address, uint64_t *ret_slot)
{
	static const uint8_t endbr64[] = { 0xf3, 0x0f, 0x1e, 0xfa };
	size_t at = 0;

	if (!memcmp(code, endbr64, sizeof(endbr64)))
		at += sizeof(endbr64);
	at += code[at] == 0xf2;
	if (code[at] != 0xff || code[at + 1] != 0x25)
		return false;
	*ret_slot = address + at + 6 + (uint64_t)(int32_t)load_u32(code + at + 2, ORDER_LITTLE);
	return true;
}

static struct err *read_choosers(struct plt *plt)
{
	size_t nr = plt->dynsym ? plt->dynsym->d_size / sizeof(Elf64_Sym) : 0;
	GElf_Sym symbol;

	plt->chooser = calloc(nr + 1, sizeof(*plt->chooser));
	if (!plt->chooser)
		return err_nomem();
	for (size_t i = 1; i < nr && gelf_getsym(plt->dynsym, (int)i, &symbol); i++)
		if (GELF_ST_TYPE(symbol.st_info) == STT_GNU_IFUNC)
			plt->chooser[plt->choosers_nr++] = symbol;
	qsort(plt->chooser, plt->choosers_nr, sizeof(*plt->chooser), compare_symbols);
	return NULL;
}

static const char *chooser_name(const struct plt *plt, uint64_t address)
{
	GElf_Sym wanted = { .st_value = address };
	const GElf_Sym *found = bsearch(&wanted, plt->chooser, plt->choosers_nr,
					sizeof(*plt->chooser), compare_symbols);

	return found ? elf_strptr(plt->elf, plt->strings, found->st_name) : NULL;
}

static void name_slot(const struct plt *plt, const GElf_Rela *relocation, struct str *out)
{
	size_t number = GELF_R_SYM(relocation->r_info);
	const char *name = NULL;
	GElf_Sym symbol;

	if (!number)
		name = chooser_name(plt, (uint64_t)relocation->r_addend);
	else if (plt->dynsym && gelf_getsym(plt->dynsym, (int)number, &symbol))
		name = elf_strptr(plt->elf, plt->strings, symbol.st_name);
	if (name && *name)
		str_printf(out, "%s@plt", name);
	else
		str_printf(out, "*ABS*+%#" PRIx64 "@plt", (uint64_t)relocation->r_addend);
}

static struct err *name_stub(const struct plt *plt, const uint8_t *code, uint64_t address,
			     struct symtab *tab)
{
	struct slot wanted = { .address = 0 };
	guard(str) struct str name = STR_INIT;
	const struct slot *slot;
	struct err *e;
	uint64_t start;

	if (!slot_of_stub(code, address, &wanted.address) ||
	    !elf_file_offset(plt->elf, address, &start))
		return NULL;
	slot = bsearch(&wanted, plt->slot, plt->slots_nr, sizeof(*plt->slot), compare_slots);
	if (!slot)
		return NULL;
	name_slot(plt, &slot->relocation, &name);
	e = str_check(&name);
	return e ? e
		 : symtab_add(tab, start, start + STUB_BYTES, SYMBOL_GLOBAL, 0, name.s, name.len);
}

struct err *plt_symbols(Elf *elf, struct symtab *tab)
{
	GElf_Shdr header, dynsym;
	Elf_Scn *section = elf_find_section(elf, NULL, SHT_DYNSYM, &dynsym);
	guard(plt) struct plt plt = { .elf = elf };
	struct err *e;
	Elf_Data *data;

	if (section) {
		plt.dynsym = elf_getdata(section, NULL);
		plt.strings = dynsym.sh_link;
	}
	/* With .plt.sec programs call that one; .plt only leads on to the loader. */
	section = elf_find_section(elf, ".plt.sec", 0, &header);
	if (!section)
		section = elf_find_section(elf, ".plt", 0, &header);
	data = section ? elf_getdata(section, NULL) : NULL;
	if (!data || !data->d_buf)
		return NULL;
	e = read_slots(&plt);
	if (!e)
		e = read_choosers(&plt);
	for (size_t at = 0; !e && at + STUB_BYTES <= data->d_size; at += STUB_BYTES)
		e = name_stub(&plt, (const uint8_t *)data->d_buf + at, header.sh_addr + at, tab);
	return e;
}
