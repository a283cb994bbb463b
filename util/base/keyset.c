// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/base/keyset.h"

#include <stdlib.h>
#include <string.h>

enum { SLOTS_FIRST = 64 };

static const uint64_t odd = UINT64_C(0x9e3779b97f4a7c15);

static uint64_t mix(uint64_t x)
{
	x ^= x >> 32;
	x *= odd;
	x ^= x >> 29;
	x *= UINT64_C(0xbf58476d1ce4e5b9);
	return x ^ x >> 32;
}

uint64_t hash_words(const uint64_t *word, size_t words)
{
	uint64_t hash = words * odd;

	for (size_t i = 0; i < words; i++)
		hash = mix(hash ^ word[i]) + odd;
	return hash;
}

uint64_t hash_bytes(const void *bytes, size_t len)
{
	const uint8_t *at = bytes;
	uint64_t hash = len * odd;

	for (; len >= 8; at += 8, len -= 8) {
		uint64_t word;

		memcpy(&word, at, 8);
		hash = mix(hash ^ word) + odd;
	}
	if (len) {
		uint64_t word = 0;

		memcpy(&word, at, len);
		hash = mix(hash ^ word) + odd;
	}
	return hash;
}

void keyset_release(struct keyset *set)
{
	free(set->key);
	free(set->slot);
	*set = keyset_init(set->words);
}

/* Keys are short: a call of memcmp() costs more than the words. */
static bool same_words(const uint64_t *a, const uint64_t *b, size_t words)
{
	for (size_t i = 0; i < words; i++)
		if (a[i] != b[i])
			return false;
	return true;
}

static size_t keyset_slot(const struct keyset *set, const uint32_t *slot, size_t slots_nr,
			  const uint64_t *key)
{
	size_t i = hash_words(key, set->words) & (slots_nr - 1);

	while (slot[i] && !same_words(keyset_key(set, slot[i] - 1), key, set->words))
		i = (i + 1) & (slots_nr - 1);
	return i;
}

static struct err *keyset_grow(struct keyset *set)
{
	if (set->nr == set->capacity) {
		size_t capacity = set->capacity ? set->capacity + set->capacity / 2 : 16;
		uint64_t *grown;

		if (set->nr >= INT32_MAX)
			return err_nomem();
		grown = reallocarray(set->key, capacity, set->words * sizeof(*grown));
		if (!grown)
			return err_nomem();
		set->key = grown;
		set->capacity = capacity;
	}
	if (set->nr * 4 >= set->slots_nr * 3) {
		size_t slots_nr = set->slots_nr ? set->slots_nr * 2 : SLOTS_FIRST;
		uint32_t *slot = calloc(slots_nr, sizeof(*slot));

		if (!slot)
			return err_nomem();
		for (size_t i = 0; i < set->nr; i++)
			slot[keyset_slot(set, slot, slots_nr, keyset_key(set, i))] =
				(uint32_t)i + 1;
		free(set->slot);
		set->slot = slot;
		set->slots_nr = slots_nr;
	}
	return NULL;
}

bool keyset_find(const struct keyset *set, const uint64_t *key, size_t *ret_index)
{
	size_t i;

	if (!set->slots_nr)
		return false;
	i = keyset_slot(set, set->slot, set->slots_nr, key);
	if (!set->slot[i])
		return false;
	*ret_index = set->slot[i] - 1;
	return true;
}

struct err *keyset_add(struct keyset *set, const uint64_t *key, size_t *ret_index)
{
	struct err *e;

	if (keyset_find(set, key, ret_index))
		return NULL;
	e = keyset_grow(set);
	if (e)
		return e;
	memcpy(set->key + set->nr * set->words, key, set->words * sizeof(*key));
	set->slot[keyset_slot(set, set->slot, set->slots_nr, key)] = (uint32_t)set->nr + 1;
	*ret_index = set->nr++;
	return NULL;
}

void names_release(struct names *names)
{
	for (size_t i = 0; i < names->nr; i++)
		free(names->name[i]);
	free(names->name);
	free(names->slot);
	*names = NAMES_INIT;
}

static size_t names_slot(const struct names *names, const uint32_t *slot, size_t slots_nr,
			 const char *text, size_t len)
{
	size_t i = hash_bytes(text, len) & (slots_nr - 1);

	while (slot[i]) {
		const char *name = names->name[slot[i] - 1];

		if (!strncmp(name, text, len) && !name[len])
			break;
		i = (i + 1) & (slots_nr - 1);
	}
	return i;
}

static struct err *names_grow(struct names *names)
{
	if (names->nr == names->capacity) {
		size_t capacity = names->capacity ? names->capacity + names->capacity / 2 : 16;
		char **grown = NULL;

		if (names->nr < INT32_MAX)
			grown = reallocarray(names->name, capacity, sizeof(char *));
		if (!grown)
			return err_nomem();
		names->name = grown;
		names->capacity = capacity;
	}
	if (names->nr * 4 >= names->slots_nr * 3) {
		size_t slots_nr = names->slots_nr ? names->slots_nr * 2 : SLOTS_FIRST;
		uint32_t *slot = calloc(slots_nr, sizeof(*slot));

		if (!slot)
			return err_nomem();
		for (size_t i = 0; i < names->nr; i++)
			slot[names_slot(names, slot, slots_nr, names->name[i],
					strlen(names->name[i]))] = (uint32_t)i + 1;
		free(names->slot);
		names->slot = slot;
		names->slots_nr = slots_nr;
	}
	return NULL;
}

static struct err *names_append(struct names *names, const char *text, size_t len)
{
	struct err *e = names_grow(names);
	char *copy;

	if (e)
		return e;
	copy = strndup(text, len);
	if (!copy)
		return err_nomem();
	names->name[names->nr] = copy;
	names->slot[names_slot(names, names->slot, names->slots_nr, text, len)] =
		(uint32_t)names->nr + 1;
	names->nr++;
	return NULL;
}

struct err *names_add(struct names *names, const char *text, size_t len, uint32_t *ret_number)
{
	struct err *e;
	size_t i;

	len = strnlen(text, len);
	if (!names->nr) {
		e = names_append(names, "", 0);
		if (e)
			return e;
	}
	i = names_slot(names, names->slot, names->slots_nr, text, len);
	if (names->slot[i]) {
		*ret_number = names->slot[i] - 1;
		return NULL;
	}
	e = names_append(names, text, len);
	if (!e)
		*ret_number = (uint32_t)names->nr - 1;
	return e;
}
