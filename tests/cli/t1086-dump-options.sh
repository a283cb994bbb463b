#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# No option is passed over: it has an effect on what is asked for, or is refused by name. In
# makedumpfile's place, where scripts hand on all options they know, what has none is accepted.
. "$(dirname "$0")/lib.sh"
. "$SRC_DIR/tests/cli/dump-lib.sh"

ln -s "$VMTOOL" "$scratch/bin/makedumpfile"
: >core
: >info

# takes PROGRAM ARGUMENT...: which options it takes beside these, in one line; a refusal that is not
# one line is shown.
takes() {
	for option in -d31 -c -E -F --split --reassemble --strict -L1M -f --json --show-stats --non-mmap \
		--no-cache --num-threads=2 --cyclic-buffer=1 --splitblock-size=1 --work-dir=. -b4 --dry-run --csv --callers -X \
		-iinfo -xinfo; do
		run "$@" "$option" --check-params
		if [ "$status" -eq 0 ]; then
			printf '%s ' "$option"
		elif [ "$status" -ne 129 ] || [ "$(wc -l <"$err")" -ne 1 ]; then
			printf '(%s: %s) ' "$option" "$(cat "$err")"
		fi
	done
}
while IFS='|' read -r asked options; do
	# shellcheck disable=SC2086 # words on purpose
	is "$options" "$(takes vmtool dump $asked | sed 's/ $//')" "options that have an effect on $asked"
done <<-END
	core new|-d31 -c -E --reassemble --strict -L1M -f --json --show-stats --non-mmap --no-cache --num-threads=2 --cyclic-buffer=1 --splitblock-size=1 --work-dir=. -b4 --dry-run -X -iinfo -xinfo
	-R new|-f
	--receive new|-f --json
	--dump-dmesg core new|-f --json --non-mmap --callers -iinfo -xinfo
	-g new core|-f
	-g new -x info|-f -xinfo
	--info core|--json
	--verify core|--json --num-threads=2
	--map core|--json --non-mmap --csv -iinfo -xinfo
	--map core new.svg|-f --non-mmap -iinfo -xinfo
	--show-layout core|--json --non-mmap -iinfo -xinfo
	--explain 1 core|--json --non-mmap -iinfo -xinfo
	--list-free core|--json --non-mmap -iinfo -xinfo
	--mem-usage core|--json --non-mmap --no-cache --num-threads=2 --dry-run -iinfo -xinfo
END
for asked in '-R new' '--dump-dmesg core new' '-g new core' '--mem-usage core'; do
	# shellcheck disable=SC2086
	is '' "$(for wish in -d31 -c --strict -f --show-stats --non-mmap --no-cache --num-threads=2 \
		--cyclic-buffer=1 --splitblock-size=1 --work-dir=. -b4; do
		makedumpfile $asked $wish --check-params 2>&1
	done)" "makedumpfile $asked takes what scripts hand it"
done

run vmtool dump --split --reassemble core a b
fails_in_one_line 129 '--split goes with none of .*--reassemble' "parts are not put together in parts"
run vmtool dump -g new
fails_in_one_line 129 '<vmcore> is missing, or -x' "-g alone says what it can be of"

# Who has set them for all dumps can still ask for something else.
VMTOOL_CONFIG=$PWD/config
export VMTOOL_CONFIG
printf '[dump]\n\tforce\n\tshow-stats\n\tnon-mmap\n\tno-cache\n\tnum-threads = 2\n\tcyclic-buffer = 1\n\tsplitblock-size = 1\n\twork-dir = .\n\tblock-order = 4\n' >config
for asked in '-R new' '--receive new' '--dump-dmesg core new' '-g new core' '--info core' '--verify core' \
	'--map core' '--map core new.svg' '--show-layout core' '--mem-usage core'; do
	# shellcheck disable=SC2086
	run vmtool dump $asked --check-params
	exits 0 "a configuration for dumps does not keep from $asked"
done
ok "nothing was written" test ! -e new

finish
