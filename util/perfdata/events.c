// SPDX-License-Identifier: GPL-2.0-or-later
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "util/base/checked.h"
#include "util/base/endian.h"
#include "util/perfdata/inside.h"
#include "util/perfdata/tracing.h"

void pd_event_free(struct perfdata_event *event)
{
	if (!event)
		return;
	free(event->name);
	free(event);
}

/* ---- Event ids ------------------------------------------------------------------------------ */

struct id_slot *pd_find_slot(struct id_slot *slot, size_t slots_nr, uint64_t id)
{
	size_t i = (size_t)(id * UINT64_C(0x9e3779b97f4a7c15) >> 32) & (slots_nr - 1);

	while (slot[i].event && slot[i].id != id)
		i = (i + 1) & (slots_nr - 1);
	return &slot[i];
}

struct err *pd_add_id(struct perfdata *pd, uint64_t id, size_t event)
{
	struct id_slot *slot;

	if (pd->ids_nr >= IDS_MAX)
		return err_new(ERR_FORMAT, "more than %d event ids", IDS_MAX);
	if (pd->ids_nr * 2 >= pd->slots_nr) {
		size_t slots_nr = pd->slots_nr ? pd->slots_nr * 2 : 64;
		struct id_slot *grown = calloc(slots_nr, sizeof(*grown));

		if (!grown)
			return err_nomem();
		for (size_t i = 0; i < pd->slots_nr; i++)
			if (pd->slot[i].event)
				*pd_find_slot(grown, slots_nr, pd->slot[i].id) = pd->slot[i];
		free(pd->slot);
		pd->slot = grown;
		pd->slots_nr = slots_nr;
		pd->last_slot = NULL;
	}
	slot = pd_find_slot(pd->slot, pd->slots_nr, id);
	if (!slot->event)
		pd->ids_nr++;
	*slot = (struct id_slot){ .id = id, .event = (uint32_t)event + 1 };
	return NULL;
}

/* ---- Events --------------------------------------------------------------------------------- */

static size_t time_offset(const struct sample_layout *layout)
{
	static const uint64_t before[] = { PERF_SAMPLE_IDENTIFIER, PERF_SAMPLE_IP,
					   PERF_SAMPLE_TID };
	size_t offset = PERFDATA_RECORD_HEADER_BYTES;

	if (!(layout->sample_type & PERF_SAMPLE_TIME))
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(before); i++)
		offset += layout->sample_type & before[i] ? 8 : 0;
	return offset;
}

static size_t trailer_time_offset(const struct sample_layout *layout)
{
	static const uint64_t behind[] = { PERF_SAMPLE_TIME, PERF_SAMPLE_ID, PERF_SAMPLE_STREAM_ID,
					   PERF_SAMPLE_CPU, PERF_SAMPLE_IDENTIFIER };
	size_t offset = 0;

	if (!layout->id_all || !(layout->sample_type & PERF_SAMPLE_TIME))
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(behind); i++)
		offset += layout->sample_type & behind[i] ? 8 : 0;
	return offset;
}

static size_t trailer_bytes(const struct perf_event_attr *attr)
{
	const uint64_t parts = PERF_SAMPLE_TID | PERF_SAMPLE_TIME | PERF_SAMPLE_ID |
			       PERF_SAMPLE_STREAM_ID | PERF_SAMPLE_CPU | PERF_SAMPLE_IDENTIFIER;

	return attr->sample_id_all ? 8 * (size_t)__builtin_popcountll(attr->sample_type & parts)
				   : 0;
}

/* @attr: @len bytes as some kernel has them, little-endian. */
struct err *pd_add_event(struct perfdata *pd, const uint8_t *attr, size_t len)
{
	guard(pd_event) struct perfdata_event *event = NULL;

	if (pd->events_nr >= ATTRS_MAX)
		return err_new(ERR_FORMAT, "more than %d events", ATTRS_MAX);
	if (pd->events_nr == pd->events_capacity) {
		size_t capacity = pd->events_capacity ? pd->events_capacity * 2 : 8;
		struct perfdata_event **grown =
			reallocarray(pd->event, capacity, sizeof(struct perfdata_event *));

		if (!grown)
			return err_nomem();
		pd->event = grown;
		pd->events_capacity = capacity;
	}
	event = calloc(1, sizeof(*event));
	if (!event)
		return err_nomem();
	memcpy(&event->attr, attr, MIN(len, sizeof(event->attr)));
	event->layout = sample_layout(&event->attr);
	event->index = pd->events_nr;
	event->time_offset = time_offset(&event->layout);
	event->trailer_time_offset = trailer_time_offset(&event->layout);
	if (!pd->events_nr) {
		pd->id_offset = sample_id_offset(&event->layout);
		pd->trailer_id_offset = sample_trailer_id_offset(&event->layout);
		pd->trailer_bytes = trailer_bytes(&event->attr);
	}
	pd->event[pd->events_nr++] = take_ptr(event);
	return NULL;
}

static struct err *set_name(struct perfdata_event *event, const char *name, size_t len)
{
	char *copy = strndup(name, len);

	if (!copy)
		return err_nomem();
	free(event->name);
	event->name = copy;
	return NULL;
}

static const char *software_name(uint64_t config)
{
	static const char *const name[] = {
		[PERF_COUNT_SW_CPU_CLOCK] = "cpu-clock",
		[PERF_COUNT_SW_TASK_CLOCK] = "task-clock",
		[PERF_COUNT_SW_PAGE_FAULTS] = "page-faults",
		[PERF_COUNT_SW_CONTEXT_SWITCHES] = "context-switches",
		[PERF_COUNT_SW_CPU_MIGRATIONS] = "cpu-migrations",
		[PERF_COUNT_SW_PAGE_FAULTS_MIN] = "minor-faults",
		[PERF_COUNT_SW_PAGE_FAULTS_MAJ] = "major-faults",
		[PERF_COUNT_SW_ALIGNMENT_FAULTS] = "alignment-faults",
		[PERF_COUNT_SW_EMULATION_FAULTS] = "emulation-faults",
		[PERF_COUNT_SW_DUMMY] = "dummy",
		[PERF_COUNT_SW_BPF_OUTPUT] = "bpf-output",
		[PERF_COUNT_SW_CGROUP_SWITCHES] = "cgroup-switches",
	};

	return config < ARRAY_SIZE(name) ? name[config] : NULL;
}

/* For events whose names the file does not hold. */
static struct err *make_name(struct perfdata_event *event)
{
	guard(str) struct str name = STR_INIT;
	struct err *e;

	if (event->name)
		return NULL;
	if (event->format)
		str_printf(&name, "%s:%s", format_system(event->format),
			   format_name(event->format));
	else if (event->attr.type == PERF_TYPE_SOFTWARE && software_name(event->attr.config))
		str_add(&name, software_name(event->attr.config));
	else
		str_printf(&name, "event %u:%#" PRIx64, event->attr.type,
			   (uint64_t)event->attr.config);
	e = str_check(&name);
	return e ? e : set_name(event, name.s, name.len);
}
/* ---- What the events are called ------------------------------------------------------------- */

static struct err *read_formats(struct perfdata *pd)
{
	const struct section *section;
	autofree char *data = NULL;
	struct err *e;

	if (pd->tracing.size) {
		e = pd_add_section(pd, PERFDATA_TRACING_DATA, pd->tracing.offset, pd->tracing.size);
		if (e)
			return e;
	}
	section = pd_find_section(pd, PERFDATA_TRACING_DATA);
	if (!section)
		return NULL;
	if (section->size > TRACING_DATA_BYTES_MAX)
		return err_new(ERR_FORMAT, "%" PRIu64 " bytes of tracing data", section->size);
	e = pd_read_range(pd->file, section->offset, section->size, &data);
	if (e)
		return e;
	return tracing_data_parse((const uint8_t *)data, (size_t)section->size, pd->notes,
				  pd->formats, &pd->page_bytes);
}

/* {u32 nr, u32 attr size, nr x {attr, u32 ids, {u32 length, name}, u64 id[]}} */
static struct err *read_names(struct perfdata *pd)
{
	autofree char *data = NULL;
	uint32_t nr, attr_bytes;
	size_t len, at = 8;
	struct err *e;

	if (!perfdata_has_section(pd, PERFDATA_EVENT_DESC))
		return NULL;
	e = perfdata_section_read(pd, PERFDATA_EVENT_DESC, &data, &len);
	if (e)
		return e;
	if (len < 8)
		return NULL;
	nr = load_u32(data, ORDER_LITTLE);
	attr_bytes = load_u32(data + 4, ORDER_LITTLE);
	for (uint32_t i = 0; i < nr; i++) {
		uint32_t ids_nr, name_len;
		const char *name;

		if (!range_within(at, (uint64_t)attr_bytes + 8, len))
			return NULL;
		at += attr_bytes;
		ids_nr = load_u32(data + at, ORDER_LITTLE);
		name_len = load_u32(data + at + 4, ORDER_LITTLE);
		at += 8;
		name = data + at;
		if (!range_within(at, name_len + (uint64_t)8 * ids_nr, len))
			return NULL;
		at += name_len + (size_t)8 * ids_nr;
		/* The same order as the attributes; a pipe's may be more. */
		if (i < pd->events_nr && name_len) {
			e = set_name(pd->event[i], name, strnlen(name, name_len));
			if (e)
				return e;
		}
	}
	return NULL;
}

/* perf writes them last. */
static bool tell_of_lost_formats(struct perfdata *pd)
{
	bool any = false;

	for (size_t i = 0; i < pd->events_nr; i++)
		any |= pd->event[i]->attr.type == PERF_TYPE_TRACEPOINT;
	if (!any || pd_find_section(pd, PERFDATA_TRACING_DATA))
		return false;
	notes_add(pd->notes, "the recording lacks the formats of its tracepoints, which perf "
			     "writes last (was it "
			     "cut short?): neither pages nor slab objects can be shown");
	return true;
}

struct err *pd_name_events(struct perfdata *pd)
{
	bool formats_are_lost;
	struct err *e;

	e = read_formats(pd);
	if (e)
		return e;
	formats_are_lost = tell_of_lost_formats(pd);
	e = read_names(pd);
	for (size_t i = 0; !e && i < pd->events_nr; i++) {
		struct perfdata_event *event = pd->event[i];

		if (event->attr.type == PERF_TYPE_TRACEPOINT) {
			event->format = formats_find(pd->formats, event->attr.config);
			if (!event->format && !formats_are_lost)
				notes_add(pd->notes,
					  "the recording does not hold the format of tracepoint "
					  "%" PRIu64 ": its fields are not known",
					  (uint64_t)event->attr.config);
		}
		e = make_name(event);
	}
	return e;
}
