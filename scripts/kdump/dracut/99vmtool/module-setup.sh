#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# dracut module: in a capture kernel (there is a /proc/vmcore) the crashed kernel's memory is saved
# by vmtool, as /etc/vmtool/kdump.conf says, and nothing else is booted. `vmtool kdump initrd` asks
# for it.
# shellcheck disable=SC2154 # moddir, initdir: dracut's

config=${VMTOOL_KDUMP_CONFIG:-/etc/vmtool/kdump.conf}
# Where to look for it when nobody said: dracut has a PATH of its own.
program=${VMTOOL_KDUMP_PROGRAM:-$(PATH=$PATH:/usr/local/bin command -v vmtool)}

# It is beside this file where it was installed, else where vmtool kdump says.
save=$moddir/save
[[ -x $save ]] || save=${VMTOOL_KDUMP_SHARE:-}/save

# Only when asked for.
check() {
	[[ -x $program ]] || return 1
	[[ -r $config ]] || return 1
	return 255
}

depends() {
	echo base udev-rules
	if [[ $("$save" --value ssh "$config") ]]; then echo network ssh-client; fi
}

installkernel() {
	local fstype
	fstype=$("$save" --value fstype "$config")
	# shellcheck disable=SC2086 # words
	hostonly='' instmods ${fstype:-ext4 xfs btrfs} virtio_pci virtio_blk virtio_scsi virtio_net
	[[ ! $("$save" --value device "$config") ]] || instmods '=drivers/block' '=drivers/ata'
}

install() {
	local file

	inst_binary "$program" /usr/bin/vmtool
	inst_multiple date mkdir mount mv rm sh sleep sync umount cat
	inst_simple "$save" /usr/lib/vmtool-kdump-save
	mkdir -p "$initdir/etc/vmtool"
	"$save" --pack "$config" >"$initdir/etc/vmtool/kdump.conf"
	for file in ssh_key ssh_known_hosts; do
		file=$("$save" --value "$file" "$config")
		[[ ! $file ]] || inst_simple "$file"
	done
	if [[ $("$save" --value ssh "$config") ]]; then
		file=/root/.ssh/known_hosts
		[[ ! -f $file ]] || inst_simple "$file"
		# Whom ssh is run by.
		grep -q '^root:' "$initdir/etc/passwd" 2>/dev/null ||
			echo 'root:x:0:0:root:/root:/bin/sh' >>"$initdir/etc/passwd"
	fi
	# Behind those that look for root= themselves.
	inst_hook cmdline 96 "$moddir/no-root.sh"
	inst_hook pre-mount 01 "$moddir/save-vmcore.sh"
	# Where dracut gives up, for want of one of network and disk: there may be the other.
	inst_hook emergency 01 "$moddir/save-vmcore.sh"
	inst_hook shutdown-emergency 01 "$moddir/save-vmcore.sh"
}
