/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Text inside SVG: what every picture needs and nothing else.
 */
#ifndef VMTOOL_DRAW_SVG_H
#define VMTOOL_DRAW_SVG_H

#include <stdio.h>

/* As content or a quoted attribute; bytes that are no XML character become U+FFFD. */
void svg_text(FILE *out, const char *text);

#endif
