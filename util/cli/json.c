// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/cli/json.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "util/cli/utf8.h"

struct json json_init(FILE *out)
{
	return (struct json){ .out = out };
}

static void write_string(FILE *out, const char *s, size_t s_len)
{
	const char *end = s + s_len;

	putc('"', out);
	while (s < end) {
		size_t len = 1;

		if (*s == '"' || *s == '\\')
			fprintf(out, "\\%c", *s);
		else if (*s == '\n')
			fputs("\\n", out);
		else if (*s == '\t')
			fputs("\\t", out);
		else if ((unsigned char)*s < 0x20 || *s == 0x7f)
			fprintf(out, "\\u%04x", *s);
		else if ((len = utf8_len(s)))
			fwrite(s, 1, len, out);
		else
			fputs("\xef\xbf\xbd", out);
		s += len ? len : 1;
	}
	putc('"', out);
}

static void new_line(struct json *json)
{
	fprintf(json->out, "\n%*s", (int)json->depth * 2, "");
}

/* All that stands before a value: comma, line, key. */
static void lead_in(struct json *json, const char *key)
{
	if (!json->depth) {
		assert(!key);
		return;
	}
	assert(!key == json->level[json->depth - 1].array);
	if (json->level[json->depth - 1].used)
		putc(',', json->out);
	json->level[json->depth - 1].used = true;
	new_line(json);
	if (key) {
		write_string(json->out, key, strlen(key));
		fputs(": ", json->out);
	}
}

static void lead_out(struct json *json)
{
	if (!json->depth)
		putc('\n', json->out);
}

static void open_level(struct json *json, const char *key, bool array)
{
	assert(json->depth < JSON_DEPTH_MAX);
	lead_in(json, key);
	putc(array ? '[' : '{', json->out);
	json->level[json->depth].array = array;
	json->level[json->depth].used = false;
	json->depth++;
}

void json_object(struct json *json, const char *key)
{
	open_level(json, key, false);
}

void json_array(struct json *json, const char *key)
{
	open_level(json, key, true);
}

void json_end(struct json *json)
{
	assert(json->depth);
	json->depth--;
	if (json->level[json->depth].used)
		new_line(json);
	putc(json->level[json->depth].array ? ']' : '}', json->out);
	lead_out(json);
}

void json_string(struct json *json, const char *key, const char *value)
{
	if (value)
		json_text(json, key, value, strlen(value));
	else
		json_null(json, key);
}

void json_text(struct json *json, const char *key, const char *text, size_t len)
{
	lead_in(json, key);
	write_string(json->out, text, len);
	lead_out(json);
}

void json_u64(struct json *json, const char *key, uint64_t value)
{
	lead_in(json, key);
	fprintf(json->out, "%" PRIu64, value);
	lead_out(json);
}

void json_i64(struct json *json, const char *key, int64_t value)
{
	lead_in(json, key);
	fprintf(json->out, "%" PRId64, value);
	lead_out(json);
}

void json_bool(struct json *json, const char *key, bool value)
{
	lead_in(json, key);
	fputs(value ? "true" : "false", json->out);
	lead_out(json);
}

void json_null(struct json *json, const char *key)
{
	lead_in(json, key);
	fputs("null", json->out);
	lead_out(json);
}

void json_u64_if(struct json *json, const char *key, bool known, uint64_t value)
{
	if (known)
		json_u64(json, key, value);
	else
		json_null(json, key);
}

void json_i64_if(struct json *json, const char *key, bool known, int64_t value)
{
	if (known)
		json_i64(json, key, value);
	else
		json_null(json, key);
}

void json_double(struct json *json, const char *key, double value)
{
	char digits[32];

	if (!isfinite(value)) {
		json_null(json, key);
		return;
	}
	for (int precision = 15; precision <= 17; precision++) {
		snprintf(digits, sizeof(digits), "%.*g", precision, value);
		if (strtod(digits, NULL) == value)
			break;
	}
	lead_in(json, key);
	fputs(digits, json->out);
	lead_out(json);
}
