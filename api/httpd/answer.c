/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/httpd/answer.h"

#include <malloc.h>
#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <sodium.h>

#include "api/httpd/upstream.h"
#include "util/mem.h"

#define API_VERSION	  "1.0"
#define STREAM_BLOCK	  16384
#define RETRY_AFTER_SHORT "1"

struct line {
	const char *name, *value;
};

/* On every answer, whatever it is. */
static const struct line common_lines[] = {
    {"X-Content-Type-Options", "nosniff"},
    {"Referrer-Policy", "no-referrer"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
    {"Cross-Origin-Opener-Policy", "same-origin"},
    {"Permissions-Policy",
     "microphone=(self), camera=(self), geolocation=(), usb=(), payment=()"},
};

static const struct line data_lines[] = {
    {"Cache-Control", "no-store"},
    {"Content-Security-Policy",
     "default-src 'none'; base-uri 'none'; form-action 'none'; "
     "frame-ancestors 'none'; sandbox"},
    {"API-Version", API_VERSION},
};

static const struct line page_lines[] = {
    {"Cache-Control", "no-cache"},
    {"Content-Security-Policy",
     "default-src 'none'; script-src 'self'; style-src 'self'; "
     "img-src 'self' blob:; media-src 'self' blob:; connect-src 'self'; "
     "manifest-src 'self'; form-action 'none'; base-uri 'none'; "
     "frame-ancestors 'none'; require-trusted-types-for 'script'; "
     "trusted-types 'none'"},
    {"Cross-Origin-Embedder-Policy", "require-corp"},
};

/* Lines that the core cannot set: framing, and what is set here. */
static const char *const kept_names[] = {
    "Connection", "Content-Length", "Transfer-Encoding",
    "Keep-Alive", "Upgrade",	    "Trailer",
    "Date",
};

static bool put(struct MHD_Response *r, const char *name, const char *value)
{
	return MHD_add_response_header(r, name, value) == MHD_YES;
}

static bool put_lines(struct MHD_Response *r, const struct line *lines,
		      size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (!put(r, lines[i].name, lines[i].value))
			return false;
	return true;
}

static bool is_in(const char *name, const struct line *lines, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (strcasecmp(name, lines[i].name) == 0)
			return true;
	return false;
}

static bool is_kept(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(kept_names); i++)
		if (strcasecmp(name, kept_names[i]) == 0)
			return true;
	return is_in(name, common_lines, ARRAY_SIZE(common_lines)) ||
	       is_in(name, data_lines, ARRAY_SIZE(data_lines));
}

static bool put_fault(const struct answer *a, struct MHD_Response *r)
{
	const char *allow = fault_allow(a->fault);

	if (allow && !put(r, "Allow", allow))
		return false;
	if (fault_info(a->fault)->status == 503 &&
	    !put(r, "Retry-After", RETRY_AFTER_SHORT))
		return false;
	return put(r, "Content-Type", "application/problem+json");
}

static bool put_call(const struct call_answer *c, struct MHD_Response *r)
{
	size_t i;

	if (c->content_type && !put(r, "Content-Type", c->content_type))
		return false;
	if (c->etag && !put(r, "ETag", c->etag))
		return false;
	if (c->location && !put(r, "Location", c->location))
		return false;
	for (i = 0; i < c->header_count; i++)
		if (!is_kept(c->headers[i].name) &&
		    !put(r, c->headers[i].name, c->headers[i].value))
			return false;
	return true;
}

static bool put_own(const struct answer *a, struct MHD_Response *r)
{
	switch (a->kind) {
	case ANSWER_FAULT: return put_fault(a, r);
	case ANSWER_REDIRECT: return put(r, "Location", ANSWER_PAGE);
	case ANSWER_ASSET:
		return put(r, "Content-Type", a->asset->type) &&
		       put(r, "ETag", a->asset->etag);
	case ANSWER_NOT_MODIFIED: return put(r, "ETag", a->asset->etag);
	case ANSWER_CALL: return put_call(call_answer(a->call), r);
	}
	return false;
}

static bool put_all(const struct answer *a, struct MHD_Response *r)
{
	bool is_page =
	    a->kind == ANSWER_ASSET || a->kind == ANSWER_NOT_MODIFIED;
	bool ok = put_lines(r, common_lines, ARRAY_SIZE(common_lines));

	if (ok && is_page)
		ok = put_lines(r, page_lines, ARRAY_SIZE(page_lines));
	else if (ok)
		ok = put_lines(r, data_lines, ARRAY_SIZE(data_lines));
	return ok && put_own(a, r);
}

/* Tokens, and what people wrote. */
static void forget(void *content)
{
	sodium_memzero(content, malloc_usable_size(content));
	free(content);
}

static struct MHD_Response *make_call(const struct answer *a,
				      answer_reader *reader, void *ctx)
{
	int64_t n = call_answer(a->call)->content_length;
	struct bytes content;

	/* To HEAD the length is announced, and nothing is read. */
	if (a->is_head || !call_is_collected(a->call))
		return MHD_create_response_from_callback(
		    n < 0 ? MHD_SIZE_UNKNOWN : (uint64_t)n, STREAM_BLOCK,
		    reader, ctx, NULL);
	content = call_take_content(a->call);
	return MHD_create_response_from_buffer_with_free_callback(
	    content.n, (void *)(uintptr_t)content.p, forget);
}

static struct MHD_Response *make_static(const void *p, size_t n)
{
	return MHD_create_response_from_buffer(n, (void *)(uintptr_t)p,
					       MHD_RESPMEM_PERSISTENT);
}

static struct MHD_Response *make_fault(const struct answer *a)
{
	char text[FAULT_TEXT_MAX];
	size_t n = fault_text(a->fault, a->request_id, text);

	return MHD_create_response_from_buffer(n, text, MHD_RESPMEM_MUST_COPY);
}

static struct MHD_Response *make(const struct answer *a, answer_reader *reader,
				 void *ctx, unsigned *status)
{
	switch (a->kind) {
	case ANSWER_FAULT:
		*status = fault_info(a->fault)->status;
		return make_fault(a);
	case ANSWER_REDIRECT: *status = 302; return make_static("", 0);
	case ANSWER_ASSET:
		*status = 200;
		return make_static(a->asset->data, a->asset->n);
	case ANSWER_NOT_MODIFIED: *status = 304; return make_static("", 0);
	case ANSWER_CALL:
		*status = call_answer(a->call)->status;
		return make_call(a, reader, ctx);
	}
	return NULL;
}

struct MHD_Response *answer_make(const struct answer *a, answer_reader *reader,
				 void *ctx, unsigned *status)
{
	struct MHD_Response *r = make(a, reader, ctx, status);

	if (r && put_all(a, r))
		return r;
	if (r)
		MHD_destroy_response(r);
	return NULL;
}

bool answer_tag_matches(const char *etag, const void *value, size_t n)
{
	const char *at = value, *end = at + n;
	size_t len = strlen(etag);

	while (at < end) {
		const char *comma = memchr(at, ',', (size_t)(end - at));
		const char *stop = comma ? comma : end;

		while (at < stop && *at == ' ')
			at++;
		while (stop > at && stop[-1] == ' ')
			stop--;
		if (stop - at == 1 && *at == '*')
			return true;
		if (stop - at > 2 && memcmp(at, "W/", 2) == 0)
			at += 2;
		if ((size_t)(stop - at) == len && memcmp(at, etag, len) == 0)
			return true;
		at = comma ? comma + 1 : end;
	}
	return false;
}
