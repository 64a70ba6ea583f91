/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/webhooks.h"

#include <string.h>

#include <sodium.h>

#include "api/event_names.h"
#include "api/form.h"
#include "api/handlers.h"
#include "api/outlet.h"
#include "api/page.h"
#include "api/state.h"
#include "api/webhook_url.h"

_Static_assert(WEBHOOK_URL_MAX == WEBHOOK_TEXT_MAX, "a URL fits into a row");

enum { SECRET_BYTES = 32 };
#define FAILING_AFTER_MS (24ULL * 3600 * 1000)

static const char *state_of(struct api *a, const struct outlet *o)
{
	uint64_t since_ms = o->row.failing_ms, now_ms = api_wall_ms(a);

	return since_ms && now_ms >= since_ms &&
		       now_ms - since_ms >= FAILING_AFTER_MS
		   ? "failing"
		   : "active";
}

/* Why the last attempt was none; NULL: it went well, or there was none. */
static const char *problem_of(const struct outlet *o)
{
	if (!o->row.failing_ms)
		return NULL;
	switch (o->last_end) {
	case PARCEL_UNREACHABLE: return "unreachable";
	case PARCEL_LATE: return "late";
	case PARCEL_GARBLED: return "garbled";
	case PARCEL_ANSWERED:
	case PARCEL_EXITED: break;
	}
	return o->row.last_status ? "status" : "unreachable";
}

static void view(struct jout *j, struct api *a, const struct outlet *o,
		 uint64_t last)
{
	jout_id(j, "id", ID_WEBHOOK, &o->row.id);
	jout_str(j, "url", o->row.url);
	view_types(j, o->row.types);
	jout_str(j, "state", state_of(a, o));
	if (o->row.last_status)
		jout_uint(j, "last_status", o->row.last_status);
	else
		jout_null(j, "last_status");
	jout_str(j, "last_problem", problem_of(o));
	jout_time(j, "failing_since", o->row.failing_ms);
	jout_time(j, "next_attempt_at", outlet_next_ms(a, o));
	jout_uint(j, "acked_id", o->place);
	jout_uint(j, "behind", last > o->place ? last - o->place : 0);
	jout_time(j, "created_at", o->row.created_ms);
}

static void view_one(struct jout *j, struct api *a, const struct outlet *o,
		     uint64_t last)
{
	jout_open(j, NULL, '{');
	view(j, a, o, last);
	jout_close(j, '}');
}

/* By age, which is the order of their ids; NULL at the end. */
static struct outlet *next_of(struct request *r, const struct uid *after)
{
	struct outlet *found = NULL;
	struct list_node *n;

	list_for_each (n, &r->api->outlets.list) {
		struct outlet *o = list_entry(n, struct outlet, node);
		const struct uid *id = &o->row.id;

		if (!o->is_webhook || !uid_is_equal(&o->user, &request_user(r)))
			continue;
		if ((!after || memcmp(id, after, sizeof(*id)) > 0) &&
		    (!found || memcmp(id, &found->row.id, sizeof(*id)) < 0))
			found = o;
	}
	return found;
}

struct reply *api_webhooks_list(struct request *r)
{
	struct journal_range range = {0, 0};
	struct page p;
	struct reply *bad = page_open(&p, r, ID_WEBHOOK);
	struct outlet *o;
	enum err e;

	if (bad)
		return bad;
	e = query_journal_range(r->store, &range);
	if (e)
		return reply_err(r, e);
	for (o = next_of(r, page_after(&p)); o; o = next_of(r, &o->row.id)) {
		if (!page_take(&p, &o->row.id))
			break;
		view_one(p.j, r->api, o, range.last);
	}
	return page_close(&p, r);
}

static void read_url(struct form *f, struct webhook_row *row)
{
	struct bytes text =
	    form_text(f, "url", 1, WEBHOOK_URL_MAX, FORM_REQUIRED);
	struct webhook_url url;
	enum err e = text.p ? webhook_url_read(text, &url) : OK;

	if (e == ERR_RANGE)
		form_fault(f, "url", "not_loopback",
			   "a loopback address by number: 127.0.0.1, [::1]");
	else if (e)
		form_fault(f, "url", "invalid_url",
			   "as http://127.0.0.1:9000/path or unix:/run/x.sock");
	else if (text.p)
		memcpy(row->url, text.p, text.n);
}

static void read_types(struct form *f, struct webhook_row *row)
{
	const char *words[EVENT_KEPT] = {NULL};
	uint32_t bits = 0;

	/* Type 0 is none. */
	for (unsigned i = 1; i < EVENT_KEPT; i++)
		words[i - 1] = event_names[i];
	if (form_words(f, "types", words, &bits))
		row->types = bits << 1;
}

static void read_secret(struct form *f, struct request *r,
			struct webhook_row *row)
{
	struct bytes text =
	    form_text(f, "secret", 1, OUTLET_SECRET_TEXT - 1, FORM_OPTIONAL);
	enum err e = OK;

	if (text.p) {
		e = outlet_read_secret(text, &row->secret);
	} else {
		row->secret.n = SECRET_BYTES;
		api_random(r->api, row->secret.b, SECRET_BYTES);
	}
	if (e)
		form_fault(f, "secret", "invalid_secret",
			   "whsec_ and base64 of 24 to 64 bytes");
}

/* The one time that the secret is shown. */
static struct reply *created(struct request *r, const struct outlet *o)
{
	char secret[OUTLET_SECRET_TEXT];
	char user[ID_TEXT + 1], id[ID_TEXT + 1];
	struct jout *j = reply_body(r);

	outlet_put_secret(&o->row.secret, secret);
	jout_open(j, NULL, '{');
	view(j, r->api, o, o->place);
	jout_str(j, "secret", secret);
	jout_close(j, '}');
	sodium_memzero(secret, sizeof(secret));
	id_encode(ID_USER, &o->user, user);
	id_encode(ID_WEBHOOK, &o->row.id, id);
	reply_location(r, "/v1/users/%s/webhooks/%s", user, id);
	return reply_json(r, 201);
}

static struct reply *add(struct request *r, const struct webhook_row *row)
{
	enum err e = outlet_add_webhook(r->api, request_user(r), row);

	if (e == ERR_FULL)
		return reply_error(r, PROBLEM_CONFLICT, "at most %d webhooks",
				   WEBHOOKS_MAX);
	if (e)
		return reply_err(r, e);
	return created(r,
		       outlet_find_webhook(r->api, request_user(r), row->id));
}

struct reply *api_webhooks_post(struct request *r)
{
	struct webhook_row row = {.created_ms = api_wall_ms(r->api)};
	struct reply *reply;
	struct form f;

	form_of_body(&f, r);
	read_url(&f, &row);
	read_types(&f, &row);
	read_secret(&f, r, &row);
	reply = form_done(&f);
	if (!reply) {
		row.id = api_new_id(r->api);
		reply = add(r, &row);
	}
	sodium_memzero(&row, sizeof(row));
	return reply;
}

static struct outlet *find(struct request *r)
{
	return outlet_find_webhook(r->api, request_user(r),
				   r->path[ID_WEBHOOK]);
}

struct reply *api_webhook_get(struct request *r)
{
	const struct outlet *o = find(r);
	struct journal_range range;
	enum err e = o ? query_journal_range(r->store, &range) : ERR_NOT_FOUND;

	if (e)
		return reply_err(r, e);
	view_one(reply_body(r), r->api, o, range.last);
	return reply_json(r, 200);
}

struct reply *api_webhook_delete(struct request *r)
{
	struct outlet *o = find(r);
	enum err e = o ? outlet_remove_webhook(r->api, o) : ERR_NOT_FOUND;

	return e ? reply_err(r, e) : reply_empty(r, 204);
}

struct reply *api_webhook_test(struct request *r)
{
	struct outlet *o = find(r);

	if (!o)
		return reply_err(r, ERR_NOT_FOUND);
	outlet_test(r->api, o);
	return reply_empty(r, 202);
}
