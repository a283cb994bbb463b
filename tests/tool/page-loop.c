// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * page-loop LOOPS [ROUNDS]: maps 64 KiB, touches its 16 pages, unmaps it, LOOPS times in each
 * round; prints the nanoseconds of CPU time of one loop in the fastest round (wall time would
 * measure what else the machine does). Each loop allocates and frees 16 pages at least, so it knows
 * how many events a recording of it must hold.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

enum { MAP_BYTES = 64 << 10, PAGE_BYTES = 4096 };

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static int loop(long loops)
{
	for (long i = 0; i < loops; i++) {
		volatile char *map = mmap(NULL, MAP_BYTES, PROT_READ | PROT_WRITE,
					  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (map == MAP_FAILED)
			return -1;
		for (int at = 0; at < MAP_BYTES; at += PAGE_BYTES)
			map[at] = 1;
		munmap((void *)map, MAP_BYTES);
	}
	return 0;
}

int main(int argc, char **argv)
{
	long loops = argc > 1 ? atol(argv[1]) : 0;
	long rounds = argc > 2 ? atol(argv[2]) : 1;
	uint64_t best = UINT64_MAX;

	if (loops < 1 || rounds < 1) {
		fprintf(stderr, "usage: page-loop LOOPS [ROUNDS]\n");
		return 129;
	}
	for (long i = 0; i < rounds; i++) {
		uint64_t start = now_ns();
		uint64_t took;

		if (loop(loops)) {
			perror("mmap");
			return 1;
		}
		took = (now_ns() - start) / (uint64_t)loops;
		best = took < best ? took : best;
	}
	printf("%llu\n", (unsigned long long)best);
	return 0;
}
