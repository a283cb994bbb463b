/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A recording, opened for reading: ours, or one of perf's in any of its forms (plain, -z, written
 * to a pipe, a directory of --threads, cut short). Gives the events it is made of, its sections,
 * and all its records in the order of their times.
 *
 * What cannot be read in place, a pipe and a compressed recording, is first unpacked into a file
 * without a name below $TMPDIR or /var/tmp, so that memory stays bounded whatever the recording's
 * size: what is held is a list of its ascending runs and a few mapped windows.
 *
 * Errors: ERR_FORMAT, it is no recording, or damaged before its first record; ERR_UNSUPPORTED, it
 * was made on a machine of the other byte order, or compressed and zstd is not built in.
 *
 * One thread calls all this.
 */
#ifndef VMTOOL_PERFDATA_READER_H
#define VMTOOL_PERFDATA_READER_H

#include <linux/perf_event.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/base/cleanup.h"
#include "util/base/err.h"
#include "util/base/notes.h"
#include "util/event/format.h"
#include "util/event/sample.h"
#include "util/perfdata/format.h"

/* One attribute: what was asked of the kernel, whatever number of descriptors it took. */
struct perfdata_event {
	struct perf_event_attr attr; /* zeros behind what an older file has of it */
	struct sample_layout layout;
	char *name; /* "kmem:mm_page_alloc", "cpu-clock" */
	const struct format
		*format; /* of a tracepoint, else NULL; NULL too when the file lacks it */
	size_t index;
	size_t time_offset;	    /* in a sample; 0: samples have no time */
	size_t trailer_time_offset; /* in other records, from their end; 0: none */
};

struct perfdata_entry {
	uint32_t type; /* PERF_RECORD_*, PERFDATA_RECORD_* */
	uint16_t misc;
	const uint8_t *bytes; /* with its header; valid until the next call */
	size_t len;
	const struct perfdata_event *event; /* NULL for records that are not the kernel's */
	uint64_t time_ns;		    /* 0: it has none */
	uint64_t offset;		    /* in its stream, for telling where */
};

struct perfdata;

/*
 * Reads what the recording says of its events, and its sections; of a pipe, everything, for there
 * it stands between the records. perfdata_load() looks through the records and comes before any of
 * them is asked for. Formats are tried out in a child process: open before you start threads.
 */
must_check struct err *perfdata_open(const char *path, struct notes *notes,
				     struct perfdata **ret_perfdata);

/* The same of a file that has no name; @fd stays the caller's, @name is for messages. */
must_check struct err *perfdata_open_fd(int fd, const char *name, struct notes *notes,
					struct perfdata **ret_perfdata);
must_check struct err *perfdata_load(struct perfdata *perfdata);
void perfdata_close(struct perfdata *perfdata);
DEFINE_GUARD(perfdata, struct perfdata *, perfdata_close)

size_t perfdata_events_nr(const struct perfdata *perfdata);
const struct perfdata_event *perfdata_event(const struct perfdata *perfdata, size_t i);

/* Formats of the machine that recorded; never NULL, may be empty. */
struct formats *perfdata_formats(struct perfdata *perfdata);

/* Of the machine that recorded; 4096 where the file does not say. */
uint32_t perfdata_page_bytes(const struct perfdata *perfdata);

/* Written by `vmtool record`; its sections may be believed to be ours. */
bool perfdata_is_ours(const struct perfdata *perfdata);

/*
 * Bytes of records that are not there or not whole; 0: all are. More can be missing of a pipe,
 * which does not say how long it was to be.
 */
uint64_t perfdata_missing_bytes(const struct perfdata *perfdata);

bool perfdata_is_pipe(const struct perfdata *perfdata);

/* The recorder did not come to its end (killed, disk full), or the file was cut short. */
bool perfdata_is_unfinished(const struct perfdata *perfdata);

/* By perf, of some tasks and not of everyone (PERF_RECORD_THREAD_MAP). After perfdata_load(). */
bool perfdata_is_of_tasks(const struct perfdata *perfdata);

bool perfdata_has_section(const struct perfdata *perfdata, uint32_t type);

/* The types of all sections; ~0 past the last. */
uint32_t perfdata_section_type(const struct perfdata *perfdata, size_t i);

/* The ids of an event, allocated; *ret_nr may be 0. */
must_check struct err *perfdata_event_ids(const struct perfdata *perfdata,
					  const struct perfdata_event *event, uint64_t **ret_id,
					  size_t *ret_nr);

/* A copy, with a NUL behind it. ERR_NODATA: there is no such section. */
must_check struct err *perfdata_section_read(struct perfdata *perfdata, uint32_t type,
					     char **ret_data, size_t *ret_len);

/* A feature that is one string (HOSTNAME, OSRELEASE, ...); ERR_NODATA: it is not there. */
must_check struct err *perfdata_string(struct perfdata *perfdata, enum perfdata_feature feature,
				       char **ret_text);

/* The value behind "key " in a section of lines, copied; NULL: there is none. */
must_check struct err *perfdata_line(struct perfdata *perfdata, enum perfdata_section type,
				     const char *key, char **ret_value);

/*
 * The next record in the order of time, which a thread of its own establishes if there are many;
 * records with equal times, and those without, in the order
 * of the file. *ret_entry has type 0 after the last one.
 */
must_check struct err *perfdata_next(struct perfdata *perfdata, struct perfdata_entry *ret_entry);

/* Begin again at the first record. */
must_check struct err *perfdata_rewind(struct perfdata *perfdata);

/* The earliest and latest time of a record; 0 and 0 when no record has one. */
void perfdata_time_range(const struct perfdata *perfdata, uint64_t *ret_first_ns,
			 uint64_t *ret_last_ns);

#endif
