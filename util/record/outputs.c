// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/record/recorder.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "util/base/clock.h"
#include "util/base/endian.h"
#include "util/base/macros.h"
#include "util/base/str.h"
#include "util/record/symbols.h"
#include "util/record/synth.h"

/* Of all readers, and after them the main thread's. */
static struct drain *drain_of(struct recorder *recorder, uint32_t i)
{
	return i < readers_nr(recorder->readers) ? readers_drain(recorder->readers, i)
						 : &recorder->drain;
}

/* What all drains did since the last time. */
static void take_stats(struct recorder *recorder, struct record_summary *summary)
{
	summary->time_first_ns = UINT64_MAX;
	for (uint32_t i = 0; i <= readers_nr(recorder->readers); i++) {
		struct drain_stats *stats = &drain_of(recorder, i)->stats;

		summary->samples += stats->samples;
		summary->time_first_ns = MIN(summary->time_first_ns, stats->time_first_ns);
		summary->time_last_ns = MAX(summary->time_last_ns, stats->time_last_ns);
		*stats = (struct drain_stats){ .time_first_ns = UINT64_MAX };
	}
	summary->wakeups = readers_wakeups(recorder->readers);
}

static struct err *sink(void *context, const void *records, size_t len)
{
	return drain_add(context, records, len);
}

/* <path>.<time to hundredths of a second> */
static struct err *name_by_time(const char *path, int64_t hundredths, struct str *name)
{
	const time_t seconds = (time_t)(hundredths / 100);
	char stamp[32];
	struct tm tm;

	localtime_r(&seconds, &tm);
	strftime(stamp, sizeof(stamp), "%Y%m%d%H%M%S", &tm);
	str_clear(name);
	str_printf(name, "%s.%s%02d", path, stamp, (int)(hundredths % 100));
	return str_check(name);
}

/*
 * A file that is complete and not the last one is named by its time, or the next that no file has:
 * two may be complete within a hundredth of a second.
 */
static struct err *move_aside(const char *path)
{
	guard(str) struct str name = STR_INIT;
	struct timespec now;
	struct stat taken;
	int64_t hundredths;
	struct err *err;

	clock_gettime(CLOCK_REALTIME, &now);
	hundredths = (int64_t)now.tv_sec * 100 + now.tv_nsec / 10000000;
	do {
		err = name_by_time(path, hundredths++, &name);
	} while (!err && !lstat(name.s, &taken));
	if (!err && rename(path, name.s))
		err = err_sys(errno, "%s: name it %s", path, name.s);
	return err;
}

/* Bytes of the next file after which something is due; 0: nothing is. */
static uint64_t data_limit(const struct record_config *config, uint64_t bytes_before)
{
	uint64_t left = config->file_bytes - MIN(bytes_before, config->file_bytes);

	if (!config->file_bytes)
		return config->switch_bytes;
	left = MAX(left, UINT64_C(1));
	return config->switch_bytes ? MIN(left, config->switch_bytes) : left;
}

/* @begun: what the tasks have started since is recorded with them, and so is named with all. */
static struct err *tell_tasks(const struct recorder *recorder, bool begun, synth_sink to,
			      void *context)
{
	const struct record_config *config = recorder->config;
	const pid_t *tid = config->inherit && begun ? NULL : config->tid;

	return synth_tasks(tid, config->tid_nr, event_set_wants_user(config->events),
			   record_trailer_bytes(config->events), to, context);
}

/* What the kernel will not tell, as records of its own. */
static struct err *add_what_was_there(struct recorder *recorder)
{
	const struct record_config *config = recorder->config;
	size_t trailer_bytes = record_trailer_bytes(config->events);
	bool tasks_kept = recorder->tasks_before.len;
	struct err *err;

	err = synth_kernel(trailer_bytes, sink, &recorder->drain);
	if (!err && event_set_wants_cgroups(config->events))
		err = synth_cgroups(trailer_bytes, sink, &recorder->drain);
	if (!err && tasks_kept)
		err = drain_add(&recorder->drain, recorder->tasks_before.s,
				recorder->tasks_before.len);
	/* In a ring that is overwritten, those that are still there are called otherwise by now. */
	if (!err && (!tasks_kept || config->overwrite))
		err = tell_tasks(recorder, config->overwrite, sink, &recorder->drain);
	return err ? err_wrap(err, "%s", config->path) : NULL;
}

static struct err *keep(void *context, const void *records, size_t len)
{
	struct str *kept = context;

	str_add_bytes(kept, records, len);
	return str_check(kept);
}

struct err *outputs_keep_tasks(struct recorder *recorder)
{
	return tell_tasks(recorder, false, keep, &recorder->tasks_before);
}

struct err *outputs_begin(struct recorder *recorder)
{
	const struct record_config *config = recorder->config;
	struct err *err;

	__atomic_store_n(&recorder->data_bytes, 0, __ATOMIC_RELAXED);
	recorder->file_limit = data_limit(config, recorder->result->bytes);
	err = record_file_begin(config, !recorder->result->files_nr, &recorder->descriptors,
				recorder->output, recorder->notes, &recorder->file);
	return err ? err : add_what_was_there(recorder);
}

/* As perf does at the end: what each descriptor lost, for readers that know no proof. */
static struct err *add_lost_records(struct recorder *recorder, const char *proof)
{
	for (const char *line = proof; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		uint8_t record[48] = { 0 };
		uint64_t id, lost;
		struct err *err;
		int cpu;

		if (sscanf(line, "%" SCNu64 " %d %*d %*s %*s %" SCNu64, &id, &cpu, &lost) != 3 ||
		    !lost)
			continue;
		store_u32(record, PERF_RECORD_LOST_SAMPLES, ORDER_LITTLE);
		store_u16(record + 6, sizeof(record), ORDER_LITTLE);
		store_u64(record + 8, lost, ORDER_LITTLE);
		store_u32(record + 32, (uint32_t)cpu, ORDER_LITTLE);
		store_u64(record + 40, id, ORDER_LITTLE);
		err = drain_add(&recorder->drain, record, sizeof(record));
		if (err)
			return err;
	}
	return NULL;
}

/* Names for what the file mentions; they may be missing, the file is good without. */
static struct err *add_symbols(struct recorder *recorder)
{
	const struct addresses *addresses[READERS_MAX + 1];
	uint32_t nr = readers_nr(recorder->readers) + 1;
	struct err *err;

	for (uint32_t i = 0; i < nr; i++)
		addresses[i] = &drain_of(recorder, i)->addresses;
	err = record_symbols(recorder->file.writer, addresses, nr, recorder->notes);
	for (uint32_t i = 0; i < nr; i++)
		addresses_clear(&drain_of(recorder, i)->addresses);
	return err;
}

static void add_up(struct record_result *result, const struct record_summary *summary,
		   uint64_t bytes)
{
	result->files_nr++;
	result->bytes += bytes;
	result->proof = summary->proof;
	result->lost = summary->lost;
	result->withheld = summary->withheld;
	result->lost_tracking = summary->lost_tracking;
	result->events += summary->samples;
	result->wakeups = summary->wakeups;
	result->wall_ns = summary->wall_ns;
	result->cpu_ns = summary->cpu_ns;
}

/* Everything the file needs at its end. */
static struct err *complete_file(struct recorder *recorder, bool final, const char *reason)
{
	struct record_summary summary = { .reason = reason };
	guard(str) struct str proof = STR_INIT;
	uint64_t bytes = 0;
	struct err *err;

	take_stats(recorder, &summary);
	summary.wall_ns = clock_now_ns() - recorder->started_ns;
	summary.cpu_ns = clock_ns(CLOCK_PROCESS_CPUTIME_ID) - recorder->started_cpu_ns;
	err = record_file_proof(recorder->config, &recorder->descriptors, final, &proof, &summary);
	if (err)
		return err;
	/* On a full disk the numbers are in the proof alone. */
	err_free(add_lost_records(recorder, proof.s));
	err = add_symbols(recorder);
	if (!err)
		err = record_file_end(&recorder->file, recorder->output, &proof, &summary, &bytes);
	if (!err)
		add_up(recorder->result, &summary, bytes);
	return err;
}

/*
 * @final: events are disabled, all is read, and there will be no other file. No file is open after
 * that, also on error.
 */
static struct err *end_file(struct recorder *recorder, bool final, const char *reason)
{
	struct err *err;
	uint64_t end;

	/* A switch to another file failed: the one before is complete. */
	if (!recorder->file.writer)
		return NULL;
	err = complete_file(recorder, final, reason);
	output_end(recorder->output, &end);
	if (!err && !final)
		err = move_aside(recorder->file.path);
	record_file_release(&recorder->file);
	__atomic_store_n(&recorder->data_bytes, 0, __ATOMIC_RELAXED);
	return err;
}

struct err *outputs_end(struct recorder *recorder, const char *reason)
{
	return end_file(recorder, true, reason);
}

/*
 * Between two files no reader is at its rings; what comes meanwhile waits there. Whoever is there
 * at that moment is named in the next file, though it has ended when that file begins.
 */
struct err *outputs_switch(struct recorder *recorder, const char *reason)
{
	struct err *err = readers_pause(recorder->readers);

	str_clear(&recorder->tasks_before);
	if (!err)
		err = tell_tasks(recorder, true, keep, &recorder->tasks_before);
	if (!err)
		err = end_file(recorder, false, reason);
	if (!err)
		err = outputs_begin(recorder);
	readers_resume(recorder->readers);
	return err;
}

struct err *outputs_snapshot(struct recorder *recorder, bool final, const char *reason)
{
	struct descriptors *descriptors = &recorder->descriptors;
	struct err *end_err, *err = NULL;

	for (size_t i = 0; i < descriptors->nr; i++)
		descriptors->item[i].samples = descriptors->item[i].before = 0;
	recorder->drain.stats = (struct drain_stats){ .time_first_ns = UINT64_MAX };
	for (size_t i = 0; i < descriptors->ring_nr && !err; i++)
		err = ring_pause(&descriptors->ring[i], true);
	if (!err)
		err = outputs_begin(recorder);
	for (size_t i = 0; i < descriptors->ring_nr && !err; i++)
		err = drain_backward(&recorder->drain, &descriptors->ring[i]);
	/* What was written until there was no more room is good. */
	end_err = end_file(recorder, final, err ? "output failed" : reason);
	for (size_t i = 0; i < descriptors->ring_nr; i++)
		err_free(ring_pause(&descriptors->ring[i], false));
	if (!err)
		return end_err;
	err_free(end_err);
	return err;
}
