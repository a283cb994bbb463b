#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Each example in the EXAMPLES section of a manual page is run as it stands there, in a folder where
# the files it names are, and succeeds. Those of a page are run in their order, one folder for all.
#
# What is not at hand has a stand-in: /proc/vmcore and /var/crash are names in that folder, ssh is a
# shell here, make does something small, and makedumpfile is vmtool under that name if there is
# none. A comment in the source before an example says what it needs of the machine:
#
#	// example needs: root, recording, perf, patience
#
# Those that need patience are run by tests/slow/examples.sh, which comes here with EXAMPLES=slow.
. "$(dirname "$0")/lib.sh"
. "$SRC_DIR/tests/cli/dump-lib.sh"

# examples PAGE: leaves each literal block of the section in examples/N.sh, what it needs in N.needs
# and the sentence before it in N.title. "$ " and "# " before commands are prompts.
examples() {
	rm -rf examples
	mkdir examples
	awk '
	/^== / { here = $0 == "== EXAMPLES"; next }
	!here { next }
	/^\/\/ example needs: / { sub(/^[^:]*: /, ""); gsub(/,/, ""); needs = $0; next }
	/^----$/ { fenced = !fenced; if (fenced) open_it(); else close_it(); next }
	fenced { add($0); next }
	/^(\t|    )/ { if (!inside) open_it(); sub(/^(\t|    )/, ""); add($0); next }
	inside { close_it() }
	NF { title = $0 }
	function open_it() { n++; inside = 1; file = "examples/" n ".sh" }
	function close_it() {
		inside = 0
		close(file)
		print needs >("examples/" n ".needs")
		print title >("examples/" n ".title")
		needs = ""
	}
	function add(line) {
		sub(/^[$#] /, "", line)
		print line >file
	}
	END { if (inside) close_it() }' "$1"
}

# lacks NEED: says what this machine does not have of it.
lacks() {
	case $1 in
	root)
		[ "$(id -u)" -eq 0 ] || echo "machine: needs root"
		;;
	recording)
		[ -n "$can_record" ] || echo "machine: recording is not permitted here"
		;;
	patience) ;;
	perf)
		command -v perf >/dev/null || echo "missing: linux-perf"
		[ -z "$can_record" ] || by_perf perf kmem --page record -o "$scratch/perf.data" true ||
			echo "machine: perf kmem record does not work here"
		;;
	*)
		echo "an example needs '$1', and this test does not know what that is"
		;;
	esac
}

can_record=
if [ "$(id -u)" -eq 0 ] && vmtool record -q -m 1M -o "$scratch/try.data" -- true 2>/dev/null; then
	can_record=1
fi

unset VMTOOL_CONFIG

# A log of one message: "made up" at 1 s. The facts are those of struct printk_ringbuffer in 6.1.
log_of_one() { # PHYSICAL-ADDRESS
	base=$((-0x778000000000)) # of the direct map
	echo "page-offset 0xffff888000000000"
	printf 'vmcoreinfo set SYMBOL(prb) %x\n' $((base + $1))
	while read -r at value; do
		printf 'patch64 phys:%#x+%d %#x\n' "$1" $((at)) $((value))
	done <<-END
		0 $((base + $1 + 0x100))
		0x100 3
		0x108 $((base + $1 + 0x200))
		0x110 $((base + $1 + 0x400))
		0x118 1
		0x120 1
		0x130 8
		0x138 $((base + $1 + 0x800))
		0x218 $((2 << 62 | 1))
		0x220 0
		0x228 16
		0x458 1
		0x460 1000000000
		0x468 7
		0x808 0x7075206564616d
	END
}

mkdir made
{ small_kernel 6.1 && every_class && log_of_one 0xe00000; } >core.txt
"$TOOL_DIR/mkvmcore" core.txt made/vmcore || exit 1
cat >made/Makefile <<'END'
all:
	cat /proc/self/maps | sort >/dev/null
END
cat >"$scratch/bin/ssh" <<'END'
#!/bin/sh
# ssh [OPTION]... HOST COMMAND
for command; do :; done
exec sh -c "$command"
END
chmod +x "$scratch/bin/ssh"
# One that dies is asked again: see by_perf in lib.sh.
if real_perf=$(command -v perf); then
	cat >"$scratch/bin/perf" <<END
#!/bin/sh
for word; do
	shift
	set -- "\$@" "\$word"
	[ "\$word" != record ] || set -- "\$@" --no-bpf-event
done
for _ in 1 2 3 4 5 6 7 8; do
	$real_perf "\$@" && exit
done
exit 1
END
	chmod +x "$scratch/bin/perf"
fi
command -v makedumpfile >/dev/null || ln -s "$VMTOOL" "$scratch/bin/makedumpfile"

# run_example N
run_example() {
	sed -e "s,/proc/vmcore,vmcore,g; s,/var/crash,$PWD/crash,g" "examples/$1.sh" >"examples/$1.run"
	run timeout 250 sh -eu "examples/$1.run"
}

for page in "$SRC_DIR"/Documentation/vmtool*.adoc; do
	name=${page##*/}
	name=${name%.adoc}
	rm -rf page
	cp -r made page
	mkdir page/crash
	cd page || exit 1
	examples "$page"
	# The overview and guides may have none.
	case ${EXAMPLES:-}$name in
	slow* | vmtool | *.7) ;;
	*) ok "$name has examples" test -s examples/1.sh ;;
	esac
	n=1
	while [ -f "examples/$n.sh" ]; do
		what="$name: $(cat "examples/$n.title")"
		slow=
		! grep -q patience "examples/$n.needs" || slow=slow
		if [ "$slow" != "${EXAMPLES:-}" ]; then
			n=$((n + 1))
			continue
		fi
		reason=
		for need in $(tr '\n' ' ' <"examples/$n.needs"); do
			[ -n "$reason" ] || reason=$(lacks "$need")
		done
		case $reason in
		'')
			run_example "$n"
			exits 0 "$what"
			;;
		machine:* | missing:*) skip "$reason" "$what" ;;
		*) is "" "$reason" "$what" ;;
		esac
		n=$((n + 1))
	done
	cd ..
done

finish
