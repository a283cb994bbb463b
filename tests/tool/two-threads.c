// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * two-threads: prints the number of its second thread, then both call until it is killed: the first
 * one getppid(2), the second one getpgrp(2), each every millisecond.
 */
#include <pthread.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

static void doze(void)
{
	const struct timespec ms = { .tv_nsec = 1000000 };

	nanosleep(&ms, NULL);
}

static void *second(void *arg)
{
	(void)arg;
	printf("%d\n", (int)gettid());
	fflush(stdout);
	for (;; doze())
		getpgrp();
	return NULL;
}

int main(void)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, second, NULL))
		return 1;
	for (;; doze())
		getppid();
}
