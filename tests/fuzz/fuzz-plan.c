// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A whole image with a kernel in it (made by mkvmcore from base.txt), damaged: the
 * input is a list of bytes to put over it. Goes from opening through VMCOREINFO, page tables,
 * mem_section and struct pages to the plan of what stays.
 *
 * Each piece of damage is: number of the page (16 bits; only pages that are not all zero are
 * counted), place in it (16 bits), number of bytes (8 bits), the bytes.
 */
#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/fuzz/memory-file.h"
#include "util/base/endian.h"
#include "util/dump/plan.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { BLOCK_BYTES = 4096, PIECE_HEADER_BYTES = 5 };

/* libFuzzer calls without a context: what it needs has to be found. */
static struct {
	char path[MEMORY_FILE_PATH_MAX];
	uint8_t *bytes; /* the memory file, mapped */
	size_t size;
	const uint8_t *original;
	uint32_t *block; /* numbers of those that are not all zero */
	size_t blocks_nr;
} base;

static bool is_zero_block(const uint8_t *block)
{
	return !block[0] && memcmp(block, block + 1, BLOCK_BYTES - 1) == 0;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	char *program = strdup((*argv)[0]);
	char path[4096];
	struct stat st;
	int fd, copy;

	(void)argc;
	snprintf(path, sizeof(path), "%s/base.vmcore", dirname(program));
	free(program);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0) {
		perror(path);
		exit(1);
	}
	base.size = (size_t)st.st_size / BLOCK_BYTES * BLOCK_BYTES;
	base.original = mmap(NULL, base.size, PROT_READ, MAP_PRIVATE, fd, 0);
	copy = memory_file_new(base.path);
	assert(base.original != MAP_FAILED && !ftruncate(copy, (off_t)base.size));
	base.bytes = mmap(NULL, base.size, PROT_READ | PROT_WRITE, MAP_SHARED, copy, 0);
	base.block = calloc(base.size / BLOCK_BYTES, sizeof(*base.block));
	assert(base.bytes != MAP_FAILED && base.block);
	for (size_t i = 0; i < base.size / BLOCK_BYTES; i++) {
		const uint8_t *block = base.original + i * BLOCK_BYTES;

		if (is_zero_block(block))
			continue;
		memcpy(base.bytes + i * BLOCK_BYTES, block, BLOCK_BYTES);
		base.block[base.blocks_nr++] = (uint32_t)i;
	}
	return 0;
}

/* Puts the damage in, or, with @undo, the original back. */
static void damage(const uint8_t *data, size_t size, bool undo)
{
	while (size > PIECE_HEADER_BYTES) {
		size_t block = base.block[load_u16(data, ORDER_LITTLE) % base.blocks_nr];
		size_t place = load_u16(data + 2, ORDER_LITTLE) % BLOCK_BYTES;
		size_t at = block * BLOCK_BYTES + place;
		size_t len = data[4];

		data += PIECE_HEADER_BYTES;
		size -= PIECE_HEADER_BYTES;
		len = MIN(len, size);
		len = MIN(len, BLOCK_BYTES - place);
		memcpy(base.bytes + at, undo ? base.original + at : data, len);
		data += len;
		size -= len;
	}
}

static void check_counts(const struct plan_counts *counts)
{
	uint64_t classes = 0, dropped = counts->dropped_poisoned;

	for (size_t i = 0; i < PAGE_CLASSES_NR; i++) {
		assert(counts->dropped[i] <= counts->class[i]);
		classes += counts->class[i];
		dropped += counts->dropped[i];
	}
	assert(!counts->dropped[PAGE_KERNEL] && !counts->dropped[PAGE_UNKNOWN]);
	assert(counts->ram == counts->missing + classes);
	assert(counts->ram == counts->missing + dropped + counts->kept);
}

static struct err *make_plan(void)
{
	/* Read, not mapped: what is mapped is not the fuzzer's to change under a reader. */
	struct image_config config = { .file = { .budget_bytes = 256 << 10 } };
	guard(image) struct image *image = NULL;
	guard(kernel) struct kernel *kernel = NULL;
	guard(plan) struct plan *plan = NULL;
	struct err *e = image_open(base.path, &config, NULL, &image);

	if (!e)
		e = kernel_new(image, NULL, &kernel);
	if (!e)
		e = plan_new(image, kernel, kernel->why_not ? 1 : 31, &plan);
	/* Memory beyond what the fuzzer has time for is no finding. */
	if (e || plan_ranges_nr(plan) > 64)
		return e;
	for (uint64_t i = 0; i < plan_ranges_nr(plan); i++) {
		struct plan_range range;

		e = plan_range(plan, i, &range);
		if (e)
			return e;
		assert(range.kept_nr <= range.pfns_nr);
	}
	check_counts(plan_counts(plan));
	return NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err *e;

	damage(data, size, false);
	e = make_plan();
	damage(data, size, true);
	assert(!e || err_message(e)[0]);
	err_free(e);
	return 0;
}
