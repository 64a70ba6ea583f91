/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * auth - may this caller do this, and how often.
 */
#ifndef API_AUTH_H
#define API_AUTH_H

#include "api/grant.h"
#include "api/request.h"

/* Fills in r->caller from the Authorization header; NULL, or the reason why
 * the route is closed to it.  is_guest: nothing is open but to a token. */
struct reply *auth_check(struct request *r, struct bytes authorization,
			 bool is_guest);
/* Takes one send from the caller's bucket; the same. */
struct reply *auth_take_send(struct request *r);

/* What the caller may do now; false, and nothing, once his session or token
 * is over.  out borrows from it until the handler returns. */
bool auth_grant(struct api *a, const struct caller *c, struct grant *out);
/* Of a caller who has one; NULL once it is over, or the token that began
 * it. */
struct session *auth_session(struct api *a, const struct caller *c);
/* The token that calls, or that made the link of the session that does; NULL:
 * none did. */
const struct token *auth_token(struct api *a, const struct caller *c);
bool auth_is_live(struct api *a, const struct caller *c);
/* May he do this as well? */
bool auth_has_scope(const struct request *r, enum scope s);
/* Other users look as if they did not exist. */
bool auth_may_see(const struct request *r, const struct uid *user);
/* The same without a request; of the zero id: does he see every user? */
bool auth_sees_user(struct api *a, const struct caller *c,
		    const struct uid *user);
/* What takes long is use all the time. */
void auth_touch(struct request *r);

#endif
