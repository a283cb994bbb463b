// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/dump/show-map.h"

#include <inttypes.h>
#include <string.h>

#include "util/base/str.h"
#include "util/cli/human.h"
#include "util/cli/json.h"
#include "util/cli/utf8.h"

/* In the order they are stacked: what nobody leaves out is the ground. */
static const struct look {
	enum page_class class;
	const char *name;
	const char *colour;
	unsigned int terminal_colour; /* of 256 */
	char letter;
} looks[PAGE_CLASSES_NR] = {
	{ PAGE_KERNEL, "kernel", "#4e79a7", 67, 'K' },
	{ PAGE_SLAB, "slab", "#f28e2b", 208, 'S' },
	{ PAGE_TYPED, "page tables and alike", "#b07aa1", 133, 'T' },
	{ PAGE_UNKNOWN, "unknown", "#555555", 240, '?' },
	{ PAGE_USER, "user", "#d1495b", 167, 'U' },
	{ PAGE_CACHE_PRIVATE, "page cache, private", "#2a9d8f", 36, 'P' },
	{ PAGE_CACHE, "page cache", "#59a14f", 71, 'C' },
	{ PAGE_OFFLINE, "offline", "#a9a9a9", 248, 'O' },
	{ PAGE_FREE, "free", "#d8d2b0", 187, 'F' },
	{ PAGE_XEN, "Xen", "#4e79a7", 67, 'X' },
	{ PAGE_DOM0, "domain 0", "#f28e2b", 208, '0' },
	{ PAGE_DOMU, "other domains", "#d1495b", 167, 'D' },
};
_Static_assert((int)PAGE_CLASSES_NR <= (int)MEMORYMAP_KINDS_MAX, "a class is a kind");

const struct map_extent map_extent_text = {
	.cells_max = (size_t)32 * MAP_TEXT_LINE_CELLS,
	.line_cells = MAP_TEXT_LINE_CELLS,
	.lines_max = 64,
};

const struct map_extent map_extent_fine = {
	.cells_max = MEMORYMAP_CELLS_MAX,
	.line_cells = MEMORYMAP_LINE_CELLS,
	.lines_max = 128,
};

static uint64_t memory_pages(const struct map *map)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < PAGE_CLASSES_NR; i++)
		sum += map->there[i] + map->gone[i];
	return sum;
}

static uint64_t gone_pages(const struct map *map)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < PAGE_CLASSES_NR; i++)
		sum += map->gone[i];
	return sum;
}

static void add_title(struct str *out, const struct map *map)
{
	str_add(out, "kernel ");
	utf8_add_safe(out, map->release[0] ? map->release : "not known");
	str_printf(out, ", %s of memory", human_size(memory_pages(map) * map->page_size).text);
	if (gone_pages(map))
		str_printf(out, ", %s of it in the dump",
			   human_size((memory_pages(map) - gone_pages(map)) * map->page_size).text);
}

/* ---- text ------------------------------------------------------------------------------------ */

/* What most of a cell is, and whether most of that is there. */
static const struct look *look_of(const struct memorymap_cell *cell, bool *ret_gone)
{
	const struct look *most = &looks[0];
	uint32_t most_pages = 0;

	for (size_t i = 0; i < PAGE_CLASSES_NR; i++) {
		enum page_class class = looks[i].class;
		uint32_t pages = cell->there[class] + cell->gone[class];

		if (pages > most_pages) {
			most_pages = pages;
			most = &looks[i];
		}
	}
	*ret_gone = cell->gone[most->class] > cell->there[most->class];
	return most;
}

static void add_mark(struct str *out, const struct look *look, bool gone, bool blocks)
{
	if (blocks)
		str_printf(out, "\033[38;5;%um%s\033[m", look->terminal_colour,
			   gone ? "\u2591" : "\u2588");
	else
		str_add_char(out, gone && look->letter != '?' ? (char)(look->letter | 0x20)
							      : look->letter);
}

/* As wide as the last one, so that a line has room on a terminal of 80 columns. */
static int address_columns(const struct map *map)
{
	uint64_t last = map->cells_nr ? map->cell[map->cells_nr - 1].place : 0;

	return snprintf(NULL, 0, "0x%" PRIx64, last * map->cell_pages * map->page_size);
}

static void text_address(struct str *out, int columns, uint64_t address)
{
	char text[32];

	snprintf(text, sizeof(text), "0x%" PRIx64, address);
	str_printf(out, "%*s  ", columns, text);
}

static void text_lines(struct str *out, const struct map *map, bool blocks)
{
	int columns = address_columns(map);
	uint64_t line = 0;

	for (size_t i = 0; i < map->cells_nr; i++) {
		const struct memorymap_cell *cell = &map->cell[i];
		uint64_t here = cell->place / MAP_TEXT_LINE_CELLS;
		uint64_t from = i && here == line ? cell[-1].place + 1 : here * MAP_TEXT_LINE_CELLS;
		bool gone;
		const struct look *look = look_of(cell, &gone);

		if (i && here > line)
			str_add_char(out, '\n');
		if (i && here > line + 1)
			str_printf(out, "%*s\n", columns, "...");
		if (!i || here > line)
			text_address(out, columns,
				     here * MAP_TEXT_LINE_CELLS * map->cell_pages * map->page_size);
		line = here;
		for (; from < cell->place; from++)
			str_add_char(out, ' ');
		add_mark(out, look, gone, blocks);
	}
	str_add(out, "\n\n");
}

static void text_legend(struct str *out, const struct map *map, bool blocks)
{
	uint64_t memory = memory_pages(map);

	for (size_t i = 0; i < PAGE_CLASSES_NR; i++) {
		const struct look *look = &looks[i];
		uint64_t gone = map->gone[look->class];
		uint64_t pages = map->there[look->class] + gone;

		if (!pages)
			continue;
		str_add(out, "  ");
		add_mark(out, look, false, blocks);
		str_printf(out, " %-22s %10s %7s", look->name,
			   human_size(pages * map->page_size).text,
			   human_percent(pages, memory).text);
		if (gone) {
			str_add(out, "   ");
			add_mark(out, look, true, blocks);
			str_printf(out, " %s not in the dump",
				   human_size(gone * map->page_size).text);
		}
		str_add_char(out, '\n');
	}
}

static void text_type(struct str *out, const struct map *map, size_t type)
{
	const char *name = migratetype_name(&map->types, type);

	if (name)
		str_printf(out, " %11s", name);
	else
		str_printf(out, "     type %2zu", type);
}

static void text_blocks(struct str *out, const struct map *map)
{
	if (!map->types_nr)
		return;
	str_printf(out, "\nfree blocks\n  %-6s %10s", "order", "size");
	for (size_t type = 0; type < map->types_nr; type++)
		text_type(out, map, type);
	str_add_char(out, '\n');
	for (size_t order = 0; order < map->orders_nr; order++) {
		str_printf(out, "  %-6zu %10s", order, human_size(map->page_size << order).text);
		for (size_t type = 0; type < map->types_nr; type++)
			str_printf(out, " %11" PRIu64, map->blocks[order][type]);
		str_add_char(out, '\n');
	}
}

struct err *map_show_text(FILE *out, const struct map *map, bool blocks)
{
	guard(str) struct str text = STR_INIT;

	add_title(&text, map);
	str_printf(&text, "; a %s is %s\n\n", blocks ? "block" : "letter",
		   human_size(map->cell_pages * map->page_size).text);
	text_lines(&text, map, blocks);
	text_legend(&text, map, blocks);
	text_blocks(&text, map);
	fputs(text.s, out);
	return str_check(&text);
}

/* ---- JSON and CSV ---------------------------------------------------------------------------- */

static void json_classes(struct json *json, const char *key, const uint32_t *pages)
{
	json_object(json, key);
	for (size_t i = 0; i < PAGE_CLASSES_NR; i++)
		if (pages[i])
			json_u64(json, page_class_name((enum page_class)i), pages[i]);
	json_end(json);
}

static void json_totals(struct json *json, const struct map *map)
{
	json_array(json, "classes");
	for (size_t i = 0; i < PAGE_CLASSES_NR; i++) {
		json_object(json, NULL);
		json_string(json, "class", page_class_name((enum page_class)i));
		json_u64(json, "pages", map->there[i] + map->gone[i]);
		json_u64(json, "not_in_dump", map->gone[i]);
		json_end(json);
	}
	json_end(json);
}

static void json_blocks(struct json *json, const struct map *map)
{
	if (!map->blocks_known) {
		json_null(json, "free_blocks");
		return;
	}
	json_array(json, "free_blocks");
	for (size_t order = 0; order < map->orders_nr; order++)
		for (size_t type = 0; type < map->types_nr; type++) {
			json_object(json, NULL);
			json_u64(json, "order", order);
			json_u64(json, "migrate_type", type);
			json_string(json, "migrate_type_name", migratetype_name(&map->types, type));
			json_u64(json, "blocks", map->blocks[order][type]);
			json_end(json);
		}
	json_end(json);
}

void map_show_json(FILE *out, const struct map *map, const struct notes *notes)
{
	struct json json = json_init(out);

	json_object(&json, NULL);
	json_string(&json, "kernel", map->release[0] ? map->release : NULL);
	json_u64(&json, "page_size", map->page_size);
	json_u64(&json, "cell_pages", map->cell_pages);
	json_u64(&json, "memory_pages", memory_pages(map));
	json_totals(&json, map);
	json_array(&json, "cells");
	for (size_t i = 0; i < map->cells_nr; i++) {
		json_object(&json, NULL);
		json_u64(&json, "pfn", map->cell[i].place * map->cell_pages);
		json_classes(&json, "in_dump", map->cell[i].there);
		json_classes(&json, "not_in_dump", map->cell[i].gone);
		json_end(&json);
	}
	json_end(&json);
	json_blocks(&json, map);
	json_array(&json, "warnings");
	for (size_t i = 0; i < notes->nr; i++)
		json_string(&json, NULL, notes->line[i]);
	json_end(&json);
	json_end(&json);
}

void map_show_csv(FILE *out, const struct map *map)
{
	fputs("address,bytes", out);
	for (size_t i = 0; i < PAGE_CLASSES_NR; i++)
		fprintf(out, ",%s,%s_not_in_dump", page_class_name((enum page_class)i),
			page_class_name((enum page_class)i));
	fputc('\n', out);
	for (size_t n = 0; n < map->cells_nr; n++) {
		const struct memorymap_cell *cell = &map->cell[n];
		uint64_t bytes = map->cell_pages * map->page_size;

		fprintf(out, "0x%" PRIx64 ",%" PRIu64, cell->place * bytes, bytes);
		for (size_t i = 0; i < PAGE_CLASSES_NR; i++)
			fprintf(out, ",%" PRIu32 ",%" PRIu32, cell->there[i], cell->gone[i]);
		fputc('\n', out);
	}
}

/* ---- SVG ------------------------------------------------------------------------------------- */

struct picture {
	struct memorymap_kind kind[PAGE_CLASSES_NR];
	struct str amount[PAGE_CLASSES_NR];
	struct str gone[PAGE_CLASSES_NR];
	struct human size[MAP_ORDERS_MAX];
	const char *size_text[MAP_ORDERS_MAX];
	uint64_t count[MAP_ORDERS_MAX * MAP_TYPES_MAX];
	struct str title;
	struct str subtitle;
	struct memorymap_cell *cell;
};

static void picture_free(struct picture *picture)
{
	if (!picture)
		return;
	for (size_t i = 0; i < PAGE_CLASSES_NR; i++) {
		str_release(&picture->amount[i]);
		str_release(&picture->gone[i]);
	}
	str_release(&picture->title);
	str_release(&picture->subtitle);
	free(picture->cell);
	free(picture);
}
DEFINE_GUARD(picture, struct picture *, picture_free)

static void picture_kind(struct picture *picture, const struct map *map, size_t i)
{
	const struct look *look = &looks[i];
	uint64_t gone = map->gone[look->class];
	uint64_t pages = map->there[look->class] + gone;

	if (pages)
		str_printf(&picture->amount[i], "%s, %s", human_size(pages * map->page_size).text,
			   human_percent(pages, memory_pages(map)).text);
	if (gone)
		str_printf(&picture->gone[i], "%s not in the dump",
			   human_size(gone * map->page_size).text);
	picture->kind[i] = (struct memorymap_kind){ .name = look->name,
						    .colour = look->colour,
						    .amount = picture->amount[i].s,
						    .gone = picture->gone[i].s };
}

/* Classes as they are stacked. */
static struct err *picture_cells(struct picture *picture, const struct map *map)
{
	picture->cell = calloc(map->cells_nr + 1, sizeof(*picture->cell));
	if (!picture->cell)
		return err_nomem();
	for (size_t n = 0; n < map->cells_nr; n++) {
		picture->cell[n].place = map->cell[n].place;
		for (size_t i = 0; i < PAGE_CLASSES_NR; i++) {
			picture->cell[n].there[i] = map->cell[n].there[looks[i].class];
			picture->cell[n].gone[i] = map->cell[n].gone[looks[i].class];
		}
	}
	return NULL;
}

static void picture_blocks(struct picture *picture, const struct map *map)
{
	for (size_t order = 0; order < map->orders_nr; order++) {
		picture->size[order] = human_size(map->page_size << order);
		picture->size_text[order] = picture->size[order].text;
		for (size_t type = 0; type < map->types_nr; type++)
			picture->count[order * map->types_nr + type] = map->blocks[order][type];
	}
}

struct err *map_show_svg(FILE *out, const struct map *map)
{
	guard(picture) struct picture *picture = calloc(1, sizeof(*picture));
	uint64_t cell_bytes = map->cell_pages * map->page_size;
	struct err *e;

	if (!picture)
		return err_nomem();
	picture->title = picture->subtitle = STR_INIT;
	for (size_t i = 0; i < PAGE_CLASSES_NR; i++)
		picture->amount[i] = picture->gone[i] = STR_INIT;
	for (size_t i = 0; i < PAGE_CLASSES_NR; i++)
		picture_kind(picture, map, i);
	picture_blocks(picture, map);
	add_title(&picture->title, map);
	str_printf(&picture->subtitle, "a line is %s, a column %s",
		   human_size(cell_bytes * MEMORYMAP_LINE_CELLS).text, human_size(cell_bytes).text);
	e = picture_cells(picture, map);
	if (e)
		return e;
	memorymap_svg(
		&(struct memorymap){
			.title = picture->title.s,
			.subtitle = picture->subtitle.s,
			.cell_bytes = cell_bytes,
			.cell_pages = (uint32_t)map->cell_pages,
			.kind = picture->kind,
			.kinds_nr = PAGE_CLASSES_NR,
			.cell = picture->cell,
			.cells_nr = map->cells_nr,
			.blocks = { .orders_nr = map->orders_nr,
				    .types_nr = map->types_nr,
				    .count = picture->count,
				    .size = picture->size_text },
		},
		out);
	return NULL;
}
