/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/api.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <sodium.h>

#include "api/auth.h"
#include "api/command.h"
#include "api/daemon_events.h"
#include "api/document.h"
#include "api/events.h"
#include "api/feed.h"
#include "api/form.h"
#include "api/op.h"
#include "api/reply.h"
#include "api/route.h"
#include "api/router.h"
#include "api/state.h"
#include "util/mem.h"
#include "util/text.h"

static void copy_text(char *out, size_t cap, struct bytes text)
{
	/* Cut, it would mean something else; none is ever this long. */
	if (text.n >= cap)
		return;
	memcpy(out, text.p ? (const char *)text.p : "", text.n);
	out[text.n] = '\0';
}

static bool names_stream(struct bytes accept)
{
	static const char want[] = "text/event-stream";

	return accept.n >= sizeof(want) - 1 &&
	       memmem(accept.p, accept.n, want, sizeof(want) - 1);
}

/* The type itself, with or without parameters. */
static bool is_type(struct bytes type, const char *want)
{
	size_t n = strlen(want);

	if (type.n < n || strncasecmp((const char *)type.p, want, n) != 0)
		return false;
	return type.n == n || type.p[n] == ';' || type.p[n] == ' ';
}

static bool is_json(const struct gate_request *head)
{
	if (head->method == GATE_PATCH &&
	    is_type(head->content_type, "application/merge-patch+json"))
		return true;
	return is_type(head->content_type, "application/json");
}

/* Everything that can be said before the body is there. */
static struct reply *check_head(struct request *r,
				const struct gate_request *head)
{
	enum gate_method method = r->is_head ? GATE_GET : head->method;
	struct reply *bad;

	if (r->api->is_stopping)
		return reply_error(r, PROBLEM_SHUTTING_DOWN, NULL);
	if (!r->target)
		return reply_error(r, PROBLEM_NOT_FOUND, "no such path");
	if ((bad = form_parse_query(r)))
		return bad;
	bad = router_find(r, method, bytes_of(r->target, strlen(r->target)));
	if (bad || (bad = auth_check(r, head->authorization)))
		return bad;
	if ((r->route->body == BODY_JSON || head->content_length > 0) &&
	    !is_json(head))
		return reply_error(r, PROBLEM_MEDIA_TYPE, NULL);
	if (head->content_length > API_BODY_MAX)
		return reply_error(r, PROBLEM_TOO_LARGE, "at most %d bytes",
				   API_BODY_MAX);
	return router_read_ids(r, bytes_of(r->target, strlen(r->target)));
}

/* What a route without a body or query must not have. */
static struct reply *check_empty(struct request *r)
{
	struct reply *bad = NULL;
	struct form f;

	if (r->route->body == BODY_NONE) {
		form_of_body(&f, r);
		bad = form_done(&f);
	}
	if (!bad && !(r->route->flags & ROUTE_QUERY)) {
		form_of_query(&f, r);
		bad = form_done(&f);
	}
	return bad;
}

/* Of a path with a user in it: is it there, and open if need be? */
static struct reply *check_user(struct request *r)
{
	struct api_user u;

	if (uid_is_zero(&request_user(r)))
		return NULL;
	if (!auth_may_see(r, &request_user(r)) ||
	    !api_user_find(r->api, request_user(r), &u))
		return reply_error(r, PROBLEM_NOT_FOUND, "no such user");
	if (!(r->route->flags & ROUTE_UNLOCKED))
		return NULL;
	r->store = api_store(r->api, request_user(r));
	if (u.state != API_USER_UNLOCKED || !r->store)
		return command_locked(r, request_user(r));
	return NULL;
}

static struct reply *answer(struct request *r)
{
	struct reply *bad = form_parse_body(r);

	if (bad)
		return bad;
	/* Time has passed since the head came. */
	if (r->route->scope != SCOPE_NONE && !auth_is_live(r->api, &r->caller))
		return reply_error(r, PROBLEM_UNAUTHORIZED, NULL);
	if ((bad = check_user(r)) || (bad = check_empty(r)))
		return bad;
	return r->route->handler(r);
}

struct api *api_new(const struct api_ports *ports,
		    const struct api_config *config)
{
	struct api *a = xcalloc(1, sizeof(*a));
	uint8_t hash[16];
	uint32_t seed;

	a->ports = *ports;
	a->config = *config;
	a->started_ms = api_wall_ms(a);
	list_init(&a->ops);
	list_init(&a->feeds);
	guard_init(&a->guard);
	api_random(a, a->sessions.nobody_key, sizeof(a->sessions.nobody_key));
	api_random(a, &seed, sizeof(seed));
	form_start_library(seed);
	crypto_generichash(hash, sizeof(hash), api_document().p,
			   api_document().n, NULL, 0);
	a->document_etag[0] = '"';
	hex_encode(hash, sizeof(hash), a->document_etag + 1);
	a->document_etag[33] = '"';
	a->document_etag[34] = '\0';
	daemon_events_start(a);
	return a;
}

void api_free(struct api *a)
{
	if (!a)
		return;
	assert(list_is_empty(&a->feeds));
	op_free_all(a);
	guard_clear(&a->guard);
	daemon_events_clear(a);
	sodium_memzero(&a->sessions, sizeof(a->sessions));
	free(a);
}

void api_set_admin_secret(struct api *a, struct bytes secret)
{
	sessions_set_admin(&a->sessions, secret);
}

struct uid api_new_id(struct api *a)
{
	uint8_t random[10];

	api_random(a, random, sizeof(random));
	return uid_make(api_wall_ms(a), random);
}

struct request *api_request_new(struct api *a, const struct gate_request *head,
				const struct api_sink *sink, void *sink_ctx)
{
	struct request *r = xcalloc(1, sizeof(*r));
	struct reply *bad;

	r->api = a;
	r->sink = sink;
	r->sink_ctx = sink_ctx;
	r->is_head = head->method == GATE_HEAD;
	r->wants_stream = names_stream(head->accept);
	copy_text(r->id, sizeof(r->id), head->request_id);
	copy_text(r->last_event_id, sizeof(r->last_event_id),
		  head->last_event_id);
	copy_text(r->if_none_match, sizeof(r->if_none_match),
		  head->if_none_match);
	if (head->target.n < REQUEST_TARGET_MAX) {
		r->target = xcalloc(1, head->target.n + 1);
		memcpy(r->target, head->target.p, head->target.n);
	}
	buf_init(&r->body, API_BODY_MAX);
	jout_init(&r->out);
	bad = check_head(r, head);
	if (bad)
		reply_send(r, bad);
	return r;
}

void api_request_body(struct request *r, struct bytes data)
{
	if (r->stage != STAGE_BODY)
		return;
	if (buf_put(&r->body, data.p, data.n) != OK)
		reply_send(r, reply_error(r, PROBLEM_TOO_LARGE,
					  "at most %d bytes", API_BODY_MAX));
}

void api_request_end(struct request *r)
{
	struct reply *reply;

	if (r->stage != STAGE_BODY)
		return;
	reply = answer(r);
	r->store = NULL;
	reply_send(r, reply);
}

void api_request_drained(struct request *r)
{
	feed_drained(r);
}

void api_request_free(struct request *r)
{
	if (!r)
		return;
	op_leave(r);
	feed_free(r);
	form_free_json(r);
	buf_clear(&r->body);
	jout_clear(&r->out);
	free(r->target);
	sodium_memzero(r, sizeof(*r));
	free(r);
}

void api_journal_advanced(struct api *a, struct uid user)
{
	if (api_store(a, user))
		feed_wake(a, &user);
}

void api_user_state_changed(struct api *a, struct uid user)
{
	if (!api_store(a, user)) {
		op_fail_user(a, user, ERR_STATE);
		feed_end_locked(a, &user);
	}
	daemon_events_user(a, user);
}

void api_tor_changed(struct api *a)
{
	daemon_events_tor(a);
}

void api_presence(struct api *a, struct uid user, struct uid contact,
		  bool online)
{
	events_presence(a, user, contact, online);
}

void api_typing(struct api *a, struct uid user, struct uid contact, bool on)
{
	events_typing(a, user, contact, on);
}

void api_stopping(struct api *a)
{
	a->is_stopping = true;
	daemon_events_stopping(a);
	feed_end_all(a);
}

uint64_t api_deadline(const struct api *a)
{
	return feed_deadline(a);
}

void api_tick(struct api *a)
{
	feed_tick(a);
}
