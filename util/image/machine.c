// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/image/machine.h"

#include <string.h>

#include "util/base/macros.h"

/*
 * As UTS_MACHINE in the kernel's Makefiles and setup code have it, of each machine the usual name
 * first. "prefix*" stands for all that begin so.
 */
static const struct {
	const char *name;
	uint16_t machine;
} machines[] = {
	{ "x86_64", EM_X86_64 },      { "i686", EM_386 },
	{ "i586", EM_386 },	      { "i486", EM_386 },
	{ "i386", EM_386 },	      { "aarch64", EM_AARCH64 },
	{ "aarch64_be", EM_AARCH64 }, { "armv7l", EM_ARM },
	{ "arm*", EM_ARM },	      { "ppc64le", EM_PPC64 },
	{ "ppc64*", EM_PPC64 },	      { "ppc", EM_PPC },
	{ "s390x", EM_S390 },	      { "S390X", EM_S390 }, /* QEMU */
	{ "s390*", EM_S390 },	      { "riscv64", EM_RISCV },
	{ "riscv*", EM_RISCV },	      { "loongarch64", EM_LOONGARCH },
	{ "mips64", EM_MIPS },	      { "mips*", EM_MIPS },
	{ "sparc64", EM_SPARCV9 },    { "ia64", EM_IA_64 },
};

uint16_t machine_of_uname(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(machines); i++) {
		size_t len = strlen(machines[i].name);
		int differs = machines[i].name[len - 1] == '*'
				      ? strncmp(name, machines[i].name, len - 1)
				      : strcmp(name, machines[i].name);

		if (!differs)
			return machines[i].machine;
	}
	return EM_NONE;
}

const char *machine_uname(uint16_t machine)
{
	for (size_t i = 0; i < ARRAY_SIZE(machines); i++) {
		if (machines[i].machine == machine)
			return machines[i].name;
	}
	return NULL;
}

uint8_t machine_address_bits(uint16_t machine, uint8_t otherwise)
{
	switch (machine) {
	case EM_386:
	case EM_ARM:
	case EM_PPC:
		return 32;
	default:
		return otherwise;
	}
}
