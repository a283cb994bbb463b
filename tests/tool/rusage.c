// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * rusage [-w MIB] FILE COMMAND [ARGUMENT...]: runs the command and writes one line to FILE: its
 * wall clock time, user time and system time in seconds, its peak resident memory in KiB. Ends with
 * the command's exit code.
 *
 * -w: first so much memory is taken, touched and given back. In a virtual machine that tells its
 * host which pages are free (free page reporting) a page that was free for some seconds takes 10 us
 * of system time when it is used again, one just freed about 1.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double seconds(struct timeval t)
{
	return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

static bool warm(const char *mib)
{
	size_t len = (size_t)strtoul(mib, NULL, 0) << 20;
	char *memory = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED) {
		perror("rusage: memory");
		return false;
	}
	memset(memory, 1, len);
	munmap(memory, len);
	return true;
}

int main(int argc, char **argv)
{
	struct timespec start, end;
	struct rusage usage;
	int status;
	FILE *out;
	pid_t pid;

	if (argc > 2 && !strcmp(argv[1], "-w")) {
		if (!warm(argv[2]))
			return 1;
		argc -= 2;
		argv += 2;
	}
	if (argc < 3) {
		fprintf(stderr, "usage: rusage [-w MIB] FILE COMMAND [ARGUMENT...]\n");
		return 129;
	}
	out = fopen(argv[1], "we");
	if (!out) {
		perror(argv[1]);
		return 1;
	}

	clock_gettime(CLOCK_MONOTONIC, &start);
	pid = fork();
	if (pid == 0) {
		execvp(argv[2], argv + 2);
		perror(argv[2]);
		_exit(127);
	}
	if (pid < 0 || wait4(pid, &status, 0, &usage) != pid) {
		perror("rusage");
		return 1;
	}
	clock_gettime(CLOCK_MONOTONIC, &end);

	fprintf(out, "%.3f %.3f %.3f %ld\n",
		(double)(end.tv_sec - start.tv_sec) + (double)(end.tv_nsec - start.tv_nsec) / 1e9,
		seconds(usage.ru_utime), seconds(usage.ru_stime), usage.ru_maxrss);
	if (fclose(out)) {
		perror(argv[1]);
		return 1;
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
