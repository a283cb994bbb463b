/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The file being made: ELF headers, notes and segments. What is never written stays a hole, so that
 * a file of a terabyte costs only what is in it. (Writing goes by pwrite and not through a mapping:
 * a fault in a shared mapping may dirty, and so allocate, far more than the page it was for.)
 * Knows no kernel.
 */
#ifndef VMTOOL_TESTS_TOOL_MKVMCORE_IMAGE_H
#define VMTOOL_TESTS_TOOL_MKVMCORE_IMAGE_H

#include <stddef.h>
#include <stdint.h>

#include "tests/tool/mkvmcore/spec.h"

/* The segments in order of address, for lookups: many may hold one address. */
struct load_index {
	const struct load *load;
	uint64_t end_max; /* the highest end among this one and those before it */
};

struct image {
	struct spec *spec;
	int fd;
	uint64_t size;
	/* Writes that follow each other in the file are gathered here. */
	uint8_t pending[64 << 10];
	uint64_t pending_offset;
	size_t pending_len;

	uint64_t shdrs_offset, phdrs_offset, notes_offset;
	uint64_t notes_size;
	uint64_t vmcoreinfo_offset; /* 0: no such note */
	unsigned int shdrs_nr;
	unsigned int phdrs_nr;
	struct load_index *index;
};

/* Lays the file out, creates it and writes headers and notes. @vmcoreinfo may be NULL. */
void image_create(struct image *image, struct spec *spec, const char *path, const char *vmcoreinfo);

/* Bytes of the file itself. */
void image_put(struct image *image, uint64_t offset, const void *bytes, size_t len);
void image_get(struct image *image, uint64_t offset, void *bytes, size_t len);

/* Into each segment that stores the address; addresses in no segment are left out. */
void image_write(struct image *image, uint64_t paddr, const void *bytes, size_t len);
/* In the machine's byte order. */
void image_write_u64(struct image *image, uint64_t paddr, uint64_t value);

/* File offset of a physical address; UINT64_MAX when no segment stores it. */
uint64_t image_offset(const struct image *image, uint64_t paddr);

/*
 * Is there memory in frame @pfn, and is all there is of it stored? A page counts also when memory
 * begins or ends inside it, and where segments overlap one that stores all of it is enough.
 */
bool image_stores_page(const struct image *image, uint64_t pfn);

void image_truncate(struct image *image, uint64_t size);
void image_close(struct image *image);

#endif
