// SPDX-License-Identifier: GPL-2.0-or-later
#include "builtin/report.h"

#include <stdlib.h>
#include <string.h>

#include "util/base/macros.h"
#include "util/cli/suggest.h"
#include "util/report/slab.h"

static const char *const key_words[] = {
	"page",	 "order", "migtype", "gfp", "callsite", "owner", "module",
	"bytes", "hit",	  "comm",    "pid", "cgroup",	"node",	 "zone",
};

static const char *const slab_key_words[] = { "ptr", "callsite", "cache", "bytes",
					      "hit", "pingpong", "frag" };

static struct err *unknown_key(const char *option, const char *word, const char *const *words,
			       size_t words_nr)
{
	struct suggest near = suggest_init(word);
	guard(str) struct str text = STR_INIT;

	for (size_t i = 0; i < words_nr; i++)
		suggest_offer(&near, words[i]);
	str_printf(&text, "unknown key '%s' of %s", word, option);
	suggest_phrase(&near, "", &text);
	return err_new(ERR_USAGE, "%s", text.s);
}

/* "order,hit" -> numbers of keys, each once. */
struct err *report_parse_keys(const char *option, const char *words, bool slab, int *key,
			      size_t max, size_t *ret_nr)
{
	autofree char *copy = strdup(words);
	char *rest = copy, *word;
	size_t nr = 0;

	if (!copy)
		return err_nomem();
	while ((word = strsep(&rest, ","))) {
		int found = slab ? slab_key_find(word) : page_key_find(word);
		bool twice = false;

		if (found < 0 && slab)
			return unknown_key(option, word, slab_key_words,
					   ARRAY_SIZE(slab_key_words));
		if (found < 0)
			return unknown_key(option, word, key_words, ARRAY_SIZE(key_words));
		for (size_t i = 0; i < nr; i++)
			twice |= key[i] == found;
		if (!twice && nr < max)
			key[nr++] = found;
	}
	*ret_nr = nr;
	return NULL;
}

struct err *report_sort_keys(const struct report_args *args, const char *by_default, bool slab,
			     int *key, size_t max, size_t *ret_nr)
{
	struct err *e = report_parse_keys("-s", args->sort ? args->sort : by_default, slab, key,
					  max, ret_nr);

	if (!e || err_code(e) != ERR_USAGE || !args->configured ||
	    args->sort != args->configured->sort)
		return e;
	err_free(e);
	return report_parse_keys("-s", by_default, slab, key, max, ret_nr);
}

static void add_key(struct page_config *config, enum page_key key)
{
	for (size_t i = 0; i < config->keys_nr; i++)
		if (config->key[i] == key)
			return;
	config->key[config->keys_nr++] = key;
}

struct err *report_choose_keys(const struct report_args *args, struct page_config *config,
			       struct page_view *view)
{
	static const enum page_key columns[] = { PAGE_KEY_ORDER, PAGE_KEY_MTYPE, PAGE_KEY_GFP,
						 PAGE_KEY_CALLSITE, PAGE_KEY_OWNER };
	int by[PAGE_SORT_MAX];
	size_t by_nr = 0;
	struct err *e;

	e = report_sort_keys(args, "bytes,hit", false, view->sort, PAGE_SORT_MAX, &view->sort_nr);
	if (!e && args->by)
		e = report_parse_keys("--by", args->by, false, by, PAGE_SORT_MAX, &by_nr);
	if (e)
		return e;
	if (args->by) {
		for (size_t i = 0; i < by_nr; i++) {
			if (by[i] >= PAGE_KEYS_NR)
				return err_new(ERR_USAGE, "--by: rows cannot be told apart by '%s'",
					       page_key_name((enum page_key)by[i]));
			add_key(config, (enum page_key)by[i]);
		}
	} else {
		if (args->table == TABLE_ALLOC)
			add_key(config, PAGE_KEY_PAGE);
		for (size_t i = 0; i < ARRAY_SIZE(columns); i++)
			add_key(config, columns[i]);
	}
	for (size_t i = 0; i < view->sort_nr; i++)
		if (view->sort[i] < PAGE_KEYS_NR)
			add_key(config, (enum page_key)view->sort[i]);
	return NULL;
}
