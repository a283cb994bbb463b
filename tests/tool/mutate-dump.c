// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * mutate-dump: does a dump ever lose a page because what describes the kernel is damaged? Each key
 * of VMCOREINFO is deleted, renamed, and changed by one both ways; then the kernel's own BTF,
 * inside a copy of the image, is damaged where it names what a filter asks for, in its header, and
 * at random, and is cut off. After each change all page frames are planned again and held against
 * the undamaged plan: a page may be kept that was to go, never the other way round. TAP.
 *
 * A plan of level 0 says the class of each page, so one plan stands for all levels.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/base/cleanup.h"
#include "util/base/endian.h"
#include "util/dump/plan.h"
#include "util/image/image.h"
#include "util/kernel/kernel.h"

static const char usage[] =
	"usage: mutate-dump [-s] VMCORE COPY\n"
	"\n"
	"COPY is a copy of VMCORE, which is damaged and mended again and again.\n"
	"-s  without what BTF can tell the plan is the same page for page (6.12 and later)\n";

enum { RANDOM_FLIPS_NR = 200, CUTS_NR = 16, CHANGES_MAX = 4096 };

struct groups {
	uint8_t *of; /* one byte a page frame, from the first one on */
	uint64_t nr;
	uint64_t page_size; /* where the kernel's is not known another is assumed */
};

struct session {
	const char *path;
	char *info; /* VMCOREINFO as it is */
	size_t info_size;
	struct groups before;
	uint64_t mutations_nr;
	uint64_t lost_nr;  /* page frames of which a mutation took one it must not */
	uint64_t kept_max; /* the most that one mutation kept in vain */
	uint64_t kept_sum;
	char worst[160];
};

static _Noreturn void stop(struct err *e)
{
	printf("Bail out! %s\n", err_message(e));
	exit(1);
}

static void die(struct err *e)
{
	if (e)
		stop(e);
}

static void read_groups(struct plan *plan, uint64_t page_size, struct groups *ret_groups)
{
	uint64_t ranges_nr = plan_ranges_nr(plan);
	struct groups groups = {
		.of = malloc(plan_end_pfn(plan) + PLAN_RANGE_PFNS),
		.page_size = page_size,
	};

	if (!groups.of)
		stop(err_nomem());
	for (uint64_t i = 0; i < ranges_nr; i++) {
		struct plan_range range;

		die(plan_range(plan, i, &range));
		while (groups.nr < range.first)
			groups.of[groups.nr++] = GROUP_NO_MEMORY;
		for (uint64_t n = 0; n < range.pfns_nr; n++)
			groups.of[groups.nr++] = (uint8_t)plan_group_at(range.groups, n);
	}
	*ret_groups = groups;
}

/* Plan the image at @path with the text @info for its VMCOREINFO (NULL: its own). */
static void plan_image(const char *path, const char *info, size_t info_size,
		       struct groups *ret_groups)
{
	guard(image) struct image *image = NULL;
	guard(kernel) struct kernel *kernel = NULL;
	guard(plan) struct plan *plan = NULL;
	guard(notes) struct notes notes = NOTES_INIT;

	die(image_open(path, &(struct image_config){ .file = { .map = MEM_MAP_NEVER } }, NULL,
		       &image));
	if (info) {
		char *copy = malloc(info_size + 1);

		if (!copy)
			stop(err_nomem());
		memcpy(copy, info, info_size);
		copy[info_size] = '\0';
		free(image->vmcoreinfo);
		image->vmcoreinfo = copy;
		image->vmcoreinfo_size = info_size;
	}
	die(kernel_new(image, &notes, &kernel));
	die(plan_new(image, kernel, 0, &plan));
	read_groups(plan, kernel->page_size, ret_groups);
}

/*
 * May a page that is @before be taken for @after? What no level keeps (poisoned pages, the
 * balloon's) may be taken for anything: some level then keeps it.
 */
static bool is_harmless(enum plan_group before, enum plan_group after)
{
	if (before == GROUP_DROPPED)
		return after != GROUP_NO_MEMORY;
	switch (after) {
	case GROUP_FREE:
	case GROUP_CACHE:
	case GROUP_USER:
	case GROUP_DROPPED:
	case GROUP_NO_MEMORY:
		return before == after;
	case GROUP_CACHE_PRIVATE: /* fewer levels drop it than page cache */
		return before == after || before == GROUP_CACHE;
	default:
		return before != GROUP_NO_MEMORY;
	}
}

static bool is_droppable(enum plan_group group)
{
	return group == GROUP_FREE || group == GROUP_CACHE || group == GROUP_CACHE_PRIVATE ||
	       group == GROUP_USER || group == GROUP_DROPPED;
}

static enum plan_group group_at(const struct groups *groups, uint64_t paddr)
{
	uint64_t pfn = paddr / groups->page_size;

	return pfn < groups->nr ? (enum plan_group)groups->of[pfn] : GROUP_NO_MEMORY;
}

/*
 * What a mutation did to the plan: page frames that would be lost, of the smaller size; *ret_kept:
 * those that were to go and stay.
 */
static uint64_t compare(const struct groups *before, const struct groups *after, uint64_t *ret_kept)
{
	uint64_t step = MIN(before->page_size, after->page_size);
	uint64_t end = MAX(before->nr * before->page_size, after->nr * after->page_size);
	uint64_t lost = 0;

	*ret_kept = 0;
	for (uint64_t paddr = 0; paddr < end; paddr += step) {
		enum plan_group was = group_at(before, paddr);
		enum plan_group is = group_at(after, paddr);

		/* A last page of the larger size may end behind the memory. */
		lost += was != GROUP_NO_MEMORY && !is_harmless(was, is);
		*ret_kept += is_droppable(was) && !is_droppable(is);
	}
	*ret_kept /= before->page_size / step;
	return lost;
}

static void judge(struct session *session, const struct groups *after, const char *what)
{
	uint64_t kept;
	uint64_t lost = compare(&session->before, after, &kept);

	session->mutations_nr++;
	session->kept_sum += kept;
	if (kept > session->kept_max) {
		session->kept_max = kept;
		snprintf(session->worst, sizeof(session->worst), "%s", what);
	}
	if (lost)
		printf("# %s: %" PRIu64 " page frames would be lost\n", what, lost);
	session->lost_nr += lost;
}

static void report(struct session *session, int number, const char *of)
{
	printf("%s %d - no page is lost by any of %" PRIu64 " mutations of %s\n",
	       session->lost_nr ? "not ok" : "ok", number, session->mutations_nr, of);
	printf("# of %" PRIu64 " page frames %.0f are kept in vain on average, at most %" PRIu64
	       " (%s)\n",
	       session->before.nr,
	       session->mutations_nr ? (double)session->kept_sum / (double)session->mutations_nr
				     : 0,
	       session->kept_max, session->worst);
	session->mutations_nr = session->lost_nr = session->kept_max = session->kept_sum = 0;
	session->worst[0] = '\0';
}

/* ---- VMCOREINFO ------------------------------------------------------------------------------ */

/* The value of a line, changed by @by, in the base it is written in; "" when it is no number. */
static void changed_value(const char *line, const char *value, int by, char *out, size_t size)
{
	bool bare_hex = !strncmp(line, "SYMBOL(", 7) || !strncmp(line, "KERNELOFFSET", 12);
	bool hex = bare_hex || !strncmp(value, "0x", 2);
	char *end;
	unsigned long long number = strtoull(value, &end, hex ? 16 : 10);

	out[0] = '\0';
	if (end == value || (*end != '\n' && *end))
		return;
	number += (unsigned long long)(long long)by;
	if (hex)
		snprintf(out, size, "%s%llx", bare_hex ? "" : "0x", number);
	else
		snprintf(out, size, "%lld", (long long)number);
}

/* The text with the line [line, end) replaced by @instead. */
static void try_info(struct session *session, const char *line, const char *end,
		     const char *instead, const char *what)
{
	size_t front = (size_t)(line - session->info);
	size_t back = session->info_size - (size_t)(end - session->info);
	size_t len = strlen(instead);
	char *text = malloc(front + len + back + 1);
	struct groups after;

	if (!text)
		stop(err_nomem());
	memcpy(text, session->info, front);
	memcpy(text + front, instead, len + 1);
	memcpy(text + front + len, end, back);
	plan_image(session->path, text, front + len + back, &after);
	judge(session, &after, what);
	free(after.of);
	free(text);
}

static void mutate_line(struct session *session, const char *line, const char *end)
{
	const char *equals = memchr(line, '=', (size_t)(end - line));
	int len = (int)(end - 1 - line);
	char instead[512];
	char what[200];

	if (!equals || len > 200)
		return;
	snprintf(what, sizeof(what), "%.*s deleted", (int)(equals - line), line);
	try_info(session, line, end, "", what);
	snprintf(instead, sizeof(instead), "X%.*s\n", len, line);
	snprintf(what, sizeof(what), "%.*s renamed", (int)(equals - line), line);
	try_info(session, line, end, instead, what);
	for (int by = -1; by <= 1; by += 2) {
		char value[64];

		changed_value(line, equals + 1, by, value, sizeof(value));
		if (!value[0])
			continue;
		snprintf(instead, sizeof(instead), "%.*s=%s\n", (int)(equals - line), line, value);
		snprintf(what, sizeof(what), "%.*s %+d", (int)(equals - line), line, by);
		try_info(session, line, end, instead, what);
	}
}

static void mutate_info(struct session *session)
{
	const char *end;

	for (const char *line = session->info; (end = strchr(line, '\n')); line = end + 1)
		mutate_line(session, line, end + 1);
}

/* Does BTF know it, on kernels whose page types it knows? */
static bool is_in_btf(const char *line)
{
	static const char *const prefixes[] = { "OFFSET(",    "SIZE(",	      "LENGTH(",
						"NUMBER(PG_", "NUMBER(PAGE_", "NUMBER(HUGETLB_" };

	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++)
		if (!strncmp(line, prefixes[i], strlen(prefixes[i])))
			return true;
	return false;
}

/* Without all that BTF knows as well. */
static void strip_info(struct session *session, bool same)
{
	char *text = calloc(1, session->info_size + 1);
	struct groups after;
	uint64_t differ = 0;
	uint64_t kept;
	uint64_t lost;
	size_t len = 0;
	const char *end;

	if (!text)
		stop(err_nomem());
	for (const char *line = session->info; (end = strchr(line, '\n')); line = end + 1) {
		if (is_in_btf(line))
			continue;
		memcpy(text + len, line, (size_t)(end + 1 - line));
		len += (size_t)(end + 1 - line);
	}
	plan_image(session->path, text, len, &after);
	lost = compare(&session->before, &after, &kept);
	for (uint64_t n = 0; n < after.nr && n < session->before.nr; n++)
		differ += after.of[n] != session->before.of[n];
	printf("%s 2 - with BTF alone %s (%" PRIu64 " lost, %" PRIu64 " kept in vain)\n",
	       lost || (same && differ) ? "not ok" : "ok",
	       same ? "the plan is the same, page for page" : "no page is lost", lost, kept);
	free(after.of);
	free(text);
}

/* ---- BTF ------------------------------------------------------------------------------------- */

struct copy {
	int fd;
	uint64_t offset; /* of the BTF */
	uint8_t *bytes;
	size_t len;
};

/* Where the kernel's BTF lies in the file. */
static void find_btf(const char *path, struct copy *copy)
{
	guard(image) struct image *image = NULL;
	guard(kernel) struct kernel *kernel = NULL;
	guard(notes) struct notes notes = NOTES_INIT;
	const struct memmap_range *range;
	uint8_t header[BTF_HEADER_MIN];
	struct btf_extent extent;
	uint64_t paddr = 0;

	die(image_open(path, &(struct image_config){ .file = { .map = MEM_MAP_NEVER } }, NULL,
		       &image));
	die(kernel_new(image, &notes, &kernel));
	if (!kernel->layout.btf_vaddr)
		stop(err_new(ERR_NODATA, "no BTF: %s", kernel->layout.btf_why));
	die(vtop_translate(&kernel->vtop, kernel->layout.btf_vaddr, &paddr, &(uint64_t){ 0 }));
	range = memmap_at(&image->memmap, paddr);
	if (!range)
		stop(err_new(ERR_NODATA, "the image does not hold the BTF"));
	copy->offset = range->file_offset + (paddr - range->paddr);
	if (pread(copy->fd, header, sizeof(header), (off_t)copy->offset) != sizeof(header) ||
	    !btf_probe(header, &extent))
		stop(err_new(ERR_FORMAT, "the BTF is not where it was"));
	copy->len = extent.len;
	copy->bytes = malloc(copy->len);
	if (!copy->bytes)
		stop(err_nomem());
	if (pread(copy->fd, copy->bytes, copy->len, (off_t)copy->offset) != (ssize_t)copy->len)
		stop(err_new(ERR_SYS, "read of the BTF"));
}

static void put(const struct copy *copy, size_t at, const void *bytes, size_t len)
{
	if (pwrite(copy->fd, bytes, len, (off_t)(copy->offset + at)) != (ssize_t)len)
		stop(err_sys(errno, "write to the copy"));
}

static void try_btf(struct session *session, const struct copy *copy, const char *path, size_t at,
		    uint32_t word, const char *what)
{
	struct groups after;
	uint8_t bytes[4];

	store_u32(bytes, word, ORDER_LITTLE);
	put(copy, at, bytes, sizeof(bytes));
	plan_image(path, NULL, 0, &after);
	judge(session, &after, what);
	free(after.of);
	put(copy, at, copy->bytes + at, sizeof(bytes));
}

/*
 * Each word of the types that is the name, and the two words that follow it: in an enumerator its
 * value, in a member its type and place. Words that are the name by chance are damage as well.
 */
static void mutate_name(struct session *session, const struct copy *copy, const char *path,
			const char *name)
{
	uint32_t types = 24 + load_u32(copy->bytes + 8, ORDER_LITTLE);
	uint32_t strings = 24 + load_u32(copy->bytes + 16, ORDER_LITTLE);
	size_t name_len = strlen(name) + 1;
	unsigned int changes_nr = 0;
	uint32_t found = 0;

	for (size_t at = strings; at + name_len < copy->len && !found; at++)
		if (!copy->bytes[at - 1] && !memcmp(copy->bytes + at, name, name_len))
			found = (uint32_t)at - strings;
	for (size_t at = types; found && at + 12 <= strings && changes_nr < 12; at += 4) {
		if (load_u32(copy->bytes + at, ORDER_LITTLE) != found)
			continue;
		for (size_t word = 1; word <= 2; word++) {
			uint32_t value = load_u32(copy->bytes + at + 4 * word, ORDER_LITTLE);
			char what[120];

			snprintf(what, sizeof(what), "BTF: word %zu of %s at %#zx +1", word, name,
				 at);
			try_btf(session, copy, path, at + 4 * word, value + 1, what);
			snprintf(what, sizeof(what), "BTF: word %zu of %s at %#zx +64", word, name,
				 at);
			try_btf(session, copy, path, at + 4 * word, value + 64, what);
		}
		changes_nr++;
	}
}

/* From some place on there is nothing, as where a page of it cannot be read. */
static void cut(struct session *session, const struct copy *copy, const char *path)
{
	uint8_t *zeros = calloc(1, copy->len);

	if (!zeros)
		stop(err_nomem());
	for (size_t i = 0; i < CUTS_NR; i++) {
		size_t at = copy->len / CUTS_NR * i;
		struct groups after;
		char what[64];

		snprintf(what, sizeof(what), "BTF: cut off at %#zx", at);
		put(copy, at, zeros, copy->len - at);
		plan_image(path, NULL, 0, &after);
		judge(session, &after, what);
		free(after.of);
		put(copy, at, copy->bytes + at, copy->len - at);
	}
	free(zeros);
}

static void mutate_btf(struct session *session, const char *path)
{
	static const char *const names[] = {
		"PG_lru",	"PG_private",	"PG_swapcache",	 "PG_swapbacked",
		"PG_slab",	"PG_hwpoison",	"PG_head",	 "PGTY_buddy",
		"PGTY_offline", "PGTY_hugetlb", "PGTY_slab",	 "HUGETLB_PAGE_DTOR",
		"page",		"_mapcount",	"compound_head", "compound_info",
		"zone",		"free_area",	"mem_section",	 "section_mem_map",
		"pageflags",	"pagetype",	"uts_namespace", "compound_dtor",
	};
	struct copy copy = { .fd = open(path, O_RDWR | O_CLOEXEC) };
	uint32_t random = 1;

	if (copy.fd < 0)
		stop(err_sys(errno, "%s", path));
	find_btf(path, &copy);
	for (size_t at = 0; at < BTF_HEADER_MIN; at += 4) {
		uint32_t value = load_u32(copy.bytes + at, ORDER_LITTLE);

		try_btf(session, &copy, path, at, 0, "BTF: a word of its header is 0");
		try_btf(session, &copy, path, at, value + 4, "BTF: a word of its header +4");
		try_btf(session, &copy, path, at, UINT32_MAX, "BTF: a word of its header is -1");
	}
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		mutate_name(session, &copy, path, names[i]);
	for (int i = 0; i < RANDOM_FLIPS_NR; i++) {
		size_t at;

		random = random * 1664525 + 1013904223;
		at = 24 + random % (copy.len - 28);
		try_btf(session, &copy, path, at,
			load_u32(copy.bytes + at, ORDER_LITTLE) ^ UINT32_C(1) << random % 32,
			"BTF: a bit at random");
	}
	cut(session, &copy, path);
	free(copy.bytes);
	close(copy.fd);
}

static void read_info(struct session *session)
{
	guard(image) struct image *image = NULL;

	die(image_open(session->path, &(struct image_config){ .file = { .map = MEM_MAP_NEVER } },
		       NULL, &image));
	if (!image->vmcoreinfo)
		stop(err_new(ERR_NODATA, "%s has no VMCOREINFO", session->path));
	session->info_size = strlen(image->vmcoreinfo);
	session->info = strdup(image->vmcoreinfo);
	if (!session->info)
		stop(err_nomem());
}

int main(int argc, char **argv)
{
	bool same = argc > 1 && !strcmp(argv[1], "-s");
	struct session session = { .path = argc == 3 + same ? argv[1 + same] : NULL };

	if (!session.path) {
		fputs(usage, stderr);
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	puts("1..3");
	read_info(&session);
	plan_image(session.path, NULL, 0, &session.before);
	mutate_info(&session);
	report(&session, 1, "VMCOREINFO");
	strip_info(&session, same);
	mutate_btf(&session, argv[2 + same]);
	report(&session, 3, "BTF");
	free(session.before.of);
	free(session.info);
	return 0;
}
