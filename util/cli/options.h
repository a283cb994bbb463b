/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A command's options as one const table: the parser, the usage text, `vmtool help`, completion
 * and the check of the manual all read the same entries.
 *
 *	struct dump_args {
 *		bool force;
 *		int64_t level;
 *	};
 *
 *	static const struct option dump_option[] = {
 *		OPT_GROUP("Which pages"),
 *		OPT_INT('d', "level", struct dump_args, level, 0, 31, "<n>", "leave out ..."),
 *		OPT_GROUP("Output"),
 *		OPT_FLAG('f', "force", struct dump_args, force, "overwrite <dumpfile>"),
 *	};
 *
 *	const struct option_table dump_options = {
 *		.invocation = "vmtool dump",
 *		.synopsis = "[options] <vmcore> <dumpfile>",
 *		.about = "One paragraph of what the command does.",
 *		.option = dump_option,
 *		.option_nr = ARRAY_SIZE(dump_option),
 *		.operands_min = 2,
 *		.operands_max = 2,
 *	};
 *
 *	struct dump_args args = { .level = 0 };		(the defaults)
 *	struct operands operands;
 *
 *	err = options_parse(&dump_options, argc, argv, &args, &operands);
 *	if (err)
 *		return err;
 *	path = operands.item[0];
 *
 * An entry stores into a field of the command's own struct; the type of the field is checked when
 * the table is compiled. Given twice, the later one wins (lists grow).
 *
 * The command line: options and operands in any order; `--` ends the options; `-` is an operand;
 * `--name value`, `--name=value`, `-n value`, `-nvalue`; flags cluster (`-cf`, `-cfd31`); a long
 * name may be cut short while it stays unique; `--no-name` clears a flag. Every table has -h and
 * --help without naming them.
 *
 * Every error about the command line is ERR_USAGE and one line that names the option.
 */
#ifndef VMTOOL_CLI_OPTIONS_H
#define VMTOOL_CLI_OPTIONS_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/base/cleanup.h"
#include "util/base/err.h"
#include "util/base/macros.h"
#include "util/base/str.h"

enum option_kind {
	OPTION_GROUP, /* no option: a heading over those that follow */
	OPTION_HELP,  /* -h, --help: in every table, never written in one */
	OPTION_FLAG,  /* bool: true; --no-name: false */
	OPTION_SET,   /* int or enum: `value` (several of them choose one of many: last wins) */
	OPTION_BIT,   /* unsigned int: `value` is added to it; the command sees what was given */
	OPTION_INT,   /* int64_t in [min, max]; decimal or 0x */
	OPTION_SIZE, /* uint64_t bytes in [0, max]; suffixes k, M, G, T (powers of 1024), also KiB */
	OPTION_STRING,	 /* const char *, borrowed from argv */
	OPTION_STRINGS,	 /* struct option_list: each use appends */
	OPTION_CHOICE,	 /* int or enum: the value of one of the named choices */
	OPTION_CALLBACK, /* whatever `parse` makes of it */
};

/* Choices end with a NULL name. */
struct option_choice {
	const char *name;
	int value;
};

struct option_list {
	const char **item; /* the array is the list's; the strings are argv's */
	size_t nr;
};

void option_list_release(struct option_list *list);
DEFINE_GUARD_INPLACE(option_list, struct option_list, option_list_release)

struct option {
	enum option_kind kind;
	char short_name;       /* 0: none */
	bool hidden;	       /* works, but not in usage or lists */
	const char *long_name; /* without dashes; NULL: none */
	size_t offset;	       /* of the field in the command's struct */
	const char *arg;       /* "<n>"; NULL: takes no value */
	const char *help;      /* one sentence, no newline; for a group, its heading */
	int value;	       /* OPTION_SET, OPTION_BIT */
	int64_t min;	       /* OPTION_INT */
	int64_t max;	       /* OPTION_INT, OPTION_SIZE */
	const struct option_choice *choice;

	/*
	 * OPTION_CALLBACK: @value is NULL when `arg` is, @field the field's address. An error of
	 * ERR_USAGE says what is wrong with the value only; the caller names the option.
	 */
	struct err *(*parse)(const char *value, void *field);
};

struct option_table {
	const char *invocation; /* "vmtool dump": what usage and messages call it */
	const char *synopsis;	/* what follows the invocation; '\n' between several forms */
	const char *about;	/* a paragraph under the synopsis, or NULL */
	const struct option *option;
	size_t option_nr;
	int operands_min;
	int operands_max;     /* OPTIONS_ANY: no limit */
	bool stop_at_operand; /* the first operand ends the options, as if `--` stood before it */
};

enum { OPTIONS_ANY = INT_MAX };

struct operands {
	char **item; /* inside argv, NULL after the last */
	int nr;
};

/*
 * Does this command line ask for help? main() answers that before it runs a command, so commands
 * do not see -h: options_parse() accepts and ignores it. Nothing is stored and no value is looked
 * at. False when an unknown option comes first: options_parse() will say so.
 */
bool options_want_help(const struct option_table *table, int argc, char *const *argv);

/*
 * Parse argv[1..argc-1] into @args and check the number of operands. @argv is reordered: the
 * operands stand at its front when this returns. On error @args may be partly written; option
 * lists are to be released either way.
 */
must_check struct err *options_parse(const struct option_table *table, int argc, char **argv,
				     void *args, struct operands *ret_operands);

/* "1234", "64k", "16M", "2G", "1T", "2GiB" in bytes; ERR_USAGE for anything else. */
must_check struct err *option_parse_size(const char *text, uint64_t max, uint64_t *ret_bytes);

/* Decimal or 0x, with sign, in [min, max]; ERR_USAGE for anything else. */
must_check struct err *option_parse_int(const char *text, int64_t min, int64_t max,
					int64_t *ret_value);

/* The offset of a field, and a compile error if it is not of the type the option stores. */
#define OPTION_FIELD_(args, field, type)                                                           \
	(offsetof(args, field) +                                                                   \
	 0 * sizeof(char[__builtin_types_compatible_p(__typeof__(((args *)0)->field), type)        \
				 ? 1                                                               \
				 : -1]))
/* The same for fields that hold an int or any enum. */
#define OPTION_INT_FIELD_(args, field)                                                             \
	(offsetof(args, field) +                                                                   \
	 0 * sizeof(char[sizeof(((args *)0)->field) == sizeof(int) ? 1 : -1]))

#define OPTION_(kind_, short_, long_, offset_, arg_, help_, ...)                                   \
	{                                                                                          \
		.kind = (kind_), .short_name = (short_), .long_name = (long_),                     \
		.offset = (offset_), .arg = (arg_), .help = (help_), __VA_ARGS__                   \
	}

#define OPT_GROUP(heading) OPTION_(OPTION_GROUP, 0, NULL, 0, NULL, heading, )
#define OPT_FLAG(short_, long_, args, field, help_)                                                \
	OPTION_(OPTION_FLAG, short_, long_, OPTION_FIELD_(args, field, bool), NULL, help_, )
/* For tests and scripts: in no usage text and no list. */
#define OPT_HIDDEN_FLAG(short_, long_, args, field, help_)                                         \
	OPTION_(OPTION_FLAG, short_, long_, OPTION_FIELD_(args, field, bool), NULL, help_,         \
		.hidden = true)
/* Known to be able to say that it is not there. */
#define OPT_HIDDEN_STRING(short_, long_, args, field, arg_, help_)                                 \
	OPTION_(OPTION_STRING, short_, long_, OPTION_FIELD_(args, field, const char *), arg_,      \
		help_, .hidden = true)
#define OPT_SET(short_, long_, args, field, value_, help_)                                         \
	OPTION_(OPTION_SET, short_, long_, OPTION_INT_FIELD_(args, field), NULL, help_,            \
		.value = (value_))
#define OPT_BIT(short_, long_, args, field, value_, help_)                                         \
	OPTION_(OPTION_BIT, short_, long_, OPTION_FIELD_(args, field, unsigned int), NULL, help_,  \
		.value = (value_))
#define OPT_INT(short_, long_, args, field, min_, max_, arg_, help_)                               \
	OPTION_(OPTION_INT, short_, long_, OPTION_FIELD_(args, field, int64_t), arg_, help_,       \
		.min = (min_), .max = (max_))
#define OPT_SIZE(short_, long_, args, field, max_, arg_, help_)                                    \
	OPTION_(OPTION_SIZE, short_, long_, OPTION_FIELD_(args, field, uint64_t), arg_, help_,     \
		.max = (max_))
#define OPT_STRING(short_, long_, args, field, arg_, help_)                                        \
	OPTION_(OPTION_STRING, short_, long_, OPTION_FIELD_(args, field, const char *), arg_,      \
		help_, )
#define OPT_STRINGS(short_, long_, args, field, arg_, help_)                                       \
	OPTION_(OPTION_STRINGS, short_, long_, OPTION_FIELD_(args, field, struct option_list),     \
		arg_, help_, )
#define OPT_CHOICE(short_, long_, args, field, choice_, arg_, help_)                               \
	OPTION_(OPTION_CHOICE, short_, long_, OPTION_INT_FIELD_(args, field), arg_, help_,         \
		.choice = (choice_))
/* @arg_ NULL: a flag of its own kind. */
#define OPT_CALLBACK(short_, long_, args, field, parse_, arg_, help_)                              \
	OPTION_(OPTION_CALLBACK, short_, long_, offsetof(args, field), arg_, help_,                \
		.parse = (parse_))

#endif
