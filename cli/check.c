/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/check.h"

#include <string.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/out.h"
#include "cli/value.h"

#define PAGE_MAX 200

bool check_send_file(const struct command_args *a)
{
	int i;

	if (a->argc > 2 && (a->text || a->name)) {
		say("--text and --name are for one file at a time.");
		return false;
	}
	for (i = 1; i < a->argc; i++) {
		if (strcmp(a->argv[i], "-") != 0 || a->name)
			continue;
		say("Standard input has no name: give it one with --name.");
		return false;
	}
	return true;
}

bool check_get(const struct command_args *a)
{
	bool is_output = a->argc > 1 && strcmp(a->argv[1], "-") == 0;

	if (!is_output)
		return true;
	/* Whatever is in it would be done by the terminal. */
	if (isatty(1))
		say("That would go to the terminal as it is: give a file, or "
		    "a pipe behind it.");
	else if (a->json)
		say("Standard output is either the file or JSON.");
	else
		return true;
	return false;
}

bool check_tail(const struct command_args *a)
{
	int places = !!a->before + !!a->after + !!a->around;

	if (places > 1)
		say("One of --before, --after and --around at a time.");
	else if (places > 0 && a->follow)
		say("--follow is for what comes, not for a place before it.");
	else if (places > 0 && a->argc > 0)
		say("The message tells the conversation: leave WHO out.");
	else if (places > 0 && value_number(a->count, 1) > PAGE_MAX)
		say("At most %d messages around one.", PAGE_MAX);
	else
		return true;
	return false;
}

bool check_events(const struct command_args *a)
{
	if (a->daemon && (a->all || a->user))
		say("Those of the daemon are of no user.");
	else if (a->all && a->user)
		say("Either --all, or those of one user.");
	else if (a->after && a->consumer)
		say("A consumer has a place of its own: no --after.");
	else if (a->daemon && a->consumer)
		say("The daemon has no consumers, only users have.");
	else if (a->all && !a->follow && !a->consumer)
		say("Those of all users need --follow or a consumer.");
	else
		return true;
	return false;
}

bool check_react(const struct command_args *a)
{
	if (a->none == (a->argc == 1))
		return true;
	say("Either an emoji, or --none.");
	return false;
}
