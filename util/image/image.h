/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A memory image opened for reading: physical memory as a mem_source, the map of what is in it, and
 * the notes its writer left (CPU registers, VMCOREINFO). Which file format it is stored in is found
 * by probing and hidden from there on. Knows nothing of kernels: page tables, struct pages and the
 * meaning of VMCOREINFO's keys are util/kernel's.
 *
 * To add a format: a file exporting one `const struct image_format`, and a line in image.c's list.
 */
#ifndef VMTOOL_IMAGE_IMAGE_H
#define VMTOOL_IMAGE_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/base/cleanup.h"
#include "util/base/endian.h"
#include "util/base/notes.h"
#include "util/mem/file.h"
#include "util/mem/memmap.h"
#include "util/mem/source.h"

/* Bytes of the file that hold ELF notes; several follow each other in file order. */
struct image_note_range {
	uint64_t file_offset;
	uint64_t size;
	uint8_t *made; /* not from the file: these bytes, which the image frees; else NULL */
};

enum {
	IMAGE_NOTE_RANGES_MAX = 64,
	IMAGE_PARTS_MAX = 256,
	IMAGE_VMCOREINFO_MAX = 8,
	IMAGE_UTS_BYTES = 6 * 65,
	IMAGE_XEN_CRASH_MAX = 128,
};

/* Told how far a walk through all of the memory has come, many times a second: be quick. */
struct image_watch {
	void (*tick)(void *ctx, uint64_t done, uint64_t total); /* in bytes; NULL: nobody looks */
	void *ctx;
};

struct image {
	const struct image_format *format;
	struct mem_file *file;	/* the first part */
	struct mem_file **part; /* all files it is in, more than one only of a split dump */
	const char **part_path; /* what they are called; lives while the image is opened */
	size_t parts_nr;
	struct mem_source *source; /* physical memory; lives as long as the image */
	struct memmap memmap;

	enum byte_order order; /* of the file's own structures */
	bool memory_swapped;   /* the memory has the other one: found out by who reads the kernel */
	uint16_t machine;      /* EM_*, from <elf.h> */
	uint8_t address_bits;  /* 32 or 64 */

	/* Of formats that store pages, which then need not be stored all: their size; else 0. */
	uint64_t page_size;

	/* How an earlier dump packed them, a codec's name; NULL: not at all, or in several ways. */
	const char *codec;

	/* What an earlier dump left out and said so, the bits of a dump level. */
	unsigned int level;

	/* What the headers say of the machine, where they do: else "", 0, 0. */
	char uts[IMAGE_UTS_BYTES];
	int64_t time; /* of the crash, in seconds since the epoch */
	uint64_t phys_base;

	struct image_note_range note_range[IMAGE_NOTE_RANGES_MAX];
	size_t note_ranges_nr;
	uint64_t notes_size; /* all ranges together */

	/* The text of the VMCOREINFO note, NUL-terminated; NULL when there is none. */
	char *vmcoreinfo;
	size_t vmcoreinfo_size;
	uint64_t vmcoreinfo_offset; /* of the text in the concatenated notes */

	/*
	 * Where the dump's header says the text is in the notes; 0: it does not. Its note goes
	 * before others of the name.
	 */
	uint64_t vmcoreinfo_wanted;

	/*
	 * Of a Xen host: the text of its VMCOREINFO_XEN note, NUL-terminated, else NULL; and what
	 * Xen left when it crashed (crash_xen_info_t).
	 */
	char *xen_info;
	uint8_t xen_crash[IMAGE_XEN_CRASH_MAX];
	size_t xen_crash_size;

	/* The names of VMCOREINFO notes of the file, in the concatenated notes. */
	uint64_t vmcoreinfo_name[IMAGE_VMCOREINFO_MAX];
	size_t vmcoreinfo_names_nr;
	bool vmcoreinfo_replaced; /* and none of those notes is to be found any more */

	/* The text of vmtool's own note, NUL-terminated; NULL when the last note is none. */
	char *tool_note;

	unsigned int cpus_nr; /* NT_PRSTATUS notes */

	/* What the image's own tables promise but the file does not hold; 0 in a whole file. */
	uint64_t truncated_bytes;

	/*
	 * What was erased in an earlier dump, a text: bytes of the first part; size 0: nothing is
	 * said.
	 */
	uint64_t erased_offset;
	uint64_t erased_size;

	/* The memory of the kernel we run on (/proc/kcore): it changes while we look. */
	bool live;

	/*
	 * Readable: whoever goes through all of the memory stops with ERR_INTERRUPTED. 0 or less:
	 * none.
	 */
	int stop_fd;

	struct image_watch watch;

	/* Whoever wrote it marked it as incomplete, or parts of it are not here. */
	bool incomplete;

	/* Pages that image_stored() calls stored, and that are in parts that are not here. */
	uint64_t pages_elsewhere_nr;

	void *priv; /* the format's */
};

struct image_config {
	struct mem_file_config file;
	int stop_fd; /* as in struct image */
	struct image_watch watch;
};

/*
 * Open the image at @path. Remarks (skipped notes, truncation) go to @notes, which may be NULL.
 * ERR_UNSUPPORTED: no format we know; ERR_FORMAT: one we know, but broken beyond use.
 */
must_check struct err *image_open(const char *path, const struct image_config *config,
				  struct notes *notes, struct image **ret_image);

/* The same for an image split into @nr files, at most IMAGE_PARTS_MAX, in any order. */
must_check struct err *image_open_parts(const char *const *paths, size_t nr,
					const struct image_config *config, struct notes *notes,
					struct image **ret_image);

void image_close(struct image *image);
DEFINE_GUARD(image, struct image *, image_close)

/*
 * Does a file with these first @len bytes, of which 64 are enough, hold an image, flattened or not?
 */
bool image_begins(const uint8_t *head, size_t len);

/*
 * ERR_INTERRUPTED when @image's stop_fd has become readable. Costs a system call: not for each
 * page.
 */
must_check struct err *image_check_stop(const struct image *image);

/* "ELF core", "kdump-compressed" */
const char *image_format_name(const struct image *image);

/*
 * Copy @len bytes at @offset of the concatenated notes into @buf. The notes are never held in
 * memory as a whole: device dumps among them can be tens of MiB.
 */
must_check struct err *image_read_notes(struct image *image, uint64_t offset, void *buf,
					size_t len);

/*
 * VMCOREINFO that was found elsewhere than in a note: the image has it from now on in place of what
 * it had, and a note of it behind its other notes. @text is copied. Notes it replaces stay, under
 * another name, so that nobody finds the wrong one in a dump they are copied into.
 */
must_check struct err *image_add_vmcoreinfo(struct image *image, const char *text, size_t len);

/*
 * One more note behind all others, for those who copy them: @size bytes with header and name,
 * padded to four. They are copied.
 */
must_check struct err *image_add_note(struct image *image, const uint8_t *note, size_t size);

/* Must image_stored() be asked, because single pages of the memory map may not be stored? */
bool image_has_gaps(const struct image *image);

/*
 * Which of the page frames [first, first + nr) are stored, a bit each, in a bitmap; @first is a
 * multiple of 8. Those not in the memory map are not. Only for images with gaps.
 */
must_check struct err *image_stored(struct image *image, uint64_t first, uint64_t nr,
				    uint8_t *bits);

/* Length of all files, and the sum of what their caches did. */
uint64_t image_file_bytes(const struct image *image);
void image_stats(const struct image *image, struct mem_file_stats *ret_stats);

#endif
