// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/kernel/samebuild.h"

#include <string.h>

#include "util/kernel/vtop.h"

/* So many symbols at their distances are no coincidence. */
enum { SYMBOLS_ENOUGH = 3 };

void samebuild_read_version(struct image *image, const struct vmcoreinfo *info, const char *release,
			    char version[UTS_FIELD_BYTES])
{
	struct vtop vtop;
	uint64_t vaddr = 0;
	struct err *e = vtop_init(&vtop, image, info);

	version[0] = '\0';
	if (!e)
		e = vmcoreinfo_symbol(info, "init_uts_ns", &vaddr);
	if (!e)
		e = uts_find_release(&vtop, vaddr, release, version);
	err_free(e);
}

/* What could be compared, and was the same. */
struct found {
	bool build_id;
	bool version;
	unsigned int symbols_nr;
};

static bool is_zeros(const char *text)
{
	return !text[strspn(text, "0")];
}

/*
 * Since 5.14 VMCOREINFO has BUILD_ID_MAX bytes always (lib/buildid.c): zeros follow a shorter id,
 * and stand there alone where the kernel found none.
 */
static struct err *compare_build_ids(const struct vmlinux *vmlinux,
				     const struct samebuild_kernel *kernel, struct found *found)
{
	const char *wanted = kernel->info ? vmcoreinfo_text(kernel->info, "BUILD-ID") : NULL;
	guard(str) struct str own = STR_INIT;
	struct err *e;

	build_id_print(vmlinux_build_id(vmlinux), &own);
	e = str_check(&own);
	if (e)
		return e;
	if (!own.len || !wanted || is_zeros(wanted))
		return NULL;
	if (strncmp(own.s, wanted, own.len) != 0 || !is_zeros(wanted + own.len))
		return err_new(ERR_MISMATCH,
			       "%s is another build of the kernel: its build id is %s, that of the "
			       "image %.64s",
			       vmlinux_path(vmlinux), own.s, wanted);
	found->build_id = true;
	return NULL;
}

static struct err *compare_versions(const struct vmlinux *vmlinux,
				    const struct samebuild_kernel *kernel, struct found *found)
{
	guard(str) struct str own = STR_INIT;
	bool has;
	struct err *e;

	if (kernel->version[0] != '#')
		return NULL;
	e = vmlinux_has_version(vmlinux, kernel->version, UTS_FIELD_BYTES, &own, &has);
	if (e)
		return e;
	if (own.len && !has)
		return err_new(
			ERR_MISMATCH,
			"%s is another build of the kernel: it is \"%.64s\", the image is of "
			"\"%.64s\"",
			vmlinux_path(vmlinux), own.s, kernel->version);
	found->version = has;
	return NULL;
}

/* Of a kernel that was built otherwise most of them are elsewhere. */
static struct err *compare_symbols(const struct vmlinux *vmlinux,
				   const struct samebuild_kernel *kernel, struct found *found)
{
	enum { NR = VMCOREINFO_LINKED_NR };
	struct vmlinux_symbol linked[NR];
	const char *differs = NULL;
	unsigned int differ_nr = 0;
	uint64_t stext;
	struct err *e;

	for (size_t i = 0; i < NR; i++)
		linked[i] = (struct vmlinux_symbol){ .name = vmcoreinfo_linked[i] };
	e = vmlinux_linked(vmlinux, linked, NR);
	if (!e && kernel->info)
		e = vmcoreinfo_symbol(kernel->info, vmcoreinfo_linked[0], &stext);
	if (e && err_code(e) == ERR_NOMEM)
		return e;
	if (e || !kernel->info || !linked[0].found) {
		err_free(e);
		return NULL;
	}
	for (size_t i = 1; i < NR; i++) {
		uint64_t vaddr;

		e = vmcoreinfo_symbol(kernel->info, vmcoreinfo_linked[i], &vaddr);
		if (e || !linked[i].found) {
			err_free(e);
			continue;
		}
		if (vaddr - stext == linked[i].value - linked[0].value) {
			found->symbols_nr++;
			continue;
		}
		differ_nr++;
		if (!differs)
			differs = vmcoreinfo_linked[i];
	}
	if (differ_nr && differ_nr >= found->symbols_nr)
		return err_new(
			ERR_MISMATCH,
			"%s is another build of the kernel: %s and %u more of its symbols are "
			"not where VMCOREINFO has them, %u are",
			vmlinux_path(vmlinux), differs, differ_nr - 1, found->symbols_nr);
	return NULL;
}

static struct err *compare(const struct vmlinux *vmlinux, const struct samebuild_kernel *kernel,
			   struct found *found)
{
	const char *release = vmlinux_release(vmlinux);
	struct err *e;

	if (release[0] && kernel->release[0] && strcmp(release, kernel->release) != 0)
		return err_new(ERR_MISMATCH, "%s is kernel %s, the image is of %s",
			       vmlinux_path(vmlinux), release, kernel->release);
	e = compare_build_ids(vmlinux, kernel, found);
	if (e || found->build_id)
		return e;
	e = compare_versions(vmlinux, kernel, found);
	return e ? e : compare_symbols(vmlinux, kernel, found);
}

struct err *samebuild_check(const struct vmlinux *vmlinux, const struct samebuild_kernel *kernel,
			    struct notes *notes)
{
	struct found found = { .build_id = false };
	bool has_id = vmlinux_build_id(vmlinux)->len;
	const char *release = vmlinux_release(vmlinux);
	struct err *e = compare(vmlinux, kernel, &found);

	if (e)
		return e;
	if (found.build_id || found.version || found.symbols_nr >= SYMBOLS_ENOUGH)
		return NULL;
	if (!release[0])
		return err_new(ERR_FORMAT, "%s does not say which kernel it is: no banner in it",
			       vmlinux_path(vmlinux));
	notes_add(
		notes,
		"%s: nothing proves that it is of this build of the kernel%s: %s has no build id, "
		"and neither the version of the kernel nor its symbols can be compared",
		vmlinux_path(vmlinux), kernel->release[0] ? ", only the release is the same" : "",
		has_id ? "the image" : "it");
	return NULL;
}
