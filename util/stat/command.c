// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/stat/command.h"

#include <string.h>

void stat_command_release(struct stat_command *command)
{
	free(command->text);
	free(command->argv);
	*command = (struct stat_command){ .text = NULL };
}

/*
 * Takes the words of @from into @to, a NUL after each, which needs no more room. -1: a shell is
 * needed; -2: a quote is open.
 */
static int split(const char *from, char *to)
{
	bool in_word = false;
	int words = 0;
	char quote = 0;

	for (; *from; from++) {
		if (!quote && strchr(" \t\n", *from)) {
			if (in_word)
				*to++ = '\0';
			in_word = false;
			continue;
		}
		words += !in_word;
		in_word = true;
		if (quote == *from) {
			quote = 0;
		} else if (!quote && strchr("'\"", *from)) {
			quote = *from;
		} else if (*from == '\\' && quote != '\'') {
			if (!*++from)
				return -1;
			/* Between double quotes it is itself before most characters. */
			if (quote && !strchr("\"\\$`", *from))
				*to++ = '\\';
			*to++ = *from;
		} else if (quote != '\'' && strchr(quote ? "$`" : "$`|&;<>()*?[]{}~#!", *from)) {
			return -1;
		} else {
			*to++ = *from;
		}
	}
	*to = '\0';
	return quote ? -2 : words;
}

struct err *stat_command_split(const char *text, struct stat_command *ret_command)
{
	guard(stat_command) struct stat_command command = { .text = malloc(strlen(text) + 2) };
	char *word;
	int nr;

	if (!command.text)
		return err_nomem();
	nr = split(text, command.text);
	if (nr == -2)
		return err_new(ERR_USAGE, "a quote is left open in '%s'", text);
	if (!nr)
		return err_new(ERR_USAGE, "there is no command in '%s'", text);
	command.shell = nr < 0;
	command.argv = calloc(command.shell ? 4 : (size_t)nr + 1, sizeof(*command.argv));
	if (!command.argv)
		return err_nomem();
	if (command.shell) {
		command.argv[0] = (char *)"sh";
		command.argv[1] = (char *)"-c";
		command.argv[2] = strcpy(command.text, text);
	} else {
		word = command.text;
		for (int i = 0; i < nr; i++) {
			command.argv[i] = word;
			word += strlen(word) + 1;
		}
	}
	*ret_command = command;
	command = (struct stat_command){ .text = NULL };
	return NULL;
}
