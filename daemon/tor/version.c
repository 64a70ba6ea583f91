/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tor/version.h"

#include <string.h>

#define PARTS	 4
#define PART_MAX 9999

static bool is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static void skip_words(struct bytes *t)
{
	static const char words[] = "Tor version ";
	size_t n = sizeof(words) - 1;

	if (t->n >= n && memcmp(t->p, words, n) == 0)
		*t = bytes_of(t->p + n, t->n - n);
}

static enum err take_number(struct bytes *t, uint32_t *out)
{
	uint32_t v = 0;
	size_t i;

	for (i = 0; i < t->n && is_digit(t->p[i]); i++) {
		v = v * 10 + (uint32_t)(t->p[i] - '0');
		if (v > PART_MAX)
			return ERR_RANGE;
	}
	if (i == 0)
		return ERR_SYNTAX;
	*t = bytes_of(t->p + i, t->n - i);
	*out = v;
	return OK;
}

enum err tor_version_parse(struct bytes text, struct tor_version *out)
{
	struct tor_version v;
	enum err e;
	size_t i;

	if (text.n > TOR_VERSION_TEXT_MAX)
		return ERR_RANGE;
	skip_words(&text);
	for (i = 0; i < PARTS; i++) {
		if (i > 0) {
			if (text.n == 0 || text.p[0] != '.')
				return ERR_SYNTAX;
			text = bytes_of(text.p + 1, text.n - 1);
		}
		e = take_number(&text, &v.part[i]);
		if (e != OK)
			return e;
	}
	/* Behind it: nothing, a status tag, a commit, the end of a sentence. */
	if (text.n > 0 && !memchr("-. \r\n", text.p[0], 5))
		return ERR_SYNTAX;
	*out = v;
	return OK;
}

int tor_version_compare(const struct tor_version *a,
			const struct tor_version *b)
{
	size_t i;

	for (i = 0; i < PARTS; i++)
		if (a->part[i] != b->part[i])
			return a->part[i] < b->part[i] ? -1 : 1;
	return 0;
}

bool tor_version_is_enough(const struct tor_version *v)
{
	static const struct tor_version needed = {{0, 4, 9, 11}};

	return tor_version_compare(v, &needed) >= 0;
}
