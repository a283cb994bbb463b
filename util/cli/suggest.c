// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/cli/suggest.h"

#include <string.h>

#include "util/base/macros.h"

enum {
	COST_SWAPPED = 1,
	COST_LEFT_OUT = 1,
	COST_WRONG = 2,
	COST_EXTRA = 2,
};

static unsigned int distance(const char *word, size_t word_len, const char *name, size_t name_len)
{
	unsigned int rows[3][SUGGEST_WORD_MAX + 1];
	unsigned int *before = rows[0], *above = rows[1], *row = rows[2];

	for (size_t j = 0; j <= name_len; j++)
		row[j] = j * COST_LEFT_OUT;

	for (size_t i = 1; i <= word_len; i++) {
		unsigned int *oldest = before;

		before = above;
		above = row;
		row = oldest;
		row[0] = i * COST_EXTRA;

		for (size_t j = 1; j <= name_len; j++) {
			bool same = word[i - 1] == name[j - 1];
			unsigned int best = above[j - 1] + (same ? 0 : COST_WRONG);

			best = MIN(best, above[j] + COST_EXTRA);
			best = MIN(best, row[j - 1] + COST_LEFT_OUT);
			if (i > 1 && j > 1 && word[i - 1] == name[j - 2] &&
			    word[i - 2] == name[j - 1])
				best = MIN(best, before[j - 2] + (same ? 0u : COST_SWAPPED));
			row[j] = best;
		}
	}
	return row[name_len];
}

struct suggest suggest_init(const char *word)
{
	size_t len = strlen(word);

	return (struct suggest){ .word = word, .distance = COST_WRONG * (len < 6 ? 1 : len / 3) };
}

void suggest_offer(struct suggest *near, const char *name)
{
	size_t word_len = strlen(near->word), name_len = strlen(name);
	unsigned int d;

	if (!word_len || word_len > SUGGEST_WORD_MAX || name_len > SUGGEST_WORD_MAX)
		return;
	d = distance(near->word, word_len, name, name_len);

	/* The beginning of a name: nothing is wrong with it but that it stops. */
	if (word_len > 1 && word_len < name_len && !strncmp(near->word, name, word_len))
		d = COST_LEFT_OUT;
	if (d > near->distance || d >= word_len * COST_WRONG)
		return;
	if (d < near->distance) {
		near->distance = d;
		near->nr = 0;
	}
	for (size_t i = 0; i < near->nr; i++)
		if (!strcmp(near->name[i], name))
			return;
	if (near->nr < SUGGEST_MAX)
		near->name[near->nr++] = name;
}

void suggest_phrase(const struct suggest *near, const char *prefix, struct str *out)
{
	if (!near->nr)
		return;
	str_add(out, "; did you mean ");
	for (size_t i = 0; i < near->nr; i++) {
		if (i)
			str_add(out, i + 1 < near->nr ? ", " : " or ");
		str_printf(out, "'%s%s'", prefix, near->name[i]);
	}
	str_add_char(out, '?');
}
