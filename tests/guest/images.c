// SPDX-License-Identifier: GPL-2.0-or-later
#include "images.h"

#include <elf.h>
#include <fcntl.h>
#include <stddef.h>
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

static uint64_t load(const unsigned char *at, size_t bytes, bool big_endian)
{
	uint64_t value = 0;

	for (size_t i = 0; i < bytes; i++)
		value = value << 8 | at[big_endian ? i : bytes - 1 - i];
	return value;
}

/* Offsets are those of Elf64_Ehdr and Elf64_Phdr. */
void raw_open(struct raw_image *raw, const char *path, uint64_t page_bytes)
{
	uint64_t headers, headers_nr;
	bool big;

	memset(raw, 0, sizeof(*raw));
	raw->page_bytes = page_bytes;
	raw->at = map_file(path, &raw->bytes);
	if (raw->bytes < sizeof(Elf64_Ehdr) || memcmp(raw->at, ELFMAG, SELFMAG) ||
	    raw->at[EI_CLASS] != ELFCLASS64)
		die("%s is not an ELF image", path);
	big = raw->at[EI_DATA] == ELFDATA2MSB;
	headers = load(raw->at + offsetof(Elf64_Ehdr, e_phoff), 8, big);
	headers_nr = load(raw->at + offsetof(Elf64_Ehdr, e_phnum), 2, big);
	if (headers + headers_nr * sizeof(Elf64_Phdr) > raw->bytes)
		die("%s is cut short", path);
	raw->segments = calloc(headers_nr, sizeof(*raw->segments));
	if (!raw->segments)
		die("out of memory");
	for (size_t i = 0; i < headers_nr; i++) {
		const unsigned char *header = raw->at + headers + i * sizeof(Elf64_Phdr);
		struct raw_segment segment = {
			.paddr = load(header + offsetof(Elf64_Phdr, p_paddr), 8, big),
			.offset = load(header + offsetof(Elf64_Phdr, p_offset), 8, big),
			.bytes = load(header + offsetof(Elf64_Phdr, p_filesz), 8, big),
		};
		uint64_t pfn_end = (segment.paddr + segment.bytes + page_bytes - 1) / page_bytes;

		if (load(header, 4, big) != PT_LOAD)
			continue;
		if (segment.offset + segment.bytes > raw->bytes)
			die("%s is cut short", path);
		raw->segments[raw->segment_nr++] = segment;
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
	uint64_t begin = pfn * raw->page_bytes, end = begin + raw->page_bytes;
	uint64_t most = 0;

	memset(page, 0, raw->page_bytes);
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
	unsigned char page[IMAGE_PAGE_BYTES_MAX];

	return read_page(raw, pfn, page) == raw->page_bytes;
}

/*
 * Block 0 holds struct disk_dump_header, block 1 struct kdump_sub_header and the notes, then come
 * both bitmaps and the descriptors. Offsets are those of LP64.
 */
void dump_open(struct dump_file *dump, const char *path)
{
	const unsigned char *header, *sub;
	uint64_t block_bytes, sub_blocks, bitmap_blocks, bitmap_bytes;
	bool big;

	memset(dump, 0, sizeof(*dump));
	dump->at = map_file(path, &dump->bytes);
	header = dump->at;
	if (dump->bytes < 2 * IMAGE_PAGE_BYTES_MAX || memcmp(header, "KDUMP   ", 8))
		die("%s is not a kdump-compressed file", path);
	dump->big_endian = load(header + 8, 4, false) > 0xffff;
	big = dump->big_endian;
	dump->header_version = load(header + 8, 4, big);
	dump->status = load(header + 424, 4, big);
	block_bytes = load(header + 428, 4, big);
	sub_blocks = load(header + 432, 4, big);
	bitmap_blocks = load(header + 436, 4, big);
	dump->nr_cpus = load(header + 460, 4, big);
	if (dump->header_version != 6 || block_bytes < 4096 || block_bytes > IMAGE_PAGE_BYTES_MAX)
		die("%s: version %u, blocks of %lu bytes; expected 6 and those of a page", path,
		    dump->header_version, (unsigned long)block_bytes);
	dump->page_bytes = block_bytes;
	sub = dump->at + block_bytes;
	dump->level = load(sub + 8, 4, big);
	dump->pfn_end = load(sub + 96, 8, big);
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
	ret_desc->offset = load(dump->at + at, 8, dump->big_endian);
	ret_desc->size = load(dump->at + at + 8, 4, dump->big_endian);
	ret_desc->flags = load(dump->at + at + 12, 4, dump->big_endian);
	return ret_desc->offset <= dump->bytes && ret_desc->size <= dump->bytes - ret_desc->offset;
}

kdump_ctx_t *reader_open(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	kdump_ctx_t *reader = kdump_new();

	if (fd < 0 || !reader)
		die("%s cannot be opened", path);
	if (kdump_open_fd(reader, fd) != KDUMP_OK)
		die("libkdumpfile cannot open %s: %s", path, kdump_get_err(reader));
	return reader;
}
