// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/cli/progress.h"

#include <string.h>

#include "util/base/clock.h"
#include "util/base/macros.h"
#include "util/base/str.h"
#include "util/cli/human.h"

enum {
	SAMPLES_NR = 16, /* one a second, so the rate is that of as many seconds */
	COLUMNS_MAX = 79,
};

struct sample {
	uint64_t ns;
	uint64_t done;
};

struct progress {
	struct progress_config config;
	const char *phase; /* NULL: no update yet */
	uint64_t drawn_ns; /* when the line was last drawn, or the command began */
	size_t drawn_columns;
	struct sample sample[SAMPLES_NR]; /* a ring of this phase's: `samples_nr` so far */
	size_t samples_nr;
};

static uint64_t system_now_ns(void *ctx)
{
	(void)ctx;
	return clock_now_ns();
}

/* A terminal, and not one that a shell has given to another job. */
static bool is_watched(FILE *out)
{
	int fd = fileno(out);
	pid_t foreground;

	if (fd < 0 || !isatty(fd))
		return false;
	foreground = tcgetpgrp(fd);
	return foreground < 0 || foreground == getpgrp();
}

struct progress *progress_new(const struct progress_config *config)
{
	struct progress *progress;

	if (!config->force && !is_watched(config->out))
		return NULL;
	progress = calloc(1, sizeof(*progress));
	if (!progress)
		return NULL;
	progress->config = *config;
	if (!config->now_ns)
		progress->config.now_ns = system_now_ns;
	progress->drawn_ns = progress->config.now_ns(config->ctx);
	return progress;
}

static void add_sample(struct progress *progress, uint64_t ns, uint64_t done)
{
	progress->sample[progress->samples_nr++ % SAMPLES_NR] =
		(struct sample){ .ns = ns, .done = done };
}

static struct sample oldest_sample(const struct progress *progress)
{
	size_t i = progress->samples_nr > SAMPLES_NR ? progress->samples_nr : 0;

	return progress->sample[i % SAMPLES_NR];
}

static void add_rate(const struct progress *progress, uint64_t ns, uint64_t done, uint64_t total,
		     struct str *line)
{
	struct sample since = oldest_sample(progress);
	double seconds_left;

	if (ns <= since.ns || done <= since.done)
		return;
	str_printf(line, "  %s", human_rate(done - since.done, ns - since.ns).text);
	if (done >= total)
		return;
	seconds_left = (double)(total - done) / (double)(done - since.done) *
		       ((double)(ns - since.ns) / (double)NS_PER_S);
	if (seconds_left < 360000) /* beyond 100 hours it is a guess */
		str_printf(line, "  %s left", human_clock((uint64_t)seconds_left + 1).text);
}

static void draw(struct progress *progress, const char *text, size_t columns)
{
	size_t erase = progress->drawn_columns > columns ? progress->drawn_columns - columns : 0;

	fprintf(progress->config.out, "\r%.*s%*s%s", (int)columns, text, (int)erase, "",
		columns ? "" : "\r");
	fflush(progress->config.out);
	progress->drawn_columns = columns;
}

void progress_update(struct progress *progress, const char *phase, uint64_t done, uint64_t total)
{
	guard(str) struct str line = STR_INIT;
	uint64_t ns;

	if (!progress)
		return;
	ns = progress->config.now_ns(progress->config.ctx);
	if (!progress->phase || strcmp(progress->phase, phase) != 0) {
		progress->phase = phase;
		progress->samples_nr = 0;
		add_sample(progress, ns, done);
	}
	if (ns - progress->drawn_ns < NS_PER_S)
		return;
	progress->drawn_ns = ns;

	str_add(&line, phase);
	if (total) {
		done = MIN(done, total);
		str_printf(&line, "  %s  %s of %s", human_percent(done, total).text,
			   human_size(done).text, human_size(total).text);
	} else {
		str_printf(&line, "  %s", human_size(done).text);
	}
	add_rate(progress, ns, done, total, &line);
	add_sample(progress, ns, done);
	draw(progress, line.s, MIN(line.len, (size_t)COLUMNS_MAX));
}

void progress_clear(struct progress *progress)
{
	if (progress && progress->drawn_columns)
		draw(progress, "", 0);
}

void progress_free(struct progress *progress)
{
	progress_clear(progress);
	free(progress);
}
