/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A recording being read, as the files behind reader.h share it: events.c (attributes, ids, names),
 * sections.c, header.c and files.c fill it in, reader.c goes through its records. Nobody else
 * includes this.
 */
#ifndef VMTOOL_PERFDATA_INSIDE_H
#define VMTOOL_PERFDATA_INSIDE_H

#include "util/mem/file.h"
#include "util/perfdata/merge.h"
#include "util/perfdata/reader.h"

enum {
	ATTRS_MAX = 1 << 17,
	IDS_MAX = 1 << 24,
	ATTR_BYTES_MAX = 4096,
	SECTIONS_MAX = PERFDATA_FEATURE_BITS + PERFDATA_SUPER_ENTRIES_MAX,
	SECTION_BYTES_MAX = 1 << 30,
};

struct section {
	uint32_t type;
	uint64_t offset;
	uint64_t size;
};

/* A range of records; the first one is in the file that has the header. */
struct stream {
	struct mem_file *file;
	uint64_t start;
	uint64_t end;
};

struct id_slot {
	uint64_t id;
	uint32_t event; /* index + 1; 0: empty */
};

struct perfdata {
	struct notes *notes;
	struct mem_file *file; /* with the header */
	struct stream *stream;
	size_t streams_nr;

	struct perfdata_event **event;
	size_t events_nr;
	size_t events_capacity;
	struct id_slot *slot;
	size_t slots_nr; /* a power of two */
	size_t ids_nr;
	const struct id_slot *last_slot;
	size_t id_offset;	  /* of all samples */
	size_t trailer_id_offset; /* of all others, from the end */
	size_t trailer_bytes;	  /* of all others */

	struct section section[SECTIONS_MAX];
	size_t sections_nr;
	struct section tracing; /* of a pipe: the bytes behind its record */
	struct section *piece;	/* of a pipe of ours, in their order */
	size_t pieces_nr;
	size_t pieces_capacity;

	struct formats *formats;
	uint32_t page_bytes;
	bool ours;
	bool pipe;
	bool directory;
	bool compressed;
	bool unfinished;
	bool of_tasks;
	uint64_t missing_bytes;
	uint64_t records_bytes;
	char *path;
	struct merge *merge;
	bool started;	     /* records were asked for since the last rewind */
	struct ahead *ahead; /* NULL: they are put in order when asked for */
};

void pd_event_free(struct perfdata_event *event);
DEFINE_GUARD(pd_event, struct perfdata_event *, pd_event_free)

/* The slot that holds @id, or the free one where it belongs. */
struct id_slot *pd_find_slot(struct id_slot *slot, size_t slots_nr, uint64_t id);
must_check struct err *pd_add_id(struct perfdata *pd, uint64_t id, size_t event);

/* @attr: @len bytes as some kernel has them, little-endian. */
must_check struct err *pd_add_event(struct perfdata *pd, const uint8_t *attr, size_t len);

/* Formats of tracepoints and names of all events, once all are there. */
must_check struct err *pd_name_events(struct perfdata *pd);

/* What was cut off is not added, nor what is there already. */
must_check struct err *pd_add_section(struct perfdata *pd, uint32_t type, uint64_t offset,
				      uint64_t size);

/* Of a section that a pipe brings in pieces. */
must_check struct err *pd_add_piece(struct perfdata *pd, uint32_t type, uint64_t offset,
				    uint64_t size);
const struct section *pd_find_section(const struct perfdata *pd, uint32_t type);

/* Copied, with a NUL behind it. */
must_check struct err *pd_read_range(struct mem_file *file, uint64_t offset, uint64_t size,
				     char **ret_data);

/* Takes ownership of @file on success, unless it is pd->file. */
must_check struct err *pd_add_stream(struct perfdata *pd, struct mem_file *file, uint64_t start,
				     uint64_t end);
must_check struct err *pd_read_header(struct perfdata *pd);

/* Takes ownership of @fd; what is no regular file is unpacked into one. */
must_check struct err *pd_open_file(int fd, struct mem_file **ret_file);
must_check struct err *pd_open_path(struct perfdata *pd, const char *path);

/* `perf record --threads`: data holds the header, data.0 and so on the records of the threads. */
must_check struct err *pd_open_directory(struct perfdata *pd, const char *path);

#endif
