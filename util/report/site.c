// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/report/site.h"

#include <stdlib.h>
#include <string.h>

#include "util/report/kernelsyms.h"

enum {
	CHAIN_MAX = 512,	  /* frames that are looked at */
	KEPT_WORDS_MAX = 1 << 21, /* of chains: 16 MiB; then all is forgotten */
};

/* What a chain of addresses led to. */
struct kept {
	uint64_t hash;
	uint32_t at; /* of its addresses, in sites.word */
	uint32_t nr;
	struct allocation_site site;
	enum frame_kind fault; /* FRAME_OTHER: none, site.owner holds */
};

struct sites {
	struct session *session;
	uint64_t generation; /* of the kernel's symbols when chains were looked up */

	struct kept *kept;
	size_t kept_nr;
	size_t kept_capacity;
	uint32_t *slot; /* index + 1; 0: free */
	size_t slots_nr;
	uint8_t *word; /* addresses of all chains kept, 8 bytes each */
	size_t words_nr;
	size_t words_capacity;

	struct keyset faults; /* kind and comm, file -> owner */
	uint32_t *fault_owner;
	size_t faults_capacity;
	const char *last_path; /* of code that touched memory, and its name's number */
	uint32_t last_file;
};

struct err *sites_new(struct session *session, struct sites **ret_sites)
{
	struct sites *sites = calloc(1, sizeof(*sites));

	if (!sites)
		return err_nomem();
	sites->session = session;
	sites->faults = keyset_init(2);
	*ret_sites = sites;
	return NULL;
}

void sites_free(struct sites *sites)
{
	if (!sites)
		return;
	free(sites->kept);
	free(sites->slot);
	free(sites->word);
	keyset_release(&sites->faults);
	free(sites->fault_owner);
	free(sites);
}

static const char *mapping_text(enum frame_kind kind)
{
	switch (kind) {
	case FRAME_FAULT_ANON:
		return " (anonymous)";
	case FRAME_FAULT_FILE:
		return " (file)";
	case FRAME_FAULT_COW:
		return " (copy on write)";
	default:
		return "";
	}
}

/* The innermost user address of a chain; 0: it has none. */
static uint64_t user_address(const struct sample *s, size_t kernel_nr)
{
	for (size_t i = kernel_nr; i + 1 < s->chain_nr; i++)
		if (sample_chain_at(s, i) == (uint64_t)PERF_CONTEXT_USER)
			return sample_chain_at(s, i + 1);
	return 0;
}

/*
 * The file whose code touched the memory, without its folders; "" and 0: not known. What was
 * touched is in no event: mm_page_alloc tells neither the address nor its mapping.
 */
static struct err *touching_file(struct sites *sites, const struct sample *s, size_t kernel_nr,
				 uint32_t *ret_file)
{
	uint64_t address = user_address(s, kernel_nr);
	const char *path = address ? session_user_file(sites->session, s->pid, address) : NULL;
	const char *slash;
	struct err *e;

	*ret_file = 0;
	if (!path)
		return NULL;
	/* The same text stands at the same place. */
	if (path != sites->last_path) {
		slash = strrchr(path, '/');
		e = session_number(sites->session, slash ? slash + 1 : path, &sites->last_file);
		if (e)
			return e;
		sites->last_path = path;
	}
	*ret_file = sites->last_file;
	return NULL;
}

/* "page fault (anonymous) of bash in libc.so.6": what a task got by touching memory. */
static struct err *fault_owner(struct sites *sites, enum frame_kind kind,
			       const struct session_sample *sample, size_t kernel_nr,
			       uint32_t *ret_owner)
{
	guard(str) struct str text = STR_INIT;
	uint64_t key[2] = { (uint64_t)kind << 32 | sample->comm, 0 };
	const char *file;
	uint32_t number;
	struct err *e;
	size_t i;

	e = touching_file(sites, &sample->sample, kernel_nr, &number);
	if (e)
		return e;
	file = session_text(sites->session, number);
	key[1] = number;
	if (keyset_find(&sites->faults, key, &i)) {
		*ret_owner = sites->fault_owner[i];
		return NULL;
	}
	if (sites->faults.nr == sites->faults_capacity) {
		size_t capacity = sites->faults_capacity ? sites->faults_capacity * 2 : 64;
		uint32_t *grown = reallocarray(sites->fault_owner, capacity, sizeof(*grown));

		if (!grown)
			return err_nomem();
		sites->fault_owner = grown;
		sites->faults_capacity = capacity;
	}
	str_printf(&text, "page fault%s of %s%s%s", mapping_text(kind),
		   session_text(sites->session, sample->comm), *file ? " in " : "", file);
	e = str_check(&text);
	if (!e)
		e = session_number(sites->session, text.s, ret_owner);
	if (!e)
		e = keyset_add(&sites->faults, key, &i);
	if (!e)
		sites->fault_owner[i] = *ret_owner;
	return e;
}

/* ---- Looking at a chain ---------------------------------------------------------------------- */

/* The kernel's part of a chain: *ret_nr addresses, 8 bytes each, from the innermost out. */
static const uint8_t *kernel_part(const struct sample *s, size_t *ret_nr)
{
	size_t first = 0, behind;

	if (s->chain_nr && sample_chain_is_mark(sample_chain_at(s, 0))) {
		*ret_nr = 0;
		if (sample_chain_at(s, 0) != (uint64_t)PERF_CONTEXT_KERNEL)
			return NULL;
		first = 1;
	}
	for (behind = first; behind < s->chain_nr && behind - first < CHAIN_MAX; behind++)
		if (sample_chain_is_mark(sample_chain_at(s, behind)))
			break;
	*ret_nr = behind - first;
	return s->chain + 8 * first;
}

/* Behind it stands what was interrupted. */
static bool is_entry(const struct sites *sites, const struct kernel_frame *frame)
{
	const char *name = session_text(sites->session, frame->name);

	return frame->kind == FRAME_FAULT_ENTRY || !strncmp(name, "asm_", 4) ||
	       !strcmp(name, "el1h_64_irq") || !strcmp(name, "el1_irq");
}

static struct err *find_module(struct sites *sites, const uint8_t *chain, size_t nr,
			       struct allocation_site *site)
{
	static const char kernel[] = "[kernel]";

	for (size_t i = 0; i < nr; i++) {
		const struct kernel_frame *frame;
		struct err *e = session_kernel_frame(sites->session,
						     load_u64(chain + 8 * i, ORDER_LITTLE), &frame);

		if (e)
			return e;
		if (is_entry(sites, frame))
			break;
		if (frame->module && frame->kind != FRAME_TRACE) {
			site->module = frame->module;
			return NULL;
		}
	}
	return site->has_callsite ? session_number(sites->session, kernel, &site->module) : NULL;
}

static struct err *look_at(struct sites *sites, const uint8_t *chain, size_t nr, struct kept *ret)
{
	struct allocation_site *site = &ret->site;
	uint32_t outermost = 0;

	*ret = (struct kept){ .fault = FRAME_OTHER };
	for (size_t i = 0; i < nr; i++) {
		const struct kernel_frame *frame;
		enum frame_kind kind;
		struct err *e;

		e = session_kernel_frame(sites->session, load_u64(chain + 8 * i, ORDER_LITTLE),
					 &frame);
		if (e)
			return e;
		kind = frame->kind;
		if (kind == FRAME_TRACE)
			continue;
		outermost = frame->name;
		if (kind == FRAME_PAGE_ALLOC)
			continue;
		if (!site->has_callsite) {
			site->callsite = frame->name;
			site->has_callsite = frame->known;
		}
		if (kind == FRAME_FAULT_ENTRY) {
			if (ret->fault == FRAME_OTHER)
				ret->fault = FRAME_FAULT;
			break;
		}
		if (kind >= FRAME_FAULT && (ret->fault == FRAME_OTHER || ret->fault == FRAME_FAULT))
			ret->fault = kind;
		if (kind == FRAME_OTHER) {
			/*
			 * Somebody in the kernel who touches user memory on purpose is the owner.
			 */
			site->owner = frame->name;
			site->has_owner = frame->known;
			ret->fault = FRAME_OTHER;
			break;
		}
	}
	if (!site->callsite)
		site->callsite = outermost;
	if (!site->owner)
		site->owner = site->callsite;
	return find_module(sites, chain, nr, site);
}

/* ---- Chains that were looked at -------------------------------------------------------------- */

static uint64_t fold(uint64_t a, uint64_t b)
{
	unsigned __int128 product = (unsigned __int128)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* Two addresses at a time: half of the time of a look-up goes here. */
static uint64_t hash_chain(const uint8_t *chain, size_t nr)
{
	static const uint64_t odd = UINT64_C(0x9e3779b97f4a7c15);
	uint64_t hash = nr * odd;
	size_t i;

	for (i = 0; i + 2 <= nr; i += 2)
		hash = fold(hash ^ load_u64(chain + 8 * i, ORDER_LITTLE),
			    odd ^ load_u64(chain + 8 * i + 8, ORDER_LITTLE));
	if (i < nr)
		hash = fold(hash ^ load_u64(chain + 8 * i, ORDER_LITTLE), odd);
	return hash;
}

static size_t find_slot(const struct sites *sites, const uint32_t *slot, size_t slots_nr,
			uint64_t hash, const uint8_t *chain, size_t nr)
{
	size_t i = hash & (slots_nr - 1);

	for (; slot[i]; i = (i + 1) & (slots_nr - 1)) {
		const struct kept *kept = &sites->kept[slot[i] - 1];

		if (kept->hash == hash && kept->nr == nr &&
		    (!nr || !memcmp(sites->word + 8 * (size_t)kept->at, chain, 8 * nr)))
			break;
	}
	return i;
}

static void forget(struct sites *sites)
{
	if (sites->slot)
		memset(sites->slot, 0, sites->slots_nr * sizeof(*sites->slot));
	sites->kept_nr = 0;
	sites->words_nr = 0;
}

static struct err *grow_slots(struct sites *sites)
{
	size_t slots_nr = sites->slots_nr ? sites->slots_nr * 2 : 1024;
	uint32_t *slot = calloc(slots_nr, sizeof(*slot));

	if (!slot)
		return err_nomem();
	for (size_t i = 0; i < sites->kept_nr; i++) {
		const struct kept *kept = &sites->kept[i];

		slot[find_slot(sites, slot, slots_nr, kept->hash,
			       sites->word + 8 * (size_t)kept->at, kept->nr)] = (uint32_t)i + 1;
	}
	free(sites->slot);
	sites->slot = slot;
	sites->slots_nr = slots_nr;
	return NULL;
}

static struct err *make_room(struct sites *sites, size_t nr)
{
	if (sites->words_nr + nr > KEPT_WORDS_MAX)
		forget(sites);
	if (sites->words_nr + nr > sites->words_capacity) {
		size_t capacity = MAX(sites->words_capacity * 2, (size_t)4096);
		uint8_t *grown = reallocarray(sites->word, capacity, 8);

		if (!grown)
			return err_nomem();
		sites->word = grown;
		sites->words_capacity = capacity;
	}
	if (sites->kept_nr == sites->kept_capacity) {
		size_t capacity = MAX(sites->kept_capacity * 2, (size_t)256);
		struct kept *grown = reallocarray(sites->kept, capacity, sizeof(*grown));

		if (!grown)
			return err_nomem();
		sites->kept = grown;
		sites->kept_capacity = capacity;
	}
	return sites->kept_nr * 2 >= sites->slots_nr ? grow_slots(sites) : NULL;
}

static struct err *keep(struct sites *sites, uint64_t hash, const uint8_t *chain, size_t nr,
			const struct kept **ret_kept)
{
	struct kept kept;
	struct err *e;

	e = look_at(sites, chain, nr, &kept);
	if (!e)
		e = make_room(sites, nr);
	if (e)
		return e;
	kept.hash = hash;
	kept.at = (uint32_t)sites->words_nr;
	kept.nr = (uint32_t)nr;
	if (nr)
		memcpy(sites->word + 8 * sites->words_nr, chain, 8 * nr);
	sites->words_nr += nr;
	sites->kept[sites->kept_nr] = kept;
	sites->slot[find_slot(sites, sites->slot, sites->slots_nr, hash, chain, nr)] =
		(uint32_t)sites->kept_nr + 1;
	*ret_kept = &sites->kept[sites->kept_nr++];
	return NULL;
}

struct err *sites_find(struct sites *sites, const struct session_sample *sample,
		       struct allocation_site *ret_site)
{
	uint64_t generation = session_kernel_generation(sites->session), hash;
	const struct kept *kept = NULL;
	const uint8_t *chain;
	struct err *e;
	size_t nr;

	if (generation != sites->generation)
		forget(sites);
	sites->generation = generation;
	chain = kernel_part(&sample->sample, &nr);
	hash = hash_chain(chain, nr);
	if (sites->slots_nr) {
		size_t i = find_slot(sites, sites->slot, sites->slots_nr, hash, chain, nr);

		if (sites->slot[i])
			kept = &sites->kept[sites->slot[i] - 1];
	}
	if (!kept) {
		e = keep(sites, hash, chain, nr, &kept);
		if (e)
			return e;
	}
	*ret_site = kept->site;
	if (kept->fault == FRAME_OTHER)
		return NULL;
	ret_site->has_owner = true;
	return fault_owner(sites, kept->fault, sample, nr, &ret_site->owner);
}
