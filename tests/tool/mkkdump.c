// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * mkkdump: makes a small kdump-compressed file of any layout, also those no tool at hand writes (32
 * bits, big endian, old versions). Seeds for fuzzers are made with it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "tests/lib/kdumpfile.h"
#include "util/base/macros.h"
#include "util/image/flatformat.h"

static const char usage[] =
	"usage: mkkdump SPEC FILE\n"
	"\n"
	"SPEC is a file of words: lp64 packed padded, le be, version=N, split,\n"
	"incomplete, raw zlib (the pages), lost (one of them), flat.\n";

enum { PAGES_NR = 12 };

static void add_pages(struct kdumpfile *file, int packed, int lost)
{
	static uint8_t page[PAGES_NR][KDUMPFILE_PAGE];
	static uint8_t small[PAGES_NR][2 * KDUMPFILE_PAGE];

	for (size_t i = 0; i < PAGES_NR; i++) {
		uint64_t pfn = 3 + i * 5;

		memset(page[i], (int)(0x40 + i), sizeof(page[i]));
		if (packed) {
			uLongf len = sizeof(small[i]);

			if (compress(small[i], &len, page[i], sizeof(page[i])) != Z_OK)
				abort();
			kdumpfile_add(file, pfn, small[i], (uint32_t)len, 1);
		} else {
			kdumpfile_add(file, pfn, page[i], sizeof(page[i]), 0);
		}
	}
	file->page[PAGES_NR / 2].lost = lost;
}

/* In pieces of 1000 bytes, the first one once more in the end. */
static void write_flattened(const struct kdumpfile *file, const char *path)
{
	uint8_t head[FLAT_HEADER_BYTES];
	FILE *out = fopen(path, "w");

	if (!out)
		abort();
	flat_header_store(head);
	fwrite(head, 1, sizeof(head), out);
	for (size_t at = 0; at < file->size + 1000; at += 1000) {
		size_t from = at < file->size ? at : 0;
		size_t len = MIN(file->size - from, (size_t)1000);

		store_u64(head, from, ORDER_BIG);
		store_u64(head + 8, len, ORDER_BIG);
		fwrite(head, 1, FLAT_RECORD_BYTES, out);
		fwrite(file->bytes + from, 1, len, out);
	}
	memset(head, 0xff, FLAT_RECORD_BYTES);
	fwrite(head, 1, FLAT_RECORD_BYTES, out);
	if (fclose(out))
		abort();
}

int main(int argc, char **argv)
{
	static const uint8_t notes[] = "\13\0\0\0\10\0\0\0\0\0\0\0VMCOREINFO\0\0OSRELEAS";
	struct kdumpfile file;
	char word[32];
	int packed = 0, lost = 0, flat = 0;
	FILE *in = argc == 3 ? fopen(argv[1], "r") : NULL;

	if (!in) {
		fputs(usage, stderr);
		return 2;
	}
	kdumpfile_init(&file);
	file.notes = notes;
	file.notes_size = sizeof(notes) - 1;
	file.vmcoreinfo_at = 24;
	file.vmcoreinfo_size = 8;
	file.ram_first = 1;
	file.ram_end = 62;
	while (fscanf(in, "%31s", word) == 1) {
		if (strcmp(word, "packed") == 0)
			file.layout = KDUMPFILE_PACKED_32;
		else if (strcmp(word, "padded") == 0)
			file.layout = KDUMPFILE_PADDED_32;
		else if (strcmp(word, "be") == 0)
			file.order = ORDER_BIG;
		else if (strncmp(word, "version=", 8) == 0)
			file.version = (uint32_t)atoi(word + 8);
		else if (strcmp(word, "split") == 0)
			file.split = 1;
		else if (strcmp(word, "incomplete") == 0)
			file.status = 8;
		else if (strcmp(word, "zlib") == 0)
			packed = 1;
		else if (strcmp(word, "lost") == 0)
			lost = 1;
		else if (strcmp(word, "flat") == 0)
			flat = 1;
	}
	fclose(in);
	file.start_pfn = file.split ? 10 : 0;
	file.end_pfn = file.split ? 40 : 64;
	add_pages(&file, packed, lost);
	kdumpfile_build(&file);
	if (flat)
		write_flattened(&file, argv[2]);
	else
		kdumpfile_write(&file, argv[2], 0);
	kdumpfile_release(&file);
	return 0;
}
