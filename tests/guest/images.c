// SPDX-License-Identifier: GPL-2.0-or-later
#include "images.h"

#include <elf.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "die.h"

static const unsigned char *map_file(const char *path, size_t *ret_bytes)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat info;
	void *at;

	if (fd < 0 || fstat(fd, &info) || info.st_size == 0)
		die("%s cannot be read or is empty", path);
	at = mmap(NULL, info.st_size, PROT_READ, MAP_SHARED, fd, 0);
	if (at == MAP_FAILED)
		die("%s cannot be mapped", path);
	close(fd);
	*ret_bytes = info.st_size;
	return at;
}

static uint64_t load(const unsigned char *at, size_t bytes)
{
	uint64_t value = 0;

	memcpy(&value, at, bytes);
	return value;
}

void raw_open(struct raw_image *raw, const char *path)
{
	const Elf64_Ehdr *header;
	const Elf64_Phdr *segments;

	memset(raw, 0, sizeof(*raw));
	raw->at = map_file(path, &raw->bytes);
	header = (const void *)raw->at;
	if (raw->bytes < sizeof(*header) || memcmp(header->e_ident, ELFMAG, SELFMAG) ||
	    header->e_phoff + (uint64_t)header->e_phnum * sizeof(*segments) > raw->bytes)
		die("%s is not an ELF image", path);
	segments = (const void *)(raw->at + header->e_phoff);
	raw->segments = calloc(header->e_phnum, sizeof(*raw->segments));
	if (!raw->segments)
		die("out of memory");
	for (size_t i = 0; i < header->e_phnum; i++) {
		const Elf64_Phdr *segment = &segments[i];
		uint64_t pfn_end = (segment->p_paddr + segment->p_filesz + IMAGE_PAGE_BYTES - 1) /
				   IMAGE_PAGE_BYTES;

		if (segment->p_type != PT_LOAD)
			continue;
		if (segment->p_offset + segment->p_filesz > raw->bytes)
			die("%s is cut short", path);
		raw->segments[raw->segment_nr++] =
			(struct raw_segment){ segment->p_paddr, segment->p_offset,
					      segment->p_filesz };
		if (raw->pfn_end < pfn_end)
			raw->pfn_end = pfn_end;
	}
}

void raw_close(struct raw_image *raw)
{
	munmap((void *)raw->at, raw->bytes);
	free(raw->segments);
	memset(raw, 0, sizeof(*raw));
}

/* Copies what there is of a page; segments may overlap. Returns the most that one of them has. */
static uint64_t read_page(const struct raw_image *raw, uint64_t pfn, unsigned char *page)
{
	uint64_t begin = pfn * IMAGE_PAGE_BYTES, end = begin + IMAGE_PAGE_BYTES;
	uint64_t most = 0;

	memset(page, 0, IMAGE_PAGE_BYTES);
	for (size_t i = 0; i < raw->segment_nr; i++) {
		const struct raw_segment *segment = &raw->segments[i];
		uint64_t from = begin > segment->paddr ? begin : segment->paddr;
		uint64_t to = segment->paddr + segment->bytes;

		if (to > end)
			to = end;
		if (from >= to)
			continue;
		memcpy(page + (from - begin), raw->at + segment->offset + (from - segment->paddr),
		       to - from);
		if (most < to - from)
			most = to - from;
	}
	return most;
}

bool raw_read_page(const struct raw_image *raw, uint64_t pfn, unsigned char *page)
{
	return read_page(raw, pfn, page) > 0;
}

bool raw_page_is_whole(const struct raw_image *raw, uint64_t pfn)
{
	unsigned char page[IMAGE_PAGE_BYTES];

	return read_page(raw, pfn, page) == IMAGE_PAGE_BYTES;
}

/*
 * Block 0 holds struct disk_dump_header, block 1 struct kdump_sub_header and the notes, then come
 * both bitmaps and the descriptors. Offsets are those of LP64.
 */
void dump_open(struct dump_file *dump, const char *path)
{
	const unsigned char *header, *sub;
	uint64_t block_bytes, sub_blocks, bitmap_blocks, bitmap_bytes;

	memset(dump, 0, sizeof(*dump));
	dump->at = map_file(path, &dump->bytes);
	header = dump->at;
	if (dump->bytes < 2 * IMAGE_PAGE_BYTES || memcmp(header, "KDUMP   ", 8))
		die("%s is not a kdump-compressed file", path);
	dump->header_version = load(header + 8, 4);
	dump->status = load(header + 424, 4);
	block_bytes = load(header + 428, 4);
	sub_blocks = load(header + 432, 4);
	bitmap_blocks = load(header + 436, 4);
	dump->nr_cpus = load(header + 460, 4);
	if (dump->header_version != 6 || block_bytes != IMAGE_PAGE_BYTES)
		die("%s: version %u, blocks of %lu bytes; expected 6 and %u", path,
		    dump->header_version, (unsigned long)block_bytes, IMAGE_PAGE_BYTES);
	sub = dump->at + block_bytes;
	dump->level = load(sub + 8, 4);
	dump->pfn_end = load(sub + 96, 8);
	bitmap_bytes = bitmap_blocks / 2 * block_bytes;
	dump->descs_offset = (1 + sub_blocks + bitmap_blocks) * block_bytes;
	if (bitmap_blocks % 2 || bitmap_bytes * 8 < dump->pfn_end ||
	    dump->descs_offset > dump->bytes)
		die("%s: bitmaps of %lu blocks do not hold %lu pages", path,
		    (unsigned long)bitmap_blocks, (unsigned long)dump->pfn_end);
	dump->exists = dump->at + (1 + sub_blocks) * block_bytes;
	dump->dumped = dump->exists + bitmap_bytes;
}

void dump_close(struct dump_file *dump)
{
	munmap((void *)dump->at, dump->bytes);
	memset(dump, 0, sizeof(*dump));
}

static bool test(const unsigned char *bitmap, uint64_t pfn)
{
	return bitmap[pfn / 8] >> pfn % 8 & 1;
}

bool dump_has_memory(const struct dump_file *dump, uint64_t pfn)
{
	return pfn < dump->pfn_end && test(dump->exists, pfn);
}

bool dump_has_page(const struct dump_file *dump, uint64_t pfn)
{
	return pfn < dump->pfn_end && test(dump->dumped, pfn);
}

bool dump_desc(const struct dump_file *dump, uint64_t index, struct dump_desc *ret_desc)
{
	uint64_t at = dump->descs_offset + index * 24;

	if (at + 24 > dump->bytes)
		return false;
	ret_desc->offset = load(dump->at + at, 8);
	ret_desc->size = load(dump->at + at + 8, 4);
	ret_desc->flags = load(dump->at + at + 12, 4);
	return ret_desc->offset <= dump->bytes && ret_desc->size <= dump->bytes - ret_desc->offset;
}
