// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/dump/split.h"

#include <string.h>

#include "util/base/bitmap.h"
#include "util/base/checked.h"
#include "util/dump/kdump.h"

enum {
	/* Where a file may begin; see split.h. */
	GRAIN_PFNS = 64,

	/* So many places where files may begin, at least: 256 KiB of counts. */
	GRAINS_MAX = 1 << 16,
};

struct part {
	struct writer *kdump;
	uint64_t first; /* pfn */
	uint64_t end;
	uint64_t first_index;
};

struct split {
	struct writer writer;
	uint64_t max_mapnr;
	uint64_t grain_pfns;
	uint64_t grains_nr;
	uint32_t *kept_nr; /* of each grain */
	size_t parts_nr;
	struct part part[];
};

static void split_free(struct writer *writer)
{
	struct split *split = (struct split *)writer;

	for (size_t i = 0; i < split->parts_nr; i++)
		writer_free(split->part[i].kdump);
	free(split->kept_nr);
	free(split);
}

static struct err *split_open(const struct writer_config *config, struct writer **ret_writer)
{
	guard(writer) struct writer *writer = NULL;
	struct split *split = calloc(1, sizeof(*split) + config->sinks_nr * sizeof(struct part));

	if (!split)
		return err_nomem();
	split->writer.ops = &writer_split;
	writer = &split->writer;

	split->max_mapnr = config->max_mapnr;
	split->grain_pfns = GRAIN_PFNS;
	while (config->max_mapnr / split->grain_pfns >= GRAINS_MAX)
		split->grain_pfns *= 2;
	split->grains_nr = config->max_mapnr / split->grain_pfns + 1;
	split->kept_nr = calloc(split->grains_nr, sizeof(*split->kept_nr));
	if (!split->kept_nr)
		return err_nomem();

	for (size_t i = 0; i < config->sinks_nr; i++) {
		struct writer_config of_part = *config;
		struct err *e;

		of_part.sink = config->sink + i;
		of_part.sinks_nr = 1;
		e = writer_kdump.open(&of_part, &split->part[i].kdump);
		if (e)
			return e;
		split->parts_nr++;
	}
	*ret_writer = take_ptr(writer);
	return NULL;
}

static void count_kept(struct split *split, uint64_t first, uint64_t pfns_nr, const uint8_t *keep)
{
	size_t nr = (size_t)pfns_nr;

	for (size_t at = bitmap_next_set(keep, nr, 0); at < nr;
	     at = bitmap_next_set(keep, nr, at + 1))
		split->kept_nr[(first + at) / split->grain_pfns]++;
}

static struct err *split_put_bitmaps(struct writer *writer, uint64_t first, uint64_t pfns_nr,
				     const uint8_t *ram, const uint8_t *keep)
{
	struct split *split = (struct split *)writer;

	count_kept(split, first, pfns_nr, keep);
	for (size_t i = 0; i < split->parts_nr; i++) {
		struct err *e =
			writer_kdump.put_bitmaps(split->part[i].kdump, first, pfns_nr, ram, keep);

		if (e)
			return e;
	}
	return NULL;
}

/* Where the parts begin and end: each when its share of the pages is full. */
static void cut(struct split *split, uint64_t pages_nr)
{
	uint64_t grain = 0;
	uint64_t kept = 0;

	for (size_t i = 0; i < split->parts_nr; i++) {
		struct part *part = &split->part[i];
		bool last = i + 1 == split->parts_nr;
		uint64_t share_end = pages_nr / split->parts_nr * (i + 1);

		part->first = MIN(grain * split->grain_pfns, split->max_mapnr);
		part->first_index = kept;
		while (grain < split->grains_nr && (last || kept < share_end))
			kept += split->kept_nr[grain++];
		part->end = MIN(grain * split->grain_pfns, split->max_mapnr);
	}
}

static struct err *split_begin_pages(struct writer *writer, uint64_t pages_nr)
{
	struct split *split = (struct split *)writer;

	cut(split, pages_nr);
	for (size_t i = 0; i < split->parts_nr; i++) {
		struct part *part = &split->part[i];
		uint64_t end_index = i + 1 < split->parts_nr ? part[1].first_index : pages_nr;
		struct err *e = kdump_set_part(part->kdump, part->first, part->end);

		if (!e)
			e = writer_kdump.begin_pages(part->kdump, end_index - part->first_index);
		if (e)
			return e;
	}
	return NULL;
}

static struct part *part_of(struct split *split, uint64_t pfn)
{
	struct part *part = split->part;

	while (pfn >= part->end && part + 1 < split->part + split->parts_nr)
		part++;
	return part;
}

static struct err *split_add(struct writer *writer, const struct writer_page *page, size_t pages_nr,
			     const uint8_t *data)
{
	for (size_t i = 0; i < pages_nr; i++) {
		struct part *part = part_of((struct split *)writer, page[i].pfn);
		struct writer_page own = page[i];
		struct err *e;

		own.index -= part->first_index;
		e = writer_kdump.add(part->kdump, &own, 1, data);
		if (e)
			return e;
		data += page[i].len;
	}
	return NULL;
}

static struct err *finish_all(struct split *split, bool complete)
{
	struct err *first = NULL;

	for (size_t i = 0; i < split->parts_nr; i++) {
		struct err *e = writer_kdump.finish(split->part[i].kdump, complete);

		if (first)
			err_free(e);
		else
			first = e;
	}
	return first;
}

/* No file is complete before all of them are written. */
static struct err *split_finish(struct writer *writer, bool complete)
{
	struct err *e = finish_all((struct split *)writer, false);

	return e || !complete ? e : finish_all((struct split *)writer, true);
}

static struct writer_totals split_totals(const struct writer *writer)
{
	const struct split *split = (const struct split *)writer;
	struct writer_totals totals = { .bytes = 0 };

	for (size_t i = 0; i < split->parts_nr; i++) {
		struct writer_totals of_part = writer_kdump.totals(split->part[i].kdump);

		totals.pages_nr += of_part.pages_nr;
		totals.bytes += of_part.bytes;
	}
	return totals;
}

const struct writer_ops writer_split = {
	.name = "kdump-compressed, split",
	.compresses = true,
	.splits = true,
	.open = split_open,
	.free = split_free,
	.put_bitmaps = split_put_bitmaps,
	.begin_pages = split_begin_pages,
	.add = split_add,
	.finish = split_finish,
	.totals = split_totals,
};
