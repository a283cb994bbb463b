// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/cli/config.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "util/base/io.h"
#include "util/cli/suggest.h"

enum { CONFIG_MAX_BYTES = 1 << 20 };

/* What one line of a file is; the parts lie in it, but for the value. */
enum line_kind { LINE_EMPTY, LINE_SECTION, LINE_ENTRY };

struct line {
	enum line_kind kind;
	const char *name; /* of the section or key */
	size_t name_len;
	bool has_value;
	struct str value;
};

void config_release(struct config *config)
{
	for (size_t i = 0; i < config->nr; i++) {
		free(config->entry[i].section);
		free(config->entry[i].key);
		free(config->entry[i].value);
		free(config->entry[i].file);
	}
	free(config->entry);
	*config = CONFIG_INIT;
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static bool is_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '-' || c == '_';
}

static bool begins_comment(char c)
{
	return c == '#' || c == ';';
}

static const char *skip_spaces(const char *p, const char *end)
{
	while (p < end && is_space(*p))
		p++;
	return p;
}

static const char *skip_name(const char *p, const char *end)
{
	while (p < end && is_name(*p))
		p++;
	return p;
}

static bool at_end(const char *p, const char *end)
{
	return p == end || begins_comment(*p);
}

/* What is wrong with it; NULL: nothing. */
static const char *parse_value(const char *p, const char *end, struct str *value)
{
	size_t len = 0; /* of the value without spaces at its end */
	bool quoted = false;

	for (; p < end; p++) {
		if (!quoted && begins_comment(*p) && is_space(p[-1]))
			break;
		if (*p == '"') {
			quoted = !quoted;
			len = value->len;
			continue;
		}
		if (*p == '\\') {
			if (p + 1 == end || (p[1] != '"' && p[1] != '\\'))
				return "a backslash stands only before '\"' and another one";
			p++;
		}
		str_add_char(value, *p);
		if (quoted || !is_space(*p))
			len = value->len;
	}
	if (quoted)
		return "a quote is not closed";
	if (value->len > len) {
		value->s[len] = '\0';
		value->len = len;
	}
	return NULL;
}

static const char *parse_section(const char *p, const char *end, struct line *line)
{
	line->kind = LINE_SECTION;
	line->name = p;
	p = skip_name(p, end);
	line->name_len = (size_t)(p - line->name);
	if (!line->name_len || p == end || *p != ']')
		return "a section is a name in brackets";
	return at_end(skip_spaces(p + 1, end), end) ? NULL : "something follows the section";
}

static const char *parse_entry(const char *p, const char *end, struct line *line)
{
	line->kind = LINE_ENTRY;
	line->name = p;
	p = skip_name(p, end);
	line->name_len = (size_t)(p - line->name);
	p = skip_spaces(p, end);
	if (!line->name_len)
		return "this is neither a section nor a key";
	if (at_end(p, end))
		return NULL;
	if (*p != '=')
		return "a key is followed by '=' and its value";
	line->has_value = true;
	/* The character before a value is looked at, and is there: the sign. */
	return parse_value(skip_spaces(p + 1, end), end, &line->value);
}

/* What is wrong with the line [@p, @end); NULL: nothing. @line->value is to be released. */
static const char *parse_line(const char *p, const char *end, struct line *line)
{
	*line = (struct line){ .kind = LINE_EMPTY, .value = STR_INIT };
	p = skip_spaces(p, end);
	if (at_end(p, end))
		return NULL;
	return *p == '[' ? parse_section(p + 1, end, line) : parse_entry(p, end, line);
}

static struct err *add_entry(struct config *config, const struct config_entry *entry)
{
	struct config_entry *grown;

	grown = reallocarray(config->entry, config->nr + 1, sizeof(*grown));
	if (!grown)
		return err_nomem();
	config->entry = grown;
	grown[config->nr] = *entry;
	return NULL;
}

/* Copies @line; the entry counts once all of its strings could be had. */
static struct err *add_line(struct config *config, const char *section, struct line *line,
			    const char *file, unsigned int number)
{
	struct config_entry entry = { .line = number };
	struct err *err;

	err = add_entry(config, &entry);
	if (!err)
		err = str_check(&line->value);
	if (err)
		return err;

	entry.section = strdup(section);
	entry.key = strndup(line->name, line->name_len);
	entry.value = line->has_value ? strdup(line->value.s) : NULL;
	entry.file = strdup(file);
	config->entry[config->nr++] = entry;
	if (!entry.section || !entry.key || !entry.file || (line->has_value && !entry.value))
		return err_nomem();
	return NULL;
}

struct err *config_parse(struct config *config, const char *file, const char *text)
{
	guard(str) struct str section = STR_INIT;
	unsigned int number = 0;

	while (*text) {
		const char *end = strchrnul(text, '\n');
		struct line line;
		const char *wrong = parse_line(text, end, &line);
		guard(str) struct str value = line.value;
		struct err *err = NULL;

		number++;
		if (!wrong && line.kind == LINE_ENTRY && !section.len)
			wrong = "a key stands in a section: [report], for example";
		if (wrong)
			return err_new(ERR_FORMAT, "%s:%u: %s", file, number, wrong);

		if (line.kind == LINE_SECTION) {
			str_clear(&section);
			str_add_bytes(&section, line.name, line.name_len);
			err = str_check(&section);
		} else if (line.kind == LINE_ENTRY) {
			err = add_line(config, section.s, &line, file, number);
		}
		if (err)
			return err;
		text = *end ? end + 1 : end;
	}
	return NULL;
}

struct err *config_read(struct config *config, const char *path)
{
	autofree char *text = NULL;
	struct err *err;
	size_t len;

	err = io_read_file(AT_FDCWD, path, CONFIG_MAX_BYTES, &text, &len);
	if (err && err_code(err) == ERR_SYS &&
	    (err_errno(err) == ENOENT || err_errno(err) == ENOTDIR)) {
		err_free(err);
		return NULL;
	}
	if (err)
		return err_wrap(err, "cannot read the configuration");
	if (memchr(text, '\0', len))
		return err_new(ERR_FORMAT, "%s: there are zero bytes in it: no configuration",
			       path);
	return config_parse(config, path, text);
}

const struct config_entry *config_find(const struct config *config, const char *section,
				       const char *key)
{
	for (size_t i = config->nr; i--;)
		if (!strcmp(config->entry[i].section, section) &&
		    !strcmp(config->entry[i].key, key))
			return &config->entry[i];
	return NULL;
}

void config_arguments_release(struct config_arguments *arguments)
{
	for (size_t i = 0; i < arguments->nr; i++)
		free(arguments->item[i]);
	free(arguments->item);
	*arguments = (struct config_arguments){ .nr = 0 };
}

static const struct option *find_option(const struct option_table *table, const char *name)
{
	for (size_t i = 0; i < table->option_nr; i++)
		if (table->option[i].long_name && !strcmp(table->option[i].long_name, name))
			return &table->option[i];
	return NULL;
}

static struct err *unknown_option(const struct option_table *table, const char *name)
{
	guard(str) struct str hint = STR_INIT;
	struct suggest near = suggest_init(name);

	for (size_t i = 0; i < table->option_nr; i++)
		if (table->option[i].long_name && !table->option[i].hidden)
			suggest_offer(&near, table->option[i].long_name);
	suggest_phrase(&near, "", &hint);
	return err_new(ERR_USAGE, "'%s' is no option of %s%s", name, table->invocation, hint.s);
}

/* true, yes, on, 1 and their opposites, as git has them. */
static bool parse_bool(const char *text, bool *ret_value)
{
	static const char *const words[] = { "false", "true", "no", "yes", "off", "on", "0", "1" };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (!strcasecmp(text, words[i])) {
			*ret_value = i % 2;
			return true;
		}
	}
	return false;
}

struct err *config_argument(const struct option_table *table, const char *key, const char *value,
			    struct str *argument)
{
	bool is_default = !strcmp(key, "default") && !find_option(table, key) && value;
	const char *name = is_default ? value : key;
	const struct option *option = find_option(table, name);
	bool set = true;

	if (!option)
		return unknown_option(table, name);
	if (option->arg && (is_default || !value))
		return err_new(ERR_USAGE, "'%s' has no value (%s)", name, option->arg);
	if (!option->arg && !is_default && value && !parse_bool(value, &set))
		return err_new(ERR_USAGE, "'%s' is either true or false, not '%s'", name, value);

	if (option->arg)
		str_printf(argument, "--%s=%s", name, value);
	else if (set)
		str_printf(argument, "--%s", name);
	else if (option->kind == OPTION_FLAG)
		str_printf(argument, "--no-%s", name);
	return str_check(argument);
}

static struct err *add_argument(struct config_arguments *arguments, struct str *argument)
{
	char **grown = reallocarray(arguments->item, arguments->nr + 1, sizeof(*grown));

	if (!grown)
		return err_nomem();
	arguments->item = grown;
	grown[arguments->nr] = str_take(argument);
	if (!grown[arguments->nr])
		return err_nomem();
	arguments->nr++;
	return NULL;
}

struct err *config_arguments(const struct config *config, const char *section,
			     const struct option_table *table, struct config_arguments *arguments)
{
	for (size_t i = 0; i < config->nr; i++) {
		const struct config_entry *entry = &config->entry[i];
		guard(str) struct str argument = STR_INIT;
		struct err *err;

		if (strcmp(entry->section, section) != 0)
			continue;
		err = config_argument(table, entry->key, entry->value, &argument);
		if (err)
			return err_wrap(err, "%s:%u", entry->file, entry->line);
		/* False for an option that cannot be taken back says nothing. */
		err = argument.len ? add_argument(arguments, &argument) : NULL;
		if (err)
			return err;
	}
	return NULL;
}

static void add_value(struct str *text, const char *value)
{
	bool quote = !*value || is_space(*value) || is_space(value[strlen(value) - 1]) ||
		     strpbrk(value, "#;");

	if (quote)
		str_add_char(text, '"');
	for (; *value; value++) {
		if (*value == '"' || *value == '\\')
			str_add_char(text, '\\');
		str_add_char(text, *value);
	}
	if (quote)
		str_add_char(text, '"');
}

static void add_entry_line(struct str *text, const char *key, const char *value)
{
	str_printf(text, "\t%s = ", key);
	add_value(text, value);
	str_add_char(text, '\n');
}

/* Where in a text an entry is, and where it would be added. */
struct place {
	const char *last; /* the line of the last such entry; NULL: there is none */
	const char
		*section_end; /* behind the last line of the last such section that is not empty */
};

static bool is_named(const struct line *line, const char *name)
{
	return strlen(name) == line->name_len && !memcmp(line->name, name, line->name_len);
}

/*
 * Go through the lines of @text. With @out, copy them, but for entries of that name: these are left
 * out, and where @place says the new one is put.
 */
static struct err *walk(const char *text, const char *section, const char *key, const char *value,
			struct place *place, struct str *out)
{
	bool here = false;

	while (*text) {
		const char *end = strchrnul(text, '\n');
		const char *next = *end ? end + 1 : end;
		struct line line;
		const char *wrong = parse_line(text, end, &line);
		guard(str) struct str ignored = line.value;
		bool is_it;

		if (wrong)
			return err_new(ERR_FORMAT, "%s: '%.*s'", wrong, (int)(end - text), text);
		if (line.kind == LINE_SECTION)
			here = is_named(&line, section);
		is_it = here && line.kind == LINE_ENTRY && is_named(&line, key);

		if (!out) {
			if (is_it)
				place->last = text;
			if (here && line.kind != LINE_EMPTY)
				place->section_end = next;
		} else {
			if (!is_it)
				str_add_bytes(out, text, (size_t)(next - text));
			if (!is_it && !*end)
				str_add_char(out, '\n');
			if (value &&
			    (place->last ? text == place->last : next == place->section_end))
				add_entry_line(out, key, value);
		}
		text = next;
	}
	return NULL;
}

struct err *config_edit(const char *text, const char *section, const char *key, const char *value,
			struct str *ret_text)
{
	struct place place = { .last = NULL };
	struct err *err;

	if (value && strpbrk(value, "\r\n"))
		return err_new(ERR_USAGE, "a value is one line");
	err = walk(text, section, key, NULL, &place, NULL);
	if (!err)
		err = walk(text, section, key, value, &place, ret_text);
	if (err)
		return err;
	if (value && !place.section_end) {
		str_printf(ret_text, "[%s]\n", section);
		add_entry_line(ret_text, key, value);
	}
	return str_check(ret_text);
}
