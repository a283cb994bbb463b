// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/draw/timeline.h"

#include <inttypes.h>
#include <stdbool.h>

#include "util/base/macros.h"
#include "util/draw/svg.h"

enum {
	WIDTH = 1200,
	LEFT = 80,
	RIGHT = 20,
	TOP = 50,
	LEVEL_HEIGHT = 260,
	GAP = 50,
	RATE_HEIGHT = 160
};

static double x_of(const struct timeline *t, size_t i)
{
	return LEFT + (double)(WIDTH - LEFT - RIGHT) * (double)i / (double)t->slices_nr;
}

static void draw_levels(const struct timeline *t, uint64_t most, FILE *out)
{
	int bottom = TOP + LEVEL_HEIGHT;

	fprintf(out, "<path id=\"level\" fill=\"#7aa6d8\" stroke=\"#2b5d94\" d=\"M%d %d", LEFT,
		bottom);
	for (size_t i = 0; i < t->slices_nr; i++) {
		double y = bottom - (double)t->slice[i].level / (double)most * LEVEL_HEIGHT;

		fprintf(out, " L%.1f %.1f L%.1f %.1f", x_of(t, i), y, x_of(t, i + 1), y);
	}
	fprintf(out, " L%d %d Z\"/>\n", WIDTH - RIGHT, bottom);
}

static void draw_rates(const struct timeline *t, bool up, uint64_t most, FILE *out)
{
	int bottom = TOP + LEVEL_HEIGHT + GAP + RATE_HEIGHT;

	fprintf(out, "<path id=\"%s\" fill=\"none\" stroke=\"%s\" d=\"", up ? "up" : "down",
		up ? "#c0392b" : "#27853f");
	for (size_t i = 0; i < t->slices_nr; i++) {
		uint64_t value = up ? t->slice[i].up : t->slice[i].down;
		double y = bottom - (double)value / (double)most * RATE_HEIGHT;

		fprintf(out, "%c%.1f %.1f ", i ? 'L' : 'M', x_of(t, i), y);
	}
	fputs("\"/>\n", out);
}

static void draw_frame(int y, int height, FILE *out)
{
	fprintf(out,
		"<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"none\" "
		"stroke=\"#888\"/>\n",
		LEFT, y, WIDTH - LEFT - RIGHT, height);
}

static void label(FILE *out, int x, int y, const char *anchor, const char *text)
{
	fprintf(out, "<text x=\"%d\" y=\"%d\" text-anchor=\"%s\">", x, y, anchor);
	svg_text(out, text);
	fputs("</text>\n", out);
}

void timeline_svg(const struct timeline *t, FILE *out)
{
	int rates = TOP + LEVEL_HEIGHT + GAP, height = rates + RATE_HEIGHT + 40;
	uint64_t level_most = 1, rate_most = 1;
	char text[64];

	for (size_t i = 0; i < t->slices_nr; i++) {
		level_most = MAX(level_most, t->slice[i].level);
		rate_most = MAX(rate_most, t->slice[i].up);
		rate_most = MAX(rate_most, t->slice[i].down);
	}
	fprintf(out,
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		"<svg xmlns=\"http://www.w3.org/2000/svg\" version=\"1.1\" width=\"%d\" "
		"height=\"%d\" viewBox=\"0 0 %d %d\">\n"
		"<style>text { font: 12px sans-serif }</style>\n"
		"<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n",
		WIDTH, height, WIDTH, height);
	label(out, WIDTH / 2, 24, "middle", t->title);
	label(out, LEFT, TOP - 8, "start", t->level_name);
	label(out, LEFT - 6, TOP + 12, "end", t->level_max);
	draw_levels(t, level_most, out);
	draw_frame(TOP, LEVEL_HEIGHT, out);

	snprintf(text, sizeof(text), "%s (red), %s (green), per %.3g s", t->up_name, t->down_name,
		 (double)t->span_ns / 1e9 / (double)t->slices_nr);
	label(out, LEFT, rates - 8, "start", text);
	snprintf(text, sizeof(text), "%" PRIu64, rate_most);
	label(out, LEFT - 6, rates + 12, "end", text);
	draw_rates(t, true, rate_most, out);
	draw_rates(t, false, rate_most, out);
	draw_frame(rates, RATE_HEIGHT, out);
	label(out, LEFT, height - 18, "start", "0 s");
	snprintf(text, sizeof(text), "%.3f s", (double)t->span_ns / 1e9);
	label(out, WIDTH - RIGHT, height - 18, "end", text);
	fputs("</svg>\n", out);
}

static void json_numbers(const struct timeline *t, const char *name, size_t offset, FILE *out)
{
	fprintf(out, ",\"%s\":[", name);
	for (size_t i = 0; i < t->slices_nr; i++) {
		const char *slice = (const char *)&t->slice[i];

		fprintf(out, "%s%" PRIu64, i ? "," : "", *(const uint64_t *)(slice + offset));
	}
	fputc(']', out);
}

void timeline_json(const struct timeline *t, FILE *out)
{
	fprintf(out, "{\"seconds\":%.9f", (double)t->span_ns / 1e9);
	json_numbers(t, "live", offsetof(struct timeline_slice, level), out);
	json_numbers(t, "up", offsetof(struct timeline_slice, up), out);
	json_numbers(t, "down", offsetof(struct timeline_slice, down), out);
	fputc('}', out);
}
