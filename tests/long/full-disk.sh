#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The disk gets full, at every size from nothing to enough: what is on it says that it is not all
# there, and can be read. On a file system of its own, in memory.
. "$(dirname "$0")/../cli/lib.sh"
. "$SRC_DIR/tests/cli/dump-lib.sh"
mkdir disk
mount -t tmpfs -o size=1M none disk 2>/dev/null || skip_all "machine: mounting is not permitted here"
trap 'cd / && umount "$PWD_BEFORE/disk"; chmod -R u+rwX "$scratch" && rm -rf "$scratch"' EXIT
PWD_BEFORE=$PWD
step=${STEP_KIB:-16}

{ small_kernel 6.1 && every_class; } | core core

# sweep NAME ARGUMENT...: until it fits, each time on an empty disk of the next size.
sweep() {
	name=$1
	shift
	kib=4
	sizes=0
	wrong=
	"$@" whole >/dev/null 2>&1
	needed=$(($(stat -c %s whole) / 1024 + 64))
	while [ $kib -le $((needed + step)) ]; do
		rm -f disk/*
		mount -o remount,size=${kib}k disk
		status=0
		"$@" disk/dump >said 2>&1 || status=$?
		sizes=$((sizes + 1))
		case $status in
		0) vmtool dump --verify disk/dump >/dev/null 2>said || wrong="$wrong $kib(verify)" ;;
		3)
			verified=0
			vmtool dump --verify disk/dump >counts 2>said || verified=$?
			# No descriptor leads behind the end of the file.
			! grep -q 'cut off' counts || wrong="$wrong $kib(cut off)"
			# Of a stream even the headers and bitmaps may have stayed behind.
			[ $verified -eq 3 ] ||
				{ [ "$1" = rearrange ] && [ $verified -eq 1 ] &&
					grep -Eq 'the file ends (inside its headers|before its bitmaps)' said; } ||
				wrong="$wrong $kib(verify:$verified)"
			;;
		1) [ ! -e disk/dump ] || wrong="$wrong $kib(left behind)" ;;
		*) wrong="$wrong $kib($status)" ;;
		esac
		kib=$((kib + step))
	done
	is 0 "$status" "$name: at last it fits"
	is "" "$wrong" "$name: of $sizes sizes of disk none has a dump that is not what it says"
	rm -f whole
}

sweep "kdump, zlib" vmtool dump -f -c -d 31 --message-level 0 core
sweep "kdump, zstd, one thread" vmtool dump -f -z -d 31 --num-threads 1 --message-level 0 core
sweep "kdump, raw" vmtool dump -f -d 31 --message-level 0 core
sweep "ELF" vmtool dump -f -E -d 31 --message-level 0 core
vmtool dump -F -c -d 31 --message-level 0 core >stream
# shellcheck disable=SC2317 # sweep calls it
rearrange() { vmtool dump -R -f "$1" <stream; }
sweep "a stream put together" rearrange

if vmtool record -q -m 1M -o try.data -- true 2>/dev/null; then
	wrong=
	kib=4
	while [ $kib -le 2048 ]; do
		rm -f disk/*
		mount -o remount,size=${kib}k disk
		status=0
		vmtool record -q -m 256k --page -o disk/data -- cat /proc/self/maps >said 2>&1 || status=$?
		if [ -s disk/data ] && ! vmtool report -i disk/data --json >/dev/null 2>&1; then
			# Before its attributes are there a recording is nothing yet.
			[ $kib -le 64 ] || wrong="$wrong $kib"
		fi
		kib=$((kib + 64))
	done
	is "" "$wrong" "what fits of a recording can be read"
else
	skip "machine: recording is not permitted here" "what fits of a recording can be read"
fi
finish
