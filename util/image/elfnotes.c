// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/image/elfnotes.h"

#include <elf.h>
#include <string.h>

#include "util/base/checked.h"

enum {
	NOTE_HEADER_BYTES = 12,
	NOTE_ALIGN = 4,
	NOTE_NAME_MAX = 32, /* longer names are none of ours */

	TOOL_NOTE_MAX_BYTES = 64 << 10,

	NT_XEN_CRASH_INFO = 0x1000001, /* XEN_ELFNOTE_CRASH_INFO, xen/include/public/elfnote.h */
};

struct note {
	uint32_t type;
	uint32_t name_size;
	uint32_t desc_size;
	char name[NOTE_NAME_MAX + 1];
	uint64_t desc_offset; /* in the concatenated notes */
	uint64_t next_offset;
};

/* Loads the note at @offset, which must lie before @end whole. */
static struct err *load_note(struct image *image, uint64_t offset, uint64_t end,
			     struct note *ret_note)
{
	struct note note = { .type = 0 };
	uint8_t header[NOTE_HEADER_BYTES];
	struct err *e;

	if (!range_within(offset, sizeof(header), end))
		return err_new(ERR_FORMAT, "header is cut off");
	e = image_read_notes(image, offset, header, sizeof(header));
	if (e)
		return e;

	note.name_size = load_u32(header, image->order);
	note.desc_size = load_u32(header + 4, image->order);
	note.type = load_u32(header + 8, image->order);

	/* Sizes are 32 bit and offsets inside a file: the sums below cannot wrap. */
	note.desc_offset = offset + sizeof(header) + align_up_u64(note.name_size, NOTE_ALIGN);
	if (!range_within(note.desc_offset, note.desc_size, end))
		return err_new(ERR_FORMAT, "%u bytes of contents run over the end of the notes",
			       note.desc_size);
	note.next_offset = note.desc_offset + align_up_u64(note.desc_size, NOTE_ALIGN);

	if (note.name_size <= NOTE_NAME_MAX) {
		e = image_read_notes(image, offset + sizeof(header), note.name, note.name_size);
		if (e)
			return e;
	}
	*ret_note = note;
	return NULL;
}

/* The contents of @note and a NUL, which the caller frees. */
static struct err *load_text(struct image *image, const struct note *note, char **ret_text)
{
	autofree char *text = calloc(1, (size_t)note->desc_size + 1);
	struct err *e;

	if (!text)
		return err_nomem();
	e = image_read_notes(image, note->desc_offset, text, note->desc_size);
	if (!e)
		*ret_text = take_ptr(text);
	return e;
}

static struct err *take_vmcoreinfo(struct image *image, const struct note *note,
				   struct notes *notes)
{
	autofree char *text = NULL;
	size_t size;
	struct err *e;

	if (image->vmcoreinfo_names_nr < ARRAY_SIZE(image->vmcoreinfo_name))
		image->vmcoreinfo_name[image->vmcoreinfo_names_nr++] =
			note->desc_offset - align_up_u64(note->name_size, NOTE_ALIGN);
	if (image->vmcoreinfo && note->desc_offset != image->vmcoreinfo_wanted) {
		notes_add(notes, "a second VMCOREINFO note is left alone");
		return NULL;
	}
	if (note->desc_size > VMCOREINFO_MAX_BYTES) {
		notes_add(notes, "a VMCOREINFO note of %u bytes is not believed", note->desc_size);
		return NULL;
	}

	e = load_text(image, note, &text);
	if (e)
		return e;

	/* The kernel pads the text with zeros up to the note's size. */
	size = strlen(text);
	free(image->vmcoreinfo);
	image->vmcoreinfo = take_ptr(text);
	image->vmcoreinfo_size = size;
	image->vmcoreinfo_offset = note->desc_offset;
	return NULL;
}

/* Both are written by Xen itself (xen/common/kexec.c), the latter when it crashes. */
static struct err *take_xen_info(struct image *image, const struct note *note)
{
	if (image->xen_info || note->desc_size > VMCOREINFO_MAX_BYTES)
		return NULL;
	return load_text(image, note, &image->xen_info);
}

static struct err *take_xen_crash(struct image *image, const struct note *note)
{
	if (image->xen_crash_size || note->desc_size > sizeof(image->xen_crash))
		return NULL;
	image->xen_crash_size = note->desc_size;
	return image_read_notes(image, note->desc_offset, image->xen_crash, note->desc_size);
}

/* What an earlier vmtool said of this dump is not true of one made from it, so it is cut off. */
static struct err *take_tool_note(struct image *image, const struct note *note)
{
	if (image->tool_note || note->desc_size > TOOL_NOTE_MAX_BYTES)
		return NULL;
	return load_text(image, note, &image->tool_note);
}

static bool is_tool_note(const struct note *note)
{
	return strcmp(note->name, "VMTOOL") == 0;
}

static struct err *use_note(struct image *image, const struct note *note, struct notes *notes)
{
	if (strcmp(note->name, "VMCOREINFO") == 0)
		return take_vmcoreinfo(image, note, notes);
	if (strcmp(note->name, "VMCOREINFO_XEN") == 0)
		return take_xen_info(image, note);
	if (strcmp(note->name, "Xen") == 0 && note->type == NT_XEN_CRASH_INFO)
		return take_xen_crash(image, note);
	if (strcmp(note->name, "CORE") == 0 && note->type == NT_PRSTATUS)
		image->cpus_nr++;
	return NULL;
}

/* Walks the notes of [start, end); *ret_end is where the last good one ends. */
static struct err *walk_range(struct image *image, uint64_t start, uint64_t end, uint64_t *ret_end,
			      struct notes *notes)
{
	uint64_t offset = start;

	while (range_within(offset, NOTE_HEADER_BYTES, end)) {
		struct note note;
		struct err *e = load_note(image, offset, end, &note);

		if (e && err_code(e) == ERR_FORMAT) {
			autoerr struct err *why = e;

			notes_add(notes, "ELF note at offset %#llx: %s", (unsigned long long)offset,
				  err_message(why));
			break;
		}
		if (e)
			return e;

		/* The kernel leaves room behind the last note and fills it with zeros. */
		if (!note.name_size && !note.desc_size && !note.type)
			break;

		if (is_tool_note(&note) && note.next_offset >= end) {
			*ret_end = offset;
			return take_tool_note(image, &note);
		}
		e = use_note(image, &note, notes);
		if (e)
			return e;
		offset = MIN(note.next_offset, end);
	}
	*ret_end = offset;
	return NULL;
}

struct err *elf_notes_read(struct image *image, struct notes *notes)
{
	uint64_t start = 0;

	for (size_t i = 0; i < image->note_ranges_nr; i++) {
		struct image_note_range *range = &image->note_range[i];
		uint64_t end = start;
		struct err *e = walk_range(image, start, start + range->size, &end, notes);

		if (e)
			return e;
		image->notes_size -= range->size - (end - start);
		range->size = end - start;
		start = end;
	}
	return NULL;
}
