// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/draw/flame.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "util/base/macros.h"
#include "util/base/str.h"
#include "util/draw/flametree.h"

void flame_release(struct flame *flame)
{
	names_release(&flame->names);
	keyset_release(&flame->nodes);
	free(flame->weight);
	*flame = FLAME_INIT;
}

struct err *flame_add(struct flame *flame, const char *const *frame, size_t frames_nr,
		      uint64_t weight)
{
	size_t node = 0;

	for (size_t i = 0; i < MIN(frames_nr, (size_t)FLAME_DEPTH_MAX); i++) {
		uint64_t key[2] = { node, 0 };
		uint32_t name;
		struct err *e;
		size_t index;

		e = names_add(&flame->names, frame[i], strlen(frame[i]), &name);
		if (e)
			return e;
		key[1] = name;
		e = keyset_add(&flame->nodes, key, &index);
		if (e)
			return e;
		if (index >= flame->weights_capacity) {
			uint64_t *grown =
				reallocarray(flame->weight, flame->nodes.capacity, sizeof(*grown));

			if (!grown)
				return err_nomem();
			memset(grown + flame->weights_capacity, 0,
			       (flame->nodes.capacity - flame->weights_capacity) * sizeof(*grown));
			flame->weight = grown;
			flame->weights_capacity = flame->nodes.capacity;
		}
		node = index + 1;
	}
	if (node)
		flame->weight[node - 1] += weight;
	return NULL;
}

/* ---- Folded ---------------------------------------------------------------------------------- */

static int compare_lines(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void add_name(struct str *line, const char *name)
{
	for (; *name; name++)
		str_add_char(line, *name == ';' ? ':' : (unsigned char)*name < ' ' ? ' ' : *name);
}

struct err *flame_folded(const struct flame *flame, FILE *out)
{
	autofree char **line = calloc(flame->nodes.nr + 1, sizeof(char *));
	struct err *e = NULL;
	size_t nr = 0;

	if (!line)
		return err_nomem();
	for (size_t leaf = 1; leaf <= flame->nodes.nr && !e; leaf++) {
		guard(str) struct str text = STR_INIT;
		size_t path[FLAME_DEPTH_MAX], depth = 0;

		if (!flame->weight[leaf - 1])
			continue;
		for (size_t node = leaf; node; node = flame_parent_of(flame, node))
			path[depth++] = node;
		while (depth) {
			add_name(&text, flame_name_of(flame, path[--depth]));
			str_add_char(&text, depth ? ';' : ' ');
		}
		str_printf(&text, "%" PRIu64, flame->weight[leaf - 1]);
		e = str_check(&text);
		if (!e) {
			line[nr] = str_take(&text);
			if (!line[nr])
				e = err_nomem();
			else
				nr++;
		}
	}
	qsort(line, nr, sizeof(char *), compare_lines);
	for (size_t i = 0; i < nr; i++) {
		if (!e)
			fprintf(out, "%s\n", line[i]);
		free(line[i]);
	}
	return e;
}

/* ---- Indented -------------------------------------------------------------------------------- */

struct by_weight {
	size_t node;
	const struct flame_tree *tree;
};

static int compare_weights(const void *a, const void *b)
{
	const struct by_weight *x = a, *y = b;
	uint64_t wx = x->tree->total[x->node], wy = y->tree->total[y->node];

	if (wx != wy)
		return wx > wy ? -1 : 1;
	return flame_compare_names(
		&(struct flame_by_name){ .node = x->node, .flame = x->tree->flame },
		&(struct flame_by_name){ .node = y->node, .flame = y->tree->flame });
}

/* Link the children of each node again, heaviest first. */
static struct err *sort_by_weight(struct flame_tree *tree)
{
	autofree struct by_weight *order = calloc(tree->nr, sizeof(*order));

	if (!order)
		return err_nomem();
	for (size_t node = 1; node < tree->nr; node++)
		order[node - 1] = (struct by_weight){ .node = node, .tree = tree };
	qsort(order, tree->nr - 1, sizeof(*order), compare_weights);
	memset(tree->child, 0, tree->nr * sizeof(*tree->child));
	memset(tree->sibling, 0, tree->nr * sizeof(*tree->sibling));
	for (size_t i = tree->nr - 1; i--;) {
		size_t node = order[i].node, parent = flame_parent_of(tree->flame, node);

		tree->sibling[node] = tree->child[parent];
		tree->child[parent] = node;
	}
	return NULL;
}

struct err *flame_tree(const struct flame *flame, double percent_limit, FILE *out)
{
	guard(flame_tree) struct flame_tree tree = { .nr = 0 };
	guard(str) struct str name = STR_INIT;
	size_t node = 0, depth = 0;
	struct err *e;

	e = flame_tree_init(&tree, flame);
	if (!e)
		e = sort_by_weight(&tree);
	if (e)
		return e;
	for (;;) {
		size_t next = tree.child[node];

		if (next &&
		    100.0 * (double)tree.total[next] / (double)tree.total[0] >= percent_limit) {
			depth++;
		} else {
			/* The heaviest come first: behind a light one are only light ones. */
			next = node ? tree.sibling[node] : 0;
			while (node &&
			       (!next || 100.0 * (double)tree.total[next] / (double)tree.total[0] <
						 percent_limit)) {
				node = flame_parent_of(flame, node);
				next = node ? tree.sibling[node] : 0;
				depth--;
			}
			if (!node)
				return str_check(&name);
		}
		node = next;
		str_clear(&name);
		for (const char *c = flame_name_of(flame, node); *c; c++)
			str_add_char(&name, (unsigned char)*c < ' ' || *c == 0x7f ? '?' : *c);
		fprintf(out, "%6.2f%% %14" PRIu64 " %*s%s\n",
			100.0 * (double)tree.total[node] / (double)tree.total[0], tree.total[node],
			(int)(2 * depth), "", name.s);
	}
}
