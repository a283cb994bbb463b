# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Completion for bash. What can follow is asked of the vmtool that is completed, so that the two
# cannot part.

# Print the options of command $1 that begin with $2.
_vmtool_options() {
	local short long rest

	while IFS=$'\t' read -r short long rest; do
		[[ $long == - ]] || printf '%s\n' "--$long"
		[[ $short == - ]] || printf '%s\n' "-$short"
	done < <("$vmtool" help --options "$1" 2>/dev/null) | grep -e "^$2"
}

# Print argument and choices of option $2 of command $1; nothing if it takes no value.
_vmtool_value() {
	"$vmtool" help --options "$1" 2>/dev/null | awk -F '\t' -v option="$2" '
		("-" $1 == option || "--" $2 == option) && $3 != "-" { print $3, $4; exit }'
}

_vmtool() {
	local vmtool=${COMP_WORDS[0]} word=${COMP_WORDS[COMP_CWORD]} command previous i arg choices

	COMPREPLY=()
	for ((i = 1; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		-C | --exec-path) ((i++)) ;;
		-*) ;;
		*)
			command=${COMP_WORDS[i]}
			break
			;;
		esac
	done

	if [[ ${command-} == kdump ]]; then
		arg=$("$vmtool" kdump --words "${COMP_WORDS[@]:i+1:COMP_CWORD-i-1}" 2>/dev/null)
		if [[ $arg == '<file>' ]]; then
			mapfile -t COMPREPLY < <(compgen -f -- "$word")
		else
			mapfile -t COMPREPLY < <(compgen -W "$arg" -- "$word")
		fi
		return
	fi

	# Readline takes "--name=value" apart at the sign.
	previous=${COMP_WORDS[COMP_CWORD - 1]}
	if [[ $previous == = ]]; then
		previous=${COMP_WORDS[COMP_CWORD - 2]}
	elif [[ $word == = ]]; then
		word=
	fi

	read -r arg choices < <(_vmtool_value "${command:-vmtool}" "$previous")
	if [[ $previous == -* && -n $arg ]]; then
		if [[ $choices != - ]]; then
			mapfile -t COMPREPLY < <(compgen -W "${choices//,/ }" -- "$word")
		else
			case $arg in
			*'<dir>'*) mapfile -t COMPREPLY < <(compgen -d -- "$word") ;;
			*'<file>'* | *'<path>'*) mapfile -t COMPREPLY < <(compgen -f -- "$word") ;;
			esac
		fi
		return
	fi

	if [[ $word == -* ]]; then
		mapfile -t COMPREPLY < <(_vmtool_options "${command:-vmtool}" "$word")
	elif [[ -z $command ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$("$vmtool" help --commands --external 2>/dev/null)" -- "$word")
	elif [[ $command == help ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$("$vmtool" help --commands --external --guides 2>/dev/null)" \
			-- "$word")
	else
		mapfile -t COMPREPLY < <(compgen -f -- "$word")
	fi
}

complete -o filenames -F _vmtool vmtool
