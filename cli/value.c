/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/value.h"

#include <assert.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "cli/amount.h"
#include "cli/duration.h"
#include "cli/instant.h"
#include "cli/out.h"
#include "util/mem.h"

#define NUMBER_DIGITS 10

static const struct value values[] = {
    {.name = "WHO",
     .kind = VALUE_CONTACT,
     .text = "WHO is the id of a contact, or the name under which `contacts` "
	     "shows it, or what it calls itself. Where that is more than one "
	     "contact, nothing is done."},
    {.name = "TO", .kind = VALUE_CONTACT},
    {.name = "USER",
     .kind = VALUE_USER,
     .text = "USER is the name or the id of a user; where there is only one, "
	     "it need not be said."},
    {.name = "ID",
     .kind = VALUE_ID,
     .text = "ID is what the lists show; that of a message is shown by "
	     "`--ids` and `--json`."},
    {.name = "TIME",
     .kind = VALUE_TIME,
     .text = "TIME is a number and one of the letters s, m, h, d and w, such "
	     "as 30s, 10m, 8h, 7d or 2w; at most 366 days."},
    {.name = "MINUTES",
     .kind = VALUE_TIME,
     .max = 7 * 86400,
     .text = "MINUTES is a time in whole minutes, such as 10m, 8h or 7d; at "
	     "most 7 days."},
    {.name = "DATE",
     .kind = VALUE_DATE,
     .text = "DATE is a day such as 2026-11-23, from its beginning here."},
    {.name = "SIZE",
     .kind = VALUE_SIZE,
     .text = "SIZE is a number of bytes, or with K, M or G of KiB, MiB or "
	     "GiB."},
    {.name = "KINDS",
     .kind = VALUE_LIST,
     .words = "file image voice",
     .text = "KINDS are some of `file`, `image` and `voice`, with commas "
	     "between."},
    {.name = "MODE", .kind = VALUE_WORD, .words = "online invisible offline"},
    {.name = "POLICY",
     .kind = VALUE_WORD,
     .words = "visible dial-only mail-only"},
    {.name = "STATE",
     .kind = VALUE_WORD,
     .words = "uploading ready offered transferring paused done failed "
	      "cancelled",
     .text = "STATE is one of `uploading`, `ready` (here, and not offered), "
	     "`offered`, `transferring`, `paused`, `done` (the receiver has "
	     "all of it), `failed` and `cancelled`."},
    {.name = "N", .kind = VALUE_NUMBER, .min = 1, .max = 1000000},
    {.name = "BITS", .kind = VALUE_NUMBER, .min = 0, .max = 9999},
    {.name = "FILE", .kind = VALUE_FILE},
    {.name = "PATH", .kind = VALUE_FILE},
    {.name = "FOLDER", .kind = VALUE_FOLDER},
    {.name = "DIR", .kind = VALUE_FOLDER},
    {.name = "COMMAND", .kind = VALUE_COMMAND},
    {.name = "TYPES",
     .kind = VALUE_LIST,
     .text = "TYPES are types of events, such as `message.received`, with "
	     "commas between; doc/API.md lists them."},
    {.name = "CONSUMER",
     .kind = VALUE_ID,
     .text = "CONSUMER is a name of your own, of small letters, digits, dots, "
	     "dashes and underscores."},
    {.name = "PLACE"},
    {.name = "NUMBER", .kind = VALUE_NUMBER, .min = 0, .max = UINT32_MAX},
    {.name = "SCOPES",
     .kind = VALUE_LIST,
     .words = "admin users:read users:unlock users:create contacts:read "
	      "contacts:write messages:read messages:send messages:delete "
	      "files:read files:write events:read profile:write tor:read "
	      "tor:control metrics:read tokens:create",
     .text = "SCOPES are what a token may do, with commas between; "
	     "`messages:send` alone can send and read nothing, `admin` can "
	     "do everything."},
    {.name = "USERS",
     .kind = VALUE_LIST,
     .text = "USERS are names or ids, with commas between."},
    {.name = "CONTACTS",
     .kind = VALUE_LIST,
     .text = "CONTACTS are named as WHO is, with commas between."},
    {.name = "URL",
     .text = "URL is on this machine: `http://127.0.0.1:9000/path`, or "
	     "`unix:/run/x.sock`, perhaps with `:/path` behind it."},
    {.name = "LEVEL", .kind = VALUE_WORD, .words = "error warning info debug"},
    {.name = "METHOD",
     .kind = VALUE_WORD,
     .words = "GET POST PUT PATCH DELETE"},
    {.name = "TARGET"},
    {.name = "JSON"},
    {.name = "NAME"},
    {.name = "TEXT"},
    {.name = "EMOJI"},
    {.name = "LINK"},
    {.name = "TYPE"},
    {.name = "WORD"},
};

static_assert(ARRAY_SIZE(values) <= VALUES_MAX, "for help.c");

const struct value *value_at(size_t i)
{
	return i < ARRAY_SIZE(values) ? &values[i] : NULL;
}

const struct value *value_find(const char *name, size_t n)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(values); i++)
		if (strlen(values[i].name) == n &&
		    memcmp(values[i].name, name, n) == 0)
			return &values[i];
	return NULL;
}

bool spec_next(const char **rest, struct choice *out)
{
	size_t n = strcspn(*rest, "|");

	if (n == 0)
		return false;
	assert(n < sizeof(out->word));
	memcpy(out->word, *rest, n);
	out->word[n] = '\0';
	out->value = value_find(out->word, n);
	*rest += n + ((*rest)[n] == '|');
	return true;
}

bool usage_next(const char **rest, struct slot *out)
{
	const char *p = *rest + strspn(*rest, " ");
	size_t n = strcspn(p, " ");

	if (n == 0)
		return false;
	*rest = p + n;
	*out = (struct slot){.is_optional = p[0] == '['};
	if (out->is_optional) {
		p++;
		n -= 2;
	}
	if (n > 3 && memcmp(p + n - 3, "...", 3) == 0) {
		out->is_many = true;
		n -= 3;
	}
	assert(n > 0 && n < sizeof(out->spec));
	memcpy(out->spec, p, n);
	out->spec[n] = '\0';
	return true;
}

bool usage_at(const char *usage, size_t i, struct slot *out)
{
	bool found = false;

	while (usage_next(&usage, out)) {
		found = i == 0 || out->is_many;
		if (found)
			break;
		i--;
	}
	return found;
}

void usage_count(const char *usage, int *min, int *max)
{
	struct slot slot;

	*min = 0;
	*max = 0;
	while (usage_next(&usage, &slot)) {
		if (!slot.is_optional)
			(*min)++;
		*max = slot.is_many || *max == INT_MAX ? INT_MAX : *max + 1;
	}
}

/* One word of a list of them, with spaces between? */
static bool is_among(const char *words, const char *word, size_t n)
{
	while (*words) {
		size_t one = strcspn(words, " ");

		if (one == n && memcmp(words, word, n) == 0)
			return true;
		words += one + (words[one] == ' ');
	}
	return false;
}

static bool is_list(const struct value *v, const char *text)
{
	for (;;) {
		size_t n = strcspn(text, ",");

		if (n == 0 || (v->words && !is_among(v->words, text, n)))
			return false;
		if (!text[n])
			return true;
		text += n + 1;
	}
}

static bool is_number(const struct value *v, const char *text)
{
	size_t n = strlen(text);
	unsigned long number;

	if (n == 0 || n > NUMBER_DIGITS || strspn(text, "0123456789") != n)
		return false;
	number = strtoul(text, NULL, 10);
	return number >= v->min && number <= v->max;
}

static bool is_right(const struct value *v, const char *text)
{
	uint32_t seconds;
	uint64_t bytes;

	switch (v->kind) {
	case VALUE_NUMBER: return is_number(v, text);
	case VALUE_TIME:
		return duration_read(text, &seconds) &&
		       (!v->max || (seconds <= v->max && seconds % 60 == 0));
	case VALUE_DATE: return instant_is_date(text);
	case VALUE_SIZE: return amount_read(text, &bytes);
	case VALUE_WORD: return is_among(v->words, text, strlen(text));
	case VALUE_LIST: return is_list(v, text);
	case VALUE_TEXT:
	case VALUE_FILE:
	case VALUE_FOLDER:
	case VALUE_CONTACT:
	case VALUE_USER:
	case VALUE_ID:
	case VALUE_COMMAND: return true;
	}
	return false;
}

/* "on, off", and more of them, with spaces or commas between. */
static char *add_words(char *list, const char *words)
{
	char *longer;
	size_t n;

	for (; *words; words += n + (words[n] == ' ')) {
		n = strcspn(words, " ");
		longer = xasprintf("%s%s%.*s", list, list[0] ? ", " : "",
				   (int)n, words);
		free(list);
		list = longer;
	}
	return list;
}

static void say_words(const char *spec, const char *text)
{
	char *list = xstrdup("");
	struct choice c;

	while (spec_next(&spec, &c))
		list = add_words(
		    list, c.value && c.value->words ? c.value->words : c.word);
	say("'%s' is none of these: %s.", text, list);
	free(list);
}

static void say_why(const struct value *v, const char *spec, const char *text)
{
	if (v && v->kind == VALUE_NUMBER)
		say("'%s' is not a number from %u to %u.", text,
		    (unsigned)v->min, (unsigned)v->max);
	else if (v && v->kind == VALUE_TIME && v->max)
		say("'%s' is not a time in whole minutes such as 10m, 8h or "
		    "7d, of at most 7 days.",
		    text);
	else if (v && v->kind == VALUE_TIME)
		say("'%s' is not a time span such as 30s, 10m, 8h, 7d or 2w, "
		    "of at most 366 days.",
		    text);
	else if (v && v->kind == VALUE_DATE)
		say("'%s' is neither a time span such as 8h or 7d nor a date "
		    "such as 2026-11-23.",
		    text);
	else if (v && v->kind == VALUE_SIZE)
		say("'%s' is not a size such as 300K, 10M or 1G.", text);
	else
		say_words(spec, text);
}

bool spec_takes(const char *spec, const char *text)
{
	const char *rest = spec;
	const struct value *asked = NULL;
	struct choice c;

	while (spec_next(&rest, &c)) {
		if (c.value ? is_right(c.value, text)
			    : strcmp(c.word, text) == 0)
			return true;
		asked = c.value ? c.value : asked;
	}
	say_why(asked, spec, text);
	return false;
}

uint64_t value_number(const char *text, uint64_t otherwise)
{
	return text ? strtoull(text, NULL, 10) : otherwise;
}
