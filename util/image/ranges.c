// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/image/ranges.h"

#include "util/base/checked.h"

/*
 * What x86_64 can address without a fifth level of page tables. A damaged number easily says more,
 * and a dump has two bits for each page frame that was promised, be it there or not.
 */
#define BELIEVED_BYTES_MAX (UINT64_C(64) << 40)

static struct err *ranges_view(struct mem_source *source, uint64_t paddr, size_t len_max,
			       enum mem_access access, struct mem_view *ret_view)
{
	struct image *image = ((struct ranges_source *)source)->image;
	const struct memmap_range *range = memmap_at(&image->memmap, paddr);
	uint64_t skip;

	if (!range)
		return err_new(ERR_NODATA, "physical address %#llx is not in the image",
			       (unsigned long long)paddr);
	skip = paddr - range->paddr;
	if (skip >= range->file_size)
		return err_new(ERR_NODATA, "physical address %#llx was left out of the image",
			       (unsigned long long)paddr);

	len_max = (size_t)MIN((uint64_t)len_max, range->file_size - skip);
	return mem_file_view(image->file, range->file_offset + skip, len_max, access, ret_view);
}

/* Of what lies in one piece of the file: who walks comes back for the rest. */
static uint64_t ranges_next_data(struct mem_source *source, uint64_t paddr, uint64_t end)
{
	struct image *image = ((struct ranges_source *)source)->image;
	const struct memmap_range *range = memmap_at(&image->memmap, paddr);
	uint64_t skip = range ? paddr - range->paddr : 0;
	uint64_t len;

	if (!range || skip >= range->file_size)
		return paddr;
	len = MIN(end - paddr, range->file_size - skip);
	return paddr +
	       mem_file_next_data(image->file, range->file_offset + skip,
				  range->file_offset + skip + len) -
	       (range->file_offset + skip);
}

static const struct mem_source_ops ranges_source_ops = {
	.view = ranges_view,
	.next_data = ranges_next_data,
};

void ranges_source_init(struct ranges_source *ranges, struct image *image)
{
	ranges->source.ops = &ranges_source_ops;
	ranges->image = image;
	image->source = &ranges->source;
}

uint64_t ranges_stored(const struct image *image, uint64_t offset, uint64_t size)
{
	uint64_t file_size = mem_file_size(image->file);

	return offset >= file_size ? 0 : MIN(size, file_size - offset);
}

void ranges_count_truncated(struct image *image, uint64_t bytes)
{
	if (!add_u64(image->truncated_bytes, bytes, &image->truncated_bytes))
		image->truncated_bytes = UINT64_MAX;
}

bool ranges_can_be(uint64_t paddr, uint64_t size)
{
	return paddr < RANGES_END && size <= RANGES_END - paddr;
}

struct err *ranges_finish(struct image *image, struct notes *notes)
{
	struct memmap *map = &image->memmap;
	struct err *e = memmap_finish(map);
	uint64_t promised = 0;
	uint64_t stored = 0;

	if (e)
		return e;
	/* Ranges are disjoint, so that the sum fits. */
	for (size_t i = 0; i < map->nr; i++) {
		promised += map->range[i].size;
		stored += map->range[i].file_size;
	}
	if (promised <= BELIEVED_BYTES_MAX || stored == promised)
		return NULL;
	memmap_keep_stored(map);
	if (!map->nr)
		return err_new(
			ERR_FORMAT,
			"its headers promise %llu TiB of memory, and the file has none of it",
			(unsigned long long)(promised >> 40));
	notes_add(
		notes,
		"its headers promise %llu TiB of memory, which is not believed: what the file has "
		"of it, %llu MiB, is taken for all there was",
		(unsigned long long)(promised >> 40), (unsigned long long)(stored >> 20));
	return NULL;
}
