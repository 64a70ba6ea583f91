/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/reply.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "api/request.h"
#include "api/route.h"
#include "api/state.h"
#include "util/mem.h"
#include "util/qr.h"
#include "util/text.h"

enum { ETAG_BYTES = 16 };

static struct bytes text_of(const char *s)
{
	return bytes_of(s, s ? strlen(s) : 0);
}

static void problem_open(struct request *r, enum problem p, const char *detail)
{
	const struct problem_info *info = problem_info(p);
	struct jout *j = reply_body(r);
	char urn[64];

	snprintf(urn, sizeof(urn), "urn:umbel:problem:%s", info->code);
	jout_open(j, NULL, '{');
	jout_str(j, "type", urn);
	jout_str(j, "title", info->title);
	jout_uint(j, "status", info->status);
	jout_str(j, "code", info->code);
	if (detail)
		jout_str(j, "detail", detail);
	if (r->id[0])
		jout_str(j, "instance", r->id);
}

static struct reply *problem_close(struct request *r, enum problem p)
{
	jout_close(&r->out, '}');
	reply_json(r, problem_info(p)->status);
	r->reply.media_type = "application/problem+json";
	return &r->reply;
}

static void put_faults(struct jout *j, const struct fault *faults, size_t count)
{
	jout_open(j, "errors", '[');
	for (size_t i = 0; i < count; i++) {
		const struct fault *f = &faults[i];

		jout_open(j, NULL, '{');
		if (f->parameter[0])
			jout_str(j, "parameter", f->parameter);
		else
			jout_str(j, "pointer", f->pointer);
		jout_str(j, "code", f->code);
		if (f->detail[0])
			jout_str(j, "detail", f->detail);
		jout_close(j, '}');
	}
	jout_close(j, ']');
}

/* Compared as a word in the list; "*" fits whatever is there. */
static bool is_known_to_client(const struct request *r)
{
	return r->reply.etag[0] && (strcmp(r->if_none_match, "*") == 0 ||
				    strstr(r->if_none_match, r->reply.etag));
}

static void put_etag(struct request *r)
{
	uint8_t hash[ETAG_BYTES];
	char *out = r->reply.etag;

	crypto_generichash(hash, sizeof(hash), r->reply.body.p, r->reply.body.n,
			   NULL, 0);
	out[0] = '"';
	hex_encode(hash, sizeof(hash), out + 1);
	out[1 + 2 * ETAG_BYTES] = '"';
	out[2 + 2 * ETAG_BYTES] = '\0';
}

static void put_header(struct gate_answer *a, const char *name,
		       const char *value)
{
	a->headers[a->header_count++] =
	    (struct gate_header){text_of(name), text_of(value)};
}

static void put_headers(struct gate_answer *a, const struct reply *reply,
			char seconds[24])
{
	uint64_t wait_ms = reply->retry_ms;

	for (size_t i = 0; i < reply->line_count; i++)
		put_header(a, reply->lines[i].name, reply->lines[i].value);
	if (reply->status == 401)
		put_header(a, "WWW-Authenticate", "Bearer");
	if (reply->allow[0])
		put_header(a, "Allow", reply->allow);
	/* A disk that was full is tried again each second. */
	if (wait_ms == 0 && reply->status == 503)
		wait_ms = 1000;
	if (wait_ms) {
		snprintf(seconds, 24, "%llu",
			 (unsigned long long)(wait_ms + 999) / 1000);
		put_header(a, "Retry-After", seconds);
	}
}

struct jout *reply_body(struct request *r)
{
	jout_clear(&r->out);
	return &r->out;
}

struct reply *reply_json(struct request *r, unsigned status)
{
	r->reply.kind = REPLY_READY;
	r->reply.status = status;
	r->reply.media_type = "application/json";
	r->reply.body = buf_view(&r->out.out);
	if (status == 200 && r->route && (r->route->flags & ROUTE_ETAG))
		put_etag(r);
	return &r->reply;
}

struct reply *reply_document(struct request *r, struct bytes json,
			     const char *etag)
{
	r->reply.kind = REPLY_READY;
	r->reply.status = 200;
	r->reply.media_type = "application/json";
	r->reply.body = json;
	snprintf(r->reply.etag, sizeof(r->reply.etag), "%s", etag);
	return &r->reply;
}

struct reply *reply_qr(struct request *r, const char *text)
{
	enum err e;

	jout_clear(&r->out);
	e = qr_svg(text, &r->out.out);
	if (e)
		return reply_error(r, PROBLEM_INTERNAL, "%s", err_str(e));
	r->reply.kind = REPLY_READY;
	r->reply.status = 200;
	r->reply.media_type = "image/svg+xml";
	r->reply.body = buf_view(&r->out.out);
	return &r->reply;
}

struct reply *reply_bytes(struct request *r, unsigned status)
{
	r->reply.kind = REPLY_READY;
	r->reply.status = status;
	return &r->reply;
}

struct reply *reply_empty(struct request *r, unsigned status)
{
	r->reply.kind = REPLY_READY;
	r->reply.status = status;
	r->reply.media_type = NULL;
	r->reply.body = bytes_of(NULL, 0);
	return &r->reply;
}

struct reply *reply_later(struct request *r)
{
	/* The answer may have been given before its promise. */
	if (r->stage != STAGE_OVER)
		r->reply.kind = REPLY_LATER;
	return &r->reply;
}

struct reply *reply_error(struct request *r, enum problem p, const char *detail,
			  ...)
{
	char text[200];
	va_list ap;

	va_start(ap, detail);
	if (detail)
		vsnprintf(text, sizeof(text), detail, ap);
	va_end(ap);
	problem_open(r, p, detail ? text : NULL);
	return problem_close(r, p);
}

struct reply *reply_faults(struct request *r, const struct fault *faults,
			   size_t count)
{
	enum problem p = PROBLEM_UNKNOWN_FIELD;
	char detail[40];

	for (size_t i = 0; i < count; i++)
		if (strcmp(faults[i].code, "unknown_field") != 0)
			p = PROBLEM_INVALID;
	snprintf(detail, sizeof(detail), "%zu field%s wrong", count,
		 count == 1 ? " is" : "s are");
	problem_open(r, p, detail);
	put_faults(&r->out, faults, count);
	return problem_close(r, p);
}

struct reply *reply_wait(struct request *r, uint64_t retry_ms)
{
	r->reply.retry_ms = retry_ms ? retry_ms : 1;
	problem_open(r, PROBLEM_RATE_LIMITED, NULL);
	jout_uint(&r->out, "retry_after_ms", r->reply.retry_ms);
	return problem_close(r, PROBLEM_RATE_LIMITED);
}

struct reply *reply_methods(struct request *r, const char *allow)
{
	snprintf(r->reply.allow, sizeof(r->reply.allow), "%s", allow);
	return reply_error(r, PROBLEM_METHOD_NOT_ALLOWED, "allowed: %s", allow);
}

struct reply *reply_err(struct request *r, enum err e)
{
	switch (e) {
	case ERR_NOT_FOUND: return reply_error(r, PROBLEM_NOT_FOUND, NULL);
	case ERR_STATE:
	case ERR_EXISTS: return reply_error(r, PROBLEM_CONFLICT, NULL);
	case ERR_FULL:
		return reply_error(r, PROBLEM_CONFLICT, "a limit is reached");
	case ERR_NO_SPACE: return reply_error(r, PROBLEM_NO_SPACE, NULL);
	case ERR_IO: return reply_error(r, PROBLEM_STORE_BUSY, NULL);
	case OK:
	case ERR_SHORT:
	case ERR_SYNTAX:
	case ERR_RANGE:
	case ERR_AUTH:
	case ERR_CORRUPT:
	case ERR_VERSION:
	case ERR_CLOSED: break;
	}
	return reply_error(r, PROBLEM_INTERNAL, "%s", err_str(e));
}

void reply_location(struct request *r, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(r->reply.location, sizeof(r->reply.location), fmt, ap);
	va_end(ap);
}

void reply_line(struct request *r, const char *name, const char *fmt, ...)
{
	struct reply_line *line = &r->reply.lines[r->reply.line_count++];
	char text[1024]; /* a file's name, each byte of it escaped */
	va_list ap;

	assert(r->reply.line_count <= REPLY_LINES_MAX);
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	line->name = name;
	line->value = xstrdup(text);
}

void reply_clear(struct reply *reply)
{
	while (reply->line_count > 0)
		free(reply->lines[--reply->line_count].value);
}

/* What is sent after the head. */
static void send_rest(struct request *r, const struct reply *reply)
{
	if (reply->go && !r->is_head) {
		reply->go(r);
		return;
	}
	r->stage = STAGE_OVER;
	if (reply->body.n && !r->is_head)
		r->sink->data(r->sink_ctx, reply->body.p, reply->body.n);
	r->sink->done(r->sink_ctx);
}

static void count_answer(struct request *r, unsigned status)
{
	struct api *a = r->api;

	meter_answer(&a->meter, r->route_number, status);
	/* Who waits for an event is not waiting for us. */
	if (!r->feed)
		histogram_add(&a->meter.times,
			      (api_mono_ms(a) - r->started_ms) * 1000);
}

void reply_send(struct request *r, struct reply *reply)
{
	struct gate_answer a = {.content_length = 0};
	char seconds[24];

	if (r->stage == STAGE_OVER || reply->kind == REPLY_LATER)
		return;
	if (is_known_to_client(r)) {
		reply->status = 304;
		reply->media_type = NULL;
		reply->body = bytes_of(NULL, 0);
		reply->flow_bytes = 0;
		reply->go = NULL;
	}
	a.status = reply->status;
	a.content_length = (int64_t)reply->body.n + reply->flow_bytes;
	a.content_type = text_of(reply->media_type);
	a.etag = text_of(reply->etag);
	a.location = text_of(reply->location);
	put_headers(&a, reply, seconds);
	count_answer(r, reply->status);
	r->sink->head(r->sink_ctx, &a);
	send_rest(r, reply);
}

void reply_stream_head(struct request *r)
{
	struct gate_answer a = {
	    .status = 200,
	    .content_length = -1,
	    .content_type = text_of("text/event-stream"),
	};

	count_answer(r, a.status);

	r->sink->head(r->sink_ctx, &a);
}
