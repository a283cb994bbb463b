// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Hold a dump against the raw image it was made of and against what the crashed kernel said about
 * its pages:
 *
 *	check-dump --vmcore RAW --truth DIRECTORY --level N [--same-pages OTHER-DUMP] DUMP
 *
 * Without DUMP only the truth itself is looked at; --lacks KINDS names what a kernel cannot have,
 * --big-endian says that the truth was written by a machine of that byte order.
 *
 * Prints TAP lines without numbers. Exit code 0: all hold, 1: some do not, 2: the check could not
 * be made. Pages are read by libkdumpfile, classes come from /proc/kpageflags: nothing here is
 * vmtool's own word.
 */
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <libkdumpfile/kdumpfile.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "die.h"
#include "images.h"
#include "plant.h"
#include "say.h"
#include "truth.h"

#define LISTED_MAX 12 /* a failing check names so many pages */

struct check {
	struct said said;
	struct raw_image raw;
	struct truth truth;
	struct dump_file dump;
	kdump_ctx_t *reader;
	int level;
	bool big_endian;   /* the machine was; QEMU's file of ppc64le is all the same */
	const char *lacks; /* kinds of pages this kernel cannot have: "thp,poison" */
};

static bool is_zero(const struct check *check, const unsigned char *page)
{
	static const unsigned char zero[IMAGE_PAGE_BYTES_MAX];

	return !memcmp(page, zero, check->raw.page_bytes);
}

static void check_header(struct check *check)
{
	const struct dump_file *dump = &check->dump;

	say(&check->said,
	    (int)dump->level == check->level && dump->nr_cpus > 0 &&
		    dump->pfn_end == check->raw.pfn_end && !(dump->status & ~0x27u),
	    "header: level %u, %u cpus, pages below 0x%" PRIx64 " (raw image: 0x%" PRIx64
	    "), status 0x%x",
	    dump->level, dump->nr_cpus, dump->pfn_end, check->raw.pfn_end, dump->status);
}

static void check_memory_bitmap(struct check *check)
{
	unsigned char page[IMAGE_PAGE_BYTES_MAX];
	size_t wrong = 0;

	for (uint64_t pfn = 0; pfn < check->raw.pfn_end; pfn++) {
		bool memory = raw_read_page(&check->raw, pfn, page);

		if (memory == dump_has_memory(&check->dump, pfn) &&
		    (memory || !dump_has_page(&check->dump, pfn)))
			continue;
		if (wrong++ < LISTED_MAX)
			truth_list(&check->truth, pfn, memory ? "is missing" : "does not exist");
	}
	say(&check->said, !wrong, "its map of memory is that of the raw image (%zu pages differ)",
	    wrong);
}

/*
 * How many pages of the first block of 2 MiB that was free and is in the dump as a whole: since
 * 44042b449872 a CPU takes one out of the free lists, or keeps one that comes back, for its next
 * huge page.
 */
static size_t taken_at_once(const struct check *check)
{
	size_t block = (2 << 20) / check->raw.page_bytes;

	for (uint64_t first = 0; first + block <= check->raw.pfn_end; first += block) {
		size_t taken = 0;

		while (taken < block && dump_has_page(&check->dump, first + taken) &&
		       truth_class_of(&check->truth, first + taken) == TRUTH_FREE)
			taken++;
		if (taken == block)
			return block;
	}
	return 0;
}

/*
 * Each page is where the truth says, either way. The machine did a little more after the snapshots:
 * it wrote them to the disk and ran into the panic. So 0.5% of a class that is left out, at least
 * 16 pages, may be there, of free ones a block for a huge page besides, and up to 64 of a class
 * that is kept may have been freed (a per-cpu list gives back up to 63 pages at a time); the first
 * are listed. Without level 16 no page of a class that is kept may be missing, whatever happened.
 */
static void check_classes(struct check *check)
{
	size_t total[TRUTH_CLASS_NR] = { 0 }, dropped[TRUTH_CLASS_NR] = { 0 };
	size_t wrong[TRUTH_CLASS_NR] = { 0 };

	for (uint64_t pfn = 0; pfn < check->raw.pfn_end; pfn++) {
		enum truth_class class = truth_class_of(&check->truth, pfn);
		bool drop = truth_class_dropped(class, check->level);
		bool has = dump_has_page(&check->dump, pfn);

		if (!raw_page_is_whole(&check->raw, pfn))
			continue;
		total[class]++;
		dropped[class] += !has;
		if (has == !drop)
			continue;
		if (wrong[class]++ < LISTED_MAX)
			truth_list(&check->truth, pfn,
				   has ? "is in the dump" : "is not in the dump");
	}
	for (int i = 0; i < TRUTH_CLASS_NR; i++) {
		size_t allowed = check->level & 16 ? 64 : 0;

		if (truth_class_dropped(i, check->level))
			allowed = (total[i] / 200 > 16 ? total[i] / 200 : 16) +
				  (i == TRUTH_FREE ? taken_at_once(check) : 0);
		say(&check->said, wrong[i] <= allowed, "%s pages are %s (%zu of %zu are not there)",
		    truth_class_names[i],
		    truth_class_dropped(i, check->level) ? "left out" : "in it", dropped[i],
		    total[i]);
	}
}

struct plant_kind {
	const char *name;
	enum truth_class class;
	bool by_mark;	 /* its frame is not known to user space */
	bool given_back; /* memory the kernel may have put anywhere since */
};

static const struct plant_kind plant_kinds[] = {
	{ .name = "anon", .class = TRUTH_USER },
	{ .name = "mlock", .class = TRUTH_USER },
	{ .name = "zero", .class = TRUTH_USER },
	{ .name = "thp", .class = TRUTH_USER },
	{ .name = "hugetlb", .class = TRUTH_USER },
	{ .name = "ksm", .class = TRUTH_USER },
	{ .name = "hold", .class = TRUTH_USER },
	{ .name = "split", .class = TRUTH_USER },
	{ .name = "tmpfs", .class = TRUTH_CACHE },
	{ .name = "shmem", .class = TRUTH_CACHE },
	{ .name = "file", .class = TRUTH_CACHE },
	{ .name = "private", .class = TRUTH_PRIVATE },
	{ .name = "poison", .class = TRUTH_HWPOISON },
	{ .name = "vmalloc", .class = TRUTH_KERNEL },
	{ .name = "pipe", .class = TRUTH_KERNEL, .by_mark = true },
	{ .name = "slab", .class = TRUTH_KERNEL, .by_mark = true },
	{ .name = "free", .class = TRUTH_FREE, .given_back = true },
	{ .name = "frag", .class = TRUTH_FREE, .given_back = true },
};

/* What makes a planted page of @kind more than a page of its class: is it huge, is it merged? */
static bool is_special(const struct truth *truth, const char *kind, uint64_t pfn)
{
	if (!strcmp(kind, "thp"))
		return truth_has(truth, pfn, KPF_THP);
	if (!strcmp(kind, "hugetlb"))
		return truth_has(truth, pfn, KPF_HUGE);
	if (!strcmp(kind, "ksm"))
		return pfn < truth->pfn_nr && truth->mapped[pfn] > 100;
	return true;
}

static void check_planting(struct check *check, const struct plant_kind *kind)
{
	size_t total = 0, special = 0;

	for (size_t i = 0; i < check->truth.planted_nr; i++) {
		const struct planted_page *planted = &check->truth.planted[i];

		if (strcmp(planted->class, kind->name))
			continue;
		total++;
		special += is_special(&check->truth, kind->name, planted->pfn);
	}
	say(&check->said, total && special >= total * 9 / 10,
	    "%zu %s pages were planted (%zu are so)", total, kind->name, special);
}

/*
 * Does the guest have what it is here for, and do its sources agree? Without this a dump could be
 * found right about nothing.
 */
static void check_truth(struct check *check)
{
	const struct truth *truth = &check->truth;
	size_t moved = 0, offline = 0, buddy = 0;
	uint64_t apart;

	for (uint64_t pfn = 0; pfn < truth->pfn_nr; pfn++) {
		moved += truth_moved(truth, pfn);
		offline += truth_has(truth, pfn, KPF_OFFLINE);
		buddy += truth_has(truth, pfn, KPF_BUDDY);
	}
	apart = buddy > truth->buddyinfo_free ? buddy - truth->buddyinfo_free
					      : truth->buddyinfo_free - buddy;
	say(&check->said, moved <= truth->pfn_nr / 200,
	    "its pages rest before the crash (%zu of %zu moved)", moved, truth->pfn_nr);
	say(&check->said, apart <= buddy / 200 + 64,
	    "kpageflags and buddyinfo tell of as much free memory (%zu and %" PRIu64 " pages)",
	    buddy, truth->buddyinfo_free);
	say(&check->said, offline > 0, "a balloon holds pages (%zu)", offline);
	for (size_t i = 0; i < sizeof(plant_kinds) / sizeof(plant_kinds[0]); i++)
		if (!strstr(check->lacks, plant_kinds[i].name))
			check_planting(check, &plant_kinds[i]);
}

static size_t mark_offset(const struct plant_kind *kind)
{
	return !strcmp(kind->name, "slab") ? PLANT_SLAB_OFFSET : 0;
}

/* Find planted kernel pages by the mark they carry. Copies in memory freed since do not count. */
static void find_by_mark(struct check *check, const struct plant_kind *kind)
{
	unsigned char page[IMAGE_PAGE_BYTES_MAX];
	struct plant_mark mark, want = { 0 };
	uint64_t index;

	plant_magic(want.magic);
	strncpy(want.class, kind->name, sizeof(want.class) - 1);
	for (uint64_t pfn = 0; pfn < check->raw.pfn_end; pfn++) {
		if (truth_class_of(&check->truth, pfn) != kind->class ||
		    !raw_read_page(&check->raw, pfn, page))
			continue;
		memcpy(&mark, page + mark_offset(kind), sizeof(mark));
		if (memcmp(mark.magic, want.magic, sizeof(mark.magic)) ||
		    memcmp(mark.class, want.class, sizeof(mark.class)))
			continue;
		index = check->big_endian ? __builtin_bswap64(mark.index) : mark.index;
		for (size_t i = 0; i < check->truth.planted_nr; i++) {
			struct planted_page *planted = &check->truth.planted[i];

			if (!strcmp(planted->class, kind->name) && planted->index == index)
				planted->pfn = pfn;
		}
	}
}

static bool content_as_planted(const struct check *check, const struct plant_kind *kind,
			       const struct planted_page *planted)
{
	unsigned char page[IMAGE_PAGE_BYTES_MAX], want[IMAGE_PAGE_BYTES_MAX];
	size_t offset = mark_offset(kind);

	if (!raw_read_page(&check->raw, planted->pfn, page))
		return false;
	if (kind->class == TRUTH_HWPOISON) /* nobody may look */
		return true;
	if (!strcmp(kind->name, "zero"))
		return is_zero(check, page);
	plant_fill(want, check->raw.page_bytes - offset, kind->name, planted->index);
	if (check->big_endian)
		plant_swap(want, check->raw.page_bytes - offset);
	return !memcmp(page + offset, want, check->raw.page_bytes - offset);
}

/*
 * Memory that was given back may be in use again, or may have gone from a per-cpu list to the free
 * ones, until the very last moment. What is certain: as long as it was not used again it holds what
 * was planted, and if it was free by then it is free now.
 */
static bool went_wrong(const struct check *check, const struct plant_kind *kind,
		       const struct planted_page *planted, bool as_planted)
{
	enum truth_class class = truth_class_of(&check->truth, planted->pfn);
	bool kept = dump_has_page(&check->dump, planted->pfn);

	if (kind->given_back && truth_class_dropped(TRUTH_FREE, check->level))
		return kept && class == TRUTH_FREE && as_planted;
	return kept == truth_class_dropped(class, check->level);
}

static void check_planted(struct check *check, const struct plant_kind *kind)
{
	size_t total = 0, odd = 0, wrong = 0, as_named = 0;

	for (size_t i = 0; i < check->truth.planted_nr; i++) {
		const struct planted_page *planted = &check->truth.planted[i];
		enum truth_class class = truth_class_of(&check->truth, planted->pfn);
		bool as_planted;

		if (strcmp(planted->class, kind->name))
			continue;
		total++;
		as_planted = planted->pfn && content_as_planted(check, kind, planted);
		as_named += as_planted && class == kind->class;
		if (!kind->given_back && (!as_planted || class != kind->class)) {
			if (odd++ < LISTED_MAX)
				printf("# planted %s page %" PRIu64 " at pfn 0x%" PRIx64
				       " is not what was planted; truth: %s\n",
				       kind->name, planted->index, planted->pfn,
				       truth_class_names[class]);
		} else if (went_wrong(check, kind, planted, as_planted)) {
			if (wrong++ < LISTED_MAX)
				truth_list(&check->truth, planted->pfn,
					   "was planted and went wrong");
		}
	}
	/* The 6.1 cloud kernel cannot poison pages. Others are held to it by check_planting(). */
	if (!total)
		return;
	say(&check->said, !odd && !wrong && as_named,
	    "planted %s pages are %s (%zu planted, %zu as %s in the truth, %zu wrong)", kind->name,
	    truth_class_dropped(kind->class, check->level) ? "left out" : "in it", total, as_named,
	    truth_class_names[kind->class], wrong + odd);
}

static void check_content(struct check *check)
{
	unsigned char want[IMAGE_PAGE_BYTES_MAX], got[IMAGE_PAGE_BYTES_MAX];
	size_t page_bytes = check->raw.page_bytes;
	size_t kept = 0, zero = 0, wrong = 0, leaked = 0, shared = 0, bad_descs = 0;
	struct dump_desc desc, zero_desc = { 0 };

	for (uint64_t pfn = 0; pfn < check->raw.pfn_end; pfn++) {
		bool has = dump_has_page(&check->dump, pfn);
		size_t bytes = page_bytes;
		kdump_status status;

		if (!raw_read_page(&check->raw, pfn, want))
			continue;
		/* libkdumpfile 0.5.1 dies of SIGBUS where a file is shorter than it says. */
		if (has && !dump_desc(&check->dump, kept++, &desc)) {
			if (bad_descs++ < LISTED_MAX)
				truth_list(&check->truth, pfn, "lies beyond the end of the file");
			continue;
		}
		status = kdump_read(check->reader, KDUMP_MACHPHYSADDR, pfn * page_bytes, got,
				    &bytes);
		if (!has) {
			leaked += status != KDUMP_ERR_NODATA;
			continue;
		}
		if (is_zero(check, want)) {
			if (!zero++)
				zero_desc = desc;
			shared += desc.offset == zero_desc.offset;
		}
		if (status == KDUMP_OK && !memcmp(want, got, page_bytes))
			continue;
		if (wrong++ < LISTED_MAX) {
			truth_list(&check->truth, pfn,
				   status == KDUMP_OK ? "has other content" : "cannot be read");
			if (status != KDUMP_OK)
				printf("#   libkdumpfile: %s\n", kdump_get_err(check->reader));
		}
	}
	say(&check->said, !wrong && !bad_descs && kept,
	    "libkdumpfile reads each page and it equals the raw image (%zu pages, %zu wrong)", kept,
	    wrong + bad_descs);
	say(&check->said, !leaked, "libkdumpfile finds no page that was left out (%zu found)",
	    leaked);
	say(&check->said, shared == zero, "zero pages share one copy (%zu of %zu)", shared, zero);
}

/*
 * The same pages in both dumps, as far as both images have the memory. A page that the memory map
 * cuts in two is not compared: makedumpfile leaves it out, and there is no right or wrong.
 */
static void check_same_pages(struct check *check, const char *other_path)
{
	size_t differ = 0, compared = 0, memory = 0, other_memory = 0;
	struct dump_file other;

	dump_open(&other, other_path);
	for (uint64_t pfn = 0; pfn < check->raw.pfn_end; pfn++) {
		bool here = dump_has_page(&check->dump, pfn);

		memory += dump_has_memory(&check->dump, pfn);
		other_memory += dump_has_memory(&other, pfn);
		if (!dump_has_memory(&check->dump, pfn) || !dump_has_memory(&other, pfn) ||
		    !raw_page_is_whole(&check->raw, pfn))
			continue;
		compared++;
		if (here == dump_has_page(&other, pfn))
			continue;
		if (differ++ < LISTED_MAX)
			truth_list(&check->truth, pfn,
				   here ? "is only in this dump" : "is only in the other");
	}
	if (memory > other_memory)
		memory = other_memory;
	say(&check->said, !differ && compared && compared >= memory / 10 * 9,
	    "it has the same pages as %s (%zu of %zu differ)",
	    strrchr(other_path, '/') ? strrchr(other_path, '/') + 1 : other_path, differ, compared);
	dump_close(&other);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "vmcore", required_argument, NULL, 'v' },
		{ "truth", required_argument, NULL, 't' },
		{ "level", required_argument, NULL, 'l' },
		{ "name", required_argument, NULL, 'n' },
		{ "same-pages", required_argument, NULL, 's' },
		{ "only-pages", no_argument, NULL, 'o' },
		{ "lacks", required_argument, NULL, 'k' },
		{ "big-endian", no_argument, NULL, 'b' },
		{ 0 },
	};
	const char *vmcore = NULL, *truth = NULL, *other = NULL;
	struct check check = { .level = -1, .lacks = "" };
	bool only_pages = false;
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case 'v':
			vmcore = optarg;
			break;
		case 't':
			truth = optarg;
			break;
		case 'l':
			check.level = atoi(optarg);
			break;
		case 'n':
			check.said.about = optarg;
			break;
		case 's':
			other = optarg;
			break;
		case 'k':
			check.lacks = optarg;
			break;
		case 'o':
			only_pages = true;
			break;
		case 'b':
			check.big_endian = true;
			break;
		default:
			return 2;
		}
	}
	if (!vmcore || !truth || argc - optind > 1 || (argc > optind && check.level < 0))
		die("usage: check-dump --vmcore RAW --truth DIRECTORY --level N [--name NAME] "
		    "[--same-pages OTHER-DUMP [--only-pages]] DUMP");
	if (!check.said.about)
		check.said.about = argc > optind ? argv[optind] : truth;
	truth_load(&check.truth, truth, check.big_endian);
	if (argc == optind) {
		check_truth(&check);
		truth_release(&check.truth);
		return check.said.failed;
	}
	dump_open(&check.dump, argv[optind]);
	raw_open(&check.raw, vmcore, check.dump.page_bytes);
	check.reader = reader_open(argv[optind]);

	if (other)
		check_same_pages(&check, other);
	if (!only_pages) {
		check_header(&check);
		check_memory_bitmap(&check);
		check_classes(&check);
		for (size_t i = 0; i < sizeof(plant_kinds) / sizeof(plant_kinds[0]); i++) {
			if (plant_kinds[i].by_mark)
				find_by_mark(&check, &plant_kinds[i]);
			check_planted(&check, &plant_kinds[i]);
		}
		check_content(&check);
	}
	kdump_free(check.reader);
	dump_close(&check.dump);
	truth_release(&check.truth);
	raw_close(&check.raw);
	return check.said.failed;
}
