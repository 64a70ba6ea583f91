/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * handlers - one function for each row of the router's table; what it does
 * stands in openapi.json.
 */
#ifndef API_HANDLERS_H
#define API_HANDLERS_H

struct request;
struct reply;

struct reply *healthz_get(struct request *r);
struct reply *readyz_get(struct request *r);
struct reply *openapi_get(struct request *r);
struct reply *daemon_get(struct request *r);
struct reply *daemon_shutdown(struct request *r);
struct reply *tor_get(struct request *r);

struct reply *session_post(struct request *r);
struct reply *session_get(struct request *r);
struct reply *session_delete(struct request *r);
struct reply *login_tokens_post(struct request *r);

struct reply *users_list(struct request *r);
struct reply *users_post(struct request *r);
struct reply *user_get(struct request *r);
struct reply *user_unlock(struct request *r);
struct reply *user_lock(struct request *r);

struct reply *invites_list(struct request *r);
struct reply *invites_post(struct request *r);
struct reply *invite_get(struct request *r);
struct reply *invite_delete(struct request *r);
struct reply *requests_list(struct request *r);
struct reply *requests_post(struct request *r);
struct reply *request_get(struct request *r);
struct reply *request_delete(struct request *r);
struct reply *contacts_list(struct request *r);
struct reply *contact_get(struct request *r);

struct reply *conversations_list(struct request *r);
struct reply *conversation_get(struct request *r);
struct reply *conversation_put_read(struct request *r);
struct reply *messages_list(struct request *r);
struct reply *messages_post(struct request *r);
struct reply *message_get(struct request *r);

struct reply *user_events(struct request *r);
struct reply *daemon_events(struct request *r);

#endif
