/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Types as the kernel describes its own (BPF Type Format, Documentation/bpf/btf.rst), from any
 * bytes: /sys/kernel/btf/vmlinux or memory of a dump, of either byte order. The bytes are the
 * caller's and must outlive the struct btf.
 *
 * The bytes are not trusted. btf_new() checks that all types lie inside them; lookups are bounded
 * in depth and steps, so cycles and counts that lie end in an error. Errors: ERR_NODATA, there is
 * no such thing; ERR_FORMAT, what is there is absurd or ambiguous; ERR_UNSUPPORTED, a kind of type
 * that came after this was written, in BTF that does not say how long such types are (from 7.1 on
 * it may: struct btf_layout), or one that is no longer what it was.
 *
 * Threads: read only after btf_new().
 */
#ifndef VMTOOL_BTF_BTF_H
#define VMTOOL_BTF_BTF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/base/cleanup.h"
#include "util/base/endian.h"

struct btf;

/* What a header says without looking at what it heads. */
struct btf_extent {
	enum byte_order order;
	size_t len; /* header and both sections */
};

enum { BTF_HEADER_MIN = 24 };

/* @bytes hold BTF_HEADER_MIN bytes. False: no BTF begins here. */
bool btf_probe(const uint8_t *bytes, struct btf_extent *ret_extent);

must_check struct err *btf_new(const uint8_t *bytes, size_t len, struct btf **ret_btf);

void btf_free(struct btf *btf);
DEFINE_GUARD(btf, struct btf *, btf_free)

struct btf_member {
	uint64_t offset_bits; /* from the start of the outermost structure */
	uint32_t bits;	      /* of a bit field; 0: the member is none */
	uint32_t type;
};

/* `struct name` or `union name`. Two different ones of one name are ERR_FORMAT. */
must_check struct err *btf_struct(const struct btf *btf, const char *name, uint32_t *ret_type);

/* sizeof(); typedefs and qualifiers are looked through. */
must_check struct err *btf_size(const struct btf *btf, uint32_t type, uint64_t *ret_bytes);

/*
 * A member of a structure, also one inside anonymous structures and unions. @path may have dots:
 * "flags.f" is member f of member flags.
 */
must_check struct err *btf_member(const struct btf *btf, uint32_t type, const char *path,
				  struct btf_member *ret_member);

/* How many elements an array has. */
must_check struct err *btf_array_length(const struct btf *btf, uint32_t type, uint64_t *ret_length);

/*
 * Calls @each for every enumerator of `enum name`, in the order of the declaration. An error of
 * @each ends the walk and is returned.
 */
must_check struct err *btf_each_enumerator(const struct btf *btf, const char *name,
					   struct err *(*each)(void *context, const char *name,
							       int64_t value),
					   void *context);

/* The value of @enumerator in `enum name`. */
must_check struct err *btf_enumerator(const struct btf *btf, const char *name,
				      const char *enumerator, int64_t *ret_value);

#endif
