// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/report/profile.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "util/cli/csv.h"
#include "util/cli/utf8.h"

enum { WORD_EVENT, WORD_COMM, WORD_DSO, WORD_FUNCTION, WORD_KERNEL, WORDS_NR, FRAMES_MAX = 1024 };

void profile_release(struct profile *profile)
{
	keyset_release(&profile->keys);
	free(profile->row);
	free(profile->samples);
	free(profile->weight);
	flame_release(&profile->flame);
	*profile = (struct profile){ .session = NULL };
}

/* The name of a file as perf report shows it: without its folders. */
static const char *short_dso(const char *dso)
{
	const char *slash = dso && dso[0] == '/' ? strrchr(dso, '/') : NULL;

	return !dso ? "[unknown]" : slash ? slash + 1 : dso;
}

static struct err *frame_name(const struct session_frame *frame, struct str *out)
{
	if (frame->function)
		str_add(out, frame->function);
	else
		str_printf(out, "0x%016" PRIx64, frame->dso_address);
	return str_check(out);
}

static struct err *row_of(struct profile *p, const struct session_sample *sample,
			  const struct session_frame *frame, size_t *ret_row)
{
	uint64_t key[WORDS_NR] = {
		[WORD_EVENT] = sample->event->index,
		[WORD_COMM] = sample->comm,
		[WORD_KERNEL] = frame->is_kernel,
	};
	guard(str) struct str name = STR_INIT;
	uint32_t dso, function;
	struct profile_row *grown;
	struct err *e;

	e = frame_name(frame, &name);
	if (!e)
		e = session_number(p->session, name.s, &function);
	if (!e)
		e = session_number(p->session, short_dso(frame->dso), &dso);
	if (e)
		return e;
	key[WORD_DSO] = dso;
	key[WORD_FUNCTION] = function;
	e = keyset_add(&p->keys, key, ret_row);
	if (e || *ret_row < p->rows_capacity)
		return e;
	grown = reallocarray(p->row, p->keys.capacity, sizeof(*grown));
	if (!grown)
		return err_nomem();
	memset(grown + p->rows_capacity, 0, (p->keys.capacity - p->rows_capacity) * sizeof(*grown));
	p->row = grown;
	p->rows_capacity = p->keys.capacity;
	return NULL;
}

/* Frames from the innermost out; names are the session's or the symbol tables'. */
struct stack {
	struct session *session;
	const char *frame[FRAMES_MAX];
	size_t nr;
};

static struct err *push_frame(void *ctx, const struct session_frame *frame)
{
	struct stack *stack = ctx;
	uint32_t number;
	struct err *e;

	if (stack->nr == FRAMES_MAX - 1)
		return NULL;
	if (frame->function) {
		stack->frame[stack->nr++] = frame->function;
		return NULL;
	}
	e = session_number(stack->session, short_dso(frame->dso), &number);
	if (!e)
		stack->frame[stack->nr++] = session_text(stack->session, number);
	return e;
}

static struct err *add_stack(struct profile *p, const struct session_sample *sample,
			     uint64_t weight)
{
	struct stack stack = { .session = p->session };
	struct session_frame frame;
	struct err *e;

	e = session_chain(p->session, sample, push_frame, &stack);
	if (!e && !stack.nr) {
		e = session_frame(p->session, sample->sample.pid, sample->sample.ip,
				  session_sample_is_kernel(sample), &frame);
		if (!e)
			e = push_frame(&stack, &frame);
	}
	if (e)
		return e;
	stack.frame[stack.nr++] = session_text(p->session, sample->comm);
	for (size_t i = 0; i < stack.nr / 2; i++) {
		const char *other = stack.frame[i];

		stack.frame[i] = stack.frame[stack.nr - 1 - i];
		stack.frame[stack.nr - 1 - i] = other;
	}
	return flame_add(&p->flame, stack.frame, stack.nr, weight);
}

static struct err *take(struct profile *p, const struct profile_config *config,
			const struct session_sample *sample)
{
	const struct sample *s = &sample->sample;
	uint64_t weight = s->period;
	struct session_frame frame;
	struct err *e;
	size_t i;

	if (!weight)
		weight = sample->event->attr.freq ? 1 : MAX(sample->event->attr.sample_period, 1u);
	e = session_frame(p->session, s->pid, s->ip, session_sample_is_kernel(sample), &frame);
	if (e)
		return e;
	if (config->symbol && (!frame.function || strcmp(config->symbol, frame.function) != 0))
		return NULL;
	e = row_of(p, sample, &frame, &i);
	if (e)
		return e;
	p->row[i].samples++;
	p->row[i].weight += weight;
	p->samples[sample->event->index]++;
	p->weight[sample->event->index] += weight;
	return config->stacks ? add_stack(p, sample, weight) : NULL;
}

struct err *profile_analyse(struct session *session, const struct profile_config *config,
			    struct profile *ret_profile)
{
	guard(profile) struct profile p = {
		.session = session,
		.keys = keyset_init(WORDS_NR),
		.flame = FLAME_INIT,
		.events_nr = perfdata_events_nr(session_perfdata(session)),
	};

	p.samples = calloc(p.events_nr, sizeof(*p.samples));
	p.weight = calloc(p.events_nr, sizeof(*p.weight));
	if (!p.samples || !p.weight)
		return err_nomem();
	for (;;) {
		struct session_sample sample;
		struct err *e;

		e = session_next(session, &sample);
		if (e)
			return e;
		if (!sample.event)
			break;
		if (!config->tracepoints && sample.event->attr.type == PERF_TYPE_TRACEPOINT)
			continue;
		if (!session_wants(session, config->filter, &sample))
			continue;
		e = take(&p, config, &sample);
		if (e)
			return e;
	}
	*ret_profile = p;
	p = (struct profile){ .session = NULL };
	return NULL;
}

static int compare_rows(const void *a, const void *b, void *ctx)
{
	size_t x = *(const size_t *)a, y = *(const size_t *)b;
	const struct profile *p = ctx;
	const uint64_t *key_x = keyset_key(&p->keys, x), *key_y = keyset_key(&p->keys, y);

	if (key_x[WORD_EVENT] != key_y[WORD_EVENT])
		return key_x[WORD_EVENT] < key_y[WORD_EVENT] ? -1 : 1;
	if (p->row[x].weight != p->row[y].weight)
		return p->row[x].weight > p->row[y].weight ? -1 : 1;
	for (size_t i = WORD_COMM; i <= WORD_FUNCTION; i++) {
		int result = strcmp(session_text(p->session, (uint32_t)key_x[i]),
				    session_text(p->session, (uint32_t)key_y[i]));

		if (result)
			return result;
	}
	return x < y ? -1 : x > y;
}

/* Calls @each with the rows of @view in order. */
typedef struct err *row_fn(const struct profile *p, size_t row, void *ctx);

static struct err *each_row(const struct profile *p, const struct profile_view *view, size_t event,
			    row_fn *each, void *ctx)
{
	autofree size_t *row = calloc(p->keys.nr + 1, sizeof(*row));
	struct err *e = NULL;
	size_t nr = 0;

	if (!row)
		return err_nomem();
	for (size_t i = 0; i < p->keys.nr; i++) {
		if (keyset_key(&p->keys, i)[WORD_EVENT] != event ||
		    100.0 * (double)p->row[i].weight / (double)p->weight[event] <
			    view->percent_limit)
			continue;
		row[nr++] = i;
	}
	qsort_r(row, nr, sizeof(*row), compare_rows, (void *)(uintptr_t)p);
	for (size_t i = 0; i < nr && !e && (!view->limit || i < view->limit); i++)
		e = each(p, row[i], ctx);
	return e;
}

static const char *word(const struct profile *p, size_t row, size_t i)
{
	return session_text(p->session, (uint32_t)keyset_key(&p->keys, row)[i]);
}

static double share(const struct profile *p, size_t row)
{
	uint64_t all = p->weight[keyset_key(&p->keys, row)[WORD_EVENT]];

	return all ? 100.0 * (double)p->row[row].weight / (double)all : 0;
}

static const char *event_name(const struct profile *p, size_t event)
{
	return perfdata_event(session_perfdata(p->session), event)->name;
}

struct text {
	FILE *out;
	size_t comm_width;
	size_t dso_width;
};

static struct err *measure_row(const struct profile *p, size_t row, void *ctx)
{
	struct text *text = ctx;

	text->comm_width = MAX(text->comm_width, utf8_width(word(p, row, WORD_COMM)));
	text->dso_width = MAX(text->dso_width, utf8_width(word(p, row, WORD_DSO)));
	return NULL;
}

static struct err *text_row(const struct profile *p, size_t row, void *ctx)
{
	guard(str) struct str line = STR_INIT;
	struct text *text = ctx;
	struct err *e;

	str_printf(&line, "%9.2f%%  ", share(p, row));
	utf8_add_cell(&line, word(p, row, WORD_COMM), text->comm_width, true);
	str_add(&line, "  ");
	utf8_add_cell(&line, word(p, row, WORD_DSO), text->dso_width, true);
	str_printf(&line, "  [%c] ", keyset_key(&p->keys, row)[WORD_KERNEL] ? 'k' : '.');
	utf8_add_safe(&line, word(p, row, WORD_FUNCTION));
	e = str_check(&line);
	if (!e)
		fprintf(text->out, "%s\n", line.s);
	return e;
}

struct err *profile_show_text(const struct profile *p, const struct profile_view *view, FILE *out)
{
	bool first = true;

	for (size_t event = 0; event < p->events_nr; event++) {
		struct text text = { .out = out, .comm_width = 7, .dso_width = 13 };
		struct err *e;

		if (!p->samples[event])
			continue;
		fprintf(out, "%s# Samples: %" PRIu64 " of event '", first ? "" : "\n",
			p->samples[event]);
		utf8_put_safe(out, event_name(p, event));
		fputs("'\n", out);
		fprintf(out, "# Event count (approx.): %" PRIu64 "\n#\n", p->weight[event]);
		first = false;
		e = each_row(p, view, event, measure_row, &text);
		if (!e) {
			fprintf(out, "# Overhead  %-*s  %-*s  Symbol\n#\n", (int)text.comm_width,
				"Command", (int)text.dso_width, "Shared Object");
			e = each_row(p, view, event, text_row, &text);
		}
		if (e)
			return e;
	}
	if (first)
		return err_new(ERR_NODATA, "no sample is of this kind");
	return NULL;
}

static struct err *json_row(const struct profile *p, size_t row, void *ctx)
{
	struct json *json = ctx;

	json_object(json, NULL);
	json_double(json, "overhead_percent", share(p, row));
	json_u64(json, "weight", p->row[row].weight);
	json_u64(json, "samples", p->row[row].samples);
	json_string(json, "comm", word(p, row, WORD_COMM));
	json_string(json, "dso", word(p, row, WORD_DSO));
	json_string(json, "symbol", word(p, row, WORD_FUNCTION));
	json_bool(json, "kernel", keyset_key(&p->keys, row)[WORD_KERNEL]);
	json_end(json);
	return NULL;
}

struct err *profile_show_json(const struct profile *p, const struct profile_view *view,
			      struct json *json)
{
	struct err *e = NULL;

	json_array(json, "events");
	for (size_t event = 0; event < p->events_nr && !e; event++) {
		if (!p->samples[event])
			continue;
		json_object(json, NULL);
		json_string(json, "event", event_name(p, event));
		json_u64(json, "samples", p->samples[event]);
		json_u64(json, "weight", p->weight[event]);
		json_array(json, "rows");
		e = each_row(p, view, event, json_row, json);
		json_end(json);
		json_end(json);
	}
	json_end(json);
	return e;
}

static struct err *csv_row(const struct profile *p, size_t row, void *ctx)
{
	FILE *out = ctx;

	csv_text(out, event_name(p, keyset_key(&p->keys, row)[WORD_EVENT]));
	fprintf(out, ",%" PRIu64 ",%" PRIu64 ",", p->row[row].weight, p->row[row].samples);
	csv_text(out, word(p, row, WORD_COMM));
	fputc(',', out);
	csv_text(out, word(p, row, WORD_DSO));
	fputc(',', out);
	csv_text(out, word(p, row, WORD_FUNCTION));
	fprintf(out, ",%c\n", keyset_key(&p->keys, row)[WORD_KERNEL] ? 'k' : 'u');
	return NULL;
}

struct err *profile_show_csv(const struct profile *p, const struct profile_view *view, FILE *out)
{
	struct err *e = NULL;

	fprintf(out, "event,weight,samples,comm,dso,symbol,mode\n");
	for (size_t event = 0; event < p->events_nr && !e; event++)
		if (p->samples[event])
			e = each_row(p, view, event, csv_row, out);
	return e;
}
