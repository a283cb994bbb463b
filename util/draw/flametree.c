// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/draw/flametree.h"

#include <stdlib.h>
#include <string.h>

size_t flame_parent_of(const struct flame *flame, size_t node)
{
	return (size_t)keyset_key(&flame->nodes, node - 1)[0];
}

const char *flame_name_of(const struct flame *flame, size_t node)
{
	return names_text(&flame->names, (uint32_t)keyset_key(&flame->nodes, node - 1)[1]);
}

void flame_tree_release(struct flame_tree *tree)
{
	free(tree->total);
	free(tree->child);
	free(tree->sibling);
}

int flame_compare_names(const void *a, const void *b)
{
	const struct flame_by_name *x = a, *y = b;

	return strcmp(flame_name_of(x->flame, x->node), flame_name_of(y->flame, y->node));
}

struct err *flame_tree_init(struct flame_tree *tree, const struct flame *flame)
{
	size_t nr = flame->nodes.nr + 1;
	autofree struct flame_by_name *order = calloc(nr, sizeof(*order));

	*tree = (struct flame_tree){
		.flame = flame,
		.nr = nr,
		.total = calloc(nr, sizeof(*tree->total)),
		.child = calloc(nr, sizeof(*tree->child)),
		.sibling = calloc(nr, sizeof(*tree->sibling)),
	};
	if (!order || !tree->total || !tree->child || !tree->sibling)
		return err_nomem();

	/* A parent is always numbered before its children. */
	for (size_t node = nr - 1; node; node--) {
		tree->total[node] += flame->weight[node - 1];
		tree->total[flame_parent_of(flame, node)] += tree->total[node];
		order[node - 1] = (struct flame_by_name){ .node = node, .flame = flame };
	}
	qsort(order, nr - 1, sizeof(*order), flame_compare_names);
	for (size_t i = nr - 1; i--;) {
		size_t node = order[i].node, parent = flame_parent_of(flame, node);

		tree->sibling[node] = tree->child[parent];
		tree->child[parent] = node;
	}
	return NULL;
}

struct err *flame_tree_walk(const struct flame_tree *tree, double least, flame_each_fn *each,
			    void *ctx)
{
	autofree uint64_t *used = calloc(tree->nr, sizeof(*used));
	size_t node = 0, depth = 0;

	if (!used)
		return err_nomem();
	each(ctx, tree, 0, 0, 0);
	/* Down to the first child, right to the next sibling, else up. */
	for (;;) {
		size_t next = tree->child[node], parent;
		uint64_t start;

		if (next && depth < FLAME_DEPTH_MAX) {
			depth++;
		} else {
			while (node && !tree->sibling[node]) {
				node = flame_parent_of(tree->flame, node);
				depth--;
			}
			if (!node)
				return NULL;
			next = tree->sibling[node];
		}
		node = next;
		parent = flame_parent_of(tree->flame, node);
		start = used[parent];
		used[parent] = start + tree->total[node];
		used[node] = start;
		if ((double)tree->total[node] >= least)
			each(ctx, tree, node, start, depth);
	}
}
