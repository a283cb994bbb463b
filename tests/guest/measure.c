// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Run a command in a guest and write down what it took:
 *
 *	measure RESULT-FILE COMMAND [ARGUMENT...]
 *
 * RESULT-FILE gets lines of name and number: exit_code (128 + signal if one ended it), elapsed_ms,
 * cpu_ms, peak_rss_kib (the VmHWM of the command, from its struct rusage).
 */
#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

static long ms_of(struct timeval time)
{
	return time.tv_sec * 1000 + time.tv_usec / 1000;
}

int main(int argc, char **argv, char **environment)
{
	struct timespec begin, end;
	struct rusage usage;
	int status, error;
	FILE *result;
	pid_t pid;

	if (argc < 3) {
		fprintf(stderr, "usage: measure RESULT-FILE COMMAND [ARGUMENT...]\n");
		return 1;
	}
	clock_gettime(CLOCK_MONOTONIC, &begin);
	error = posix_spawn(&pid, argv[2], NULL, NULL, argv + 2, environment);
	if (error) {
		fprintf(stderr, "measure: %s: %s\n", argv[2], strerror(error));
		return 1;
	}
	while (wait4(pid, &status, 0, &usage) < 0)
		if (errno != EINTR)
			return 1;
	clock_gettime(CLOCK_MONOTONIC, &end);

	result = fopen(argv[1], "we");
	if (!result) {
		fprintf(stderr, "measure: %s: %s\n", argv[1], strerror(errno));
		return 1;
	}
	fprintf(result, "exit_code %d\nelapsed_ms %ld\ncpu_ms %ld\npeak_rss_kib %ld\n",
		WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status),
		(end.tv_sec - begin.tv_sec) * 1000 + (end.tv_nsec - begin.tv_nsec) / 1000000,
		ms_of(usage.ru_utime) + ms_of(usage.ru_stime), usage.ru_maxrss);
	return fclose(result) ? 1 : 0;
}
