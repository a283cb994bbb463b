// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/lib/recording.h"

#include <assert.h>
#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>

#include "util/base/endian.h"
#include "util/perfdata/format.h"

enum { ATTR_BYTES = PERF_ATTR_SIZE_VER5 };

static const char alloc_format[] =
	"name: mm_page_alloc\n"
	"ID: 501\n"
	"format:\n"
	"\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n"
	"\tfield:unsigned char common_flags;\toffset:2;\tsize:1;\tsigned:0;\n"
	"\tfield:unsigned char common_preempt_count;\toffset:3;\tsize:1;\tsigned:0;\n"
	"\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n"
	"\n"
	"\tfield:unsigned long pfn;\toffset:8;\tsize:8;\tsigned:0;\n"
	"\tfield:unsigned int order;\toffset:16;\tsize:4;\tsigned:0;\n"
	"\tfield:unsigned long gfp_flags;\toffset:24;\tsize:8;\tsigned:0;\n"
	"\tfield:int migratetype;\toffset:32;\tsize:4;\tsigned:1;\n"
	"\n"
	"print fmt: \"pfn=0x%lx order=%d migratetype=%d gfp_flags=%s\", REC->pfn, REC->order, "
	"REC->migratetype, (REC->gfp_flags) ? __print_flags(REC->gfp_flags, \"|\", "
	"{0xcc0, \"GFP_KERNEL\"}, {0xc40, \"GFP_NOFS\"}, {0x100, \"__GFP_ZERO\"}, "
	"{0x8000, \"__GFP_NOFAIL\"}) : \"none\"\n";

static const char free_format[] =
	"name: mm_page_free\n"
	"ID: 502\n"
	"format:\n"
	"\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n"
	"\tfield:unsigned char common_flags;\toffset:2;\tsize:1;\tsigned:0;\n"
	"\tfield:unsigned char common_preempt_count;\toffset:3;\tsize:1;\tsigned:0;\n"
	"\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n"
	"\n"
	"\tfield:unsigned long pfn;\toffset:8;\tsize:8;\tsigned:0;\n"
	"\tfield:unsigned int order;\toffset:16;\tsize:4;\tsigned:0;\n"
	"\n"
	"print fmt: \"pfn=0x%lx order=%d\", REC->pfn, REC->order\n";

#define COMMON_FIELDS                                                                              \
	"format:\n"                                                                                \
	"\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n"                     \
	"\tfield:unsigned char common_flags;\toffset:2;\tsize:1;\tsigned:0;\n"                     \
	"\tfield:unsigned char common_preempt_count;\toffset:3;\tsize:1;\tsigned:0;\n"             \
	"\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n"                                 \
	"\n"                                                                                       \
	"\tfield:unsigned long call_site;\toffset:8;\tsize:8;\tsigned:0;\n"                        \
	"\tfield:const void * ptr;\toffset:16;\tsize:8;\tsigned:0;\n"

static const char kmalloc_format[] =
	"name: kmalloc\n"
	"ID: 503\n" COMMON_FIELDS "\tfield:size_t bytes_req;\toffset:24;\tsize:8;\tsigned:0;\n"
	"\tfield:size_t bytes_alloc;\toffset:32;\tsize:8;\tsigned:0;\n"
	"\n"
	"print fmt: \"ptr=%p\", REC->ptr\n";

static const char kfree_format[] = "name: kfree\n"
				   "ID: 504\n" COMMON_FIELDS "\n"
				   "print fmt: \"ptr=%p\", REC->ptr\n";

void recording_release(struct recording *recording)
{
	free(recording->bytes);
	*recording = (struct recording){ .len = 0 };
}

void recording_add_bytes(struct recording *r, const void *bytes, size_t len)
{
	uint8_t *grown;

	if (r->len + len > r->capacity) {
		r->capacity = (r->len + len) * 2;
		grown = realloc(r->bytes, r->capacity);
		assert(grown);
		r->bytes = grown;
	}
	if (len)
		memcpy(r->bytes + r->len, bytes, len);
	r->len += len;
}

static void add_u32(struct recording *r, uint32_t value)
{
	uint8_t bytes[4];

	store_u32(bytes, value, ORDER_LITTLE);
	recording_add_bytes(r, bytes, 4);
}

static void add_u64(struct recording *r, uint64_t value)
{
	uint8_t bytes[8];

	store_u64(bytes, value, ORDER_LITTLE);
	recording_add_bytes(r, bytes, 8);
}

static void add_string(struct recording *r, const char *text)
{
	recording_add_bytes(r, text, strlen(text) + 1);
}

void recording_add(struct recording *r, uint32_t type, uint16_t misc, const void *body, size_t len)
{
	uint8_t header[8];

	store_u32(header, type, ORDER_LITTLE);
	store_u16(header + 4, misc, ORDER_LITTLE);
	store_u16(header + 6, (uint16_t)(8 + len), ORDER_LITTLE);
	recording_add_bytes(r, header, 8);
	recording_add_bytes(r, body, len);
}

/* sample_id_all with TID, TIME, CPU, IDENTIFIER */
static void add_trailer(struct recording *body, uint64_t time_ns, uint32_t pid, uint32_t tid)
{
	add_u32(body, pid);
	add_u32(body, tid);
	add_u64(body, time_ns);
	add_u64(body, 0);
	add_u64(body, RECORDING_ALLOC_ID);
}

void recording_comm(struct recording *r, uint64_t time_ns, uint32_t pid, uint32_t tid,
		    const char *comm)
{
	struct recording body = { .len = 0 };
	char name[16] = "";

	strncpy(name, comm, sizeof(name) - 1);
	add_u32(&body, pid);
	add_u32(&body, tid);
	recording_add_bytes(&body, name, sizeof(name));
	add_trailer(&body, time_ns, pid, tid);
	recording_add(r, PERF_RECORD_COMM, 0, body.bytes, body.len);
	recording_release(&body);
}

void recording_fork(struct recording *r, uint64_t time_ns, uint32_t parent, uint32_t child)
{
	struct recording body = { .len = 0 };

	add_u32(&body, child);
	add_u32(&body, parent);
	add_u32(&body, child);
	add_u32(&body, parent);
	add_u64(&body, time_ns);
	add_trailer(&body, time_ns, parent, parent);
	recording_add(r, PERF_RECORD_FORK, 0, body.bytes, body.len);
	recording_release(&body);
}

void recording_map(struct recording *r, uint64_t time_ns, uint32_t pid, uint64_t start,
		   uint64_t len, const char *path)
{
	struct recording body = { .len = 0 };

	add_u32(&body, pid);
	add_u32(&body, pid);
	add_u64(&body, start);
	add_u64(&body, len);
	add_u64(&body, 0);
	recording_add_bytes(&body, path, strlen(path) + 1);
	while (body.len % 8)
		recording_add_bytes(&body, "", 1);
	add_trailer(&body, time_ns, pid, pid);
	recording_add(r, PERF_RECORD_MMAP, PERF_RECORD_MISC_USER, body.bytes, body.len);
	recording_release(&body);
}

void recording_lost(struct recording *r, uint64_t time_ns, uint64_t lost)
{
	struct recording body = { .len = 0 };

	add_u64(&body, RECORDING_ALLOC_ID);
	add_u64(&body, lost);
	add_trailer(&body, time_ns, 0, 0);
	recording_add(r, PERF_RECORD_LOST, 0, body.bytes, body.len);
	recording_release(&body);
}

static void add_sample(struct recording *r, uint64_t id, uint64_t time_ns, uint32_t tid,
		       uint32_t cpu, const uint64_t *chain, size_t chain_nr,
		       const struct recording *raw)
{
	struct recording body = { .len = 0 };

	add_u64(&body, id);
	add_u64(&body, chain_nr ? chain[0] : 0);
	add_u32(&body, tid);
	add_u32(&body, tid);
	add_u64(&body, time_ns);
	add_u32(&body, cpu);
	add_u32(&body, 0);
	add_u64(&body, chain_nr ? chain_nr + 1 : 0);
	if (chain_nr)
		add_u64(&body, (uint64_t)PERF_CONTEXT_KERNEL);
	for (size_t i = 0; i < chain_nr; i++)
		add_u64(&body, chain[i]);
	add_u32(&body, (uint32_t)raw->len);
	recording_add_bytes(&body, raw->bytes, raw->len);
	recording_add(r, PERF_RECORD_SAMPLE, PERF_RECORD_MISC_KERNEL, body.bytes, body.len);
	recording_release(&body);
}

static struct recording raw_fields(uint16_t config, uint32_t tid, uint64_t pfn, uint32_t order)
{
	struct recording raw = { .len = 0 };

	add_u32(&raw, config);
	add_u32(&raw, tid);
	add_u64(&raw, pfn);
	add_u32(&raw, order);
	return raw;
}

void recording_alloc(struct recording *r, uint64_t time_ns, uint32_t tid, uint32_t cpu,
		     uint64_t pfn, uint32_t order, int32_t migratetype, uint64_t gfp,
		     const uint64_t *chain, size_t chain_nr)
{
	struct recording raw = raw_fields(RECORDING_ALLOC_CONFIG, tid, pfn, order);

	add_u32(&raw, 0);
	add_u64(&raw, gfp);
	add_u32(&raw, (uint32_t)migratetype);
	add_sample(r, RECORDING_ALLOC_ID, time_ns, tid, cpu, chain, chain_nr, &raw);
	recording_release(&raw);
}

void recording_free(struct recording *r, uint64_t time_ns, uint32_t tid, uint32_t cpu, uint64_t pfn,
		    uint32_t order)
{
	struct recording raw = raw_fields(RECORDING_FREE_CONFIG, tid, pfn, order);

	add_sample(r, RECORDING_FREE_ID, time_ns, tid, cpu, NULL, 0, &raw);
	recording_release(&raw);
}

static void add_slab_sample(struct recording *r, bool is_alloc, uint64_t time_ns, uint32_t cpu,
			    const uint64_t *field, size_t fields_nr)
{
	struct recording raw = { .len = 0 };

	add_u32(&raw, is_alloc ? RECORDING_KMALLOC_CONFIG : RECORDING_KFREE_CONFIG);
	add_u32(&raw, 7);
	for (size_t i = 0; i < fields_nr; i++)
		add_u64(&raw, field[i]);
	add_u32(&raw, 0);
	add_sample(r, is_alloc ? RECORDING_KMALLOC_ID : RECORDING_KFREE_ID, time_ns, 7, cpu, NULL,
		   0, &raw);
	recording_release(&raw);
	r->slab = true;
}

void recording_kmalloc(struct recording *r, uint64_t time_ns, uint32_t cpu, uint64_t call_site,
		       uint64_t ptr, uint64_t requested, uint64_t allocated)
{
	const uint64_t field[] = { call_site, ptr, requested, allocated };

	add_slab_sample(r, true, time_ns, cpu, field, 4);
}

void recording_kfree(struct recording *r, uint64_t time_ns, uint32_t cpu, uint64_t ptr)
{
	const uint64_t field[] = { 0, ptr };

	add_slab_sample(r, false, time_ns, cpu, field, 2);
}

static void add_attr(struct recording *r, uint64_t config)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_TRACEPOINT,
		.size = ATTR_BYTES,
		.config = config,
		.sample_period = 1,
		.sample_type = PERF_SAMPLE_IDENTIFIER | PERF_SAMPLE_IP | PERF_SAMPLE_TID |
			       PERF_SAMPLE_TIME | PERF_SAMPLE_CPU | PERF_SAMPLE_CALLCHAIN |
			       PERF_SAMPLE_RAW,
		.sample_id_all = 1,
	};

	recording_add_bytes(r, &attr, ATTR_BYTES);
}

static void add_text(struct recording *r, const char *text, size_t len)
{
	add_u64(r, len);
	recording_add_bytes(r, text, len);
}

static struct recording tracing_data(bool slab)
{
	struct recording data = { .len = 0 };

	recording_add_bytes(&data, "\x17\x08\x44tracing", 10);
	add_string(&data, "0.6");
	recording_add_bytes(&data, "\0\x08", 2);
	add_u32(&data, 4096);
	add_string(&data, "header_page");
	add_text(&data, "", 0);
	add_string(&data, "header_event");
	add_text(&data, "", 0);
	add_u32(&data, 0);
	add_u32(&data, 1);
	add_string(&data, "kmem");
	add_u32(&data, slab ? 4 : 2);
	add_text(&data, alloc_format, sizeof(alloc_format) - 1);
	add_text(&data, free_format, sizeof(free_format) - 1);
	if (slab) {
		add_text(&data, kmalloc_format, sizeof(kmalloc_format) - 1);
		add_text(&data, kfree_format, sizeof(kfree_format) - 1);
	}
	add_u32(&data, 0);
	add_u32(&data, 0);
	add_u64(&data, 0);
	return data;
}

static const uint64_t event_id[] = { RECORDING_ALLOC_ID, RECORDING_FREE_ID, RECORDING_KMALLOC_ID,
				     RECORDING_KFREE_ID };
static const uint64_t event_config[] = { RECORDING_ALLOC_CONFIG, RECORDING_FREE_CONFIG,
					 RECORDING_KMALLOC_CONFIG, RECORDING_KFREE_CONFIG };

static void replace_frame_field(struct recording *tracing, const char *field)
{
	static const char usual[] = "unsigned long pfn;\toffset:8;\tsize:8;";
	const size_t len = sizeof(usual) - 1;
	uint8_t *at = tracing->bytes;

	assert(strlen(field) == len);
	while ((at = memmem(at, (size_t)(tracing->bytes + tracing->len - at), usual, len)))
		memcpy(at, field, len);
}

uint8_t *recording_file(const struct recording *records, size_t *ret_len)
{
	size_t nr = records->slab ? 4 : 2;
	size_t attrs = PERFDATA_HEADER_BYTES + 8 * nr, data = attrs + nr * (ATTR_BYTES + 16);
	struct recording tracing = tracing_data(records->slab), file = { .len = 0 };

	if (records->frame_field)
		replace_frame_field(&tracing, records->frame_field);
	add_u64(&file, PERFDATA_MAGIC);
	add_u64(&file, PERFDATA_HEADER_BYTES);
	add_u64(&file, ATTR_BYTES + 16);
	add_u64(&file, attrs);
	add_u64(&file, nr * (ATTR_BYTES + 16));
	add_u64(&file, data);
	add_u64(&file, records->len);
	add_u64(&file, 0);
	add_u64(&file, 0);
	add_u64(&file, UINT64_C(1) << PERFDATA_TRACING_DATA);
	for (int i = 0; i < 3; i++)
		add_u64(&file, 0);
	for (size_t i = 0; i < nr; i++)
		add_u64(&file, event_id[i]);
	for (size_t i = 0; i < nr; i++) {
		add_attr(&file, event_config[i]);
		add_u64(&file, PERFDATA_HEADER_BYTES + 8 * i);
		add_u64(&file, 8);
	}
	recording_add_bytes(&file, records->bytes, records->len);
	add_u64(&file, file.len + 16);
	add_u64(&file, tracing.len);
	recording_add_bytes(&file, tracing.bytes, tracing.len);
	recording_release(&tracing);
	*ret_len = file.len;
	return file.bytes;
}

uint8_t *recording_pipe(const struct recording *records, size_t *ret_len)
{
	struct recording tracing = tracing_data(records->slab), file = { .len = 0 };
	size_t nr = records->slab ? 4 : 2;
	uint8_t size[4];

	add_u64(&file, PERFDATA_MAGIC);
	add_u64(&file, PERFDATA_PIPE_HEADER_BYTES);
	for (size_t i = 0; i < nr; i++) {
		struct recording body = { .len = 0 };

		add_attr(&body, event_config[i]);
		add_u64(&body, event_id[i]);
		recording_add(&file, PERFDATA_RECORD_ATTR, 0, body.bytes, body.len);
		recording_release(&body);
	}
	while (tracing.len % 8)
		recording_add_bytes(&tracing, "", 1);
	store_u32(size, (uint32_t)tracing.len, ORDER_LITTLE);
	recording_add(&file, PERFDATA_RECORD_TRACING_DATA, 0, size, 4);
	recording_add_bytes(&file, tracing.bytes, tracing.len);
	recording_add_bytes(&file, records->bytes, records->len);
	recording_release(&tracing);
	*ret_len = file.len;
	return file.bytes;
}
