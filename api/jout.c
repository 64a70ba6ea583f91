/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/jout.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "util/text.h"

static void put(struct jout *j, const void *p, size_t n)
{
	enum err e = buf_put(&j->out, p, n);

	assert(e == OK);
	(void)e;
}

static void put_escape(struct jout *j, uint8_t c)
{
	char s[8];

	if (c == '"' || c == '\\')
		snprintf(s, sizeof(s), "\\%c", c);
	else if (c == '\n')
		snprintf(s, sizeof(s), "\\n");
	else
		snprintf(s, sizeof(s), "\\u%04x", c);
	put(j, s, strlen(s));
}

static void put_string(struct jout *j, struct bytes text)
{
	bool whole = utf8_is_valid(text.p, text.n);
	size_t from = 0;

	put(j, "\"", 1);
	for (size_t i = 0; i < text.n; i++) {
		uint8_t c = text.p[i];
		bool foreign = c >= 0x80 && !whole;

		if (c >= 0x20 && c != '"' && c != '\\' && c != 0x7f && !foreign)
			continue;
		put(j, text.p + from, i - from);
		from = i + 1;
		if (foreign)
			put(j, "\\ufffd", 6);
		else
			put_escape(j, c);
	}
	put(j, text.p + from, text.n - from);
	put(j, "\"", 1);
}

static void value_start(struct jout *j, const char *key)
{
	if (j->comma)
		put(j, ",", 1);
	j->comma = true;
	if (!key)
		return;
	put(j, "\"", 1);
	put(j, key, strlen(key));
	put(j, "\":", 2);
}

void jout_init(struct jout *j)
{
	buf_init(&j->out, JOUT_MAX);
	j->comma = false;
}

void jout_clear(struct jout *j)
{
	buf_clear(&j->out);
	j->comma = false;
}

void jout_plain(struct jout *j, const char *s)
{
	put(j, s, strlen(s));
	j->comma = false;
}

void jout_open(struct jout *j, const char *key, char bracket)
{
	value_start(j, key);
	put(j, &bracket, 1);
	j->comma = false;
}

void jout_close(struct jout *j, char bracket)
{
	put(j, &bracket, 1);
	j->comma = true;
}

void jout_text(struct jout *j, const char *key, struct bytes text)
{
	value_start(j, key);
	put_string(j, text);
}

void jout_str(struct jout *j, const char *key, const char *s)
{
	if (s)
		jout_text(j, key, bytes_of(s, strlen(s)));
	else
		jout_null(j, key);
}

void jout_raw(struct jout *j, const char *key, struct bytes json)
{
	value_start(j, key);
	put(j, json.p, json.n);
}

void jout_int(struct jout *j, const char *key, int64_t v)
{
	char s[24];

	snprintf(s, sizeof(s), "%" PRId64, v);
	jout_raw(j, key, bytes_of(s, strlen(s)));
}

void jout_uint(struct jout *j, const char *key, uint64_t v)
{
	char s[24];

	snprintf(s, sizeof(s), "%" PRIu64, v);
	jout_raw(j, key, bytes_of(s, strlen(s)));
}

void jout_bool(struct jout *j, const char *key, bool v)
{
	jout_raw(j, key, v ? bytes_of("true", 4) : bytes_of("false", 5));
}

void jout_null(struct jout *j, const char *key)
{
	jout_raw(j, key, bytes_of("null", 4));
}

void jout_time(struct jout *j, const char *key, uint64_t wall_ms)
{
	char s[RFC3339_TEXT + 1];

	if (!wall_ms) {
		jout_null(j, key);
		return;
	}
	rfc3339_encode(wall_ms, s);
	jout_str(j, key, s);
}

void jout_id(struct jout *j, const char *key, enum id_kind kind,
	     const struct uid *id)
{
	char s[ID_TEXT + 1];

	if (uid_is_zero(id)) {
		jout_null(j, key);
		return;
	}
	id_encode(kind, id, s);
	jout_str(j, key, s);
}
