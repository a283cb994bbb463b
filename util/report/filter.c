// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/report/filter.h"

#include <ctype.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "util/base/macros.h"
#include "util/base/str.h"
#include "util/cli/suggest.h"

enum {
	NODES_MAX = 1024,
	DEPTH_MAX = 64,
};

enum node_kind { NODE_OR, NODE_AND, NODE_NOT, NODE_COMPARE };
enum comparison { OP_EQ, OP_NE, OP_LE, OP_GE, OP_LT, OP_GT, OP_BITS, OP_GLOB };

/* What every sample has. */
enum builtin { BUILTIN_NONE, BUILTIN_COMM, BUILTIN_PID, BUILTIN_TID, BUILTIN_CPU, BUILTIN_PERIOD };

static const struct {
	const char *name;
	enum builtin builtin;
} builtins[] = {
	{ "comm", BUILTIN_COMM }, { "pid", BUILTIN_PID },	{ "tid", BUILTIN_TID },
	{ "cpu", BUILTIN_CPU },	  { "period", BUILTIN_PERIOD },
};

/* Longer ones first. */
static const struct {
	const char *text;
	enum comparison op;
} operators[] = {
	{ "==", OP_EQ }, { "!=", OP_NE }, { "<=", OP_LE },  { ">=", OP_GE },
	{ "<", OP_LT },	 { ">", OP_GT },  { "&", OP_BITS }, { "~", OP_GLOB },
};

/* A field as one event has it. */
struct place {
	bool is_there;
	bool is_text;
	struct format_field field;
};

struct node {
	enum node_kind kind;
	size_t left, right; /* of OR, AND; NOT has left */

	enum comparison op;
	enum builtin builtin; /* where an event has no field of the name */
	struct place *place;  /* by event */
	char *text;
	uint64_t number;
	bool is_number;
};

struct filter {
	struct node node[NODES_MAX];
	size_t nr;
	size_t root;
};

void filter_free(struct filter *filter)
{
	if (!filter)
		return;
	for (size_t i = 0; i < filter->nr; i++) {
		free(filter->node[i].place);
		free(filter->node[i].text);
	}
	free(filter);
}

/* ---- Parsing --------------------------------------------------------------------------------- */

struct parser {
	struct filter *filter;
	struct perfdata *perfdata;
	const char *text;
	const char *at;
	int depth;
};

static void skip_blanks(struct parser *parser)
{
	parser->at += strspn(parser->at, " \t\n");
}

static struct err *wrong(const struct parser *parser, const char *what)
{
	if (!*parser->at)
		return err_new(ERR_USAGE, "--filter '%s': %s at its end", parser->text, what);
	return err_new(ERR_USAGE, "--filter '%s': %s at '%s'", parser->text, what, parser->at);
}

static bool take(struct parser *parser, const char *word)
{
	skip_blanks(parser);
	if (strncmp(parser->at, word, strlen(word)) != 0)
		return false;
	parser->at += strlen(word);
	return true;
}

static struct err *new_node(struct parser *parser, enum node_kind kind, size_t *ret_node)
{
	struct filter *filter = parser->filter;

	if (filter->nr == NODES_MAX)
		return err_new(ERR_USAGE, "--filter: more than %d parts", (int)NODES_MAX);
	filter->node[filter->nr] = (struct node){ .kind = kind };
	*ret_node = filter->nr++;
	return NULL;
}

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

static struct err *unknown_field(const struct parser *parser, const char *name)
{
	struct suggest near = suggest_init(name);
	guard(str) struct str text = STR_INIT;

	for (size_t i = 0; i < perfdata_events_nr(parser->perfdata); i++) {
		const struct format *format = perfdata_event(parser->perfdata, i)->format;
		const char *field;

		for (size_t j = 0; format && (field = format_field_name(format, j)); j++)
			suggest_offer(&near, field);
	}
	for (size_t i = 0; i < ARRAY_SIZE(builtins); i++)
		suggest_offer(&near, builtins[i].name);
	str_printf(&text, "--filter: no event of the recording has a field '%s'", name);
	suggest_phrase(&near, "", &text);
	return err_new(ERR_USAGE, "%s", text.s);
}

static struct err *find_field(struct parser *parser, const char *name, struct node *node)
{
	size_t events_nr = perfdata_events_nr(parser->perfdata);
	bool found = false;

	node->place = calloc(events_nr + 1, sizeof(*node->place));
	if (!node->place)
		return err_nomem();
	for (size_t i = 0; i < events_nr; i++) {
		const struct format *format = perfdata_event(parser->perfdata, i)->format;
		struct place *place = &node->place[i];

		place->is_there = format && format_field(format, name, &place->field);
		place->is_text = place->is_there && place->field.is_string;
		found |= place->is_there;
	}
	for (size_t i = 0; i < ARRAY_SIZE(builtins); i++)
		if (!strcmp(name, builtins[i].name))
			node->builtin = builtins[i].builtin;
	return found || node->builtin ? NULL : unknown_field(parser, name);
}

static struct err *parse_value(struct parser *parser, struct node *node)
{
	const char *start;
	size_t len;
	char *end;

	skip_blanks(parser);
	start = parser->at;
	if (*start == '"' || *start == '\'') {
		const char *quote = strchr(start + 1, *start);

		if (!quote)
			return wrong(parser, "a text without its closing quote");
		node->text = strndup(start + 1, (size_t)(quote - start - 1));
		parser->at = quote + 1;
		return node->text ? NULL : err_nomem();
	}
	len = strcspn(start, " \t\n()&|");
	if (!len)
		return wrong(parser, "a value is missing");
	node->text = strndup(start, len);
	if (!node->text)
		return err_nomem();
	parser->at += len;
	errno = 0;
	node->number = node->text[0] == '-' ? (uint64_t)strtoll(node->text, &end, 0)
					    : strtoull(node->text, &end, 0);
	node->is_number = !*end && !errno;
	return NULL;
}

static struct err *check_kinds(const struct parser *parser, const struct node *node,
			       const char *name)
{
	bool any_number = node->builtin > BUILTIN_COMM, any_text = node->builtin == BUILTIN_COMM;

	for (size_t i = 0; i < perfdata_events_nr(parser->perfdata); i++) {
		any_text |= node->place[i].is_text;
		any_number |= node->place[i].is_there && !node->place[i].is_text;
	}
	if (!any_text && !node->is_number)
		return err_new(ERR_USAGE, "--filter: '%s' is a number, '%s' is none", name,
			       node->text);
	if (node->op == OP_GLOB ? !any_text : node->op > OP_NE && !any_number)
		return err_new(ERR_USAGE, "--filter: '%s' is a %s, which that operator cannot take",
			       name, any_text ? "text" : "number");
	return NULL;
}

static struct err *parse_compare(struct parser *parser, size_t *ret_node)
{
	autofree char *name = NULL;
	struct node *node;
	size_t len = 0, i;
	struct err *e;

	skip_blanks(parser);
	while (is_word(parser->at[len]))
		len++;
	if (!len)
		return wrong(parser, "a field is missing");
	name = strndup(parser->at, len);
	if (!name)
		return err_nomem();
	e = new_node(parser, NODE_COMPARE, ret_node);
	if (e)
		return e;
	node = &parser->filter->node[*ret_node];
	e = find_field(parser, name, node);
	if (e)
		return e;
	parser->at += len;
	for (i = 0; i < ARRAY_SIZE(operators); i++)
		if (take(parser, operators[i].text))
			break;
	if (i == ARRAY_SIZE(operators))
		return wrong(parser, "an operator is missing");
	node->op = operators[i].op;
	e = parse_value(parser, node);
	return e ? e : check_kinds(parser, node, name);
}

static struct err *parse_or(struct parser *parser, size_t *ret_node);

static struct err *parse_term(struct parser *parser, size_t *ret_node)
{
	struct err *e;
	size_t inner;

	if (++parser->depth > DEPTH_MAX)
		return err_new(ERR_USAGE, "--filter: more than %d levels", (int)DEPTH_MAX);
	if (take(parser, "!")) {
		e = parse_term(parser, &inner);
		if (!e)
			e = new_node(parser, NODE_NOT, ret_node);
		if (!e)
			parser->filter->node[*ret_node].left = inner;
	} else if (take(parser, "(")) {
		e = parse_or(parser, ret_node);
		if (!e && !take(parser, ")"))
			e = wrong(parser, "')' is missing");
	} else {
		e = parse_compare(parser, ret_node);
	}
	parser->depth--;
	return e;
}

typedef struct err *parse_fn(struct parser *parser, size_t *ret_node);

/* What @part parses, one or more of it with @word between them. */
static struct err *parse_list(struct parser *parser, enum node_kind kind, const char *word,
			      parse_fn *part, size_t *ret_node)
{
	size_t left, right;
	struct err *e;

	e = part(parser, &left);
	while (!e && take(parser, word)) {
		e = part(parser, &right);
		if (!e)
			e = new_node(parser, kind, ret_node);
		if (e)
			break;
		parser->filter->node[*ret_node].left = left;
		parser->filter->node[*ret_node].right = right;
		left = *ret_node;
	}
	if (!e)
		*ret_node = left;
	return e;
}

static struct err *parse_and(struct parser *parser, size_t *ret_node)
{
	return parse_list(parser, NODE_AND, "&&", parse_term, ret_node);
}

static struct err *parse_or(struct parser *parser, size_t *ret_node)
{
	return parse_list(parser, NODE_OR, "||", parse_and, ret_node);
}

struct err *filter_new(const char *text, struct perfdata *perfdata, struct filter **ret_filter)
{
	guard(filter) struct filter *filter = calloc(1, sizeof(*filter));
	struct parser parser = { .filter = filter, .perfdata = perfdata, .text = text, .at = text };
	struct err *e;

	if (!filter)
		return err_nomem();
	e = parse_or(&parser, &filter->root);
	skip_blanks(&parser);
	if (!e && *parser.at)
		e = wrong(&parser, "'&&' or '||' is missing");
	if (e)
		return e;
	*ret_filter = take_ptr(filter);
	return NULL;
}

/* ---- Evaluating ------------------------------------------------------------------------------ */

struct subject {
	const struct filter *filter;
	const struct perfdata_event *event;
	const struct sample *sample;
	const char *comm;
};

static bool compare_text(const struct node *node, const char *text, size_t len)
{
	char copy[1024];

	if (node->op != OP_GLOB)
		return (strlen(node->text) == len && !memcmp(node->text, text, len)) ==
		       (node->op == OP_EQ);
	len = MIN(len, sizeof(copy) - 1);
	memcpy(copy, text, len);
	copy[len] = '\0';
	return !fnmatch(node->text, copy, 0);
}

static bool compare_numbers(const struct node *node, uint64_t value, bool is_signed)
{
	bool less = is_signed ? (int64_t)value < (int64_t)node->number : value < node->number;

	switch (node->op) {
	case OP_EQ:
		return value == node->number;
	case OP_NE:
		return value != node->number;
	case OP_LT:
		return less;
	case OP_LE:
		return less || value == node->number;
	case OP_GT:
		return !less && value != node->number;
	case OP_GE:
		return !less;
	case OP_BITS:
		return value & node->number;
	default:
		return false;
	}
}

static bool compare_builtin(const struct node *node, const struct subject *subject)
{
	const struct sample *s = subject->sample;

	switch (node->builtin) {
	case BUILTIN_COMM:
		return node->op <= OP_NE || node->op == OP_GLOB
			       ? compare_text(node, subject->comm, strlen(subject->comm))
			       : false;
	case BUILTIN_PID:
		return compare_numbers(node, s->pid, false);
	case BUILTIN_TID:
		return compare_numbers(node, s->tid, false);
	case BUILTIN_CPU:
		return compare_numbers(node, s->cpu, false);
	case BUILTIN_PERIOD:
		return compare_numbers(node, s->period, false);
	default:
		return false;
	}
}

static bool compare(const struct node *node, const struct subject *subject)
{
	const struct place *place = &node->place[subject->event->index];
	const struct sample *s = subject->sample;
	const char *text;
	uint64_t value;
	size_t len;

	if (!place->is_there)
		return compare_builtin(node, subject);
	if (place->is_text)
		return (node->op <= OP_NE || node->op == OP_GLOB) && s->raw &&
		       format_text(&place->field, s->raw, s->raw_len, &text, &len) &&
		       compare_text(node, text, len);
	return node->is_number && s->raw &&
	       format_value(&place->field, s->raw, s->raw_len, &value) &&
	       compare_numbers(node, value, place->field.is_signed);
}

/* As deep as the parser lets expressions be, but for lists, which lean to the left. */
static bool holds(const struct subject *subject, size_t i)
{
	const struct node *node = &subject->filter->node[i];

	switch (node->kind) {
	case NODE_OR:
		return holds(subject, node->left) || holds(subject, node->right);
	case NODE_AND:
		return holds(subject, node->left) && holds(subject, node->right);
	case NODE_NOT:
		return !holds(subject, node->left);
	default:
		return compare(node, subject);
	}
}

bool filter_holds(const struct filter *filter, const struct perfdata_event *event,
		  const struct sample *sample, const char *comm)
{
	const struct subject subject = {
		.filter = filter, .event = event, .sample = sample, .comm = comm
	};

	return holds(&subject, filter->root);
}
