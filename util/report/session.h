/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A recording being read: its samples in the order of time, each with the name its task had then,
 * and the kernel's functions by address. What every view of a recording begins with.
 *
 * One thread.
 */
#ifndef VMTOOL_REPORT_SESSION_H
#define VMTOOL_REPORT_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/base/cleanup.h"
#include "util/base/keyset.h"
#include "util/base/notes.h"
#include "util/perfdata/reader.h"
#include "util/report/callsite.h"
#include "util/report/filter.h"
#include "util/report/kernelsyms.h"
#include "util/symbol/space.h"

/* Which samples are wanted; lists end at their nr, an empty list takes all. */
struct session_filter {
	const char *const *comm;
	size_t comm_nr;
	const uint64_t *pid;
	size_t pid_nr;
	const uint64_t *tid;
	size_t tid_nr;
	const uint64_t *cpu;
	size_t cpu_nr;
	const char *const *cgroup; /* paths or ids */
	size_t cgroup_nr;
	uint64_t from_ns;		 /* in the recording's clock */
	uint64_t until_ns;		 /* inclusive */
	const struct filter *expression; /* NULL: none */
};

struct session_config {
	const char *path;
	const char *
		kallsyms; /* a copy of the recording machine's; NULL: stored, or the running one's */
	struct callsite_skip skip;
};

struct session_sample {
	const struct perfdata_event *event;
	struct sample sample;
	uint32_t comm; /* session_text(); of the task at that time */
	const struct perfdata_entry *entry;
};

/* What a recording says of what it lacks. */
enum completeness {
	COMPLETENESS_UNKNOWN,
	COMPLETENESS_COMPLETE, /* proven, by counts stored in the file */
	COMPLETENESS_LOST,
};

struct session_loss {
	enum completeness state;
	uint64_t lost;		 /* events */
	bool lost_at_least;	 /* there may be more: the recording has no final count */
	uint64_t checked_counts; /* descriptors whose count was proven */
	uint64_t cut_bytes;	 /* of records that are not there any more */
	bool cut_at_least;	 /* there were more: a pipe has no length */
};

struct session;

must_check struct err *session_open(const struct session_config *config, struct notes *notes,
				    struct session **ret_session);
void session_close(struct session *session);
DEFINE_GUARD(session, struct session *, session_close)

struct perfdata *session_perfdata(const struct session *session);

/* Whoever opened it shows them. */
struct notes *session_notes(const struct session *session);

/*
 * The next sample; ret_sample->event is NULL after the last. Other
 * records are taken in on the way.
 */
must_check struct err *session_next(struct session *session, struct session_sample *ret_sample);
must_check struct err *session_rewind(struct session *session);

bool session_wants(const struct session *session, const struct session_filter *filter,
		   const struct session_sample *sample);

/*
 * The path of a cgroup, from the root of its hierarchy on, as far as the recording was read; NULL:
 * not known. @id: of a sample, which may be SAMPLE_NONE_U64.
 */
const char *session_cgroup(const struct session *session, uint64_t id);

/* Numbers of texts are the session's: comms, functions, whatever a view adds. */
const char *session_text(const struct session *session, uint32_t number);
must_check struct err *session_number(struct session *session, const char *text,
				      uint32_t *ret_number);

/* *ret_frame is valid until the next call. */
must_check struct err *session_kernel_frame(struct session *session, uint64_t address,
					    const struct kernel_frame **ret_frame);

/* Changes whenever an address may mean another function than before. */
uint64_t session_kernel_generation(const struct session *session);

/* A frame of a chain, kernel or user, with what is known of it. */
struct session_frame {
	bool is_kernel;
	uint64_t address;     /* as recorded */
	uint64_t dso_address; /* in the file, for user frames */
	const char *function; /* NULL: not known */
	uint64_t offset;
	const char *dso; /* "[kernel.kallsyms]", "[ext4]", a path; NULL: not known */
};

must_check struct err *session_frame(struct session *session, uint32_t pid, uint64_t address,
				     bool is_kernel, struct session_frame *ret_frame);

/* The file mapped at a user address; NULL: none is, or the recording does not say. */
const char *session_user_file(const struct session *session, uint32_t pid, uint64_t address);

/* Calls @each for the frames of a sample's chain, innermost first; an error of it ends the walk. */
typedef struct err *session_frame_fn(void *ctx, const struct session_frame *frame);
must_check struct err *session_chain(struct session *session, const struct session_sample *sample,
				     session_frame_fn *each, void *ctx);

/* Of the instruction a sample was taken at: by its header's mode. */
bool session_sample_is_kernel(const struct session_sample *sample);

/* Known once all records were seen; a sample that cannot be decoded is missing as well. */
struct session_loss session_loss(const struct session *session);

#endif
