#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Any form of an image to any form of a dump: each page comes out as it was, and no page less or
# more. Small images are the measure of all, one of them of a 32-bit machine.
. "$(dirname "$0")/../cli/lib.sh"
. "$SRC_DIR/tests/cli/dump-lib.sh"

# Some six MiB, pages of all kinds; VMCOREINFO is in the memory too, where the kernel has it.
{
	cat <<-END
		kernel 6.12
		vmemmap 4K
		text-load
		load 0x1000+0x9e000
		load 16M+6M
		pages 0x1500+0x10 free
		pages 0x1510+0x10 anon
		pages 0x1520+0x10 cache
		pages 0x1530+0x10 slab
		pages 0x1540+0x10 offline
		flag 0x1531 hwpoison
		fill 0x1500+0x80 random
		fill 0x1580+0x40 pfn
	END
} >plain.txt
"$TOOL_DIR/mkvmcore" -i plain.txt plain >info || exit 1
{
	cat plain.txt
	echo "patch phys:0x15f0000 $(od -An -v -tx1 info | tr -d ' \n')"
} | core core.image
# As QEMU writes it without its vmcoreinfo device.
{ cat core.image.txt && echo 'vmcoreinfo none' && echo 'shdrs-first 2'; } | core qemu.image

# sums FORM FILE...: page frame and checksum of each page that is in it, by $reader.
sums() {
	case $1 in
	zlib | raw) $reader "$2" ;;
	*) shift && write raw back "$@" && $reader back ;;
	esac
}

# write FORM OUTPUT INPUT...: the image in one of the forms a dump has.
write() {
	form=$1
	to=$2
	shift 2
	case $form in
	zlib) vmtool dump -f -c "$@" "$to" ;;
	lzo) vmtool dump -f -l "$@" "$to" ;;
	snappy) vmtool dump -f -p "$@" "$to" ;;
	zstd) vmtool dump -f -z "$@" "$to" ;;
	raw) vmtool dump -f "$@" "$to" ;;
	elf) vmtool dump -f -E "$@" "$to" ;;
	flat) vmtool dump -F -c "$@" >"$to" ;;
	flat-elf) vmtool dump -F -E "$@" >"$to" ;;
	parts) case $# in
		1) vmtool dump -f --split -z "$1" "$to.a" "$to.b" "$to.c" ;;
		*) vmtool dump -f --reassemble -z "$@" "$to.whole" &&
			vmtool dump -f --split -z "$to.whole" "$to.a" "$to.b" "$to.c" ;;
		esac ;;
	esac >matrix.log 2>&1
}

# files FORM NAME: what write() left there.
files() {
	if [ "$1" = parts ]; then
		echo "$2.c" "$2.a" "$2.b"
	else
		echo "$2"
	fi
}

forms='zlib lzo snappy zstd raw elf flat flat-elf parts'

# convert IMAGE FROM...: each form is made of each form, and then read for what is in it.
convert() {
	image=$1
	shift
	write raw truth "$image"
	sums raw truth >truth.sums
	ok "$image has pages" test -s truth.sums
	for from in "$@"; do
		case $from in
		*.image) input=$from ;;
		*)
			write "$from" from "$image"
			input=$(files "$from" from)
			;;
		esac
		for wanted in $forms; do
			# shellcheck disable=SC2046,SC2086 # lists of files
			if write "$wanted" to $input &&
				sums "$wanted" $(files "$wanted" to) | cmp -s - truth.sums; then
				pass "$image, $from to $wanted: every page is what it was"
			else
				cp matrix.log "$why"
				fail "$image, $from to $wanted: every page is what it was"
			fi
		done
	done
}

reader="$TOOL_DIR/kdump-ls --sums"
# shellcheck disable=SC2086 # a list
convert core.image core.image qemu.image $forms

# With memory above 4 GiB its ELF files are of 64 bits, and else of 32.
reader="$TOOL_DIR/kdump-read -s"
core32 narrow.image 32
core32 pae.image 64 pae
for image in narrow pae; do
	# shellcheck disable=SC2086 # a list
	convert $image.image $image.image $forms
done

finish
