/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * BTF made up by a test: types are numbered as they are added, from 1 on, and may refer to numbers
 * that come later, or never.
 */
#ifndef VMTOOL_TESTS_LIB_FAKEBTF_H
#define VMTOOL_TESTS_LIB_FAKEBTF_H

#include <stddef.h>
#include <stdint.h>

#include "util/base/endian.h"
#include "util/base/str.h"

enum fakebtf_kind {
	FAKEBTF_INT = 1,
	FAKEBTF_PTR = 2,
	FAKEBTF_ARRAY = 3,
	FAKEBTF_STRUCT = 4,
	FAKEBTF_UNION = 5,
	FAKEBTF_ENUM = 6,
	FAKEBTF_FWD = 7,
	FAKEBTF_TYPEDEF = 8,
	FAKEBTF_CONST = 10,
	FAKEBTF_ENUM64 = 19,
};

struct fakebtf {
	enum byte_order order;
	struct str types;
	struct str strings;
	struct str layout; /* by kind, from 0 on; empty: a header that knows nothing of it */
	uint32_t nr;
};

struct fakebtf_member {
	const char *name; /* "" or NULL: anonymous */
	uint32_t type;
	uint32_t offset_bits; /* with `bits`: of a structure that has bit fields */
	uint32_t bits;
};

struct fakebtf_value {
	const char *name;
	int64_t value;
};

void fakebtf_init(struct fakebtf *btf, enum byte_order order);
void fakebtf_release(struct fakebtf *btf);

/* The 12 bytes of any type, and the 4 bytes that follow some: for what must not be. */
uint32_t fakebtf_type(struct fakebtf *btf, enum fakebtf_kind kind, const char *name,
		      uint32_t members_nr, uint32_t size_or_type);
void fakebtf_word(struct fakebtf *btf, uint32_t word);

/* What the next kind has behind its 12 bytes: once, and for each member. */
void fakebtf_layout(struct fakebtf *btf, uint8_t once, uint8_t each);

/* That of all kinds up to FAKEBTF_ENUM64, as 7.1 has it. */
void fakebtf_layouts(struct fakebtf *btf);

uint32_t fakebtf_int(struct fakebtf *btf, const char *name, uint32_t bytes);
uint32_t fakebtf_array(struct fakebtf *btf, uint32_t type, uint32_t length);
uint32_t fakebtf_struct(struct fakebtf *btf, enum fakebtf_kind kind, const char *name,
			uint32_t bytes, const struct fakebtf_member *member, size_t nr);
uint32_t fakebtf_enum(struct fakebtf *btf, enum fakebtf_kind kind, const char *name,
		      const struct fakebtf_value *value, size_t nr);

/* Header, types, layout, strings, one after the other; the caller frees. */
uint8_t *fakebtf_bytes(const struct fakebtf *btf, size_t *ret_len);

#endif
