/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One file of a recording, from its name to its proof.
 */
#ifndef VMTOOL_RECORD_FILE_H
#define VMTOOL_RECORD_FILE_H

#include "util/base/cleanup.h"
#include "util/base/err.h"
#include "util/base/str.h"
#include "util/record/drain.h"
#include "util/record/record.h"

struct record_file {
	int fd;
	char *path;
	struct perfdata_writer *writer;
	bool kept_old; /* <path>.old is what was there before */
	bool nameless;
};

#define RECORD_FILE_INIT ((struct record_file){ .fd = -1 })

/*
 * Create it and write all that precedes the events; @output goes on in it. If it is the @first of
 * the recording, a file that is there becomes <path>.old; after an error it is where it was. With
 * config->nameless_fd there is one file, whose descriptor stays the caller's.
 */
must_check struct err *record_file_begin(const struct record_config *config, bool first,
					 const struct descriptors *descriptors,
					 struct output *output, struct notes *notes,
					 struct record_file *ret_file);

/* What the file proves; numbers of the run so far for its own section. */
struct record_summary {
	enum record_proof proof;
	uint64_t lost;
	uint64_t withheld;
	uint64_t lost_tracking;
	uint64_t wall_ns;
	uint64_t cpu_ns;
	uint64_t wakeups;
	uint64_t time_first_ns;
	uint64_t time_last_ns;
	uint64_t samples;
	const char *reason;
};

/*
 * Read what the descriptors counted and compare it with what is in the file. @final: they have been
 * disabled and their rings drained; else counts go on meanwhile and prove nothing.
 */
must_check struct err *record_file_proof(const struct record_config *config,
					 struct descriptors *descriptors, bool final,
					 struct str *lines, struct record_summary *summary);

/* Everything that follows the events; the file is complete after that. */
must_check struct err *record_file_end(struct record_file *file, struct output *output,
				       const struct str *proof,
				       const struct record_summary *summary, uint64_t *ret_bytes);

/* It is no recording: it goes, and what was there before the first one is there again. */
void record_file_undo(const struct record_file *file);

void record_file_release(struct record_file *file);
DEFINE_GUARD_INPLACE(record_file, struct record_file, record_file_release)

/* Bytes of the trailer of records that are not samples. */
size_t record_trailer_bytes(const struct event_set *set);

#endif
