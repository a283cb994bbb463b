#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What kdump/save does in a capture kernel when something fails. It has mounts of its own for that:
# /proc is a folder with a vmcore, and vmtool, ssh, mount and sleep are found in a /usr/sbin made
# here and fail as the words in the file `fails` say. `make check-kdump` has the real ones.
. "$(dirname "$0")/lib.sh"

unshare --mount sh -c 'mount -t tmpfs none /boot && mount --bind /boot /sys/kernel' 2>/dev/null ||
	skip_all "machine: no mounts of one's own here"

save=$SRC_DIR/scripts/kdump/save
disk=$PWD/disk
mkdir sbin proc run
cat >sbin/vmtool <<'END'
#!/bin/sh
fails() { grep -qx "$1" "$FAILS" && echo "fails: $1"; }
for file; do :; done
case "$*" in
*--dump-dmesg*-F*) echo a log && ! fails log ;;
*--dump-dmesg*) echo a log >"$file" && ! fails log ;;
*--receive*)
	cat >"$file-incomplete"
	! fails receive && grep -q 'an end' "$file-incomplete" && mv "$file-incomplete" "$file"
	;;
*--verify*) ! fails verify ;;
*-F*) echo a stream && ! fails dump && echo an end ;;
*) echo a dump >"$file" && ! fails dump ;;
esac
END
cat >sbin/ssh <<'END'
#!/bin/sh
for command; do :; done
! grep -qx ssh "$FAILS" && sh -c "$command"
END
cat >sbin/mount <<'END'
#!/bin/sh
! grep -qx mount "$FAILS" && rm -rf /run/vmtool-kdump && ln -s "$DISK" /run/vmtool-kdump
END
cat >sbin/umount <<'END'
#!/bin/sh
rm /run/vmtool-kdump
END
# What comes behind the last word of all.
cat >sbin/sleep <<'END'
#!/bin/sh
kill $PPID
END
# Of all disks of this machine: not for a test.
printf '#!/bin/sh\n' >sbin/sync
chmod +x sbin/*

# crash CONFIG-LINE...: what is saved is in $disk, how it ended in proc/sysrq-trigger.
crash() {
	printf '%s\n' "$@" >conf
	rm -rf "$disk" proc/* run/*
	mkdir "$disk"
	: >proc/vmcore
	run env FAILS="$PWD/fails" DISK="$disk" unshare --mount sh -c '
		mount --bind "$1/sbin" /usr/sbin && mount --bind "$1/run" /run && mount --bind "$1/proc" /proc &&
			exec sh "$2" "$1/conf"' - "$PWD" "${script:-$save}"
}

# there: what was saved, without the time.
there() { (cd "$disk" && find . -type f | sed 's,.*/\([^/]*\),\1,' | sort | tr '\n' ' '); }
ended() { cat proc/sysrq-trigger; }

: >fails
crash device=/dev/sda1 success=poweroff
is "dmesg vmcore " "$(there)" "a disk has log and dump"
is o "$(ended)" "and the machine ends as success says"

echo dump >fails
crash device=/dev/sda1 success=poweroff
is "dmesg vmcore-incomplete " "$(there)" "a dump that fails has not the name of one"
is b "$(ended)" "and the machine ends as failure says"

echo verify >fails
crash device=/dev/sda1 success=poweroff
is "dmesg vmcore-incomplete " "$(there)" "nor has one that is not as it was written"

echo log >fails
crash device=/dev/sda1
is "dmesg-incomplete vmcore " "$(there)" "a log that fails is none, and the dump is made"

echo mount >fails
crash device=/dev/sda1 success=poweroff
is "" "$(there)" "a disk that cannot be mounted has nothing"
is b "$(ended)" "and the machine ends"

ssh="ssh=kdump@host path=$disk/there"
: >fails
# shellcheck disable=SC2086 # words
crash $ssh device=/dev/sda1 success=poweroff
is "dmesg vmcore " "$(there)" "another machine has log and dump, once"
is o "$(ended)" "and this one ends as success says"

printf '%s\n' dump log >fails
# shellcheck disable=SC2086
crash $ssh
is "dmesg-incomplete vmcore-incomplete " "$(there)" "what is cut on its way has not the name of what is whole"
is b "$(ended)" "and the machine ends as failure says"

echo receive >fails
# shellcheck disable=SC2086
crash $ssh device=/dev/sda1 success=poweroff
is "dmesg dmesg vmcore vmcore-incomplete " "$(there)" "when the other machine fails there is the disk"
is o "$(ended)" "which is a success"

echo ssh >fails
# shellcheck disable=SC2086
crash $ssh device=/dev/sda1
is "dmesg vmcore " "$(there)" "when it cannot be reached, too"

# As initramfs-tools have it: without a network their function ends its shell.
sed "s,/scripts/functions,$PWD/functions,; s,/usr/lib/vmtool-kdump-save,$save,; s,/etc/vmtool/kdump.conf,$PWD/conf," \
	"$SRC_DIR/scripts/kdump/initramfs-tools/premount" >premount
cat >functions <<'END'
configure_networking() { . /run/net-none.conf; }
wait_for_udev() { :; }
END
script=$PWD/premount
# shellcheck disable=SC2086
crash $ssh device=/dev/null
is "dmesg vmcore " "$(there)" "nor does a network that is not there keep the dump from the disk"
script=

# The commands before the crash, on a machine that has a kexec, with memory reserved or not.
cat >sbin/kexec <<'END'
#!/bin/sh
[ "$1" = -p ] && printf '%s\n' "$@" >"$DISK/kexec" && echo 1 >/sys/kernel/kexec_crash_loaded
END
cat >sbin/mkinitramfs <<'END'
#!/bin/sh
echo usr/lib/vmtool-kdump-save >"$4"
END
printf '#!/bin/sh\ncat "$1"\n' >sbin/lsinitramfs
chmod +x sbin/*
kdump() { # RESERVED ARGUMENT...
	run env FAILS="$PWD/fails" DISK="$disk" VMTOOL_EXEC_PATH="$SRC_DIR/scripts/kdump" \
		VMTOOL_KDUMP_CONFIG="$PWD/conf" TMPDIR="$PWD" PATH="/usr/sbin:$PATH" unshare --mount sh -c '
		mount --bind "$1/sbin" /usr/sbin && /bin/mount -t tmpfs none /sys/kernel && /bin/mount -t tmpfs none /boot ||
			exit 99
		echo "$2" >/sys/kernel/kexec_crash_size
		: >/boot/vmlinuz-6.1
		shift 2
		"$0" kdump "$@"
		status=$?
		[ $status -ne 0 ] || [ "$1" = status ] || "$0" kdump status
		exit $status' "$VMTOOL" "$PWD" "$@"
}
echo device=/dev/sda1 >conf
: >fails
kdump 268435456 status
out_is "not armed" "before it is loaded a capture kernel is not there"
mv sbin/kexec sbin/no-kexec
kdump 268435456 unload
fails_in_one_line 1 "^vmtool kdump: there is no kexec: install kexec-tools$" "nothing is unloaded without kexec"
mv sbin/no-kexec sbin/kexec
kdump 0 load 6.1
fails_in_one_line 1 "no memory is reserved: boot with crashkernel=" "without memory for it nothing is loaded"
kdump 268435456 load 6.1
out_is "armed: a crash is saved as $PWD/conf says
armed: a capture kernel is loaded, by vmtool kdump or another tool" "load arms; later nobody knows who did"
ok "kexec got the initramfs" grep -qx -e --initrd=/boot/vmtool-kdump-6.1.img "$disk/kexec"
ok "and a command line without this start's root" sh -c '! grep -e --append "$1" | grep -q " root="' - "$disk/kexec"
ok "that ends a capture kernel in trouble" grep -q 'append=.*reset_devices panic=10 ' "$disk/kexec"
finish
