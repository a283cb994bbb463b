// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/report/slab.h"

#include <stdlib.h>
#include <string.h>

#include "util/base/endian.h"
#include "util/report/partial.h"

enum {
	CPUS_MAX = 1 << 16,
	ZERO_SIZE_PTR = 16, /* what kmalloc(0) returns (include/linux/slab.h); 0: it failed */
};

int slab_key_find(const char *name)
{
	static const char *const names[] = {
		[SLAB_KEY_PTR] = "ptr",		  [SLAB_KEY_CALLSITE] = "callsite",
		[SLAB_KEY_CACHE] = "cache",	  [SLAB_KEY_COMM] = "comm",
		[SLAB_KEY_PID] = "pid",		  [SLAB_KEY_CGROUP] = "cgroup",
		[SLAB_KEY_BYTES] = "bytes",	  [SLAB_KEY_HIT] = "hit",
		[SLAB_KEY_PINGPONG] = "pingpong", [SLAB_KEY_FRAG] = "frag",
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (!strcmp(names[i], name))
			return (int)i;
	return -1;
}

void slab_analysis_release(struct slab_analysis *sa)
{
	keyset_release(&sa->keys);
	free(sa->row);
	livemap_release(&sa->live);
	free(sa->cpu_node);
	*sa = SLAB_ANALYSIS_INIT;
}

/* Where the fields are in a sample of this recording's kernel. */
struct slab_event {
	bool usable;
	bool is_alloc;
	bool has_node;
	bool has_name;
	struct format_field ptr;
	struct format_field call_site;
	struct format_field requested;
	struct format_field allocated;
	struct format_field node;
	struct format_field name;
};

static bool find_fields(const struct perfdata_event *event, struct slab_event *ret)
{
	static const char *const allocs[] = { "kmalloc", "kmem_cache_alloc", "kmalloc_node",
					      "kmem_cache_alloc_node" };
	const struct format *format = event->format;
	const char *name;

	*ret = (struct slab_event){ .usable = false };
	if (!format || strcmp(format_system(format), "kmem") != 0)
		return false;
	name = format_name(format);
	for (size_t i = 0; i < ARRAY_SIZE(allocs); i++)
		ret->is_alloc |= !strcmp(name, allocs[i]);
	if (!ret->is_alloc && strcmp(name, "kfree") != 0 && strcmp(name, "kmem_cache_free") != 0)
		return false;
	ret->has_node = format_field(format, "node", &ret->node);
	ret->has_name = format_field(format, "name", &ret->name);
	ret->usable = format_field(format, "ptr", &ret->ptr) &&
		      (!ret->is_alloc || (format_field(format, "call_site", &ret->call_site) &&
					  format_field(format, "bytes_req", &ret->requested) &&
					  format_field(format, "bytes_alloc", &ret->allocated)));
	return ret->usable;
}

bool slab_events_exist(const struct perfdata *perfdata)
{
	struct slab_event event;

	for (size_t i = 0; i < perfdata_events_nr(perfdata); i++)
		if (find_fields(perfdata_event(perfdata, i), &event))
			return true;
	return false;
}

/* ---- Which node a CPU belongs to ------------------------------------------------------------- */

static struct err *set_cpu_nodes(struct slab_analysis *sa, const char *cpus, uint32_t node)
{
	while (*cpus) {
		char *end;
		unsigned long first = strtoul(cpus, &end, 10), last = first;

		if (end == cpus)
			return NULL;
		if (*end == '-')
			last = strtoul(end + 1, &end, 10);
		if (first > last || last >= CPUS_MAX)
			return NULL;
		if (last >= sa->cpus_nr) {
			uint16_t *grown = reallocarray(sa->cpu_node, last + 1, sizeof(*grown));

			if (!grown)
				return err_nomem();
			memset(grown + sa->cpus_nr, 0, (last + 1 - sa->cpus_nr) * sizeof(*grown));
			sa->cpu_node = grown;
			sa->cpus_nr = last + 1;
		}
		for (; first <= last; first++)
			sa->cpu_node[first] = (uint16_t)(node + 1);
		cpus = end + (*end == ',');
	}
	return NULL;
}

/* {u32 nr, nr x {u32 node, u64 total, u64 free, {u32 length, cpu list}}} */
static struct err *read_nodes(struct slab_analysis *sa)
{
	struct perfdata *perfdata = session_perfdata(sa->session);
	autofree char *data = NULL;
	size_t len, at = 4;
	uint32_t nr;
	struct err *e;

	if (!perfdata_has_section(perfdata, PERFDATA_NUMA_TOPOLOGY))
		return NULL;
	e = perfdata_section_read(perfdata, PERFDATA_NUMA_TOPOLOGY, &data, &len);
	if (e)
		return e;
	nr = len < 4 ? 0 : load_u32(data, ORDER_LITTLE);
	for (uint32_t i = 0; i < nr && len - at >= 24; i++) {
		uint32_t node = load_u32(data + at, ORDER_LITTLE);
		uint32_t text_len = load_u32(data + at + 20, ORDER_LITTLE);
		autofree char *cpus = NULL;

		at += 24;
		if (text_len > len - at)
			return NULL;
		cpus = strndup(data + at, text_len);
		if (!cpus)
			return err_nomem();
		e = set_cpu_nodes(sa, cpus, node);
		if (e)
			return e;
		at += text_len;
	}
	return NULL;
}

static bool is_cross(const struct slab_analysis *sa, uint32_t cpu, int64_t node)
{
	return node >= 0 && cpu < sa->cpus_nr && sa->cpu_node[cpu] && sa->cpu_node[cpu] != node + 1;
}

/* ---- Going through the samples --------------------------------------------------------------- */

bool slab_has_key(const struct slab_analysis *sa, enum slab_key key)
{
	for (size_t i = 0; i < sa->config.keys_nr; i++)
		if (sa->config.key[i] == key)
			return true;
	return false;
}

uint64_t slab_row_key(const struct slab_analysis *sa, size_t row, enum slab_key key)
{
	for (size_t i = 0; i < sa->config.keys_nr; i++)
		if (sa->config.key[i] == key)
			return keyset_key(&sa->keys, row)[i];
	return 0;
}

/* @value: by key. */
static struct err *find_row(struct slab_analysis *sa, const uint64_t value[SLAB_KEYS_NR],
			    size_t *ret_row)
{
	uint64_t key[SLAB_KEYS_NR];
	struct slab_row *grown;
	struct err *e;

	for (size_t i = 0; i < sa->config.keys_nr; i++)
		key[i] = value[sa->config.key[i]];
	e = keyset_add(&sa->keys, key, ret_row);
	if (e || *ret_row < sa->rows_capacity)
		return e;
	grown = reallocarray(sa->row, sa->keys.capacity, sizeof(*grown));
	if (!grown)
		return err_nomem();
	memset(grown + sa->rows_capacity, 0,
	       (sa->keys.capacity - sa->rows_capacity) * sizeof(*grown));
	sa->row = grown;
	sa->rows_capacity = sa->keys.capacity;
	return NULL;
}

static void forget(struct slab_analysis *sa, const struct live *live)
{
	struct slab_row *row = &sa->row[live->row];

	row->live_hits--;
	row->freed += live->bytes;
	row->freed_requested += live->requested;
	if (lives_in_first_half(&sa->peak, live->time_ns))
		row->old_live_bytes -= live->bytes;
	sa->live_bytes -= live->bytes;
}

/* The state of every row at the end of each quarter that has passed before @time_ns. */
static void note_quarters(struct slab_analysis *sa, uint64_t time_ns)
{
	uint64_t span = sa->peak.last_ns - sa->peak.first_ns;

	while (sa->quarter < LIVES_QUARTERS &&
	       time_ns >= sa->peak.first_ns + span / LIVES_QUARTERS * (sa->quarter + 1)) {
		for (size_t i = 0; i < sa->keys.nr; i++)
			sa->row[i].live_bytes_at[sa->quarter] =
				sa->row[i].allocated - sa->row[i].freed;
		sa->quarter++;
	}
}

static struct err *take_alloc(struct slab_analysis *sa, const struct slab_event *event,
			      const struct session_sample *sample)
{
	const struct sample *s = &sample->sample;
	uint64_t ptr, call_site, requested, allocated, node = UINT64_MAX;
	struct live live, old;
	uint32_t cache = 0;
	struct err *e;
	size_t i;

	if (!format_value(&event->ptr, s->raw, s->raw_len, &ptr) ||
	    !format_value(&event->call_site, s->raw, s->raw_len, &call_site) ||
	    !format_value(&event->requested, s->raw, s->raw_len, &requested) ||
	    !format_value(&event->allocated, s->raw, s->raw_len, &allocated))
		return NULL;
	/* Its free was not seen: bulk frees have no event, or it was lost. */
	if (ptr > ZERO_SIZE_PTR && livemap_take(&sa->live, ptr, &old)) {
		forget(sa, &old);
		sa->unseen_free_hits++;
		sa->unseen_freed += old.bytes;
	}
	if (!session_wants(sa->session, sa->config.filter, sample))
		return NULL;
	if (event->has_name) {
		const char *name;
		guard(str) struct str text = STR_INIT;
		size_t len;

		if (format_text(&event->name, s->raw, s->raw_len, &name, &len)) {
			str_add_bytes(&text, name, len);
			e = str_check(&text);
			if (!e)
				e = session_number(sa->session, text.s, &cache);
			if (e)
				return e;
		}
	}
	e = find_row(sa,
		     (const uint64_t[SLAB_KEYS_NR]){ [SLAB_KEY_PTR] = ptr,
						     [SLAB_KEY_CALLSITE] = call_site,
						     [SLAB_KEY_CACHE] = cache,
						     [SLAB_KEY_COMM] = sample->comm,
						     [SLAB_KEY_PID] = s->pid,
						     [SLAB_KEY_CGROUP] = s->cgroup_id },
		     &i);
	if (e)
		return e;
	sa->row[i].hits++;
	sa->hits++;
	/* The event says what the object would have had (trace_kmalloc() of a NULL pointer). */
	if (ptr <= ZERO_SIZE_PTR) {
		sa->failed_hits++;
		return NULL;
	}
	sa->row[i].requested += requested;
	sa->row[i].allocated += allocated;
	sa->requested += requested;
	sa->allocated += allocated;
	if (event->has_node && format_value(&event->node, s->raw, s->raw_len, &node))
		sa->cross += is_cross(sa, s->cpu, (int64_t)node);
	if (!allocated)
		return NULL;

	if (lives_in_first_half(&sa->peak, s->time_ns))
		sa->row[i].old_live_bytes += allocated;
	sa->row[i].live_hits++;
	sa->live_bytes += allocated;
	lives_note_peak(&sa->peak, sa->live_bytes, s->time_ns);
	live = (struct live){
		.key = ptr,
		.time_ns = s->time_ns,
		.requested = requested,
		.bytes = allocated,
		.row = (uint32_t)i,
		.cpu = (uint16_t)s->cpu,
	};
	return livemap_put(&sa->live, &live, &old);
}

static void take_free(struct slab_analysis *sa, const struct slab_event *event,
		      const struct session_sample *sample)
{
	const struct sample *s = &sample->sample;
	struct live live;
	uint64_t ptr;

	/* kfree(NULL) has its event, and frees nothing. */
	if (!format_value(&event->ptr, s->raw, s->raw_len, &ptr) || ptr <= ZERO_SIZE_PTR)
		return;
	if (!livemap_take(&sa->live, ptr, &live)) {
		if (session_wants(sa->session, sa->config.filter, sample)) {
			sa->free_hits++;
			sa->free_only_hits++;
		}
		return;
	}
	sa->free_hits++;
	sa->freed += live.bytes;
	forget(sa, &live);
	sa->lifetime[lives_slot(s->time_ns > live.time_ns ? s->time_ns - live.time_ns : 0)]++;
	if (live.cpu != (uint16_t)s->cpu)
		sa->row[live.row].pingpongs++;
}

struct err *slab_analyse(struct session *session, const struct slab_config *config,
			 struct slab_analysis *ret_analysis)
{
	guard(slab_analysis) struct slab_analysis sa = {
		.session = session,
		.config = *config,
		.keys = keyset_init(config->keys_nr),
	};
	struct perfdata *perfdata = session_perfdata(session);
	size_t events_nr = perfdata_events_nr(perfdata);
	autofree struct slab_event *events = calloc(events_nr, sizeof(*events));
	bool any = false;
	struct err *e;

	if (!events)
		return err_nomem();
	for (size_t i = 0; i < events_nr; i++) {
		if (!find_fields(perfdata_event(perfdata, i), &events[i]))
			continue;
		partial_note_period(session, perfdata_event(perfdata, i));
		any = true;
	}
	if (!any)
		return err_new(ERR_NODATA, "the recording has no slab events (kmem:kmalloc)");
	perfdata_time_range(perfdata, &sa.peak.first_ns, &sa.peak.last_ns);
	e = read_nodes(&sa);
	if (!e && config->live)
		e = partial_note_frees(session, true);
	if (e)
		return e;
	for (;;) {
		struct session_sample sample;
		const struct slab_event *event;

		e = session_next(session, &sample);
		if (e)
			return e;
		if (!sample.event)
			break;
		event = &events[sample.event->index];
		if (!event->usable)
			continue;
		/* What comes after still says whether all is there. */
		if (config->stop_ns && sample.sample.time_ns > config->stop_ns)
			continue;
		/* The last quarter ends with the last sample. */
		if (sa.quarter + 1 < LIVES_QUARTERS)
			note_quarters(&sa, MIN(sample.sample.time_ns, sa.peak.last_ns - 1));
		if (!event->is_alloc) {
			take_free(&sa, event, &sample);
			continue;
		}
		e = take_alloc(&sa, event, &sample);
		if (e)
			return e;
	}
	note_quarters(&sa, UINT64_MAX);
	*ret_analysis = sa;
	sa = SLAB_ANALYSIS_INIT;
	return NULL;
}
