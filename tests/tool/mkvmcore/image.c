// SPDX-License-Identifier: GPL-2.0-or-later
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/tool/mkvmcore/image.h"
#include "util/base/io.h"
#include "util/base/str.h"

enum { PRSTATUS_PID = 32 };

/* A field of an ELF structure, for the statements that overwrite one. */
struct elf_field {
	const char *name;
	size_t offset;
	size_t bytes;
};

#define FIELD(type, member) #member, offsetof(type, member), sizeof(((type *)0)->member)

static const struct elf_field ehdr_fields[] = {
	{ "ei_class", EI_CLASS, 1 },	    { "ei_data", EI_DATA, 1 },
	{ "ei_version", EI_VERSION, 1 },    { FIELD(Elf64_Ehdr, e_type) },
	{ FIELD(Elf64_Ehdr, e_machine) },   { FIELD(Elf64_Ehdr, e_version) },
	{ FIELD(Elf64_Ehdr, e_phoff) },	    { FIELD(Elf64_Ehdr, e_shoff) },
	{ FIELD(Elf64_Ehdr, e_flags) },	    { FIELD(Elf64_Ehdr, e_ehsize) },
	{ FIELD(Elf64_Ehdr, e_phentsize) }, { FIELD(Elf64_Ehdr, e_phnum) },
	{ FIELD(Elf64_Ehdr, e_shentsize) }, { FIELD(Elf64_Ehdr, e_shnum) },
	{ FIELD(Elf64_Ehdr, e_shstrndx) },
};

static const struct elf_field phdr_fields[] = {
	{ FIELD(Elf64_Phdr, p_type) },	 { FIELD(Elf64_Phdr, p_flags) },
	{ FIELD(Elf64_Phdr, p_offset) }, { FIELD(Elf64_Phdr, p_vaddr) },
	{ FIELD(Elf64_Phdr, p_paddr) },	 { FIELD(Elf64_Phdr, p_filesz) },
	{ FIELD(Elf64_Phdr, p_memsz) },	 { FIELD(Elf64_Phdr, p_align) },
};

static uint64_t align_up(uint64_t value, uint64_t align)
{
	return (value + align - 1) & ~(align - 1);
}

static void flush(struct image *image)
{
	autoerr struct err *e = io_pwrite_full(image->fd, image->pending, image->pending_len,
					       image->pending_offset);

	if (e)
		die("cannot write the image: %s", err_message(e));
	image->pending_len = 0;
}

void image_put(struct image *image, uint64_t offset, const void *bytes, size_t len)
{
	const char *from = bytes;

	if (offset > image->size || len > image->size - offset)
		die("a write beyond the end of the image");
	while (len) {
		size_t piece = MIN(len, sizeof(image->pending));

		if (image->pending_offset + image->pending_len != offset ||
		    piece > sizeof(image->pending) - image->pending_len)
			flush(image);
		if (!image->pending_len)
			image->pending_offset = offset;
		memcpy(image->pending + image->pending_len, from, piece);
		image->pending_len += piece;
		from += piece;
		offset += piece;
		len -= piece;
	}
}

void image_get(struct image *image, uint64_t offset, void *bytes, size_t len)
{
	autoerr struct err *e = NULL;

	flush(image);
	e = io_pread_full(image->fd, bytes, len, offset);
	if (e)
		die("cannot read the image: %s", err_message(e));
}

static void store_field(void *at, const struct elf_field *fields, size_t nr,
			const struct override *override)
{
	for (size_t i = 0; i < nr; i++) {
		if (strcmp(fields[i].name, override->name) == 0) {
			memcpy((char *)at + fields[i].offset, &override->value, fields[i].bytes);
			return;
		}
	}
	die("unknown ELF field: %s", override->name);
}

/* From host order to that of the machine. */
static void order_fields(const struct spec *spec, void *at, const struct elf_field *fields,
			 size_t nr)
{
	enum byte_order order = spec->machine->order;

	for (size_t i = 0; i < nr; i++) {
		union {
			uint16_t two;
			uint32_t four;
			uint64_t eight;
		} value;
		char *field = (char *)at + fields[i].offset;

		memcpy(&value, field, fields[i].bytes);
		if (fields[i].bytes == 2)
			store_u16(field, value.two, order);
		else if (fields[i].bytes == 4)
			store_u32(field, value.four, order);
		else if (fields[i].bytes == 8)
			store_u64(field, value.eight, order);
	}
}

/* Appends one note; returns where its bytes begin, in the string of notes. */
static size_t add_note(struct str *notes, const struct spec *spec, const char *name, uint32_t type,
		       const void *desc, size_t desc_len)
{
	static const char zeros[4];
	enum byte_order order = spec->machine->order;
	size_t name_len = strlen(name) + 1;
	uint8_t header[sizeof(Elf64_Nhdr)];
	size_t at;

	store_u32(header, (uint32_t)name_len, order);
	store_u32(header + 4, (uint32_t)desc_len, order);
	store_u32(header + 8, type, order);
	str_add_bytes(notes, header, sizeof(header));
	str_add_bytes(notes, name, name_len);
	str_add_bytes(notes, zeros, align_up(name_len, 4) - name_len);
	at = notes->len;
	str_add_bytes(notes, desc, desc_len);
	str_add_bytes(notes, zeros, align_up(desc_len, 4) - desc_len);
	return at;
}

static void add_prstatus(struct str *notes, const struct spec *spec, unsigned int cpu)
{
	const struct machine *machine = spec->machine;
	uint8_t *desc = must_alloc(machine->prstatus_bytes);

	store_u32(desc + PRSTATUS_PID, cpu ? 100 + cpu : 1, machine->order);
	store_u64(desc + machine->prstatus_pc, spec->kernel_vaddr, machine->order);
	store_u64(desc + machine->prstatus_sp, spec->kernel_vaddr, machine->order);
	add_note(notes, spec, "CORE", NT_PRSTATUS, desc, machine->prstatus_bytes);
	free(desc);
}

static void make_notes(struct image *image, const char *vmcoreinfo, struct str *notes)
{
	const struct spec *spec = image->spec;

	for (unsigned int cpu = 0; cpu < spec->cpus_nr; cpu++)
		add_prstatus(notes, spec, cpu);
	for (size_t i = 0; i < spec->notes.nr; i++) {
		const struct note_rule *rule = &spec->notes.at[i];
		uint8_t *desc = must_alloc(rule->size + 1);

		memset(desc, 0x5a, rule->size);
		add_note(notes, spec, rule->name, rule->type, desc, rule->size);
		free(desc);
	}
	if (vmcoreinfo)
		image->vmcoreinfo_offset =
			add_note(notes, spec, "VMCOREINFO", 0, vmcoreinfo, strlen(vmcoreinfo));
	if (notes->failed)
		die("out of memory");
	image->notes_size = notes->len;
}

/* Every place in the file, in the order in which things stand there. */
static void lay_out(struct image *image)
{
	struct spec *spec = image->spec;
	uint64_t at = sizeof(Elf64_Ehdr);

	image->phdrs_nr = 1 + (unsigned int)spec->loads.nr;
	image->shdrs_nr = spec->shdrs_first ? spec->shdrs_first : spec->xnum;
	if (spec->shdrs_first) {
		image->shdrs_offset = at;
		at += image->shdrs_nr * sizeof(Elf64_Shdr);
	}
	image->phdrs_offset = at;
	at += image->phdrs_nr * sizeof(Elf64_Phdr);
	if (image->shdrs_nr && !spec->shdrs_first) {
		image->shdrs_offset = at;
		at += image->shdrs_nr * sizeof(Elf64_Shdr);
	}
	image->notes_offset = spec->packed ? at : align_up(at, PAGE_BYTES);
	at = image->notes_offset + image->notes_size;
	if (image->vmcoreinfo_offset)
		image->vmcoreinfo_offset += image->notes_offset;
	for (size_t i = 0; i < spec->loads.nr; i++) {
		struct load *load = &spec->loads.at[i];

		if (!spec->packed)
			at = align_up(at, PAGE_BYTES) + load->paddr % PAGE_BYTES;
		load->offset = at;
		at += load->filesz;
	}
	image->size = at;
}

static void write_ehdr(struct image *image)
{
	const struct spec *spec = image->spec;
	bool xnum = spec->xnum || image->phdrs_nr >= PN_XNUM;
	Elf64_Ehdr ehdr = {
		.e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64,
			     spec->machine->order == ORDER_BIG ? ELFDATA2MSB : ELFDATA2LSB,
			     EV_CURRENT },
		.e_type = ET_CORE,
		.e_machine = spec->machine->elf_machine,
		.e_version = EV_CURRENT,
		.e_phoff = image->phdrs_offset,
		.e_shoff = image->shdrs_offset,
		.e_ehsize = sizeof(Elf64_Ehdr),
		.e_phentsize = sizeof(Elf64_Phdr),
		.e_phnum = xnum ? PN_XNUM : (Elf64_Half)image->phdrs_nr,
		.e_shentsize = image->shdrs_nr ? sizeof(Elf64_Shdr) : 0,
		.e_shnum = (Elf64_Half)image->shdrs_nr,
	};

	if (xnum && !image->shdrs_nr)
		die("%u program headers need `xnum`", image->phdrs_nr);
	if (image->shdrs_nr > 1)
		ehdr.e_shstrndx = 1;
	for (size_t i = 0; i < spec->ehdrs.nr; i++)
		store_field(&ehdr, ehdr_fields, ARRAY_SIZE(ehdr_fields), &spec->ehdrs.at[i]);
	order_fields(spec, &ehdr, ehdr_fields, ARRAY_SIZE(ehdr_fields));
	image_put(image, 0, &ehdr, sizeof(ehdr));
}

static void write_shdrs(struct image *image)
{
	for (unsigned int i = 0; i < image->shdrs_nr; i++) {
		enum byte_order order = image->spec->machine->order;
		Elf64_Shdr shdr = { .sh_type = SHT_NULL };

		store_u32(&shdr.sh_type, i ? SHT_STRTAB : SHT_NULL, order);
		store_u32(&shdr.sh_info, i ? 0 : image->phdrs_nr, order);
		image_put(image, image->shdrs_offset + i * sizeof(shdr), &shdr, sizeof(shdr));
	}
}

static void write_phdr(struct image *image, unsigned int index, Elf64_Phdr *phdr)
{
	const struct spec *spec = image->spec;

	for (size_t i = 0; i < spec->phdrs.nr; i++)
		if (spec->phdrs.at[i].index == index)
			store_field(phdr, phdr_fields, ARRAY_SIZE(phdr_fields), &spec->phdrs.at[i]);
	order_fields(spec, phdr, phdr_fields, ARRAY_SIZE(phdr_fields));
	image_put(image, image->phdrs_offset + index * sizeof(*phdr), phdr, sizeof(*phdr));
}

static void write_phdrs(struct image *image)
{
	const struct spec *spec = image->spec;
	Elf64_Phdr note = {
		.p_type = PT_NOTE,
		.p_offset = image->notes_offset,
		.p_filesz = image->notes_size,
		.p_memsz = image->notes_size,
	};

	write_phdr(image, 0, &note);
	for (size_t i = 0; i < spec->loads.nr; i++) {
		const struct load *load = &spec->loads.at[i];
		Elf64_Phdr phdr = {
			.p_type = PT_LOAD,
			.p_flags = PF_R | PF_W | PF_X,
			.p_offset = load->offset,
			.p_vaddr = load->vaddr.value,
			.p_paddr = load->paddr,
			.p_filesz = load->filesz,
			.p_memsz = load->memsz,
		};

		write_phdr(image, 1 + (unsigned int)i, &phdr);
	}
	for (size_t i = 0; i < spec->phdrs.nr; i++)
		if (spec->phdrs.at[i].index >= image->phdrs_nr)
			die("there is no program header %u", spec->phdrs.at[i].index);
}

static int compare_loads(const void *a, const void *b)
{
	const struct load *x = ((const struct load_index *)a)->load;
	const struct load *y = ((const struct load_index *)b)->load;

	return x->paddr < y->paddr ? -1 : x->paddr > y->paddr;
}

static void make_index(struct image *image)
{
	const struct spec *spec = image->spec;
	uint64_t end_max = 0;

	image->index = must_alloc((spec->loads.nr + 1) * sizeof(*image->index));
	for (size_t i = 0; i < spec->loads.nr; i++)
		image->index[i].load = &spec->loads.at[i];
	qsort(image->index, spec->loads.nr, sizeof(*image->index), compare_loads);
	for (size_t i = 0; i < spec->loads.nr; i++) {
		uint64_t end = image->index[i].load->paddr + image->index[i].load->memsz;

		if (end > end_max)
			end_max = end;
		image->index[i].end_max = end_max;
	}
}

void image_create(struct image *image, struct spec *spec, const char *path, const char *vmcoreinfo)
{
	guard(str) struct str notes = STR_INIT;

	*image = (struct image){ .spec = spec };
	make_notes(image, vmcoreinfo, &notes);
	lay_out(image);
	make_index(image);
	image->fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (image->fd < 0)
		die("cannot create %s: %s", path, strerror(errno));
	if (ftruncate(image->fd, (off_t)image->size) < 0)
		die("cannot make %s %ju bytes long: %s", path, (uintmax_t)image->size,
		    strerror(errno));
	write_ehdr(image);
	write_shdrs(image);
	write_phdrs(image);
	image_put(image, image->notes_offset, notes.s, notes.len);
}

/* The segments that may hold @paddr end before this index. */
static size_t index_above(const struct image *image, uint64_t paddr)
{
	size_t low = 0, high = image->spec->loads.nr;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (image->index[middle].load->paddr <= paddr)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

void image_write(struct image *image, uint64_t paddr, const void *bytes, size_t len)
{
	const char *from = bytes;

	/* Page by page, so that a write may cross from one segment into the next. */
	while (len) {
		size_t piece = MIN(len, PAGE_BYTES - paddr % PAGE_BYTES);

		for (size_t i = index_above(image, paddr);
		     i-- > 0 && image->index[i].end_max > paddr;) {
			const struct load *load = image->index[i].load;
			uint64_t into = paddr - load->paddr;

			if (into < load->filesz)
				image_put(image, load->offset + into, from,
					  MIN(piece, load->filesz - into));
		}
		from += piece;
		paddr += piece;
		len -= piece;
	}
}

void image_write_u64(struct image *image, uint64_t paddr, uint64_t value)
{
	uint8_t bytes[8];

	store_u64(bytes, value, image->spec->machine->order);
	image_write(image, paddr, bytes, sizeof(bytes));
}

uint64_t image_offset(const struct image *image, uint64_t paddr)
{
	const struct spec *spec = image->spec;

	for (size_t i = 0; i < spec->loads.nr; i++) {
		const struct load *load = &spec->loads.at[i];

		if (paddr >= load->paddr && paddr - load->paddr < load->filesz)
			return load->offset + (paddr - load->paddr);
	}
	return UINT64_MAX;
}

bool image_stores_page(const struct image *image, uint64_t pfn)
{
	uint64_t start = pfn * PAGE_BYTES, end = start + PAGE_BYTES;
	bool touched = false, missing = false;

	for (size_t i = index_above(image, end - 1); i-- > 0 && image->index[i].end_max > start;) {
		const struct load *load = image->index[i].load;
		uint64_t stored_end = load->paddr + load->filesz;
		uint64_t load_end = load->paddr + load->memsz;

		if (load_end <= start)
			continue;
		if (load->paddr <= start && stored_end >= end)
			return true;
		touched = true;
		missing |= MAX(stored_end, start) < MIN(load_end, end);
	}
	return touched && !missing;
}

void image_truncate(struct image *image, uint64_t size)
{
	flush(image);
	if (ftruncate(image->fd, (off_t)size) < 0)
		die("cannot truncate the image: %s", strerror(errno));
}

void image_close(struct image *image)
{
	flush(image);
	if (close(image->fd) < 0)
		die("cannot write the image: %s", strerror(errno));
	free(image->index);
}
