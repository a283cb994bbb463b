// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/dump/extents.h"

#include <stdlib.h>
#include <string.h>

#include "util/base/err.h"

void extents_release(struct extents *extents)
{
	free(extents->at);
	*extents = EXTENTS_INIT;
}

/* The first extent that ends at @start or behind it. */
static size_t find(const struct extents *extents, uint64_t start)
{
	size_t low = 0;
	size_t high = extents->nr;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (extents->at[middle].end < start)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static struct err *insert(struct extents *extents, size_t place, uint64_t start, uint64_t end)
{
	if (extents->nr == EXTENTS_MAX) {
		extents->full = true;
		return NULL;
	}
	if (extents->nr == extents->capacity) {
		size_t capacity = MAX(extents->capacity * 2, (size_t)64);
		struct extent *grown = reallocarray(extents->at, capacity, sizeof(*extents->at));

		if (!grown)
			return err_nomem();
		extents->at = grown;
		extents->capacity = capacity;
	}
	memmove(&extents->at[place + 1], &extents->at[place],
		(extents->nr - place) * sizeof(*extents->at));
	extents->at[place] = (struct extent){ .start = start, .end = end };
	extents->nr++;
	return NULL;
}

struct err *extents_add(struct extents *extents, uint64_t start, uint64_t end,
			enum extents_found *ret_found)
{
	size_t first = find(extents, start);
	size_t last = first; /* exclusive: of those that touch or meet the new one */
	struct extent joined = { .start = start, .end = end };
	bool meets = false;

	*ret_found = EXTENTS_NEW;
	for (; last < extents->nr && extents->at[last].start <= end; last++) {
		const struct extent *other = &extents->at[last];

		if (other->start <= start && end <= other->end) {
			*ret_found = EXTENTS_COVERED;
			return NULL;
		}
		meets |= other->start < end && start < other->end;
		joined.start = MIN(joined.start, other->start);
		joined.end = MAX(joined.end, other->end);
	}
	if (meets)
		*ret_found = EXTENTS_OVERLAPS;
	if (extents->full)
		return NULL;
	if (last == first)
		return insert(extents, first, start, end);

	extents->at[first] = joined;
	memmove(&extents->at[first + 1], &extents->at[last],
		(extents->nr - last) * sizeof(*extents->at));
	extents->nr -= last - first - 1;
	return NULL;
}

uint64_t extents_bytes(const struct extents *extents)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < extents->nr; i++)
		sum += extents->at[i].end - extents->at[i].start;
	return sum;
}
