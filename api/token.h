/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * token - scoped credentials that stay: what each one opens, how often, until
 * when, and who made it.
 *
 * Only hashes of their secrets are kept.  Pure: time and randomness are
 * arguments, and the file is written by tokens.h.
 */
#ifndef API_TOKEN_H
#define API_TOKEN_H

#include "api/grant.h"
#include "api/guard.h"
#include "api/session.h"
#include "core/rows.h"
#include "util/text.h"

enum {
	TOKENS_MAX = 256,
	TOKENS_BELOW_MAX = 64, /* live ones that one token made, or that those
				* made */
	TOKEN_IDS_MAX = 64,    /* users, or conversations, of one */
	TOKEN_RATE_MAX = 60000,
	TOKEN_USE_MS = 3600 * 1000, /* how finely its use is noted */
};

/* "umbel_tok_", its id, '_', its secret. */
#define TOKEN_TEXT (10 + UID_TEXT + 1 + SECRET_TEXT)

struct token {
	struct uid id;
	struct uid maker; /* a token too; zero: the admin */
	struct label name;
	struct hash32 hash; /* of the whole text */
	unsigned scopes;
	struct uid *users, *conversations; /* owned */
	size_t user_count, conversation_count;
	uint64_t created_ms;
	uint64_t expires_ms; /* wall clock; 0: never */
	uint64_t used_ms;    /* the same, by TOKEN_USE_MS; 0: not yet */
	unsigned per_minute; /* 0: what the daemon allows */
	bool is_revoked;     /* and the disk does not know it yet */
	struct bucket calls, sends;
};

/* Sorted by id. */
struct tokens {
	struct token **list;
	size_t count;
};

void tokens_clear(struct tokens *t);
/* Takes one over; false, and it is still the caller's, if there are
 * TOKENS_MAX or one of that id. */
bool tokens_put(struct tokens *t, struct token *one);
struct token *tokens_get(const struct tokens *t, const struct uid *id);
/* The same; NULL also for one who is over. */
struct token *tokens_get_live(const struct tokens *t, const struct uid *id,
			      uint64_t wall_ms);
/* Is there room for one more?  When there is none, those that are over go. */
bool tokens_make_room(struct tokens *t, uint64_t wall_ms);
/* May this one (NULL: the admin), and those who made it, have one more that
 * lives? */
bool tokens_may_make(const struct tokens *t, const struct token *maker,
		     uint64_t wall_ms);
/* The one of those who made it, or it itself, that the admin made. */
const struct token *tokens_first(const struct tokens *t,
				 const struct token *one);
/* Who presents this text?  NULL: nobody, or one who is over. */
struct token *tokens_find(const struct tokens *t, struct bytes text,
			  uint64_t wall_ms);
/* From now on neither it nor what it made is live. */
void tokens_revoke(struct tokens *t, const struct uid *id);
/* Takes one out and frees it. */
void tokens_drop(struct tokens *t, const struct uid *id);
/* Frees those that were revoked. */
void tokens_sweep(struct tokens *t);
/* When the next live one expires (wall clock); UINT64_MAX: none does. */
uint64_t tokens_next_end(const struct tokens *t, uint64_t wall_ms);

void token_free(struct token *one);
bool token_is_live(const struct token *one, uint64_t wall_ms);
struct grant token_grant(const struct token *one);
/* Makes its secret from 32 random bytes and writes the text. */
void token_name_secret(struct token *one, const uint8_t random[static 32],
		       char text[static TOKEN_TEXT + 1]);
/* Notes that it is used; true if that is news for the file. */
bool token_use(struct token *one, uint64_t wall_ms);

/* Takes one call, or one send, of those that it has in a minute: limit, or
 * less if it was made so; the same of those who made it. */
enum token_rate { TOKEN_CALLS, TOKEN_SENDS };
bool token_take(const struct tokens *t, struct token *one, enum token_rate rate,
		unsigned limit, uint64_t mono_ms, uint64_t *wait_ms);

#endif
