/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * session - who may call: the admin secret, browser sessions, and the
 * one-time tokens that start them.
 *
 * Only hashes of secrets are kept, in memory; everything but the admin
 * secret is gone with the process.
 */
#ifndef API_SESSION_H
#define API_SESSION_H

#include <stdbool.h>

#include "api/grant.h"
#include "api/guard.h"
#include "core/types.h"
#include "util/buf.h"

enum {
	SESSIONS_MAX = 64,
	LOGIN_TOKENS_MAX = 16,
	SESSION_IDLE_MS = 30 * 60 * 1000,
	SESSION_LIFE_MS = 12 * 3600 * 1000,
	LOGIN_TOKEN_MS = 60 * 1000,
};

#define SECRET_TEXT  43			/* base64url of 32 random bytes */
#define SESSION_TEXT (10 + SECRET_TEXT) /* "umbel_ses_" in front */

struct session {
	uint64_t serial; /* 0: free; never used again */
	struct hash32 hash;
	bool all_users;
	struct uid user;  /* the only one, unless all_users */
	struct uid maker; /* a token: no longer than that; zero: none */
	bool is_admin;	  /* its link was asked for so */
	uint64_t made_ms, used_ms;
	struct bucket calls, sends;
};

struct login_token {
	struct hash32 hash;
	uint64_t end_ms;  /* 0: free */
	struct uid maker; /* the token that asked for it; zero: none */
	bool is_admin;	  /* it begins a session that may do everything */
};

struct sessions {
	bool has_admin;
	struct hash32 admin;
	struct bucket admin_calls, admin_sends;
	uint64_t last_serial;
	uint8_t nobody_key[16]; /* see api_session_post() */
	struct session list[SESSIONS_MAX];
	struct login_token tokens[LOGIN_TOKENS_MAX];
};

void sessions_set_admin(struct sessions *s, struct bytes secret);
/* Makes a session from 32 random bytes and writes its token; when there are
 * too many, the one that rested longest goes. */
struct session *session_new(struct sessions *s, const uint8_t random[static 32],
			    uint64_t now_ms, char token[SESSION_TEXT + 1]);
void session_free(struct session *one);
/* Those that began with the passphrase of this user. */
void sessions_end_of(struct sessions *s, const struct uid *user);
/* What a live one may do. */
struct grant session_grant(const struct session *one);
/* Who presents this token?  *is_admin, or a live session, or neither. */
struct session *session_find(struct sessions *s, struct bytes token,
			     uint64_t now_ms, bool *is_admin);
/* By its serial; NULL once it is over. */
struct session *session_get_live(struct sessions *s, uint64_t serial,
				 uint64_t now_ms);
/* When it ends if it is not used again (monotonic). */
uint64_t session_end_ms(const struct session *one);

/* A place for one, and its text. */
struct login_token *login_token_new(struct sessions *s,
				    const uint8_t random[static 32],
				    uint64_t now_ms,
				    char token[SECRET_TEXT + 1]);
/* True once for each token, within its minute; *out is what it was. */
bool login_token_take(struct sessions *s, struct bytes token, uint64_t now_ms,
		      struct login_token *out);

#endif
