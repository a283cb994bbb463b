# SPDX-License-Identifier: GPL-2.0-or-later
#
# Completion for fish. What can follow is asked of the vmtool that is completed, so that the two
# cannot part.

function __vmtool_command
	set -l words (commandline -opc)
	set -l skip
	for word in $words[2..-1]
		if test -n "$skip"
			set skip
			continue
		end
		switch $word
			case -C --exec-path
				set skip 1
			case '-*'
			case '*'
				echo $word
				return 0
		end
	end
	return 1
end

# Print the options, or after an option with a few choices these.
function __vmtool_options
	set -l vmtool (commandline -opc)[1]
	set -l previous (commandline -opc)[-1]
	set -l command (__vmtool_command)
	test -n "$command"; or set command vmtool

	$vmtool help --options $command 2>/dev/null | while read -l -d \t short long arg choices text
		if test "$arg" != -; and contains -- $previous -$short --$long
			test "$choices" = -; or string split , -- $choices
		else
			test $long = -; or printf '%s\t%s\n' --$long $text
			test $short = -; or printf '%s\t%s\n' -$short $text
		end
	end
end

# Print what can follow in a line of kdump.
function __vmtool_kdump
	set -l words (commandline -opc)
	set -l at (contains -i kdump $words)
	set -l next ($words[1] kdump --words $words[(math $at + 1)..-1] 2>/dev/null)

	if test "$next" = '<file>'
		__fish_complete_path (commandline -ct)
	else
		printf '%s\n' $next
	end
end

complete -c vmtool -n 'not __vmtool_command' -f -a '(command vmtool help --commands --external 2>/dev/null)'
complete -c vmtool -n 'contains help (__vmtool_command)' -f \
	-a '(command vmtool help --commands --external --guides 2>/dev/null)'
complete -c vmtool -n 'contains kdump (__vmtool_command)' -f -a '(__vmtool_kdump)'
complete -c vmtool -n 'not contains kdump (__vmtool_command)' -a '(__vmtool_options)'
