// SPDX-License-Identifier: GPL-2.0-or-later
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/btf/migratetypes.h"
#include "util/report/gfp.h"
#include "util/report/pageinside.h"
#include "util/report/stored.h"

/* ---- GFP flags ------------------------------------------------------------------------------- */

struct err *page_note_gfp(struct page_analysis *pa, const struct session_sample *sample,
			  uint64_t gfp)
{
	guard(str) struct str names = STR_INIT;
	struct err *e;
	size_t i;

	/* Most are like the one before. */
	if (pa->gfps.nr && gfp == pa->last_gfp)
		return NULL;
	pa->last_gfp = gfp;
	if (keyset_find(&pa->gfps, &gfp, &i))
		return NULL;
	e = keyset_add(&pa->gfps, &gfp, &i);
	if (e)
		return e;
	if (i >= pa->gfps_capacity) {
		uint32_t *grown = reallocarray(pa->gfp_name, pa->gfps.capacity, sizeof(*grown));

		if (!grown)
			return err_nomem();
		pa->gfp_name = grown;
		pa->gfps_capacity = pa->gfps.capacity;
	}
	pa->gfp_name[i] = 0;
	gfp_names(sample->event->format, sample->sample.raw, sample->sample.raw_len, gfp, &names);
	e = str_check(&names);
	return e ? e : session_number(pa->session, names.s, &pa->gfp_name[i]);
}

const char *page_gfp_names(const struct page_analysis *pa, uint64_t gfp)
{
	size_t i;

	return keyset_find(&pa->gfps, &gfp, &i) ? session_text(pa->session, pa->gfp_name[i]) : "";
}

static int compare_values(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

struct err *page_gfps(const struct page_analysis *pa, const size_t *row, size_t rows_nr,
		      uint64_t **ret_gfp, size_t *ret_nr)
{
	autofree uint64_t *gfp = calloc(rows_nr + 1, sizeof(*gfp));
	bool is_key = false;
	size_t nr = 0;

	if (!gfp)
		return err_nomem();
	for (size_t k = 0; k < pa->config.keys_nr; k++)
		is_key |= pa->config.key[k] == PAGE_KEY_GFP;
	for (size_t i = 0; is_key && i < rows_nr; i++)
		gfp[i] = page_row_key(pa, row[i], PAGE_KEY_GFP);
	qsort(gfp, is_key ? rows_nr : 0, sizeof(*gfp), compare_values);
	for (size_t i = 0; is_key && i < rows_nr; i++)
		if (!nr || gfp[nr - 1] != gfp[i])
			gfp[nr++] = gfp[i];
	*ret_gfp = take_ptr(gfp);
	*ret_nr = nr;
	return NULL;
}

/* ---- Migrate types and zones ----------------------------------------------------------------- */

static struct err *take_mtypes(struct page_analysis *pa, char *text)
{
	char *line, *rest = text;

	while ((line = strsep(&rest, "\n"))) {
		char *name;
		unsigned long number = strtoul(line, &name, 10);
		struct err *e;

		if (name == line || *name != ' ' || number >= PAGE_MTYPES_MAX)
			continue;
		/* PCPTYPES is the same number as the next one's name; the first real name stays. */
		if (!strcmp(name + 1, "PCPTYPES") || pa->mtype_name[number])
			continue;
		e = session_number(pa->session, name + 1, &pa->mtype_name[number]);
		if (e)
			return e;
	}
	return NULL;
}

/* A file of perf's does not name them; the running kernel does if it is of the same build. */
static struct err *running_mtypes(struct page_analysis *pa)
{
	struct build_id running = build_id_of_notes("/sys/kernel/notes"), recorded;
	guard(str) struct str lines = STR_INIT;
	struct err *e;

	e = stored_kernel_build(session_perfdata(pa->session), &recorded);
	if (e || !recorded.len || !build_id_equal(&recorded, &running))
		return e;
	e = btf_running_migratetypes(&lines);
	if (!e)
		e = str_check(&lines);
	if (e && err_code(e) != ERR_NOMEM) {
		err_free(e);
		return NULL;
	}
	return e ? e : take_mtypes(pa, lines.s);
}

static struct err *read_mtypes(struct page_analysis *pa)
{
	struct perfdata *perfdata = session_perfdata(pa->session);
	autofree char *text = NULL;
	struct err *e;
	size_t len;

	if (!perfdata_has_section(perfdata, PERFDATA_SECTION_MIGRATETYPES))
		return running_mtypes(pa);
	e = perfdata_section_read(perfdata, PERFDATA_SECTION_MIGRATETYPES, &text, &len);
	return e ? e : take_mtypes(pa, text);
}

const char *page_mtype_name(const struct page_analysis *pa, uint64_t mtype, char buf[16])
{
	if (mtype < PAGE_MTYPES_MAX && pa->mtype_name[mtype])
		return session_text(pa->session, pa->mtype_name[mtype]);
	snprintf(buf, 16, "%" PRIu64, mtype);
	return buf;
}

static struct err *read_zones(struct page_analysis *pa)
{
	struct perfdata *perfdata = session_perfdata(pa->session);
	autofree char *text = NULL;
	char *line, *rest;
	struct err *e;
	size_t len;

	if (!perfdata_has_section(perfdata, PERFDATA_SECTION_ZONES))
		return NULL;
	e = perfdata_section_read(perfdata, PERFDATA_SECTION_ZONES, &text, &len);
	if (e)
		return e;
	rest = text;
	while ((line = strsep(&rest, "\n"))) {
		struct page_zone zone, *grown;
		char name[32];

		if (sscanf(line, "%" SCNu32 " %" SCNu64 " %" SCNu64 " %31s", &zone.node,
			   &zone.first_pfn, &zone.end_pfn, name) != 4)
			continue;
		e = session_number(pa->session, name, &zone.name);
		if (e)
			return e;
		grown = reallocarray(pa->zone, pa->zones_nr + 1, sizeof(*grown));
		if (!grown)
			return err_nomem();
		pa->zone = grown;
		pa->zone[pa->zones_nr++] = zone;
	}
	return NULL;
}

const struct page_zone *page_find_zone(const struct page_analysis *pa, uint64_t pfn)
{
	for (size_t i = 0; i < pa->zones_nr; i++)
		if (pfn >= pa->zone[i].first_pfn && pfn < pa->zone[i].end_pfn)
			return &pa->zone[i];
	return NULL;
}

struct err *page_read_machine(struct page_analysis *pa)
{
	struct err *e = read_mtypes(pa);

	return e ? e : read_zones(pa);
}
