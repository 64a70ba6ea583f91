/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/check.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

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

bool check_privacy(const struct command_args *a)
{
	return is_word(a->receipts, on_off) && is_word(a->typing, on_off);
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
