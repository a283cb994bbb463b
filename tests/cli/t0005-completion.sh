#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Completion in three shells, each asked as a user at its prompt would.
. "$(dirname "$0")/lib.sh"

touch recording.data
mkdir folder external
printf '#!/bin/sh\n' >external/vmtool-lens
chmod +x external/vmtool-lens
PATH=$PATH:$PWD/external

cat >bash-completes <<'END'
source "$1/scripts/completion/vmtool.bash"
read -ra COMP_WORDS <<<"$2"
[[ $2 != *' ' ]] || COMP_WORDS+=('')
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
_vmtool
printf '%s\n' "${COMPREPLY[@]}"
END

# zsh completes at a prompt only: one in a terminal of its own, where what it is about to offer is
# printed instead.
mkdir zsh
cat >zsh/.zshrc <<'END'
PROMPT= RPROMPT=
fpath=($COMPLETION $fpath)
autoload -Uz compinit && compinit -u -d $ZDOTDIR/dump
compadd() {
	local -a found

	if [[ ${@[1,(i)(-|--)]} != *-(O|A|D)\ * ]]; then
		builtin compadd -O found "$@"
		(( ! $#found )) || printf '<%s>\n' $found
	fi
	builtin compadd "$@"
}
ask() {
	zle complete
	print -r 'that is all'
}
zle -C complete complete-word _generic
zle -N ask
bindkey '^I' ask
zle-line-init() { print -r 'what is asked' }
zle -N zle-line-init
END
cat >zsh-completes <<'END'
read_until() {
	local line
	while zpty -r shell line && [[ $line != *$1* ]]; do
		print -r -- $line
	done
}
zmodload zsh/zpty
export COMPLETION=$1/scripts/completion ZDOTDIR=$PWD/zsh
zpty shell zsh --no-globalrcs -i
read_until 'what is asked' >/dev/null
zpty -w -n shell "$2"$'\t'
read_until 'that is all' | tr -d '\r' | sed -n 's/.*<\(.*\)>.*/\1/p'
zpty -d shell
END

completes() {
	case $1 in
	bash) bash --norc bash-completes "$SRC_DIR" "$2" ;;
	zsh) timeout 60 zsh -f zsh-completes "$SRC_DIR" "$2" ;;
	fish) fish --no-config -c "source $SRC_DIR/scripts/completion/vmtool.fish
		complete -C '$2'" | cut -f1 ;;
	esac | sort -u
}

# offers SHELL LINE WORD...: among others.
# shellcheck disable=SC2317 # called through ok
offers() {
	completes "$1" "$2" >offered
	shift 2
	for word; do
		grep -qxe "$word" offered || { echo "not offered: $word; but:" && cat offered; return 1; }
	done
}

for shell in bash zsh fish; do
	if ! command -v $shell >/dev/null; then
		skip "missing: $shell" "completion in $shell"
		continue
	fi
	ok "$shell completes commands" offers $shell 'vmtool re' record report
	ok "$shell completes them after global options" offers $shell 'vmtool -C / re' record report
	is "version" "$(completes $shell 'vmtool help vers')" "$shell completes commands to have help of"
	is "lens" "$(completes $shell 'vmtool le')" "$shell completes commands that are programs of their own, no guides"
	is "lens levels" "$(completes $shell 'vmtool help le' | tr '\n' ' ' | sed 's/ $//')" \
		"$shell completes guides to be opened"
	ok "$shell completes options" offers $shell 'vmtool dump --' --level --compress --help
	ok "$shell completes those of vmtool itself" offers $shell 'vmtool --ex' --exec-path
	is "bytes" "$(completes $shell 'vmtool report --weight by')" "$shell completes choices"
	ok "$shell completes files" offers $shell 'vmtool report -i rec' recording.data
	is "initrd load status unload" "$(completes $shell 'vmtool kdump ' | grep -v '^-' | tr '\n' ' ' | sed 's/ $//')" \
		"$shell completes what kdump does, and offers no files"
	ok "$shell completes options of it" offers $shell 'vmtool kdump initrd -' -o --with
	is "dracut" "$(completes $shell 'vmtool kdump initrd --with dr')" "$shell completes choices of it"
	ok "$shell completes files of it" offers $shell 'vmtool kdump initrd -o rec' recording.data
done

finish
