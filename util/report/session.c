// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/report/session.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/base/endian.h"
#include "util/report/kernelsyms.h"
#include "util/report/proof.h"
#include "util/report/stored.h"
#include "util/report/tasks.h"
#include "util/symbol/unwind.h"

enum { CHAIN_MAX = 1 << 13 };

struct session {
	struct notes *notes;
	struct perfdata *perfdata;
	struct perfdata_entry entry;
	struct names names;
	struct tasks tasks;
	struct tasks cgroups; /* id -> path */
	struct kernel_symbols *kernel;

	struct spaces *spaces;
	struct unwinder *unwinder; /* NULL: not needed yet, or cannot be had */
	bool unwinder_tried;

	uint64_t lost;	       /* told by records in place */
	uint64_t lost_samples; /* told at the end, by perf since 6.1: the same ones again */
	bool lost_known;       /* the file has final counts */
	struct session_loss proof;
	uint64_t damaged_nr; /* samples whose event is not known, or too short for their kind */
};

void session_close(struct session *session)
{
	if (!session)
		return;
	kernel_symbols_free(session->kernel);
	perfdata_close(session->perfdata);
	unwinder_free(session->unwinder);
	spaces_free(session->spaces);
	names_release(&session->names);
	tasks_release(&session->tasks);
	tasks_release(&session->cgroups);
	free(session);
}

struct perfdata *session_perfdata(const struct session *session)
{
	return session->perfdata;
}

struct notes *session_notes(const struct session *session)
{
	return session->notes;
}

const char *session_text(const struct session *session, uint32_t number)
{
	return names_text(&session->names, number);
}

struct err *session_number(struct session *session, const char *text, uint32_t *ret_number)
{
	return names_add(&session->names, text, strlen(text), ret_number);
}

struct session_loss session_loss(const struct session *session)
{
	struct session_loss loss = session->proof;

	loss.cut_bytes = perfdata_missing_bytes(session->perfdata);
	loss.cut_at_least = loss.cut_bytes && perfdata_is_pipe(session->perfdata);
	if (!session->lost_known) {
		loss.lost = MAX(loss.lost, session->lost);
		loss.lost = MAX(loss.lost, session->lost_samples);
	}
	loss.lost += session->damaged_nr;
	if (loss.lost || loss.cut_bytes) {
		loss.state = COMPLETENESS_LOST;
		loss.lost_at_least = !session->lost_known || loss.cut_bytes || session->damaged_nr;
	} else if (perfdata_is_unfinished(session->perfdata)) {
		loss.state = COMPLETENESS_UNKNOWN;
	}
	return loss;
}

/* Functions in the print formats of events. */
static const char *function_of(void *ctx, uint64_t address, uint64_t *ret_offset)
{
	const struct kernel_frame *frame;
	struct session *session = ctx;
	struct err *e = session_kernel_frame(session, address, &frame);

	if (e || !frame->known) {
		err_free(e);
		return NULL;
	}
	*ret_offset = frame->offset;
	return session_text(session, frame->name);
}

/* ---- Opening -------------------------------------------------------------------------------- */

struct err *session_open(const struct session_config *config, struct notes *notes,
			 struct session **ret_session)
{
	guard(session) struct session *session = calloc(1, sizeof(*session));
	uint32_t number;
	struct err *e;

	if (!session)
		return err_nomem();
	session->notes = notes;
	session->names = NAMES_INIT;
	session->tasks = tasks_init(&session->names);
	session->cgroups = tasks_init(&session->names);
	e = session_number(session, "", &number);
	if (!e)
		e = spaces_new(notes, &session->spaces);
	if (!e)
		e = perfdata_open(config->path, notes, &session->perfdata);
	if (!e)
		e = kernel_symbols_new(
			&(struct kernel_symbols_config){ .perfdata = session->perfdata,
							 .names = &session->names,
							 .kallsyms = config->kallsyms,
							 .skip = config->skip,
							 .notes = notes },
			&session->kernel);
	if (!e)
		e = perfdata_load(session->perfdata);
	if (!e)
		e = stored_read(session->perfdata, session->spaces);
	if (!e)
		e = proof_read(session->perfdata, &session->proof);
	if (e)
		return e;
	session->lost_known = session->proof.state == COMPLETENESS_COMPLETE;
	formats_set_functions(perfdata_formats(session->perfdata), function_of, session);
	*ret_session = take_ptr(session);
	return NULL;
}

/* Number of the string at @offset of a record, which may lack its NUL. */
static struct err *record_text(struct session *session, const struct perfdata_entry *entry,
			       size_t offset, uint32_t *ret_number)
{
	return names_add(&session->names, (const char *)entry->bytes + offset,
			 strnlen((const char *)entry->bytes + offset, entry->len - offset),
			 ret_number);
}

/*
 * Recorded in a PID namespace, every task outside of it has the number 0: what one of them is
 * called, begets or maps says nothing of the others. Only records made by the recorder have no
 * time.
 */
static bool is_of_outside(const struct perfdata_entry *entry, uint32_t number)
{
	return !number && entry->time_ns;
}

static struct err *take_comm(struct session *session, const struct perfdata_entry *entry)
{
	uint32_t comm;
	struct err *e;

	if (entry->len < 17 || is_of_outside(entry, load_u32(entry->bytes + 12, ORDER_LITTLE)))
		return NULL;
	/*
	 * An exec leaves the old mappings: chains of the time until the first new one still lead
	 * through them, and the new ones take their place.
	 */
	e = record_text(session, entry, 16, &comm);
	return e ? e : tasks_set(&session->tasks, load_u32(entry->bytes + 12, ORDER_LITTLE), comm);
}

/* pid, ppid, tid, ptid */
static struct err *take_fork(struct session *session, const struct perfdata_entry *entry)
{
	uint32_t pid, ppid, comm;
	struct err *e;

	if (entry->len < 24)
		return NULL;
	if (is_of_outside(entry, load_u32(entry->bytes + 16, ORDER_LITTLE)))
		return NULL;
	pid = load_u32(entry->bytes + 8, ORDER_LITTLE);
	ppid = load_u32(entry->bytes + 12, ORDER_LITTLE);
	comm = tasks_find(&session->tasks, load_u32(entry->bytes + 20, ORDER_LITTLE));
	if (!comm)
		comm = tasks_find(&session->tasks, ppid);
	e = spaces_fork(session->spaces, ppid, pid);
	/* Of a parent without a name, too: that of who had the number before is not the child's. */
	return e ? e : tasks_set(&session->tasks, load_u32(entry->bytes + 16, ORDER_LITTLE), comm);
}

/* u64 id, path */
static struct err *take_cgroup(struct session *session, const struct perfdata_entry *entry)
{
	uint32_t path;
	struct err *e;

	if (entry->len < 17)
		return NULL;
	e = record_text(session, entry, 16, &path);
	return e ? e : tasks_set(&session->cgroups, load_u64(entry->bytes + 8, ORDER_LITTLE), path);
}

static bool is_kernel_mode(uint16_t misc)
{
	uint16_t mode = misc & PERF_RECORD_MISC_CPUMODE_MASK;

	return mode == PERF_RECORD_MISC_KERNEL || mode == PERF_RECORD_MISC_GUEST_KERNEL;
}

/* pid, tid, start, length, offset in the file; @name_at: where the path begins. */
static struct err *take_map(struct session *session, const struct perfdata_entry *entry,
			    size_t name_at, const struct build_id *id)
{
	if (entry->len <= name_at || entry->misc & PERF_RECORD_MISC_MMAP_DATA)
		return NULL;
	if (is_kernel_mode(entry->misc))
		return kernel_symbols_take_map(session->kernel, entry, name_at);
	if (is_of_outside(entry, load_u32(entry->bytes + 8, ORDER_LITTLE)))
		return NULL;
	return spaces_map(session->spaces, load_u32(entry->bytes + 8, ORDER_LITTLE),
			  load_u64(entry->bytes + 16, ORDER_LITTLE),
			  load_u64(entry->bytes + 24, ORDER_LITTLE),
			  load_u64(entry->bytes + 32, ORDER_LITTLE),
			  (const char *)entry->bytes + name_at, entry->len - name_at, id);
}

static struct err *take_map2(struct session *session, const struct perfdata_entry *entry)
{
	struct build_id id = { .len = 0 };

	if (entry->len <= 72)
		return NULL;
	if (entry->misc & PERF_RECORD_MISC_MMAP_BUILD_ID && entry->bytes[40] <= BUILD_ID_MAX) {
		id.len = entry->bytes[40];
		memcpy(id.bytes, entry->bytes + 44, id.len);
	}
	return take_map(session, entry, 72, &id);
}

static struct err *take_in(struct session *session, const struct perfdata_entry *entry)
{
	switch (entry->type) {
	case PERF_RECORD_COMM:
		return take_comm(session, entry);
	case PERF_RECORD_FORK:
		return take_fork(session, entry);
	case PERF_RECORD_MMAP:
		return take_map(session, entry, 40, NULL);
	case PERF_RECORD_MMAP2:
		return take_map2(session, entry);
	case PERF_RECORD_KSYMBOL:
		return kernel_symbols_take_ksymbol(session->kernel, entry);
	case PERF_RECORD_CGROUP:
		return take_cgroup(session, entry);
	case PERF_RECORD_LOST:
		if (entry->len >= 24)
			session->lost += load_u64(entry->bytes + 16, ORDER_LITTLE);
		return NULL;
	case PERF_RECORD_LOST_SAMPLES:
		if (entry->len >= 16)
			session->lost_samples += load_u64(entry->bytes + 8, ORDER_LITTLE);
		return NULL;
	default:
		return NULL;
	}
}

struct err *session_rewind(struct session *session)
{
	session->lost = 0;
	session->lost_samples = 0;
	session->damaged_nr = 0;
	spaces_clear(session->spaces);
	tasks_clear(&session->tasks);
	kernel_symbols_rewind(session->kernel);
	return perfdata_rewind(session->perfdata);
}

struct err *session_next(struct session *session, struct session_sample *ret_sample)
{
	struct perfdata_entry *entry = &session->entry;
	struct err *e;

	for (;;) {
		e = perfdata_next(session->perfdata, entry);
		if (e)
			return e;
		if (!entry->type) {
			*ret_sample = (struct session_sample){ .event = NULL };
			return NULL;
		}
		if (entry->type != PERF_RECORD_SAMPLE) {
			e = take_in(session, entry);
			if (e)
				return e;
			continue;
		}
		if (!entry->event) {
			session->damaged_nr++;
			continue;
		}
		ret_sample->event = entry->event;
		ret_sample->entry = entry;
		e = sample_decode(&entry->event->layout, entry->bytes, entry->len,
				  &ret_sample->sample);
		if (e && err_code(e) == ERR_FORMAT) {
			err_free(e);
			session->damaged_nr++;
			continue;
		}
		if (e)
			return e;
		return tasks_comm(&session->tasks, ret_sample->sample.tid, &ret_sample->comm);
	}
}

const char *session_cgroup(const struct session *session, uint64_t id)
{
	uint32_t path = tasks_find(&session->cgroups, id);

	return path ? session_text(session, path) : NULL;
}

/* By its path, with or without the first slash, or its id. */
static bool is_cgroup(const struct session *session, const char *word, uint64_t id)
{
	const char *path = session_cgroup(session, id);
	char number[24];

	if (path && (!strcmp(word, path) || (*word && !strcmp(word, path + 1))))
		return true;
	snprintf(number, sizeof(number), "%" PRIu64, id);
	return id != SAMPLE_NONE_U64 && !strcmp(word, number);
}

static bool is_in(const uint64_t *list, size_t nr, uint64_t value)
{
	for (size_t i = 0; i < nr; i++)
		if (list[i] == value)
			return true;
	return !nr;
}

bool session_wants(const struct session *session, const struct session_filter *filter,
		   const struct session_sample *sample)
{
	const struct sample *s = &sample->sample;
	bool comm_fits = !filter->comm_nr, cgroup_fits = !filter->cgroup_nr;

	if (filter->until_ns && (s->time_ns < filter->from_ns || s->time_ns > filter->until_ns))
		return false;
	for (size_t i = 0; i < filter->comm_nr && !comm_fits; i++)
		comm_fits = !strcmp(filter->comm[i], session_text(session, sample->comm));
	for (size_t i = 0; i < filter->cgroup_nr && !cgroup_fits; i++)
		cgroup_fits = is_cgroup(session, filter->cgroup[i], s->cgroup_id);
	if (filter->expression && !filter_holds(filter->expression, sample->event, s,
						session_text(session, sample->comm)))
		return false;
	return comm_fits && cgroup_fits && is_in(filter->pid, filter->pid_nr, s->pid) &&
	       is_in(filter->tid, filter->tid_nr, s->tid) &&
	       is_in(filter->cpu, filter->cpu_nr, s->cpu);
}

/* ---- Frames ---------------------------------------------------------------------------------- */

struct err *session_kernel_frame(struct session *session, uint64_t address,
				 const struct kernel_frame **ret_frame)
{
	return kernel_symbols_frame(session->kernel, address, ret_frame);
}

uint64_t session_kernel_generation(const struct session *session)
{
	return kernel_symbols_generation(session->kernel);
}

const char *session_user_file(const struct session *session, uint32_t pid, uint64_t address)
{
	struct user_mapping mapping;

	return spaces_mapping(session->spaces, pid, address, &mapping) ? mapping.path : NULL;
}

struct err *session_frame(struct session *session, uint32_t pid, uint64_t address, bool is_kernel,
			  struct session_frame *ret_frame)
{
	const struct kernel_frame *known;
	struct user_place place;
	struct err *e;

	*ret_frame = (struct session_frame){
		.is_kernel = is_kernel,
		.address = address,
		.dso_address = address,
	};
	if (!is_kernel) {
		e = spaces_find(session->spaces, pid, address, &place);
		if (e)
			return e;
		ret_frame->dso = place.dso;
		ret_frame->dso_address = place.address;
		ret_frame->function = place.function;
		ret_frame->offset = place.offset;
		return NULL;
	}
	e = session_kernel_frame(session, address, &known);
	if (e)
		return e;
	ret_frame->dso = known->module ? session_text(session, known->module) : "[kernel.kallsyms]";
	if (known->known) {
		ret_frame->function = session_text(session, known->name);
		ret_frame->offset = known->offset;
	}
	return NULL;
}

bool session_sample_is_kernel(const struct session_sample *sample)
{
	return is_kernel_mode(sample->entry->misc);
}

/* The user part of a stack that was copied, not walked, by the kernel. */
static struct err *unwound_chain(struct session *session, const struct session_sample *sample,
				 session_frame_fn *each, void *ctx)
{
	const struct sample *s = &sample->sample;
	struct unwind_state state = {
		.pid = s->pid,
		.regs = s->user_regs,
		.regs_mask = sample->event->layout.regs_user,
		.stack = s->user_stack,
		.stack_len = s->user_stack_len,
	};
	uint64_t address[UNWIND_FRAMES_MAX];
	struct session_frame frame;
	struct err *e = NULL;
	size_t nr;

	if (!session->unwinder_tried) {
		session->unwinder_tried = true;
		e = unwinder_new(session->spaces, &session->unwinder);
		if (e)
			notes_add(session->notes, "%s", err_message(e));
		err_free(e);
		e = NULL;
	}
	if (!session->unwinder)
		return NULL;
	unwind(session->unwinder, &state, address, &nr);
	for (size_t i = 0; i < nr && !e; i++) {
		e = session_frame(session, s->pid, address[i], false, &frame);
		if (!e)
			e = each(ctx, &frame);
	}
	return e;
}

struct err *session_chain(struct session *session, const struct session_sample *sample,
			  session_frame_fn *each, void *ctx)
{
	bool is_kernel = session_sample_is_kernel(sample), wanted = true;
	const struct sample *s = &sample->sample;

	for (size_t i = 0; i < MIN(s->chain_nr, (size_t)CHAIN_MAX); i++) {
		uint64_t address = sample_chain_at(s, i);
		struct session_frame frame;
		struct err *e;

		if (sample_chain_is_mark(address)) {
			is_kernel = address == (uint64_t)PERF_CONTEXT_KERNEL;
			wanted = is_kernel || address == (uint64_t)PERF_CONTEXT_USER;
			continue;
		}
		if (!wanted)
			continue;
		e = session_frame(session, s->pid, address, is_kernel, &frame);
		if (!e)
			e = each(ctx, &frame);
		if (e)
			return e;
	}
	if (s->user_abi == PERF_SAMPLE_REGS_ABI_64 && s->user_regs && s->user_stack_len)
		return unwound_chain(session, sample, each, ctx);
	return NULL;
}
