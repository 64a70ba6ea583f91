/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/form.h"
#include "api/reply.h"
#include "api/route.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>
#include <sodium.h>

#include "util/block.h"
#include "util/log.h"
#include "util/text.h"

enum { JSON_DEPTH_MAX = 16 };

/* The library recurses; so the depth is looked at first. */
static bool is_too_deep(struct bytes text)
{
	bool in_string = false;
	unsigned depth = 0;

	for (size_t i = 0; i < text.n; i++) {
		uint8_t c = text.p[i];

		if (in_string) {
			if (c == '\\')
				i++;
			else if (c == '"')
				in_string = false;
			continue;
		}
		if (c == '"')
			in_string = true;
		else if ((c == '{' || c == '[') && ++depth > JSON_DEPTH_MAX)
			return true;
		else if ((c == '}' || c == ']') && depth)
			depth--;
	}
	return false;
}

static int hex_value(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Decodes in place; false for a bad %, or bytes that are no UTF-8. */
static bool percent_decode(struct bytes *text)
{
	uint8_t *out = (uint8_t *)(uintptr_t)text->p;
	size_t n = 0;

	for (size_t i = 0; i < text->n; i++) {
		uint8_t c = text->p[i];

		if (c == '%') {
			int hi =
			    i + 2 < text->n ? hex_value(text->p[i + 1]) : -1;
			int lo = hi >= 0 ? hex_value(text->p[i + 2]) : -1;

			if (lo < 0)
				return false;
			c = (uint8_t)(hi << 4 | lo);
			i += 2;
		}
		out[n++] = c;
	}
	text->n = n;
	return utf8_is_valid(text->p, n);
}

static bool add_query_field(struct request *r, struct bytes part)
{
	const uint8_t *eq = memchr(part.p, '=', part.n);
	struct query_field *f = &r->query[r->query_count];

	if (part.n == 0)
		return true;
	if (r->query_count == QUERY_FIELDS_MAX)
		return false;
	f->name = eq ? bytes_of(part.p, (size_t)(eq - part.p)) : part;
	f->value = eq ? bytes_of(eq + 1, part.n - f->name.n - 1)
		      : bytes_of(part.p + part.n, 0);
	if (!percent_decode(&f->name) || !percent_decode(&f->value))
		return false;
	for (size_t i = 0; i < r->query_count; i++)
		if (bytes_equal(r->query[i].name, f->name))
			return false;
	r->query_count++;
	return true;
}

/* A field of the body; NULL if absent.  A null counts as absent, too, but in
 * a patch it is a wish that cannot be met. */
static const json_t *find_value(struct form *f, const char *name)
{
	const json_t *json = f->r->json;
	const json_t *v = json ? json_object_get(json, name) : NULL;

	if (!json_is_null(v))
		return v;
	if (f->is_patch)
		form_fault(f, name, "wrong_type", "cannot be null");
	return NULL;
}

/* The value of a field as text, from either source; false if absent. */
static bool find_text(struct form *f, const char *name, struct bytes *out)
{
	struct request *r = f->r;
	const json_t *v;

	if (f->is_query) {
		struct bytes want = bytes_of(name, strlen(name));

		for (size_t i = 0; i < r->query_count; i++) {
			if (!bytes_equal(r->query[i].name, want))
				continue;
			*out = r->query[i].value;
			return true;
		}
		return false;
	}
	v = find_value(f, name);
	if (!v)
		return false;
	if (!json_is_string(v)) {
		form_fault(f, name, "wrong_type", "expected a string");
		return false;
	}
	*out = bytes_of(json_string_value(v), json_string_length(v));
	return true;
}

static void note_missing(struct form *f, const char *name, enum form_need need,
			 size_t faults)
{
	if (need == FORM_REQUIRED && f->fault_count == faults)
		form_fault(f, name, "missing", "is required");
}

bool form_get_text(struct form *f, const char *name, enum form_need need,
		   struct bytes *out)
{
	size_t faults = f->fault_count;

	f->names[f->name_count++] = name;
	if (find_text(f, name, out))
		return true;
	note_missing(f, name, need, faults);
	return false;
}

const json_t *form_value(struct form *f, const char *name)
{
	f->names[f->name_count++] = name;
	return find_value(f, name);
}

static bool is_asked(const struct form *f, struct bytes name)
{
	for (size_t i = 0; i < f->name_count; i++)
		if (bytes_equal(name,
				bytes_of(f->names[i], strlen(f->names[i]))))
			return true;
	return false;
}

static bool read_number(struct bytes text, int64_t *out)
{
	int64_t v = 0;

	if (text.n == 0 || text.n > 15)
		return false;
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] < '0' || text.p[i] > '9')
			return false;
		v = v * 10 + (text.p[i] - '0');
	}
	*out = v;
	return true;
}

/* false: absent or wrong, and the fault is noted. */
static bool find_int(struct form *f, const char *name, int64_t *out)
{
	const json_t *v;
	struct bytes text;

	if (f->is_query) {
		if (!find_text(f, name, &text))
			return false;
		if (read_number(text, out))
			return true;
		form_fault(f, name, "wrong_type", "expected a number");
		return false;
	}
	v = find_value(f, name);
	if (!v)
		return false;
	if (!json_is_integer(v)) {
		form_fault(f, name, "wrong_type", "expected an integer");
		return false;
	}
	*out = json_integer_value(v);
	return true;
}

static void find_unknown(struct form *f)
{
	const char *key;
	json_t *v;

	for (size_t i = 0; f->is_query && i < f->r->query_count; i++) {
		struct bytes name = f->r->query[i].name;
		struct log_text safe = log_text(name.p, name.n);

		if (!is_asked(f, name))
			form_fault(f, safe.s, "unknown_field",
				   "not known here");
	}
	if (f->is_query || !f->r->json)
		return;
	json_object_foreach(f->r->json, key, v)
	{
		if (!is_asked(f, bytes_of(key, strlen(key))))
			form_fault(f, key, "unknown_field", "not known here");
	}
}

/* RFC 6901: ~ and / are escaped; a long key is cut (jout mends a character
 * that was cut in two). */
static void put_pointer(char *out, size_t cap, const char *key)
{
	size_t n = 0;

	out[n++] = '/';
	for (; *key && n + 2 < cap; key++) {
		if (*key == '~' || *key == '/') {
			out[n++] = '~';
			out[n++] = *key == '~' ? '0' : '1';
		} else {
			out[n++] = *key;
		}
	}
	out[n] = '\0';
}

void form_start_library(uint32_t seed)
{
	json_set_alloc_funcs(block_new, block_free);
	json_object_seed(seed ? seed : 1);
}

void form_free_json(struct request *r)
{
	json_decref(r->json);
	r->json = NULL;
}

struct reply *form_parse_body(struct request *r)
{
	struct bytes text = buf_view(&r->body);
	json_error_t why;

	if (text.n == 0 && r->route->body == BODY_NONE)
		return NULL;
	if (is_too_deep(text))
		return reply_error(r, PROBLEM_BAD_JSON,
				   "nested deeper than %d levels",
				   JSON_DEPTH_MAX);
	r->json = json_loadb((const char *)text.p, text.n,
			     JSON_REJECT_DUPLICATES, &why);
	buf_clear(&r->body);
	if (!r->json)
		return reply_error(r, PROBLEM_BAD_JSON,
				   "line %d, column %d: not valid", why.line,
				   why.column);
	if (!json_is_object(r->json))
		return reply_error(r, PROBLEM_BAD_JSON, "expected an object");
	return NULL;
}

struct reply *form_parse_query(struct request *r)
{
	char *mark = strchr(r->target, '?');
	struct bytes rest;

	if (!mark)
		return NULL;
	*mark = '\0';
	rest = bytes_of(mark + 1, strlen(mark + 1));
	while (rest.n) {
		const uint8_t *amp = memchr(rest.p, '&', rest.n);
		size_t n = amp ? (size_t)(amp - rest.p) : rest.n;

		if (!add_query_field(r, bytes_of(rest.p, n)))
			return reply_error(r, PROBLEM_INVALID,
					   "the query is not valid");
		n += amp ? 1 : 0;
		rest = bytes_of(rest.p + n, rest.n - n);
	}
	return NULL;
}

void form_of_body(struct form *f, struct request *r)
{
	*f = (struct form){.r = r};
}

void form_of_query(struct form *f, struct request *r)
{
	*f = (struct form){.r = r, .is_query = true};
}

void form_of_patch(struct form *f, struct request *r)
{
	*f = (struct form){.r = r, .is_patch = true};
}

bool form_cleared(struct form *f, const char *name)
{
	const json_t *json = f->r->json;

	if (!json || !json_is_null(json_object_get(json, name)))
		return false;
	f->names[f->name_count++] = name;
	return true;
}

struct bytes form_text(struct form *f, const char *name, size_t min, size_t max,
		       enum form_need need)
{
	struct bytes text;
	char detail[40];

	if (!form_get_text(f, name, need, &text))
		return bytes_of(NULL, 0);
	snprintf(detail, sizeof(detail), "%zu to %zu bytes", min, max);
	if (text.n < min)
		form_fault(f, name, "too_short", detail);
	else if (text.n > max)
		form_fault(f, name, "too_long", detail);
	else if (!utf8_is_valid(text.p, text.n))
		form_fault(f, name, "not_utf8", "must be UTF-8");
	return text;
}

struct bytes form_line(struct form *f, const char *name, size_t max,
		       enum form_need need)
{
	size_t faults = f->fault_count;
	struct bytes text =
	    form_text(f, name, need == FORM_REQUIRED, max, need);

	if (f->fault_count == faults && text.p &&
	    !utf8_is_label(text.p, text.n))
		form_fault(f, name, "control_character",
			   "must not hold control or direction "
			   "characters");
	return text;
}

struct bytes form_label(struct form *f, const char *name, enum form_need need)
{
	return form_line(f, name, NAME_MAX_BYTES, need);
}

int64_t form_int(struct form *f, const char *name, int64_t min, int64_t max,
		 int64_t otherwise)
{
	char detail[64];
	int64_t v;

	f->names[f->name_count++] = name;
	if (!find_int(f, name, &v))
		return otherwise;
	if (v >= min && v <= max)
		return v;
	snprintf(detail, sizeof(detail), "%lld to %lld", (long long)min,
		 (long long)max);
	form_fault(f, name, "out_of_range", detail);
	return otherwise;
}

bool form_bool(struct form *f, const char *name, enum form_need need, bool *out)
{
	size_t faults = f->fault_count;
	const json_t *v;

	v = form_value(f, name);
	if (!v) {
		note_missing(f, name, need, faults);
		return false;
	}
	if (!json_is_boolean(v)) {
		form_fault(f, name, "wrong_type", "expected true or false");
		return false;
	}
	*out = json_is_true(v);
	return true;
}

bool form_time(struct form *f, const char *name, enum form_need need,
	       uint64_t *out)
{
	struct bytes text;

	if (!form_get_text(f, name, need, &text))
		return false;
	if (rfc3339_decode((const char *)text.p, text.n, out) == OK)
		return true;
	form_fault(f, name, "invalid_time",
		   "expected RFC 3339, as 2026-11-23T05:33:12Z");
	return false;
}

bool form_id(struct form *f, const char *name, enum id_kind kind,
	     enum form_need need, struct uid *out)
{
	struct bytes text;
	char detail[48];

	if (!form_get_text(f, name, need, &text))
		return false;
	if (id_decode(kind, text, out) == OK)
		return true;
	snprintf(detail, sizeof(detail), "expected %s_ and 26 characters",
		 id_prefix(kind));
	form_fault(f, name, "invalid_id", detail);
	return false;
}

bool form_uuid(struct form *f, const char *name, enum form_need need,
	       struct uid *out)
{
	struct bytes text;

	if (!form_get_text(f, name, need, &text))
		return false;
	if (uuid_decode(text, out) == OK)
		return true;
	form_fault(f, name, "invalid_uuid", "expected a UUID, not the nil one");
	return false;
}

bool form_cursor(struct form *f, enum id_kind kind, struct uid *out)
{
	struct bytes text;

	if (!form_get_text(f, "cursor", FORM_OPTIONAL, &text))
		return false;
	if (cursor_decode(kind, text, out) == OK)
		return true;
	form_fault(f, "cursor", "invalid_cursor",
		   "not a next_cursor of this list");
	return false;
}

bool form_read_emoji(struct bytes segment, struct emoji *out)
{
	if (!percent_decode(&segment) || segment.n == 0 ||
	    segment.n > EMOJI_MAX_BYTES || !utf8_is_label(segment.p, segment.n))
		return false;
	memcpy(out->s, segment.p, segment.n);
	out->s[segment.n] = '\0';
	return true;
}

void form_fault(struct form *f, const char *name, const char *code,
		const char *detail)
{
	struct fault *fault;

	if (f->fault_count == FORM_FAULTS_MAX)
		return;
	fault = &f->faults[f->fault_count++];
	fault->code = code;
	snprintf(fault->detail, sizeof(fault->detail), "%s",
		 detail ? detail : "");
	if (f->is_query)
		snprintf(fault->parameter, sizeof(fault->parameter), "%s",
			 name);
	else
		put_pointer(fault->pointer, sizeof(fault->pointer), name);
}

struct reply *form_done(struct form *f)
{
	find_unknown(f);
	if (f->fault_count == 0)
		return NULL;
	return reply_faults(f->r, f->faults, f->fault_count);
}
