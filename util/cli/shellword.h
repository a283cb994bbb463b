/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Words of a command line as a shell reads them back.
 */
#ifndef VMTOOL_CLI_SHELLWORD_H
#define VMTOOL_CLI_SHELLWORD_H

#include "util/base/str.h"

/* Append @word, in single quotes where a shell would not leave it as it is. */
void shellword_add(struct str *out, const char *word);

#endif
