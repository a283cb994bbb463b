#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A dump is an image like any other: it can be filtered and packed again, and nothing is lost on the
# way but what the level says.
. "$(dirname "$0")/lib.sh"
. "$SRC_DIR/tests/cli/dump-lib.sh"

{ small_kernel 6.1 && every_class; } | core core

vmtool dump --message-level 0 -d 31 -z core direct
for options in '-d 0' '-d 0 -c' '-d 1 -l' '-d 16 -p' '-d 31 -z'; do
	# shellcheck disable=SC2086 # words on purpose
	vmtool dump -f --message-level 0 $options core first
	run vmtool dump -f -d 31 -z first second
	exits 0 "a dump made with $options is filtered again"
	ok "and is what the image itself would have given" same_dump direct second
done

vmtool dump -f --message-level 0 -d 2 -c core first
run vmtool dump -f -d 24 first second
exits 0 "a dump of level 2 is dumped at level 24"
is 26 "$(header second dump_level)" "and says that both were left out"
keeps_as_told core 26 second "as if it had been done at once"
run vmtool dump -f -d 0 -z first second
is 2 "$(header second dump_level)" "level 0 brings nothing back"
run vmtool dump --info second
out_has '^level  *2$' "nor does --info say that nothing was left out"
vmtool dump -f --message-level 0 -E first elf
run vmtool dump --info elf
out_has '^level  *2$' "an ELF file made of it lacks the same"
vmtool dump -f --message-level 0 -d 16 elf third
is 18 "$(header third dump_level)" "and a dump made of that"
run vmtool dump --info third
out_has '^level  *18$' "as --info says"
keeps_as_told core 2 second "and drops nothing"
run vmtool dump --dry-run --json -d 8 first
is "$(vmtool dump --dry-run --json -d 2 core | json /dev/stdin '$_->{pages}{ram}')" \
	"$(json "$out" '$_->{pages}{ram}')" "memory that was left out still counts as memory"

# Byte 424 is the header's status, 8 the flag of a dump that is not all there.
vmtool dump -f --message-level 0 -d 31 -c core first
printf '\011' | dd of=first bs=1 seek=424 conv=notrunc status=none
run vmtool dump -f --message-level 0 -z first second
exits 3 "a dump that is marked incomplete gives an incomplete one"
err_has 'the image was incomplete already' "and it is said why"
is 8 $(($(header second status) & 8)) "the mark is handed on"
run vmtool dump -F --message-level 0 -z first
cp "$out" stream
run sh -c 'vmtool dump -R -f second <stream'
is 8 $(($(header second status) & 8)) "through a stream too"

# What was erased in it, as makedumpfile --config writes it: a text somewhere, which the sub header
# names.
vmtool dump -f --message-level 0 -c -d 31 core first
cp first erased
size=$(stat -c %s first)
text='erase secrets.key 0xffff888000123456 32'
printf '%s\n' "$text" >>erased
perl -e 'print pack "Q<Q<", @ARGV' "$size" $((${#text} + 1)) |
	dd of=erased bs=1 seek=$((4096 + 64)) conv=notrunc status=none
# erased_in FILE
erased_in() {
	header "$1" eraseinfo | {
		IFS=+ read -r offset length
		tail -c +$((offset + 1)) "$1" | head -c "$length"
	}
}
is "$text" "$(erased_in erased)" "a dump says what was erased in it"
run vmtool dump -f -z -d 31 erased second
exits 0 "and is dumped again"
is "$text" "$(erased_in second)" "the new one says it too"
ok "beside all else" "$TOOL_DIR/kdump-ls" --check second
ok "to another reader as well" "$TOOL_DIR/kdump-read" second core
run sh -c 'vmtool dump -F --message-level 0 -z -d 31 erased | vmtool dump -R -f again'
ok "and through a stream" same_dump second again
run vmtool dump -f -E erased elf
err_has 'warning: .*erased.* has no place' "of an ELF file it is told that it does not"
perl -e 'print pack "Q<Q<", 8192, 1 << 40' | dd of=erased bs=1 seek=$((4096 + 64)) conv=notrunc status=none
run vmtool dump -f -z erased second
exits 0 "a list that is not in the file keeps nobody from a dump"

vmtool dump -f --message-level 0 -d 31 core first
size=$(stat -c %s first)
truncate -s $((size - 10000)) first
run vmtool dump -f --message-level 2 -z first second
exits 3 "a dump that was cut off gives what is there"
err_has 'the file ends before the page' "and says what was missing"
"$TOOL_DIR/kdump-ls" --pages second >kept
ok "with all other pages" test "$(wc -l <kept)" -gt 0

is 8 $(($(header second status) & 8)) "and is marked incomplete"
vmtool dump -F --message-level 0 first >stream 2>"$err"
run sh -c 'vmtool dump -R -f second <stream'
fails_in_one_line 3 'second is incomplete' "a stream that could not know it has no end record"

truncate -s 9000 first
run vmtool dump -f first second
fails_in_one_line 1 'first: the file ends before its bitmaps' "a dump cut in its headers is refused"
printf 'KDUMP   garbage' | head -c 15 >first
run vmtool dump -f first second
fails_in_one_line 1 'first: the file ends inside its header' "so is one without a header"
{ printf 'KDUMP   ' && head -c 9000 /dev/zero; } >first
run vmtool dump -f first second
fails_in_one_line 1 'header makes no sense' "and one with nothing in it"

finish
