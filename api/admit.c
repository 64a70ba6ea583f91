/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/admit.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "api/auth.h"
#include "api/command.h"
#include "api/form.h"
#include "api/idle.h"
#include "api/narrow.h"
#include "api/reply.h"
#include "api/route.h"
#include "api/router.h"
#include "api/state.h"
#include "api/ticket.h"
#include "util/mem.h"

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

static struct reply *check_body(struct request *r,
				const struct gate_request *head)
{
	int64_t n = head->content_length;

	if (r->route->body == BODY_RAW && n < 0)
		return reply_error(r, PROBLEM_LENGTH_REQUIRED, NULL);
	if (r->route->body == BODY_RAW)
		return NULL;
	if ((r->route->body == BODY_JSON || n > 0) && !is_json(head))
		return reply_error(r, PROBLEM_MEDIA_TYPE, NULL);
	if (n > API_BODY_MAX)
		return reply_error(r, PROBLEM_TOO_LARGE, "at most %d bytes",
				   API_BODY_MAX);
	return NULL;
}

static struct reply *check_caller(struct request *r,
				  const struct gate_request *head)
{
	bool is_guest = head->listener == GATE_GUESTS;

	if (is_guest || !(r->route->flags & ROUTE_TICKET) ||
	    head->authorization.n > 0)
		return auth_check(r, head->authorization, is_guest);
	/* Whoever has no ticket learns nothing, not even what is an id. */
	if (!router_read_ids(r, bytes_of(r->target, strlen(r->target))) &&
	    ticket_take(r))
		return NULL;
	return reply_error(r, PROBLEM_UNAUTHORIZED, NULL);
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
	if (bad || (bad = check_caller(r, head)))
		return bad;
	if ((bad = check_body(r, head)))
		return bad;
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

/* Of a path with a user in it: is it there, and open if need be, and in it what
 * the caller may see? */
static struct reply *check_user(struct request *r)
{
	struct api_user u;

	if (uid_is_zero(&request_user(r)))
		return NULL;
	if (!auth_may_see(r, &request_user(r)) ||
	    !api_user_find(r->api, request_user(r), &u))
		return reply_error(r, PROBLEM_NOT_FOUND, "no such user");
	if (!(r->route->flags & ROUTE_REST))
		idle_touch(r->api, &request_user(r));
	if (!(r->route->flags & ROUTE_UNLOCKED))
		return NULL;
	r->store = api_store(r->api, request_user(r));
	if (u.state != API_USER_UNLOCKED || !r->store)
		return command_locked(r, request_user(r));
	return narrow_check_path(r);
}

/* Its handler takes the body as it comes. */
static struct reply *begin_raw(struct request *r)
{
	struct reply *bad = check_user(r);

	if (!bad)
		bad = check_empty(r);
	return bad ? bad : r->route->handler(r);
}

/* Of the head, what handlers may ask for. */
static void keep_head(struct request *r, const struct gate_request *head)
{
	r->is_head = head->method == GATE_HEAD;
	r->content_length = head->content_length;
	r->wants_stream = names_stream(head->accept);
	copy_text(r->id, sizeof(r->id), head->request_id);
	/* None is this long: it is said to be wrong, as any other that is. */
	copy_text(r->last_event_id, sizeof(r->last_event_id),
		  head->last_event_id.n < sizeof(r->last_event_id)
		      ? head->last_event_id
		      : bytes_of("?", 1));
	copy_text(r->if_none_match, sizeof(r->if_none_match),
		  head->if_none_match);
	copy_text(r->range, sizeof(r->range), head->range);
	copy_text(r->if_range, sizeof(r->if_range), head->if_range);
	copy_text(r->upload_offset, sizeof(r->upload_offset),
		  head->upload_offset);
	copy_text(r->upload_complete, sizeof(r->upload_complete),
		  head->upload_complete);
	if (head->target.n < REQUEST_TARGET_MAX) {
		r->target_bytes = head->target.n + 1;
		r->target = xcalloc(1, r->target_bytes);
		memcpy(r->target, head->target.p, head->target.n);
	}
}

struct reply *admit_body(struct request *r)
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

struct reply *admit_head(struct request *r, const struct gate_request *head)
{
	struct reply *bad;

	keep_head(r, head);
	bad = check_head(r, head);
	if (bad || r->route->body != BODY_RAW)
		return bad;
	return begin_raw(r);
}
