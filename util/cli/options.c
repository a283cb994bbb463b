// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/cli/options.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "util/cli/suggest.h"

static const struct option help_option = { .kind = OPTION_HELP,
					   .short_name = 'h',
					   .long_name = "help" };

void option_list_release(struct option_list *list)
{
	free(list->item);
	*list = (struct option_list){ .nr = 0 };
}

static struct err *option_list_add(struct option_list *list, const char *item)
{
	const char **grown = reallocarray(list->item, list->nr + 1, sizeof(*grown));

	if (!grown)
		return err_nomem();
	grown[list->nr++] = item;
	list->item = grown;
	return NULL;
}

struct err *option_parse_int(const char *text, int64_t min, int64_t max, int64_t *ret_value)
{
	const char *digits = text + (*text == '-' || *text == '+');
	bool hex = digits[0] == '0' && (digits[1] == 'x' || digits[1] == 'X');
	char *end;
	long long value;

	errno = 0;
	value = strtoll(text, &end, hex ? 16 : 10);
	/* strtoll also skips white space in front, which no option value has. */
	if (!strchr("0123456789", *digits) || end == text || *end || errno || value < min ||
	    value > max) {
		if (min == INT64_MIN && max == INT64_MAX)
			return err_new(ERR_USAGE, "expected a number, not '%s'", text);
		if (max == INT64_MAX)
			return err_new(ERR_USAGE,
				       "expected a number not below %" PRId64 ", not '%s'", min,
				       text);
		return err_new(ERR_USAGE,
			       "expected a number from %" PRId64 " to %" PRId64 ", not '%s'", min,
			       max, text);
	}
	*ret_value = value;
	return NULL;
}

/* The power of two behind a size suffix; -1 if it is none. */
static int size_shift(const char *suffix)
{
	static const char letters[] = "kmgt";
	const char *letter;

	if (!*suffix)
		return 0;
	letter = strchr(letters, *suffix | 0x20);
	if (!letter || (suffix[1] && strcmp(suffix + 1, "iB") != 0))
		return -1;
	return 10 * (int)(letter - letters + 1);
}

struct err *option_parse_size(const char *text, uint64_t max, uint64_t *ret_bytes)
{
	char *end;
	unsigned long long value;
	int shift;

	errno = 0;
	value = strtoull(text, &end, 10);
	if (!strchr("0123456789", *text) || end == text || (shift = size_shift(end)) < 0)
		return err_new(ERR_USAGE, "expected a size such as 64k, 16M or 2G, not '%s'", text);
	if (errno || value > UINT64_MAX >> shift || value << shift > max)
		return err_new(ERR_USAGE, "size '%s' is above the limit of %" PRIu64 " bytes", text,
			       max);
	*ret_bytes = value << shift;
	return NULL;
}

static struct err *parse_choice(const struct option *opt, const char *value, int *ret_value)
{
	guard(str) struct str names = STR_INIT;
	struct err *err;

	for (const struct option_choice *c = opt->choice; c->name; c++) {
		if (!strcmp(c->name, value)) {
			*ret_value = c->value;
			return NULL;
		}
		if (c != opt->choice)
			str_add(&names, c[1].name ? ", " : " or ");
		str_add(&names, c->name);
	}
	err = str_check(&names);
	return err ? err : err_new(ERR_USAGE, "expected %s, not '%s'", names.s, value);
}

/* Store one option. @on is false for the `--no-` form of a flag. */
static struct err *store(const struct option *opt, bool on, const char *value, void *args)
{
	void *field = (char *)args + opt->offset;

	switch (opt->kind) {
	case OPTION_GROUP:
	case OPTION_HELP:
		return NULL;
	case OPTION_FLAG:
		*(bool *)field = on;
		return NULL;
	case OPTION_SET:
		memcpy(field, &opt->value, sizeof(opt->value));
		return NULL;
	case OPTION_BIT:
		*(unsigned int *)field |= (unsigned int)opt->value;
		return NULL;
	case OPTION_INT:
		return option_parse_int(value, opt->min, opt->max, field);
	case OPTION_SIZE:
		return option_parse_size(value, (uint64_t)opt->max, field);
	case OPTION_STRING:
		*(const char **)field = value;
		return NULL;
	case OPTION_STRINGS:
		return option_list_add(field, value);
	case OPTION_CHOICE:
		return parse_choice(opt, value, field);
	case OPTION_CALLBACK:
		return opt->parse(value, field);
	}
	return NULL;
}

/* A walk over a command line; @args NULL: look, do not store. */
struct parser {
	const struct option_table *table;
	void *args;
	char *const *argv;
	int argc;
	int next; /* index into argv */
	bool help;
};

/* Entry @i of the table, after the last one the help option, then NULL. */
static const struct option *option_at(const struct option_table *table, size_t i)
{
	if (i < table->option_nr)
		return &table->option[i];
	return i == table->option_nr ? &help_option : NULL;
}

static const struct option *find_short(const struct option_table *table, char name)
{
	const struct option *opt;

	for (size_t i = 0; (opt = option_at(table, i)); i++)
		if (opt->kind != OPTION_GROUP && opt->short_name == name)
			return opt;
	return NULL;
}

static struct err *err_unknown_long(const struct option_table *table, const char *name, size_t len)
{
	guard(str) struct str typed = STR_INIT, hint = STR_INIT;
	const struct option *opt;
	struct suggest near;
	const char *no;
	struct err *err;

	str_add_bytes(&typed, name, len);
	no = strncmp(typed.s, "no-", 3) ? "" : "no-";
	near = suggest_init(typed.s + strlen(no));
	for (size_t i = 0; (opt = option_at(table, i)); i++) {
		if (opt->kind == OPTION_GROUP || !opt->long_name || opt->hidden)
			continue;
		if (*no && opt->kind != OPTION_FLAG)
			continue;
		suggest_offer(&near, opt->long_name);
	}
	suggest_phrase(&near, *no ? "--no-" : "--", &hint);

	err = str_check(&typed);
	if (!err)
		err = str_check(&hint);
	return err ? err : err_new(ERR_USAGE, "unknown option '--%s'%s", typed.s, hint.s);
}

static struct err *err_ambiguous(const char *name, size_t len, const struct str *candidates)
{
	struct err *err = str_check(candidates);

	if (err)
		return err;
	return err_new(ERR_USAGE, "option '--%.*s' is ambiguous: it could be %s", (int)len, name,
		       candidates->s);
}

/*
 * The option that @name (of @len bytes) spells or abbreviates. The `--no-` form of a flag counts
 * only once "no-" is written out, so that `--n` can still be short for `--non-mmap`.
 */
static struct err *find_long(const struct option_table *table, const char *name, size_t len,
			     const struct option **ret_opt, bool *ret_on)
{
	guard(str) struct str candidates = STR_INIT;
	const struct option *found = NULL, *opt;
	bool found_on = true;
	size_t found_nr = 0;

	for (size_t i = 0; (opt = option_at(table, i)); i++) {
		if (opt->kind == OPTION_GROUP || !opt->long_name)
			continue;
		for (int on = 1; on >= (opt->kind == OPTION_FLAG ? 0 : 1); on--) {
			size_t skip = on ? 0 : strlen("no-");

			if (!on && (len < skip || strncmp(name, "no-", skip) != 0))
				continue;
			if (strncmp(opt->long_name, name + skip, len - skip) != 0)
				continue;
			if (!opt->long_name[len - skip]) {
				*ret_opt = opt;
				*ret_on = on;
				return NULL;
			}
			if (opt->hidden || !len)
				continue;
			str_printf(&candidates, "%s--%s%s", found_nr++ ? ", " : "", on ? "" : "no-",
				   opt->long_name);
			found = opt;
			found_on = on;
		}
	}

	if (!found)
		return err_unknown_long(table, name, len);
	if (found_nr > 1)
		return err_ambiguous(name, len, &candidates);
	*ret_opt = found;
	*ret_on = found_on;
	return NULL;
}

/* Found and its value at hand: note help, or store. Errors do not name the option yet. */
static struct err *take(struct parser *p, const struct option *opt, bool on, const char *value)
{
	if (opt->kind == OPTION_HELP)
		p->help = true;
	return p->args ? store(opt, on, value, p->args) : NULL;
}

/* @arg without its dashes: "name", "name=value". */
static struct err *parse_long(struct parser *p, const char *arg)
{
	size_t len = strcspn(arg, "=");
	const char *value = arg[len] ? arg + len + 1 : NULL;
	const struct option *opt = NULL;
	bool on = true;
	struct err *err;

	err = find_long(p->table, arg, len, &opt, &on);
	if (err)
		return err;
	if (value && !opt->arg)
		return err_new(ERR_USAGE, "option '--%s%s' takes no value", on ? "" : "no-",
			       opt->long_name);
	if (opt->arg && !value) {
		if (p->next >= p->argc)
			return err_new(ERR_USAGE, "option '--%s' needs a value: %s", opt->long_name,
				       opt->arg);
		value = p->argv[p->next++];
	}
	return err_wrap(take(p, opt, on, value), "option '--%s'", opt->long_name);
}

/* @arg without its dash: flags one after the other, the last one perhaps with a value. */
static struct err *parse_short(struct parser *p, const char *arg)
{
	while (*arg) {
		char name = *arg++;
		const struct option *opt = find_short(p->table, name);
		const char *value = NULL;
		struct err *err;

		if (!opt)
			/* A letter beyond ASCII is several bytes: show all that follows. */
			return err_new(ERR_USAGE, "unknown option '-%.*s'",
				       (unsigned char)name < 0x80 ? 1 : INT_MAX, arg - 1);
		if (opt->arg) {
			if (!*arg && p->next >= p->argc)
				return err_new(ERR_USAGE, "option '-%c' needs a value: %s", name,
					       opt->arg);
			value = *arg ? arg : p->argv[p->next++];
			arg = "";
		}
		err = err_wrap(take(p, opt, true, value), "option '-%c'", name);
		if (err)
			return err;
	}
	return NULL;
}

/*
 * Walk to the end. Operands are moved to the front of @operands (argv itself: slots already read)
 * unless that is NULL.
 */
static struct err *parse_all(struct parser *p, char **operands, int *ret_operands_nr)
{
	bool only_operands = false;
	int nr = 0;

	while (p->next < p->argc) {
		char *arg = p->argv[p->next++];
		struct err *err = NULL;

		if (only_operands || arg[0] != '-' || !arg[1]) {
			if (operands)
				operands[nr] = arg;
			nr++;
			only_operands |= p->table->stop_at_operand;
		} else if (arg[1] != '-') {
			err = parse_short(p, arg + 1);
		} else if (arg[2]) {
			err = parse_long(p, arg + 2);
		} else {
			only_operands = true;
		}
		if (err)
			return err;
	}
	*ret_operands_nr = nr;
	return NULL;
}

bool options_want_help(const struct option_table *table, int argc, char *const *argv)
{
	struct parser p = { .table = table, .argv = argv, .argc = argc, .next = 1 };
	autoerr struct err *ignored = NULL;
	int nr;

	ignored = parse_all(&p, NULL, &nr);
	return p.help;
}

struct err *options_parse(const struct option_table *table, int argc, char **argv, void *args,
			  struct operands *ret_operands)
{
	struct parser p = { .table = table, .args = args, .argv = argv, .argc = argc, .next = 1 };
	struct err *err;
	int nr;

	err = parse_all(&p, argv + 1, &nr);
	if (err)
		return err;
	/* Of several forms the first one stands for all. */
	if (nr < table->operands_min)
		return err_new(ERR_USAGE, "%s; usage: %s %.*s",
			       nr ? "an operand is missing" : "operands are missing",
			       table->invocation, (int)strcspn(table->synopsis, "\n"),
			       table->synopsis);
	if (nr > table->operands_max)
		return err_new(ERR_USAGE, "unexpected operand '%s'; usage: %s %.*s",
			       argv[1 + table->operands_max], table->invocation,
			       (int)strcspn(table->synopsis, "\n"), table->synopsis);

	argv[1 + nr] = NULL;
	*ret_operands = (struct operands){ .item = argv + 1, .nr = nr };
	return NULL;
}
