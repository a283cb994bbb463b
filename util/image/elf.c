// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ELF cores, of 64 and of 32 bits: /proc/vmcore, QEMU's and libvirt's ELF dumps, makedumpfile -E.
 * Program headers are found through e_phoff: QEMU 7.2 and later puts section headers between the
 * ELF header and them.
 */
#include <elf.h>
#include <string.h>

#include "util/base/checked.h"
#include "util/image/elfclass.h"
#include "util/image/elfnotes.h"
#include "util/image/format.h"
#include "util/image/machine.h"
#include "util/image/ranges.h"

/* So many headers are gone through without a look for who wants us to stop: a millisecond. */
enum { HEADERS_UNASKED = 4096 };

struct elf_image {
	struct ranges_source ranges;
	const struct elf_class *class;
	bool shuffled;	       /* segments do not ascend, or overlap */
	uint64_t segments_end; /* of the memory of those so far */
};

struct segment {
	uint32_t type;
	uint64_t offset;
	uint64_t vaddr;
	uint64_t paddr;
	uint64_t file_size;
	uint64_t mem_size;
};

static bool elf_probe(const uint8_t *head, size_t len)
{
	return len >= SELFMAG && memcmp(head, ELFMAG, SELFMAG) == 0;
}

static const struct elf_class *class_of(const struct image *image)
{
	return ((const struct elf_image *)image->priv)->class;
}

static uint64_t load_word(const struct image *image, const uint8_t *at)
{
	return elf_load_word(class_of(image), at, image->order);
}

static struct err *read_bytes(struct image *image, uint64_t offset, void *buf, size_t len)
{
	return mem_file_read(image->file, offset, buf, len, MEM_RANDOM);
}

/* The number of program headers; beyond 65534 it stands in the first section header (PN_XNUM). */
static struct err *headers_nr(struct image *image, const uint8_t *ehdr, uint64_t *ret_nr)
{
	const struct elf_class *class = class_of(image);
	uint16_t phnum = load_u16(ehdr + class->e_phnum, image->order);
	uint64_t shoff = load_word(image, ehdr + class->e_shoff);
	uint8_t shdr[ELF_SHDR_MAX];
	struct err *e;

	*ret_nr = phnum;
	if (phnum != PN_XNUM)
		return NULL;

	if (!range_within(shoff, class->shdr_bytes, mem_file_size(image->file)) || !shoff)
		return err_new(ERR_FORMAT,
			       "ELF header says PN_XNUM, but there is no section header "
			       "with the number of program headers");
	e = read_bytes(image, shoff, shdr, class->shdr_bytes);
	if (e)
		return err_wrap(e, "ELF section header");
	*ret_nr = load_u32(shdr + class->sh_info, image->order);
	return NULL;
}

static struct err *read_segment(struct image *image, uint64_t offset, struct segment *ret_segment)
{
	uint8_t phdr[ELF_PHDR_MAX];
	const struct elf_class *class = class_of(image);
	struct err *e = read_bytes(image, offset, phdr, class->phdr_bytes);

	if (e)
		return e;
	*ret_segment = (struct segment){
		.type = load_u32(phdr + class->p_type, image->order),
		.offset = load_word(image, phdr + class->p_offset),
		.vaddr = load_word(image, phdr + class->p_vaddr),
		.paddr = load_word(image, phdr + class->p_paddr),
		.file_size = load_word(image, phdr + class->p_filesz),
		.mem_size = load_word(image, phdr + class->p_memsz),
	};
	/* kexec-tools: memory without an address of its own (highmem). */
	if (ret_segment->vaddr == class->word_max)
		ret_segment->vaddr = 0;
	return NULL;
}

/* How much of the segment's part in the file is really there. */
static uint64_t stored_size(const struct image *image, const struct segment *segment)
{
	return ranges_stored(image, segment->offset, segment->file_size);
}

/* All of a segment, or with @stored_only what is in the file of it. */
static struct memmap_range range_of(const struct image *image, const struct segment *segment,
				    bool stored_only)
{
	uint64_t stored = stored_size(image, segment);
	/* A size that is absurd is not yet a reason to give up the rest. */
	uint64_t size = MIN(segment->mem_size, RANGES_END - segment->paddr);

	return (struct memmap_range){
		.paddr = segment->paddr,
		.size = stored_only ? stored : size,
		.file_offset = segment->offset,
		.file_size = stored,
		.vaddr = segment->vaddr,
	};
}

/* As long as segments ascend, all of each; from the first that does not, what is in the file. */
static struct err *add_stored(struct image *image, const struct segment *segment)
{
	struct elf_image *elf = image->priv;
	struct memmap_range range = range_of(image, segment, elf->shuffled);

	ranges_count_truncated(image, segment->file_size - range.file_size);
	if (!elf->shuffled && range.size && range.paddr < elf->segments_end) {
		elf->shuffled = true;
		memmap_keep_stored(&image->memmap);
		range.size = range.file_size;
	}
	elf->segments_end = MAX(elf->segments_end, range.paddr + range.size);
	return memmap_add(&image->memmap, &range);
}

/* All of it, if some of it is not stored: what another segment stores is taken from there. */
static struct err *add_missing(struct image *image, const struct segment *segment)
{
	struct memmap_range range = range_of(image, segment, false);

	return range.file_size == range.size ? NULL : memmap_add(&image->memmap, &range);
}

static void add_notes(struct image *image, const struct segment *segment, struct notes *notes)
{
	uint64_t stored = stored_size(image, segment);

	if (stored < segment->file_size)
		notes_add(notes, "the file ends inside its ELF notes: %llu of %llu bytes are there",
			  (unsigned long long)stored, (unsigned long long)segment->file_size);
	ranges_count_truncated(image, segment->file_size - stored);
	if (!stored)
		return;
	if (image->note_ranges_nr == IMAGE_NOTE_RANGES_MAX) {
		notes_add(notes, "more than %d note segments: the rest is left out",
			  IMAGE_NOTE_RANGES_MAX);
		return;
	}
	image->note_range[image->note_ranges_nr++] = (struct image_note_range){
		.file_offset = segment->offset,
		.size = stored,
	};
	image->notes_size += stored;
}

/* /proc/kcore has virtual memory too (vmalloc, vmemmap), and -1 for where it is physically. */
static bool is_unplaced(const struct image *image, const struct segment *segment)
{
	return segment->paddr == class_of(image)->word_max;
}

/* One damaged number is no reason to give up all other memory. */
static void leave_out(struct image *image, uint64_t number, const struct segment *segment,
		      struct notes *notes)
{
	notes_add(notes,
		  "ELF program header %llu puts memory at %#llx, where no machine has any: its "
		  "%llu bytes are left out",
		  (unsigned long long)number, (unsigned long long)segment->paddr,
		  (unsigned long long)stored_size(image, segment));
	image->incomplete = true;
}

/*
 * No writer stores more than there is: one of the sizes is damaged. Behind the memory that both
 * agree on the bytes would be another segment's.
 */
static void keep_to_memory(struct image *image, uint64_t number, struct segment *segment,
			   struct notes *notes)
{
	if (segment->file_size <= segment->mem_size)
		return;
	notes_add(notes,
		  "ELF program header %llu stores %llu bytes of %llu bytes of memory: one of them "
		  "is damaged, and only the smaller one is believed",
		  (unsigned long long)number, (unsigned long long)segment->file_size,
		  (unsigned long long)segment->mem_size);
	segment->file_size = segment->mem_size;
	image->incomplete = true;
}

static struct err *add_segment(struct image *image, uint64_t number, struct segment *segment,
			       bool missing, struct notes *notes)
{
	keep_to_memory(image, number, segment, missing ? NULL : notes);
	if (!ranges_can_be(segment->paddr, stored_size(image, segment))) {
		if (!missing)
			leave_out(image, number, segment, notes);
		return NULL;
	}
	return missing ? add_missing(image, segment) : add_stored(image, segment);
}

/* The program headers. */
struct table {
	uint64_t offset;
	uint64_t entry_bytes;
	uint64_t nr;
};

/* @missing: notes are known, and so is what is stored. */
static struct err *walk_segments(struct image *image, const struct table *table, bool missing,
				 struct notes *notes)
{
	for (uint64_t i = 0; i < table->nr; i++) {
		struct segment segment;
		struct err *e = i % HEADERS_UNASKED ? NULL : image_check_stop(image);

		if (e)
			return e;
		e = read_segment(image, table->offset + i * table->entry_bytes, &segment);
		if (!e && segment.type == PT_LOAD && !is_unplaced(image, &segment))
			e = add_segment(image, i, &segment, missing, notes);
		if (e)
			return err_wrap(e, "ELF program header %llu", (unsigned long long)i);
		if (segment.type == PT_NOTE && !missing)
			add_notes(image, &segment, notes);
	}
	return NULL;
}

static struct err *read_segments(struct image *image, const uint8_t *ehdr, struct notes *notes)
{
	const struct elf_class *class = class_of(image);
	struct table table = {
		.offset = load_word(image, ehdr + class->e_phoff),
		.entry_bytes = load_u16(ehdr + class->e_phentsize, image->order),
	};
	struct err *e;

	e = headers_nr(image, ehdr, &table.nr);
	if (e)
		return e;
	if (!table.nr)
		return err_new(ERR_FORMAT, "ELF file without program headers: not a core dump");
	if (table.entry_bytes < class->phdr_bytes)
		return err_new(ERR_FORMAT, "ELF program headers of %llu bytes are too small",
			       (unsigned long long)table.entry_bytes);
	if (table.nr > ELF_PHDRS_MAX)
		return err_new(ERR_FORMAT, "%llu ELF program headers are not believed",
			       (unsigned long long)table.nr);
	/* entry_bytes has 16 bits and nr 25: the product fits. */
	if (!range_within(table.offset, table.nr * table.entry_bytes, mem_file_size(image->file)))
		return err_new(
			ERR_FORMAT,
			"ELF program headers (%llu of them at offset %#llx) run over the end "
			"of the file",
			(unsigned long long)table.nr, (unsigned long long)table.offset);

	e = walk_segments(image, &table, false, notes);
	/* Where segments overlap, one that stores a page goes before one that does not. */
	if (!e && ((const struct elf_image *)image->priv)->shuffled)
		e = walk_segments(image, &table, true, notes);
	return e;
}

static struct err *elf_open(struct image *image, struct notes *notes)
{
	uint8_t ehdr[ELF_EHDR_MAX];
	struct elf_image *elf;
	struct err *e;

	if (mem_file_size(image->file) < sizeof(ehdr))
		return err_new(ERR_FORMAT, "ELF header is cut off: the file has only %llu bytes",
			       (unsigned long long)mem_file_size(image->file));
	e = read_bytes(image, 0, ehdr, sizeof(ehdr));
	if (e)
		return err_wrap(e, "ELF header");

	if (!elf_class_of(ehdr[EI_CLASS]))
		return err_new(ERR_FORMAT, "ELF header names no class of ours (EI_CLASS is %u)",
			       ehdr[EI_CLASS]);
	if (ehdr[EI_DATA] != ELFDATA2LSB && ehdr[EI_DATA] != ELFDATA2MSB)
		return err_new(ERR_FORMAT, "ELF header names no byte order (EI_DATA is %u)",
			       ehdr[EI_DATA]);
	image->order = ehdr[EI_DATA] == ELFDATA2MSB ? ORDER_BIG : ORDER_LITTLE;
	image->machine = load_u16(ehdr + offsetof(Elf64_Ehdr, e_machine), image->order);
	if (load_u16(ehdr + offsetof(Elf64_Ehdr, e_type), image->order) != ET_CORE)
		return err_new(ERR_FORMAT, "an ELF file, but not a core dump");

	elf = calloc(1, sizeof(*elf));
	if (!elf)
		return err_nomem();
	ranges_source_init(&elf->ranges, image);
	elf->class = elf_class_of(ehdr[EI_CLASS]);
	image->priv = elf;
	image->address_bits = machine_address_bits(image->machine, elf->class->address_bits);

	if (load_u32(ehdr + elf->class->e_flags, image->order) & ELF_FLAG_INCOMPLETE) {
		image->incomplete = true;
		notes_add(notes, "the dump is marked incomplete: pages were lost when it was made");
	}
	e = read_segments(image, ehdr, notes);
	if (e)
		return e;
	e = ranges_finish(image, notes);
	if (e)
		return e;
	if (!image->memmap.nr)
		return err_new(ERR_FORMAT, "an ELF core without memory (no PT_LOAD)");
	return elf_notes_read(image, notes);
}

static void elf_close(struct image *image)
{
	free(image->priv);
}

const struct image_format image_format_elf = {
	.name = "ELF",
	.probe = elf_probe,
	.open = elf_open,
	.close = elf_close,
};
