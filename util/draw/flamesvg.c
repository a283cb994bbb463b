// SPDX-License-Identifier: GPL-2.0-or-later
#include <inttypes.h>
#include <string.h>

#include "util/base/macros.h"
#include "util/draw/flametree.h"
#include "util/draw/svg.h"

enum {
	FRAME_HEIGHT = 17,
	PICTURE_WIDTH = 1200,
	MARGIN = 10,
	TOP = 58,
};

static const double narrowest = 0.1; /* pixels */

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

struct svg {
	FILE *out;
	double scale; /* pixels for each unit of weight */
	size_t height;
	size_t deepest;
	const char *unit;
};

static void note_depth(void *ctx, const struct flame_tree *tree, size_t node, uint64_t start,
		       size_t depth)
{
	struct svg *svg = ctx;

	(void)tree;
	(void)node;
	(void)start;
	svg->deepest = MAX(svg->deepest, depth);
}

static const char *frame_name(const struct flame_tree *tree, size_t node)
{
	return node ? flame_name_of(tree->flame, node) : "all";
}

static void draw_frame(void *ctx, const struct flame_tree *tree, size_t node, uint64_t start,
		       size_t depth)
{
	const struct svg *svg = ctx;
	const char *name = frame_name(tree, node);
	double x = MARGIN + (double)start * svg->scale;
	double width = (double)tree->total[node] * svg->scale;
	double y = (double)svg->height - (double)(depth + 1) * FRAME_HEIGHT - MARGIN;
	FILE *out = svg->out;
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
	svg_text(out, svg->unit);
	fprintf(out,
		", %.2f%%</title><rect x=\"%.2f\" y=\"%.0f\" width=\"%.2f\" height=\"%d\" "
		"fill=\"%s\"/>",
		100.0 * (double)tree->total[node] / (double)tree->total[0], x, y, width,
		FRAME_HEIGHT - 1, colour);
	fprintf(out, "<text x=\"%.2f\" y=\"%.0f\"></text></g>\n", x + 3, y + 12);
}

struct err *flame_svg(const struct flame *flame, const char *title, const char *unit, FILE *out)
{
	guard(flame_tree) struct flame_tree tree = { .nr = 0 };
	struct svg svg = { .out = out, .unit = unit };
	double least;
	struct err *e;

	e = flame_tree_init(&tree, flame);
	if (e)
		return e;
	if (!tree.total[0])
		return err_new(ERR_NODATA, "there is nothing to draw");
	svg.scale = (double)(PICTURE_WIDTH - 2 * MARGIN) / (double)tree.total[0];
	least = narrowest / svg.scale;
	e = flame_tree_walk(&tree, least, note_depth, &svg);
	if (e)
		return e;
	svg.height = TOP + (svg.deepest + 1) * FRAME_HEIGHT + 2 * MARGIN;

	fprintf(out,
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		"<svg xmlns=\"http://www.w3.org/2000/svg\" version=\"1.1\" width=\"%d\" "
		"height=\"%zu\" viewBox=\"0 0 %d %zu\" data-total=\"%" PRIu64 "\">\n",
		PICTURE_WIDTH, svg.height, PICTURE_WIDTH, svg.height, tree.total[0]);
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

	e = flame_tree_walk(&tree, least, draw_frame, &svg);
	if (e)
		return e;
	fprintf(out, "<script><![CDATA[\n%s]]></script>\n</svg>\n", script);
	return NULL;
}

/* ---- For a page that draws it itself --------------------------------------------------------- */

static void json_frame(void *ctx, const struct flame_tree *tree, size_t node, uint64_t start,
		       size_t depth)
{
	uint64_t name = node ? keyset_key(&tree->flame->nodes, node - 1)[1] : 0;

	fprintf(ctx, "%s%" PRIu64 ",%zu,%" PRIu64 ",%" PRIu64, node ? "," : "", name, depth, start,
		tree->total[node]);
}

struct err *flame_json(const struct flame *flame, const char *unit, FILE *out)
{
	guard(flame_tree) struct flame_tree tree = { .nr = 0 };
	struct err *e;

	e = flame_tree_init(&tree, flame);
	if (e)
		return e;
	fprintf(out, "{\"total\":%" PRIu64 ",\"unit\":", tree.total[0]);
	svg_script_string(out, unit);
	fputs(",\"names\":[\"all\"", out);
	for (uint32_t i = 1; i < flame->names.nr; i++) {
		fputc(',', out);
		svg_script_string(out, names_text(&flame->names, i));
	}
	fputs("],\"frames\":[", out);
	e = flame_tree_walk(&tree, narrowest / PICTURE_WIDTH * (double)tree.total[0], json_frame,
			    out);
	fputs("]}", out);
	return e;
}
