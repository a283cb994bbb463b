// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kdump-ls: shows and checks files in the kdump-compressed format. It is a witness for the tests of
 * `vmtool dump` and so shares no code with it: layout, bounds and bitmaps are read here from the
 * format's description alone (Documentation of makedumpfile, IMPLEMENTATION; LP64, header version
 * 6, either byte order).
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

static const char usage[] =
	"usage: kdump-ls [OPTION] FILE\n"
	"\n"
	"  (none)         header fields, one a line\n"
	"  -r, --ram      page frames of the first bitmap (memory that exists), as FIRST+COUNT\n"
	"  -p, --pages    page frames of the second bitmap (memory that is in the file)\n"
	"  -d, --descs    a line for each page: frame, offset, size, flags\n"
	"  -s, --sums     a line for each page that is not lost: frame and checksum\n"
	"  -n, --notes    a line for each note: owner, type, size\n"
	"  -v, --vmcoreinfo  its text\n"
	"  -H, --holds RANGES  are all page frames of the file RANGES (as FIRST+COUNT) dumped? "
	"Prints\n"
	"                 how many more there are\n"
	"  -c, --check    all bounds, all descriptors, all pages; one line when good (what LZO, "
	"snappy\n"
	"                 and zstd made is not looked into: kdump-read does that)\n";

enum {
	MAIN_HEADER_BYTES = 464,
	SUB_HEADER_BYTES = 104,
	DESC_BYTES = 24,
	FLAG_ZLIB = 1,
	FLAG_LZO = 2,
	FLAG_SNAPPY = 4,
	FLAG_ZSTD = 0x20,
};

struct desc {
	uint64_t offset;
	uint32_t size;
	uint32_t flags;
	uint64_t page_flags;
};

struct dump {
	const uint8_t *bytes;
	uint64_t size;
	bool big_endian;

	uint32_t version, status, block_size, sub_blocks, bitmap_blocks, max_mapnr_32, nr_cpus;
	char release[66], machine[66];
	uint64_t phys_base, start_pfn_64, end_pfn_64, max_mapnr;
	uint32_t dump_level, split;
	uint64_t vmcoreinfo_offset, vmcoreinfo_size, note_offset, note_size;
	uint64_t eraseinfo_offset, eraseinfo_size;

	const uint8_t *ram, *dumped; /* bitmaps */
	uint64_t descs_offset;
	uint64_t dumped_nr;
};

static void die(const char *fmt, ...) __attribute__((noreturn, format(printf, 1, 2)));

static void die(const char *fmt, ...)
{
	va_list args;

	fflush(stdout);
	fputs("kdump-ls: ", stderr);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
	exit(1);
}

static const uint8_t *at(const struct dump *dump, uint64_t offset, uint64_t len, const char *what)
{
	if (offset > dump->size || len > dump->size - offset)
		die("%s at %" PRIu64 ", %" PRIu64 " bytes, is not inside the file of %" PRIu64,
		    what, offset, len, dump->size);
	return dump->bytes + offset;
}

static uint64_t number(const struct dump *dump, const uint8_t *p, size_t len)
{
	uint64_t value = 0;

	for (size_t i = 0; i < len; i++)
		value = value << 8 | p[dump->big_endian ? i : len - 1 - i];
	return value;
}

static uint32_t u32(const struct dump *dump, const uint8_t *p)
{
	return (uint32_t)number(dump, p, 4);
}

static uint64_t u64(const struct dump *dump, const uint8_t *p)
{
	return number(dump, p, 8);
}

static bool bit(const uint8_t *map, uint64_t n)
{
	return map[n >> 3] & 1 << (n & 7);
}

/* Is the page in this file? One of a set has those of its own page frames. */
static bool is_here(const struct dump *dump, uint64_t pfn)
{
	if (dump->split && (pfn < dump->start_pfn_64 || pfn >= dump->end_pfn_64))
		return false;
	return bit(dump->dumped, pfn);
}

static void read_headers(struct dump *dump)
{
	const uint8_t *h = at(dump, 0, MAIN_HEADER_BYTES, "main header");
	uint64_t map_bytes, map_blocks, maps_offset;
	const uint8_t *sub;

	if (memcmp(h, "KDUMP   ", 8) != 0)
		die("no KDUMP signature");
	dump->big_endian = !h[8] && h[11];
	dump->version = u32(dump, h + 8);
	memcpy(dump->release, h + 12 + 2 * 65, 65);
	memcpy(dump->machine, h + 12 + 4 * 65, 65);
	dump->status = u32(dump, h + 424);
	dump->block_size = u32(dump, h + 428);
	dump->sub_blocks = u32(dump, h + 432);
	dump->bitmap_blocks = u32(dump, h + 436);
	dump->max_mapnr_32 = u32(dump, h + 440);
	dump->nr_cpus = u32(dump, h + 460);
	if (dump->version != 6)
		die("header version %" PRIu32 ", not 6", dump->version);
	if (dump->block_size < 4096 || dump->block_size & (dump->block_size - 1))
		die("block size %" PRIu32, dump->block_size);

	sub = at(dump, dump->block_size, SUB_HEADER_BYTES, "sub header");
	dump->phys_base = u64(dump, sub);
	dump->dump_level = u32(dump, sub + 8);
	dump->split = u32(dump, sub + 12);
	dump->vmcoreinfo_offset = u64(dump, sub + 32);
	dump->vmcoreinfo_size = u64(dump, sub + 40);
	dump->note_offset = u64(dump, sub + 48);
	dump->note_size = u64(dump, sub + 56);
	dump->eraseinfo_offset = u64(dump, sub + 64);
	dump->eraseinfo_size = u64(dump, sub + 72);
	dump->start_pfn_64 = u64(dump, sub + 80);
	dump->end_pfn_64 = u64(dump, sub + 88);
	dump->max_mapnr = u64(dump, sub + 96);

	map_bytes = dump->max_mapnr / 8 + (dump->max_mapnr % 8 != 0);
	map_blocks = map_bytes / dump->block_size + (map_bytes % dump->block_size != 0);
	if (dump->bitmap_blocks != 2 * map_blocks)
		die("%" PRIu32 " bitmap blocks, but %" PRIu64 " page frames need 2 x %" PRIu64,
		    dump->bitmap_blocks, dump->max_mapnr, map_blocks);
	maps_offset = (1 + (uint64_t)dump->sub_blocks) * dump->block_size;
	map_bytes = map_blocks * dump->block_size;
	dump->ram = at(dump, maps_offset, map_bytes, "first bitmap");
	dump->dumped = at(dump, maps_offset + map_bytes, map_bytes, "second bitmap");
	dump->descs_offset = maps_offset + 2 * map_bytes;
	for (uint64_t pfn = 0; pfn < dump->max_mapnr; pfn++)
		dump->dumped_nr += is_here(dump, pfn);
	at(dump, dump->descs_offset, dump->dumped_nr * DESC_BYTES, "page descriptors");
}

static struct desc get_desc(const struct dump *dump, uint64_t index)
{
	const uint8_t *p = dump->bytes + dump->descs_offset + index * DESC_BYTES;
	struct desc desc = { u64(dump, p), u32(dump, p + 8), u32(dump, p + 12), u64(dump, p + 16) };

	return desc;
}

/* A page that should be there and is not: an incomplete dump, or memory that could not be read. */
static bool is_lost(const struct desc *desc)
{
	return !desc->offset && !desc->size;
}

/* Compressed by what this program does not know. */
static bool is_opaque(const struct desc *desc)
{
	return desc->flags == FLAG_LZO || desc->flags == FLAG_SNAPPY || desc->flags == FLAG_ZSTD;
}

static void get_page(const struct dump *dump, uint64_t pfn, const struct desc *desc, uint8_t *page)
{
	const uint8_t *data = at(dump, desc->offset, desc->size, "page data");
	uLongf len = dump->block_size;

	if (desc->flags == 0) {
		if (desc->size != dump->block_size)
			die("pfn 0x%" PRIx64 ": raw, but %" PRIu32 " bytes", pfn, desc->size);
		memcpy(page, data, desc->size);
	} else if (desc->flags == FLAG_ZLIB) {
		if (desc->size >= dump->block_size)
			die("pfn 0x%" PRIx64 ": compressed to %" PRIu32 " bytes", pfn, desc->size);
		if (uncompress(page, &len, data, desc->size) != Z_OK || len != dump->block_size)
			die("pfn 0x%" PRIx64 ": does not decompress to a page", pfn);
	} else {
		die("pfn 0x%" PRIx64 ": flags 0x%" PRIx32, pfn, desc->flags);
	}
}

/*
 * As FNV-1a, but a word at a time: whole dumps are summed again and again. A page is whole words.
 */
static uint64_t checksum(const uint8_t *bytes, size_t len)
{
	uint64_t sum = 0xcbf29ce484222325;

	for (size_t i = 0; i < len; i += sizeof(uint64_t)) {
		uint64_t word;

		memcpy(&word, bytes + i, sizeof(word));
		sum = (sum ^ word) * 0x100000001b3;
		sum ^= sum >> 32;
	}
	return sum;
}

static void show_header(const struct dump *dump)
{
	printf("version %" PRIu32 "\n", dump->version);
	printf("byte_order %s\n", dump->big_endian ? "big" : "little");
	printf("release %s\nmachine %s\n", dump->release, dump->machine);
	printf("status %" PRIu32 "\n", dump->status);
	printf("block_size %" PRIu32 "\n", dump->block_size);
	printf("sub_hdr_size %" PRIu32 "\n", dump->sub_blocks);
	printf("bitmap_blocks %" PRIu32 "\n", dump->bitmap_blocks);
	printf("max_mapnr %" PRIu64 "\n", dump->max_mapnr);
	printf("max_mapnr_32 %" PRIu32 "\n", dump->max_mapnr_32);
	printf("nr_cpus %" PRIu32 "\n", dump->nr_cpus);
	printf("phys_base 0x%" PRIx64 "\n", dump->phys_base);
	printf("dump_level %" PRIu32 "\n", dump->dump_level);
	printf("split %" PRIu32 "\n", dump->split);
	printf("start_pfn %" PRIu64 "\nend_pfn %" PRIu64 "\n", dump->start_pfn_64,
	       dump->end_pfn_64);
	printf("vmcoreinfo %" PRIu64 "+%" PRIu64 "\n", dump->vmcoreinfo_offset,
	       dump->vmcoreinfo_size);
	printf("notes %" PRIu64 "+%" PRIu64 "\n", dump->note_offset, dump->note_size);
	printf("eraseinfo %" PRIu64 "+%" PRIu64 "\n", dump->eraseinfo_offset, dump->eraseinfo_size);
	printf("pages %" PRIu64 "\n", dump->dumped_nr);
}

static void show_bitmap(const struct dump *dump, const uint8_t *map)
{
	uint64_t pfn = 0;

	while (pfn < dump->max_mapnr) {
		uint64_t first;

		while (pfn < dump->max_mapnr && !bit(map, pfn))
			pfn++;
		first = pfn;
		while (pfn < dump->max_mapnr && bit(map, pfn))
			pfn++;
		if (pfn > first)
			printf("0x%" PRIx64 "+0x%" PRIx64 "\n", first, pfn - first);
	}
}

static void show_descs(const struct dump *dump)
{
	uint64_t index = 0;

	for (uint64_t pfn = 0; pfn < dump->max_mapnr; pfn++) {
		struct desc desc;

		if (!is_here(dump, pfn))
			continue;
		desc = get_desc(dump, index++);
		printf("0x%" PRIx64 " %" PRIu64 " %" PRIu32 " %" PRIu32 "\n", pfn, desc.offset,
		       desc.size, desc.flags);
	}
}

static void show_sums(const struct dump *dump)
{
	uint8_t *page = malloc(dump->block_size);
	uint64_t index = 0;

	if (!page)
		die("out of memory");
	for (uint64_t pfn = 0; pfn < dump->max_mapnr; pfn++) {
		struct desc desc;

		if (!is_here(dump, pfn))
			continue;
		desc = get_desc(dump, index++);
		if (is_lost(&desc))
			continue;
		get_page(dump, pfn, &desc, page);
		printf("0x%012" PRIx64 " %016" PRIx64 "\n", pfn, checksum(page, dump->block_size));
	}
	free(page);
}

static void show_notes(const struct dump *dump, bool silent)
{
	const uint8_t *p = at(dump, dump->note_offset, dump->note_size, "notes");
	uint64_t left = dump->note_size;

	while (left >= 12) {
		uint64_t name_len = u32(dump, p), desc_len = u32(dump, p + 4);
		uint64_t name_space = (name_len + 3) & ~(uint64_t)3;
		uint64_t whole = 12 + name_space + ((desc_len + 3) & ~(uint64_t)3);

		if (!name_len && !desc_len)
			break;
		if (12 + name_space + desc_len > left)
			die("a note of %" PRIu64 " bytes, %" PRIu64 " are left", whole, left);
		if (!silent)
			printf("%.*s %" PRIu32 " %" PRIu64 "\n", (int)name_len, p + 12,
			       u32(dump, p + 8), desc_len);
		if (whole >= left)
			break;
		p += whole;
		left -= whole;
	}
}

static void check_holds(const struct dump *dump, const char *path)
{
	FILE *file = fopen(path, "re");
	uint64_t first, count, asked_nr = 0;

	if (!file)
		die("cannot open %s: %s", path, strerror(errno));
	while (fscanf(file, "%" SCNi64 "+%" SCNi64, &first, &count) == 2) {
		for (uint64_t pfn = first; pfn < first + count; pfn++)
			if (pfn >= dump->max_mapnr || !bit(dump->dumped, pfn))
				die("pfn 0x%" PRIx64 " is not in the dump", pfn);
		asked_nr += count;
	}
	if (!feof(file))
		die("%s: not a list of ranges", path);
	fclose(file);
	printf("%" PRIu64 "\n", dump->dumped_nr - asked_nr);
}

static int compare_descs(const void *a, const void *b)
{
	const struct desc *x = a, *y = b;

	return x->offset < y->offset ? -1 : x->offset > y->offset;
}

static void check(const struct dump *dump)
{
	uint64_t data_offset = dump->descs_offset + dump->dumped_nr * DESC_BYTES;
	uint64_t index = 0, kept_nr = 0, shared_nr = 0, zlib_nr = 0, opaque_nr = 0,
		 end = data_offset;
	struct desc *descs = calloc(dump->dumped_nr + 1, sizeof(*descs));
	uint8_t *page = malloc(dump->block_size);

	if (!page || !descs)
		die("out of memory");
	for (uint64_t pfn = 0; pfn < dump->max_mapnr; pfn++) {
		struct desc *desc = &descs[kept_nr];

		if (!is_here(dump, pfn))
			continue;
		if (!bit(dump->ram, pfn))
			die("pfn 0x%" PRIx64 " is dumped but does not exist", pfn);
		*desc = get_desc(dump, index++);
		if (is_lost(desc))
			continue;
		if (desc->offset < data_offset)
			die("pfn 0x%" PRIx64 ": its data lies before the data area", pfn);
		if (desc->page_flags)
			die("pfn 0x%" PRIx64 ": page_flags are not 0", pfn);
		if (is_opaque(desc)) {
			at(dump, desc->offset, desc->size, "page data");
			if (desc->size >= dump->block_size)
				die("pfn 0x%" PRIx64 ": compressed to %" PRIu32 " bytes", pfn,
				    desc->size);
			opaque_nr++;
		} else {
			get_page(dump, pfn, desc, page);
		}
		zlib_nr += desc->flags == FLAG_ZLIB;
		kept_nr++;
	}
	/* Bits behind the last page frame are padding. */
	for (uint64_t pfn = dump->max_mapnr;
	     pfn < (uint64_t)dump->bitmap_blocks / 2 * dump->block_size * 8; pfn++)
		if (bit(dump->ram, pfn) || bit(dump->dumped, pfn))
			die("bit 0x%" PRIx64 " is set, the last frame is 0x%" PRIx64, pfn,
			    dump->max_mapnr - 1);
	/* Pages share all of their data or nothing, and there are no bytes nobody asked for. */
	qsort(descs, kept_nr, sizeof(*descs), compare_descs);
	for (uint64_t i = 0; i < kept_nr; i++) {
		if (i && descs[i].offset == descs[i - 1].offset) {
			if (descs[i].size != descs[i - 1].size ||
			    descs[i].flags != descs[i - 1].flags)
				die("two descriptors of the data at %" PRIu64 " differ",
				    descs[i].offset);
			shared_nr++;
			continue;
		}
		if (descs[i].offset < end)
			die("data at %" PRIu64 " overlaps what ends at %" PRIu64, descs[i].offset,
			    end);
		end = descs[i].offset + descs[i].size;
	}
	if (dump->vmcoreinfo_size &&
	    (dump->vmcoreinfo_offset < dump->note_offset ||
	     dump->vmcoreinfo_size > dump->note_offset + dump->note_size - dump->vmcoreinfo_offset))
		die("VMCOREINFO is not among the notes");
	if (dump->note_size && (dump->note_offset < dump->block_size + SUB_HEADER_BYTES ||
				dump->note_offset + dump->note_size >
					(1 + (uint64_t)dump->sub_blocks) * dump->block_size))
		die("the notes are not in the blocks of the sub header");
	show_notes(dump, true);
	printf("good: %" PRIu64 " pages, %" PRIu64 " zlib, %" PRIu64 " other, %" PRIu64
	       " share another's data, %" PRIu64 " lost, %" PRIu64 " bytes after the last\n",
	       kept_nr, zlib_nr, opaque_nr, shared_nr, dump->dumped_nr - kept_nr, dump->size - end);
	free(descs);
	free(page);
}

static void show_vmcoreinfo(const struct dump *dump)
{
	fwrite(at(dump, dump->vmcoreinfo_offset, dump->vmcoreinfo_size, "VMCOREINFO"), 1,
	       dump->vmcoreinfo_size, stdout);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "ram", no_argument, NULL, 'r' },
		{ "pages", no_argument, NULL, 'p' },
		{ "descs", no_argument, NULL, 'd' },
		{ "sums", no_argument, NULL, 's' },
		{ "notes", no_argument, NULL, 'n' },
		{ "check", no_argument, NULL, 'c' },
		{ "vmcoreinfo", no_argument, NULL, 'v' },
		{ "holds", required_argument, NULL, 'H' },
		{ 0 },
	};
	struct dump dump = { .size = 0 };
	int what = getopt_long(argc, argv, "rpdsncvH:", options, NULL);
	struct stat st;
	int fd;

	if (what == '?' || optind != argc - 1) {
		fputs(usage, stderr);
		return 2;
	}
	fd = open(argv[optind], O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0)
		die("cannot open %s: %s", argv[optind], strerror(errno));
	dump.size = (uint64_t)st.st_size;
	if (!dump.size)
		die("%s is empty", argv[optind]);
	dump.bytes = mmap(NULL, dump.size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (dump.bytes == MAP_FAILED)
		die("cannot map %s: %s", argv[optind], strerror(errno));
	read_headers(&dump);
	switch (what) {
	case 'r':
		show_bitmap(&dump, dump.ram);
		break;
	case 'p':
		show_bitmap(&dump, dump.dumped);
		break;
	case 'd':
		show_descs(&dump);
		break;
	case 's':
		show_sums(&dump);
		break;
	case 'n':
		show_notes(&dump, false);
		break;
	case 'v':
		show_vmcoreinfo(&dump);
		break;
	case 'H':
		check_holds(&dump, optarg);
		break;
	case 'c':
		check(&dump);
		break;
	default:
		show_header(&dump);
	}
	munmap((void *)dump.bytes, dump.size);
	close(fd);
	return 0;
}
