/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * login - SAFECOOKIE authentication at the control port (control-spec 3.24).
 *
 * Each side proves to the other that it knows the cookie file; nothing that
 * depends on the file is sent before tor's proof has been checked, and no
 * other method is used (a tor that asked for the plain cookie could have any
 * 32-byte file read out to it).
 */
#ifndef TOR_LOGIN_H
#define TOR_LOGIN_H

#include <sys/types.h>

#include "tor/control_msg.h"

/* Why a connection is given up, for the status. */
struct failure {
	enum tor_state state;
	char why[192];
};

/* Both return false, for the convenience of callers that do so too. */
bool failure_set(struct failure *f, enum tor_state state, const char *why);
bool failure_set_syntax(struct failure *f);

struct login {
	const char *cookie_path;
	uid_t cookie_uid;
	bool is_filtered; /* no cookie is asked for (control.h) */
	uint8_t nonce[CONTROL_NONCE_BYTES];
	char version[TOR_VERSION_TEXT_MAX + 1];
};

/* Takes the answer to PROTOCOLINFO and puts the next command into line, which
 * is AUTHENTICATE if it is filtered; false, with *f set, if tor is too old or
 * offers no SAFECOOKIE. */
bool login_on_protocolinfo(struct login *l, const struct control_reply *r,
			   struct buf *line, struct failure *f) MUST_CHECK;
/* The same for the answer to AUTHCHALLENGE; reads the cookie file. */
bool login_on_challenge(struct login *l, const struct control_reply *r,
			struct buf *line, struct failure *f) MUST_CHECK;

#endif
