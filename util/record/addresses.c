// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/record/addresses.h"

#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>

#include "util/base/endian.h"
#include "util/base/macros.h"
#include "util/event/format.h"
#include "util/event/sample.h"

enum {
	/* IDENTIFIER, IP, TID, TIME, CPU: as event_set_finish() asks, for all events alike. */
	SAMPLE_IP = 16,
	SAMPLE_PID_TID = 24,
	SAMPLE_TIME = 32,
	SAMPLE_REST = 48,

	CHAIN_MAX = 1024,
	MAPPINGS_BYTES_MAX = 64 << 20,
};

/*
 * Kernels place code and modules so that a call with a 32-bit offset reaches from one to another.
 */
#define CODE_SPAN (UINT64_C(1) << 31)
#define KERNEL_HALF (UINT64_C(1) << 63)

static bool is_code_place(const struct format_field *field)
{
	return field->size == 8 && !field->is_array && !field->is_dynamic;
}

/* Which of a tracepoint's fields hold addresses of code shows by their values. */
static struct err *find_fields(const struct event *event, struct formats *formats,
			       struct address_places *places)
{
	const struct format *format;
	struct format_field field;
	const char *name;
	struct err *err;

	err = formats_add(formats, event->system, event->format, event->format_len, &format);
	if (err)
		return err;
	for (size_t i = 0; (name = format_field_name(format, i)); i++)
		if (places->fields_nr < ADDRESS_FIELDS_MAX && format_field(format, name, &field) &&
		    is_code_place(&field) && field.offset <= UINT16_MAX)
			places->field[places->fields_nr++] = (uint16_t)field.offset;
	return NULL;
}

struct err *address_plan_make(const struct event_set *set, uint64_t text,
			      struct address_plan *ret_plan)
{
	autofree struct address_places *places = calloc(set->nr + 1, sizeof(*places));
	bool kernel = false;
	guard(formats) struct formats *formats = NULL;
	struct err *err;

	if (!places)
		return err_nomem();
	err = formats_new(&formats);
	if (err)
		return err;
	for (size_t i = 0; i < set->nr; i++) {
		const struct event *event = &set->event[i];
		uint64_t type = event->attr.sample_type;
		uint32_t at = SAMPLE_REST + (type & PERF_SAMPLE_PERIOD ? 8 : 0);

		kernel |= !event->attr.exclude_kernel;
		if (type & PERF_SAMPLE_CALLCHAIN) {
			places[i].chain = at;
			at += 8;
		}
		if (!(type & PERF_SAMPLE_RAW) || !event->format)
			continue;
		places[i].raw = at + 4;
		/* A format that cannot be read has no fields; reports say so. */
		err_free(find_fields(event, formats, &places[i]));
	}
	*ret_plan = (struct address_plan){
		.event = take_ptr(places),
		.nr = set->nr,
		.text = text,
		.kernel = kernel,
		.user = event_set_wants_user(set),
	};
	return NULL;
}

void address_plan_release(struct address_plan *plan)
{
	free(plan->event);
	*plan = ADDRESS_PLAN_INIT;
}

struct err *addresses_init(struct addresses *addresses, const struct address_plan *plan)
{
	*addresses = (struct addresses){
		.plan = plan,
		.kernel = keyset_init(1),
		.user = keyset_init(ADDRESS_KEY_WORDS),
		.mappings = STR_INIT,
	};
	if (!plan)
		return NULL;
	addresses->seen = calloc(ADDRESS_SEEN_NR, sizeof(*addresses->seen));
	return addresses->seen ? NULL : err_nomem();
}

void addresses_release(struct addresses *addresses)
{
	keyset_release(&addresses->kernel);
	keyset_release(&addresses->user);
	free(addresses->user_time);
	free(addresses->seen);
	str_release(&addresses->mappings);
	addresses->plan = NULL;
	addresses->user_time = addresses->seen = NULL;
}

void addresses_clear(struct addresses *addresses)
{
	keyset_release(&addresses->kernel);
	keyset_release(&addresses->user);
	addresses->kernel = keyset_init(1);
	addresses->user = keyset_init(ADDRESS_KEY_WORDS);
	str_release(&addresses->mappings);
	addresses->incomplete = false;
	if (addresses->seen)
		memset(addresses->seen, 0, ADDRESS_SEEN_NR * sizeof(*addresses->seen));
}

static uint8_t *program_of(struct addresses *addresses, uint32_t pid)
{
	return &addresses->program[pid % ADDRESS_PIDS_NR];
}

static void add_kernel(struct addresses *addresses, uint64_t address)
{
	uint64_t text = addresses->plan->text;
	size_t index;

	/*
	 * The span reaches beyond 2^64: numbers of pages and bytes are no addresses of the kernel.
	 */
	if (!text || address - text + CODE_SPAN > 2 * CODE_SPAN || address < KERNEL_HALF)
		return;
	if (addresses->kernel.nr >= ADDRESSES_MAX) {
		addresses->incomplete = true;
		return;
	}
	if (keyset_add(&addresses->kernel, &address, &index))
		addresses->incomplete = true;
}

static bool grow_times(struct addresses *addresses)
{
	size_t capacity = addresses->user_capacity ? addresses->user_capacity * 2 : 1024;
	uint64_t *grown = reallocarray(addresses->user_time, capacity, sizeof(*grown));

	if (!grown)
		return false;
	addresses->user_time = grown;
	addresses->user_capacity = capacity;
	return true;
}

static void add_user(struct addresses *addresses, uint64_t program, uint64_t address,
		     uint64_t time_ns)
{
	uint64_t key[ADDRESS_KEY_WORDS] = {
		[ADDRESS_KEY_PID] = program,
		[ADDRESS_KEY_ADDRESS] = address,
	};
	size_t nr = addresses->user.nr, index;

	if (!addresses->plan->user)
		return;
	if (nr >= ADDRESSES_MAX || (nr == addresses->user_capacity && !grow_times(addresses)) ||
	    keyset_add(&addresses->user, key, &index))
		addresses->incomplete = true;
	else if (index == nr)
		addresses->user_time[index] = time_ns;
}

/* Chains repeat: true when this one came by lately. */
static bool seen_lately(struct addresses *addresses, const struct ring *ring, uint64_t at,
			uint64_t nr, uint64_t program)
{
	uint64_t hash = program * UINT64_C(0x9e3779b97f4a7c15) + nr;
	uint64_t *place;

	for (uint64_t i = 0; i < nr; i++) {
		hash = (hash ^ ring_u64(ring, at + 8 * i)) * UINT64_C(0xff51afd7ed558ccd);
		hash ^= hash >> 32;
	}
	place = &addresses->seen[hash % ADDRESS_SEEN_NR];
	if (*place == hash)
		return true;
	*place = hash;
	return false;
}

static void add_chain(struct addresses *addresses, const struct ring *ring, uint64_t at,
		      uint64_t nr, uint64_t program, uint64_t time_ns)
{
	bool user = false;

	if (seen_lately(addresses, ring, at, nr, addresses->plan->user ? program : 0))
		return;
	for (uint64_t i = 0; i < nr; i++) {
		uint64_t address = ring_u64(ring, at + 8 * i);

		if (sample_chain_is_mark(address))
			user = address == (uint64_t)PERF_CONTEXT_USER;
		else if (user)
			add_user(addresses, program, address, time_ns);
		else
			add_kernel(addresses, address);
	}
}

/* Fields lie behind a u32: not at multiples of 8, and so perhaps around the ring's end. */
static uint64_t unaligned_u64(const struct ring *ring, uint64_t at)
{
	unsigned int shift = (unsigned int)(at & 7) * 8;
	uint64_t low = ring_u64(ring, at & ~UINT64_C(7));

	return shift ? low >> shift | ring_u64(ring, (at & ~UINT64_C(7)) + 8) << (64 - shift) : low;
}

void addresses_add_sample(struct addresses *addresses, const struct ring *ring, uint64_t at,
			  uint32_t event)
{
	const struct address_places *places;
	uint64_t header = ring_u64(ring, at);
	uint16_t size = ring_record_size(header);
	uint32_t pid = (uint32_t)ring_u64(ring, at + SAMPLE_PID_TID);
	uint64_t program, time_ns, ip, chain_nr = 0;

	if (!addresses->plan || event >= addresses->plan->nr || size < SAMPLE_REST)
		return;
	places = &addresses->plan->event[event];
	program = (uint64_t)*program_of(addresses, pid) << 32 | pid;
	time_ns = ring_u64(ring, at + SAMPLE_TIME);
	ip = ring_u64(ring, at + SAMPLE_IP);
	if ((header >> 32 & PERF_RECORD_MISC_CPUMODE_MASK) == PERF_RECORD_MISC_USER)
		add_user(addresses, program, ip, time_ns);
	else
		add_kernel(addresses, ip);

	if (places->chain && size >= places->chain + 8) {
		chain_nr = ring_u64(ring, at + places->chain);
		if (chain_nr > CHAIN_MAX || places->chain + 8 + 8 * chain_nr > size)
			return;
		add_chain(addresses, ring, at + places->chain + 8, chain_nr, program, time_ns);
	}
	for (uint32_t i = 0; i < places->fields_nr; i++) {
		uint64_t offset = places->raw + 8 * chain_nr + places->field[i];

		if (offset + 8 <= size)
			add_kernel(addresses, unaligned_u64(ring, at + offset));
	}
}

void addresses_add_record(struct addresses *addresses, const void *record, size_t len)
{
	const uint8_t *bytes = record;
	uint32_t type;

	if (!addresses->plan || !addresses->plan->user || len < 16)
		return;
	type = load_u32(bytes, ORDER_LITTLE);
	if (type == PERF_RECORD_FORK ||
	    (type == PERF_RECORD_COMM &&
	     load_u16(bytes + 4, ORDER_LITTLE) & PERF_RECORD_MISC_COMM_EXEC))
		++*program_of(addresses, load_u32(bytes + 8, ORDER_LITTLE));
	if (type != PERF_RECORD_FORK && type != PERF_RECORD_MMAP2)
		return;
	if (addresses->mappings.len + len > MAPPINGS_BYTES_MAX)
		addresses->incomplete = true;
	else
		str_add_bytes(&addresses->mappings, record, len);
}
