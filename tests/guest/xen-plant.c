// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The last program of domain 0 of a Xen host that is going to crash. Fills pages with marks: its
 * own memory, all memory of a second domain, and memory that a third domain had and gave back;
 * takes one free page out of use. Then it tells what Xen says of its memory, and lets the kernel
 * crash. No domain but 0 ever runs.
 */
#define XC_WANT_COMPAT_MAP_FOREIGN_API
#include <xenctrl.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <xen/sysctl.h>
#include <xencall.h>

enum { PAGE = 4096, OWN_NR = 4096, GUEST_NR = 8192, FREED_NR = 4096, FREED_OFFLINE = 7 };

static void need(int good, const char *what)
{
	if (good)
		return;
	printf("GUEST-FAILED %s: %s\n", what, strerror(errno));
	exit(1);
}

static void mark(void *page, const char *kind, unsigned int number)
{
	memset(page, kind[0], PAGE);
	snprintf(page, 64, "vmtool-xen:%s:%06u:", kind, number);
}

/* A domain that never runs, with @nr pages, whose page frames are in what is returned. */
static xen_pfn_t *make_domain(xc_interface *xen, unsigned int nr, uint32_t *ret_id)
{
	struct xen_domctl_createdomain config = {
		.max_vcpus = 1,
		.max_evtchn_port = -1,
		.max_grant_frames = 4,
		.max_maptrack_frames = 4,
#ifdef XEN_DOMCTL_GRANT_version /* since 4.16 */
		.grant_opts = XEN_DOMCTL_GRANT_version(1),
#endif
	};
	xen_pfn_t *frames = calloc(nr, sizeof(*frames));

	*ret_id = 0;
	need(frames != NULL, "calloc");
	need(!xc_domain_create(xen, ret_id, &config), "xc_domain_create");
	need(!xc_domain_setmaxmem(xen, *ret_id, nr * 4 + 1024), "xc_domain_setmaxmem");
	for (unsigned int i = 0; i < nr; i++)
		frames[i] = i;
	need(!xc_domain_populate_physmap_exact(xen, *ret_id, nr, 0, 0, frames),
	     "xc_domain_populate_physmap_exact");
	return frames;
}

static void mark_frames(xc_interface *xen, uint32_t id, const xen_pfn_t *frames, unsigned int nr,
			const char *kind)
{
	for (unsigned int i = 0; i < nr; i++) {
		void *page = xc_map_foreign_range(xen, id, PAGE, PROT_READ | PROT_WRITE, frames[i]);

		need(page != NULL, "xc_map_foreign_range");
		mark(page, kind, i);
		munmap(page, PAGE);
	}
}

/* libxenctrl cannot, without half of libxenguest. */
static void take_offline(xen_pfn_t frame)
{
	xencall_handle *call = xencall_open(NULL, 0);
	struct xen_sysctl *sysctl = xencall_alloc_buffer(call, sizeof(*sysctl));
	uint32_t *status = xencall_alloc_buffer(call, sizeof(*status));

	need(sysctl && status, "xencall_alloc_buffer");
	memset(sysctl, 0, sizeof(*sysctl));
	sysctl->cmd = XEN_SYSCTL_page_offline_op;
	sysctl->interface_version = XEN_SYSCTL_INTERFACE_VERSION;
	sysctl->u.page_offline.cmd = sysctl_page_offline;
	sysctl->u.page_offline.start = sysctl->u.page_offline.end = (uint32_t)frame;
	set_xen_guest_handle_raw(sysctl->u.page_offline.status, status);
	need(!xencall1(call, __HYPERVISOR_sysctl, (uintptr_t)sysctl), "page_offline");
}

static void tell_truth(xc_interface *xen, const uint32_t *ids, unsigned int nr)
{
	xc_physinfo_t info = { 0 };
	xc_domaininfo_t domain;

	for (unsigned int i = 0; i < nr; i++) {
		need(xc_domain_getinfolist(xen, ids[i], 1, &domain) == 1 && domain.domain == ids[i],
		     "xc_domain_getinfolist");
		printf("XEN-TRUTH domain%u %lu\n", i, (unsigned long)domain.tot_pages);
	}
	need(!xc_physinfo(xen, &info), "xc_physinfo");
	printf("XEN-TRUTH free %lu\n", (unsigned long)info.free_pages);
	printf("XEN-TRUTH marks-dom0 %d\nXEN-TRUTH marks-domU %d\n", OWN_NR, GUEST_NR);
	fflush(stdout);
}

int main(void)
{
	uint32_t ids[3] = { 0 };
	char *own = mmap(NULL, (size_t)OWN_NR * PAGE, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	xc_interface *xen = xc_interface_open(NULL, NULL, 0);
	xen_pfn_t *frames;
	FILE *trigger;

	need(own != MAP_FAILED, "mmap");
	need(xen != NULL, "xc_interface_open");
	for (unsigned int i = 0; i < OWN_NR; i++)
		mark(own + (size_t)i * PAGE, "dom0", i);
	frames = make_domain(xen, GUEST_NR, &ids[1]);
	mark_frames(xen, ids[1], frames, GUEST_NR, "domU");
	free(frames);

	/* Xen does not wipe what a domain gives back while it lives. */
	frames = make_domain(xen, FREED_NR, &ids[2]);
	mark_frames(xen, ids[2], frames, FREED_NR, "free");
	need(!xc_domain_decrease_reservation_exact(xen, ids[2], FREED_NR, 0, frames),
	     "xc_domain_decrease_reservation_exact");
	take_offline(frames[FREED_OFFLINE]);
	free(frames);

	tell_truth(xen, ids, 3);
	trigger = fopen("/proc/sysrq-trigger", "w");
	need(trigger && fputs("c", trigger) >= 0 && !fclose(trigger), "/proc/sysrq-trigger");
	return 1;
}
