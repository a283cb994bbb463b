// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/kernel/printk.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "util/base/checked.h"

enum {
	LONG_BYTES = 8,
	STRUCT_MAX = 1024, /* none of the structures comes near */

	/* LOG_BUF_LEN_MAX, and a descriptor for each 32 bytes of it (kernel/printk/printk.c). */
	DATA_BITS_MAX = 31,
	DESC_BITS_MAX = 26,

	/* Two bits on top of a descriptor's id say what state it is in. */
	STATE_SHIFT = 62,
	STATE_COMMITTED = 1,
	STATE_FINALIZED = 2,
};

#define ID_MASK ((UINT64_C(1) << STATE_SHIFT) - 1)

/* What of VMCOREINFO is needed, by its key. */
enum fact {
	RB_DESC_RING,
	RB_TEXT_RING,
	DESC_RING_COUNT_BITS,
	DESC_RING_DESCS,
	DESC_RING_INFOS,
	DESC_RING_HEAD,
	DESC_RING_TAIL,
	DATA_RING_SIZE_BITS,
	DATA_RING_DATA,
	DESC_SIZE,
	DESC_STATE,
	DESC_TEXT_LPOS,
	LPOS_BEGIN,
	LPOS_NEXT,
	INFO_SIZE,
	INFO_SEQ,
	INFO_TS,
	INFO_TEXT_LEN,
	ATOMIC_COUNTER,
	FACTS_NR,
};

static const char *const fact_key[FACTS_NR] = {
	[RB_DESC_RING] = "OFFSET(printk_ringbuffer.desc_ring)",
	[RB_TEXT_RING] = "OFFSET(printk_ringbuffer.text_data_ring)",
	[DESC_RING_COUNT_BITS] = "OFFSET(prb_desc_ring.count_bits)",
	[DESC_RING_DESCS] = "OFFSET(prb_desc_ring.descs)",
	[DESC_RING_INFOS] = "OFFSET(prb_desc_ring.infos)",
	[DESC_RING_HEAD] = "OFFSET(prb_desc_ring.head_id)",
	[DESC_RING_TAIL] = "OFFSET(prb_desc_ring.tail_id)",
	[DATA_RING_SIZE_BITS] = "OFFSET(prb_data_ring.size_bits)",
	[DATA_RING_DATA] = "OFFSET(prb_data_ring.data)",
	[DESC_SIZE] = "SIZE(prb_desc)",
	[DESC_STATE] = "OFFSET(prb_desc.state_var)",
	[DESC_TEXT_LPOS] = "OFFSET(prb_desc.text_blk_lpos)",
	[LPOS_BEGIN] = "OFFSET(prb_data_blk_lpos.begin)",
	[LPOS_NEXT] = "OFFSET(prb_data_blk_lpos.next)",
	[INFO_SIZE] = "SIZE(printk_info)",
	[INFO_SEQ] = "OFFSET(printk_info.seq)",
	[INFO_TS] = "OFFSET(printk_info.ts_nsec)",
	[INFO_TEXT_LEN] = "OFFSET(printk_info.text_len)",
	[ATOMIC_COUNTER] = "OFFSET(atomic_long_t.counter)",
};

struct ring {
	const struct vtop *vtop;
	uint64_t fact[FACTS_NR];
	bool callers; /* caller, level and facility stand behind the length, as far as is known */
	uint64_t descs_vaddr;
	uint64_t infos_vaddr;
	uint64_t descs_nr; /* a power of two, as data_bytes is */
	uint64_t data_vaddr;
	uint64_t data_bytes;
	uint64_t head_id;
	uint64_t tail_id;
};

/*
 * struct printk_info since 5.10 (f35efc78add6): text_len, 16 bits; facility, 8; flags, 5 and level,
 * 3; caller_id, 32. Between the two of them that VMCOREINFO tells there is room for nothing else.
 */
enum { TAIL_FACILITY = 2, TAIL_LEVEL = 3, TAIL_CALLER = 4, TAIL_BYTES = 8 };

static void learn_callers(struct ring *ring, const struct vmcoreinfo *info)
{
	uint64_t offset = 0;
	struct err *e = vmcoreinfo_unsigned(info, "OFFSET(printk_info.caller_id)", &offset);

	ring->callers = !e && offset == ring->fact[INFO_TEXT_LEN] + TAIL_CALLER;
	err_free(e);
}

static struct err *learn_facts(struct ring *ring, const struct vmcoreinfo *info)
{
	for (size_t i = 0; i < FACTS_NR; i++) {
		struct err *e = vmcoreinfo_unsigned(info, fact_key[i], &ring->fact[i]);

		if (e)
			return e;
		if (ring->fact[i] > STRUCT_MAX)
			return err_new(ERR_FORMAT, "VMCOREINFO %s has the absurd value %llu",
				       fact_key[i], (unsigned long long)ring->fact[i]);
	}
	learn_callers(ring, info);
	return NULL;
}

static struct err *read_long(const struct ring *ring, uint64_t vaddr, uint64_t *ret_value)
{
	uint8_t bytes[LONG_BYTES];
	struct err *e = vtop_read(ring->vtop, vaddr, bytes, sizeof(bytes));

	if (!e)
		*ret_value = load_u64(bytes, ring->vtop->order);
	return e;
}

/* 1 << the unsigned int at @vaddr. */
static struct err *read_size(const struct ring *ring, uint64_t vaddr, unsigned int bits_max,
			     const char *what, uint64_t *ret_size)
{
	uint8_t bytes[sizeof(uint32_t)];
	uint32_t bits;
	struct err *e = vtop_read(ring->vtop, vaddr, bytes, sizeof(bytes));

	if (e)
		return e;
	bits = load_u32(bytes, ring->vtop->order);
	if (bits < 1 || bits > bits_max)
		return err_new(ERR_FORMAT, "the kernel log says it has 2^%u %s: not believed", bits,
			       what);
	*ret_size = UINT64_C(1) << bits;
	return NULL;
}

static struct err *find_ring(struct ring *ring, const struct vmcoreinfo *info)
{
	const uint64_t *fact = ring->fact;
	uint64_t pointer;
	uint64_t desc_ring;
	uint64_t text_ring;
	uint64_t rb;
	struct err *e = vmcoreinfo_symbol(info, "prb", &pointer);

	if (!e)
		e = learn_facts(ring, info);
	if (!e)
		e = read_long(ring, pointer, &rb);
	if (e)
		return e;

	desc_ring = rb + fact[RB_DESC_RING];
	text_ring = rb + fact[RB_TEXT_RING];
	e = read_size(ring, desc_ring + fact[DESC_RING_COUNT_BITS], DESC_BITS_MAX, "messages",
		      &ring->descs_nr);
	if (!e)
		e = read_long(ring, desc_ring + fact[DESC_RING_DESCS], &ring->descs_vaddr);
	if (!e)
		e = read_long(ring, desc_ring + fact[DESC_RING_INFOS], &ring->infos_vaddr);
	if (!e)
		e = read_long(ring, desc_ring + fact[DESC_RING_HEAD] + fact[ATOMIC_COUNTER],
			      &ring->head_id);
	if (!e)
		e = read_long(ring, desc_ring + fact[DESC_RING_TAIL] + fact[ATOMIC_COUNTER],
			      &ring->tail_id);
	if (!e)
		e = read_size(ring, text_ring + fact[DATA_RING_SIZE_BITS], DATA_BITS_MAX, "bytes",
			      &ring->data_bytes);
	if (!e)
		e = read_long(ring, text_ring + fact[DATA_RING_DATA], &ring->data_vaddr);
	return e;
}

struct err *printk_places(const struct vtop *vtop, const struct vmcoreinfo *info,
			  struct printk_place ret_place[PRINTK_PLACES_NR])
{
	struct ring ring = { .vtop = vtop };
	struct err *e = find_ring(&ring, info);

	if (e)
		return e;
	ret_place[0] =
		(struct printk_place){ ring.descs_vaddr, ring.descs_nr * ring.fact[DESC_SIZE] };
	ret_place[1] =
		(struct printk_place){ ring.infos_vaddr, ring.descs_nr * ring.fact[INFO_SIZE] };
	ret_place[2] = (struct printk_place){ ring.data_vaddr, ring.data_bytes };
	return NULL;
}

/* The message's block in the data ring, behind the id that stands in front of its text. */
static bool find_text(const struct ring *ring, uint64_t begin, uint64_t next, uint64_t *ret_vaddr,
		      uint64_t *ret_room)
{
	uint64_t mask = ring->data_bytes - 1;
	uint64_t at = begin & mask;
	uint64_t end = next & mask;

	/* Blocks are aligned; an odd position stands for a message without text. */
	if (begin & 1 || next & 1)
		return false;
	/* A block that would not fit before the end of the ring lies at its start instead. */
	if ((begin & ~mask) != (next & ~mask) && end != 0)
		at = 0;
	if (end == 0)
		end = ring->data_bytes;
	if (at + LONG_BYTES > end)
		return false;
	*ret_vaddr = ring->data_vaddr + at + LONG_BYTES;
	*ret_room = end - at - LONG_BYTES;
	return true;
}

/* The end of a struct printk_info, from its text_len on. */
static struct err *read_tail(const struct ring *ring, uint64_t vaddr, struct printk_record *record,
			     uint64_t *ret_len)
{
	enum byte_order order = ring->vtop->order;
	uint8_t tail[TAIL_BYTES] = { 0 };
	struct err *e =
		vtop_read(ring->vtop, vaddr, tail, ring->callers ? sizeof(tail) : sizeof(uint16_t));

	if (e)
		return e;
	*ret_len = load_u16(tail, order);
	record->caller_known = record->level_known = ring->callers;
	record->caller = load_u32(tail + TAIL_CALLER, order);
	record->facility = tail[TAIL_FACILITY];
	/*
	 * The first of two bit fields is the lower one on one kind of machine, the upper on the
	 * other.
	 */
	record->level = order == ORDER_BIG ? tail[TAIL_LEVEL] & 7 : tail[TAIL_LEVEL] >> 5;
	return NULL;
}

/* *ret_is_there is false for an id without a message (reserved, or reused meanwhile). */
static struct err *read_record(const struct ring *ring, uint64_t id, char text[UINT16_MAX],
			       struct printk_record *ret_record, bool *ret_is_there)
{
	const uint64_t *fact = ring->fact;
	uint64_t index = id & (ring->descs_nr - 1);
	uint64_t desc = ring->descs_vaddr + index * fact[DESC_SIZE];
	uint64_t info = ring->infos_vaddr + index * fact[INFO_SIZE];
	uint64_t lpos = desc + fact[DESC_TEXT_LPOS];
	struct printk_record record = { .text = text };
	uint64_t len;
	uint64_t state;
	uint64_t begin;
	uint64_t next;
	uint64_t vaddr;
	uint64_t room;
	struct err *e;

	*ret_is_there = false;
	e = read_long(ring, desc + fact[DESC_STATE] + fact[ATOMIC_COUNTER], &state);
	if (e)
		return e;
	if ((state & ID_MASK) != id ||
	    (state >> STATE_SHIFT != STATE_COMMITTED && state >> STATE_SHIFT != STATE_FINALIZED))
		return NULL;

	e = read_long(ring, lpos + fact[LPOS_BEGIN], &begin);
	if (!e)
		e = read_long(ring, lpos + fact[LPOS_NEXT], &next);
	if (!e)
		e = read_long(ring, info + fact[INFO_SEQ], &record.seq);
	if (!e)
		e = read_long(ring, info + fact[INFO_TS], &record.ts_nsec);
	if (!e)
		e = read_tail(ring, info + fact[INFO_TEXT_LEN], &record, &len);
	if (e)
		return e;

	if (find_text(ring, begin, next, &vaddr, &room)) {
		record.len = (size_t)MIN(len, room);
		e = vtop_read(ring->vtop, vaddr, text, record.len);
		if (e)
			return e;
	}
	*ret_is_there = true;
	*ret_record = record;
	return NULL;
}

struct err *printk_walk(const struct vtop *vtop, const struct vmcoreinfo *info, printk_fn *fn,
			void *ctx, struct printk_summary *summary)
{
	struct ring ring = { .vtop = vtop };
	autofree char *text = malloc(UINT16_MAX);
	uint64_t ids_nr;
	struct err *e;

	*summary = (struct printk_summary){ .records_nr = 0 };
	if (!text)
		return err_nomem();
	e = find_ring(&ring, info);
	if (e)
		return err_wrap(e, "kernel log");

	ids_nr = ((ring.head_id - ring.tail_id) & ID_MASK) + 1;
	if (ids_nr > ring.descs_nr)
		return err_new(ERR_FORMAT, "the kernel log says it holds %llu messages of %llu",
			       (unsigned long long)ids_nr, (unsigned long long)ring.descs_nr);
	for (uint64_t i = 0; i < ids_nr; i++) {
		struct printk_record record;
		bool is_there;

		e = read_record(&ring, (ring.tail_id + i) & ID_MASK, text, &record, &is_there);
		if (e && err_code(e) == ERR_NOMEM)
			return e;
		if (e) {
			summary->lost_nr++;
			err_free(e);
			continue;
		}
		if (!is_there)
			continue;
		e = fn(ctx, &record);
		if (e)
			return e;
		summary->records_nr++;
	}
	return NULL;
}

/*
 * clear_seq was a plain number; where it is a struct latched_seq (5.13, 7d7a23a91c91) it is a
 * sequence count, whose lowest bit says which of the two numbers behind it counts.
 */
struct err *printk_cleared_at(const struct vtop *vtop, const struct vmcoreinfo *info,
			      uint64_t *ret_seq)
{
	static const char val_key[] = "OFFSET(latched_seq.val)";
	enum byte_order order = vtop->order;
	uint8_t bytes[LONG_BYTES];
	uint64_t vaddr;
	struct err *e = vmcoreinfo_symbol(info, "clear_seq", &vaddr);

	if (!e && vmcoreinfo_text(info, val_key)) {
		uint64_t val_offset = 0;

		e = vmcoreinfo_unsigned(info, val_key, &val_offset);
		if (!e)
			e = vtop_read(vtop, vaddr, bytes, sizeof(uint32_t));
		if (!e)
			vaddr += val_offset + LONG_BYTES * (load_u32(bytes, order) & 1);
	}
	if (!e)
		e = vtop_read(vtop, vaddr, bytes, sizeof(bytes));
	if (e)
		return err_wrap(e, "where the log was cleared");
	*ret_seq = load_u64(bytes, order);
	return NULL;
}

void printk_format_caller(struct str *out, const struct printk_record *record)
{
	str_printf(out, "%c%" PRIu32, record->caller & PRINTK_CALLER_CPU ? 'C' : 'T',
		   record->caller & ~PRINTK_CALLER_CPU);
}

const char *printk_level_name(unsigned int level)
{
	static const char *const names[] = { "emerg", "alert",	"crit", "err",
					     "warn",  "notice", "info", "debug" };

	return level < ARRAY_SIZE(names) ? names[level] : "?";
}

void printk_format_time(struct str *out, uint64_t ts_nsec)
{
	str_printf(out, "[%5" PRIu64 ".%06" PRIu64 "] ", ts_nsec / 1000000000,
		   ts_nsec % 1000000000 / 1000);
}

/* What stands in front of each line. */
static void add_head(struct str *out, const struct printk_record *record, bool callers)
{
	guard(str) struct str caller = STR_INIT;

	printk_format_time(out, record->ts_nsec);
	if (!callers || !record->caller_known)
		return;
	printk_format_caller(&caller, record);
	str_printf(out, "[%8s] ", caller.s);
}

void printk_format(struct str *out, const struct printk_record *record, bool callers)
{
	add_head(out, record, callers);
	for (size_t i = 0; i < record->len; i++) {
		unsigned char c = (unsigned char)record->text[i];

		if (c == '\n' && i + 1 < record->len) {
			str_add_char(out, '\n');
			add_head(out, record, callers);
		} else if (isprint(c) || c == '\t' || c >= 0x80) {
			str_add_char(out, (char)c);
		} else if (c != '\n') {
			str_printf(out, "\\x%02x", c);
		}
	}
	str_add_char(out, '\n');
}
