// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/report/page.h"

#include <stdlib.h>
#include <string.h>

#include "util/base/checked.h"
#include "util/report/pageinside.h"
#include "util/report/partial.h"
#include "util/report/site.h"

static const struct {
	const char *name;
	int key;
} key_names[] = {
	{ "page", PAGE_KEY_PAGE },     { "order", PAGE_KEY_ORDER },
	{ "migtype", PAGE_KEY_MTYPE }, { "mtype", PAGE_KEY_MTYPE },
	{ "gfp", PAGE_KEY_GFP },       { "callsite", PAGE_KEY_CALLSITE },
	{ "owner", PAGE_KEY_OWNER },   { "module", PAGE_KEY_MODULE },
	{ "comm", PAGE_KEY_COMM },     { "pid", PAGE_KEY_PID },
	{ "cgroup", PAGE_KEY_CGROUP }, { "node", PAGE_KEY_NODE },
	{ "zone", PAGE_KEY_ZONE },     { "bytes", PAGE_KEY_BYTES },
	{ "hit", PAGE_KEY_HIT },
};

int page_key_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(key_names); i++)
		if (!strcmp(key_names[i].name, name))
			return key_names[i].key;
	return -1;
}

const char *page_key_name(enum page_key key)
{
	for (size_t i = 0; i < ARRAY_SIZE(key_names); i++)
		if (key_names[i].key == (int)key)
			return key_names[i].name;
	return "";
}

void page_analysis_release(struct page_analysis *pa)
{
	keyset_release(&pa->keys);
	free(pa->row);
	livemap_release(&pa->live);
	free(pa->block);
	free(pa->moment);
	keyset_release(&pa->gfps);
	free(pa->gfp_name);
	free(pa->zone);
	keyset_release(&pa->nodes);
	sites_free(pa->sites);
	*pa = PAGE_ANALYSIS_INIT;
}

/* ---- Fields of the two events ---------------------------------------------------------------- */

/* Where the fields are in a sample of this recording's kernel. */
struct page_event {
	const struct perfdata_event *event;
	bool is_alloc;
	bool usable;
	bool has_frames;	 /* not addresses of struct pages, as before 4.1 */
	uint64_t no_page;	 /* what an allocation that failed has there */
	struct format_field pfn; /* or that address */
	struct format_field order;
	struct format_field mtype;
	struct format_field gfp;
};

static bool find_fields(const struct perfdata_event *event, struct page_event *ret)
{
	const struct format *format = event->format;

	*ret = (struct page_event){ .event = event };
	if (!format || strcmp(format_system(format), "kmem") != 0)
		return false;
	ret->is_alloc = !strcmp(format_name(format), "mm_page_alloc");
	if (!ret->is_alloc && strcmp(format_name(format), "mm_page_free") != 0)
		return false;
	ret->has_frames = format_field(format, "pfn", &ret->pfn);
	if (!ret->has_frames && !format_field(format, "page", &ret->pfn))
		return false;
	if (!ret->pfn.size)
		return false;
	/* -1UL of the machine that was recorded, or NULL. */
	ret->no_page = ret->has_frames ? UINT64_MAX >> (64 - 8 * MIN(ret->pfn.size, 8U)) : 0;
	if (!format_field(format, "order", &ret->order))
		return false;
	return !ret->is_alloc || (format_field(format, "migratetype", &ret->mtype) &&
				  format_field(format, "gfp_flags", &ret->gfp));
}

bool page_events_exist(const struct perfdata *perfdata)
{
	struct page_event event;

	for (size_t i = 0; i < perfdata_events_nr(perfdata); i++)
		if (find_fields(perfdata_event(perfdata, i), &event))
			return true;
	return false;
}

/* ---- Rows ------------------------------------------------------------------------------------ */

static struct err *find_row(struct page_analysis *pa, const uint64_t *key, size_t *ret_row)
{
	struct err *e = keyset_add(&pa->keys, key, ret_row);

	if (e || *ret_row < pa->rows_capacity)
		return e;

	struct page_row *grown = reallocarray(pa->row, pa->keys.capacity, sizeof(*grown));

	if (!grown)
		return err_nomem();
	memset(grown + pa->rows_capacity, 0,
	       (pa->keys.capacity - pa->rows_capacity) * sizeof(*grown));
	pa->row = grown;
	pa->rows_capacity = pa->keys.capacity;
	return NULL;
}

uint64_t page_row_key(const struct page_analysis *pa, size_t row, enum page_key key)
{
	const uint64_t *word = keyset_key(&pa->keys, row);

	for (size_t i = 0; i < pa->config.keys_nr; i++)
		if (pa->config.key[i] == key)
			return word[i];
	return 0;
}

/* ---- Going through the samples --------------------------------------------------------------- */

static struct page_moment *moment_at(struct page_analysis *pa, uint64_t time_ns)
{
	uint64_t span = pa->peak.last_ns - pa->peak.first_ns;
	uint64_t into = time_ns > pa->peak.first_ns ? time_ns - pa->peak.first_ns : 0;
	/* When it began and ended is what the recording says, which may be wrong. */
	size_t i = (size_t)((double)MIN(into, span) / ((double)span + 1) * PAGE_MOMENTS);

	return &pa->moment[MIN(i, (size_t)PAGE_MOMENTS - 1)];
}

static void note_time(struct page_analysis *pa, uint64_t time_ns, bool is_alloc)
{
	if (pa->moment) {
		struct page_moment *moment = moment_at(pa, time_ns);

		moment->most_bytes = MAX(moment->most_bytes, pa->live_bytes);
		moment->end_bytes = pa->live_bytes;
		moment->alloc_hits += is_alloc;
		moment->free_hits += !is_alloc;
	}
	lives_note_peak(&pa->peak, pa->live_bytes, time_ns);
}

/* The state of every row at the end of each quarter that has passed. */
static void note_quarters(struct page_analysis *pa, uint64_t time_ns)
{
	uint64_t span = pa->peak.last_ns - pa->peak.first_ns;

	while (pa->quarter + 1 < PAGE_QUARTERS &&
	       time_ns >= pa->peak.first_ns + span / PAGE_QUARTERS * (pa->quarter + 1)) {
		for (size_t i = 0; i < pa->keys.nr; i++)
			pa->row[i].live_bytes_at[pa->quarter] =
				pa->row[i].bytes - pa->row[i].freed_bytes;
		pa->quarter++;
	}
}

static struct err *row_of(struct page_analysis *pa, const struct session_sample *sample,
			  const struct allocation_site *site, uint64_t pfn, uint64_t order,
			  uint64_t mtype, uint64_t gfp, size_t *ret_row)
{
	uint64_t key[PAGE_KEYS_NR + 1] = { 0 };
	const struct page_zone *zone = NULL;

	for (size_t i = 0; i < pa->config.keys_nr; i++) {
		enum page_key what = pa->config.key[i];

		if ((what == PAGE_KEY_NODE || what == PAGE_KEY_ZONE) && !zone)
			zone = page_find_zone(pa, pfn);
		switch (what) {
		case PAGE_KEY_PAGE:
			key[i] = pfn;
			break;
		case PAGE_KEY_ORDER:
			key[i] = order;
			break;
		case PAGE_KEY_MTYPE:
			key[i] = mtype;
			break;
		case PAGE_KEY_GFP:
			key[i] = gfp;
			break;
		case PAGE_KEY_CALLSITE:
			key[i] = site->callsite;
			break;
		case PAGE_KEY_OWNER:
			key[i] = site->owner;
			break;
		case PAGE_KEY_MODULE:
			key[i] = site->module;
			break;
		case PAGE_KEY_COMM:
			key[i] = sample->comm;
			break;
		case PAGE_KEY_PID:
			key[i] = sample->sample.pid;
			break;
		case PAGE_KEY_CGROUP:
			key[i] = sample->sample.cgroup_id;
			break;
		case PAGE_KEY_NODE:
			key[i] = zone ? zone->node : SAMPLE_NONE_U64;
			break;
		case PAGE_KEY_ZONE:
			key[i] = zone ? zone->name : 0;
			break;
		case PAGE_KEYS_NR:
		case PAGE_KEY_HIT:
			break;
		}
	}
	if (pa->config.stacks) {
		struct err *e = page_stack_node(pa, sample, &key[pa->config.keys_nr]);
		if (e)
			return e;
	}
	return find_row(pa, key, ret_row);
}

static bool load(const struct format_field *field, const struct sample *s, uint64_t *ret_value)
{
	return format_value(field, s->raw, s->raw_len, ret_value);
}

static struct err *take_alloc(struct page_analysis *pa, const struct page_event *event,
			      const struct session_sample *sample)
{
	const struct sample *s = &sample->sample;
	uint64_t pfn, order, mtype, gfp, bytes;
	struct allocation_site site;
	struct live live, old;
	struct page_row *row;
	struct err *e;
	size_t i;

	if (!load(&event->pfn, s, &pfn) || !load(&event->order, s, &order) ||
	    !load(&event->mtype, s, &mtype) || !load(&event->gfp, s, &gfp) ||
	    order >= PAGE_ORDERS_MAX || !mul_u64(pa->page_bytes, UINT64_C(1) << order, &bytes) ||
	    !bytes)
		return NULL;
	/* A lost free: the page cannot be live any more, whoever has it now. */
	if (pfn != event->no_page && livemap_take(&pa->live, pfn, &old)) {
		page_forget(pa, &old);
		page_count(&pa->replaced, old.bytes);
	}
	if (!session_wants(pa->session, pa->config.filter, sample))
		return NULL;

	e = sites_find(pa->sites, sample, &site);
	if (e)
		return e;
	if (pa->config.symbol &&
	    strcmp(pa->config.symbol, session_text(pa->session, site.callsite)) != 0 &&
	    strcmp(pa->config.symbol, session_text(pa->session, site.owner)) != 0)
		return NULL;
	page_count(&pa->allocs, bytes);
	e = page_note_gfp(pa, sample, gfp);
	if (e)
		return e;
	if (pfn == event->no_page) {
		page_count(&pa->failures, bytes);
		return NULL;
	}
	if (!site.has_callsite)
		page_count(&pa->without_callsite, bytes);
	if (!site.has_owner)
		page_count(&pa->without_owner, bytes);

	e = row_of(pa, sample, &site, pfn, order, mtype, gfp, &i);
	if (e)
		return e;
	row = &pa->row[i];
	row->hits++;
	row->bytes += bytes;
	if (!row->oldest_ns)
		row->oldest_ns = s->time_ns;
	if (lives_in_first_half(&pa->peak, s->time_ns))
		row->old_live_bytes += bytes;
	if (mtype < PAGE_MTYPES_MAX)
		pa->order_mtype[order][mtype]++;
	if (order > pa->order_max)
		pa->order_max = (unsigned int)order;
	pa->live_bytes += bytes;

	live = (struct live){
		.key = pfn,
		.time_ns = s->time_ns,
		.bytes = bytes,
		.row = (uint32_t)i,
		.cpu = (uint16_t)s->cpu,
		.order = (uint8_t)order,
		.mtype = (uint8_t)MIN(mtype, (uint64_t)UINT8_MAX),
	};
	if (event->has_frames)
		pa->live_orders |= UINT64_C(1) << order;
	note_time(pa, s->time_ns, true);
	return livemap_put(&pa->live, &live, &old);
}

static struct err *take_free(struct page_analysis *pa, const struct page_event *event,
			     const struct session_sample *sample)
{
	const struct sample *s = &sample->sample;
	uint64_t pfn, order, bytes, life;
	struct live live;
	struct err *e;

	if (!load(&event->pfn, s, &pfn) || !load(&event->order, s, &order) ||
	    order >= PAGE_ORDERS_MAX || !mul_u64(pa->page_bytes, UINT64_C(1) << order, &bytes))
		return NULL;
	e = page_take_live(pa, pfn, order, &live);
	if (e)
		return e;
	if (!live.bytes) {
		/* With a filter nobody knows whose page it was: only the task's own frees count. */
		if (session_wants(pa->session, pa->config.filter, sample)) {
			page_count(&pa->frees, bytes);
			page_count(&pa->unmatched_frees, bytes);
			note_time(pa, s->time_ns, false);
		}
		return NULL;
	}
	page_count(&pa->frees, bytes);
	pa->matched.bytes += live.bytes;
	life = s->time_ns > live.time_ns ? s->time_ns - live.time_ns : 0;
	if (page_forget(pa, &live)) {
		pa->matched.hits++;
		pa->lifetime[lives_slot(life)]++;
		pa->row[live.row].life_ns += life;
	}
	note_time(pa, s->time_ns, false);
	return NULL;
}

static struct err *walk(struct page_analysis *pa, const struct page_event *events)
{
	for (;;) {
		struct session_sample sample;
		const struct page_event *event;
		struct err *e;

		e = session_next(pa->session, &sample);
		if (e)
			return e;
		if (!sample.event)
			return NULL;
		event = &events[sample.event->index];
		if (!event->usable)
			continue;
		/* What comes after still says whether all is there. */
		if (pa->config.stop_ns && sample.sample.time_ns > pa->config.stop_ns)
			continue;
		note_quarters(pa, sample.sample.time_ns);
		if (event->is_alloc) {
			e = take_alloc(pa, event, &sample);
		} else {
			e = take_free(pa, event, &sample);
		}
		if (e)
			return e;
	}
}

static void finish_quarters(struct page_analysis *pa)
{
	for (; pa->quarter < PAGE_QUARTERS; pa->quarter++)
		for (size_t i = 0; i < pa->keys.nr; i++)
			pa->row[i].live_bytes_at[pa->quarter] =
				pa->row[i].bytes - pa->row[i].freed_bytes;
}

/* A slice begins with what the one before it ended with, and has no more if nothing happened. */
static void finish_moments(struct page_analysis *pa)
{
	for (size_t i = 1; pa->moment && i < PAGE_MOMENTS; i++) {
		const struct page_moment *before = &pa->moment[i - 1];
		struct page_moment *moment = &pa->moment[i];

		if (!moment->alloc_hits && !moment->free_hits)
			moment->end_bytes = before->end_bytes;
		moment->most_bytes = MAX(moment->most_bytes, before->end_bytes);
	}
}

struct err *page_analyse(struct session *session, const struct page_config *config,
			 struct page_analysis *ret_analysis)
{
	guard(page_analysis) struct page_analysis pa = {
		.session = session,
		.config = *config,
		.keys = keyset_init(config->keys_nr + config->stacks),
		.gfps = keyset_init(1),
		.nodes = keyset_init(2),
		.live = LIVEMAP_OF_PAGES_INIT,
	};
	struct perfdata *perfdata = session_perfdata(session);
	size_t events_nr = perfdata_events_nr(perfdata);
	autofree struct page_event *events = calloc(events_nr, sizeof(*events));
	bool any = false;
	struct err *e;

	if (!events)
		return err_nomem();
	for (size_t i = 0; i < events_nr; i++) {
		events[i].usable = false;
		if (find_fields(perfdata_event(perfdata, i), &events[i]))
			any = events[i].usable = true;
		if (events[i].usable)
			partial_note_period(session, events[i].event);
	}
	if (!any)
		return err_new(ERR_NODATA, "the recording has no page events (kmem:mm_page_alloc)");
	if (config->timeline) {
		pa.moment = calloc(PAGE_MOMENTS, sizeof(*pa.moment));
		if (!pa.moment)
			return err_nomem();
	}
	/* An empty key is a single row; a set needs a word to tell rows by. */
	if (!pa.keys.words)
		return err_new(ERR_USAGE, "no key to group by");

	pa.page_bytes = perfdata_page_bytes(perfdata);
	perfdata_time_range(perfdata, &pa.peak.first_ns, &pa.peak.last_ns);
	e = sites_new(session, &pa.sites);
	if (!e)
		e = page_read_machine(&pa);
	if (!e && config->live)
		e = partial_note_frees(session, false);
	if (!e)
		e = walk(&pa, events);
	if (e)
		return e;
	finish_quarters(&pa);
	finish_moments(&pa);
	*ret_analysis = pa;
	pa = PAGE_ANALYSIS_INIT;
	return NULL;
}
