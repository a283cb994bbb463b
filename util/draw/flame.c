// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/draw/flame.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "util/base/macros.h"
#include "util/base/str.h"
#include "util/draw/svg.h"

enum {
	DEPTH_MAX = 2048,
	FRAME_HEIGHT = 17,
	PICTURE_WIDTH = 1200,
	MARGIN = 10,
	TOP = 58,
	GLYPH_WIDTH = 7,
};

static const double narrowest = 0.1; /* pixels */

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

	for (size_t i = 0; i < MIN(frames_nr, (size_t)DEPTH_MAX); i++) {
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

static size_t parent_of(const struct flame *flame, size_t node)
{
	return (size_t)keyset_key(&flame->nodes, node - 1)[0];
}

static const char *name_of(const struct flame *flame, size_t node)
{
	return names_text(&flame->names, (uint32_t)keyset_key(&flame->nodes, node - 1)[1]);
}

/* Children of each node, by name: first child and next sibling, index 0 the root. */
struct tree {
	const struct flame *flame;
	size_t nr; /* with the root */
	uint64_t *total;
	size_t *child;
	size_t *sibling;
};

static void tree_release(struct tree *tree)
{
	free(tree->total);
	free(tree->child);
	free(tree->sibling);
}

DEFINE_GUARD_INPLACE(tree, struct tree, tree_release)

struct by_name {
	size_t node;
	const struct flame *flame;
};

static int compare_names(const void *a, const void *b)
{
	const struct by_name *x = a, *y = b;

	return strcmp(name_of(x->flame, x->node), name_of(y->flame, y->node));
}

static struct err *tree_init(struct tree *tree, const struct flame *flame)
{
	size_t nr = flame->nodes.nr + 1;
	autofree struct by_name *order = calloc(nr, sizeof(*order));

	*tree = (struct tree){
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
		tree->total[parent_of(flame, node)] += tree->total[node];
		order[node - 1] = (struct by_name){ .node = node, .flame = flame };
	}
	qsort(order, nr - 1, sizeof(*order), compare_names);
	for (size_t i = nr - 1; i--;) {
		size_t node = order[i].node, parent = parent_of(flame, node);

		tree->sibling[node] = tree->child[parent];
		tree->child[parent] = node;
	}
	return NULL;
}

/* ---- Folded ------------------------------------------------------------------------------------ */

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
		size_t path[DEPTH_MAX], depth = 0;

		if (!flame->weight[leaf - 1])
			continue;
		for (size_t node = leaf; node; node = parent_of(flame, node))
			path[depth++] = node;
		while (depth) {
			add_name(&text, name_of(flame, path[--depth]));
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

/* ---- Indented ---------------------------------------------------------------------------------- */

struct by_weight {
	size_t node;
	const struct tree *tree;
};

static int compare_weights(const void *a, const void *b)
{
	const struct by_weight *x = a, *y = b;
	uint64_t wx = x->tree->total[x->node], wy = y->tree->total[y->node];

	if (wx != wy)
		return wx > wy ? -1 : 1;
	return compare_names(&(struct by_name){ .node = x->node, .flame = x->tree->flame },
			     &(struct by_name){ .node = y->node, .flame = y->tree->flame });
}

/* Link the children of each node again, heaviest first. */
static struct err *sort_by_weight(struct tree *tree)
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
		size_t node = order[i].node, parent = parent_of(tree->flame, node);

		tree->sibling[node] = tree->child[parent];
		tree->child[parent] = node;
	}
	return NULL;
}

struct err *flame_tree(const struct flame *flame, double percent_limit, FILE *out)
{
	guard(tree) struct tree tree = { .nr = 0 };
	guard(str) struct str name = STR_INIT;
	size_t node = 0, depth = 0;
	struct err *e;

	e = tree_init(&tree, flame);
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
				node = parent_of(flame, node);
				next = node ? tree.sibling[node] : 0;
				depth--;
			}
			if (!node)
				return str_check(&name);
		}
		node = next;
		str_clear(&name);
		for (const char *c = name_of(flame, node); *c; c++)
			str_add_char(&name, (unsigned char)*c < ' ' || *c == 0x7f ? '?' : *c);
		fprintf(out, "%6.2f%% %14" PRIu64 " %*s%s\n",
			100.0 * (double)tree.total[node] / (double)tree.total[0], tree.total[node],
			(int)(2 * depth), "", name.s);
	}
}

/* ---- The picture ------------------------------------------------------------------------------- */

/* Warm colours by name, so that a function has the same in every picture. */
static void frame_colour(const char *name, char buf[8])
{
	uint64_t hash = hash_bytes(name, strlen(name));

	snprintf(buf, 8, "#%02x%02x%02x", 205 + (unsigned int)(hash % 50),
		 80 + (unsigned int)(hash / 64 % 140), (unsigned int)(hash / 65536 % 60));
}

/*
 * Zoom: a click on a frame makes it as wide as the picture, one on the background undoes that.
 * Search: the frames whose names match are marked, and #matched says their share. Both can be asked
 * for in the address: picture.svg#search=ext4&zoom=vfs_write
 */
static const char script[] =
	"'use strict';\n"
	"const svg = document.documentElement, total = +svg.dataset.total;\n"
	"const frames = Array.from(svg.querySelectorAll('g.f'), g => ({ g,\n"
	"  rect: g.children[1], text: g.children[2], name: g.dataset.n,\n"
	"  x: +g.dataset.x, w: +g.dataset.w, d: +g.dataset.d }));\n"
	"const width = 1180, margin = 10, glyph = 7;\n"
	"let from = 0, span = total;\n"
	"function place() {\n"
	"  for (const f of frames) {\n"
	"    const left = Math.max(f.x, from), right = Math.min(f.x + f.w, from + span);\n"
	"    const w = (right - left) / span * width;\n"
	"    f.g.style.display = w > 0.1 ? '' : 'none';\n"
	"    if (w <= 0.1) continue;\n"
	"    const x = margin + (left - from) / span * width;\n"
	"    f.rect.setAttribute('x', x); f.rect.setAttribute('width', w);\n"
	"    f.text.setAttribute('x', x + 3);\n"
	"    const room = Math.floor((w - 6) / glyph);\n"
	"    f.text.textContent = room < 3 ? '' : f.name.length <= room ? f.name :\n"
	"      f.name.slice(0, room - 2) + '..';\n"
	"  }\n"
	"}\n"
	"function zoomTo(f) {\n"
	"  from = f ? f.x : 0; span = f ? f.w : total;\n"
	"  document.getElementById('zoomed').textContent = f ? 'in ' + f.name : '';\n"
	"  place();\n"
	"}\n"
	"function zoom(name) { zoomTo(frames.find(f => f.name === name)); }\n"
	"function search(text) {\n"
	"  let matched = 0, covered = [];\n"
	"  for (const f of frames) {\n"
	"    const hit = text !== '' && f.name.includes(text);\n"
	"    f.rect.classList.toggle('hit', hit);\n"
	"    if (hit) covered.push([f.x, f.x + f.w]);\n"
	"  }\n"
	"  covered.sort((a, b) => a[0] - b[0]);\n"
	"  let end = 0;\n"
	"  for (const [a, b] of covered)\n"
	"    if (b > end) { matched += b - Math.max(a, end); end = b; }\n"
	"  document.getElementById('matched').textContent = text === '' ? '' :\n"
	"    text + ': ' + (100 * matched / total).toFixed(1) + '%';\n"
	"  return matched;\n"
	"}\n"
	"svg.addEventListener('click', e => {\n"
	"  const g = e.target.closest('g.f');\n"
	"  if (e.target.closest('#search')) search(prompt('Search for', '') || '');\n"
	"  else zoomTo(g && frames.find(f => f.g === g));\n"
	"});\n"
	"function follow() {\n"
	"  const wish = new URLSearchParams(location.hash.slice(1));\n"
	"  if (wish.has('zoom')) zoom(wish.get('zoom'));\n"
	"  if (wish.has('search')) search(wish.get('search'));\n"
	"}\n"
	"addEventListener('hashchange', follow);\n"
	"place(); follow();\n";

static size_t tree_depth(const struct tree *tree, double scale)
{
	size_t deepest = 0;

	for (size_t node = 1; node < tree->nr; node++) {
		size_t depth = 0;

		if ((double)tree->total[node] * scale < narrowest)
			continue;
		for (size_t at = node; at; at = parent_of(tree->flame, at))
			depth++;
		deepest = MAX(deepest, depth);
	}
	return deepest;
}

static void draw_frame(const struct tree *tree, size_t node, uint64_t start, size_t depth,
		       double scale, size_t height, const char *unit, FILE *out)
{
	const char *name = node ? name_of(tree->flame, node) : "all";
	double x = MARGIN + (double)start * scale, width = (double)tree->total[node] * scale;
	double y = (double)height - (double)(depth + 1) * FRAME_HEIGHT - MARGIN;
	char colour[8];

	frame_colour(name, colour);
	fprintf(out,
		"<g class=\"f\" data-x=\"%" PRIu64 "\" data-w=\"%" PRIu64
		"\" data-d=\"%zu\" data-n=\"",
		start, tree->total[node], depth);
	svg_text(out, name);
	fputs("\"><title>", out);
	svg_text(out, name);
	fprintf(out, ": %" PRIu64 " ", tree->total[node]);
	svg_text(out, unit);
	fprintf(out,
		", %.2f%%</title><rect x=\"%.2f\" y=\"%.0f\" width=\"%.2f\" height=\"%d\" "
		"fill=\"%s\"/>",
		100.0 * (double)tree->total[node] / (double)tree->total[0], x, y, width,
		FRAME_HEIGHT - 1, colour);
	fprintf(out, "<text x=\"%.2f\" y=\"%.0f\"></text></g>\n", x + 3, y + 12);
}

struct err *flame_svg(const struct flame *flame, const char *title, const char *unit, FILE *out)
{
	guard(tree) struct tree tree = { .nr = 0 };
	size_t node = 0, depth = 0, height;
	autofree uint64_t *used = NULL;
	uint64_t start = 0;
	struct err *e;
	double scale;

	e = tree_init(&tree, flame);
	if (e)
		return e;
	if (!tree.total[0])
		return err_new(ERR_NODATA, "there is nothing to draw");
	used = calloc(tree.nr, sizeof(*used));
	if (!used)
		return err_nomem();
	scale = (double)(PICTURE_WIDTH - 2 * MARGIN) / (double)tree.total[0];
	height = TOP + (tree_depth(&tree, scale) + 1) * FRAME_HEIGHT + 2 * MARGIN;

	fprintf(out,
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		"<svg xmlns=\"http://www.w3.org/2000/svg\" version=\"1.1\" width=\"%d\" "
		"height=\"%zu\" viewBox=\"0 0 %d %zu\" data-total=\"%" PRIu64 "\">\n",
		PICTURE_WIDTH, height, PICTURE_WIDTH, height, tree.total[0]);
	fprintf(out,
		"<style>text { font: 12px monospace; fill: #000; pointer-events: none }\n"
		"#title { font-size: 17px } #search { pointer-events: auto; cursor: pointer }\n"
		"g.f { cursor: pointer } g.f:hover rect { stroke: #000 }\n"
		"rect.hit { fill: #c050e0 }</style>\n");
	fprintf(out, "<rect width=\"100%%\" height=\"100%%\" fill=\"#fdfdf5\"/>\n");
	fprintf(out, "<text id=\"title\" x=\"%d\" y=\"24\" text-anchor=\"middle\">",
		PICTURE_WIDTH / 2);
	svg_text(out, title);
	fprintf(out, "</text>\n<text id=\"search\" x=\"%d\" y=\"24\">Search</text>\n", MARGIN);
	fprintf(out, "<text id=\"zoomed\" x=\"%d\" y=\"44\"></text>\n", MARGIN);
	fprintf(out, "<text id=\"matched\" x=\"%d\" y=\"44\" text-anchor=\"end\"></text>\n",
		PICTURE_WIDTH - MARGIN);

	/* Down to the first child, right to the next sibling, else up. */
	draw_frame(&tree, 0, 0, 0, scale, height, unit, out);
	for (;;) {
		size_t next = tree.child[node];

		if (next && depth < DEPTH_MAX) {
			depth++;
		} else {
			while (node && !tree.sibling[node]) {
				node = parent_of(flame, node);
				depth--;
			}
			if (!node)
				break;
			next = tree.sibling[node];
		}
		node = next;
		start = used[parent_of(flame, node)];
		used[parent_of(flame, node)] = start + tree.total[node];
		used[node] = start;
		if ((double)tree.total[node] * scale >= narrowest)
			draw_frame(&tree, node, start, depth, scale, height, unit, out);
	}
	fprintf(out, "<script><![CDATA[\n%s]]></script>\n</svg>\n", script);
	return NULL;
}
