/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writes what surrounds the records of a perf.data file (format.h): header, attributes, early
 * sections before the data; late sections and the feature table behind it. The records themselves
 * are somebody else's business (util/mem/output.h), who tells how far they are whole.
 *
 *	perfdata_writer_new(fd, &writer);
 *	perfdata_writer_attr(writer, ...);		for each event
 *	perfdata_writer_section(writer, type, ...);	what is known before the first record
 *	perfdata_writer_begin(writer, &offset);		from here on a killed recording can be read
 *	perfdata_writer_committed(writer, bytes);	any number of times, by any one thread
 *	perfdata_writer_section(writer, type, ...);	what is known at the end
 *	perfdata_writer_end(writer, data_end, ...);
 *
 * The file descriptor is the caller's.
 */
#ifndef VMTOOL_PERFDATA_WRITER_H
#define VMTOOL_PERFDATA_WRITER_H

#include <linux/perf_event.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/base/cleanup.h"
#include "util/base/err.h"

struct perfdata_writer;

/* @use_mmap: keep the super mapped, so that telling how far data is whole is a store. */
must_check struct err *perfdata_writer_new(int fd, bool use_mmap,
					   struct perfdata_writer **ret_writer);
void perfdata_writer_free(struct perfdata_writer *writer);
DEFINE_GUARD(perfdata_writer, struct perfdata_writer *, perfdata_writer_free)

/* Everything is copied. */
must_check struct err *perfdata_writer_attr(struct perfdata_writer *writer,
					    const struct perf_event_attr *attr, const char *name,
					    const uint64_t *id, size_t id_nr);

/*
 * A section of enum perfdata_section, or below 256 a feature; copied. Twice the same type: the
 * later one counts.
 */
must_check struct err *perfdata_writer_section(struct perfdata_writer *writer, uint32_t type,
					       const void *data, size_t len);

/* The same with a string in perf's manner: u32 length with its padding, then the bytes. */
must_check struct err *perfdata_writer_string(struct perfdata_writer *writer, uint32_t type,
					      const char *text);

/*
 * Writes all so far; event names go along as PERFDATA_EVENT_DESC. *ret_offset: where data begins.
 */
must_check struct err *perfdata_writer_begin(struct perfdata_writer *writer, uint64_t *ret_offset);

/* The first @bytes of data are whole records. Errors are found at the end. */
void perfdata_writer_committed(struct perfdata_writer *writer, uint64_t bytes);

/*
 * The data ends at offset @data_end of the file. Sections are written behind them, the file is cut
 * to its length, and last the header says that it is complete. When there is no room for the late
 * sections, those of @droppable types are left out, the largest first, before it gives up.
 */
must_check struct err *perfdata_writer_end(struct perfdata_writer *writer, uint64_t data_end,
					   const uint32_t *droppable, size_t droppable_nr);

#endif
