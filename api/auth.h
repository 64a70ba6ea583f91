/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * auth - may this caller do this, and how often.
 */
#ifndef API_AUTH_H
#define API_AUTH_H

#include "api/request.h"

/* Fills in r->caller from the Authorization header; NULL, or the reason why
 * the route is closed to it. */
struct reply *auth_check(struct request *r, struct bytes authorization);
/* Takes one send from the caller's bucket; the same. */
struct reply *auth_take_send(struct request *r);
/* SCOPE_* bits of a caller who is not the admin. */
unsigned auth_session_scopes(const struct request *r);
/* Other users look as if they did not exist. */
bool auth_may_see(const struct request *r, const struct uid *user);
/* false: its session is over. */
bool auth_is_live(struct api *a, const struct caller *c);
/* What takes long is use all the time. */
void auth_touch(struct request *r);

#endif
