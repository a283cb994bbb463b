// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A Xen host (tests/lib/fakexen.h), damaged: the input is a list of bytes to put over what Xen says
 * of itself. Goes from VMCOREINFO_XEN through page tables and the list of domains to whose each
 * page is.
 *
 * Each piece of damage is: number of the area (8 bits), place in it (24 bits), number of bytes (8
 * bits), the bytes.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/fakexen.h"
#include "util/base/endian.h"
#include "util/kernel/xen.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { PIECE_HEADER_BYTES = 5, IMAGE_BYTES = 0x20000, AREAS_NR = 5 };

/* libFuzzer calls without a context: what it needs has to be found. */
static struct {
	struct fakexen host;
	struct area {
		uint8_t *bytes;
		size_t size;
		uint8_t *original;
	} area[AREAS_NR];
} base;

static void set_area(struct area *area, void *bytes, size_t size)
{
	*area = (struct area){ .bytes = bytes, .size = size, .original = malloc(size) };
	assert(area->original);
	memcpy(area->original, bytes, size);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	struct fakexen *host = &base.host;
	struct image *image = &host->fake.image;

	(void)argc;
	(void)argv;
	fakexen_init(host, 0);
	image->xen_info = host->info.s;
	set_area(&base.area[0], host->info.s, host->info.len);
	set_area(&base.area[1], image->xen_crash, image->xen_crash_size);
	set_area(&base.area[2], fakemem_at(&host->fake.mem, fakexen_image_paddr(host)),
		 IMAGE_BYTES);
	set_area(&base.area[3],
		 fakemem_at(&host->fake.mem, (uint64_t)FAKEXEN_DOMAINS_FRAME * FAKE_PAGE_BYTES),
		 (size_t)FAKEXEN_DOMAINS_NR * FAKE_PAGE_BYTES);
	set_area(&base.area[4], fakemem_at(&host->fake.mem, FAKEXEN_FRAMES_PADDR),
		 (size_t)FAKEXEN_FRAMES_NR * FAKEXEN_INFO_BYTES);
	return 0;
}

/* Puts the damage in, or, with @undo, the original back. */
static void damage(const uint8_t *data, size_t size, bool undo)
{
	while (size > PIECE_HEADER_BYTES) {
		const struct area *area = &base.area[data[0] % AREAS_NR];
		size_t place = (load_u32(data, ORDER_LITTLE) >> 8) % area->size;
		size_t len = data[4];

		data += PIECE_HEADER_BYTES;
		size -= PIECE_HEADER_BYTES;
		len = MIN(len, size);
		len = MIN(len, area->size - place);
		memcpy(area->bytes + place, undo ? area->original + place : data, len);
		data += len;
		size -= len;
	}
}

static struct err *take_run(void *ctx, const struct page_run *run)
{
	uint64_t *next = ctx;

	assert(run->first == *next && run->count);
	assert(run->class == PAGE_FREE || run->class == PAGE_OFFLINE ||
	       run->class == PAGE_UNKNOWN || run->class == PAGE_XEN || run->class == PAGE_DOM0 ||
	       run->class == PAGE_DOMU);
	*next += run->count;
	return NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct xen *xen = NULL;
	struct err *e;

	damage(data, size, false);
	e = xen_open(&base.host.fake.image, &xen);
	if (!e) {
		uint64_t next = 0;

		e = xen_walk(xen, 0, FAKEXEN_FRAMES_NR, take_run, &next);
		assert(e || next == FAKEXEN_FRAMES_NR);
	}
	err_free(e);
	xen_free(xen);
	damage(data, size, true);
	return 0;
}
