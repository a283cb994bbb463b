// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fetch-cost: what it costs to get at the bytes of a file by reading and by mapping, in pieces of
 * several sizes. The ladders in util/mem/walk.c stand on its figures (Documentation/cache.md).
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>

#include "util/base/cleanup.h"
#include "util/base/io.h"
#include "util/base/macros.h"
#include "util/mem/window.h"

static const char usage[] = "usage: fetch-cost FILE [MIB]\n"
			    "\n"
			    "Go through the first MIB (256) of FILE in pieces read and in pieces "
			    "mapped. 'touch' looks\n"
			    "at a byte of each page, 'look' at a byte of each cache line. "
			    "Processor time, the least of\n"
			    "five passes.\n";

enum { PAGE_BYTES = 4096, LINE_BYTES = 64, PASSES_NR = 5, PIECE_BYTES_MAX = 4 << 20 };

struct job {
	int fd;
	uint64_t bytes; /* to go through */
	size_t piece_bytes;
	size_t stride; /* look at one byte in so many */
	bool map;
	uint8_t *buf; /* PIECE_BYTES_MAX */
	volatile uint8_t sum;
};

/* Processor time: the file is meant to be in the page cache, and others may use the machine too. */
static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void look(struct job *job, const uint8_t *data)
{
	uint8_t sum = 0;

	for (size_t i = 0; i < job->piece_bytes; i += job->stride)
		sum ^= data[i];
	job->sum ^= sum;
}

static struct err *go_through(struct job *job)
{
	for (uint64_t offset = 0; offset < job->bytes; offset += job->piece_bytes) {
		guard(window) struct window window = WINDOW_INIT;
		struct err *e;

		if (job->map)
			e = window_map(job->fd, offset, job->piece_bytes, &window);
		else
			e = io_pread_full(job->fd, job->buf, job->piece_bytes, offset);
		if (e)
			return e;
		look(job, job->map ? window.data : job->buf);
	}
	return NULL;
}

static struct err *measure(struct job *job, double *ret_seconds)
{
	double least = 0;

	for (int pass = 0; pass < PASSES_NR; pass++) {
		double start = now();
		struct err *e = go_through(job);
		double seconds = now() - start;

		if (e)
			return e;
		if (!pass || seconds < least)
			least = seconds;
	}
	*ret_seconds = least;
	return NULL;
}

static struct err *measure_all(struct job *job)
{
	static const size_t pieces_kib[] = { 4, 16, 64, 256, 1024, 2048, 4096 };

	printf("%-4s %8s %14s %14s %14s %14s\n", "", "KiB", "touch us/piece", "touch us/page",
	       "touch ms/GiB", "look ms/GiB");
	for (int map = 0; map < 2; map++) {
		for (size_t i = 0; i < ARRAY_SIZE(pieces_kib); i++) {
			double touch, every_line;
			struct err *e;

			job->map = map;
			job->piece_bytes = pieces_kib[i] * 1024;
			job->stride = PAGE_BYTES;
			e = measure(job, &touch);
			job->stride = LINE_BYTES;
			if (!e)
				e = measure(job, &every_line);
			if (e)
				return err_wrap(e, "%s of %zu KiB", map ? "map" : "read",
						pieces_kib[i]);
			printf("%-4s %8zu %14.2f %14.3f %14.1f %14.1f\n", map ? "map" : "read",
			       pieces_kib[i],
			       touch * 1e6 * (double)job->piece_bytes / (double)job->bytes,
			       touch * 1e6 * PAGE_BYTES / (double)job->bytes,
			       touch * 1e3 * (double)(1 << 30) / (double)job->bytes,
			       every_line * 1e3 * (double)(1 << 30) / (double)job->bytes);
			fflush(stdout);
		}
	}
	return NULL;
}

static struct err *run(const char *path, uint64_t limit)
{
	autoclose int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct job job = { .fd = fd };
	autofree uint8_t *buf = malloc(PIECE_BYTES_MAX);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return err_sys(errno, "open %s", path);
	if (!buf)
		return err_nomem();
	job.buf = buf;
	job.bytes = MIN((uint64_t)st.st_size, limit) / PIECE_BYTES_MAX * PIECE_BYTES_MAX;
	if (!job.bytes)
		return err_new(ERR_USAGE, "%s is too short to measure", path);
	return measure_all(&job);
}

int main(int argc, char **argv)
{
	autoerr struct err *e = NULL;

	if (argc != 2 && argc != 3) {
		fputs(usage, stderr);
		return 129;
	}
	e = run(argv[1], (argc == 3 ? strtoull(argv[2], NULL, 0) : 256) << 20);
	if (e) {
		fprintf(stderr, "fetch-cost: %s\n", err_message(e));
		return 1;
	}
	return 0;
}
