// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kdump-read: reads every page of a dump through libkdumpfile, a reader vmtool has no part in, and
 * optionally compares each with the same page of another file (the vmcore the dump was made of).
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <libkdumpfile/kdumpfile.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char usage[] =
	"usage: kdump-read [-l] [-s] DUMP [VMCORE]\n"
	"\n"
	"Read every page of DUMP; print what the file says of itself and the number of pages.\n"
	"With VMCORE, each page must be the same there.\n"
	"\n"
	"  -l   pages may be lost (the reader says that they are corrupt): they are counted apart\n"
	"  -s   a line for each page instead: frame and checksum\n";

struct opened {
	const char *path;
	bool may_lose;
	uint64_t lost_nr;
	kdump_ctx_t *ctx;
	int fd;
	size_t page_size;
};

static void die(const char *fmt, ...) __attribute__((noreturn, format(printf, 1, 2)));

static void die(const char *fmt, ...)
{
	va_list args;

	fflush(stdout);
	fputs("kdump-read: ", stderr);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
	exit(1);
}

static void open_dump(struct opened *opened, const char *path)
{
	kdump_attr_t attr;

	opened->path = path;
	opened->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (opened->fd < 0)
		die("cannot open %s: %s", path, strerror(errno));
	opened->ctx = kdump_new();
	if (!opened->ctx)
		die("out of memory");
	if (kdump_open_fd(opened->ctx, opened->fd) != KDUMP_OK)
		die("%s: %s", path, kdump_get_err(opened->ctx));
	attr.type = KDUMP_NUMBER;
	if (kdump_get_typed_attr(opened->ctx, KDUMP_ATTR_PAGE_SIZE, &attr) != KDUMP_OK)
		die("%s: page size: %s", path, kdump_get_err(opened->ctx));
	opened->page_size = attr.val.number;
}

static void close_dump(struct opened *opened)
{
	if (!opened->ctx)
		return;
	kdump_free(opened->ctx);
	close(opened->fd);
}

static void show_string(const struct opened *opened, const char *key)
{
	kdump_attr_t attr = { .type = KDUMP_STRING };

	if (kdump_get_typed_attr(opened->ctx, key, &attr) == KDUMP_OK)
		printf("%s %s\n", key, attr.val.string);
}

static void show_number(const struct opened *opened, const char *key)
{
	kdump_attr_t attr = { .type = KDUMP_NUMBER };

	if (kdump_get_typed_attr(opened->ctx, key, &attr) == KDUMP_OK)
		printf("%s %" PRIu64 "\n", key, (uint64_t)attr.val.number);
}

/* False: it is lost, and may be. */
static bool read_page(struct opened *opened, kdump_addr_t pfn, void *page)
{
	size_t len = opened->page_size;
	kdump_status status = kdump_read(opened->ctx, KDUMP_MACHPHYSADDR, pfn * len, page, &len);

	if (status == KDUMP_ERR_CORRUPT && opened->may_lose) {
		kdump_clear_err(opened->ctx);
		opened->lost_nr++;
		return false;
	}
	if (status != KDUMP_OK)
		die("%s: pfn 0x%" PRIx64 ": %s", opened->path, (uint64_t)pfn,
		    kdump_get_err(opened->ctx));
	return true;
}

/* The same as kdump-ls prints. A page is whole words. */
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

/* Reads page frames [first, end) of @dump; pages that differ in @raw end the program. */
static void read_run(struct opened *dump, struct opened *raw, kdump_addr_t first, kdump_addr_t end,
		     bool sums, uint8_t *page, uint8_t *raw_page)
{
	for (kdump_addr_t pfn = first; pfn < end; pfn++) {
		if (!read_page(dump, pfn, page))
			continue;
		if (sums)
			printf("0x%012" PRIx64 " %016" PRIx64 "\n", (uint64_t)pfn,
			       checksum(page, dump->page_size));
		if (!raw->ctx)
			continue;
		read_page(raw, pfn, raw_page);
		if (memcmp(page, raw_page, dump->page_size) != 0)
			die("pfn 0x%" PRIx64 " differs from %s", (uint64_t)pfn, raw->path);
	}
}

static uint64_t read_all(struct opened *dump, struct opened *raw, bool sums)
{
	kdump_attr_t attr = { .type = KDUMP_BITMAP };
	uint8_t *page = malloc(dump->page_size);
	uint8_t *raw_page = malloc(dump->page_size);
	kdump_addr_t at = 0;
	uint64_t pages_nr = 0;

	if (!page || !raw_page)
		die("out of memory");
	if (kdump_get_typed_attr(dump->ctx, KDUMP_ATTR_FILE_PAGEMAP, &attr) != KDUMP_OK)
		die("%s: page map: %s", dump->path, kdump_get_err(dump->ctx));
	while (kdump_bmp_find_set(attr.val.bitmap, &at) == KDUMP_OK) {
		kdump_addr_t end = at;

		if (kdump_bmp_find_clear(attr.val.bitmap, &end) != KDUMP_OK)
			die("%s: the page map has no end", dump->path);
		read_run(dump, raw, at, end, sums, page, raw_page);
		pages_nr += end - at;
		at = end;
	}
	kdump_bmp_decref(attr.val.bitmap);
	free(page);
	free(raw_page);
	return pages_nr;
}

int main(int argc, char **argv)
{
	struct opened dump = { .fd = -1 }, raw = { .fd = -1 };
	bool sums = false;
	uint64_t pages_nr;
	int opt;

	while ((opt = getopt(argc, argv, "ls")) != -1) {
		if (opt == '?') {
			fputs(usage, stderr);
			return 2;
		}
		dump.may_lose |= opt == 'l';
		sums |= opt == 's';
	}
	if (argc - optind < 1 || argc - optind > 2) {
		fputs(usage, stderr);
		return 2;
	}
	open_dump(&dump, argv[optind]);
	if (argc - optind == 2) {
		open_dump(&raw, argv[optind + 1]);
		if (raw.page_size != dump.page_size)
			die("page sizes differ");
	}
	if (!sums) {
		show_string(&dump, KDUMP_ATTR_FILE_FORMAT);
		show_string(&dump, KDUMP_ATTR_ARCH_NAME);
		show_string(&dump, "linux.uts.release");
		show_number(&dump, KDUMP_ATTR_NUM_CPUS);
		show_string(&dump, "linux.vmcoreinfo.lines.OSRELEASE");
	}
	pages_nr = read_all(&dump, &raw, sums);
	if (!sums)
		printf("pages %" PRIu64 ", %" PRIu64 " lost%s\n", pages_nr - dump.lost_nr,
		       dump.lost_nr, raw.ctx ? ", the others the same in both" : "");
	close_dump(&raw);
	close_dump(&dump);
	return 0;
}
