// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/draw/memorymap.h"

#include <inttypes.h>

#include "util/base/macros.h"
#include "util/draw/svg.h"

enum {
	LEFT = 150,
	TOP = 84,
	CELL_WIDTH = 8,
	CELL_HEIGHT = 11,
	LINE_HEIGHT = CELL_HEIGHT + 1,
	GAP_HEIGHT = 14, /* where addresses without memory are passed over */
	MAP_WIDTH = MEMORYMAP_LINE_CELLS * CELL_WIDTH,
	SIDE = LEFT + MAP_WIDTH + 30,
	SIDE_WIDTH = 470,
	LEGEND_HEIGHT = 22,
	BLOCK_WIDTH = 58,
	BLOCK_HEIGHT = 20,
	MARGIN = 30,
};

static uint64_t line_of(const struct memorymap_cell *cell)
{
	return cell->place / MEMORYMAP_LINE_CELLS;
}

/* Calls for each cell with the upper edge of its line; returns where the map ends. */
typedef void cell_fn(void *ctx, const struct memorymap_cell *cell, int y);

static int each_cell(const struct memorymap *map, cell_fn *fn, void *ctx)
{
	int y = TOP;

	for (size_t i = 0; i < map->cells_nr; i++) {
		const struct memorymap_cell *cell = &map->cell[i];

		if (i) {
			uint64_t lines = line_of(cell) - line_of(cell - 1);

			y += lines > 1 ? LINE_HEIGHT + GAP_HEIGHT : lines ? LINE_HEIGHT : 0;
		}
		if (fn)
			fn(ctx, cell, y);
	}
	return y + LINE_HEIGHT;
}

/* What the kinds of a cell that come before in the stack take, in pages. */
static uint32_t pages_below(const struct memorymap_cell *cell, size_t kind, bool gone)
{
	uint32_t pages = gone ? cell->there[kind] : 0;

	for (size_t i = 0; i < kind; i++)
		pages += cell->there[i] + cell->gone[i];
	return pages;
}

struct layer {
	const struct memorymap *map;
	FILE *out;
	size_t kind;
	bool gone;
	bool begun;

	/* Columns alike that lie side by side are one. */
	int x, width, y;
	uint32_t below, pages;
};

static void end_column(struct layer *layer)
{
	double page_height = (double)CELL_HEIGHT / layer->map->cell_pages;

	if (!layer->width)
		return;
	fprintf(layer->out, "M%d %.2fh%dv%.2fh-%dz", layer->x,
		layer->y + CELL_HEIGHT - (layer->below + layer->pages) * page_height, layer->width,
		layer->pages * page_height, layer->width);
	layer->width = 0;
}

static void add_column(void *ctx, const struct memorymap_cell *cell, int y)
{
	struct layer *layer = ctx;
	uint32_t pages = layer->gone ? cell->gone[layer->kind] : cell->there[layer->kind];
	uint32_t below = pages_below(cell, layer->kind, layer->gone);
	int x = LEFT + (int)(cell->place % MEMORYMAP_LINE_CELLS) * CELL_WIDTH;

	if (!pages)
		return;
	if (layer->width && layer->y == y && layer->x + layer->width == x &&
	    layer->below == below && layer->pages == pages) {
		layer->width += CELL_WIDTH;
		return;
	}
	end_column(layer);
	if (!layer->begun)
		fprintf(layer->out, "<path fill=\"%s\"%s d=\"",
			layer->map->kind[layer->kind].colour, layer->gone ? " class=\"gone\"" : "");
	layer->begun = true;
	layer->x = x;
	layer->y = y;
	layer->width = CELL_WIDTH;
	layer->below = below;
	layer->pages = pages;
}

static void draw_layer(const struct memorymap *map, size_t kind, bool gone, FILE *out)
{
	struct layer layer = { .map = map, .out = out, .kind = kind, .gone = gone };

	each_cell(map, add_column, &layer);
	end_column(&layer);
	if (!layer.begun)
		return;
	fputs("\"><title>", out);
	svg_text(out, map->kind[kind].name);
	fputs(gone ? ", not in the dump</title></path>\n" : "</title></path>\n", out);
}

static void text_at(FILE *out, int x, int y, const char *attributes, const char *text)
{
	fprintf(out, "<text x=\"%d\" y=\"%d\"%s>", x, y, attributes);
	svg_text(out, text);
	fputs("</text>\n", out);
}

struct addresses {
	const struct memorymap *map;
	FILE *out;
	const struct memorymap_cell *before;
	unsigned int lines_nr; /* since the last one with its address */
};

/* The address of a line that follows a gap, and of each fourth one. */
static void draw_address(void *ctx, const struct memorymap_cell *cell, int y)
{
	struct addresses *addresses = ctx;
	const struct memorymap_cell *before = addresses->before;
	uint64_t lines = before ? line_of(cell) - line_of(before) : 1;
	char text[32];

	addresses->before = cell;
	if (!lines)
		return;
	fprintf(addresses->out,
		"<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"#fff\" "
		"stroke=\"#e4e4e4\"/>\n",
		LEFT, y, MAP_WIDTH, CELL_HEIGHT);
	if (lines > 1)
		text_at(addresses->out, LEFT + MAP_WIDTH / 2, y - 3,
			" text-anchor=\"middle\" class=\"small\"", "no memory");
	if (lines == 1 && before && ++addresses->lines_nr % 4)
		return;
	addresses->lines_nr = 0;
	snprintf(text, sizeof(text), "0x%" PRIx64,
		 line_of(cell) * MEMORYMAP_LINE_CELLS * addresses->map->cell_bytes);
	text_at(addresses->out, LEFT - 8, y + CELL_HEIGHT - 1,
		" text-anchor=\"end\" class=\"address\"", text);
}

static int draw_legend(const struct memorymap *map, FILE *out)
{
	int y = TOP;

	text_at(out, SIDE, y - 10, " class=\"head\"", "What memory is used for");
	for (size_t i = 0; i < map->kinds_nr; i++) {
		const struct memorymap_kind *kind = &map->kind[i];

		if (!kind->amount[0])
			continue;
		fprintf(out, "<rect x=\"%d\" y=\"%d\" width=\"14\" height=\"14\" fill=\"%s\"/>\n",
			SIDE, y, kind->colour);
		text_at(out, SIDE + 22, y + 12, "", kind->name);
		text_at(out, SIDE + 300, y + 12, " text-anchor=\"end\"", kind->amount);
		if (kind->gone[0])
			text_at(out, SIDE + 316, y + 12, " class=\"small\"", kind->gone);
		y += LEGEND_HEIGHT;
	}
	fprintf(out, "<rect x=\"%d\" y=\"%d\" width=\"14\" height=\"14\" fill=\"#666\"/>\n", SIDE,
		y + 6);
	fprintf(out,
		"<rect x=\"%d\" y=\"%d\" width=\"14\" height=\"14\" fill=\"#666\" "
		"class=\"gone\"/>\n",
		SIDE + 130, y + 6);
	text_at(out, SIDE + 22, y + 18, " class=\"small\"", "in the dump");
	text_at(out, SIDE + 152, y + 18, " class=\"small\"",
		"its kind is known, its contents are not there");
	return y + 2 * LEGEND_HEIGHT;
}

static void draw_block(const struct memorymap_blocks *blocks, size_t order, size_t type,
		       uint64_t most, int y, FILE *out)
{
	uint64_t count = blocks->count[order * blocks->types_nr + type];
	int x = SIDE + 130 + (int)type * BLOCK_WIDTH;
	char text[32];

	fprintf(out,
		"<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"#2f8f5b\" "
		"fill-opacity=\"%.3f\" stroke=\"#ddd\"/>\n",
		x, y, BLOCK_WIDTH - 2, BLOCK_HEIGHT - 2,
		most ? 0.8 * (double)(count << order) / (double)most : 0.0);
	if (!count)
		return;
	snprintf(text, sizeof(text), "%" PRIu64, count);
	text_at(out, x + BLOCK_WIDTH - 8, y + 14, " text-anchor=\"end\" class=\"count\"", text);
}

/* How many blocks; the more memory is in them, the darker. */
static void draw_blocks(const struct memorymap_blocks *blocks, int y, FILE *out)
{
	uint64_t most = 0;

	for (size_t i = 0; i < blocks->orders_nr * blocks->types_nr; i++)
		most = MAX(most, blocks->count[i] << i / blocks->types_nr);

	text_at(out, SIDE, y, " class=\"head\"", "Free blocks by order and migrate type");
	y += 20;
	for (size_t type = 0; type < blocks->types_nr; type++) {
		char text[32];

		snprintf(text, sizeof(text), "type %zu", type);
		text_at(out, SIDE + 130 + (int)type * BLOCK_WIDTH + BLOCK_WIDTH - 8, y,
			" text-anchor=\"end\" class=\"small\"", text);
	}
	y += 6;
	for (size_t order = 0; order < blocks->orders_nr; order++) {
		char text[64];

		snprintf(text, sizeof(text), "%zu", order);
		text_at(out, SIDE + 20, y + 14, " text-anchor=\"end\"", text);
		text_at(out, SIDE + 118, y + 14, " text-anchor=\"end\" class=\"small\"",
			blocks->size[order]);
		for (size_t type = 0; type < blocks->types_nr; type++)
			draw_block(blocks, order, type, most, y, out);
		y += BLOCK_HEIGHT;
	}
}

void memorymap_svg(const struct memorymap *map, FILE *out)
{
	struct addresses addresses = { .map = map, .out = out };
	int map_end = each_cell(map, NULL, NULL);
	/* Legend and table, whether the map is as long or not. */
	int side_end = TOP + ((int)map->kinds_nr + 3) * LEGEND_HEIGHT + 60 +
		       (int)map->blocks.orders_nr * BLOCK_HEIGHT;
	int width = SIDE + MAX(SIDE_WIDTH, 130 + (int)map->blocks.types_nr * BLOCK_WIDTH) + MARGIN;
	int height = MAX(map_end, side_end) + MARGIN;
	int y;

	fprintf(out,
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		"<svg xmlns=\"http://www.w3.org/2000/svg\" version=\"1.1\" width=\"%d\" "
		"height=\"%d\" viewBox=\"0 0 %d %d\">\n"
		"<style>text { font: 13px sans-serif; fill: #222 } .small { font-size: 11px; fill: "
		"#666 } .head { font-weight: bold } .address { font: 11px monospace; fill: #555 } "
		".count { font-size: 11px } .gone { fill-opacity: 0.28 }</style>\n"
		"<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n",
		width, height, width, height);
	text_at(out, LEFT, 32, " style=\"font-size: 18px\"", map->title);
	text_at(out, LEFT, 54, " class=\"small\"", map->subtitle);
	each_cell(map, draw_address, &addresses);
	for (size_t i = 0; i < map->kinds_nr; i++) {
		draw_layer(map, i, false, out);
		draw_layer(map, i, true, out);
	}
	y = draw_legend(map, out);
	if (map->blocks.types_nr)
		draw_blocks(&map->blocks, y + 20, out);
	fputs("</svg>\n", out);
}
