/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/httpd/head.h"

#include <assert.h>
#include <string.h>
#include <strings.h>

#include "api/httpd/target.h"
#include "util/mem.h"
#include "util/text.h"

#define METHOD_MAX   16
#define LENGTH_CHARS 18

/* One of the header lines that mean something here. */
enum known {
	KNOWN_HOST,
	KNOWN_ORIGIN,
	KNOWN_FETCH_SITE,
	KNOWN_AUTHORIZATION,
	KNOWN_CONTENT_TYPE,
	KNOWN_CONTENT_LENGTH,
	KNOWN_TRANSFER_ENCODING,
	KNOWN_ACCEPT,
	KNOWN_LAST_EVENT_ID,
	KNOWN_IF_NONE_MATCH,
	KNOWN_RANGE,
	KNOWN_IF_RANGE,
	KNOWN_UPLOAD_OFFSET,
	KNOWN_UPLOAD_COMPLETE,
	KNOWN_EXPECT,
	KNOWN_CONNECTION,
	KNOWN_COUNT
};

static const char *const known_names[KNOWN_COUNT] = {
    [KNOWN_HOST] = "host",
    [KNOWN_ORIGIN] = "origin",
    [KNOWN_FETCH_SITE] = "sec-fetch-site",
    [KNOWN_AUTHORIZATION] = "authorization",
    [KNOWN_CONTENT_TYPE] = "content-type",
    [KNOWN_CONTENT_LENGTH] = "content-length",
    [KNOWN_TRANSFER_ENCODING] = "transfer-encoding",
    [KNOWN_ACCEPT] = "accept",
    [KNOWN_LAST_EVENT_ID] = "last-event-id",
    [KNOWN_IF_NONE_MATCH] = "if-none-match",
    [KNOWN_RANGE] = "range",
    [KNOWN_IF_RANGE] = "if-range",
    [KNOWN_UPLOAD_OFFSET] = "upload-offset",
    [KNOWN_UPLOAD_COMPLETE] = "upload-complete",
    [KNOWN_EXPECT] = "expect",
    [KNOWN_CONNECTION] = "connection",
};

/* The lines found so far. */
struct lines {
	bool has[KNOWN_COUNT];
	struct bytes value[KNOWN_COUNT];
};

static enum fault check_byte(uint8_t c, uint8_t before)
{
	if (c == '\n')
		return before == '\r' ? FAULT_NONE : FAULT_BARE_LF;
	if (before == '\r')
		return FAULT_CONTROL;
	if ((c < 0x20 && c != '\r' && c != '\t') || c == 0x7f)
		return FAULT_CONTROL;
	return FAULT_NONE;
}

/* A line has ended at s->at - 1. */
static enum fault end_line(struct head_scan *s)
{
	bool is_empty = s->at - s->line == 2;

	if (is_empty && s->lines == 0)
		return FAULT_REQUEST_LINE;
	if (is_empty) {
		s->end = s->at;
		return FAULT_NONE;
	}
	s->line = s->at;
	s->lines++;
	return s->lines > 1 + HEAD_LINES_MAX ? FAULT_HEAD_SIZE : FAULT_NONE;
}

enum fault head_scan(struct head_scan *s, const uint8_t *p, size_t n)
{
	/* The longest request line: method, target, version, spaces. */
	const size_t first_max = METHOD_MAX + HEAD_TARGET_MAX + 12;

	while (s->end == 0 && s->at < n) {
		uint8_t c = p[s->at];
		enum fault f = check_byte(c, s->at ? p[s->at - 1] : 0);

		if (f != FAULT_NONE)
			return f;
		if (++s->at > HEAD_BYTES_MAX)
			return FAULT_HEAD_SIZE;
		if (s->lines == 0 && s->at > first_max)
			return FAULT_TARGET_SIZE;
		f = c == '\n' ? end_line(s) : FAULT_NONE;
		if (f != FAULT_NONE)
			return f;
	}
	return FAULT_NONE;
}

static bool is_token(struct bytes s)
{
	static const char marks[] = "!#$%&'*+-.^_`|~";
	size_t i;

	for (i = 0; i < s.n; i++) {
		uint8_t c = s.p[i];
		bool alnum = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
			     (c >= 'A' && c <= 'Z');

		if (!alnum && (c == 0 || !strchr(marks, c)))
			return false;
	}
	return s.n > 0;
}

static bool is_word(struct bytes s, const char *word)
{
	return s.n == strlen(word) &&
	       strncasecmp((const char *)s.p, word, s.n) == 0;
}

/* Takes what stands before the first sep; all, if there is none. */
static struct bytes cut(struct bytes *rest, char sep)
{
	const uint8_t *at = rest->n ? memchr(rest->p, sep, rest->n) : NULL;
	size_t n = at ? (size_t)(at - rest->p) : rest->n;
	struct bytes part = bytes_of(rest->p, n);
	size_t used = at ? n + 1 : n;

	rest->p += used;
	rest->n -= used;
	return part;
}

static struct bytes trim(struct bytes s)
{
	while (s.n && (s.p[0] == ' ' || s.p[0] == '\t')) {
		s.p++;
		s.n--;
	}
	while (s.n && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t'))
		s.n--;
	return s;
}

/* Takes a line, without its CR LF; head_scan() has seen that each ends so. */
static struct bytes take_line(struct bytes *raw)
{
	struct bytes line = cut(raw, '\n');

	assert(line.n > 0 && line.p[line.n - 1] == '\r');
	line.n--;
	return line;
}

static void find_method(struct bytes s, struct head *out)
{
	static const char *const names[] = {
	    [GATE_GET] = "GET",	    [GATE_HEAD] = "HEAD",
	    [GATE_POST] = "POST",   [GATE_PUT] = "PUT",
	    [GATE_PATCH] = "PATCH", [GATE_DELETE] = "DELETE"};
	size_t i;

	for (i = GATE_GET; i < ARRAY_SIZE(names); i++)
		if (bytes_equal(s, bytes_of(names[i], strlen(names[i])))) {
			out->method = (enum gate_method)i;
			out->is_known = true;
		}
}

static enum fault read_version(struct bytes s, struct head *out)
{
	if (s.n != 8 || memcmp(s.p, "HTTP/", 5) != 0 || s.p[6] != '.' ||
	    s.p[5] < '0' || s.p[5] > '9' || s.p[7] < '0' || s.p[7] > '9')
		return FAULT_REQUEST_LINE;
	if (s.p[5] != '1' || s.p[7] > '1')
		return FAULT_VERSION;
	out->version = s.p[7] == '1' ? HEAD_VERSION_1_1 : HEAD_VERSION_1_0;
	return FAULT_NONE;
}

static enum fault read_request_line(struct bytes line, struct head *out)
{
	struct bytes rest = line;
	struct bytes method = cut(&rest, ' ');
	struct bytes target = cut(&rest, ' ');
	enum fault f;

	if (!is_token(method) || method.n > METHOD_MAX)
		return FAULT_REQUEST_LINE;
	find_method(method, out);
	f = read_version(rest, out);
	if (f != FAULT_NONE)
		return f;
	if (target.n > HEAD_TARGET_MAX)
		return FAULT_TARGET_SIZE;
	out->target = target;
	out->path = target_path(target);
	return target_check(target);
}

static enum known find_known(struct bytes name)
{
	size_t i;

	for (i = 0; i < KNOWN_COUNT; i++)
		if (is_word(name, known_names[i]))
			return (enum known)i;
	return KNOWN_COUNT;
}

static bool has_word(struct bytes list, const char *word)
{
	while (list.n > 0)
		if (is_word(trim(cut(&list, ',')), word))
			return true;
	return false;
}

static enum fault keep_line(enum known k, struct bytes value, struct lines *l,
			    struct head *out)
{
	if (!ascii_is_printable(value.p, value.n))
		return FAULT_VALUE;
	/* A list may be spread over lines; of Connection one word counts. */
	if (k == KNOWN_CONNECTION) {
		if (has_word(value, "close"))
			out->wants_close = true;
		return FAULT_NONE;
	}
	if (l->has[k])
		return FAULT_DUPLICATE;
	l->has[k] = true;
	l->value[k] = value;
	return FAULT_NONE;
}

static enum fault read_header_line(struct bytes line, struct lines *l,
				   struct head *out)
{
	struct bytes rest = line, name;
	enum known k;

	if (line.p[0] == ' ' || line.p[0] == '\t')
		return FAULT_FOLD;
	name = cut(&rest, ':');
	/* Without a colon the name is the whole line; a space before the
	 * colon makes it no token. */
	if (name.n == line.n || !is_token(name))
		return FAULT_HEADER_LINE;
	k = find_known(name);
	if (k == KNOWN_COUNT)
		return FAULT_NONE;
	return keep_line(k, trim(rest), l, out);
}

static bool is_import(const struct head *h)
{
	static const char path[] = "/v1/users/import";

	return bytes_equal(h->path, bytes_of(path, sizeof(path) - 1));
}

/* Which of these is an upload the core knows, and has its own limit for the
 * others. */
static int64_t body_max(const struct head *h)
{
	bool may_upload =
	    h->is_known && (h->method == GATE_PUT || h->method == GATE_PATCH ||
			    (h->method == GATE_POST && is_import(h)));

	return may_upload ? HEAD_UPLOAD_MAX : HEAD_BODY_MAX;
}

static enum fault read_length(struct bytes s, struct head *out)
{
	int64_t v = 0;
	size_t i;

	for (i = 0; i < s.n; i++)
		if (s.p[i] < '0' || s.p[i] > '9')
			return FAULT_LENGTH;
	if (s.n == 0)
		return FAULT_LENGTH;
	if (s.n > LENGTH_CHARS)
		return FAULT_BODY_SIZE;
	for (i = 0; i < s.n; i++)
		v = v * 10 + (s.p[i] - '0');
	if (v > body_max(out))
		return FAULT_BODY_SIZE;
	out->content_length = v;
	return FAULT_NONE;
}

static enum fault check_body(const struct lines *l, struct head *out)
{
	enum fault f = FAULT_NONE;

	if (l->has[KNOWN_TRANSFER_ENCODING])
		return l->has[KNOWN_CONTENT_LENGTH] ? FAULT_LENGTH_AND_CODING
						    : FAULT_CODING;
	if (l->has[KNOWN_CONTENT_LENGTH])
		f = read_length(l->value[KNOWN_CONTENT_LENGTH], out);
	if (f != FAULT_NONE)
		return f;
	if (out->is_known && out->content_length > 0 &&
	    (out->method == GATE_GET || out->method == GATE_HEAD))
		return FAULT_BODY_OF_GET;
	if (l->has[KNOWN_EXPECT]) {
		if (!is_word(l->value[KNOWN_EXPECT], "100-continue"))
			return FAULT_EXPECT;
		out->wants_continue = out->version == HEAD_VERSION_1_1;
	}
	return FAULT_NONE;
}

static void fill(const struct lines *l, struct head *out)
{
	out->has_origin = l->has[KNOWN_ORIGIN];
	out->has_fetch_site = l->has[KNOWN_FETCH_SITE];
	out->host = l->value[KNOWN_HOST];
	out->origin = l->value[KNOWN_ORIGIN];
	out->fetch_site = l->value[KNOWN_FETCH_SITE];
	out->authorization = l->value[KNOWN_AUTHORIZATION];
	out->content_type = l->value[KNOWN_CONTENT_TYPE];
	out->accept = l->value[KNOWN_ACCEPT];
	out->last_event_id = l->value[KNOWN_LAST_EVENT_ID];
	out->if_none_match = l->value[KNOWN_IF_NONE_MATCH];
	out->range = l->value[KNOWN_RANGE];
	out->if_range = l->value[KNOWN_IF_RANGE];
	out->upload_offset = l->value[KNOWN_UPLOAD_OFFSET];
	out->upload_complete = l->value[KNOWN_UPLOAD_COMPLETE];
}

enum fault head_parse(struct bytes raw, struct head *out)
{
	struct lines l = {0};
	struct bytes line;
	enum fault f;

	*out = (struct head){.version = HEAD_VERSION_1_1, .content_length = -1};
	f = read_request_line(take_line(&raw), out);
	if (f != FAULT_NONE)
		return f;
	for (line = take_line(&raw); line.n > 0; line = take_line(&raw)) {
		f = read_header_line(line, &l, out);
		if (f != FAULT_NONE)
			return f;
	}
	fill(&l, out);
	/* Also from HTTP/1.0: without it nothing shows who is meant. */
	if (!l.has[KNOWN_HOST])
		return FAULT_NO_HOST;
	if (out->version == HEAD_VERSION_1_0)
		out->wants_close = true;
	return check_body(&l, out);
}

struct gate_request head_request(const struct head *h,
				 enum gate_listener listener, const char *id)
{
	return (struct gate_request){
	    .method = h->method,
	    .listener = listener,
	    .content_length = h->content_length,
	    .target = h->target,
	    .authorization = h->authorization,
	    .content_type = h->content_type,
	    .accept = h->accept,
	    .last_event_id = h->last_event_id,
	    .if_none_match = h->if_none_match,
	    .range = h->range,
	    .if_range = h->if_range,
	    .upload_offset = h->upload_offset,
	    .upload_complete = h->upload_complete,
	    .request_id = bytes_of(id, strlen(id)),
	};
}
