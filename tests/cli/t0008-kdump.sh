#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# vmtool kdump: what can be told of it without a crash. `make check-kdump` has the crashes.
. "$(dirname "$0")/lib.sh"

VMTOOL_EXEC_PATH=$SRC_DIR/scripts/kdump
export VMTOOL_EXEC_PATH
save=$VMTOOL_EXEC_PATH/save

run vmtool kdump
fails_in_one_line 129 "^vmtool kdump: say what to do" "without a word of what to do"
run vmtool kdump raod
fails_in_one_line 129 "^vmtool kdump: there is no 'raod'" "with a wrong one"
run vmtool kdump unload --dry-run
fails_in_one_line 129 "^vmtool kdump: unload takes nothing, not '--dry-run'" "with more than it takes"
run vmtool kdump load --with dracut
fails_in_one_line 129 "^vmtool kdump: unknown option '--with'" "with an option of another"
run vmtool kdump load 6.1 6.12
fails_in_one_line 129 "^vmtool kdump: one kernel at a time: 6.1 6.12" "with two kernels"
run vmtool kdump initrd --with
fails_in_one_line 129 "^vmtool kdump: option '--with' needs a value" "without the value of an option"
run vmtool kdump load --help
exits 0 "load --help"
run vmtool kdump --help
exits 0 "--help"
out_has '^usage: vmtool kdump initrd' "shows how it is used"

# What completion offers is what there is.
run vmtool kdump --words
ok "--words names each thing to do, as --help does" sh -c \
	'"$1" --help | sed -n "s/^.*vmtool kdump \([a-z]*\)\( .*\|\)$/\1/p" | sort -u >"$3"
	grep -v "^-" "$2" | sort | diff "$3" -' - "$VMTOOL_EXEC_PATH/vmtool-kdump" "$out" "$scratch/told"
run vmtool kdump --words unload
out_is "" "and nothing where nothing can follow"

# config LINE...: as ./conf; run the check of it.
config() {
	printf '%s\n' "$@" >conf
	run "$save" --check conf
}
config '# a comment' '' device=LABEL=crash
exits 0 "a device is enough"
config ssh=kdump@host
exits 0 "so is a host"
config path=/x
fails_in_one_line 1 "^vmtool kdump: conf: neither device nor ssh is given$" "neither is not"
config 'device="LABEL=crash"'
fails_in_one_line 1 'device is none of /dev/..., LABEL=..., UUID=...: "LABEL=crash"$' "quotes are not taken off"
config device=PARTUUID=1234
fails_in_one_line 1 "device is none of" "small mounts know no other names"
config device=/dev/sda1 pathh=/x
fails_in_one_line 1 "^vmtool kdump: conf:2: not a key this file has: pathh$" "a misspelt key is named with its line"
config 'device = /dev/sda1' ssh=a@b
fails_in_one_line 1 "^vmtool kdump: conf:1: not a key this file has: device  \(no blanks around the =\)$" \
	"blanks before the = are told"
config device=/dev/sda1 failure=explode
fails_in_one_line 1 "'explode' is none of reboot, poweroff, halt, shell$" "an unknown action"
config device=/dev/sda1 path=crash
fails_in_one_line 1 "path does not begin with /" "a path that is none"
# shellcheck disable=SC2016 # it is to stay as it is
config device=/dev/sda1 'path=/$(touch ran)'
fails_in_one_line 1 "path has other characters" "a path with a command in it"
# shellcheck disable=SC2016
config 'device=$(touch ran)' 'options=; touch ran'
ok "and nothing of it is run" test ! -e ran
run "$save" --check "$VMTOOL_EXEC_PATH/kdump.conf"
fails_in_one_line 1 "neither device nor ssh" "the example names nothing by itself"
sed 's/^#\([a-z]\)/\1/' "$VMTOOL_EXEC_PATH/kdump.conf" >conf
run "$save" --check conf
exits 0 "and all of its lines can be meant"

value() { "$save" --value "$1" conf; }
printf '%s\n' ssh=a@b 'options=-d 17 -z' ip=dhcp failure=halt >conf
is "-d 17 -z" "$(value options)" "a value"
is /var/crash "$(value path)" "a default"
is "nr_cpus=1 irqpoll reset_devices panic=10 rd.shell=0 rd.emergency=halt rd.neednet=1 ip=dhcp " \
	"$(value cmdline)" "what the capture kernel's command line gets"

printf '%s\n' ssh=a@b >conf
ok "a host needs a network" sh -c '"$1" --value cmdline conf | grep -q " rd.neednet=1 ip=dhcp "' - "$save"
printf '%s\n' ssh=a@b cmdline=ip=10.0.0.2 >conf
is 1 "$("$save" --value cmdline conf | grep -o 'ip=' | grep -c .)" "and one is enough"
printf 'device=LABEL=crash \t\r\n' >conf
is LABEL=crash "$("$save" --value device conf)" "blanks at the end of a line are no part of it"
is "/dev/disk/by-label/crash" "$("$save" --device conf)" "a label is a file of udev's"
is "" "$(echo ssh=a@b >none; "$save" --device none)" "no device is no file"
rm none
printf 'device=LABEL=crash' >conf
"$save" --pack conf >packed
is "LABEL=crash $(uname -n)" "$("$save" --value device packed) $("$save" --value host packed)" \
	"the initramfs has the last line of a file that does not end it, and this machine's name"

run "$save" conf
fails_in_one_line 1 "^save: this is no capture kernel$" "saving is for a capture kernel"

if [ "$(id -u)" -eq 0 ]; then
	run env VMTOOL_KDUMP_CONFIG="$PWD/none" vmtool kdump initrd
	fails_in_one_line 1 "^vmtool kdump: cannot read .*/none: write there where dumps go" "without a configuration"
	printf '%s\n' device=/dev/sda1 'options=-c -d 99' >conf
	run env VMTOOL_KDUMP_CONFIG="$PWD/conf" vmtool kdump initrd -o initrd
	exits 1 "options that vmtool dump does not take"
	err_has "conf has options that vmtool dump does not take: -c -d 99$" "are found before the crash"

	# A machine whose maker of initramfs images is this: it has a word to say, and packs what
	# \$packed is.
	mkdir bin
	cat >bin/mkinitramfs <<-'END'
		#!/bin/sh
		echo a hook says this
		echo "$packed" >"$4"
		exit "${fails:-0}"
	END
	printf '#!/bin/sh\ncat "$1"\n' >bin/lsinitramfs
	chmod +x bin/*
	echo device=/dev/sda1 >conf
	initrd() {
		run env VMTOOL_KDUMP_CONFIG="$PWD/conf" PATH="$PWD/bin:$PATH" TMPDIR="$PWD" "$@" \
			vmtool kdump initrd --with initramfs-tools -o initrd
	}
	initrd packed=usr/lib/vmtool-kdump-save
	out_is initrd "the name of the initramfs is all that is printed of it"
	echo device=/dev/vmtool-none >conf
	initrd packed=usr/lib/vmtool-kdump-save
	exits 0 "a device that is not there now is no hindrance"
	err_has '^vmtool kdump: warning: there is no block device /dev/vmtool-none here now' "but is told"
	mkdir -p opt/bin opt/libexec/vmtool/kdump
	cp -r "$save" "$VMTOOL_EXEC_PATH/initramfs-tools" opt/libexec/vmtool/kdump
	cp "$VMTOOL_EXEC_PATH/vmtool-kdump" opt/libexec/vmtool
	printf '#!/bin/sh\n' >opt/bin/vmtool
	chmod +x opt/bin/vmtool
	sed -i 's,^echo a hook.*,echo "$VMTOOL_KDUMP_PROGRAM",' bin/mkinitramfs
	initrd packed=usr/lib/vmtool-kdump-save VMTOOL_EXEC_PATH="$PWD/opt/libexec/vmtool"
	err_has '/opt/bin/vmtool$' "the program of the installation goes in, whatever PATH has"
	rm -r opt
	initrd packed=usr/bin/else
	exits 1 "an initramfs in which vmtool is not"
	err_has "initramfs-tools made an initramfs without vmtool in it$" "is not taken"
	initrd packed=usr/lib/vmtool-kdump-save fails=1
	exits 1 "an initramfs that cannot be made"
	is "bin conf initrd packed" "$(echo *)" "and nothing is left of them"
else
	run vmtool kdump load
	fails_in_one_line 1 "^vmtool kdump: load needs root$" "loading needs root"
fi

# Every key has its paragraph.
sed -n 's/^\t\t\([a-z_]*\)=\*) .*/\1/p' "$save" | grep -vx host | sort >keys
sed -n '/^=== kdump.conf/,/^=== Has/p' "$SRC_DIR/Documentation/vmtool-kdump.7.adoc" |
	grep '::$' | grep -o '\*[a-z_]*\*' | tr -d '*' | sort >described
ok "each key of the configuration is in the manual, and no other" diff keys described
finish
