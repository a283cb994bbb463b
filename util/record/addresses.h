/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The addresses that samples mention (where they happened, in call chains, in fields like a slab
 * event's call_site), each kept once, and what is needed to tell later where a user address lay:
 * the records of mappings and forks. Collected while samples pass by, so that nobody has to read
 * the recording again.
 *
 * Memory has a bound, ADDRESSES_MAX of each kind; what is beyond is left out, and told.
 *
 * Threads: a plan is read only; addresses belong to one thread.
 */
#ifndef VMTOOL_RECORD_ADDRESSES_H
#define VMTOOL_RECORD_ADDRESSES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/base/cleanup.h"
#include "util/base/err.h"
#include "util/base/keyset.h"
#include "util/base/str.h"
#include "util/event/event.h"
#include "util/event/ring.h"

enum {
	ADDRESSES_MAX = 1 << 20,
	ADDRESS_FIELDS_MAX = 8,
	ADDRESS_SEEN_NR = 4096,
	ADDRESS_PIDS_NR = 256,
};

/* Where in the samples of one event addresses are. */
struct address_places {
	uint32_t chain;			    /* of the number of entries; 0: no call chain */
	uint32_t raw;			    /* where it is when the chain is empty; 0: none */
	uint16_t field[ADDRESS_FIELDS_MAX]; /* offsets in the raw bytes */
	uint32_t fields_nr;
};

struct address_plan {
	struct address_places *event; /* as in the event set */
	size_t nr;
	uint64_t text; /* of the kernel; 0: hidden, then nothing of the kernel's is kept */
	bool kernel;   /* samples may be of the kernel at all */
	bool user;     /* user addresses are to be kept */
};

#define ADDRESS_PLAN_INIT ((struct address_plan){ .nr = 0 })

/* @text: the address of _text. The attributes of @set are finished. */
must_check struct err *address_plan_make(const struct event_set *set, uint64_t text,
					 struct address_plan *ret_plan);
void address_plan_release(struct address_plan *plan);

/* A user address: key of two words, in the order found. */
enum { ADDRESS_KEY_PID, ADDRESS_KEY_ADDRESS, ADDRESS_KEY_WORDS };

struct addresses {
	const struct address_plan *plan;
	struct keyset kernel; /* one word */
	struct keyset user;  /* ADDRESS_KEY_WORDS; the upper half of the pid tells programs apart */
	uint64_t *user_time; /* when it was first met */
	size_t user_capacity;
	struct str mappings; /* records PERF_RECORD_MMAP2 and PERF_RECORD_FORK, as they came */
	uint64_t *seen;	     /* hashes of chains met lately */
	uint8_t program[ADDRESS_PIDS_NR]; /* by hash of the pid: goes up when it may be another */
	bool incomplete;
};

/* @plan NULL: nothing is collected. */
must_check struct err *addresses_init(struct addresses *addresses, const struct address_plan *plan);
void addresses_release(struct addresses *addresses);

/* Forget all: another file begins. */
void addresses_clear(struct addresses *addresses);

/* The sample at @at of the ring; @event: index of its event. */
void addresses_add_sample(struct addresses *addresses, const struct ring *ring, uint64_t at,
			  uint32_t event);

/* Any other record; those of no use are passed over. */
void addresses_add_record(struct addresses *addresses, const void *record, size_t len);

#endif
