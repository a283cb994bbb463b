# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# What the scripts here share. Sourced, never run. Sets: here, top, guests (the folder everything is
# cached in).

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/../.." && pwd)
build=${BUILD:-build}
case $build in /*) ;; *) build=$top/$build ;; esac
guests=$build/guest
mkdir -p "$guests"

# Administrators' tools (mke2fs, kexec, debugfs) are not on the path of everyone.
PATH=$PATH:/usr/sbin:/sbin

die() { echo "${0##*/}: $*" >&2; exit 1; }

# Tell what is being waited for, on standard error; standard output belongs to the results.
say() { [ -n "${QUIET:-}" ] || echo "  ${kernel:+$kernel: }$*" >&2; }

# need TOOL PACKAGE...: list what is missing, for one message that names all of it.
missing_tools() {
	local missing=
	while [ $# -gt 0 ]; do
		command -v "$1" >/dev/null || missing="$missing $1 (package $2)"
		shift 2
	done
	echo "$missing"
}

# Look $kernel up in the file of kernels; sets suite, package, cpu, arguments and what
# qemu_machine_of needs: qemu_memory_mib, how many nodes it is divided among, how much of it is in a
# DIMM that the kernel finds as hot-added.
# shellcheck disable=SC2034 # they are for whoever sources this
read_kernel() {
	local name
	local memory
	while read -r name suite package cpu memory arguments; do
		[ "$name" = "$kernel" ] || continue
		qemu_memory_mib=${memory%%[x+]*}
		qemu_memory_mib=${qemu_memory_mib:-512}
		qemu_nodes=1 qemu_dimm_mib=0
		case $memory in
		*x*) qemu_nodes=${memory#*x} ;;
		*+*) qemu_dimm_mib=${memory#*+} ;;
		esac
		return 0
	done <"$here/kernels"
	die "no kernel ${kernel} in $here/kernels"
}

# Look $kernel up in the file of other architectures; sets arch, suite, package, cpu, memory (MiB),
# lacks and arguments.
# shellcheck disable=SC2034
read_arch() {
	local name
	while read -r name arch suite package cpu memory lacks arguments; do
		[ "$name" != "$kernel" ] || return 0
	done <"$here/arches"
	die "no machine $kernel in $here/arches"
}

# For the command line of an x86 kernel, which panics where a timer interrupt does not come within
# ten ticks: on a host that is busy, QEMU's does not.
# shellcheck disable=SC2034
slow_machine=no_timer_check

# What $arch, an architecture by Debian's name, needs: cc, the compiler of programs for its guests;
# fw_cfg: does its machine tell QEMU where VMCOREINFO is? kdump: is there a capture kernel? For
# those of the file `arches` also qemu_machine, without disks, and what belongs to it: qemu_package,
# bus, console; tools, a folder fetch-tools makes where this machine's suite has no QEMU or compiler
# that will do.
# shellcheck disable=SC2034
arch_facts() {
	local serial=(-serial file:console.log)
	tools='' fw_cfg='' kdump='' bus=pci console=ttyS0 qemu_package=qemu-system-misc cc=$arch-linux-gnu-gcc
	case $arch in
	amd64)
		cc=${CC:-cc} fw_cfg=yes kdump=yes
		return
		;;
	arm64)
		cc=aarch64-linux-gnu-gcc console=ttyAMA0 qemu_package=qemu-system-arm
		fw_cfg=yes kdump=yes
		[ -z "$(awk -v name="$kernel" '$1 == name && $7 ~ /kdump/' "$here/arches")" ] || kdump=
		qemu_machine=(qemu-system-aarch64 -machine virt -device vmcoreinfo)
		;;
	riscv64) qemu_machine=(qemu-system-riscv64 -machine virt) ;;
	s390x)
		bus=ccw serial=(-chardev "file,id=console,path=console.log"
			-device "sclpconsole,chardev=console")
		qemu_machine=(qemu-system-s390x -machine s390-ccw-virtio)
		;;
	ppc64el)
		cc=powerpc64le-linux-gnu-gcc console=hvc0 qemu_package=qemu-system-ppc
		# Of a hash QEMU shows no larger pages than 64 KiB, so no huge ones, where it is not
		# told to.
		qemu_machine=(qemu-system-ppc64 -machine "pseries,cap-hpt-max-page-size=16M")
		;;
	loong64)
		# QEMU dumps memory of it since 9.2; Debian 12 has 7.2, and no compiler.
		tools=$guests/arch/tools-trixie tools_suite=trixie
		tools_packages=(qemu-system-misc qemu-efi-loongarch64 gcc-loongarch64-linux-gnu
			libc6-dev-loong64-cross)
		tools_programs=(usr/bin usr/libexec/gcc-cross)
		cc=$tools/usr/bin/loongarch64-linux-gnu-gcc
		# Without its firmware the machine has no ACPI, and its kernel dies looking for a
		# keyboard.
		qemu_machine=("$tools/usr/bin/qemu-system-loongarch64" -machine virt
			-bios "$tools/usr/share/qemu-efi-loongarch64/QEMU_EFI.fd")
		;;
	*) die "no machine is known for $arch" ;;
	esac
	qemu_machine+=(-accel tcg ${cpu:+-cpu "$cpu"} -smp 2 ${memory:+-m "$memory"} -nodefaults
		-no-user-config -display none -no-reboot -action panic=pause
		-device "virtio-balloon-$bus" "${serial[@]}")
}

# Where the package of a kernel (DEB, in FOLDER) is one of packages, as since 6.19: the kernel is in
# one, its modules in another. They go to FOLDER/parts.
fetch_parts() { # DEB FOLDER
	local part
	for part in $(dpkg-deb -f "$1" Depends | grep -oE 'linux-(binary|modules)-[^ ,]*' || true); do
		[ -z "$(find "$2/parts" -name "${part}_*.deb" 2>/dev/null)" ] || continue
		say "fetching $part of $suite"
		"$here/fetch-package" -a "$(dpkg-deb -f "$1" Architecture)" "$suite" "$2/parts" \
			"$part" >/dev/null
	done
}

# key_of FILE-OR-WORD...: one hash of the contents of all files and of all words that are no file.
key_of() {
	for input; do
		if [ -f "$input" ]; then sha256sum <"$input"; else echo "$input"; fi
	done | sha256sum | cut -c 1-32
}

# is_fresh KEYFILE KEY: was the thing behind KEYFILE made from the inputs KEY stands for?
is_fresh() { [ -f "$1" ] && [ "$(cat "$1")" = "$2" ]; }

# One maker at a time per folder: `make -j` or a second terminal may ask for the same guest.
lock_folder() {
	mkdir -p "$1"
	exec {lock_fd}>"$1/.lock"
	flock "$lock_fd"
}

# The last words of a console log, without the escape codes of the firmware.
tail_of_console() {
	tr -d '\r' <"$1" 2>/dev/null | sed 's/\x1b[^m]*m//g' | grep -v '^$' | tail -n 25 >&2 || true
}

# Sets qemu_machine for a machine with CPU $1, to be run where its disks are. Both runs of a
# machine, the one that is saved and the one that wakes up, must describe the same hardware.
#
# cx16=off: after cmpxchg16b, which the kernel's slab allocator is full of, QEMU 7.2 (TCG) shows an
# interrupt that comes before the next flag is set a register for EFLAGS, and returning from it is a
# double fault. Seen in two of some ten boots on a busy host ("RIP: __kmalloc", "EFLAGS: 1e0b5a52"
# with RAX ff1ecb9d1e0b5a10).
# shellcheck disable=SC2034
qemu_machine_of() {
	local disk
	qemu_machine=(
		qemu-system-x86_64 -accel tcg -machine pc -cpu "$1,cx16=off" -smp 2 -m "$qemu_memory_mib"
		-nodefaults -no-user-config -display none -no-reboot
		-device virtio-balloon-pci -device vmcoreinfo
	)
	local node each=$((qemu_memory_mib / qemu_nodes))
	for ((node = 0; qemu_nodes > 1 && node < qemu_nodes; node++)); do
		qemu_machine+=(-object "memory-backend-ram,id=node$node,size=${each}M"
			-numa "node,memdev=node$node,cpus=$node")
	done
	if [ "$qemu_dimm_mib" -gt 0 ]; then
		qemu_machine+=(-m "$qemu_memory_mib,slots=1,maxmem=$((qemu_memory_mib + 1024))M"
			-object "memory-backend-ram,id=dimm,size=${qemu_dimm_mib}M"
			-device "pc-dimm,memdev=dimm")
	fi
	for disk in vmcore disk truth job; do
		qemu_machine+=(-drive "file=$disk,if=virtio,format=raw,cache=unsafe,discard=ignore")
	done
}

# make_disks FOLDER: the disks of a machine, empty, always of the same size; init tells what they
# are for.
make_disks() {
	truncate -s "$((qemu_memory_mib + qemu_dimm_mib + 64))M" "$1/vmcore"
	truncate -s 48M "$1/disk"
	truncate -s 32M "$1/truth"
	truncate -s 768M "$1/job"
}

# capture_live DIR PROGRAM: guest $kernel in DIR does live-job and goes on; what that wrote is in
# DIR/live/got.
capture_live() {
	local live=$1/live
	rm -rf "$live/got"
	mkdir -p "$live/job"
	cp "$here/live-job" "$live/job/job"
	LIVE=1 JOB="$live/job" "$here/capture" "$kernel" "$1" "$2" "$live" || return
	mkdir "$live/got"
	debugfs -R "rdump / $live/got" "$live/job.img" >/dev/null 2>&1
}

# The last column of a table of results: the day, and the commit where there is one.
run_on() {
	local commit
	commit=$(git -C "$top" rev-parse --short HEAD 2>/dev/null) || commit=
	echo "$(date -u +%Y-%m-%d)${commit:+, $commit}"
}

# boot_log DIR QEMU-COMMAND...: boots a guest whose console is DIR/console and leaves that in
# DIR/log, without carriage returns. Once more where the emulator tripped: now and then, with two
# processors, QEMU runs an int3 that the kernel has put into its own code to switch a tracepoint,
# when the kernel has taken it out again ("Oops: int3", at the byte behind it).
boot_log() {
	local boot_dir=$1
	shift
	for _ in 1 2 3 4; do
		"$@" </dev/null
		tr -d '\r' <"$boot_dir/console" >"$boot_dir/log"
		grep -q 'Oops: int3' "$boot_dir/log" || return 0
	done
}

# holds SENTENCE COMMAND...: a statement about guest $kernel, as TAP; `echo "1..$tests_nr"` ends
# them.
tests_nr=0
holds() {
	local sentence=$1 status=ok log
	shift
	log=$("$@" 2>&1) || status='not ok'
	[ -z "$log" ] || echo "# ${log//$'\n'/$'\n'# }"
	tests_nr=$((tests_nr + 1))
	echo "$status $tests_nr - $kernel: $sentence"
}
