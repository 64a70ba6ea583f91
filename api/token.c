/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/token.h"

#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "util/mem.h"

static const char prefix[] = "umbel_tok_";

enum { PREFIX_TEXT = sizeof(prefix) - 1 };

static struct hash32 hash_of(struct bytes text)
{
	struct hash32 h;

	crypto_generichash(h.b, sizeof(h.b), text.p, text.n, NULL, 0);
	return h;
}

/* Where it is, or would be. */
static size_t place_of(const struct tokens *t, const struct uid *id)
{
	size_t i = 0;

	while (i < t->count &&
	       memcmp(t->list[i]->id.b, id->b, sizeof(id->b)) < 0)
		i++;
	return i;
}

static void remove_at(struct tokens *t, size_t i)
{
	token_free(t->list[i]);
	memmove(&t->list[i], &t->list[i + 1],
		(--t->count - i) * sizeof(t->list[0]));
}

void tokens_clear(struct tokens *t)
{
	for (size_t i = 0; i < t->count; i++)
		token_free(t->list[i]);
	free(t->list);
	*t = (struct tokens){NULL, 0};
}

bool tokens_put(struct tokens *t, struct token *one)
{
	size_t i = place_of(t, &one->id);

	if (t->count == TOKENS_MAX || tokens_get(t, &one->id))
		return false;
	t->list = xrealloc(t->list, (t->count + 1) * sizeof(t->list[0]));
	memmove(&t->list[i + 1], &t->list[i],
		(t->count++ - i) * sizeof(t->list[0]));
	t->list[i] = one;
	return true;
}

struct token *tokens_get(const struct tokens *t, const struct uid *id)
{
	size_t i = place_of(t, id);

	if (i < t->count && uid_is_equal(&t->list[i]->id, id))
		return t->list[i];
	return NULL;
}

struct token *tokens_get_live(const struct tokens *t, const struct uid *id,
			      uint64_t wall_ms)
{
	struct token *one = tokens_get(t, id);

	return one && token_is_live(one, wall_ms) ? one : NULL;
}

bool tokens_make_room(struct tokens *t, uint64_t wall_ms)
{
	if (t->count < TOKENS_MAX)
		return true;
	for (size_t i = t->count; i-- > 0;)
		if (!token_is_live(t->list[i], wall_ms))
			remove_at(t, i);
	return t->count < TOKENS_MAX;
}

/* Who made it; NULL: the admin. */
static struct token *maker_of(const struct tokens *t, const struct token *one)
{
	return uid_is_zero(&one->maker) ? NULL : tokens_get(t, &one->maker);
}

/* Here and below: as many steps as there can be, since a file may say what it
 * likes. */
static bool is_below(const struct tokens *t, const struct token *one,
		     const struct token *maker)
{
	for (size_t i = 0; i < t->count && one; i++) {
		one = maker_of(t, one);
		if (one == maker)
			return one != NULL;
	}
	return false;
}

static size_t count_below(const struct tokens *t, const struct token *maker,
			  uint64_t wall_ms)
{
	size_t count = 0;

	for (size_t i = 0; i < t->count; i++)
		count += token_is_live(t->list[i], wall_ms) &&
			 is_below(t, t->list[i], maker);
	return count;
}

bool tokens_may_make(const struct tokens *t, const struct token *maker,
		     uint64_t wall_ms)
{
	for (size_t i = 0; i < t->count && maker; i++) {
		if (count_below(t, maker, wall_ms) >= TOKENS_BELOW_MAX)
			return false;
		maker = maker_of(t, maker);
	}
	return true;
}

const struct token *tokens_first(const struct tokens *t,
				 const struct token *one)
{
	for (size_t i = 0; i < t->count && maker_of(t, one); i++)
		one = maker_of(t, one);
	return one;
}

/* The id in its text; false if it does not look like one. */
static bool read_id(struct bytes text, struct uid *out)
{
	const char *s = (const char *)text.p;

	return text.n == TOKEN_TEXT && memcmp(s, prefix, PREFIX_TEXT) == 0 &&
	       s[PREFIX_TEXT + UID_TEXT] == '_' &&
	       uid_decode(s + PREFIX_TEXT, UID_TEXT, out->b) == OK;
}

struct token *tokens_find(const struct tokens *t, struct bytes text,
			  uint64_t wall_ms)
{
	static const struct hash32 none;
	struct token *one;
	struct hash32 h;
	struct uid id;

	/* Neither the form nor the id is a secret; of the rest the time says
	 * nothing. */
	if (!read_id(text, &id))
		return NULL;
	h = hash_of(text);
	one = tokens_get(t, &id);
	if (sodium_memcmp(h.b, one ? one->hash.b : none.b, sizeof(h.b)) != 0)
		return NULL;
	return one && token_is_live(one, wall_ms) ? one : NULL;
}

/* One that was made by one that is revoked; false: there is none. */
static bool revoke_next(struct tokens *t)
{
	for (size_t i = 0; i < t->count; i++) {
		struct token *one = t->list[i];
		const struct token *maker = tokens_get(t, &one->maker);

		if (one->is_revoked || !maker || !maker->is_revoked)
			continue;
		one->is_revoked = true;
		return true;
	}
	return false;
}

void tokens_revoke(struct tokens *t, const struct uid *id)
{
	struct token *one = tokens_get(t, id);

	if (one)
		one->is_revoked = true;
	while (revoke_next(t))
		continue;
}

void tokens_drop(struct tokens *t, const struct uid *id)
{
	if (tokens_get(t, id))
		remove_at(t, place_of(t, id));
}

void tokens_sweep(struct tokens *t)
{
	for (size_t i = t->count; i-- > 0;)
		if (t->list[i]->is_revoked)
			remove_at(t, i);
}

uint64_t tokens_next_end(const struct tokens *t, uint64_t wall_ms)
{
	uint64_t end_ms = UINT64_MAX;

	for (size_t i = 0; i < t->count; i++) {
		const struct token *one = t->list[i];

		if (one->expires_ms > wall_ms && one->expires_ms < end_ms)
			end_ms = one->expires_ms;
	}
	return end_ms;
}

void token_free(struct token *one)
{
	if (!one)
		return;
	free(one->users);
	free(one->conversations);
	xfree(one, sizeof(*one));
}

bool token_is_live(const struct token *one, uint64_t wall_ms)
{
	return !one->is_revoked &&
	       (one->expires_ms == 0 || wall_ms < one->expires_ms);
}

struct grant token_grant(const struct token *one)
{
	return (struct grant){
	    .scopes = one->scopes,
	    .users = {one->users, one->user_count},
	    .conversations = {one->conversations, one->conversation_count},
	};
}

void token_name_secret(struct token *one, const uint8_t random[static 32],
		       char text[static TOKEN_TEXT + 1])
{
	char *s = text + PREFIX_TEXT;

	memcpy(text, prefix, PREFIX_TEXT);
	uid_encode(one->id.b, s);
	s[UID_TEXT] = '_';
	sodium_bin2base64(s + UID_TEXT + 1, SECRET_TEXT + 1, random, 32,
			  sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	one->hash = hash_of(bytes_of(text, TOKEN_TEXT));
}

bool token_use(struct token *one, uint64_t wall_ms)
{
	uint64_t used_ms = wall_ms - wall_ms % TOKEN_USE_MS;

	if (one->used_ms == used_ms)
		return false;
	one->used_ms = used_ms;
	return true;
}

static bool take(struct token *one, enum token_rate rate, unsigned limit,
		 uint64_t mono_ms, uint64_t *wait_ms)
{
	struct bucket *b = rate == TOKEN_SENDS ? &one->sends : &one->calls;

	if (one->per_minute && (limit == 0 || one->per_minute < limit))
		limit = one->per_minute;
	return bucket_take(b, limit, mono_ms, wait_ms);
}

bool token_take(const struct tokens *t, struct token *one, enum token_rate rate,
		unsigned limit, uint64_t mono_ms, uint64_t *wait_ms)
{
	const struct token *first = one;

	/* As many steps as there can be: a file may say what it likes. */
	for (size_t i = 0; i < t->count; i++) {
		if (!take(one, rate, limit, mono_ms, wait_ms))
			return false;
		one = tokens_get(t, &one->maker);
		if (!one || one == first)
			break;
	}
	return true;
}
