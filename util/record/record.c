// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/record/record.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "util/base/clock.h"
#include "util/base/macros.h"
#include "util/base/str.h"
#include "util/event/open.h"
#include "util/record/host.h"
#include "util/record/recorder.h"

enum {
	CPUS_PER_READER = 4,
	RESERVE_BYTES = 256 << 10, /* for what follows the events when the disk is full */
};

static void committed(void *context, uint64_t bytes)
{
	struct recorder *recorder = context;

	perfdata_writer_committed(recorder->file.writer, bytes);
	__atomic_store_n(&recorder->data_bytes, bytes, __ATOMIC_RELAXED);
	if (recorder->file_limit && bytes >= recorder->file_limit)
		(void)!eventfd_write(recorder->failed_fd, 1);
}

static uint32_t choose_readers(const struct record_config *config)
{
	uint64_t nr = config->readers_nr;

	if (config->overwrite)
		return 0;
	if (!nr)
		nr = (config->cpus->nr + CPUS_PER_READER - 1) / CPUS_PER_READER;
	nr = MIN(nr, (uint64_t)config->cpus->nr);
	return (uint32_t)MIN(nr, (uint64_t)READERS_MAX);
}

static struct err *start_threads(struct recorder *recorder)
{
	struct output_config output_config = {
		.use_mmap = recorder->config->use_mmap,
		.reserve_bytes = RESERVE_BYTES,
		.committed = committed,
		.context = recorder,
		.no_populate = recorder->config->no_populate,
	};
	struct err *err = output_new(&output_config, &recorder->output);

	return err ? err
		   : readers_new(choose_readers(recorder->config), recorder->failed_fd,
				 &recorder->readers);
}

/* The tasks are the command itself; with -p it only says how long. */
static bool of_command(const struct record_config *config)
{
	return config->workload && config->tid_nr == 1 && config->tid[0] == config->workload->pid;
}

static struct err *complete_attrs(const struct record_config *config)
{
	struct event_features features = event_features();
	bool by_exec = of_command(config) && !config->delay_ms;
	struct err *err;

	err = event_set_add_tracking(config->events, event_set_wants_user(config->events),
				     features.build_id && !config->no_build_id);
	if (err)
		return err;
	for (size_t i = 0; i < config->events->nr; i++) {
		struct perf_event_attr *attr = &config->events->event[i].attr;

		if (!features.cgroup || config->no_cgroup) {
			attr->sample_type &= ~(uint64_t)PERF_SAMPLE_CGROUP;
			attr->cgroup = 0;
		}
		attr->ksymbol &= features.ksymbol;
		if (features.lost && !config->no_lost)
			attr->read_format |= PERF_FORMAT_LOST_BIT;
		attr->inherit = config->inherit;
		attr->enable_on_exec = by_exec;
		attr->disabled = by_exec || attr->disabled;
	}
	return NULL;
}

static struct err *open_events(struct recorder *recorder)
{
	const struct record_config *config = recorder->config;
	guard(str) struct str filter = STR_INIT;
	struct descriptors_target target = {
		.cpus = config->cpus,
		.tid = config->tid,
		.tid_nr = config->tid_nr,
		.cgroup_fd = config->cgroup_fd,
		.ring_bytes = config->ring_bytes,
		.overwrite = config->overwrite,
	};
	struct err *err;

	err = complete_attrs(config);
	if (!err)
		err = own_threads_find(&recorder->own);
	if (err)
		return err;
	own_threads_hurry(&recorder->own);
	recorder->own_by_kernel = own_threads_have_traced_numbers();
	if (!config->include_self && recorder->own_by_kernel) {
		own_threads_filter(&recorder->own, &filter);
		err = str_check(&filter);
		if (err)
			return err;
		target.own_filter = filter.s;
	}
	return descriptors_open(config->events, &target, &recorder->descriptors);
}

static bool all_tracepoints(const struct event_set *set)
{
	for (size_t i = 0; i < set->nr; i++)
		if (set->event[i].attr.type != PERF_TYPE_TRACEPOINT &&
		    !event_is_tracking(&set->event[i]))
			return false;
	return true;
}

static struct err *init_drains(struct recorder *recorder)
{
	const struct record_config *config = recorder->config;
	bool drop = !config->include_self &&
		    (!recorder->own_by_kernel || !all_tracepoints(config->events));
	struct err *err;

	err = address_plan_make(config->events, host_kernel_text(), &recorder->plan);
	for (uint32_t i = 0; !err && i <= readers_nr(recorder->readers); i++) {
		struct drain *drain = i < readers_nr(recorder->readers)
					      ? readers_drain(recorder->readers, i)
					      : &recorder->drain;

		err = drain_init(drain, &recorder->descriptors, &recorder->plan, recorder->output,
				 config->zstd_level);
		drain->own = drop ? &recorder->own : NULL;
	}
	return err;
}

/* By exec, now, or after the delay. */
static struct err *begin_events(struct recorder *recorder)
{
	const struct record_config *config = recorder->config;
	struct err *err;

	recorder->started_ns = clock_now_ns();
	recorder->started_cpu_ns = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
	if (!config->delay_ms && !of_command(config)) {
		err = descriptors_enable(&recorder->descriptors, recorder->config->events, true);
		if (err)
			return err;
	}
	return config->workload ? workload_go(config->workload) : NULL;
}

/* Where a snapshot failed, the next one would: what there was room for is there. */
static struct err *last_snapshot(struct recorder *recorder, const char *reason)
{
	struct record_result *result = recorder->result;
	struct err *err;

	if (result->stopped_by && result->files_nr)
		return NULL;
	err = outputs_snapshot(recorder, true, reason);
	if (!err || !result->files_nr)
		return err;
	err_free(result->stopped_by);
	result->stopped_by = err;
	return NULL;
}

static struct err *finish(struct recorder *recorder, const char *reason)
{
	struct record_result *result = recorder->result;
	struct err *err =
		descriptors_enable(&recorder->descriptors, recorder->config->events, false);
	struct err *read_err = readers_join(recorder->readers);

	if (!result->stopped_by)
		result->stopped_by = read_err;
	else
		err_free(read_err);
	if (!err)
		err = recorder->config->overwrite ? last_snapshot(recorder, reason)
						  : outputs_end(recorder, reason);
	for (size_t i = 0; i < recorder->descriptors.nr; i++)
		result->own_events += recorder->descriptors.item[i].excluded;
	return err;
}

/* Nothing was recorded: what was there before is there again. */
static void give_up(struct recorder *recorder)
{
	err_free(descriptors_enable(&recorder->descriptors, recorder->config->events, false));
	err_free(readers_join(recorder->readers));
	if (recorder->file.path)
		record_file_undo(&recorder->file);
}

static struct err *run(struct recorder *recorder)
{
	const struct record_config *config = recorder->config;
	const char *reason = "failed";
	struct err *err, *wait_err;

	err = start_threads(recorder);
	if (!err)
		err = open_events(recorder);
	if (!err)
		err = init_drains(recorder);
	if (err)
		return err;
	err = config->overwrite ? outputs_keep_tasks(recorder) : outputs_begin(recorder);
	if (err) {
		give_up(recorder);
		return err;
	}
	recorder->result->ring_bytes = recorder->descriptors.ring_bytes;
	recorder->result->rings_nr = recorder->descriptors.ring_nr;
	readers_go(recorder->readers, &recorder->descriptors);

	err = begin_events(recorder);
	if (err) {
		give_up(recorder);
		return err;
	}
	err = wait_for_end(recorder, &reason);
	if (err)
		recorder->result->stopped_by = err;
	err = finish(recorder, reason);
	wait_err = wait_for_command(config);
	if (!err)
		return wait_err;
	err_free(wait_err);
	return err;
}

static void release(struct recorder *recorder)
{
	readers_free(recorder->readers);
	drain_release(&recorder->drain);
	address_plan_release(&recorder->plan);
	output_free(recorder->output);
	record_file_release(&recorder->file);
	str_release(&recorder->tasks_before);
	descriptors_close(&recorder->descriptors);
	if (recorder->failed_fd >= 0)
		close(recorder->failed_fd);
}

struct err *record_run(const struct record_config *config, struct notes *notes,
		       struct record_result *ret_result)
{
	struct record_result result = { .proof = RECORD_UNKNOWN };
	struct recorder recorder = {
		.config = config,
		.notes = notes,
		.result = &result,
		.descriptors = DESCRIPTORS_INIT,
		.file = RECORD_FILE_INIT,
		.tasks_before = STR_INIT,
		.failed_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK),
	};
	struct err *err;

	if (recorder.failed_fd < 0)
		return err_sys(errno, "eventfd");
	err = run(&recorder);
	release(&recorder);
	if (err) {
		err_free(result.stopped_by);
		return err;
	}
	*ret_result = result;
	return NULL;
}
