/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Integers inside foreign bytes: any alignment, the byte order of whoever wrote them. Structures
 * of files and dumped kernels are loaded field by field with these, never by casting.
 */
#ifndef VMTOOL_BASE_ENDIAN_H
#define VMTOOL_BASE_ENDIAN_H

#include <endian.h>
#include <stdint.h>
#include <string.h>

enum byte_order { ORDER_LITTLE, ORDER_BIG };

static inline uint8_t load_u8(const void *p)
{
	return *(const uint8_t *)p;
}

static inline uint16_t load_u16(const void *p, enum byte_order order)
{
	uint16_t v;

	memcpy(&v, p, sizeof(v));
	return order == ORDER_BIG ? be16toh(v) : le16toh(v);
}

static inline uint32_t load_u32(const void *p, enum byte_order order)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return order == ORDER_BIG ? be32toh(v) : le32toh(v);
}

static inline uint64_t load_u64(const void *p, enum byte_order order)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return order == ORDER_BIG ? be64toh(v) : le64toh(v);
}

static inline void store_u16(void *p, uint16_t v, enum byte_order order)
{
	v = order == ORDER_BIG ? htobe16(v) : htole16(v);
	memcpy(p, &v, sizeof(v));
}

static inline void store_u32(void *p, uint32_t v, enum byte_order order)
{
	v = order == ORDER_BIG ? htobe32(v) : htole32(v);
	memcpy(p, &v, sizeof(v));
}

static inline void store_u64(void *p, uint64_t v, enum byte_order order)
{
	v = order == ORDER_BIG ? htobe64(v) : htole64(v);
	memcpy(p, &v, sizeof(v));
}

#endif
