#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Images whose headers are wrong, lie, or end early. What cannot be an image is refused in one line
# and leaves no file behind; where memory can be read, there is a dump of it.
. "$(dirname "$0")/lib.sh"
. "$SRC_DIR/tests/cli/dump-lib.sh"

# refused REGEX SENTENCE: about the last run, of `vmtool dump ... dump`.
refused() {
	if [ -e dump ]; then
		echo "there is an output file" >"$why"
		rm dump
		fail "$2"
	else
		fails_in_one_line 1 "^vmtool dump: $1" "$2"
	fi
}

# no_image REGEX SENTENCE LINE...: a small kernel with LINEs is refused.
no_image() {
	regex=$1 sentence=$2
	shift 2
	{ small_kernel 6.1 && printf '%s\n' "$@"; } | core core
	run vmtool dump -d 31 core dump
	refused "core: $regex" "$sentence"
}

# dumped CODE REGEX SENTENCE LINE...: it is dumped, well-formed and with this exit code; some line
# on stderr matches.
dumped() {
	code=$1 regex=$2 sentence=$3
	shift 3
	{ small_kernel 6.1 && printf '%s\n' "$@"; } | core core
	rm -f dump
	run vmtool dump -d 31 core dump
	exits "$code" "$sentence: exit code $code"
	err_has "^vmtool dump: $regex" "$sentence: said"
	ok "$sentence: the dump is well-formed" "$TOOL_DIR/kdump-ls" --check dump
	rm -f dump
}

run vmtool dump -d 31 nothing dump
refused 'cannot open nothing: No such file or directory' "an image that is not there"
mkdir dir
run vmtool dump -d 31 dir dump
refused 'dir: .*directory' "a directory"
mkfifo fifo
run timeout 100 vmtool dump -d 31 fifo dump
refused 'fifo: cannot seek' "a FIFO, without waiting for its writer"
: >empty
run vmtool dump -d 31 empty dump
refused 'empty: the file is empty' "an empty file"
echo "this is not an image" >text
run vmtool dump -d 31 text dump
refused 'text: not a memory image of a known format' "a text"
run vmtool dump -d 31 "$VMTOOL" dump
refused '.*: an ELF file, but not a core dump' "a program"
if [ "$(id -u)" -ne 0 ]; then
	: >secret
	chmod 0 secret
	run vmtool dump -d 31 secret dump
	refused 'cannot open secret: Permission denied' "an image we may not read"
else
	skip "machine: root may read everything" "an image we may not read"
fi

for at in 1 16 63; do
	no_image '.*' "cut inside the ELF header, at byte $at" "truncate $at"
done
no_image 'ELF program headers .* run over the end' "cut behind the ELF header" "truncate 64"
no_image 'ELF program headers .* run over the end' "cut inside the program headers" \
	"truncate phdrs+100"
no_image 'ELF file without program headers' "no program headers" "ehdr e_phnum 0"
no_image 'ELF program headers .* run over the end' "program headers beyond the end" \
	"ehdr e_phoff 100G"
no_image 'ELF program headers .* run over the end' "program headers at the end of all numbers" \
	"ehdr e_phoff -1"
no_image 'an ELF core without memory' "program headers that are no such" "ehdr e_phoff 0"
no_image 'ELF program headers of 8 bytes' "program headers too small" "ehdr e_phentsize 8"
no_image 'an ELF core without memory' "program headers too far apart" "ehdr e_phentsize 65535"
no_image '.* PN_XNUM' "PN_XNUM without a section header" "ehdr e_phnum 65535"
no_image '.* PN_XNUM' "PN_XNUM with a section header at the end of all numbers" xnum \
	"ehdr e_shoff -1"
no_image '4294967295 ELF program headers' "PN_XNUM with 4 billion program headers" xnum \
	"patch32 shdrs+44 0xffffffff"
no_image 'ELF file without program headers' "a core that says it is of 32 bits" "ehdr ei_class 1"
no_image '.*byte order' "no byte order" "ehdr ei_data 0"
no_image '.*' "the other byte order" "ehdr ei_data 2"
no_image '.*not a core dump' "an executable" "ehdr e_type 2"

# More memory than any machine has: what the file has of it is dumped, and soon.
for size in 0x1000000000000 0x1000000000000000 -1; do
	dumped 0 'warning: its headers promise [0-9]+ TiB of memory, which is not believed' \
		"a segment of $size bytes in memory" "phdr 3 p_memsz $size"
	dumped 3 'warning: ELF program header 3 stores [0-9]+ bytes of [0-9]+ bytes of memory' \
		"a segment of $size bytes in the file" "phdr 3 p_filesz $size"
done
no_image 'its headers promise 256 TiB of memory, and the file has none of it' \
	"a segment of 256 TiB behind the end of the file" "truncate load:0" "phdr 3 p_memsz 0x1000000000000"
for address in 0x10000000000000 0xffffffffff000000 0xfffffffffffff; do
	dumped 3 "warning: ELF program header 3 puts memory at $address, where no machine has any: its [0-9]+ bytes" \
		"a segment at $address" "phdr 3 p_paddr $address"
done

# As much as a machine can have: what the file lacks is counted, as of any image that is cut off.
{ small_kernel 6.1 && echo "phdr 3 p_filesz 8T" && echo "phdr 3 p_memsz 8T"; } | core core
run vmtool dump --dry-run --json -d 31 core
exits 3 "8 TiB promised"
ok "its page frames are missing" perl -0ne 'exit !(/"class": "missing",\s*"pages": 2147475(\d+)/ &&
	/"original": 2147483/)' "$out"

dumped 0 'warning: page classes cannot be told' "a machine we do not know" "ehdr e_machine 183"
dumped 0 'warning: page classes cannot be told' "fewer program headers than there are" \
	"ehdr e_phnum 3"
dumped 0 'warning: page classes cannot be told' "a segment that is no PT_LOAD" "phdr 3 p_type 0"
dumped 3 'the image is cut off' "a segment beyond the end of the file" "phdr 3 p_offset -1"
dumped 3 'the image is cut off' "cut inside the notes" "truncate notes+10"
dumped 3 'the image is cut off' "cut inside VMCOREINFO" "truncate vmcoreinfo+100"
dumped 3 'the image is cut off' "cut where memory begins" "truncate load:0"
dumped 3 'the image is cut off, 14680064 bytes are missing' "cut inside the kernel's memory" \
	"truncate load:2+17M"
dumped 3 'the image is cut off, 11534336 bytes are missing' "cut inside a segment" \
	"truncate load:2+20M"
dumped 3 'the image is cut off, 1 bytes' "cut by a byte" "truncate end-1"

{ small_kernel 6.1 && every_class && echo "truncate load:2+20000000"; } | core core
{ small_kernel 6.1 && every_class; } | core whole
run vmtool dump -d 31 core dump
exits 3 "pages of every class, cut inside a segment"
"$TOOL_DIR/mkvmcore" -k 31 whole.txt whole >"$scratch/told"
"$TOOL_DIR/kdump-ls" --pages dump >"$scratch/got"
is "$(perl -ne 'my ($first, $count) = map hex, split /\+/;
	my $end = $first + $count;
	$end = 0x100 + int(20000000 / 4096) if $end > 0x100 + int(20000000 / 4096);
	printf "0x%x+0x%x\n", $first, $end - $first if $first < $end' "$scratch/told")" \
	"$(cat "$scratch/got")" "what is before the cut is filtered as ever"
ok "and is what is in the image" "$TOOL_DIR/kdump-read" dump whole

# The cut is known from the start, so that a stream too can say it.
is 8 "$(($(header dump status) & 8))" "the dump is marked incomplete"
run vmtool dump --info dump
ok "which --info says" grep -Eq '^complete +no' "$out"
for options in '-d 31' '-E -d 31'; do
	# shellcheck disable=SC2086 # words on purpose
	vmtool dump -F --message-level 0 $options core >stream 2>"$err"
	rm -f dump
	run sh -c 'vmtool dump -R dump <stream'
	exits 0 "all of a stream ($options) arrives"
	run vmtool dump --verify --message-level 0 dump
	exits 3 "and the mark with it"
done
rm -f dump

# Notes that lie. What comes before the lie is used; VMCOREINFO is last in these.
dumped 0 'warning: ELF note at offset 0: ' "a name of 4 GiB" "patch32 notes 0xffffffff"
dumped 0 'warning: ELF note at offset 0: ' "a note of 4 GiB" "patch32 notes+4 0xffffffff"
dumped 0 'warning: ELF note at offset 0x164: ' "a VMCOREINFO of 4 GiB" \
	"patch32 vmcoreinfo-20 0xffffffff"
dumped 3 'warning: the file ends inside its ELF notes' "notes beyond the end of the file" \
	"phdr 0 p_offset -1"

{ small_kernel 6.1 && every_class && echo "phdr 0 p_filesz -1"; } | core core
run vmtool dump -f -d 31 core dump
exits 3 "notes larger than the file"
ok "are not all of memory: the dump is small" test "$(stat -c %s dump)" -lt 2000000
is "$("$TOOL_DIR/kdump-ls" --notes dump)" "CORE 1 336
VMCOREINFO 0 $("$TOOL_DIR/kdump-ls" --vmcoreinfo dump | wc -c)
VMTOOL 1447908401 2028" "and hold what notes there are"

finish
