/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/router.h"

#include <stdio.h>
#include <string.h>

#include "api/consumers.h"
#include "api/form.h"
#include "api/handlers.h"
#include "api/reply.h"
#include "api/request.h"
#include "api/route.h"
#include "util/mem.h"

#define EMOJI "{emoji}"
#define U     "/v1/users/{user_id}"
#define R     U "/requests/{request_id}"
#define P     U "/contacts/{contact_id}"
#define C     U "/conversations/{conversation_id}"
#define M     U "/messages/{message_id}"
#define F     U "/files/{file_id}"
#define J     "/v1/jobs/{job_id}"
#define W     U "/webhooks/{webhook_id}"
/* clang-format off */
static const struct route routes[] = {
    {GATE_GET, "/healthz", SCOPE_NONE, BODY_NONE, api_healthz_get, 0},
    {GATE_GET, "/readyz", SCOPE_NONE, BODY_NONE, api_readyz_get, 0},
    {GATE_GET, "/v1/openapi.json", SCOPE_NONE, BODY_NONE, api_openapi_get, 0},
    {GATE_GET, "/v1/daemon", SCOPE_ANY, BODY_NONE,
     api_daemon_get, ROUTE_ETAG | ROUTE_NARROW},
    {GATE_POST, "/v1/daemon/shutdown", SCOPE_ADMIN, BODY_NONE,
     api_daemon_shutdown, 0},
    {GATE_GET, "/v1/daemon/log", SCOPE_ADMIN, BODY_NONE,
     api_daemon_log, ROUTE_QUERY},
    {GATE_GET, "/metrics", SCOPE_METRICS_READ, BODY_NONE, api_metrics_get, 0},
    {GATE_GET, "/v1/settings", SCOPE_ADMIN, BODY_NONE,
     api_settings_get, ROUTE_ETAG},
    {GATE_PATCH, "/v1/settings", SCOPE_ADMIN, BODY_JSON,
     api_settings_patch, 0},
    {GATE_GET, "/v1/tor", SCOPE_TOR_READ, BODY_NONE,
     api_tor_get, ROUTE_NARROW},
    {GATE_GET, "/v1/tor/bridges", SCOPE_TOR_CONTROL, BODY_NONE,
     api_bridges_get, ROUTE_ETAG},
    {GATE_PUT, "/v1/tor/bridges", SCOPE_TOR_CONTROL, BODY_JSON,
     api_bridges_put, 0},
    {GATE_POST, "/v1/tor/new-circuits", SCOPE_TOR_CONTROL, BODY_NONE,
     api_circuits_post, 0},

    {GATE_GET, "/v1/session", SCOPE_ANY, BODY_NONE,
     api_session_get, ROUTE_NARROW},
    {GATE_POST, "/v1/session", SCOPE_NONE, BODY_JSON, api_session_post, 0},
    {GATE_DELETE, "/v1/session", SCOPE_ANY, BODY_NONE,
     api_session_delete, ROUTE_NARROW},
    {GATE_POST, "/v1/login-tokens", SCOPE_ADMIN, BODY_NONE,
     api_login_tokens_post, ROUTE_QUERY},
    {GATE_GET, "/v1/tokens", SCOPE_ADMIN, BODY_NONE,
     api_tokens_list, ROUTE_QUERY},
    {GATE_POST, "/v1/tokens", SCOPE_TOKENS_CREATE, BODY_JSON,
     api_tokens_post, ROUTE_NARROW},
    {GATE_GET, "/v1/tokens/{token_id}", SCOPE_ADMIN, BODY_NONE,
     api_token_get, ROUTE_ETAG},
    {GATE_DELETE, "/v1/tokens/{token_id}", SCOPE_ADMIN, BODY_NONE,
     api_token_delete, 0},

    {GATE_GET, "/v1/users", SCOPE_USERS_READ, BODY_NONE,
     api_users_list, ROUTE_QUERY},
    {GATE_POST, "/v1/users", SCOPE_USERS_CREATE, BODY_JSON, api_users_post, 0},
    {GATE_GET, U, SCOPE_USERS_READ, BODY_NONE, api_user_get, ROUTE_ETAG},
    {GATE_POST, U "/unlock", SCOPE_USERS_UNLOCK, BODY_JSON, api_user_unlock, 0},
    {GATE_POST, U "/lock", SCOPE_USERS_UNLOCK, BODY_NONE, api_user_lock, 0},
    {GATE_PUT, U "/passphrase", SCOPE_ADMIN, BODY_JSON,
     api_user_put_passphrase, 0},
    {GATE_PATCH, U, SCOPE_ADMIN, BODY_JSON, api_user_patch, 0},
    {GATE_PUT, U "/duress", SCOPE_ADMIN, BODY_JSON, api_user_put_duress, 0},

    {GATE_GET, U "/address", SCOPE_CONTACTS_READ, BODY_NONE,
     api_address_get, ROUTE_ETAG | ROUTE_UNLOCKED},
    {GATE_PATCH, U "/address", SCOPE_PROFILE_WRITE, BODY_JSON,
     api_address_patch, ROUTE_UNLOCKED},
    {GATE_GET, U "/address.svg", SCOPE_CONTACTS_READ, BODY_NONE,
     api_address_qr, ROUTE_UNLOCKED},
    {GATE_POST, U "/address/rotate", SCOPE_PROFILE_WRITE, BODY_NONE,
     api_address_rotate, ROUTE_UNLOCKED},
    {GATE_GET, U "/profile", SCOPE_CONTACTS_READ, BODY_NONE,
     api_profile_get, ROUTE_ETAG | ROUTE_UNLOCKED},
    {GATE_PUT, U "/profile", SCOPE_PROFILE_WRITE, BODY_JSON,
     api_profile_put, ROUTE_UNLOCKED},
    {GATE_POST, U "/self-test", SCOPE_PROFILE_WRITE, BODY_NONE,
     api_self_test_post, ROUTE_UNLOCKED},
    {GATE_GET, U "/presence", SCOPE_CONTACTS_READ, BODY_NONE,
     api_presence_get, ROUTE_ETAG | ROUTE_UNLOCKED},
    {GATE_PUT, U "/presence", SCOPE_PROFILE_WRITE, BODY_JSON,
     api_presence_put, ROUTE_UNLOCKED},
    {GATE_GET, U "/privacy", SCOPE_CONTACTS_READ, BODY_NONE,
     api_privacy_get, ROUTE_ETAG | ROUTE_UNLOCKED},
    {GATE_PATCH, U "/privacy", SCOPE_PROFILE_WRITE, BODY_JSON,
     api_privacy_patch, ROUTE_UNLOCKED},
    {GATE_GET, U "/preferences", SCOPE_CONTACTS_READ, BODY_NONE,
     api_preferences_get, ROUTE_ETAG | ROUTE_UNLOCKED},
    {GATE_PUT, U "/preferences", SCOPE_PROFILE_WRITE, BODY_JSON,
     api_preferences_put, ROUTE_UNLOCKED},

    {GATE_GET, U "/invites", SCOPE_CONTACTS_READ, BODY_NONE,
     api_invites_list, ROUTE_QUERY | ROUTE_UNLOCKED},
    {GATE_POST, U "/invites", SCOPE_CONTACTS_WRITE, BODY_JSON,
     api_invites_post, ROUTE_UNLOCKED},
    {GATE_GET, U "/invites/{invite_id}", SCOPE_CONTACTS_READ, BODY_NONE,
     api_invite_get, ROUTE_ETAG | ROUTE_UNLOCKED},
    {GATE_GET, U "/invites/{invite_id}/qr.svg", SCOPE_CONTACTS_READ, BODY_NONE,
     api_invite_qr, ROUTE_UNLOCKED},
    {GATE_DELETE, U "/invites/{invite_id}", SCOPE_CONTACTS_WRITE, BODY_NONE,
     api_invite_delete, ROUTE_UNLOCKED},
    {GATE_GET, U "/requests", SCOPE_CONTACTS_READ, BODY_NONE,
     api_requests_list, ROUTE_QUERY | ROUTE_UNLOCKED},
    {GATE_POST, U "/requests", SCOPE_CONTACTS_WRITE, BODY_JSON,
     api_requests_post, ROUTE_UNLOCKED},
    {GATE_GET, R, SCOPE_CONTACTS_READ, BODY_NONE,
     api_request_get, ROUTE_ETAG | ROUTE_UNLOCKED},
    {GATE_DELETE, R, SCOPE_CONTACTS_WRITE, BODY_NONE,
     api_request_delete, ROUTE_UNLOCKED},
    {GATE_POST, R "/accept", SCOPE_CONTACTS_WRITE, BODY_JSON,
     api_request_accept, ROUTE_UNLOCKED},
    {GATE_POST, R "/reject", SCOPE_CONTACTS_WRITE, BODY_NONE,
     api_request_reject, ROUTE_UNLOCKED},
    {GATE_GET, U "/contacts", SCOPE_CONTACTS_READ, BODY_NONE,
     api_contacts_list, ROUTE_QUERY | ROUTE_IN_SIGHT},
    {GATE_GET, P, SCOPE_CONTACTS_READ, BODY_NONE,
     api_contact_get, ROUTE_ETAG | ROUTE_IN_SIGHT},
    {GATE_PATCH, P, SCOPE_CONTACTS_WRITE, BODY_JSON,
     api_contact_patch, ROUTE_IN_SIGHT},
    {GATE_DELETE, P, SCOPE_CONTACTS_WRITE, BODY_NONE,
     api_contact_delete, ROUTE_IN_SIGHT},
    {GATE_GET, P "/safety-number", SCOPE_CONTACTS_READ, BODY_NONE,
     api_safety_get, ROUTE_ETAG | ROUTE_IN_SIGHT},
    {GATE_GET, P "/safety-number.svg", SCOPE_CONTACTS_READ, BODY_NONE,
     api_safety_qr, ROUTE_IN_SIGHT},
    {GATE_PUT, P "/verification", SCOPE_CONTACTS_WRITE, BODY_JSON,
     api_verification_put, ROUTE_IN_SIGHT},
    {GATE_POST, P "/introduce", SCOPE_CONTACTS_WRITE, BODY_JSON,
     api_contact_introduce, ROUTE_IN_SIGHT},

    {GATE_GET, U "/conversations", SCOPE_MESSAGES_READ, BODY_NONE,
     api_conversations_list, ROUTE_QUERY | ROUTE_IN_SIGHT},
    {GATE_GET, C, SCOPE_MESSAGES_READ, BODY_NONE,
     api_conversation_get, ROUTE_ETAG | ROUTE_IN_SIGHT},
    {GATE_PATCH, C, SCOPE_MESSAGES_SEND, BODY_JSON,
     api_conversation_patch, ROUTE_IN_SIGHT},
    {GATE_DELETE, C, SCOPE_MESSAGES_DELETE, BODY_NONE,
     api_conversation_delete, ROUTE_IN_SIGHT},
    {GATE_PUT, C "/typing", SCOPE_MESSAGES_SEND, BODY_JSON,
     api_conversation_put_typing, ROUTE_IN_SIGHT},
    {GATE_PUT, C "/read", SCOPE_MESSAGES_SEND, BODY_JSON,
     api_conversation_put_read, ROUTE_IN_SIGHT},
    {GATE_GET, C "/messages", SCOPE_MESSAGES_READ, BODY_NONE,
     api_messages_list, ROUTE_QUERY | ROUTE_IN_SIGHT},
    {GATE_POST, C "/messages", SCOPE_MESSAGES_SEND, BODY_JSON,
     api_messages_post, ROUTE_IN_SIGHT},
    {GATE_GET, M, SCOPE_MESSAGES_READ, BODY_NONE,
     api_message_get, ROUTE_ETAG | ROUTE_IN_SIGHT},
    {GATE_PATCH, M, SCOPE_MESSAGES_SEND, BODY_JSON,
     api_message_patch, ROUTE_IN_SIGHT},
    {GATE_DELETE, M, SCOPE_MESSAGES_DELETE, BODY_NONE,
     api_message_delete, ROUTE_QUERY | ROUTE_IN_SIGHT},
    {GATE_POST, M "/cancel", SCOPE_MESSAGES_SEND, BODY_NONE,
     api_message_cancel, ROUTE_IN_SIGHT},
    {GATE_POST, M "/retry", SCOPE_MESSAGES_SEND, BODY_NONE,
     api_message_retry, ROUTE_IN_SIGHT},
    {GATE_PUT, M "/reactions/{emoji}", SCOPE_MESSAGES_SEND, BODY_NONE,
     api_reaction_put, ROUTE_IN_SIGHT},
    {GATE_DELETE, M "/reactions/{emoji}", SCOPE_MESSAGES_SEND, BODY_NONE,
     api_reaction_delete, ROUTE_IN_SIGHT},
    {GATE_GET, U "/search", SCOPE_MESSAGES_READ, BODY_NONE,
     api_search, ROUTE_QUERY | ROUTE_IN_SIGHT},

    {GATE_GET, U "/files", SCOPE_FILES_READ, BODY_NONE,
     api_files_list, ROUTE_QUERY | ROUTE_IN_SIGHT},
    {GATE_POST, U "/files", SCOPE_FILES_WRITE, BODY_JSON,
     api_files_post, ROUTE_IN_SIGHT},
    {GATE_PUT, U "/files", SCOPE_FILES_WRITE, BODY_RAW,
     api_files_put, ROUTE_QUERY | ROUTE_IN_SIGHT},
    {GATE_GET, F, SCOPE_FILES_READ, BODY_NONE,
     api_file_get, ROUTE_ETAG | ROUTE_IN_SIGHT},
    {GATE_DELETE, F, SCOPE_FILES_WRITE, BODY_NONE,
     api_file_delete, ROUTE_IN_SIGHT},
    {GATE_GET, F "/content", SCOPE_FILES_READ, BODY_NONE,
     api_file_content_get, ROUTE_QUERY | ROUTE_IN_SIGHT | ROUTE_TICKET},
    {GATE_PATCH, F "/content", SCOPE_FILES_WRITE, BODY_RAW,
     api_file_content_patch, ROUTE_IN_SIGHT},
    {GATE_GET, F "/thumbnail", SCOPE_FILES_READ, BODY_NONE,
     api_file_thumbnail_get, ROUTE_IN_SIGHT},
    {GATE_POST, F "/ticket", SCOPE_FILES_READ, BODY_NONE,
     api_file_ticket_post, ROUTE_IN_SIGHT},
    {GATE_PATCH, F "/transfer", SCOPE_FILES_WRITE, BODY_JSON,
     api_file_transfer_patch, ROUTE_IN_SIGHT},

    {GATE_GET, "/v1/hooks", SCOPE_ADMIN, BODY_NONE, api_hooks_list,
     ROUTE_QUERY},
    {GATE_GET, U "/webhooks", SCOPE_ADMIN, BODY_NONE,
     api_webhooks_list, ROUTE_QUERY | ROUTE_UNLOCKED},
    {GATE_POST, U "/webhooks", SCOPE_ADMIN, BODY_JSON,
     api_webhooks_post, ROUTE_UNLOCKED},
    {GATE_GET, W, SCOPE_ADMIN, BODY_NONE,
     api_webhook_get, ROUTE_ETAG | ROUTE_UNLOCKED},
    {GATE_DELETE, W, SCOPE_ADMIN, BODY_NONE,
     api_webhook_delete, ROUTE_UNLOCKED},
    {GATE_POST, W "/test", SCOPE_ADMIN, BODY_NONE,
     api_webhook_test, ROUTE_UNLOCKED},

    {GATE_GET, U "/events", SCOPE_EVENTS_READ, BODY_NONE,
     api_user_events, ROUTE_QUERY | ROUTE_IN_SIGHT | ROUTE_REST},
    {GATE_GET, "/v1/events", SCOPE_EVENTS_READ, BODY_NONE,
     api_daemon_events, ROUTE_QUERY | ROUTE_NARROW},

    {GATE_GET, J, SCOPE_ANY, BODY_NONE, api_job_get, 0},
    {GATE_DELETE, J, SCOPE_ADMIN, BODY_NONE, api_job_delete, 0},
    {GATE_GET, J "/content", SCOPE_ADMIN, BODY_NONE, api_job_content_get, 0},
    {GATE_PATCH, J, SCOPE_ADMIN, BODY_JSON, api_job_patch, 0},
    {GATE_POST, U "/destroy", SCOPE_ADMIN, BODY_JSON, api_user_destroy, 0},
    {GATE_POST, U "/export", SCOPE_ADMIN, BODY_JSON,
     api_user_export, ROUTE_UNLOCKED},
    {GATE_POST, "/v1/users/import", SCOPE_ADMIN, BODY_RAW,
     api_users_import, 0},
    {GATE_GET, U "/consumers", SCOPE_EVENTS_READ, BODY_NONE,
     api_consumers_list, ROUTE_QUERY | ROUTE_UNLOCKED},
    {GATE_GET, U "/consumers/{consumer}", SCOPE_EVENTS_READ, BODY_NONE,
     api_consumer_get, ROUTE_ETAG | ROUTE_UNLOCKED},
    {GATE_PUT, U "/consumers/{consumer}", SCOPE_EVENTS_READ, BODY_JSON,
     api_consumer_put, ROUTE_UNLOCKED},
    {GATE_DELETE, U "/consumers/{consumer}", SCOPE_EVENTS_READ, BODY_NONE,
     api_consumer_delete, ROUTE_UNLOCKED},
};
/* clang-format on */

static const struct {
	const char *name;
	enum id_kind kind;
} params[] = {
    {"{user_id}", ID_USER},	  {"{conversation_id}", ID_CONVERSATION},
    {"{message_id}", ID_MESSAGE}, {"{contact_id}", ID_CONTACT},
    {"{invite_id}", ID_INVITE},	  {"{request_id}", ID_REQUEST},
    {"{file_id}", ID_FILE},	  {"{token_id}", ID_TOKEN},
    {"{job_id}", ID_JOB},	  {"{webhook_id}", ID_WEBHOOK},
};

static const char *const method_names[] = {
    [GATE_GET] = "GET", [GATE_HEAD] = "HEAD",	[GATE_POST] = "POST",
    [GATE_PUT] = "PUT", [GATE_PATCH] = "PATCH", [GATE_DELETE] = "DELETE",
};

/* Cuts the first segment off; both start with '/'. */
static struct bytes take_segment(struct bytes *rest)
{
	size_t n = 1;

	while (n < rest->n && rest->p[n] != '/')
		n++;
	struct bytes one = bytes_of(rest->p + 1, n - 1);
	*rest = bytes_of(rest->p + n, rest->n - n);
	return one;
}

static bool is_match(const struct route *route, struct bytes path)
{
	struct bytes pattern = bytes_of(route->pattern, strlen(route->pattern));

	while (pattern.n && path.n) {
		struct bytes want = take_segment(&pattern);
		struct bytes got = take_segment(&path);

		if (want.p[0] == '{' ? got.n == 0 : !bytes_equal(want, got))
			return false;
	}
	return pattern.n == 0 && path.n == 0;
}

static bool find_kind(struct bytes name, enum id_kind *kind)
{
	for (size_t i = 0; i < ARRAY_SIZE(params); i++) {
		if (name.n != strlen(params[i].name) ||
		    memcmp(name.p, params[i].name, name.n) != 0)
			continue;
		*kind = params[i].kind;
		return true;
	}
	return false;
}

static void append(char *list, size_t cap, const char *word)
{
	size_t n = strlen(list);

	snprintf(list + n, cap - n, "%s%s", n ? ", " : "", word);
}

/* A path of our own words, which is no id either. */
static bool is_literal(struct bytes path)
{
	for (size_t i = 0; i < ARRAY_SIZE(routes); i++)
		if (bytes_equal(path, bytes_of(routes[i].pattern,
					       strlen(routes[i].pattern))))
			return true;
	return false;
}

const struct route *router_row(size_t number)
{
	if (number == 0 || number > ARRAY_SIZE(routes))
		return NULL;
	return &routes[number - 1];
}

const char *router_method(const struct route *route)
{
	return method_names[route->method];
}

struct reply *router_find(struct request *r, enum gate_method method,
			  struct bytes path)
{
	bool literal = is_literal(path);
	char allow[48] = "";

	for (size_t i = 0; i < ARRAY_SIZE(routes); i++) {
		if (!is_match(&routes[i], path) ||
		    (literal && strchr(routes[i].pattern, '{')))
			continue;
		if (routes[i].method == method) {
			r->route = &routes[i];
			r->route_number = i + 1;
			return NULL;
		}
		append(allow, sizeof(allow), method_names[routes[i].method]);
		if (routes[i].method == GATE_GET)
			append(allow, sizeof(allow), "HEAD");
	}
	if (allow[0])
		return reply_methods(r, allow);
	return reply_error(r, PROBLEM_NOT_FOUND, "no such path");
}

static bool is_word(struct bytes segment, const char *word)
{
	return bytes_equal(segment, bytes_of(word, strlen(word)));
}

/* Reads one segment into the place that its pattern names. */
static struct reply *read_segment(struct request *r, struct bytes want,
				  struct bytes got)
{
	struct fault f = {.code = "invalid_id"};
	enum id_kind kind;

	if (find_kind(want, &kind)) {
		if (id_decode(kind, got, &r->path[kind]) == OK)
			return NULL;
		snprintf(f.detail, sizeof(f.detail),
			 "expected %s_ and 26 characters", id_prefix(kind));
	} else if (is_word(want, EMOJI)) {
		if (form_read_emoji(got, &r->path_emoji))
			return NULL;
		f.code = "invalid_emoji";
		snprintf(f.detail, sizeof(f.detail),
			 "expected 1 to %d bytes of UTF-8, percent-encoded",
			 EMOJI_MAX_BYTES);
	} else if (is_word(want, "{consumer}")) {
		if (consumers_read_name(got, &r->path_consumer))
			return NULL;
		f.code = "invalid_name";
		snprintf(f.detail, sizeof(f.detail), CONSUMERS_NAME_RULE);
	} else {
		return NULL;
	}
	snprintf(f.parameter, sizeof(f.parameter), "%.*s", (int)want.n - 2,
		 (const char *)want.p + 1);
	return reply_faults(r, &f, 1);
}

struct reply *router_read_ids(struct request *r, struct bytes path)
{
	struct bytes pattern =
	    bytes_of(r->route->pattern, strlen(r->route->pattern));

	while (pattern.n) {
		struct bytes want = take_segment(&pattern);
		struct bytes got = take_segment(&path);
		struct reply *bad = read_segment(r, want, got);

		if (bad)
			return bad;
	}
	return NULL;
}

void api_routes_print(FILE *out)
{
	for (size_t i = 0; i < ARRAY_SIZE(routes); i++)
		fprintf(out, "%s %s %s\n", method_names[routes[i].method],
			routes[i].pattern, scope_name(routes[i].scope));
}
