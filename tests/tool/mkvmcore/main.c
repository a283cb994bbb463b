// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * mkvmcore: makes a vmcore from a description (see spec.h) and tells what a filter must make of it.
 */
#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/tool/mkvmcore/image.h"
#include "tests/tool/mkvmcore/kernel.h"
#include "tests/tool/mkvmcore/spec.h"
#include "util/base/cleanup.h"

static const char usage[] =
	"usage: mkvmcore [-k LEVEL] [-i] [DESCRIPTION] VMCORE\n"
	"\n"
	"Make VMCORE from DESCRIPTION (standard input by default); the language is described in\n"
	"tests/tool/mkvmcore/spec.h.\n"
	"\n"
	"  -k LEVEL   print what a dump of this level keeps, as ranges FIRST+COUNT of page frames\n"
	"  -i         print the text of VMCOREINFO\n";

/* Page contents, before the kernel writes its own. */
static void write_fill(struct image *image, const struct kernel *kernel,
		       const struct fill_rule *rule)
{
	uint64_t words[PAGE_BYTES / 8];

	for (uint64_t pfn = rule->first; pfn < rule->first + rule->count; pfn++) {
		uint64_t state = pfn * 0x9e3779b97f4a7c15 + 1;
		bool own = false;

		for (size_t i = 0; i < kernel->own.nr && !own; i++)
			own = pfn - kernel->own.at[i].first < kernel->own.at[i].count;
		if (own)
			continue;
		for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
			switch (rule->kind) {
			case FILL_ZERO:
				words[i] = 0;
				break;
			case FILL_PFN:
				words[i] = pfn;
				break;
			case FILL_RANDOM: /* xorshift64 */
				state ^= state << 13;
				state ^= state >> 7;
				state ^= state << 17;
				words[i] = state;
				break;
			case FILL_BYTE:
				memset(&words[i], rule->byte, sizeof(words[i]));
				break;
			}
		}
		image_write(image, pfn * PAGE_BYTES, words, sizeof(words));
	}
}

/* The named places of spec.h; UINT64_MAX when there is no such place in the file. */
static uint64_t named_place(const struct image *image, const struct kernel *kernel, char *name)
{
	char *first = strchr(name, ':');
	char *second = first ? strchr(first + 1, ':') : NULL;
	uint64_t a = 0, b = 0, paddr = UINT64_MAX;

	if (first) {
		*first++ = 0;
		if (second)
			*second++ = 0;
		if (!parse_number(first, &a) || (second && !parse_number(second, &b)))
			return UINT64_MAX;
	}
	if (strcmp(name, "notes") == 0)
		return image->notes_offset;
	if (strcmp(name, "vmcoreinfo") == 0)
		return image->vmcoreinfo_offset;
	if (strcmp(name, "phdrs") == 0)
		return image->phdrs_offset;
	if (strcmp(name, "shdrs") == 0)
		return image->shdrs_offset;
	if (strcmp(name, "end") == 0)
		return image->size;
	if (strcmp(name, "load") == 0)
		return a < image->spec->loads.nr ? image->spec->loads.at[a].offset : UINT64_MAX;
	if (strcmp(name, "phys") == 0)
		paddr = a;
	else if (strcmp(name, "page") == 0)
		paddr = kernel_page_paddr(kernel, a);
	else if (strcmp(name, "section") == 0)
		paddr = kernel_section_paddr(kernel, a);
	else if (strcmp(name, "root") == 0)
		paddr = kernel->roots_paddr + a * 8;
	else if (strcmp(name, "entry") == 0 && kernel->pgd)
		paddr = kernel_entry_paddr(kernel, (unsigned int)a, b);
	return paddr == UINT64_MAX ? UINT64_MAX : image_offset(image, paddr);
}

static uint64_t locate(const struct image *image, const struct kernel *kernel, unsigned int line,
		       const char *where)
{
	autofree char *name = strdup(where);
	char *sign = name + strcspn(name, "+-");
	uint64_t more = 0, offset;

	if (*sign) {
		if (!parse_number(sign + 1, &more))
			die("line %u: not a place: %s", line, where);
		if (*sign == '-')
			more = -more;
		*sign = 0;
	}
	if (!parse_number(name, &offset))
		offset = named_place(image, kernel, name);
	if (offset == UINT64_MAX)
		die("line %u: not a place in the file: %s", line, where);
	return offset + more;
}

static void reverse(uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len / 2; i++) {
		uint8_t byte = bytes[i];

		bytes[i] = bytes[len - 1 - i];
		bytes[len - 1 - i] = byte;
	}
}

static void apply_patches(struct image *image, const struct kernel *kernel)
{
	const struct spec *spec = image->spec;

	for (size_t i = 0; i < spec->patches.nr; i++) {
		const struct patch *patch = &spec->patches.at[i];
		uint64_t offset = locate(image, kernel, patch->line, patch->where);

		if (patch->is_number && spec->machine->order == ORDER_BIG)
			reverse(patch->bytes, patch->len);
		image_put(image, offset, patch->bytes, patch->len);
	}
	if (spec->truncate[0])
		image_truncate(image, locate(image, kernel, spec->truncate_line, spec->truncate));
}

static int compare_pfns(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

struct edges {
	uint64_t *at;
	size_t nr, capacity;
};

/* A page in which memory begins or ends is a piece of its own. */
static void add_edges(struct edges *edges, uint64_t paddr)
{
	*list_add(edges) = paddr / PAGE_BYTES;
	*list_add(edges) = (paddr + PAGE_BYTES - 1) / PAGE_BYTES;
}

/* A flag speaks for its frames, and for the whole block of the rule they are in. */
static void add_flag_edges(struct edges *edges, const struct spec *spec,
			   const struct flag_rule *flag)
{
	uint64_t end = flag->first + flag->count;

	*list_add(edges) = flag->first;
	*list_add(edges) = end;
	for (size_t i = 0; i < spec->pages.nr; i++) {
		uint64_t block = 1ull << spec->pages.at[i].order;

		*list_add(edges) = flag->first & -block;
		*list_add(edges) = (end + block - 1) & -block;
	}
}

/* Between two edges all pages have the same fate, so that one of them answers for all. */
static void print_kept(const struct image *image, unsigned int level)
{
	const struct spec *spec = image->spec;
	struct edges edges = { .nr = 0 };
	uint64_t first = 0, count = 0;

	for (size_t i = 0; i < spec->loads.nr; i++) {
		const struct load *load = &spec->loads.at[i];

		add_edges(&edges, load->paddr);
		add_edges(&edges, load->paddr + load->filesz);
		add_edges(&edges, load->paddr + load->memsz);
	}
	for (size_t i = 0; i < spec->pages.nr; i++) {
		*list_add(&edges) = spec->pages.at[i].first;
		*list_add(&edges) = spec->pages.at[i].first + spec->pages.at[i].count;
	}
	for (size_t i = 0; i < spec->flags.nr; i++) {
		add_flag_edges(&edges, spec, &spec->flags.at[i]);
	}
	if (edges.nr)
		qsort(edges.at, edges.nr, sizeof(*edges.at), compare_pfns);
	for (size_t i = 0; i + 1 < edges.nr; i++) {
		uint64_t pfn = edges.at[i], next = edges.at[i + 1];

		if (pfn == next || !image_stores_page(image, pfn) ||
		    !truth_kept(kernel_truth(spec, pfn), level))
			continue;
		if (count && first + count == pfn) {
			count += next - pfn;
			continue;
		}
		if (count)
			printf("0x%" PRIx64 "+0x%" PRIx64 "\n", first, count);
		first = pfn;
		count = next - pfn;
	}
	if (count)
		printf("0x%" PRIx64 "+0x%" PRIx64 "\n", first, count);
	free(edges.at);
}

int main(int argc, char **argv)
{
	struct spec spec;
	struct kernel kernel = { .spec = &spec };
	struct image image;
	autofree char *info = NULL;
	autofclose FILE *in = NULL;
	uint64_t level = UINT64_MAX;
	bool show_info = false;
	int opt;

	while ((opt = getopt(argc, argv, "k:ih")) != -1) {
		if (opt == 'k' && parse_number(optarg, &level)) {
			continue;
		} else if (opt == 'i') {
			show_info = true;
		} else {
			fputs(usage, opt == 'h' ? stdout : stderr);
			return opt == 'h' ? 0 : 2;
		}
	}
	if (argc - optind < 1 || argc - optind > 2) {
		fputs(usage, stderr);
		return 2;
	}
	if (argc - optind == 2) {
		in = fopen(argv[optind], "re");
		if (!in)
			die("cannot open %s", argv[optind]);
	}
	spec_read(in ? in : stdin, &spec);
	if (spec.preset) {
		kernel_plan(&kernel, &spec);
		if (!spec.no_vmcoreinfo)
			info = kernel_vmcoreinfo(&kernel);
	}
	image_create(&image, &spec, argv[argc - 1], info);
	for (size_t i = 0; i < spec.fills.nr; i++)
		write_fill(&image, &kernel, &spec.fills.at[i]);
	if (spec.preset)
		kernel_write(&kernel, &image);
	apply_patches(&image, &kernel);
	if (show_info && info)
		fputs(info, stdout);
	if (level != UINT64_MAX)
		print_kept(&image, (unsigned int)level);
	image_close(&image);
	kernel_release(&kernel);
	spec_release(&spec);
	return 0;
}
