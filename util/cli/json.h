/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * JSON, written as it comes: indented by two spaces, members in the order given, the same bytes
 * for the same calls. Every string goes out as valid UTF-8: bytes that are none become U+FFFD, one
 * for each byte, so that a damaged name never makes a damaged document.
 *
 *	struct json json = json_init(tool->out);
 *
 *	json_object(&json, NULL);
 *	json_u64(&json, "pages", 42);
 *	json_array(&json, "notes");
 *	json_string(&json, NULL, "one");
 *	json_end(&json);
 *	json_end(&json);			(the outermost end adds a newline)
 *
 * A value takes a key inside an object and NULL elsewhere. Numbers are written in full; readers
 * that keep numbers as doubles lose the last digits of those above 2^53. Errors of the stream stay
 * in the stream (ferror), as with fprintf().
 */
#ifndef VMTOOL_CLI_JSON_H
#define VMTOOL_CLI_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum { JSON_DEPTH_MAX = 16 };

struct json {
	FILE *out;
	unsigned int depth;
	struct {
		bool array;
		bool used; /* the next value needs a comma */
	} level[JSON_DEPTH_MAX];
};

struct json json_init(FILE *out);

void json_object(struct json *json, const char *key);
void json_array(struct json *json, const char *key);
void json_end(struct json *json);

void json_string(struct json *json, const char *key, const char *value); /* NULL: null */
/* Any bytes but for a zero behind them, which must be there. */
void json_text(struct json *json, const char *key, const char *text, size_t len);
void json_u64(struct json *json, const char *key, uint64_t value);
void json_i64(struct json *json, const char *key, int64_t value);
void json_bool(struct json *json, const char *key, bool value);
void json_null(struct json *json, const char *key);
/* null unless @known */
void json_u64_if(struct json *json, const char *key, bool known, uint64_t value);
void json_i64_if(struct json *json, const char *key, bool known, int64_t value);

/* The shortest digits that read back as @value; null for infinities and NaN, which JSON lacks. */
void json_double(struct json *json, const char *key, double value);

#endif
