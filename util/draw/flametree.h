/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The stacks of a flame graph as a tree that is walked from the root down: what its forms share
 * (flame.c the texts, flamesvg.c the picture). Nobody else includes this.
 */
#ifndef VMTOOL_DRAW_FLAMETREE_H
#define VMTOOL_DRAW_FLAMETREE_H

#include "util/base/cleanup.h"
#include "util/base/err.h"
#include "util/draw/flame.h"

enum { FLAME_DEPTH_MAX = 2048 };

/* Children of each node, by name: first child and next sibling, index 0 the root. */
struct flame_tree {
	const struct flame *flame;
	size_t nr;	 /* with the root */
	uint64_t *total; /* of a node and all below it */
	size_t *child;
	size_t *sibling;
};

must_check struct err *flame_tree_init(struct flame_tree *tree, const struct flame *flame);
void flame_tree_release(struct flame_tree *tree);
DEFINE_GUARD_INPLACE(flame_tree, struct flame_tree, flame_tree_release)

/* Of a node that is not the root. */
size_t flame_parent_of(const struct flame *flame, size_t node);
const char *flame_name_of(const struct flame *flame, size_t node);

/* For qsort(). */
struct flame_by_name {
	size_t node;
	const struct flame *flame;
};

int flame_compare_names(const void *a, const void *b);

/*
 * Calls @each for the root and for all nodes of @least and more, a parent before its children.
 * @start: weight to the left of it.
 */
typedef void flame_each_fn(void *ctx, const struct flame_tree *tree, size_t node, uint64_t start,
			   size_t depth);
must_check struct err *flame_tree_walk(const struct flame_tree *tree, double least,
				       flame_each_fn *each, void *ctx);

#endif
