// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/image/ranges.h"

#include "util/base/checked.h"

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

static const struct mem_source_ops ranges_source_ops = {
	.view = ranges_view,
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
