// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/record/usersyms.h"

#include <inttypes.h>
#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>

#include "util/base/cleanup.h"
#include "util/base/endian.h"
#include "util/base/notes.h"
#include "util/record/buildids.h"
#include "util/symbol/space.h"

#ifndef PERF_RECORD_MISC_MMAP_BUILD_ID
#define PERF_RECORD_MISC_MMAP_BUILD_ID (1 << 14) /* since 5.12 */
#endif

enum {
	TRAILER_TIME = 24, /* of TID, TIME, CPU, IDENTIFIER: from the end */
	MMAP2_NAME = 72,
};

/* A record of a mapping or a fork, or an address. */
struct step {
	uint64_t time_ns;
	size_t order;	       /* of steps at one time: records first, as they came */
	const uint8_t *record; /* NULL: an address */
	size_t len;
	uint32_t pid;
	uint64_t address;
};

struct steps {
	struct step *item;
	size_t nr;
	size_t capacity;
};

static void steps_release(struct steps *steps)
{
	free(steps->item);
}
DEFINE_GUARD_INPLACE(steps, struct steps, steps_release)

static struct err *add_step(struct steps *steps, const struct step *step)
{
	if (steps->nr == steps->capacity) {
		size_t capacity = steps->capacity ? steps->capacity * 2 : 1024;
		struct step *grown = reallocarray(steps->item, capacity, sizeof(*grown));

		if (!grown)
			return err_nomem();
		steps->item = grown;
		steps->capacity = capacity;
	}
	steps->item[steps->nr] = *step;
	steps->item[steps->nr].order = steps->nr;
	steps->nr++;
	return NULL;
}

static struct err *add_records(struct steps *steps, const struct str *records)
{
	const uint8_t *at = (const uint8_t *)records->s;
	const uint8_t *end = at + records->len;
	struct err *err = NULL;

	while (!err && at < end) {
		struct step step = { .record = at, .len = load_u16(at + 6, ORDER_LITTLE) };

		step.time_ns = load_u64(at + step.len - TRAILER_TIME, ORDER_LITTLE);
		err = add_step(steps, &step);
		at += step.len;
	}
	return err;
}

static struct err *add_addresses(struct steps *steps, const struct addresses *addresses)
{
	struct err *err = NULL;

	for (size_t i = 0; i < addresses->user.nr && !err; i++) {
		const uint64_t *key = keyset_key(&addresses->user, i);
		struct step step = {
			.time_ns = addresses->user_time[i],
			.pid = (uint32_t)key[ADDRESS_KEY_PID],
			.address = key[ADDRESS_KEY_ADDRESS],
		};

		err = add_step(steps, &step);
	}
	return err;
}

static int by_time(const void *a, const void *b)
{
	const struct step *x = a, *y = b;

	if (x->time_ns != y->time_ns)
		return x->time_ns < y->time_ns ? -1 : 1;
	return x->order < y->order ? -1 : 1;
}

static struct err *take_record(struct spaces *spaces, const struct step *step)
{
	const uint8_t *bytes = step->record;
	struct build_id id = { .len = 0 };

	if (load_u32(bytes, ORDER_LITTLE) == PERF_RECORD_FORK)
		return spaces_fork(spaces, load_u32(bytes + 12, ORDER_LITTLE),
				   load_u32(bytes + 8, ORDER_LITTLE));
	if (step->len <= MMAP2_NAME)
		return NULL;
	if (load_u16(bytes + 4, ORDER_LITTLE) & PERF_RECORD_MISC_MMAP_BUILD_ID &&
	    bytes[40] <= BUILD_ID_MAX) {
		id.len = bytes[40];
		memcpy(id.bytes, bytes + 44, id.len);
	}
	return spaces_map(spaces, load_u32(bytes + 8, ORDER_LITTLE),
			  load_u64(bytes + 16, ORDER_LITTLE), load_u64(bytes + 24, ORDER_LITTLE),
			  load_u64(bytes + 32, ORDER_LITTLE), (const char *)bytes + MMAP2_NAME,
			  step->len - MMAP2_NAME, &id);
}

struct places {
	struct user_place *item;
	size_t nr;
};

static void places_release(struct places *places)
{
	free(places->item);
}
DEFINE_GUARD_INPLACE(places, struct places, places_release)

/* Steps become places; those that are nowhere are dropped. */
static struct err *walk(struct spaces *spaces, const struct steps *steps, struct places *places)
{
	struct err *err = NULL;

	places->item = reallocarray(NULL, steps->nr + 1, sizeof(*places->item));
	if (!places->item)
		return err_nomem();
	for (size_t i = 0; i < steps->nr && !err; i++) {
		const struct step *step = &steps->item[i];
		struct user_place *place = &places->item[places->nr];

		if (step->record) {
			err = take_record(spaces, step);
			continue;
		}
		err = spaces_find(spaces, step->pid, step->address, place);
		places->nr += !err && place->dso;
	}
	return err;
}

static int compare_ids(const struct build_id *a, const struct build_id *b)
{
	return a->len != b->len ? (a->len < b->len ? -1 : 1) : memcmp(a->bytes, b->bytes, a->len);
}

static int by_place(const void *a, const void *b)
{
	const struct user_place *x = a, *y = b;
	int order = strcmp(x->dso, y->dso);

	if (order)
		return order;
	order = compare_ids(x->id, y->id);
	if (order)
		return order;
	return x->address < y->address ? -1 : x->address > y->address;
}

static void describe(const struct places *places, struct str *lines, struct str *build_ids)
{
	const struct user_place *dso = NULL;
	uint64_t last_end = 0;

	for (size_t i = 0; i < places->nr; i++) {
		const struct user_place *place = &places->item[i];
		uint64_t start = place->address - place->offset;

		/*
		 * One file may be there as several builds, one after the other: their ids differ.
		 */
		if (!dso || compare_ids(dso->id, place->id) || strcmp(dso->dso, place->dso)) {
			str_add(lines, "dso ");
			if (place->id->len)
				build_id_print(place->id, lines);
			else
				str_add_char(lines, '-');
			str_printf(lines, " %s\n", place->dso);
			build_ids_add(build_ids, place->dso, place->id);
			last_end = 0;
		}
		dso = place;
		if (!place->function || place->address < last_end)
			continue;
		last_end = start + place->function_bytes;
		str_printf(lines, "%" PRIx64 " %" PRIx64 " %s\n", start, last_end, place->function);
	}
}

struct err *user_symbols(const struct addresses *const *addresses, size_t nr, struct str *lines,
			 struct str *build_ids)
{
	guard(notes) struct notes unknown = NOTES_INIT; /* a report says which files it misses */
	guard(spaces) struct spaces *spaces = NULL;
	guard(steps) struct steps steps = { .nr = 0 };
	guard(places) struct places places = { .nr = 0 };
	struct err *err = NULL;
	size_t addresses_nr = 0;

	for (size_t i = 0; i < nr; i++)
		addresses_nr += addresses[i]->user.nr;
	if (!addresses_nr)
		return NULL;
	for (size_t i = 0; i < nr && !err; i++)
		err = add_records(&steps, &addresses[i]->mappings);
	for (size_t i = 0; i < nr && !err; i++)
		err = add_addresses(&steps, addresses[i]);
	if (err || !steps.nr)
		return err;
	qsort(steps.item, steps.nr, sizeof(*steps.item), by_time);
	err = spaces_new(&unknown, &spaces);
	if (!err)
		err = walk(spaces, &steps, &places);
	if (err)
		return err;
	if (places.nr)
		qsort(places.item, places.nr, sizeof(*places.item), by_place);
	describe(&places, lines, build_ids);
	return str_check(lines);
}
