/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * "Did you mean": of the names offered, keep those a mistyped word is nearest to. Knows nothing of
 * commands or options; the caller offers names and phrases the question.
 *
 *	struct suggest near = suggest_init("dmup");
 *
 *	suggest_offer(&near, "dump");
 *	suggest_offer(&near, "stat");
 *	-> near.nr == 1, near.name[0] == "dump"
 *
 * Distance is Damerau-Levenshtein (optimal string alignment), weighted by how hands err: two
 * swapped letters or a letter left out cost 1, a wrong or an extra letter costs 2. A name further
 * away than a third of the word is no suggestion.
 */
#ifndef VMTOOL_CLI_SUGGEST_H
#define VMTOOL_CLI_SUGGEST_H

#include <stddef.h>

#include "util/base/str.h"

enum {
	SUGGEST_MAX = 4,       /* names kept; more equally near ones are left out */
	SUGGEST_WORD_MAX = 64, /* longer words are nobody's typo: no suggestions */
};

struct suggest {
	const char *word;
	unsigned int distance; /* of every kept name; before the first, the largest that counts */
	const char *name[SUGGEST_MAX];
	size_t nr;
};

/* @word and the offered names are borrowed; a name offered twice is suggested once. */
struct suggest suggest_init(const char *word);
void suggest_offer(struct suggest *near, const char *name);

/* Appends "; did you mean '--dump' or '--dome'?" with @prefix "--"; nothing when nr is 0. */
void suggest_phrase(const struct suggest *near, const char *prefix, struct str *out);

#endif
