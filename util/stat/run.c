// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/stat/run.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "util/base/clock.h"
#include "util/sys/signals.h"

enum {
	/*
	 * A Ctrl-C reaches the command by itself, and us; one that goes on is asked to end, then
	 * left.
	 */
	GRACE_MS = 100,
	END_MS = 2000,
	THREAD_CHECK_MS = 50, /* threads have no descriptor that tells of their end before 6.9 */
};

void stat_result_release(struct stat_result *result)
{
	stat_table_release(&result->table);
	stat_events_release(&result->events);
}

/* A run on its way. */
struct run {
	struct stat_plan *plan;
	struct workload workload;
	struct stat_source *source;
	struct event_counters *counters;
	struct pollfd *watched; /* first stop_fd, then what has to end */
	size_t watched_nr;
	uint64_t begin_ns;
	uint64_t interval_begin_ns;
	struct stat_table before; /* counts when the interval began */
	struct stat_events events_before;
	uint64_t enabled_ns;		    /* when counting began; 0: it did not */
	struct stat_resources usage_before; /* of tasks that run already, then */
	enum pressure_of pressure_of;
	int pressure_fd;
	struct stat_pressure pressure_before;	       /* when counting began */
	struct stat_pressure interval_pressure_before; /* when the interval did, or counting */
};

static void run_release(struct run *run)
{
	event_counters_close(run->counters);
	stat_source_close(run->source);
	for (size_t i = 1; i < run->watched_nr; i++)
		/* The command's and the source's descriptors are theirs. */
		if (!run->plan->argv && run->watched[i].fd >= 0)
			close(run->watched[i].fd);
	free(run->watched);
	stat_table_release(&run->before);
	stat_events_release(&run->events_before);
	if (run->pressure_of == PRESSURE_OF_MACHINE && run->pressure_fd >= 0)
		close(run->pressure_fd);
	workload_release(&run->workload);
}
DEFINE_GUARD_INPLACE(run, struct run, run_release)

static struct err *watch(struct run *run)
{
	const struct stat_request *request = &run->plan->request;
	size_t nr = 1;

	run->watched = calloc(2 + request->id_nr, sizeof(*run->watched));
	if (!run->watched)
		return err_nomem();
	run->watched[0] = (struct pollfd){ .fd = run->plan->stop_fd, .events = POLLIN };
	if (run->plan->argv) {
		int fd = run->workload.pid_fd;

		if (run->source->ops->done_fd && request->scope == SCOPE_COMMAND)
			fd = run->source->ops->done_fd(run->source);
		run->watched[nr++] = (struct pollfd){ .fd = fd, .events = POLLIN };
	} else if (request->scope == SCOPE_PROCESSES) {
		for (size_t i = 0; i < request->id_nr; i++) {
			int fd = (int)syscall(SYS_pidfd_open, request->id[i], 0);

			run->watched[nr++] = (struct pollfd){ .fd = fd, .events = POLLIN };
		}
	}
	run->watched_nr = nr;
	return NULL;
}

static bool all_ended(struct run *run)
{
	const struct stat_request *request = &run->plan->request;
	bool any = false;

	if (run->plan->argv)
		return run->watched[1].revents != 0;
	if (request->scope == SCOPE_THREADS) {
		for (size_t i = 0; i < request->id_nr; i++)
			if (!kill(request->id[i], 0) || errno != ESRCH)
				return false;
		return true;
	}
	for (size_t i = 1; i < run->watched_nr; i++) {
		/* It stays readable: look no more. */
		if (run->watched[i].revents) {
			close(run->watched[i].fd);
			run->watched[i].fd = -1;
		}
		any |= run->watched[i].fd >= 0;
	}
	return request->scope == SCOPE_PROCESSES && !any;
}

/* Waits until @deadline_ns (0: for ever); true when everything has ended. */
static bool wait_until(struct run *run, uint64_t deadline_ns, bool mind_stop)
{
	size_t first = mind_stop ? 0 : 1;

	for (;;) {
		uint64_t now = clock_now_ns();
		struct timespec left = { .tv_sec = 0 };
		uint64_t left_ns = deadline_ns > now ? deadline_ns - now : 0;
		bool threads = run->plan->request.scope == SCOPE_THREADS && !run->plan->argv;

		if (deadline_ns && !left_ns)
			return false;
		if (threads && (!deadline_ns || left_ns > THREAD_CHECK_MS * NS_PER_MS))
			left_ns = THREAD_CHECK_MS * NS_PER_MS;
		left.tv_sec = (time_t)(left_ns / NS_PER_S);
		left.tv_nsec = (long)(left_ns % NS_PER_S);
		for (size_t i = 0; i < run->watched_nr; i++)
			run->watched[i].revents = 0;
		(void)!ppoll(run->watched + first, run->watched_nr - first,
			     deadline_ns || threads ? &left : NULL, NULL);
		if (all_ended(run))
			return true;
		if (mind_stop && run->watched[0].revents)
			return false;
	}
}

static void begin_pressure(struct run *run)
{
	const struct stat_plan *plan = run->plan;

	if (!plan->pressure)
		return;
	if (plan->request.scope == SCOPE_CGROUP) {
		run->pressure_of = PRESSURE_OF_CGROUP;
		run->pressure_fd = plan->request.cgroup_fd;
		return;
	}
	run->pressure_of = PRESSURE_OF_MACHINE;
	run->pressure_fd = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
}

static struct stat_pressure pressure_of_run(const struct run *run)
{
	return pressure_now(run->pressure_of, run->pressure_fd);
}

static struct err *collect(struct run *run, struct stat_result *result)
{
	struct err *err = run->source->ops->read(run->source, &result->table);

	if (!err)
		err = event_counters_read(run->counters, &result->events);
	result->source = run->source->ops;
	result->table.sees = stat_request_sees(&run->plan->request, result->table.sees);
	result->table.orders = run->plan->request.orders;
	return err;
}

static struct err *end_interval(struct run *run, const struct stat_pressure *pressure)
{
	guard(stat_result) struct stat_result all = { .source = NULL }, part = { .source = NULL };
	uint64_t now = clock_now_ns();
	struct err *err = collect(run, &all);

	if (!err)
		err = stat_table_subtract(&all.table, &run->before, &part.table);
	if (err)
		return err;
	part.source = all.source;
	part.elapsed_ns = now - run->interval_begin_ns;
	part.pressure = pressure_between(&run->interval_pressure_before, pressure);
	/* Before counting begins (-D) nothing is known, in no interval. */
	if (run->enabled_ns)
		run->interval_pressure_before = *pressure;
	part.events = all.events;
	all.events = (struct stat_events){ .nr = 0 };
	for (size_t i = 0; i < part.events.nr; i++) {
		uint64_t count = part.events.event[i].count;

		if (i < run->events_before.nr) {
			part.events.event[i].count -= run->events_before.event[i].count;
			run->events_before.event[i].count = count;
		}
	}
	if (part.events.nr && !run->events_before.nr) {
		run->events_before.event = calloc(part.events.nr, sizeof(*part.events.event));
		if (!run->events_before.event)
			return err_nomem();
		run->events_before.nr = part.events.nr;
		for (size_t i = 0; i < part.events.nr; i++)
			run->events_before.event[i] = part.events.event[i];
	}
	stat_table_release(&run->before);
	run->before = all.table;
	all.table = (struct stat_table){ .sees = 0 };
	run->interval_begin_ns = now;
	if (!run->plan->on_interval)
		return NULL;
	return run->plan->on_interval(&part, now - run->begin_ns, run->plan->data);
}

static struct err *enable(struct run *run, bool on)
{
	struct err *err;

	if (on) {
		run->usage_before = usage_of_tasks(&run->plan->request);
		run->pressure_before = pressure_of_run(run);
		run->interval_pressure_before = run->pressure_before;
		run->enabled_ns = clock_now_ns();
	}
	err = run->source->ops->enable(run->source, on);
	return err ? err : event_counters_enable(run->counters, on);
}

static bool wait_for_ms(struct run *run, int ms)
{
	return wait_until(run, clock_now_ns() + (uint64_t)ms * NS_PER_MS, false);
}

/* The command is asked to end as gently as there is time for. */
static void end_command(struct run *run, struct stat_result *result)
{
	if (result->interrupted && wait_for_ms(run, GRACE_MS))
		return;
	workload_signal(&run->workload, SIGTERM);
	if (wait_for_ms(run, END_MS))
		return;
	/* Of processes that ran before us, none is. */
	result->killed = run->plan->request.scope == SCOPE_COMMAND && run->source->ops->kill;
	result->left_running = !result->killed;
	if (result->killed) {
		run->source->ops->kill(run->source);
		wait_for_ms(run, END_MS);
	}
}

/*
 * A Ctrl-C goes to the command and to us, and either may be faster. A command that ended as by a
 * signal was cut short if we get the same a moment later.
 */
static bool was_interrupted(struct run *run)
{
	static const int signals[] = { SIGHUP, SIGINT, SIGTERM };
	int code = run->plan->argv && !run->workload.pid ? workload_exit_code(&run->workload) : 0;
	struct pollfd stop = { .fd = run->plan->stop_fd, .events = POLLIN };

	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		if (code == WORKLOAD_SIGNALLED + signals[i])
			(void)!poll(&stop, 1, GRACE_MS);
	return stop_requested(run->plan->stop_fd);
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a && (!b || a < b) ? a : b;
}

/* Until the end, with all that happens on the way. */
static struct err *wait_for_end(struct run *run, struct stat_result *result)
{
	const struct stat_plan *plan = run->plan;
	uint64_t begin = run->begin_ns;
	uint64_t timeout = plan->timeout_ns ? begin + plan->timeout_ns : 0;
	uint64_t delay = plan->delay_ns ? begin + plan->delay_ns : 0;
	uint64_t interval = plan->interval_ns ? begin + plan->interval_ns : 0;
	bool ended = false;

	while (!ended) {
		uint64_t deadline = earlier(earlier(timeout, delay), interval);
		struct err *err = NULL;

		ended = wait_until(run, deadline, true);
		if (ended)
			break;
		if (stop_requested(plan->stop_fd)) {
			result->interrupted = true;
			break;
		}
		if (delay && clock_now_ns() >= delay) {
			err = enable(run, true);
			delay = 0;
		}
		if (!err && interval && clock_now_ns() >= interval) {
			struct stat_pressure pressure = pressure_of_run(run);

			err = end_interval(run, &pressure);
			while (interval <= clock_now_ns())
				interval += plan->interval_ns;
		}
		if (err)
			return err;
		if (timeout && clock_now_ns() >= timeout)
			break;
	}
	if (!ended && plan->argv)
		end_command(run, result);
	return NULL;
}

/* A Ctrl-C ends a command that waits to be run, and gets to us maybe a moment later. */
static struct err *hold_command(struct run *run, const struct sock_fprog *filter)
{
	struct err *err = workload_hold(&run->workload, filter);
	struct pollfd stop = { .fd = run->plan->stop_fd, .events = POLLIN };

	if (!err || err_code(err) != ERR_NODATA || poll(&stop, 1, GRACE_MS) <= 0)
		return err;
	err_free(err);
	return err_new(ERR_INTERRUPTED, "interrupted before the command was run");
}

/* Has the command stand right before its exec, and everything that counts attached to it. */
static struct err *prepare(struct run *run, struct notes *notes)
{
	struct stat_plan *plan = run->plan;
	const struct sock_fprog *filter = NULL;
	struct err *err = NULL;

	/* First, so that the command starts out with little memory: its peak is to be its own. */
	if (plan->argv) {
		err = workload_start(plan->argv, NULL, &run->workload);
		if (err)
			return err;
		plan->request.workload = &run->workload;
	}
	err = stat_source_open(&plan->request, plan->forced_source, notes, &run->source);
	if (err)
		return err;
	begin_pressure(run);
	if (run->source->ops->filter)
		filter = run->source->ops->filter(run->source);
	if (plan->argv)
		err = hold_command(run, filter);
	if (!err)
		err = run->source->ops->start(run->source);
	if (!err)
		err = event_counters_open(&plan->request, plan->event, plan->event_nr,
					  &run->counters);
	return err ? err : watch(run);
}

/* A source that waits for the command in our place says what became of it. */
static bool command_ended(struct run *run)
{
	if (run->source->ops->reaped)
		run->source->ops->reaped(run->source);
	return workload_ended(&run->workload);
}

/* The command goes; an exec that fails is the end of it. */
static struct err *let_go(struct run *run, int *ret_exit_code)
{
	struct err *err = workload_let_go(&run->workload);
	int failed;

	if (err)
		return err;
	failed = workload_exec_failed(&run->workload);
	if (!failed)
		return NULL;
	wait_until(run, 0, false);
	err = command_ended(run) ? NULL : workload_wait(&run->workload);
	if (err)
		return err;
	*ret_exit_code = workload_exit_code(&run->workload);
	return err_sys(failed, "cannot run '%s'", run->plan->argv[0]);
}

/*
 * A command's time is all of its, as in time(1); others have that in which they were counted.
 * Returns the pressure at the end, as the last interval has it.
 */
static struct stat_pressure take_times(const struct run *run, struct stat_result *result)
{
	/* First of all: what is read after it takes its time. */
	uint64_t end = clock_now_ns();
	const struct stat_request *request = &run->plan->request;
	uint64_t begin = request->scope == SCOPE_COMMAND ? run->begin_ns : run->enabled_ns;
	struct stat_pressure pressure = pressure_of_run(run);
	struct stat_resources usage = usage_of_tasks(request);

	result->elapsed_ns = begin ? end - begin : 0;
	result->resources = usage_between(&run->usage_before, &usage);
	result->pressure = pressure_between(&run->pressure_before, &pressure);
	return pressure;
}

static void tell_of_pressure(const struct run *run, const struct stat_pressure *now,
			     struct notes *notes)
{
	if (run->pressure_of == PRESSURE_OF_CGROUP && run->pressure_before.known && !now->known)
		notes_add(notes, "the cgroup was removed and its numbers with it: how short its "
				 "memory was is known of intervals (-I) that ended before");
}

struct err *stat_run(struct stat_plan *plan, struct notes *notes, struct stat_result *ret_result,
		     int *ret_exit_code)
{
	guard(run) struct run run = { .plan = plan, .workload = WORKLOAD_INIT };
	guard(stat_result) struct stat_result result = { .source = NULL };
	struct stat_pressure pressure;
	struct err *err;

	err = prepare(&run, notes);
	if (!err && !plan->delay_ns)
		err = enable(&run, true);
	run.begin_ns = clock_now_ns();
	run.interval_begin_ns = run.begin_ns;
	if (!err && plan->argv)
		err = let_go(&run, ret_exit_code);
	if (!err)
		err = wait_for_end(&run, &result);
	pressure = take_times(&run, &result);
	tell_of_pressure(&run, &pressure, notes);
	if (!err)
		err = enable(&run, false);
	if (!err)
		err = collect(&run, &result);
	if (err)
		return err;

	/* The rest of the last interval belongs to it. */
	if (plan->interval_ns)
		err = end_interval(&run, &pressure);
	if (err)
		return err;

	if (plan->argv && command_ended(&run)) {
		*ret_exit_code = workload_exit_code(&run.workload);
		if (plan->request.scope == SCOPE_COMMAND)
			result.resources = usage_of_command(&run.workload);
	} else if (plan->argv) {
		*ret_exit_code = WORKLOAD_SIGNALLED + SIGTERM;
	}
	result.interrupted |= was_interrupted(&run);
	*ret_result = result;
	result = (struct stat_result){ .source = NULL };
	return NULL;
}
