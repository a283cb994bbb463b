// SPDX-License-Identifier: GPL-2.0-or-later
#include "truth.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "die.h"

const char *const truth_class_names[TRUTH_CLASS_NR] = {
	"kernel", "cache", "private cache", "user", "free", "hwpoison", "offline",
};

static const char *const flag_names[64] = {
	"locked",	 "error",	 "referenced",	"uptodate",
	"dirty",	 "lru",		 "active",	"slab",
	"writeback",	 "reclaim",	 "buddy",	"mmap",
	"anon",		 "swapcache",	 "swapbacked",	"head",
	"tail",		 "huge",	 "unevictable", "hwpoison",
	"nopage",	 "ksm",		 "thp",		"offline",
	"zero-page",	 "idle",	 "pgtable",	[32] = "reserved",
	"mlocked",	 "mappedtodisk", "private",	"private2",
	"owner-private", "arch",	 "uncached",	"softdirty",
};

static bool has(uint64_t flags, int bit)
{
	return flags >> bit & 1;
}

bool truth_has(const struct truth *truth, uint64_t pfn, enum truth_flag flag)
{
	return pfn < truth->pfn_nr && has(truth->flags[pfn], flag);
}

static void *load_file(const char *directory, const char *name, size_t *ret_bytes)
{
	char path[4096];
	char *content;
	FILE *file;
	long bytes;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	file = fopen(path, "re");
	if (!file || fseek(file, 0, SEEK_END) || (bytes = ftell(file)) < 0)
		die("%s cannot be read", path);
	rewind(file);
	content = malloc((size_t)bytes + 1);
	if (!content || fread(content, 1, bytes, file) != (size_t)bytes)
		die("%s: short read", path);
	content[bytes] = '\0';
	fclose(file);
	*ret_bytes = bytes;
	return content;
}

static void load_planted(struct truth *truth, char *text)
{
	char *line, *next;
	size_t room = 0;

	for (line = text; *line; line = next) {
		struct planted_page page = { 0 };

		next = line + strcspn(line, "\n");
		if (*next)
			*next++ = '\0';
		if (sscanf(line, "%7s %" SCNu64 " %" SCNu64, page.class, &page.index, &page.pfn) !=
		    3)
			die("planted: cannot understand \"%s\"", line);
		if (truth->planted_nr == room) {
			room = room ? 2 * room : 1024;
			truth->planted = realloc(truth->planted, room * sizeof(page));
			if (!truth->planted)
				die("out of memory");
		}
		truth->planted[truth->planted_nr++] = page;
	}
}

/* Each line: "Node 0, zone DMA32", then the number of free blocks of 1, 2, 4, ... pages. */
static uint64_t load_buddyinfo(const char *directory)
{
	size_t bytes;
	char *text = load_file(directory, "buddyinfo", &bytes), *zone = text;
	uint64_t free_nr = 0;

	while ((zone = strstr(zone, "zone"))) {
		char *at = zone + strlen("zone"), *end;

		at += strspn(at, " ");
		at += strcspn(at, " \n");
		for (int order = 0; *at && *at != '\n'; order++, at = end) {
			free_nr += strtoull(at, &end, 10) << order;
			end += strspn(end, " ");
			if (end == at)
				die("buddyinfo: cannot understand \"%s\"", at);
		}
		zone = at;
	}
	free(text);
	return free_nr;
}

/* From the machine's byte order to ours, which is the little one. */
static void swap(uint64_t *words, size_t nr)
{
	for (size_t i = 0; i < nr; i++)
		words[i] = __builtin_bswap64(words[i]);
}

/*
 * Of a page with @flags; @head is those of the first page of its compound page, which may be
 * itself.
 */
static enum truth_class class_of(uint64_t flags, uint64_t head)
{
	if (has(flags, KPF_HWPOISON))
		return TRUTH_HWPOISON;
	if (has(flags, KPF_OFFLINE))
		return TRUTH_OFFLINE;
	if (has(flags, KPF_BUDDY))
		return TRUTH_FREE;

	/* The memory of page->mapping serves slabs otherwise: 6.12 reports "anon" for some. */
	if (has(head, KPF_SLAB))
		return TRUTH_KERNEL;
	if (has(head, KPF_HUGE) || has(head, KPF_ANON))
		return TRUTH_USER;
	if (has(head, KPF_LRU) || (has(head, KPF_SWAPBACKED) && has(head, KPF_SWAPCACHE)))
		return has(head, KPF_PRIVATE) ? TRUTH_PRIVATE : TRUTH_CACHE;
	return TRUTH_KERNEL;
}

static void classify(struct truth *truth)
{
	uint64_t head = 0;

	truth->class = malloc(truth->pfn_nr);
	if (!truth->class)
		die("out of memory");
	for (uint64_t pfn = 0; pfn < truth->pfn_nr; pfn++) {
		uint64_t flags = truth->flags[pfn];

		if (!has(flags, KPF_COMPOUND_TAIL))
			head = flags;
		truth->class[pfn] = class_of(flags, head);
	}
}

void truth_load(struct truth *truth, const char *directory, bool big_endian)
{
	size_t bytes, bytes_before;
	char *text;

	memset(truth, 0, sizeof(*truth));
	truth->flags = load_file(directory, "kpageflags", &bytes);
	truth->flags_before = load_file(directory, "kpageflags-before", &bytes_before);
	if (!bytes || bytes != bytes_before || bytes % sizeof(uint64_t))
		die("%s: the snapshots of kpageflags have %zu and %zu bytes", directory, bytes,
		    bytes_before);
	truth->pfn_nr = bytes / sizeof(uint64_t);
	truth->mapped = load_file(directory, "kpagecount", &bytes);
	if (bytes != bytes_before)
		die("%s: kpagecount has %zu bytes", directory, bytes);
	if (big_endian) {
		swap(truth->flags, truth->pfn_nr);
		swap(truth->flags_before, truth->pfn_nr);
		swap(truth->mapped, truth->pfn_nr);
	}
	classify(truth);
	truth->buddyinfo_free = load_buddyinfo(directory);
	text = load_file(directory, "planted", &bytes);
	load_planted(truth, text);
	free(text);
}

void truth_release(struct truth *truth)
{
	free(truth->flags);
	free(truth->flags_before);
	free(truth->mapped);
	free(truth->class);
	free(truth->planted);
	memset(truth, 0, sizeof(*truth));
}

enum truth_class truth_class_of(const struct truth *truth, uint64_t pfn)
{
	return pfn < truth->pfn_nr ? truth->class[pfn] : TRUTH_KERNEL;
}

bool truth_moved(const struct truth *truth, uint64_t pfn)
{
	return pfn < truth->pfn_nr && truth->flags[pfn] != truth->flags_before[pfn];
}

bool truth_class_dropped(enum truth_class class, int level)
{
	switch (class) {
	case TRUTH_CACHE: /* makedumpfile(8): level 4 takes all of the page cache */
		return level & (2 | 4);
	case TRUTH_PRIVATE:
		return level & 4;
	case TRUTH_USER:
		return level & 8;
	case TRUTH_FREE:
		return level & 16;
	case TRUTH_HWPOISON:
	case TRUTH_OFFLINE:
		return true;
	default:
		return false;
	}
}

const char *truth_flags_text(const struct truth *truth, uint64_t pfn, char *text, size_t bytes)
{
	size_t used = 0;

	text[0] = '\0';
	for (int bit = 0; bit < 64 && pfn < truth->pfn_nr; bit++)
		if (has(truth->flags[pfn], bit) && used + 20 < bytes)
			used += snprintf(text + used, bytes - used, "%s%s", used ? "," : "",
					 flag_names[bit] ? flag_names[bit] : "?");
	return used ? text : "no flags";
}

void truth_list(const struct truth *truth, uint64_t pfn, const char *what)
{
	char text[512];

	printf("# pfn 0x%" PRIx64 " %s; truth: %s (%s)%s\n", pfn, what,
	       truth_class_names[truth_class_of(truth, pfn)],
	       truth_flags_text(truth, pfn, text, sizeof(text)),
	       truth_moved(truth, pfn) ? ", moved just before the crash" : "");
}
