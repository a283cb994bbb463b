// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Hold a dump of a kernel that was running, made of its /proc/kcore, against what that kernel said
 * of its pages before and after:
 *
 *	check-live --truth DIRECTORY --level N [--name NAME] DUMP
 *
 * DIRECTORY is as for check-dump; of its two snapshots of /proc/kpageflags one was taken before the
 * dump and one behind it. A page on which they differ may be in the dump or not. Prints TAP lines
 * without numbers. Exit code 0: all hold, 1: some do not, 2: the check could not be made.
 */
#include <getopt.h>
#include <inttypes.h>
#include <libkdumpfile/kdumpfile.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "die.h"
#include "images.h"
#include "plant.h"
#include "say.h"
#include "truth.h"

#define LISTED_MAX 12		  /* a failing check names so many pages */
#define RAM_MAX 64		  /* ranges of memory */
#define OWN_BYTES_MAX (24u << 20) /* of the vmtool that dumps */

struct check {
	struct said said;
	struct truth truth;
	struct dump_file dump;
	kdump_ctx_t *reader;
	int level;
	uint64_t ram[RAM_MAX][2]; /* page frames [first, end), whole ones */
	size_t ram_nr;
};

static void load_ram(struct check *check, const char *directory)
{
	char path[4096], line[256];
	uint64_t first, last;
	FILE *file;

	snprintf(path, sizeof(path), "%s/iomem", directory);
	file = fopen(path, "re");
	if (!file)
		die("%s cannot be read", path);
	while (fgets(line, sizeof(line), file)) {
		uint64_t *ram = check->ram[check->ram_nr];

		if (!strstr(line, ": System RAM") ||
		    sscanf(line, "%" SCNx64 "-%" SCNx64, &first, &last) != 2)
			continue;
		if (check->ram_nr == RAM_MAX)
			die("%s has too many ranges", path);
		ram[0] = (first + check->dump.page_bytes - 1) / check->dump.page_bytes;
		ram[1] = (last + 1) / check->dump.page_bytes;
		check->ram_nr++;
	}
	fclose(file);
}

static bool is_ram(const struct check *check, uint64_t pfn)
{
	for (size_t i = 0; i < check->ram_nr; i++)
		if (pfn >= check->ram[i][0] && pfn < check->ram[i][1])
			return true;
	return false;
}

static void check_map(struct check *check)
{
	uint64_t end = check->ram_nr ? check->ram[check->ram_nr - 1][1] : 0;
	size_t wrong = 0, memory = 0;

	if (end < check->dump.pfn_end)
		end = check->dump.pfn_end;
	for (uint64_t pfn = 0; pfn < end; pfn++) {
		memory += is_ram(check, pfn);
		if (is_ram(check, pfn) == dump_has_memory(&check->dump, pfn))
			continue;
		if (wrong++ < LISTED_MAX)
			truth_list(&check->truth, pfn,
				   is_ram(check, pfn) ? "is missing" : "does not exist");
	}
	say(&check->said, !wrong && memory,
	    "its map of memory is the System RAM of iomem (%zu of %zu differ)", wrong, memory);
}

/*
 * The dump itself took pages and gave them back between the snapshots, and processes go on: 0.5% of
 * a class, at least 64 pages, may be where they should not. vmtool's own are user pages, and free
 * before and behind.
 */
static void check_classes(struct check *check)
{
	size_t total[TRUTH_CLASS_NR] = { 0 }, wrong[TRUTH_CLASS_NR] = { 0 }, moved = 0;

	for (uint64_t pfn = 0; pfn < check->dump.pfn_end; pfn++) {
		enum truth_class class = truth_class_of(&check->truth, pfn);
		bool has = dump_has_page(&check->dump, pfn);

		if (!is_ram(check, pfn))
			continue;
		moved += truth_moved(&check->truth, pfn);
		if (truth_moved(&check->truth, pfn))
			continue;
		total[class]++;
		if (has != truth_class_dropped(class, check->level))
			continue;
		if (wrong[class]++ < LISTED_MAX)
			truth_list(&check->truth, pfn,
				   has ? "is in the dump" : "is not in the dump");
	}
	say(&check->said, moved < check->truth.pfn_nr / 2,
	    "most of its pages rest while it is made (%zu moved)", moved);
	for (int i = 0; i < TRUTH_CLASS_NR; i++) {
		size_t allowed = total[i] / 200 > 64 ? total[i] / 200 : 64;

		if (i == TRUTH_FREE && !truth_class_dropped(TRUTH_USER, check->level))
			allowed += OWN_BYTES_MAX / check->dump.page_bytes;
		say(&check->said, wrong[i] <= allowed, "%s pages are %s (%zu of %zu are not)",
		    truth_class_names[i],
		    truth_class_dropped(i, check->level) ? "left out" : "in it", wrong[i],
		    total[i]);
	}
}

static bool read_page(struct check *check, uint64_t pfn, unsigned char *page)
{
	size_t bytes = check->dump.page_bytes;

	return kdump_read(check->reader, KDUMP_MACHPHYSADDR, pfn * bytes, page, &bytes) == KDUMP_OK;
}

static void check_pages(struct check *check)
{
	unsigned char page[IMAGE_PAGE_BYTES_MAX];
	size_t kept = 0, wrong = 0, leaked = 0;

	for (uint64_t pfn = 0; pfn < check->dump.pfn_end; pfn++) {
		bool has = dump_has_page(&check->dump, pfn);
		bool read = read_page(check, pfn, page);

		kept += has;
		leaked += read && !has;
		wrong += !read && has;
		if (has && !read && wrong <= LISTED_MAX)
			printf("# pfn 0x%" PRIx64 ": %s\n", pfn, kdump_get_err(check->reader));
	}
	say(&check->said, kept && !wrong && !leaked,
	    "libkdumpfile reads each of its %zu pages and no other (%zu wrong, %zu left out)", kept,
	    wrong, leaked);
}

/* What was planted is known without having seen the guest. Memory given back may be anything. */
static bool is_steady(const struct check *check, const struct planted_page *planted)
{
	enum truth_class class = truth_class_of(&check->truth, planted->pfn);

	return planted->pfn && class != TRUTH_FREE && class != TRUTH_HWPOISON &&
	       !truth_moved(&check->truth, planted->pfn) && strcmp(planted->class, "free") != 0 &&
	       strcmp(planted->class, "frag") != 0 && !truth_class_dropped(class, check->level);
}

static void check_planted(struct check *check)
{
	unsigned char page[IMAGE_PAGE_BYTES_MAX], want[IMAGE_PAGE_BYTES_MAX];
	size_t total = 0, wrong = 0;

	for (size_t i = 0; i < check->truth.planted_nr; i++) {
		const struct planted_page *planted = &check->truth.planted[i];
		size_t bytes = check->dump.page_bytes;

		if (!is_steady(check, planted))
			continue;
		total++;
		memset(want, 0, bytes);
		if (strcmp(planted->class, "zero") != 0)
			plant_fill(want, bytes, planted->class, planted->index);
		if (read_page(check, planted->pfn, page) && !memcmp(page, want, bytes))
			continue;
		if (wrong++ < LISTED_MAX)
			truth_list(&check->truth, planted->pfn,
				   "has other content than was planted");
	}
	say(&check->said, total && !wrong,
	    "%zu planted pages are in it as they were planted (%zu are not)", total, wrong);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "truth", required_argument, NULL, 't' },
		{ "level", required_argument, NULL, 'l' },
		{ "name", required_argument, NULL, 'n' },
		{ 0 },
	};
	struct check check = { .level = -1 };
	const char *truth = NULL;
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case 't':
			truth = optarg;
			break;
		case 'l':
			check.level = atoi(optarg);
			break;
		case 'n':
			check.said.about = optarg;
			break;
		default:
			return 2;
		}
	}
	if (!truth || check.level < 0 || argc - optind != 1)
		die("usage: check-live --truth DIRECTORY --level N [--name NAME] DUMP");
	if (!check.said.about)
		check.said.about = argv[optind];
	truth_load(&check.truth, truth, false);
	dump_open(&check.dump, argv[optind]);
	load_ram(&check, truth);
	check.reader = reader_open(argv[optind]);

	say(&check.said, (int)check.dump.level == check.level && check.dump.nr_cpus > 0,
	    "header: level %u, %u cpus, status 0x%x", check.dump.level, check.dump.nr_cpus,
	    check.dump.status);
	check_map(&check);
	check_classes(&check);
	check_pages(&check);
	check_planted(&check);
	kdump_free(check.reader);
	dump_close(&check.dump);
	truth_release(&check.truth);
	return check.said.failed;
}
