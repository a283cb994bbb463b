/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Text inside SVG, HTML and their scripts: what every picture needs and nothing else.
 */
#ifndef VMTOOL_DRAW_SVG_H
#define VMTOOL_DRAW_SVG_H

#include <stdio.h>

/* As content or a quoted attribute; bytes that are no XML character become U+FFFD. */
void svg_text(FILE *out, const char *text);

/*
 * In double quotes, as JSON and scripts read it: plain ASCII without < > and &, so that nothing in
 * it ends the script it stands in. Bytes that are no character become U+FFFD.
 */
void svg_script_string(FILE *out, const char *text);

#endif
