// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/report/samples.h"

#include <inttypes.h>
#include <string.h>

#include "util/cli/utf8.h"

struct show {
	FILE *out;
	size_t name_width;
	bool tracepoint_chains; /* some tracepoint has: then all show where they were */
};

static bool has_chain(const struct perfdata_event *event)
{
	return event->layout.sample_type & PERF_SAMPLE_CALLCHAIN;
}

static void show_function(FILE *out, const struct session_frame *frame)
{
	fputc(' ', out);
	utf8_put_safe(out, frame->function ? frame->function : "[unknown]");
	if (frame->function)
		fprintf(out, "+0x%" PRIx64, frame->offset);
	fputs(" (", out);
	utf8_put_safe(out, frame->dso ? frame->dso : "[unknown]");
	fputc(')', out);
}

static struct err *show_frame(void *ctx, const struct session_frame *frame)
{
	FILE *out = ctx;

	fprintf(out, "\t%16" PRIx64, frame->is_kernel ? frame->address : frame->dso_address);
	show_function(out, frame);
	fputc('\n', out);
	return NULL;
}

static struct err *show_where(struct session *session, const struct session_sample *sample,
			      FILE *out)
{
	const struct sample *s = &sample->sample;
	struct session_frame frame;
	struct err *e;

	if (has_chain(sample->event)) {
		fputc('\n', out);
		return session_chain(session, sample, show_frame, out);
	}
	fputc(' ', out);
	if (!(sample->event->layout.sample_type & PERF_SAMPLE_IP))
		return NULL;
	e = session_frame(session, s->pid, s->ip, session_sample_is_kernel(sample), &frame);
	if (e)
		return e;
	fprintf(out, "%16" PRIx64, s->ip);
	show_function(out, &frame);
	return NULL;
}

static struct err *show_sample(struct session *session, const struct show *show,
			       const struct session_sample *sample)
{
	const struct perfdata_event *event = sample->event;
	const struct sample *s = &sample->sample;
	uint64_t type = event->layout.sample_type;
	bool tracepoint = event->attr.type == PERF_TYPE_TRACEPOINT;
	guard(str) struct str comm = STR_INIT;
	FILE *out = show->out;
	struct err *e;

	utf8_add_safe(&comm, session_text(session, sample->comm));
	e = str_check(&comm);
	if (e)
		return e;
	fprintf(out, has_chain(event) && (!tracepoint || show->tracepoint_chains) ? "%s " : "%16s ",
		comm.s);
	if (type & PERF_SAMPLE_TID)
		fprintf(out, "%5d ", (int)s->tid);
	if (type & PERF_SAMPLE_CPU)
		fprintf(out, "[%03d] ", (int)s->cpu);
	if (type & PERF_SAMPLE_TIME) {
		char text[32];

		snprintf(text, sizeof(text), "%" PRIu64 ".%06" PRIu64, s->time_ns / 1000000000,
			 s->time_ns % 1000000000 / 1000);
		fprintf(out, "%12s: ", text);
	}
	if (!tracepoint)
		fprintf(out, "%10" PRIu64 " ",
			type & PERF_SAMPLE_PERIOD ? s->period
						  : (uint64_t)event->attr.sample_period);
	fprintf(out, "%*s",
		(int)(show->name_width - MIN(show->name_width, utf8_width(event->name))), "");
	utf8_put_safe(out, event->name);
	fputs(": ", out);
	if (tracepoint && s->raw && event->format) {
		guard(str) struct str text = STR_INIT;

		format_print(event->format, s->raw, s->raw_len, &text);
		e = str_check(&text);
		/*
		 * Some print formats end in a newline, some have one inside: a sample is one line.
		 */
		while (!e && text.len && text.s[text.len - 1] == '\n')
			text.s[--text.len] = '\0';
		for (size_t i = 0; !e && i < text.len; i++)
			text.s[i] = text.s[i] == '\n' ? ' ' : text.s[i];
		if (e)
			return e;
		utf8_put_safe(out, text.s);
	}
	if (!tracepoint || show->tracepoint_chains)
		e = show_where(session, sample, out);
	fputc('\n', out);
	return e;
}

struct err *samples_show(struct session *session, const struct session_filter *filter, size_t limit,
			 FILE *out)
{
	struct perfdata *perfdata = session_perfdata(session);
	struct show show = { .out = out };

	for (size_t i = 0; i < perfdata_events_nr(perfdata); i++) {
		const struct perfdata_event *event = perfdata_event(perfdata, i);

		show.name_width = MAX(show.name_width, utf8_width(event->name));
		show.tracepoint_chains |=
			has_chain(event) && event->attr.type == PERF_TYPE_TRACEPOINT;
	}
	for (size_t shown = 0; !limit || shown < limit;) {
		struct session_sample sample;
		struct err *e;

		e = session_next(session, &sample);
		if (e || !sample.event)
			return e;
		if (!session_wants(session, filter, &sample))
			continue;
		e = show_sample(session, &show, &sample);
		if (e || ferror(out))
			return e;
		shown++;
	}
	return NULL;
}
