// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/sys/signals.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { THREAD_STACK_BYTES = 64 * 1024 };

static void *wait_for_signal(void *arg)
{
	struct signals *signals = arg;
	int signum;

	if (sigwait(&signals->waited, &signum))
		return NULL;
	/* Adding 1 to a counter of 0 neither blocks nor fails. */
	(void)!eventfd_write(signals->stop_fd, 1);

	pthread_sigmask(SIG_UNBLOCK, &signals->waited, NULL);
	for (;;)
		pause();
}

static struct err *start_thread(struct signals *signals)
{
	pthread_attr_t attr;
	int failed;

	failed = pthread_attr_init(&attr);
	if (failed)
		return err_sys(failed, "wait for signals");
	pthread_attr_setstacksize(&attr,
				  MAX((size_t)THREAD_STACK_BYTES, (size_t)PTHREAD_STACK_MIN));
	failed = pthread_create(&signals->thread, &attr, wait_for_signal, signals);
	pthread_attr_destroy(&attr);
	return failed ? err_sys(failed, "start the thread that waits for signals") : NULL;
}

struct err *signals_start(struct signals *signals)
{
	static const int wanted[] = { SIGINT, SIGTERM, SIGHUP };
	struct err *err;

	sigemptyset(&signals->waited);
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
		struct sigaction now;

		/* A blocked signal would be waited for even if it is ignored. */
		if (!sigaction(wanted[i], NULL, &now) && now.sa_handler != SIG_IGN)
			sigaddset(&signals->waited, wanted[i]);
	}

	signals->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (signals->stop_fd < 0)
		return err_sys(errno, "eventfd");

	pthread_sigmask(SIG_BLOCK, &signals->waited, &signals->mask_before);
	err = start_thread(signals);
	if (err) {
		pthread_sigmask(SIG_SETMASK, &signals->mask_before, NULL);
		close(signals->stop_fd);
		signals->stop_fd = -1;
	}
	return err;
}

void signals_stop(struct signals *signals)
{
	if (signals->stop_fd < 0)
		return;
	pthread_cancel(signals->thread);
	pthread_join(signals->thread, NULL);
	close(signals->stop_fd);
	signals->stop_fd = -1;
	pthread_sigmask(SIG_SETMASK, &signals->mask_before, NULL);
}

bool stop_requested(int stop_fd)
{
	struct pollfd pollfd = { .fd = stop_fd, .events = POLLIN };

	return stop_fd >= 0 && poll(&pollfd, 1, 0) > 0;
}
