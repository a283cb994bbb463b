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

static const char *const slab_key_words[] = { "ptr",	"callsite", "cache", "comm",	 "pid",
					      "cgroup", "bytes",    "hit",   "pingpong", "frag" };

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

static bool is_configured_by(const struct report_args *args)
{
	return args->configured && args->by == args->configured->by;
}

/* Those of the configuration may be of pages. */
static struct err *slab_by_keys(const struct report_args *args, int *key, size_t *ret_nr)
{
	struct err *e = report_parse_keys("--by", args->by, true, key, SLAB_SORT_MAX, ret_nr);

	for (size_t i = 0; !e && i < *ret_nr; i++)
		if (key[i] >= SLAB_KEYS_NR)
			e = err_new(ERR_USAGE, "--by: objects cannot be told apart by '%s'",
				    slab_key_words[key[i]]);
	if (!e || err_code(e) != ERR_USAGE || !is_configured_by(args))
		return e;
	err_free(e);
	*ret_nr = 0;
	return NULL;
}

static void add_slab_key(struct slab_config *config, int key)
{
	for (size_t i = 0; i < config->keys_nr; i++)
		if ((int)config->key[i] == key)
			return;
	config->key[config->keys_nr++] = (enum slab_key)key;
}

struct err *report_choose_slab_keys(const struct report_args *args, struct slab_config *config,
				    struct slab_view *view)
{
	const char *by_default =
		config->live || args->html || args->by ? "bytes,hit" : "frag,hit,bytes";
	int by[SLAB_SORT_MAX];
	size_t by_nr = 0;
	struct err *e;

	e = report_sort_keys(args, by_default, true, view->sort, SLAB_SORT_MAX, &view->sort_nr);
	if (!e && args->by)
		e = slab_by_keys(args, by, &by_nr);
	if (e)
		return e;
	for (size_t i = 0; i < by_nr; i++)
		add_slab_key(config, by[i]);
	if (!by_nr) {
		add_slab_key(config, args->table == TABLE_ALLOC ? SLAB_KEY_PTR : SLAB_KEY_CALLSITE);
		add_slab_key(config, SLAB_KEY_CACHE);
	}
	for (size_t i = 0; i < view->sort_nr; i++)
		if (view->sort[i] < SLAB_KEYS_NR)
			add_slab_key(config, view->sort[i]);
	return NULL;
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
