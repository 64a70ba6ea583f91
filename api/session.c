/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/session.h"

#include <string.h>

#include <sodium.h>

static const char session_prefix[] = "umbel_ses_";

static struct hash32 hash_of(struct bytes secret)
{
	struct hash32 h;

	crypto_generichash(h.b, sizeof(h.b), secret.p, secret.n, NULL, 0);
	return h;
}

static bool is_hash(const struct hash32 *a, const struct hash32 *b)
{
	return sodium_memcmp(a->b, b->b, sizeof(a->b)) == 0;
}

static void secret_text(const uint8_t random[32], char out[SECRET_TEXT + 1])
{
	sodium_bin2base64(out, SECRET_TEXT + 1, random, 32,
			  sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

static bool is_live(const struct session *one, uint64_t now_ms)
{
	return one->serial && now_ms < session_end_ms(one);
}

uint64_t session_end_ms(const struct session *one)
{
	uint64_t idle = one->used_ms + SESSION_IDLE_MS;
	uint64_t life = one->made_ms + SESSION_LIFE_MS;

	return idle < life ? idle : life;
}

void sessions_set_admin(struct sessions *s, struct bytes secret)
{
	s->admin = hash_of(secret);
	s->has_admin = secret.n > 0;
}

struct session *session_new(struct sessions *s, const uint8_t random[static 32],
			    uint64_t now_ms, char token[SESSION_TEXT + 1])
{
	struct session *one = &s->list[0];

	for (size_t i = 0; i < SESSIONS_MAX; i++) {
		if (!is_live(&s->list[i], now_ms)) {
			one = &s->list[i];
			break;
		}
		if (s->list[i].used_ms < one->used_ms)
			one = &s->list[i];
	}
	memcpy(token, session_prefix, sizeof(session_prefix) - 1);
	secret_text(random, token + sizeof(session_prefix) - 1);
	*one = (struct session){
	    .serial = ++s->last_serial,
	    .hash = hash_of(bytes_of(token, SESSION_TEXT)),
	    .made_ms = now_ms,
	    .used_ms = now_ms,
	};
	return one;
}

struct grant session_grant(const struct session *one)
{
	if (one->all_users)
		return (struct grant){.scopes = one->is_admin ? SCOPE_ADMIN
							      : SCOPES_LINK};
	return (struct grant){.scopes = SCOPES_SESSION,
			      .users = {&one->user, 1}};
}

void session_free(struct session *one)
{
	sodium_memzero(one, sizeof(*one));
}

void sessions_end_of(struct sessions *s, const struct uid *user)
{
	for (size_t i = 0; i < SESSIONS_MAX; i++) {
		struct session *one = &s->list[i];

		if (one->serial && !one->all_users &&
		    uid_is_equal(&one->user, user))
			session_free(one);
	}
}

/* Every hash is compared, whatever was found: the time says nothing. */
struct session *session_find(struct sessions *s, struct bytes token,
			     uint64_t now_ms, bool *is_admin)
{
	struct hash32 h = hash_of(token);
	struct session *found = NULL;

	*is_admin = is_hash(&h, &s->admin) & s->has_admin;
	for (size_t i = 0; i < SESSIONS_MAX; i++) {
		struct session *one = &s->list[i];

		if (one->serial && is_hash(&h, &one->hash))
			found = one;
	}
	if (!found || !is_live(found, now_ms))
		return NULL;
	found->used_ms = now_ms;
	return found;
}

struct session *session_get_live(struct sessions *s, uint64_t serial,
				 uint64_t now_ms)
{
	for (size_t i = 0; serial && i < SESSIONS_MAX; i++)
		if (s->list[i].serial == serial)
			return is_live(&s->list[i], now_ms) ? &s->list[i]
							    : NULL;
	return NULL;
}

struct login_token *login_token_new(struct sessions *s,
				    const uint8_t random[static 32],
				    uint64_t now_ms,
				    char token[SECRET_TEXT + 1])
{
	struct login_token *t = &s->tokens[0];

	for (size_t i = 0; i < LOGIN_TOKENS_MAX; i++)
		if (s->tokens[i].end_ms < t->end_ms)
			t = &s->tokens[i];
	secret_text(random, token);
	*t = (struct login_token){
	    .hash = hash_of(bytes_of(token, SECRET_TEXT)),
	    .end_ms = now_ms + LOGIN_TOKEN_MS,
	};
	return t;
}

bool login_token_take(struct sessions *s, struct bytes token, uint64_t now_ms,
		      struct login_token *out)
{
	struct hash32 h = hash_of(token);
	struct login_token *found = NULL;

	for (size_t i = 0; i < LOGIN_TOKENS_MAX; i++)
		if (s->tokens[i].end_ms > now_ms &&
		    is_hash(&h, &s->tokens[i].hash))
			found = &s->tokens[i];
	if (!found)
		return false;
	*out = *found;
	sodium_memzero(found, sizeof(*found));
	return true;
}
