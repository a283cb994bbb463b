// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "util/base/clock.h"
#include "util/base/macros.h"
#include "util/record/recorder.h"

enum { STOP_FDS = 4 };

static void lower_fd(int fd)
{
	eventfd_t value;

	(void)!eventfd_read(fd, &value);
}

/* Milliseconds to the next thing that is due by the clock; -1: nothing is. */
static int next_due_ms(uint64_t due_ns)
{
	uint64_t now = clock_now_ns();

	if (!due_ns)
		return -1;
	if (due_ns <= now)
		return 0;
	return (int)MIN((due_ns - now) / 1000000 + 1, (uint64_t)INT32_MAX);
}

/*
 * A task's descriptors are hung up when it has ended, be it reaped or not, and so have all that
 * inherited them. One of each task will do: the first event's on the first CPU.
 */
static bool tasks_are_gone(const struct descriptors *descriptors)
{
	for (size_t i = 0; i < descriptors->nr; i++) {
		const struct descriptor *item = &descriptors->item[i];
		struct pollfd pollfd = { .fd = item->fd };

		if (item->event || item->cpu != descriptors->item[0].cpu)
			continue;
		if (poll(&pollfd, 1, 0) <= 0 || !(pollfd.revents & POLLHUP))
			return false;
	}
	return true;
}

static struct err *at_signal(struct recorder *recorder)
{
	uint8_t info[128];

	while (read(recorder->config->snapshot_fd, info, sizeof(info)) > 0)
		;
	if (recorder->config->overwrite)
		return outputs_snapshot(recorder, false, "signal");
	return recorder->config->switch_signal ? outputs_switch(recorder, "signal") : NULL;
}

struct err *wait_for_end(struct recorder *recorder, const char **ret_reason)
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
			*ret_reason = "stopped";
			return NULL;
		}
		if (pollfd[1].revents && workload_ended(config->workload)) {
			*ret_reason = "command ended";
			return NULL;
		}
		if (pollfd[2].revents) {
			uint64_t bytes;

			lower_fd(recorder->failed_fd);
			bytes = __atomic_load_n(&recorder->data_bytes, __ATOMIC_RELAXED);
			recorder->result->stopped_by = readers_failure(recorder->readers);
			if (recorder->result->stopped_by) {
				*ret_reason = "output failed";
				return NULL;
			}
			if (config->file_bytes &&
			    recorder->result->bytes + bytes >= config->file_bytes) {
				*ret_reason = "size reached";
				return NULL;
			}
			if (config->switch_bytes && bytes >= config->switch_bytes)
				err = outputs_switch(recorder, "size");
		}
		if (!err && pollfd[3].revents)
			err = at_signal(recorder);
		if (!err && delay_ns && clock_now_ns() >= delay_ns) {
			delay_ns = 0;
			err = descriptors_enable(&recorder->descriptors, recorder->config->events,
						 true);
		}
		if (!err && switch_ns && clock_now_ns() >= switch_ns) {
			switch_ns += config->switch_ms * 1000000;
			err = outputs_switch(recorder, "time");
		}
		if (gone_ns && clock_now_ns() >= gone_ns) {
			gone_ns = clock_now_ns() + 100000000;
			hung_up = tasks_are_gone(&recorder->descriptors);
		}
		if (err)
			return err;
		if (hung_up) {
			*ret_reason = "processes ended";
			return NULL;
		}
	}
}

struct err *wait_for_command(const struct record_config *config)
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
