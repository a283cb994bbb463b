// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/sys/signals.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "util/base/clock.h"

enum {
	THREAD_STACK_BYTES = 64 * 1024,
	TWICE_MS = 500, /* the same signal within that time is the first one again */
};

static const int wanted[] = { SIGINT, SIGTERM, SIGHUP };

static int64_t now_ms(void)
{
	return (int64_t)(clock_now_ns() / NS_PER_MS);
}

/* Nobody but a user presses Ctrl-C twice: the terminal sends it once, and in the kernel's name. */
static bool is_ctrl_c(const struct signalfd_siginfo *info)
{
	return info->ssi_signo == SIGINT && info->ssi_code == SI_KERNEL;
}

/*
 * timeout(1) sends its signal to the command and then to its group, which the command is in: what
 * was asked to stop in good order is not to be ended by that.
 */
static void after_the_first(struct signals *signals, int signal)
{
	struct pollfd wait[] = {
		{ .fd = signals->quit_fd, .events = POLLIN },
		{ .fd = signals->signal_fd, .events = POLLIN },
	};
	const int64_t end_ms = now_ms() + TWICE_MS;
	sigset_t others = signals->waited;
	struct signalfd_siginfo again = { .ssi_signo = 0 };
	int64_t left_ms;

	sigdelset(&others, signal);
	pthread_sigmask(SIG_UNBLOCK, &others, NULL);
	while (!is_ctrl_c(&again) && (left_ms = end_ms - now_ms()) > 0) {
		if (poll(wait, ARRAY_SIZE(wait), (int)left_ms) <= 0)
			continue;
		while (!is_ctrl_c(&again) &&
		       read(signals->signal_fd, &again, sizeof(again)) == sizeof(again))
			;
		if (wait[0].revents)
			return;
	}
	pthread_sigmask(SIG_UNBLOCK, &signals->waited, NULL);
	if (is_ctrl_c(&again))
		kill(getpid(), SIGINT);
	while (poll(wait, 1, -1) < 0)
		;
}

/*
 * Not ended by pthread_cancel(): the address sanitizer of gcc 12 takes the stack of a thread that
 * was cancelled for damaged.
 */
static void *wait_for_signal(void *arg)
{
	struct signals *signals = arg;
	struct pollfd wait[] = {
		{ .fd = signals->quit_fd, .events = POLLIN },
		{ .fd = signals->signal_fd, .events = POLLIN },
	};
	struct signalfd_siginfo info;

	for (;;) {
		if (poll(wait, ARRAY_SIZE(wait), -1) < 0)
			continue;
		if (wait[0].revents)
			return NULL;
		if (read(signals->signal_fd, &info, sizeof(info)) != sizeof(info))
			continue;
		/* Adding 1 to a counter of 0 neither blocks nor fails. */
		(void)!eventfd_write(signals->stop_fd, 1);
		after_the_first(signals, (int)info.ssi_signo);
		return NULL;
	}
}

/*
 * The thread takes no other signal: one that a command blocks everywhere and reads from a signalfd
 * must not find this thread, which was there before the command.
 */
static struct err *start_thread(struct signals *signals)
{
	sigset_t all, mask;
	pthread_attr_t attr;
	int failed;

	failed = pthread_attr_init(&attr);
	if (failed)
		return err_sys(failed, "wait for signals");
	pthread_attr_setstacksize(&attr,
				  MAX((size_t)THREAD_STACK_BYTES, (size_t)PTHREAD_STACK_MIN));
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &mask);
	failed = pthread_create(&signals->thread, &attr, wait_for_signal, signals);
	pthread_sigmask(SIG_SETMASK, &mask, NULL);
	pthread_attr_destroy(&attr);
	return failed ? err_sys(failed, "start the thread that waits for signals") : NULL;
}

static void release(struct signals *signals)
{
	int *const fds[] = { &signals->stop_fd, &signals->quit_fd, &signals->signal_fd };

	for (size_t i = 0; i < ARRAY_SIZE(fds); i++) {
		if (*fds[i] >= 0)
			close(*fds[i]);
		*fds[i] = -1;
	}
	pthread_sigmask(SIG_SETMASK, &signals->mask_before, NULL);
}

struct err *signals_start(struct signals *signals, bool ignored_int)
{
	struct err *err;

	sigemptyset(&signals->waited);
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
		struct sigaction now;

		/* A blocked signal is waited for even if it is ignored. */
		if ((ignored_int && wanted[i] == SIGINT) ||
		    (!sigaction(wanted[i], NULL, &now) && now.sa_handler != SIG_IGN))
			sigaddset(&signals->waited, wanted[i]);
	}

	pthread_sigmask(SIG_BLOCK, &signals->waited, &signals->mask_before);
	signals->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	signals->quit_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	signals->signal_fd = signalfd(-1, &signals->waited, SFD_CLOEXEC | SFD_NONBLOCK);
	if (signals->stop_fd < 0 || signals->quit_fd < 0 || signals->signal_fd < 0)
		err = err_sys(errno, "cannot make a descriptor for signals");
	else
		err = start_thread(signals);
	if (err)
		release(signals);
	return err;
}

void signals_stop(struct signals *signals)
{
	if (signals->stop_fd < 0)
		return;
	(void)!eventfd_write(signals->quit_fd, 1);
	pthread_join(signals->thread, NULL);
	release(signals);
}

bool stop_requested(int stop_fd)
{
	struct pollfd pollfd = { .fd = stop_fd, .events = POLLIN };

	return stop_fd >= 0 && poll(&pollfd, 1, 0) > 0;
}

/* What is pending no more was told, but for the moment in between. */
bool stop_was_sent(int stop_fd)
{
	sigset_t pending;

	if (stop_fd < 0)
		return false;
	sigemptyset(&pending);
	sigpending(&pending);
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++)
		if (sigismember(&pending, wanted[i]) == 1)
			return true;
	return stop_requested(stop_fd);
}

struct err *stop_check(int stop_fd)
{
	if (stop_fd > 0 && stop_requested(stop_fd))
		return err_new(ERR_INTERRUPTED, "interrupted");
	return NULL;
}
