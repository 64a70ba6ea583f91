/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api_kit.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "api/ids.h"
#include "check.h"
#include "util/mem.h"
#include "util/text.h"

enum { RING = 256, RING_BYTES = 9000 };

static char *next_text(void)
{
	static char ring[RING][RING_BYTES];
	static unsigned at;

	return ring[at++ % RING];
}

const char *fmt(const char *format, ...)
{
	char *out = next_text();
	va_list ap;

	va_start(ap, format);
	vsnprintf(out, RING_BYTES, format, ap);
	va_end(ap);
	return out;
}

const char *text_id(const char *prefix, struct uid id)
{
	char text[UID_TEXT + 1];

	uid_encode(id.b, text);
	return fmt("%s_%s", prefix, text);
}

const char *text_uuid(uint32_t n)
{
	return fmt("0198f2c0-7a1b-7c3d-8e4f-%012u", n);
}

const char *alice(struct world *w, const char *format, ...)
{
	char *out = next_text();
	va_list ap;
	int n = snprintf(out, RING_BYTES, "/v1/users/%s",
			 text_id("usr", w->people[ALICE].user.id));

	va_start(ap, format);
	vsnprintf(out + n, RING_BYTES - (size_t)n, format, ap);
	va_end(ap);
	return out;
}

/* The sink. */

static void copy(char *out, size_t cap, struct bytes b)
{
	assert_true(b.n < cap);
	memcpy(out, b.n ? (const char *)b.p : "", b.n);
	out[b.n] = '\0';
}

static void on_head(void *ctx, const struct gate_answer *a)
{
	struct call *c = ctx;
	struct buf frame;

	assert_false(c->is_headed || c->is_done || c->is_aborted);
	c->is_headed = true;
	c->status = a->status;
	copy(c->type, sizeof(c->type), a->content_type);
	copy(c->etag, sizeof(c->etag), a->etag);
	copy(c->location, sizeof(c->location), a->location);
	for (size_t i = 0; i < a->header_count; i++) {
		size_t n = strlen(c->headers);

		snprintf(c->headers + n, sizeof(c->headers) - n, "%.*s: %.*s\n",
			 (int)a->headers[i].name.n,
			 (const char *)a->headers[i].name.p,
			 (int)a->headers[i].value.n,
			 (const char *)a->headers[i].value.p);
	}
	/* The gate takes it. */
	buf_init(&frame, GATE_FRAME_MAX + GATE_HEAD_BYTES);
	assert_ok(gate_put_answer(&frame, a));
	buf_clear(&frame);
}

static void on_data(void *ctx, const void *p, size_t n)
{
	struct call *c = ctx;

	assert_true(c->is_headed && !c->is_done && !c->is_aborted);
	assert_ok(buf_put(&c->body, p, n));
}

/* NULL: they are not kept. */
static FILE *open_answers(void)
{
	const char *folder = getenv("SUITE_API_ANSWERS");
	static bool is_begun;
	char *path;
	FILE *out;

	if (!folder)
		return NULL;
	path =
	    xasprintf("%s/%s.answers", folder, program_invocation_short_name);
	out = fopen(path, is_begun ? "ae" : "we");
	assert_non_null(out);
	is_begun = true;
	free(path);
	return out;
}

static void note_answer(struct call *c)
{
	FILE *out =
	    strcmp(c->type, "text/event-stream") ? open_answers() : NULL;
	char *hex;

	if (!out)
		return;
	hex = malloc(2 * c->body.len + 1);
	hex_encode(c->body.data, c->body.len, hex);
	/* Without the parameters of the type. */
	fprintf(out, "%s %s %u %.*s %s\n", c->method, c->target, c->status,
		c->type[0] ? (int)strcspn(c->type, ";") : 1,
		c->type[0] ? c->type : "-", c->body.len ? hex : "-");
	free(hex);
	assert_int_equal(fclose(out), 0);
}

static void on_done(void *ctx)
{
	struct call *c = ctx;

	assert_true(c->is_headed && !c->is_done && !c->is_aborted);
	c->is_done = true;
	note_answer(c);
}

static void on_abort(void *ctx)
{
	struct call *c = ctx;

	assert_false(c->is_done || c->is_aborted);
	c->is_aborted = true;
}

static size_t on_queued(void *ctx)
{
	return ((struct call *)ctx)->unread;
}

static void on_hold(void *ctx, bool on)
{
	((struct call *)ctx)->is_held = on;
}

static const struct api_sink sink = {on_head,  on_data,	  on_done,
				     on_abort, on_queued, on_hold};

static const char *const method_names[] = {
    [GATE_GET] = "GET", [GATE_HEAD] = "HEAD",	[GATE_POST] = "POST",
    [GATE_PUT] = "PUT", [GATE_PATCH] = "PATCH", [GATE_DELETE] = "DELETE",
};

static enum gate_method method_of(const char *name)
{
	size_t i = GATE_GET;

	while (strcmp(method_names[i], name) != 0)
		i++;
	return (enum gate_method)i;
}

static struct bytes text_of(const char *s)
{
	return bytes_of(s ? s : "", s ? strlen(s) : 0);
}

void call_start(struct call *c, struct world *w, const struct ask *ask)
{
	size_t n = ask->body ? strlen(ask->body) : 0;
	const char *type = ask->type ? ask->type : "application/json";
	const char *bearer = ask->token ? fmt("Bearer %s", ask->token) : NULL;
	struct gate_request head = {
	    .method = method_of(ask->method),
	    .listener = GATE_TCP,
	    .content_length = ask->body ? (int64_t)n : -1,
	    .target = text_of(ask->target),
	    .authorization = text_of(bearer),
	    .content_type = text_of(ask->body ? type : NULL),
	    .accept = text_of(ask->accept),
	    .last_event_id = text_of(ask->last_event_id),
	    .if_none_match = text_of(ask->if_none_match),
	    .range = text_of(ask->range),
	    .upload_offset = text_of(ask->upload_offset),
	    .upload_complete = text_of(ask->upload_complete),
	    .request_id = text_of("req-0123abcd"),
	};

	call_start_head(c, w, &head, bytes_of(ask->body, n), n / 2);
}

void call_start_head(struct call *c, struct world *w,
		     const struct gate_request *head, struct bytes body,
		     size_t piece)
{
	size_t at, n, to_come = (size_t)head->content_length;

	memset(c, 0, sizeof(*c));
	c->w = w;
	c->method = method_names[head->method];
	c->target =
	    fmt("%.*s", (int)head->target.n, (const char *)head->target.p);
	buf_init(&c->body, 64 << 20);
	c->r = api_request_new(w->api, head, &sink, c);
	for (at = 0; at < body.n; at += n) {
		n = body.n - at;
		n = piece > 0 && n > piece ? piece : n;
		api_request_body(c->r, bytes_of(body.p + at, n));
	}
	if (head->content_length < 0 || body.n == to_come)
		api_request_end(c->r);
}

void call_clear(struct call *c)
{
	api_request_free(c->r);
	buf_clear(&c->body);
}

const char *call_text(struct call *c)
{
	assert_ok(buf_put(&c->body, "", 1));
	c->body.len--;
	return (const char *)c->body.data;
}

void call_expect(struct call *c, unsigned status, const char *part)
{
	const char *text = call_text(c);

	assert_true(c->is_headed);
	if (c->status != status || (part && !strstr(text, part)))
		fail_msg("%s %s: %u, %.600s; expected %u and %s", c->method,
			 c->target, c->status, text, status,
			 part ? part : "nothing");
	if (c->status >= 400 && c->status != 503)
		assert_string_equal(c->type, "application/problem+json");
}

void expect(struct world *w, const struct ask *ask, unsigned status,
	    const char *part)
{
	struct call c;

	call_start(&c, w, ask);
	call_expect(&c, status, part);
	assert_true(c.is_done);
	call_clear(&c);
}

static void by_admin(struct world *w, const char *method, const char *target,
		     const char *body, unsigned status, const char *part)
{
	struct ask ask = {
	    .method = method, .target = target, .token = ADMIN, .body = body};

	expect(w, &ask, status, part);
}

void get(struct world *w, const char *target, unsigned status, const char *part)
{
	by_admin(w, "GET", target, NULL, status, part);
}

void post(struct world *w, const char *target, const char *body,
	  unsigned status, const char *part)
{
	by_admin(w, "POST", target, body, status, part);
}

void put(struct world *w, const char *target, const char *body, unsigned status,
	 const char *part)
{
	by_admin(w, "PUT", target, body, status, part);
}

void patch(struct world *w, const char *target, const char *body,
	   unsigned status, const char *part)
{
	by_admin(w, "PATCH", target, body, status, part);
}

void del(struct world *w, const char *target, unsigned status, const char *part)
{
	by_admin(w, "DELETE", target, NULL, status, part);
}

const char *call_string(struct call *c, const char *key)
{
	const char *want = fmt("\"%s\":\"", key);
	const char *at = strstr(call_text(c), want), *end;

	if (!at)
		return "";
	at += strlen(want);
	end = strchr(at, '"');
	return fmt("%.*s", (int)(end - at), at);
}

size_t call_count(struct call *c, const char *part)
{
	const char *at = call_text(c);
	size_t n = 0;

	while ((at = strstr(at, part))) {
		at += strlen(part);
		n++;
	}
	return n;
}

const char *login_by(struct world *w, const char *body)
{
	struct ask ask = {
	    .method = "POST", .target = "/v1/session", .body = body};
	struct call c;
	const char *token;

	call_start(&c, w, &ask);
	call_expect(&c, 201, "umbel_ses_");
	token = call_string(&c, "token");
	call_clear(&c);
	return token;
}

const char *login(struct world *w, int who)
{
	return login_by(
	    w, fmt("{\"user_id\":\"%s\",\"passphrase\":\"" PASSPHRASE "\"}",
		   text_id("usr", w->people[who].user.id)));
}

const char *login_link(struct world *w, const char *admin)
{
	struct ask ask = {
	    .method = "POST", .target = "/v1/login-tokens", .token = admin};
	struct call c;
	const char *token;

	call_start(&c, w, &ask);
	call_expect(&c, 201, "http://127.0.0.1:7766/ui/#t=");
	token = call_string(&c, "login_token");
	call_clear(&c);
	return fmt("{\"login_token\":\"%s\"}", token);
}

const char *login_all(struct world *w)
{
	return login_by(w, login_link(w, ADMIN));
}
