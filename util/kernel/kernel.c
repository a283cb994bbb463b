// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/kernel/kernel.h"

#include <elf.h>
#include <stdio.h>
#include <string.h>

#include "util/base/checked.h"
#include "util/image/machine.h"
#include "util/kernel/infosearch.h"
#include "util/kernel/samebuild.h"
#include "util/kernel/selfcheck.h"

enum {

	PAGE_SIZE_MIN = 4096,
	PAGE_SIZE_MAX = 64 << 10,
};

static char *uts_field(struct kernel *kernel, unsigned int field)
{
	return kernel->uts + (size_t)field * UTS_FIELD_BYTES;
}

const char *kernel_release(const struct kernel *kernel)
{
	return kernel->uts + UTS_RELEASE * UTS_FIELD_BYTES;
}

/* Readers of a dump want to know that much, whatever else is known. */
static void name_machine(struct kernel *kernel)
{
	const char *name = machine_uname(kernel->image->machine);

	if (name && machine_of_uname(uts_field(kernel, UTS_MACHINE)) == EM_NONE)
		snprintf(uts_field(kernel, UTS_MACHINE), UTS_FIELD_BYTES, "%s", name);
}

/* From the image's notes alone; what init_uts_ns says comes on top when it can be read. */
static void name_from_notes(struct kernel *kernel)
{
	const char *release = vmcoreinfo_text(kernel->info, "OSRELEASE");
	uint64_t crash_time;
	struct err *e;

	snprintf(uts_field(kernel, 0), UTS_FIELD_BYTES, "Linux");
	if (release)
		snprintf(uts_field(kernel, UTS_RELEASE), UTS_FIELD_BYTES, "%s", release);

	e = vmcoreinfo_unsigned(kernel->info, "CRASHTIME", &crash_time);
	if (!e && crash_time <= INT64_MAX)
		kernel->crash_time = (int64_t)crash_time;
	err_free(e);
}

/*
 * As a unit of the dump file any page size will do. To find the struct page of a page frame it must
 * be the kernel's own: the error says why it is not known to be.
 */
static struct err *find_page_size(struct kernel *kernel, struct notes *notes)
{
	const struct arch *arch = arch_find(kernel->image->machine);
	uint64_t size = 0;
	struct err *e;

	kernel->page_size = arch && arch->page_size ? arch->page_size : PAGE_SIZE_MIN;
	if (kernel->image->page_size)
		kernel->page_size = kernel->image->page_size;
	if (!kernel->info)
		e = err_new(ERR_NODATA, "the image has no VMCOREINFO note");
	else
		e = vmcoreinfo_unsigned(kernel->info, "PAGESIZE", &size);
	if (!e && (!is_pow2_u64(size) || size < PAGE_SIZE_MIN || size > PAGE_SIZE_MAX ||
		   (arch && arch->page_size && arch->page_size != size)))
		e = err_new(ERR_FORMAT, "VMCOREINFO PAGESIZE has the absurd value %llu",
			    (unsigned long long)size);
	if (!e && kernel->image->page_size && kernel->image->page_size != size)
		e = err_new(ERR_FORMAT,
			    "VMCOREINFO says PAGESIZE=%llu, the image has pages of %llu",
			    (unsigned long long)size, (unsigned long long)kernel->image->page_size);
	if (!e)
		kernel->page_size = size;
	else if (!kernel->image->page_size && (!arch || !arch->page_size))
		notes_add(notes, "the page size is not in the image: %llu is assumed",
			  (unsigned long long)kernel->page_size);
	return e;
}

/*
 * Reading init_uts_ns through the page tables proves that both are right: it must hold the release
 * that VMCOREINFO names.
 */
static struct err *check_translation(struct kernel *kernel)
{
	const char *release = vmcoreinfo_text(kernel->info, "OSRELEASE");
	char uts[UTS_BYTES];
	uint64_t vaddr;
	uint64_t offset;
	struct err *e;

	/* Zeros would prove an empty one. */
	if (!release || !release[0])
		return err_new(ERR_NODATA, "VMCOREINFO has no OSRELEASE");
	e = layout_init_uts_ns(&kernel->layout, &vaddr);
	if (e)
		return e;
	e = layout_unsigned(&kernel->layout, "OFFSET(uts_namespace.name)", &offset);
	if (e)
		return e;
	e = vtop_read(&kernel->vtop, vaddr + offset, uts, sizeof(uts));
	if (e)
		return err_wrap(e, "init_uts_ns");

	for (unsigned int i = 0; i < UTS_FIELDS_NR; i++)
		uts[i * UTS_FIELD_BYTES + UTS_FIELD_BYTES - 1] = '\0';
	if (strcmp(uts + (size_t)UTS_RELEASE * UTS_FIELD_BYTES, release) != 0)
		return err_new(ERR_FORMAT,
			       "page tables lead astray: init_uts_ns does not say %.64s", release);
	memcpy(kernel->uts, uts, sizeof(uts));
	return NULL;
}

static struct err *learn(struct kernel *kernel, struct vmlinux *vmlinux, struct notes *notes)
{
	struct image *image = kernel->image;
	struct err *e;

	e = vtop_init(&kernel->vtop, image, kernel->info);
	if (e)
		return e;
	e = layout_open(&kernel->layout, &kernel->vtop, vmlinux);
	if (e)
		return e;
	e = check_translation(kernel);
	if (e)
		return e;
	kernel->translates = true;
	e = page_rules_init(&kernel->rules, &kernel->layout, kernel->vtop.order, notes);
	if (e)
		return e;
	e = memsections_init(&kernel->sections, &kernel->vtop, &kernel->layout, kernel->page_size,
			     kernel->rules.page_struct_size);
	if (e)
		return e;
	e = selfcheck_sections(kernel);
	if (!e)
		e = selfcheck_rules(kernel);
	return e;
}

/* The best text so far. */
struct info_found {
	struct image *image;
	struct notes *notes;
	char *text; /* NULL: none */
};

/*
 * Text is the same in both byte orders: what the kernel calls its machine tells which one is right.
 */
static struct err *check_order(struct kernel *kernel)
{
	const char *little = kernel->vtop.arch->little_name;
	const char *name = uts_field(kernel, UTS_MACHINE);

	if (!little || !strcmp(name, little) == (kernel->vtop.order == ORDER_LITTLE))
		return NULL;
	return err_new(ERR_FORMAT, "a kernel of \"%s\" has the other byte order", name);
}

/*
 * Does init_uts_ns hold the release at all, wherever? BTF, which says where, is searched for in
 * half a gigabyte: not for each of the texts that may lie in memory.
 */
static struct err *look_for_release(struct kernel *trial)
{
	const char *release = vmcoreinfo_text(trial->info, "OSRELEASE");
	char version[UTS_FIELD_BYTES];
	uint64_t vaddr;
	struct err *e = layout_init_uts_ns(&trial->layout, &vaddr);

	return e ? e : uts_find_release(&trial->vtop, vaddr, release, version);
}

/* A text is a kernel's of this image when init_uts_ns, found with it, says the release it names. */
static struct err *check_vmcoreinfo(struct image *image, const char *text, size_t len)
{
	guard(vmcoreinfo) struct vmcoreinfo *info = NULL;
	struct kernel trial = { .image = image };
	struct err *e = vmcoreinfo_parse(text, len, &info);

	if (e)
		return e;
	trial.info = info;
	trial.layout = layout_init(info);
	e = vtop_init(&trial.vtop, image, info);
	/* 5.10 does not say where in init_uts_ns the release is; its BTF does. */
	if (!e && !vmcoreinfo_text(info, "OFFSET(uts_namespace.name)")) {
		e = look_for_release(&trial);
		if (!e)
			e = layout_open(&trial.layout, &trial.vtop, NULL);
	}
	if (!e)
		e = check_translation(&trial);
	layout_forget_types(&trial.layout);
	return e ? e : check_order(&trial);
}

/* The same of a machine whose kernels have the one byte order or the other. */
static struct err *check_both_orders(struct image *image, const char *text, size_t len)
{
	const struct arch *arch = arch_find(image->machine);
	struct err *e = check_vmcoreinfo(image, text, len);
	struct err *swapped;

	if (!e || err_code(e) == ERR_NOMEM || !arch || !arch->little_name)
		return e;
	image->memory_swapped = !image->memory_swapped;
	swapped = check_vmcoreinfo(image, text, len);
	if (!swapped || err_code(swapped) == ERR_NOMEM) {
		err_free(e);
		return swapped;
	}
	image->memory_swapped = !image->memory_swapped;
	err_free(swapped);
	return e;
}

/*
 * A dump may name no machine (QEMU's kdump-zlib of riscv64 says "Unknown"): then it is of the one
 * whose page tables prove right.
 */
static struct err *find_machine(struct image *image, const char *text, size_t len,
				struct notes *notes)
{
	const struct arch *arch;

	for (size_t i = 0; (arch = arch_nth(i)); i++) {
		struct err *e;

		image->machine = arch->elf_machine;
		e = check_both_orders(image, text, len);
		if (!e)
			notes_add(notes, "its page tables are those of %s", arch->name);
		if (!e || err_code(e) == ERR_NOMEM)
			return e;
		err_free(e);
	}
	image->machine = EM_NONE;
	return err_new(ERR_NODATA, "no machine's page tables lead to what VMCOREINFO says");
}

struct err *kernel_prove_vmcoreinfo(struct image *image, const char *text, size_t len,
				    struct notes *notes)
{
	return image->machine == EM_NONE ? find_machine(image, text, len, notes)
					 : check_both_orders(image, text, len);
}

/*
 * Where a capture kernel runs there are two kernels, and both are right about themselves. The one
 * that panicked has noted when.
 */
static struct err *try_vmcoreinfo(void *ctx, const char *text, size_t len, bool *ret_taken)
{
	struct info_found *found = ctx;
	bool crashed = strstr(text, "\nCRASHTIME=");
	struct err *e = NULL;
	char *copy;

	if (found->text && !crashed)
		return NULL;
	e = kernel_prove_vmcoreinfo(found->image, text, len, found->notes);
	if (e && err_code(e) != ERR_NOMEM) {
		err_free(e);
		return NULL;
	}
	if (e)
		return e;
	copy = strdup(text);
	if (!copy)
		return err_nomem();
	free(found->text);
	found->text = copy;
	*ret_taken = crashed;
	return NULL;
}

/* Where the writer of the image left no VMCOREINFO, it may lie in the memory itself. */
static struct err *search_vmcoreinfo(struct image *image, struct notes *notes)
{
	struct info_found found = { .image = image, .notes = notes };
	autofree char *text = NULL;
	size_t tried = 0;
	bool taken;
	struct err *e;

	if (image->machine != EM_NONE && !arch_find(image->machine))
		return NULL;
	if (image->vmcoreinfo) {
		e = kernel_prove_vmcoreinfo(image, image->vmcoreinfo, image->vmcoreinfo_size,
					    notes);
		if (e && err_code(e) == ERR_NOMEM)
			return e;
		err_free(e);
		return NULL;
	}
	e = infosearch(image, try_vmcoreinfo, &found, &taken, &tried);
	text = found.text;
	if (!e && text)
		e = image_add_vmcoreinfo(image, text, strlen(text));
	if (e)
		return err_wrap(e, "search for VMCOREINFO");
	if (text)
		notes_add(notes, "the image has no VMCOREINFO note: it was found in its memory");
	else if (tried)
		notes_add(notes,
			  "%zu texts like VMCOREINFO are in the memory of the image, none of them "
			  "this kernel's",
			  tried);
	return NULL;
}

/*
 * The Linux of domain 0 sees page frames that Xen gave numbers of its own, and its page tables hold
 * the machine's. Its VMCOREINFO, where there is one, leads nowhere.
 */
static const char xen_host[] =
	"this is a Xen host, whose page frames are not those of domain 0's Linux: "
	"-X tells Xen's and the domains' apart";

/* What a vmlinux is of no use for is worth a remark: the user brought it along. */
static void remark_on_vmlinux(const struct layout *layout, const char *path, struct notes *notes)
{
	if (layout->vmlinux_types_why[0])
		notes_add(notes, "%s: %s%s%s", path,
			  layout->vmlinux_types_from ? "" : "no types: ", layout->vmlinux_types_why,
			  layout->vmlinux_types_from ? "; its BTF is used" : "");
	if (layout->vmlinux_symbols_why[0])
		notes_add(notes, "%s: its symbols are not used: %s", path,
			  layout->vmlinux_symbols_why);
}

static struct err *check_vmlinux(struct kernel *kernel, const struct vmlinux *vmlinux,
				 struct notes *notes)
{
	char version[UTS_FIELD_BYTES];
	struct samebuild_kernel known = {
		.release = kernel_release(kernel),
		.version = uts_field(kernel, UTS_VERSION),
		.info = kernel->info,
	};

	if (!known.version[0] && known.release[0] && kernel->info && !kernel->image->xen_info) {
		samebuild_read_version(kernel->image, kernel->info, known.release, version);
		known.version = version;
	}
	return samebuild_check(vmlinux, &known, notes);
}

struct err *kernel_new(struct image *image, struct notes *notes, struct kernel **ret_kernel)
{
	return kernel_new_with(image, NULL, notes, ret_kernel);
}

struct err *kernel_new_with(struct image *image, const char *vmlinux_path, struct notes *notes,
			    struct kernel **ret_kernel)
{
	guard(vmlinux) struct vmlinux *vmlinux = NULL;
	guard(kernel) struct kernel *kernel = calloc(1, sizeof(*kernel));
	struct err *e = NULL;

	if (!kernel)
		return err_nomem();
	kernel->image = image;
	memcpy(kernel->uts, image->uts, sizeof(kernel->uts));
	kernel->crash_time = image->time;
	if (!image->xen_info)
		e = search_vmcoreinfo(image, notes);
	if (e)
		return e;
	name_machine(kernel);
	if (image->vmcoreinfo) {
		e = vmcoreinfo_parse(image->vmcoreinfo, image->vmcoreinfo_size, &kernel->info);
		if (e)
			return e;
		kernel->layout = layout_init(kernel->info);
		name_from_notes(kernel);
	}
	if (vmlinux_path)
		e = vmlinux_open(vmlinux_path, &vmlinux);
	if (!e && vmlinux)
		e = check_vmlinux(kernel, vmlinux, notes);
	if (e)
		return e;

	kernel->why_not = image->xen_info ? err_new(ERR_UNSUPPORTED, "%s", xen_host)
					  : find_page_size(kernel, notes);
	if (image->xen_info)
		kernel->page_size = PAGE_SIZE_MIN;
	kernel->page_shift = (unsigned int)__builtin_ctzll(kernel->page_size);
	if (!kernel->why_not)
		kernel->why_not = learn(kernel, vmlinux, notes);
	layout_forget_types(&kernel->layout);
	if (kernel->why_not && err_code(kernel->why_not) == ERR_NOMEM)
		return take_ptr(kernel->why_not);
	if (vmlinux)
		remark_on_vmlinux(&kernel->layout, vmlinux_path, notes);

	*ret_kernel = take_ptr(kernel);
	return NULL;
}

void kernel_free(struct kernel *kernel)
{
	if (!kernel)
		return;
	layout_forget_types(&kernel->layout);
	vmcoreinfo_free(kernel->info);
	err_free(kernel->why_not);
	free(kernel);
}
