// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/image/flatformat.h"

#include <string.h>

#include "util/base/checked.h"
#include "util/base/endian.h"

enum {
	TYPE_AT = 16,
	VERSION_AT = 24,
	TYPE = 1,
	VERSION = 1,
};

static const char signature[FLAT_SIGNATURE_BYTES] = "makedumpfile";

void flat_header_store(uint8_t header[FLAT_HEADER_BYTES])
{
	memset(header, 0, FLAT_HEADER_BYTES);
	memcpy(header, signature, sizeof(signature));
	store_u64(header + TYPE_AT, TYPE, ORDER_BIG);
	store_u64(header + VERSION_AT, VERSION, ORDER_BIG);
}

bool flat_header_probe(const uint8_t *head, size_t len)
{
	return len >= sizeof(signature) && memcmp(head, signature, sizeof(signature)) == 0;
}

struct err *flat_header_check(const uint8_t header[FLAT_HEADER_BYTES])
{
	uint64_t type = load_u64(header + TYPE_AT, ORDER_BIG);
	uint64_t version = load_u64(header + VERSION_AT, ORDER_BIG);

	if (!flat_header_probe(header, FLAT_HEADER_BYTES))
		return err_new(ERR_FORMAT, "not a flattened dump");
	if (type != TYPE || version != VERSION)
		return err_new(ERR_UNSUPPORTED, "a flattened dump of type %llu, version %llu",
			       (unsigned long long)type, (unsigned long long)version);
	return NULL;
}

struct err *flat_record_load(const uint8_t bytes[FLAT_RECORD_BYTES], struct flat_record *ret_record)
{
	struct flat_record record = {
		.offset = load_u64(bytes, ORDER_BIG),
		.size = load_u64(bytes + 8, ORDER_BIG),
	};
	uint64_t end;

	record.is_end = record.offset == UINT64_MAX && record.size == UINT64_MAX;
	if (!record.is_end &&
	    (!record.size || !add_u64(record.offset, record.size, &end) || end > INT64_MAX))
		return err_new(ERR_FORMAT, "%llu bytes at offset %#llx are absurd",
			       (unsigned long long)record.size, (unsigned long long)record.offset);
	*ret_record = record;
	return NULL;
}
