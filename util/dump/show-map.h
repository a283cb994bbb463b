/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The map of memory for people and programs. */
#ifndef VMTOOL_DUMP_SHOW_MAP_H
#define VMTOOL_DUMP_SHOW_MAP_H

#include <stdio.h>

#include "util/dump/map.h"

/* So many cells a line, and lines, fit on a terminal; with holes in it a map is longer. */
enum { MAP_TEXT_LINE_CELLS = 64 };
extern const struct map_extent map_extent_text;

/* For pictures and programs. */
extern const struct map_extent map_extent_fine;

/* Letters, or with @blocks what a terminal can do: block characters (UTF-8) in colours. */
must_check struct err *map_show_text(FILE *out, const struct map *map, bool blocks);

void map_show_json(FILE *out, const struct map *map, const struct notes *notes);

/* One line a cell; free blocks are not in it. */
void map_show_csv(FILE *out, const struct map *map);

must_check struct err *map_show_svg(FILE *out, const struct map *map);

#endif
