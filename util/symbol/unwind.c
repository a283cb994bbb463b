// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/symbol/unwind.h"

#include <stdlib.h>

#include "config.h"

#ifdef HAVE_LIBUNWIND

#include <asm/perf_regs.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <libunwind-x86_64.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/base/checked.h"
#include "util/base/endian.h"
#include "util/base/keyset.h"
#include "util/base/macros.h"

/* <libunwind-dynamic.h> and the library have it, no header declares it for other machines. */
extern int UNW_OBJ(dwarf_search_unwind_table)(unw_addr_space_t, unw_word_t, unw_dyn_info_t *,
					      unw_proc_info_t *, int, void *);

enum { LOADS_MAX = 16, TABLE_ENTRY_BYTES = 8 };

/* A file that is mapped somewhere, as its program headers lay it out. */
struct image {
	const uint8_t *data; /* NULL: it cannot be used */
	size_t len;
	struct {
		uint64_t vaddr;
		uint64_t bytes; /* in the file */
		uint64_t offset;
	} load[LOADS_MAX];
	size_t loads_nr;
	uint64_t index_vaddr; /* .eh_frame_hdr; 0: none */
	uint64_t index_bytes;
};

struct unwinder {
	struct spaces *spaces;
	unw_addr_space_t space;
	struct names paths;
	struct image *image; /* by number of path */
	size_t images_capacity;

	/* Of the sample in hand. */
	const struct unwind_state *state;
	uint64_t stack_pointer;
	const struct image *current; /* the file tables are read from */
	uint64_t bias;		     /* what its addresses are moved by */
};

static void read_headers(struct image *image)
{
	Elf64_Ehdr header;
	Elf64_Phdr segment;

	if (image->len < sizeof(header))
		return;
	memcpy(&header, image->data, sizeof(header));
	if (memcmp(header.e_ident, ELFMAG, SELFMAG) || header.e_ident[EI_CLASS] != ELFCLASS64 ||
	    header.e_ident[EI_DATA] != ELFDATA2LSB || header.e_phentsize != sizeof(segment) ||
	    !range_within(header.e_phoff, (uint64_t)header.e_phnum * sizeof(segment), image->len))
		return;
	for (size_t i = 0; i < header.e_phnum; i++) {
		memcpy(&segment, image->data + header.e_phoff + i * sizeof(segment),
		       sizeof(segment));
		if (!range_within(segment.p_offset, segment.p_filesz, image->len))
			continue;
		if (segment.p_type == PT_GNU_EH_FRAME) {
			image->index_vaddr = segment.p_vaddr;
			image->index_bytes = segment.p_filesz;
		}
		if (segment.p_type != PT_LOAD || image->loads_nr == LOADS_MAX)
			continue;
		image->load[image->loads_nr].vaddr = segment.p_vaddr;
		image->load[image->loads_nr].bytes = segment.p_filesz;
		image->load[image->loads_nr].offset = segment.p_offset;
		image->loads_nr++;
	}
}

static void map_image(const char *path, struct image *image)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	void *data;

	*image = (struct image){ .data = NULL };
	if (fd < 0)
		return;
	if (!fstat(fd, &st) && S_ISREG(st.st_mode) && st.st_size > 0) {
		data = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
		if (data != MAP_FAILED) {
			image->data = data;
			image->len = (size_t)st.st_size;
			read_headers(image);
		}
	}
	close(fd);
}

/* NULL: no such file, or no memory. */
static const struct image *image_of(struct unwinder *unwinder, const char *path)
{
	size_t known = unwinder->paths.nr;
	uint32_t number;
	struct err *e = names_add(&unwinder->paths, path, strlen(path), &number);

	if (e) {
		err_free(e);
		return NULL;
	}
	if (number >= unwinder->images_capacity) {
		size_t capacity = (size_t)number * 2 + 16;
		struct image *grown = reallocarray(unwinder->image, capacity, sizeof(*grown));

		if (!grown)
			return NULL;
		memset(grown + unwinder->images_capacity, 0,
		       (capacity - unwinder->images_capacity) * sizeof(*grown));
		unwinder->image = grown;
		unwinder->images_capacity = capacity;
	}
	if (number >= known)
		map_image(path, &unwinder->image[number]);
	return unwinder->image[number].data ? &unwinder->image[number] : NULL;
}

/* The bytes at an address of the file's own; NULL: it has none there. */
static const uint8_t *image_at(const struct image *image, uint64_t vaddr, size_t len)
{
	for (size_t i = 0; i < image->loads_nr; i++) {
		uint64_t into = vaddr - image->load[i].vaddr;

		if (vaddr >= image->load[i].vaddr && range_within(into, len, image->load[i].bytes))
			return image->data + image->load[i].offset + into;
	}
	return NULL;
}

/* Choose the file that @address is in, and by how much its addresses were moved. */
static bool enter_image(struct unwinder *unwinder, uint64_t address, uint64_t *ret_start,
			uint64_t *ret_end)
{
	struct user_mapping mapping;

	unwinder->current = NULL;
	if (!spaces_mapping(unwinder->spaces, unwinder->state->pid, address, &mapping))
		return false;
	unwinder->current = image_of(unwinder, mapping.path);
	if (!unwinder->current)
		return false;
	for (size_t i = 0; i < unwinder->current->loads_nr; i++) {
		uint64_t offset = mapping.file_offset + (address - mapping.start);
		uint64_t first = unwinder->current->load[i].offset;

		if (offset < first || offset - first >= unwinder->current->load[i].bytes)
			continue;
		unwinder->bias = address - (unwinder->current->load[i].vaddr + (offset - first));
		*ret_start = mapping.start;
		*ret_end = mapping.end;
		return true;
	}
	return false;
}

static int find_proc_info(unw_addr_space_t space, unw_word_t ip, unw_proc_info_t *info,
			  int need_unwind_info, void *arg)
{
	struct unwinder *unwinder = arg;
	const struct image *image;
	const uint8_t *index;
	unw_dyn_info_t table;
	uint64_t start, end;
	uint32_t entries;

	if (!enter_image(unwinder, ip, &start, &end))
		return -UNW_ENOINFO;
	image = unwinder->current;
	index = image->index_vaddr ? image_at(image, image->index_vaddr, 12) : NULL;
	/*
	 * LSB, Exception Frames: version 1, then the encodings of the pointer to .eh_frame, of the
	 * count, and of the table, sorted offsets from the index itself. Linkers write no others.
	 */
	if (!index || index[0] != 1 || index[1] != 0x1b || index[2] != 0x03 || index[3] != 0x3b)
		return -UNW_ENOINFO;
	entries = load_u32(index + 8, ORDER_LITTLE);
	if (!entries || (uint64_t)entries * TABLE_ENTRY_BYTES > image->index_bytes)
		return -UNW_ENOINFO;

	memset(&table, 0, sizeof(table));
	table.format = UNW_INFO_FORMAT_REMOTE_TABLE;
	table.start_ip = start;
	table.end_ip = end;
	table.u.rti.segbase = unwinder->bias + image->index_vaddr;
	table.u.rti.table_data = table.u.rti.segbase + 12;
	table.u.rti.table_len = (uint64_t)entries * TABLE_ENTRY_BYTES / sizeof(unw_word_t);
	return UNW_OBJ(dwarf_search_unwind_table)(space, ip, &table, info, need_unwind_info, arg);
}

static void put_unwind_info(unw_addr_space_t space, unw_proc_info_t *info, void *arg)
{
	(void)space;
	(void)info;
	(void)arg;
}

static int get_dyn_info_list_addr(unw_addr_space_t space, unw_word_t *address, void *arg)
{
	(void)space;
	(void)address;
	(void)arg;
	return -UNW_ENOINFO;
}

static int access_mem(unw_addr_space_t space, unw_word_t address, unw_word_t *value, int write,
		      void *arg)
{
	struct unwinder *unwinder = arg;
	const struct unwind_state *state = unwinder->state;
	const uint8_t *bytes;

	(void)space;
	if (write)
		return -UNW_EINVAL;
	if (address >= unwinder->stack_pointer &&
	    range_within(address - unwinder->stack_pointer, sizeof(*value), state->stack_len)) {
		*value = load_u64(state->stack + (address - unwinder->stack_pointer), ORDER_LITTLE);
		return 0;
	}
	bytes = unwinder->current
			? image_at(unwinder->current, address - unwinder->bias, sizeof(*value))
			: NULL;
	if (!bytes)
		return -UNW_EINVAL;
	*value = load_u64(bytes, ORDER_LITTLE);
	return 0;
}

static bool state_reg(const struct unwind_state *state, unsigned int bit, uint64_t *ret_value)
{
	uint64_t below = state->regs_mask & ((UINT64_C(1) << bit) - 1);

	if (!(state->regs_mask >> bit & 1))
		return false;
	*ret_value = load_u64(state->regs + 8 * (size_t)__builtin_popcountll(below), ORDER_LITTLE);
	return true;
}

static int access_reg(unw_addr_space_t space, unw_regnum_t reg, unw_word_t *value, int write,
		      void *arg)
{
	static const uint8_t bit[] = {
		[UNW_X86_64_RAX] = PERF_REG_X86_AX,  [UNW_X86_64_RDX] = PERF_REG_X86_DX,
		[UNW_X86_64_RCX] = PERF_REG_X86_CX,  [UNW_X86_64_RBX] = PERF_REG_X86_BX,
		[UNW_X86_64_RSI] = PERF_REG_X86_SI,  [UNW_X86_64_RDI] = PERF_REG_X86_DI,
		[UNW_X86_64_RBP] = PERF_REG_X86_BP,  [UNW_X86_64_RSP] = PERF_REG_X86_SP,
		[UNW_X86_64_R8] = PERF_REG_X86_R8,   [UNW_X86_64_R9] = PERF_REG_X86_R9,
		[UNW_X86_64_R10] = PERF_REG_X86_R10, [UNW_X86_64_R11] = PERF_REG_X86_R11,
		[UNW_X86_64_R12] = PERF_REG_X86_R12, [UNW_X86_64_R13] = PERF_REG_X86_R13,
		[UNW_X86_64_R14] = PERF_REG_X86_R14, [UNW_X86_64_R15] = PERF_REG_X86_R15,
		[UNW_X86_64_RIP] = PERF_REG_X86_IP,
	};
	struct unwinder *unwinder = arg;
	uint64_t found;

	(void)space;
	if (write || reg < 0 || (size_t)reg >= ARRAY_SIZE(bit) ||
	    !state_reg(unwinder->state, bit[reg], &found))
		return -UNW_EBADREG;
	*value = found;
	return 0;
}

static int access_fpreg(unw_addr_space_t space, unw_regnum_t reg, unw_fpreg_t *value, int write,
			void *arg)
{
	(void)space;
	(void)reg;
	(void)value;
	(void)write;
	(void)arg;
	return -UNW_EBADREG;
}

static int resume(unw_addr_space_t space, unw_cursor_t *cursor, void *arg)
{
	(void)space;
	(void)cursor;
	(void)arg;
	return -UNW_EINVAL;
}

static int get_proc_name(unw_addr_space_t space, unw_word_t address, char *buf, size_t len,
			 unw_word_t *offset, void *arg)
{
	(void)space;
	(void)address;
	(void)buf;
	(void)len;
	(void)offset;
	(void)arg;
	return -UNW_EUNSPEC;
}

struct err *unwinder_new(struct spaces *spaces, struct unwinder **ret_unwinder)
{
	static unw_accessors_t accessors = {
		.find_proc_info = find_proc_info,
		.put_unwind_info = put_unwind_info,
		.get_dyn_info_list_addr = get_dyn_info_list_addr,
		.access_mem = access_mem,
		.access_reg = access_reg,
		.access_fpreg = access_fpreg,
		.resume = resume,
		.get_proc_name = get_proc_name,
	};
	struct unwinder *unwinder = calloc(1, sizeof(*unwinder));

	if (!unwinder)
		return err_nomem();
	unwinder->spaces = spaces;
	unwinder->paths = NAMES_INIT;
	unwinder->space = unw_create_addr_space(&accessors, 0);
	if (!unwinder->space) {
		free(unwinder);
		return err_nomem();
	}
	/* Addresses mean something else in each process. */
	unw_set_caching_policy(unwinder->space, UNW_CACHE_NONE);
	*ret_unwinder = unwinder;
	return NULL;
}

void unwinder_free(struct unwinder *unwinder)
{
	if (!unwinder)
		return;
	for (size_t i = 0; i < unwinder->paths.nr && i < unwinder->images_capacity; i++)
		if (unwinder->image[i].data)
			munmap((void *)(uintptr_t)unwinder->image[i].data, unwinder->image[i].len);
	free(unwinder->image);
	names_release(&unwinder->paths);
	unw_destroy_addr_space(unwinder->space);
	free(unwinder);
}

void unwind(struct unwinder *unwinder, const struct unwind_state *state,
	    uint64_t address[UNWIND_FRAMES_MAX], size_t *ret_nr)
{
	unw_cursor_t cursor;
	size_t nr = 0;
	uint64_t ip;

	*ret_nr = 0;
	unwinder->state = state;
	if (!state_reg(state, PERF_REG_X86_IP, &ip) ||
	    !state_reg(state, PERF_REG_X86_SP, &unwinder->stack_pointer))
		return;
	address[nr++] = ip;
	if (!unw_init_remote(&cursor, unwinder->space, unwinder)) {
		while (nr < UNWIND_FRAMES_MAX && unw_step(&cursor) > 0) {
			unw_word_t caller;

			if (unw_get_reg(&cursor, UNW_REG_IP, &caller) || !caller)
				break;
			address[nr++] = unw_is_signal_frame(&cursor) > 0 ? caller : caller - 1;
		}
	}
	unwinder->state = NULL;
	*ret_nr = nr;
}

#else

struct err *unwinder_new(struct spaces *spaces, struct unwinder **ret_unwinder)
{
	(void)spaces;
	(void)ret_unwinder;
	return err_new(ERR_UNSUPPORTED, "user stacks are not unwound: built without libunwind");
}

void unwinder_free(struct unwinder *unwinder)
{
	(void)unwinder;
}

void unwind(struct unwinder *unwinder, const struct unwind_state *state,
	    uint64_t address[UNWIND_FRAMES_MAX], size_t *ret_nr)
{
	(void)unwinder;
	(void)state;
	(void)address;
	*ret_nr = 0;
}

#endif
