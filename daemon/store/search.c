/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/search.h"

#include <string.h>

#include <sodium.h>

#include "util/mem.h"
#include "util/text.h"

/* Spaces of other scripts too, and what forms of browsers make of a space. */
static bool is_space(uint32_t cp)
{
	return cp <= ' ' || cp == '+' || cp == 0xa0 ||
	       (cp >= 0x2000 && cp <= 0x200a) || cp == 0x202f || cp == 0x205f ||
	       cp == 0x3000;
}

/* Those of a telephone's keyboard. */
static bool is_quote(uint32_t cp)
{
	return cp == '"' || cp == 0xab || cp == 0xbb ||
	       (cp >= 0x201c && cp <= 0x201f);
}

/* Cuts the next piece off: up to a space or quote, or, within quotes, up to
 * the next one.  *quoted: whether it stands in quotes now, and afterwards. */
static struct bytes take_piece(struct bytes *rest, bool *quoted, bool *closed)
{
	struct bytes piece = {rest->p, 0};
	bool ends = false;

	*closed = false;
	while (rest->n > 0 && !ends) {
		uint32_t cp = 0;
		size_t n = utf8_next(rest->p, rest->n, &cp);

		if (n == 0)
			n = 1;
		ends = is_quote(cp) || (!*quoted && is_space(cp));
		if (!ends)
			piece.n += n;
		*closed = is_quote(cp) && *quoted;
		if (is_quote(cp))
			*quoted = !*quoted;
		*rest = bytes_of(rest->p + n, rest->n - n);
	}
	return piece;
}

static enum err add_piece(struct bytes piece, struct search_words *out)
{
	struct word_reader r;
	size_t from = out->count;

	words_start(&r, piece);
	while (words_next(&r)) {
		struct search_word *w = &out->word[out->count];

		if (out->count == SEARCH_WORDS_MAX)
			return ERR_FULL;
		memcpy(w->text, r.word, r.n);
		w->n = r.n;
		out->count++;
	}
	if (out->count > from) {
		out->first |= UINT32_C(1) << from;
		out->last |= UINT32_C(1) << (out->count - 1);
	}
	return OK;
}

enum err search_read(struct bytes query, struct search_words *out)
{
	bool quoted = false, closed;
	enum err e = OK;

	memset(out, 0, sizeof(*out));
	while (e == OK && query.n > 0) {
		size_t before = out->count;

		e = add_piece(take_piece(&query, &quoted, &closed), out);
		if (out->count > before)
			out->is_open = !closed;
	}
	if (e != OK)
		return e;
	return out->count > 0 ? OK : ERR_NOT_FOUND;
}

/* Which of the words it is, or what they begin with. */
static uint32_t match(const struct search_words *w, const uint8_t *word,
		      size_t n)
{
	uint32_t bits = 0;
	size_t i;

	for (i = 0; i < w->count; i++) {
		const struct search_word *s = &w->word[i];
		bool may_go_on = w->is_open && i == w->count - 1;

		if ((s->n == n || (may_go_on && s->n < n)) &&
		    memcmp(s->text, word, s->n) == 0)
			bits |= UINT32_C(1) << i;
	}
	return bits;
}

/* All pieces are followed at once: a bit of `at` says that the words of its
 * piece up to there are the last that were read. */
bool search_fits(const struct search_words *w, const struct bytes *texts,
		 size_t count)
{
	struct word_reader r = {.n = 0};
	uint32_t found = 0;
	size_t i;

	for (i = 0; i < count && found != w->last; i++) {
		uint32_t at = 0;

		words_start(&r, texts[i]);
		while (found != w->last && words_next(&r)) {
			at = (at << 1 | w->first) & match(w, r.word, r.n);
			found |= at & w->last;
		}
	}
	sodium_memzero(&r, sizeof(r));
	return found == w->last;
}
