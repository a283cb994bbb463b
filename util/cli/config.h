/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Configuration files, in the form git has made known:
 *
 *	# how I like it
 *	[report]
 *		sort = bytes,hit
 *		json
 *		skip = "my_alloc_*"
 *
 * A section is a command, a key one of its options by its long name, and the entry stands for that
 * option at the front of the command line, so that what is typed there wins. An option without a
 * value is true or false; alone it is true. `default = page` stands for the option --page.
 *
 * A value ends with its line; spaces around it are not part of it. Within double quotes, which may
 * be anywhere in it, spaces, '#' and ';' are themselves, and \" and \\ are what they look like. '#'
 * and ';' at the start of a line or after a space begin a comment.
 */
#ifndef VMTOOL_CLI_CONFIG_H
#define VMTOOL_CLI_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

#include "util/base/cleanup.h"
#include "util/base/str.h"
#include "util/cli/options.h"

struct config_entry {
	char *section;
	char *key;
	char *value; /* NULL: the key stands alone */
	char *file;
	unsigned int line;
};

struct config {
	struct config_entry *entry; /* in the order read: later ones win */
	size_t nr;
};

#define CONFIG_INIT ((struct config){ .nr = 0 })

void config_release(struct config *config);
DEFINE_GUARD_INPLACE(config, struct config, config_release)

/*
 * Append what the file at @path holds; a file that is not there holds nothing. ERR_FORMAT: not a
 * configuration; the message names file and line.
 */
must_check struct err *config_read(struct config *config, const char *path);

/* The same for text that came from @file. */
must_check struct err *config_parse(struct config *config, const char *file, const char *text);

/* The last entry of that name; NULL: there is none. */
const struct config_entry *config_find(const struct config *config, const char *section,
				       const char *key);

/* Arguments made of entries. */
struct config_arguments {
	char **item; /* the strings are the list's own */
	size_t nr;
};

void config_arguments_release(struct config_arguments *arguments);
DEFINE_GUARD_INPLACE(config_arguments, struct config_arguments, config_arguments_release)

/*
 * Append the options the entries of @section stand for, of those @table has. ERR_USAGE: an entry
 * stands for none; the message names file and line.
 */
must_check struct err *config_arguments(const struct config *config, const char *section,
					const struct option_table *table,
					struct config_arguments *arguments);

/*
 * The option an entry stands for as an argument ("--sort=bytes"), checked against @table as far as
 * its name and whether it takes a value go. ERR_USAGE: it stands for none.
 */
must_check struct err *config_argument(const struct option_table *table, const char *key,
				       const char *value, struct str *argument);

/*
 * @text with the entry set to @value, or with all entries of that name taken out when @value is
 * NULL. Everything else stays as it is. Entries that stand more than once become one, where the
 * last stood.
 */
must_check struct err *config_edit(const char *text, const char *section, const char *key,
				   const char *value, struct str *ret_text);

#endif
