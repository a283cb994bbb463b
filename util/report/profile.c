// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/report/profile.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { FRAMES_MAX = 1024 };

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
	uint64_t key[PROFILE_WORDS_NR] = {
		[PROFILE_EVENT] = sample->event->index,
		[PROFILE_COMM] = sample->comm,
		[PROFILE_KERNEL] = frame->is_kernel,
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
	key[PROFILE_DSO] = dso;
	key[PROFILE_FUNCTION] = function;
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
		.keys = keyset_init(PROFILE_WORDS_NR),
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
