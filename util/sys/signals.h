/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SIGINT, SIGTERM and SIGHUP as a file descriptor: it becomes readable at the first of them and
 * stays so, for every thread that polls it; nobody reads it. From then on the signals have their
 * usual effect again, so a second Ctrl-C ends a process that does not get round to stopping; the
 * same signal within half a second is taken for the first one, unless a terminal sent it (Ctrl-C).
 * A signal the process was started to ignore (nohup) stays ignored, but for SIGINT where it is
 * asked for: shells have what a script runs in the background ignore it.
 *
 * A thread reads a signalfd: no handler, nothing at file scope, and no wait for the command to come
 * by before the second signal can act. Signals are blocked in the thread that calls
 * signals_start() and in threads it makes later. Children made in between would inherit the
 * blocked signals: start them before, or give them a mask of their own.
 */
#ifndef VMTOOL_SYS_SIGNALS_H
#define VMTOOL_SYS_SIGNALS_H

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>

#include "util/base/cleanup.h"
#include "util/base/err.h"

struct signals {
	int stop_fd;   /* -1: not started */
	int signal_fd; /* the thread's: signals come in */
	int quit_fd;   /* readable when the thread is to end */
	pthread_t thread;
	sigset_t waited;
	sigset_t mask_before;
};

#define SIGNALS_INIT ((struct signals){ .stop_fd = -1, .signal_fd = -1, .quit_fd = -1 })

/* @signals must not move until it is stopped. @ignored_int: SIGINT counts though it was ignored. */
must_check struct err *signals_start(struct signals *signals, bool ignored_int);

/* The signals are as they were before, those that just arrived included. */
void signals_stop(struct signals *signals);
DEFINE_GUARD_INPLACE(signals, struct signals, signals_stop)

/* Has a signal arrived? Never waits; a @stop_fd of -1 says no. Any thread. */
bool stop_requested(int stop_fd);

/*
 * Was a signal sent before now, be it that the thread had no time to take it yet? For who must tell
 * a signal of before from one that comes later. Of threads in which the signals are blocked.
 */
bool stop_was_sent(int stop_fd);

/* ERR_INTERRUPTED then; here a @stop_fd of 0 says no, too: one that was never set. */
must_check struct err *stop_check(int stop_fd);

#endif
