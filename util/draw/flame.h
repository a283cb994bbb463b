/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Weighted call stacks, merged into a tree, and the two ways to show all of it: lines of folded
 * stacks, and a flame graph. The picture is one SVG file that needs nothing else: a script in it
 * zooms into a frame that is clicked and marks those a search finds.
 *
 * Knows no kernel and no recording. Output depends only on the stacks, not on their order.
 */
#ifndef VMTOOL_DRAW_FLAME_H
#define VMTOOL_DRAW_FLAME_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "util/base/cleanup.h"
#include "util/base/keyset.h"

struct flame {
	struct names names;
	struct keyset nodes; /* {parent's number, name}; numbers count from 1, 0 is the root */
	uint64_t *weight;    /* of a node itself, without what it calls */
	size_t weights_capacity;
};

#define FLAME_INIT ((struct flame){ .names = NAMES_INIT, .nodes = { .words = 2 } })

void flame_release(struct flame *flame);
DEFINE_GUARD_INPLACE(flame, struct flame, flame_release)

/* @frame: outermost first. */
must_check struct err *flame_add(struct flame *flame, const char *const *frame, size_t frames_nr,
				 uint64_t weight);

/* Lines "outermost;...;innermost weight", sorted; ';' and line ends in names become ':' and ' '. */
must_check struct err *flame_folded(const struct flame *flame, FILE *out);

/*
 * An indented tree, callers above callees, the heaviest first; branches below @percent_limit of all
 * are left out.
 */
must_check struct err *flame_tree(const struct flame *flame, double percent_limit, FILE *out);

/*
 * @title stands above; @unit says what weights are ("bytes"). Frames narrower than a tenth of a
 * pixel are left out; they still count in the frames below them.
 */
must_check struct err *flame_svg(const struct flame *flame, const char *title, const char *unit,
				 FILE *out);

/*
 * The frames as one JSON object, for a script that draws them: "total", "unit", "names", and in
 * "frames" four numbers of each: name, depth, start, weight. No character of it ends a script.
 */
must_check struct err *flame_json(const struct flame *flame, const char *unit, FILE *out);

#endif
