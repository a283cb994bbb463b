/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Numbers things as they are first seen: a set of keys, each of the same few 64-bit words, and a
 * set of strings. The n-th distinct key has index n - 1, for ever; what is known of it lies in an
 * array of the caller's under that index.
 *
 * A set that ran out of memory says so and stays as it was. Not safe for several threads.
 */
#ifndef VMTOOL_BASE_KEYSET_H
#define VMTOOL_BASE_KEYSET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/base/cleanup.h"

struct keyset {
	size_t words; /* of a key */
	size_t nr;
	uint64_t *key; /* nr x words */
	size_t capacity;
	uint32_t *slot; /* index + 1; 0: free */
	size_t slots_nr;
};

static inline struct keyset keyset_init(size_t words)
{
	return (struct keyset){ .words = words };
}

void keyset_release(struct keyset *set);
DEFINE_GUARD_INPLACE(keyset, struct keyset, keyset_release)

/* *ret_index == the old set->nr: it is new. At most 2^31 keys: ERR_NOMEM. */
must_check struct err *keyset_add(struct keyset *set, const uint64_t *key, size_t *ret_index);

/* False: it is not there. */
bool keyset_find(const struct keyset *set, const uint64_t *key, size_t *ret_index);

static inline const uint64_t *keyset_key(const struct keyset *set, size_t index)
{
	return set->key + index * set->words;
}

/* Mixes @words 64-bit words into one that is good in all its bits. */
uint64_t hash_words(const uint64_t *word, size_t words);
uint64_t hash_bytes(const void *bytes, size_t len);

/* Strings; number 0 is "". */
struct names {
	char **name;
	size_t nr;
	size_t capacity;
	uint32_t *slot;
	size_t slots_nr;
};

#define NAMES_INIT ((struct names){ .nr = 0 })

void names_release(struct names *names);
DEFINE_GUARD_INPLACE(names, struct names, names_release)

/* @text need not end with a NUL. */
must_check struct err *names_add(struct names *names, const char *text, size_t len,
				 uint32_t *ret_number);

/* Owned by @names, at the same place until it is released. */
static inline const char *names_text(const struct names *names, uint32_t number)
{
	return number < names->nr ? names->name[number] : "";
}

#endif
