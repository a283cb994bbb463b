// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/record/record.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "util/base/endian.h"
#include "util/base/macros.h"
#include "util/base/str.h"
#include "util/event/open.h"
#include "util/mem/output.h"
#include "util/perfdata/format.h"
#include "util/perfdata/writer.h"
#include "util/record/descriptors.h"
#include "util/record/drain.h"
#include "util/record/file.h"
#include "util/record/symbols.h"
#include "util/record/synth.h"

enum {
	READERS_MAX = OUTPUT_APPENDS_NR - 1,
	CPUS_PER_READER = 4,
	READER_NICE = -20,
	DRAIN_MS = 100,		   /* rings are looked at so often even when little comes */
	RESERVE_BYTES = 256 << 10, /* for what follows the events when the disk is full */
	OWN_THREADS_MAX = 256,
	PID_NS_INIT_INO = 0xeffffffc, /* include/linux/proc_ns.h PROC_PID_INIT_INO */
	STOP_FDS = 4,
};

struct reader {
	struct recorder *recorder;
	pthread_t thread;
	bool runs;
	size_t ring_first, ring_end;
	int wake_fd; /* an eventfd: look at `stop` */
	bool stop;   /* atomic */
	struct drain drain;
	uint64_t wakeups;
	uint64_t round; /* atomic: the last round this reader has gone through */
	struct err *failed;
	pthread_mutex_t draining; /* held while it is at its rings */
};

struct recorder {
	const struct record_config *config;
	struct notes *notes;
	struct record_result *result;
	struct descriptors descriptors;
	struct output *output;
	struct record_file file;
	struct drain drain; /* the main thread's: what is not read from rings, and snapshots */
	struct reader *reader;
	uint32_t readers_nr;
	pthread_mutex_t
		go_lock; /* readers wait for `go`, when rings are there or there is no need */
	pthread_cond_t go_changed;
	bool go;
	int failed_fd;	/* an eventfd: some reader ended, or enough was written */
	uint64_t round; /* atomic */
	pthread_mutex_t round_lock;
	uint64_t file_limit; /* bytes of data after which to end or to switch, 0: none */
	uint64_t data_bytes; /* atomic: of the current file */
	uint32_t own_tid[OWN_THREADS_MAX];
	size_t own_nr;
	bool own_by_kernel; /* a filter leaves them out; else we drop their samples */
	uint64_t started_ns;
	uint64_t started_cpu_ns;
};

static uint64_t now_ns(clockid_t clock)
{
	struct timespec now = { 0 };

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void raise_fd(int fd)
{
	/* Adding 1 to a counter that nobody lets grow neither blocks nor fails. */
	(void)!eventfd_write(fd, 1);
}

static void lower_fd(int fd)
{
	eventfd_t value;

	(void)!eventfd_read(fd, &value);
}

/* ---- threads of ours ------------------------------------------------------------------------- */

static int by_number(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static struct err *find_own_threads(struct recorder *recorder)
{
	DIR *tasks = opendir("/proc/self/task");
	struct dirent *entry;

	if (!tasks)
		return err_sys(errno, "list our own threads");
	while ((entry = readdir(tasks)) && recorder->own_nr < OWN_THREADS_MAX)
		if (isdigit((unsigned char)entry->d_name[0]))
			recorder->own_tid[recorder->own_nr++] =
				(uint32_t)strtoul(entry->d_name, NULL, 10);
	closedir(tasks);
	qsort(recorder->own_tid, recorder->own_nr, sizeof(recorder->own_tid[0]), by_number);
	/* Readers come first where they may; a process with less privilege reads as it can. */
	for (size_t i = 0; i < recorder->own_nr; i++)
		setpriority(PRIO_PROCESS, recorder->own_tid[i], READER_NICE);
	return NULL;
}

/* Traces know tasks by the numbers of the first pid namespace, which others are not told. */
static bool in_first_pid_namespace(void)
{
	struct stat stat_buf;

	return !stat("/proc/self/ns/pid", &stat_buf) && stat_buf.st_ino == PID_NS_INIT_INO;
}

/* Threads made in a row have numbers in a row: two comparisons suffice for them. */
static void own_filter(const struct recorder *recorder, struct str *out)
{
	for (size_t i = 0; i < recorder->own_nr;) {
		size_t end = i + 1;

		while (end < recorder->own_nr &&
		       recorder->own_tid[end] == recorder->own_tid[i] + (end - i))
			end++;
		str_add(out, i ? " && " : "");
		if (end - i > 2) {
			str_printf(out, "(common_pid < %u || common_pid > %u)",
				   recorder->own_tid[i], recorder->own_tid[end - 1]);
			i = end;
		} else {
			str_printf(out, "common_pid != %u", recorder->own_tid[i++]);
		}
	}
}

/* ---- readers --------------------------------------------------------------------------------- */

/*
 * perf sorts by rounds: what follows the end of a round is younger than what preceded the end of
 * the round before (tools/perf/util/ordered-events.c). That holds once every reader has gone
 * through all its rings since then.
 */
static struct err *end_round(struct recorder *recorder, struct drain *drain)
{
	static const uint8_t finished[8] = { PERFDATA_RECORD_FINISHED_ROUND, 0, 0, 0, 0, 0, 8, 0 };
	struct iovec iov = { .iov_base = (void *)finished, .iov_len = sizeof(finished) };
	uint64_t round = __atomic_load_n(&recorder->round, __ATOMIC_SEQ_CST);
	struct err *err = NULL;

	for (uint32_t i = 0; i < recorder->readers_nr; i++)
		if (__atomic_load_n(&recorder->reader[i].round, __ATOMIC_SEQ_CST) != round)
			return NULL;
	pthread_mutex_lock(&recorder->round_lock);
	if (recorder->round == round) {
		err = output_append(drain->output, &iov, 1);
		__atomic_store_n(&recorder->round, round + 1, __ATOMIC_SEQ_CST);
	}
	pthread_mutex_unlock(&recorder->round_lock);
	return err;
}

static struct err *drain_all(struct reader *reader)
{
	struct recorder *recorder = reader->recorder;
	uint64_t round = __atomic_load_n(&recorder->round, __ATOMIC_SEQ_CST);
	uint64_t bytes = reader->drain.stats.bytes;
	struct err *err = NULL;

	pthread_mutex_lock(&reader->draining);
	for (size_t i = reader->ring_first; i < reader->ring_end && !err; i++)
		err = drain_ring(&reader->drain, &recorder->descriptors.ring[i]);
	if (!err && reader->drain.stats.bytes != bytes) {
		__atomic_store_n(&reader->round, round, __ATOMIC_SEQ_CST);
		err = end_round(recorder, &reader->drain);
	} else {
		__atomic_store_n(&reader->round, round, __ATOMIC_SEQ_CST);
	}
	pthread_mutex_unlock(&reader->draining);
	return err;
}

static void *read_rings(void *arg)
{
	struct reader *reader = arg;
	struct recorder *recorder = reader->recorder;
	autofree struct pollfd *pollfd = NULL;
	size_t nr;

	pthread_mutex_lock(&recorder->go_lock);
	while (!recorder->go)
		pthread_cond_wait(&recorder->go_changed, &recorder->go_lock);
	pthread_mutex_unlock(&recorder->go_lock);
	/* It may be over already; what is in the rings is read all the same. */
	nr = reader->ring_end - reader->ring_first;
	pollfd = calloc(nr + 1, sizeof(*pollfd));
	if (!pollfd) {
		reader->failed = err_nomem();
		raise_fd(recorder->failed_fd);
		return NULL;
	}
	for (size_t i = 0; i < nr; i++)
		pollfd[i] = (struct pollfd){
			.fd = recorder->descriptors.ring[reader->ring_first + i].fd,
			.events = POLLIN,
		};
	pollfd[nr] = (struct pollfd){ .fd = reader->wake_fd, .events = POLLIN };

	while (!__atomic_load_n(&reader->stop, __ATOMIC_ACQUIRE)) {
		poll(pollfd, nr + 1, DRAIN_MS);
		reader->wakeups++;
		/* A task that ended leaves its descriptor hung up: it would wake us for ever. */
		for (size_t i = 0; i < nr; i++)
			if (pollfd[i].revents & (POLLHUP | POLLERR))
				pollfd[i].fd = -1;
		reader->failed = drain_all(reader);
		if (reader->failed) {
			raise_fd(recorder->failed_fd);
			return NULL;
		}
	}
	/* Events are disabled by now: what is there is the rest. */
	reader->failed = drain_all(reader);
	return NULL;
}

static void let_readers_go(struct recorder *recorder)
{
	pthread_mutex_lock(&recorder->go_lock);
	recorder->go = true;
	pthread_cond_broadcast(&recorder->go_changed);
	pthread_mutex_unlock(&recorder->go_lock);
}

static void committed(void *context, uint64_t bytes)
{
	struct recorder *recorder = context;

	perfdata_writer_committed(recorder->file.writer, bytes);
	__atomic_store_n(&recorder->data_bytes, bytes, __ATOMIC_RELAXED);
	if (recorder->file_limit && bytes >= recorder->file_limit)
		raise_fd(recorder->failed_fd);
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
	uint32_t nr = choose_readers(recorder->config);
	struct output_config output_config = {
		.use_mmap = recorder->config->use_mmap,
		.reserve_bytes = RESERVE_BYTES,
		.committed = committed,
		.context = recorder,
		.no_populate = recorder->config->no_populate,
	};
	struct err *err = output_new(&output_config, &recorder->output);

	if (err)
		return err;
	recorder->reader = calloc(nr + 1, sizeof(*recorder->reader));
	if (!recorder->reader)
		return err_nomem();
	for (; recorder->readers_nr < nr; recorder->readers_nr++) {
		struct reader *reader = &recorder->reader[recorder->readers_nr];
		int failed;

		*reader = (struct reader){ .recorder = recorder };
		pthread_mutex_init(&reader->draining, NULL);
		reader->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		failed = reader->wake_fd < 0
				 ? errno
				 : pthread_create(&reader->thread, NULL, read_rings, reader);
		if (failed)
			return err_sys(failed, "start a reader");
		reader->runs = true;
	}
	return NULL;
}

static void split_rings(struct recorder *recorder)
{
	size_t ring_nr = recorder->descriptors.ring_nr;

	for (uint32_t i = 0; i < recorder->readers_nr; i++) {
		recorder->reader[i].ring_first = ring_nr * i / recorder->readers_nr;
		recorder->reader[i].ring_end = ring_nr * (i + 1) / recorder->readers_nr;
	}
}

/* Reads the rest of the rings; events are disabled. The first error of a reader. */
static struct err *join_readers(struct recorder *recorder)
{
	struct err *err = NULL;

	for (uint32_t i = 0; i < recorder->readers_nr; i++) {
		__atomic_store_n(&recorder->reader[i].stop, true, __ATOMIC_RELEASE);
		raise_fd(recorder->reader[i].wake_fd);
	}
	for (uint32_t i = 0; i < recorder->readers_nr; i++) {
		struct reader *reader = &recorder->reader[i];

		if (reader->runs)
			pthread_join(reader->thread, NULL);
		reader->runs = false;
		if (!err)
			err = reader->failed;
		else
			err_free(reader->failed);
		reader->failed = NULL;
	}
	return err;
}

/* ---- files ----------------------------------------------------------------------------------- */

/* What all drains did since the last time. */
static void take_stats(struct recorder *recorder, struct record_summary *summary)
{
	summary->time_first_ns = UINT64_MAX;
	for (uint32_t i = 0; i <= recorder->readers_nr; i++) {
		struct drain_stats *stats = i < recorder->readers_nr
						    ? &recorder->reader[i].drain.stats
						    : &recorder->drain.stats;

		summary->samples += stats->samples;
		summary->time_first_ns = MIN(summary->time_first_ns, stats->time_first_ns);
		summary->time_last_ns = MAX(summary->time_last_ns, stats->time_last_ns);
		*stats = (struct drain_stats){ .time_first_ns = UINT64_MAX };
		if (i < recorder->readers_nr)
			summary->wakeups += recorder->reader[i].wakeups;
	}
}

static struct err *sink(void *context, const void *records, size_t len)
{
	return drain_add(context, records, len);
}

/* A file that is complete and not the last one: <path>.<time to hundredths of a second>. */
static struct err *move_aside(const char *path, char **ret_name)
{
	guard(str) struct str name = STR_INIT;
	struct timespec now;
	char stamp[32];
	struct err *err;
	struct tm tm;

	clock_gettime(CLOCK_REALTIME, &now);
	localtime_r(&now.tv_sec, &tm);
	strftime(stamp, sizeof(stamp), "%Y%m%d%H%M%S", &tm);
	str_printf(&name, "%s.%s%02ld", path, stamp, now.tv_nsec / 10000000);
	err = str_check(&name);
	if (!err && rename(path, name.s))
		err = err_sys(errno, "%s: name it %s", path, name.s);
	if (err)
		return err;
	*ret_name = str_take(&name);
	return *ret_name ? NULL : err_nomem();
}

static struct err *begin_file(struct recorder *recorder)
{
	const struct record_config *config = recorder->config;
	size_t trailer_bytes = record_trailer_bytes(config->events);
	struct err *err;

	recorder->data_bytes = 0;
	err = record_file_begin(config, !recorder->result->files_nr, &recorder->descriptors,
				recorder->output, recorder->notes, &recorder->file);
	if (!err)
		err = synth_kernel(trailer_bytes, sink, &recorder->drain);
	if (!err)
		err = synth_tasks(config->tid, config->tid_nr, event_set_wants_user(config->events),
				  trailer_bytes, sink, &recorder->drain);
	return err;
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

/*
 * @final: events are disabled, all is read, and there will be no other file. *ret_name: what the
 * file is called now, to be freed.
 */
static struct err *end_file(struct recorder *recorder, bool final, const char *reason,
			    char **ret_name)
{
	struct record_result *result = recorder->result;
	struct record_summary summary = { .reason = reason };
	guard(str) struct str proof = STR_INIT;
	uint64_t bytes = 0;
	struct err *err;

	take_stats(recorder, &summary);
	summary.wall_ns = now_ns(CLOCK_MONOTONIC) - recorder->started_ns;
	summary.cpu_ns = now_ns(CLOCK_PROCESS_CPUTIME_ID) - recorder->started_cpu_ns;
	err = record_file_proof(recorder->config, &recorder->descriptors, final, &proof, &summary);
	if (err)
		return err;
	/* On a full disk the numbers are in the proof alone. */
	err_free(add_lost_records(recorder, proof.s));
	err = record_file_end(&recorder->file, recorder->output, &proof, &summary, &bytes);
	if (!err && !final)
		err = move_aside(recorder->file.path, ret_name);
	else if (!err)
		*ret_name = take_ptr(recorder->file.path);
	record_file_release(&recorder->file);
	if (err)
		return err;

	result->files_nr++;
	result->bytes += bytes;
	result->proof = summary.proof;
	result->lost = summary.lost;
	result->withheld = summary.withheld;
	result->lost_tracking = summary.lost_tracking;
	result->events += summary.samples;
	result->wakeups = summary.wakeups;
	result->wall_ns = summary.wall_ns;
	result->cpu_ns = summary.cpu_ns;
	return NULL;
}

/* Between two files no reader is at its rings; what comes meanwhile waits there. */
static struct err *switch_file(struct recorder *recorder, const char *reason)
{
	autofree char *name = NULL;
	struct err *err;

	for (uint32_t i = 0; i < recorder->readers_nr; i++)
		pthread_mutex_lock(&recorder->reader[i].draining);
	err = end_file(recorder, false, reason, &name);
	if (!err)
		err = begin_file(recorder);
	for (uint32_t i = 0; i < recorder->readers_nr; i++)
		pthread_mutex_unlock(&recorder->reader[i].draining);
	return err ? err : record_add_symbols(name, recorder->notes);
}

/* The rings' present contents as a file of their own. */
static struct err *snapshot(struct recorder *recorder, bool final, const char *reason)
{
	struct descriptors *descriptors = &recorder->descriptors;
	autofree char *name = NULL;
	struct err *err = NULL;

	for (size_t i = 0; i < descriptors->nr; i++)
		descriptors->item[i].samples = descriptors->item[i].before = 0;
	recorder->drain.stats = (struct drain_stats){ .time_first_ns = UINT64_MAX };
	for (size_t i = 0; i < descriptors->ring_nr && !err; i++)
		err = ring_pause(&descriptors->ring[i], true);
	if (!err)
		err = begin_file(recorder);
	for (size_t i = 0; i < descriptors->ring_nr && !err; i++)
		err = drain_backward(&recorder->drain, &descriptors->ring[i]);
	if (!err)
		err = end_file(recorder, final, reason, &name);
	for (size_t i = 0; i < descriptors->ring_nr; i++)
		err_free(ring_pause(&descriptors->ring[i], false));
	return err ? err : record_add_symbols(name, recorder->notes);
}

/* ---- the run --------------------------------------------------------------------------------- */

static struct err *complete_attrs(const struct record_config *config)
{
	struct event_features features = event_features();
	bool by_exec = config->tid && config->workload && !config->delay_ms;
	struct err *err;

	err = event_set_add_tracking(config->events, event_set_wants_user(config->events),
				     features.build_id && !config->no_build_id);
	if (err)
		return err;
	for (size_t i = 0; i < config->events->nr; i++) {
		struct perf_event_attr *attr = &config->events->event[i].attr;

		if (features.lost && !config->no_lost)
			attr->read_format |= PERF_FORMAT_LOST_BIT;
		if (!features.cgroup)
			attr->sample_type &= ~(uint64_t)PERF_SAMPLE_CGROUP;
		attr->inherit = config->tid && config->cgroup_fd < 0;
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
		err = find_own_threads(recorder);
	if (err)
		return err;
	recorder->own_by_kernel = in_first_pid_namespace();
	if (!config->include_self && recorder->own_by_kernel) {
		own_filter(recorder, &filter);
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

	for (uint32_t i = 0; i <= recorder->readers_nr; i++) {
		struct drain *drain =
			i < recorder->readers_nr ? &recorder->reader[i].drain : &recorder->drain;
		struct err *err = drain_init(drain, &recorder->descriptors, config->events,
					     recorder->output, config->zstd_level);

		if (err)
			return err;
		if (drop)
			drain->own = (struct own_threads){ recorder->own_tid, recorder->own_nr };
	}
	return NULL;
}

/* By exec, now, or after the delay. */
static struct err *begin_events(struct recorder *recorder)
{
	const struct record_config *config = recorder->config;
	struct err *err;

	recorder->started_ns = now_ns(CLOCK_MONOTONIC);
	recorder->started_cpu_ns = now_ns(CLOCK_PROCESS_CPUTIME_ID);
	if (!config->delay_ms && !(config->tid && config->workload)) {
		err = descriptors_enable(&recorder->descriptors, true);
		if (err)
			return err;
	}
	return config->workload ? workload_go(config->workload) : NULL;
}

/* Milliseconds to the next thing that is due by the clock; -1: nothing is. */
static int next_due_ms(uint64_t due_ns)
{
	uint64_t now = now_ns(CLOCK_MONOTONIC);

	if (!due_ns)
		return -1;
	if (due_ns <= now)
		return 0;
	return (int)MIN((due_ns - now) / 1000000 + 1, (uint64_t)INT32_MAX);
}

static bool tasks_are_gone(const struct record_config *config)
{
	for (size_t i = 0; i < config->tid_nr; i++)
		if (!kill(config->tid[i], 0) || errno != ESRCH)
			return false;
	return true;
}

static struct err *at_signal(struct recorder *recorder)
{
	uint8_t info[128];

	while (read(recorder->config->snapshot_fd, info, sizeof(info)) > 0)
		;
	if (recorder->config->overwrite)
		return snapshot(recorder, false, "signal");
	return recorder->config->switch_signal ? switch_file(recorder, "signal") : NULL;
}

/* A reader that failed has ended; its error is taken over. */
static struct err *reader_failure(struct recorder *recorder)
{
	for (uint32_t i = 0; i < recorder->readers_nr; i++)
		if (recorder->reader[i].failed)
			return take_ptr(recorder->reader[i].failed);
	return NULL;
}

/*
 * Until it is over. *ret_reason says why; what stops the recording and leaves a good file goes to
 * the result, what does not is returned.
 */
static struct err *wait_for_end(struct recorder *recorder, const char **ret_reason)
{
	const struct record_config *config = recorder->config;
	uint64_t delay_ns =
		config->delay_ms ? recorder->started_ns + config->delay_ms * 1000000 : 0;
	uint64_t switch_ns =
		config->switch_ms ? recorder->started_ns + config->switch_ms * 1000000 : 0;
	uint64_t gone_ns = config->tid && !config->workload ? recorder->started_ns : 0;
	bool hung_up = false;

	for (;;) {
		struct pollfd pollfd[STOP_FDS] = {
			{ .fd = config->stop_fd, .events = POLLIN },
			{ .fd = config->workload ? config->workload->pid_fd : -1,
			  .events = POLLIN },
			{ .fd = recorder->failed_fd, .events = POLLIN },
			{ .fd = config->snapshot_fd, .events = POLLIN },
		};
		uint64_t due = delay_ns;
		struct err *err = NULL;

		if (switch_ns && (!due || switch_ns < due))
			due = switch_ns;
		if (gone_ns && (!due || gone_ns < due))
			due = gone_ns;
		if (poll(pollfd, STOP_FDS, next_due_ms(due)) < 0 && errno != EINTR)
			return err_sys(errno, "wait");

		if (pollfd[0].revents) {
			recorder->result->interrupted = true;
			*ret_reason = "stopped";
			return NULL;
		}
		if (pollfd[1].revents && workload_ended(config->workload)) {
			*ret_reason = "command ended";
			return NULL;
		}
		if (pollfd[2].revents) {
			lower_fd(recorder->failed_fd);
			recorder->result->stopped_by = reader_failure(recorder);
			if (recorder->result->stopped_by) {
				*ret_reason = "output failed";
				return NULL;
			}
			if (config->file_bytes &&
			    recorder->result->bytes + recorder->data_bytes >= config->file_bytes) {
				*ret_reason = "size reached";
				return NULL;
			}
			if (config->switch_bytes && recorder->data_bytes >= config->switch_bytes)
				err = switch_file(recorder, "size");
		}
		if (!err && pollfd[3].revents)
			err = at_signal(recorder);
		if (!err && delay_ns && now_ns(CLOCK_MONOTONIC) >= delay_ns) {
			delay_ns = 0;
			err = descriptors_enable(&recorder->descriptors, true);
		}
		if (!err && switch_ns && now_ns(CLOCK_MONOTONIC) >= switch_ns) {
			switch_ns += config->switch_ms * 1000000;
			err = switch_file(recorder, "time");
		}
		if (gone_ns && now_ns(CLOCK_MONOTONIC) >= gone_ns) {
			gone_ns = now_ns(CLOCK_MONOTONIC) + 100000000;
			hung_up = tasks_are_gone(config);
		}
		if (err || hung_up) {
			*ret_reason = "processes ended";
			return err;
		}
	}
}

/* The command goes on when the recording cannot; its exit code is still ours. */
static struct err *wait_for_command(const struct record_config *config)
{
	struct pollfd pollfd[2] = { { .fd = config->stop_fd, .events = POLLIN } };

	if (!config->workload)
		return NULL;
	pollfd[1] = (struct pollfd){ .fd = config->workload->pid_fd, .events = POLLIN };
	/* The terminal's Ctrl-C reached the command too; one sent to us alone is passed on. */
	while (!workload_ended(config->workload)) {
		if (poll(pollfd, 2, -1) > 0 && pollfd[0].revents) {
			kill(config->workload->pid, SIGTERM);
			return workload_wait(config->workload);
		}
	}
	return NULL;
}

static struct err *finish(struct recorder *recorder, const char *reason)
{
	struct record_result *result = recorder->result;
	autofree char *name = NULL;
	struct err *err = descriptors_enable(&recorder->descriptors, false);
	struct err *read_err = join_readers(recorder);

	if (!result->stopped_by)
		result->stopped_by = read_err;
	else
		err_free(read_err);
	if (!err && recorder->config->overwrite)
		err = snapshot(recorder, true, reason);
	else if (!err)
		err = end_file(recorder, true, reason, &name);
	if (!err && name)
		err = record_add_symbols(name, recorder->notes);
	for (size_t i = 0; i < recorder->descriptors.nr; i++)
		result->own_events += recorder->descriptors.item[i].excluded;
	return err;
}

/* Nothing was recorded: what was there before is there again. */
static void give_up(struct recorder *recorder)
{
	autofree char *old = NULL;

	err_free(descriptors_enable(&recorder->descriptors, false));
	err_free(join_readers(recorder));
	if (!recorder->file.path)
		return;
	unlink(recorder->file.path);
	if (recorder->file.kept_old && asprintf(&old, "%s.old", recorder->file.path) > 0)
		(void)!rename(old, recorder->file.path);
}

static struct err *run(struct recorder *recorder)
{
	const struct record_config *config = recorder->config;
	const char *reason = "failed";
	struct err *err;

	err = start_threads(recorder);
	if (!err)
		err = open_events(recorder);
	if (!err)
		err = init_drains(recorder);
	if (!err && !config->overwrite)
		err = begin_file(recorder);
	if (err)
		return err;
	recorder->result->ring_bytes = recorder->descriptors.ring_bytes;
	recorder->result->rings_nr = recorder->descriptors.ring_nr;
	split_rings(recorder);
	let_readers_go(recorder);

	err = begin_events(recorder);
	if (err) {
		give_up(recorder);
		return err;
	}
	err = wait_for_end(recorder, &reason);
	if (err) {
		err_free(finish(recorder, reason));
		return err;
	}
	err = finish(recorder, reason);
	if (!err)
		err = wait_for_command(config);
	return err;
}

static void release(struct recorder *recorder)
{
	/* Readers that never got to work are let go to end. */
	for (uint32_t i = 0; i < recorder->readers_nr; i++)
		__atomic_store_n(&recorder->reader[i].stop, true, __ATOMIC_RELEASE);
	let_readers_go(recorder);
	err_free(join_readers(recorder));
	for (uint32_t i = 0; i < recorder->readers_nr; i++) {
		drain_release(&recorder->reader[i].drain);
		close(recorder->reader[i].wake_fd);
		pthread_mutex_destroy(&recorder->reader[i].draining);
	}
	drain_release(&recorder->drain);
	free(recorder->reader);
	output_free(recorder->output);
	record_file_release(&recorder->file);
	descriptors_close(&recorder->descriptors);
	pthread_mutex_destroy(&recorder->round_lock);
	pthread_mutex_destroy(&recorder->go_lock);
	pthread_cond_destroy(&recorder->go_changed);
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
		.failed_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK),
		.file_limit = MIN(config->switch_bytes - 1, config->file_bytes - 1) + 1,
	};
	struct err *err;

	if (recorder.failed_fd < 0)
		return err_sys(errno, "eventfd");
	pthread_mutex_init(&recorder.round_lock, NULL);
	pthread_mutex_init(&recorder.go_lock, NULL);
	pthread_cond_init(&recorder.go_changed, NULL);
	err = run(&recorder);
	release(&recorder);
	if (err) {
		err_free(result.stopped_by);
		return err;
	}
	*ret_result = result;
	return NULL;
}
