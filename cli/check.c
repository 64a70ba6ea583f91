/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/check.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/amount.h"
#include "cli/command.h"
#include "cli/duration.h"
#include "cli/out.h"
#include "util/mem.h"

static const char *const on_off[] = {"on", "off", NULL};
static const char *const choices[] = {"on", "off", "default", NULL};

/* NULL is nothing, and right. */
static bool is_word(const char *word, const char *const *words)
{
	char *list = xstrdup("");
	bool found = !word;
	size_t i;

	for (i = 0; words[i]; i++) {
		char *longer =
		    xasprintf("%s%s%s", list, i == 0 ? "" : ", ", words[i]);

		free(list);
		list = longer;
		found = found || strcmp(word, words[i]) == 0;
	}
	if (!found)
		say("'%s' is none of these: %s.", word, list);
	free(list);
	return found;
}

static bool is_duration(const char *text)
{
	uint32_t seconds;

	if (!text || duration_read(text, &seconds))
		return true;
	say("'%s' is not a time span such as 30s, 10m, 8h, 7d or 2w, of at "
	    "most 366 days.",
	    text);
	return false;
}

static const char *word_at(const struct command_args *a, int i)
{
	return i < a->argc ? a->argv[i] : NULL;
}

bool check_presence(const struct command_args *a)
{
	static const char *const modes[] = {"online", "invisible", "offline",
					    NULL};

	return is_word(word_at(a, 0), modes);
}

/* "none", or words with commas between. */
static bool is_kinds(const char *text)
{
	static const char *const kinds[] = {"file", "image", "voice", NULL};
	char *word, *rest = xstrdup(text), *all = rest;
	bool is_right = true;

	while (is_right && (word = strsep(&rest, ",")) != NULL)
		is_right = is_word(word, kinds);
	free(all);
	return is_right;
}

bool check_privacy(const struct command_args *a)
{
	uint64_t bytes;

	if (!is_word(a->receipts, on_off) || !is_word(a->typing, on_off))
		return false;
	if (a->accept && strcmp(a->accept, "none") != 0 && !is_kinds(a->accept))
		return false;
	if (!a->up_to || amount_read(a->up_to, &bytes))
		return true;
	say("'%s' is not a size such as 300K, 10M or 1G.", a->up_to);
	return false;
}

bool check_bits(const struct command_args *a)
{
	const char *text = a->argv[0];
	size_t n = strlen(text);

	/* How many there may be is the daemon's to say. */
	if (n > 0 && n <= 4 && strspn(text, "0123456789") == n)
		return true;
	say("'%s' is not a number of bits.", text);
	return false;
}

bool check_policy(const struct command_args *a)
{
	static const char *const policies[] = {"visible", "dial-only",
					       "mail-only", NULL};

	return is_word(a->argv[1], policies);
}

bool check_contact_privacy(const struct command_args *a)
{
	return is_word(a->receipts, choices) && is_word(a->typing, choices);
}

bool check_cover(const struct command_args *a)
{
	return is_word(a->argv[1], on_off);
}

bool check_send(const struct command_args *a)
{
	return is_duration(a->within);
}

bool check_send_file(const struct command_args *a)
{
	static const char *const kinds[] = {"file", "image", "voice", NULL};
	static const char *const wishes[] = {"keep", "strip", NULL};
	int i;

	if (!is_word(a->kind, kinds) || !is_word(a->metadata, wishes) ||
	    !is_duration(a->within))
		return false;
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

bool check_files(const struct command_args *a)
{
	static const char *const states[] = {
	    "uploading",    "ready",	 "offered",
	    "transferring", "paused",	 "done",
	    "failed",	    "cancelled", NULL};

	return is_word(a->state, states);
}

bool check_get(const struct command_args *a)
{
	const char *path = word_at(a, 1);
	bool is_output = path && strcmp(path, "-") == 0;

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

bool check_react(const struct command_args *a)
{
	if (a->none == (a->argc == 1))
		return true;
	say("Either an emoji, or --none.");
	return false;
}

bool check_typing(const struct command_args *a)
{
	return is_word(word_at(a, 1), on_off);
}

bool check_timer(const struct command_args *a)
{
	const char *span = word_at(a, 1);

	return (span && strcmp(span, "off") == 0) || is_duration(span);
}

bool check_mute(const struct command_args *a)
{
	return is_duration(word_at(a, 1));
}
