/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The headers of a kdump-compressed file, versions 0 to 6 and whatever comes after: what is said of
 * the machine, and where in the file the bitmaps, descriptors and notes are. In blocks of one page:
 * main header, sub header with the notes behind it, two bitmaps, page descriptors, page data.
 *
 * Numbers have the byte order of the dumped machine and the sizes its C compiler gave them. There
 * are three layouts: 64-bit machines; 32-bit ones that align 64-bit numbers to four bytes (i386,
 * and all that QEMU writes) or to eight (ARM, MIPS). No field says which: the one is taken whose
 * numbers agree with each other and with the length of the file.
 *
 * Sources: makedumpfile's IMPLEMENTATION and diskdump_mod.h; crash's diskdump.c as the reader that
 * decides; QEMU's include/sysemu/dump.h. Knows nothing of pages, codecs or kernels.
 */
#ifndef VMTOOL_IMAGE_KDUMPHEADER_H
#define VMTOOL_IMAGE_KDUMPHEADER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/base/endian.h"
#include "util/base/notes.h"
#include "util/mem/file.h"

enum {
	KDUMP_SIGNATURE_BYTES = 8,
	KDUMP_VERSION_KNOWN =
		6, /* later ones are read like this one: fields were only ever added */
	KDUMP_DESC_BYTES = 24,
	KDUMP_MAIN_BYTES_MAX = 464,
	KDUMP_SUB_BYTES_MAX = 104,

	KDUMP_UTS_FIELD_BYTES = 65,
	KDUMP_UTS_FIELDS_NR = 6,
};

/* "KDUMP" and three spaces. */
extern const char kdump_signature[KDUMP_SIGNATURE_BYTES + 1];

/* page_desc.flags, and kdump_header.status for the codec of the file; 0 is a raw page. */
enum kdump_page_flag {
	KDUMP_PAGE_RAW = 0,
	KDUMP_PAGE_ZLIB = 0x1,
	KDUMP_PAGE_LZO = 0x2,
	KDUMP_PAGE_SNAPPY = 0x4,
	KDUMP_PAGE_ZSTD = 0x20,
};

enum kdump_status {
	KDUMP_STATUS_INCOMPLETE =
		0x8, /* not everything was written; makedumpfile 1.5.6 and later */
	KDUMP_STATUS_NO_VMEMMAP = 0x10,
};

/* The name of a codec as util/codec knows it; NULL for a flag that is none, or more than one. */
const char *kdump_flag_codec(uint32_t flag);

/* The flag of a codec's pages, by the codec's name; KDUMP_PAGE_RAW when the format has none. */
enum kdump_page_flag kdump_flag_of(const char *codec_name);

/* Bytes of the file; size 0: there are none. */
struct kdump_extent {
	uint64_t offset;
	uint64_t size;
};

/* Every extent lies inside the file, but for `descs`, which may be cut off. */
struct kdump_header {
	enum byte_order order;
	uint8_t address_bits; /* 32 or 64 */
	bool padded;	      /* of 32 bits, and 64-bit numbers are aligned to eight bytes */
	uint32_t version;
	uint32_t status;     /* KDUMP_STATUS_*, and the KDUMP_PAGE_* pages may have */
	uint64_t block_size; /* a power of two, 4 to 64 KiB; also the page size */
	uint32_t cpus_nr;    /* as the writer counted them, often 0 */
	int64_t time;	     /* seconds since the epoch, 0: not said */
	uint64_t max_mapnr;  /* one past the highest page frame, 1 to 2^40 */

	/* sysname, nodename, release, version, machine, domainname; each ends with a NUL. */
	char uts[KDUMP_UTS_FIELDS_NR][KDUMP_UTS_FIELD_BYTES];

	uint64_t phys_base;
	uint32_t level; /* what was left out, at most 31; 0: nothing, or not known */
	bool level_known;

	/* One of a set: the descriptors are those of page frames [start_pfn, end_pfn). */
	bool split;
	uint64_t start_pfn;
	uint64_t end_pfn;

	struct kdump_extent vmcoreinfo; /* text; lies inside `notes` where there are any */
	struct kdump_extent notes;
	struct kdump_extent eraseinfo;

	struct kdump_extent ram;  /* bitmap of page frames with memory */
	struct kdump_extent kept; /* bitmap of those in the dump; the same as `ram` in old files */

	/*
	 * Where descriptors begin. `size` is what of the file lies behind that: how many of them
	 * there are is only said by the bitmap.
	 */
	struct kdump_extent descs;
};

/* Does a file that begins with @len bytes @head claim to be one? */
bool kdump_header_probe(const uint8_t *head, size_t len);

/*
 * Read and check. ERR_FORMAT: not such a file, or one whose numbers make no sense or lead outside
 * of it; the message says which. What is optional and broken (level, vmcoreinfo, notes, eraseinfo)
 * is left out with a remark in @notes, which may be NULL.
 */
must_check struct err *kdump_header_read(struct mem_file *file, struct notes *notes,
					 struct kdump_header *ret_header);

/* Bytes of the sub header; the notes stand behind it. */
uint64_t kdump_sub_bytes(const struct kdump_header *header);

/*
 * The headers of a file of KDUMP_VERSION_KNOWN as they stand in it; @main and @sub have room for
 * the largest. @header's extents must be filled in: how many blocks there are is told by them.
 */
void kdump_header_store(const struct kdump_header *header, uint8_t main[KDUMP_MAIN_BYTES_MAX],
			uint8_t sub[KDUMP_SUB_BYTES_MAX]);

/* Where in a main header the status is, and in which byte order; ERR_FORMAT when it is none. */
must_check struct err *kdump_status_find(const uint8_t main[KDUMP_MAIN_BYTES_MAX], uint64_t *ret_at,
					 enum byte_order *ret_order);

/* A page descriptor, as it stands in the file at @bytes. */
struct kdump_desc {
	uint64_t offset; /* of the page's data in the file; 0: the page was lost */
	uint32_t size;
	uint32_t flags; /* KDUMP_PAGE_* */
};

static inline struct kdump_desc kdump_desc_load(const uint8_t bytes[KDUMP_DESC_BYTES],
						enum byte_order order)
{
	return (struct kdump_desc){
		.offset = load_u64(bytes, order),
		.size = load_u32(bytes + 8, order),
		.flags = load_u32(bytes + 12, order),
	};
}

#endif
