/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The whole of a dump: open the image, learn the kernel, plan, and write what stays. This is what
 * `vmtool dump` calls; everything it has to tell comes back in a struct dump_report.
 */
#ifndef VMTOOL_DUMP_DUMP_H
#define VMTOOL_DUMP_DUMP_H

#include <stdbool.h>
#include <stdint.h>

#include "util/base/notes.h"
#include "util/codec/codec.h"
#include "util/dump/dmesg.h"
#include "util/dump/plan.h"
#include "util/dump/writer.h"
#include "util/mem/file.h"

enum dump_phase {
	DUMP_OPENING,
	DUMP_PLANNING,
	DUMP_WRITING,
	DUMP_PHASES_NR,
};

/* "open", "plan", "write" */
const char *dump_phase_name(enum dump_phase phase);

/* Told what goes on, from the thread that called dump_run(). */
struct dump_observer {
	void *ctx;

	/*
	 * @done of @total bytes of memory have been gone through, while opening in search of
	 * VMCOREINFO. Called many times a second: be quick. False asks the dump to stop; it then
	 * ends as well as it can. (While opening stop_fd asks.)
	 */
	bool (*tick)(void *ctx, enum dump_phase phase, uint64_t done, uint64_t total);

	struct image_observer opened;
};

enum {
	DUMP_THREADS_MAX = 1024,
	DUMP_OUTPUTS_MAX = 256,
	DUMP_LEVELS_MAX = 16,
};

struct dump_options {
	const char *input; /* the first of `parts`, or the only one */

	/* Of an image split into several files all of them, in any order; 0: `input` is all. */
	const char *const *parts;
	size_t parts_nr;

	/*
	 * --reassemble: all pages stay, whatever they are, packed as in the image unless codec
	 * says.
	 */
	bool keep_all;

	const char *const *output;
	size_t outputs_nr;  /* 0: a dry run, or a stream; more than 1 if the format splits */
	uint64_t bytes_max; /* of each output; 0: no limit */

	/*
	 * Without output: write the flattened format to stream_fd, which stays open; -1: a dry run.
	 */
	bool flattened;
	int stream_fd;

	const struct writer_ops *format;

	/*
	 * 0 to 31. The next one is tried when there is no space for the one before; not on a
	 * stream.
	 */
	unsigned int level[DUMP_LEVELS_MAX];
	unsigned int levels_nr; /* at least 1 */

	const struct codec *codec; /* NULL: pages are stored raw */
	const char *vmcoreinfo;	   /* a file to take it from; NULL: the image's own */
	const char *vmlinux;	   /* the kernel's, for its types and symbols; NULL: none */
	int stop_fd;		   /* looked at while there is nothing to observe yet; 0: none */
	bool overwrite;
	bool xen;    /* -X: leave out what Xen's frame table says of free pages and other domains */
	bool strict; /* classes that cannot be told are an error, not a bigger dump */

	/*
	 * That read and compress, up to DUMP_THREADS_MAX; 0: by processors. Above 32 count as 32.
	 */
	unsigned int threads_nr;
	struct mem_file_config file;
};

/* Page frames [first, first + count). */
struct dump_pfns {
	uint64_t first;
	uint64_t count;
};

enum { DUMP_UNREADABLE_MAX = 64 };

struct dump_report {
	struct plan_counts counts;
	uint64_t dropped_zero; /* kept by the plan, but filled with zeros and the level has 1 */
	uint64_t zero_pages;   /* of the kept ones, filled with zeros */
	uint64_t unreadable;   /* kept by the plan, but the image could not be read there */

	/* Where these are, in the order they were met; what does not fit is only counted. */
	struct dump_pfns unreadable_at[DUMP_UNREADABLE_MAX];
	size_t unreadable_at_nr;

	uint64_t pages_written; /* that stand in the file, zero pages included */
	uint64_t struct_pages_unreadable;
	uint64_t struct_pages_fetched; /* those fetched again count again */
	uint64_t input_bytes;
	uint64_t output_bytes;	  /* of a stream: of the file it can be put together to */
	uint64_t stream_bytes;	  /* of the stream itself; 0: it is none */
	uint64_t truncated_bytes; /* the input is cut off: so much is missing of it */
	bool input_incomplete;	  /* the input says of itself that not all of it is there */
	uint64_t page_size;
	uint64_t end_pfn;
	unsigned int level;	      /* that was asked for */
	unsigned int level_effective; /* level & 1 when classes cannot be told */
	unsigned int level_before;    /* what the image lacks already */
	char release[65];
	double phase_seconds[DUMP_PHASES_NR];
	struct mem_file_stats file;

	/* Did the output become a dump that readers can use, be it not all of it? */
	bool output_usable;
	bool complete;
	struct notes notes;
};

#define DUMP_REPORT_INIT ((struct dump_report){ .notes = { .nr = 0 } })

static inline void dump_report_release(struct dump_report *report)
{
	notes_release(&report->notes);
}
DEFINE_GUARD_INPLACE(dump_report, struct dump_report, dump_report_release)

/*
 * Dump. @report is filled in also when an error is returned, as far as things went; it must be
 * DUMP_REPORT_INIT before and is released by the caller. ERR_INTERRUPTED: the observer said stop.
 */
must_check struct err *dump_run(const struct dump_options *options,
				const struct dump_observer *observer, struct dump_report *report);

#endif
