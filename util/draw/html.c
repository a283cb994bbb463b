// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/draw/html.h"

#include <inttypes.h>

#include "util/base/macros.h"
#include "util/draw/svg.h"

static const char style[] =
#include "util/draw/html-css.inc"
	;

static const char script[] =
#include "util/draw/html-js.inc"
	;

void html_begin(FILE *out, const char *title)
{
	fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
	      "style-src 'unsafe-inline'; script-src 'unsafe-inline'\">\n"
	      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>",
	      out);
	svg_text(out, title);
	fprintf(out, "</title>\n<style>\n%s</style>\n</head>\n<body>\n<h1>", style);
	svg_text(out, title);
	fputs("</h1>\n", out);
}

void html_section(FILE *out, const char *id, const char *heading)
{
	fprintf(out, "<h2 id=\"%s\">", id);
	svg_text(out, heading);
	fputs("</h2>\n", out);
}

void html_link(FILE *out, const char *id, const char *text)
{
	fprintf(out, "<a href=\"#%s\">", id);
	svg_text(out, text);
	fputs("</a>\n", out);
}

void html_heading(FILE *out, const char *heading)
{
	fputs("<h3>", out);
	svg_text(out, heading);
	fputs("</h3>\n", out);
}

void html_note(FILE *out, const char *text)
{
	fputs("<p class=\"note\">", out);
	svg_text(out, text);
	fputs("</p>\n", out);
}

void html_state(FILE *out, enum html_state state, const char *text)
{
	static const char *const name[] = {
		[HTML_GOOD] = "good", [HTML_UNSURE] = "unsure", [HTML_BAD] = "bad"
	};

	fprintf(out, "<p class=\"state %s\">", name[state]);
	svg_text(out, text);
	fputs("</p>\n", out);
}

void html_cards_begin(FILE *out)
{
	fputs("<dl>\n", out);
}

void html_card(FILE *out, const char *name, const char *figure, const char *below)
{
	fputs("<div><dt>", out);
	svg_text(out, name);
	fputs("</dt><dd>", out);
	svg_text(out, figure);
	if (below) {
		fputs("<small>", out);
		svg_text(out, below);
		fputs("</small>", out);
	}
	fputs("</dd></div>\n", out);
}

void html_cards_end(FILE *out)
{
	fputs("</dl>\n", out);
}

static void table_head(FILE *out, const struct html_column *column, size_t columns_nr, bool sorts)
{
	fputs("<thead><tr>", out);
	for (size_t i = 0; i < columns_nr; i++) {
		fprintf(out, "<th scope=\"col\"%s>%s", column[i].number ? " class=\"number\"" : "",
			sorts ? "<button type=\"button\">" : "");
		svg_text(out, column[i].header);
		fprintf(out, "%s</th>", sorts ? "</button>" : "");
	}
	fputs("</tr></thead>\n<tbody>", out);
}

void html_table_begin(FILE *out, const char *id, const struct html_column *column,
		      size_t columns_nr)
{
	fprintf(out,
		"<div class=\"tools\"><input type=\"search\" id=\"%s-find\" placeholder=\"Rows "
		"with these words\" aria-label=\"Rows with these words\" autocomplete=\"off\" "
		"spellcheck=\"false\"><output id=\"%s-shown\"></output></div>\n"
		"<div class=\"scroll\"><table class=\"rows\" id=\"%s\">\n",
		id, id, id);
	table_head(out, column, columns_nr, true);
}

void html_plain_table_begin(FILE *out, const struct html_column *column, size_t columns_nr)
{
	fputs("<div class=\"scroll plain\"><table class=\"matrix\">\n", out);
	table_head(out, column, columns_nr, false);
}

void html_row(FILE *out)
{
	fputs("\n<tr>", out);
}

void html_text(FILE *out, const char *text)
{
	fputs("<td class=\"text\">", out);
	svg_text(out, text);
	fputs("</td>", out);
}

void html_number(FILE *out, uint64_t value, const char *shown)
{
	fprintf(out, "<td class=\"number\" data-v=\"%" PRIu64 "\">", value);
	svg_text(out, shown);
	fputs("</td>", out);
}

void html_share(FILE *out, uint64_t value, double share, const char *shown)
{
	fprintf(out,
		"<td class=\"number share\" data-v=\"%" PRIu64
		"\"><i style=\"width:calc(%.4f * (100%% - 12px))\"></i><span>",
		value, MIN(MAX(share, 0.0), 1.0));
	svg_text(out, shown);
	fputs("</span></td>", out);
}

void html_empty(FILE *out)
{
	fputs("<td class=\"number\"></td>", out);
}

void html_table_end(FILE *out)
{
	fputs("\n</tbody></table></div>\n", out);
}

void html_place_flame(FILE *out)
{
	fputs("<div class=\"tools\"><input type=\"search\" id=\"frame-find\" placeholder=\"Mark "
	      "functions\" aria-label=\"Mark functions\" autocomplete=\"off\" "
	      "spellcheck=\"false\"><button type=\"button\" id=\"unzoom\">Show all</button>"
	      "<output id=\"zoomed\"></output><output id=\"matched\"></output></div>\n"
	      "<div id=\"flame\"></div>\n<p class=\"line mono\" id=\"frame-at\"></p>\n"
	      "<noscript><p class=\"note\">The flame graph is drawn by a script.</p></noscript>\n",
	      out);
}

void html_place_timeline(FILE *out)
{
	fputs("<p class=\"note\"><span class=\"key live\"></span>allocated since the start"
	      "<span class=\"key up\"></span>allocations<span class=\"key down\"></span>frees</p>\n"
	      "<svg id=\"time\" role=\"img\" aria-label=\"Memory over time\"></svg>\n"
	      "<p class=\"line mono\" id=\"time-at\"></p>\n",
	      out);
}

struct err *html_end(FILE *out, const struct flame *flame, const char *unit,
		     const struct timeline *timeline)
{
	struct err *e = NULL;

	fputs("<script type=\"application/json\" id=\"data\">{\"flame\":", out);
	if (flame)
		e = flame_json(flame, unit, out);
	else
		fputs("null", out);
	fputs(",\"time\":", out);
	if (timeline)
		timeline_json(timeline, out);
	else
		fputs("null", out);
	fprintf(out, "}</script>\n<script>\n%s</script>\n</body>\n</html>\n", script);
	return e;
}
