/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tor/login.h"

#include <stdio.h>

#include <sodium.h>

#include "tor/cookie.h"

bool failure_set(struct failure *f, enum tor_state state, const char *why)
{
	f->state = state;
	snprintf(f->why, sizeof(f->why), "%s", why);
	return false;
}

bool failure_set_syntax(struct failure *f)
{
	return failure_set(
	    f, TOR_FAILED,
	    "what answers at tor's control socket breaks the protocol");
}

bool login_on_protocolinfo(struct login *l, const struct control_reply *r,
			   struct buf *line, struct failure *f)
{
	struct control_protocolinfo info;
	char why[160];

	if (control_read_protocolinfo(r, &info) != OK)
		return failure_set_syntax(f);
	if (!tor_version_is_enough(&info.version)) {
		snprintf(why, sizeof(why),
			 "tor %s is too old: install tor " TOR_VERSION_NEEDED
			 " or newer",
			 info.version_text);
		return failure_set(f, TOR_FAILED, why);
	}
	snprintf(l->version, sizeof(l->version), "%s", info.version_text);
	if (l->is_filtered)
		return control_put_line(line, "AUTHENTICATE") == OK;
	if (!info.has_safecookie)
		return failure_set(
		    f, TOR_FAILED,
		    "tor does not offer SAFECOOKIE authentication: set "
		    "CookieAuthentication 1 in its configuration");
	randombytes_buf(l->nonce, sizeof(l->nonce));
	return control_put_authchallenge(line, l->nonce) == OK;
}

/* A tor that has just started may not have written it yet. */
static bool fail_cookie(struct failure *f, enum err e)
{
	if (e == ERR_NOT_FOUND)
		return failure_set(f, TOR_STARTING,
				   "tor's cookie file is not there yet");
	if (e == ERR_AUTH)
		return failure_set(
		    f, TOR_FAILED,
		    "tor's cookie file is not a file of 32 bytes that belongs "
		    "to us or to tor and is closed to others");
	return failure_set(f, TOR_FAILED,
			   "tor's cookie file cannot be read: check who may "
			   "read it, and start "
			   "umbeld again if its folder was made anew");
}

bool login_on_challenge(struct login *l, const struct control_reply *r,
			struct buf *line, struct failure *f)
{
	uint8_t cookie[CONTROL_COOKIE_BYTES], hash[CONTROL_HASH_BYTES];
	struct control_challenge ch;
	bool is_fine;
	enum err e;

	if (control_read_challenge(r, &ch) != OK)
		return failure_set_syntax(f);
	e = cookie_read(l->cookie_path, l->cookie_uid, cookie);
	if (e != OK)
		return fail_cookie(f, e);
	control_cookie_hash(CONTROL_SERVER, cookie, l->nonce, ch.server_nonce,
			    hash);
	is_fine = sodium_memcmp(hash, ch.server_hash, sizeof(hash)) == 0;
	control_cookie_hash(CONTROL_CLIENT, cookie, l->nonce, ch.server_nonce,
			    hash);
	sodium_memzero(cookie, sizeof(cookie));
	if (!is_fine)
		return failure_set(
		    f, TOR_FAILED,
		    "what answers at tor's control socket does not know the "
		    "content of tor's cookie file");
	return control_put_authenticate(line, hash) == OK;
}
