/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/httpd/target.h"

#include <stdbool.h>
#include <string.h>

#include "util/text.h"

/* A path is split at its slashes; each segment is decoded into this. */
#define SEGMENT_MAX 512

struct segment {
	uint8_t data[SEGMENT_MAX];
	size_t n;
};

static int digit(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The byte at s->p, decoded; -1 for a bad escape.  Moves s on. */
static int take_byte(struct bytes *s)
{
	int c = s->p[0];
	size_t used = 1;

	if (c == '%') {
		int high = s->n > 2 ? digit(s->p[1]) : -1;
		int low = s->n > 2 ? digit(s->p[2]) : -1;

		if (high < 0 || low < 0)
			return -1;
		c = high << 4 | low;
		used = 3;
	}
	s->p += used;
	s->n -= used;
	return c;
}

static bool is_plain(struct bytes s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (s.p[i] <= 0x20 || s.p[i] > 0x7e ||
		    strchr("\"#<>\\^`{|}", s.p[i]))
			return false;
	return true;
}

static bool is_dots(const struct segment *s)
{
	return (s->n == 1 && s->data[0] == '.') ||
	       (s->n == 2 && memcmp(s->data, "..", 2) == 0);
}

static bool segment_is_good(struct bytes raw)
{
	struct segment s = {.n = 0};

	while (raw.n > 0) {
		int c = take_byte(&raw);

		if (c < 0x20 || c == 0x7f || c == '/' || c == '\\' ||
		    s.n == SEGMENT_MAX)
			return false;
		s.data[s.n++] = (uint8_t)c;
	}
	return !is_dots(&s) && utf8_is_label(s.data, s.n);
}

/* The path without its first slash; the last segment may be empty. */
static bool path_is_good(struct bytes path)
{
	while (path.n > 0) {
		const uint8_t *slash = memchr(path.p, '/', path.n);
		size_t n = slash ? (size_t)(slash - path.p) : path.n;

		if (n == 0 || !segment_is_good(bytes_of(path.p, n)))
			return false;
		if (!slash)
			return true;
		path.p += n + 1;
		path.n -= n + 1;
	}
	return true;
}

static bool query_is_good(struct bytes query)
{
	while (query.n > 0)
		if (take_byte(&query) <= 0)
			return false;
	return true;
}

struct bytes target_path(struct bytes target)
{
	const uint8_t *mark = target.n ? memchr(target.p, '?', target.n) : NULL;

	return bytes_of(target.p, mark ? (size_t)(mark - target.p) : target.n);
}

enum fault target_check(struct bytes target)
{
	struct bytes path = target_path(target);

	if (path.n == 0 || path.p[0] != '/')
		return FAULT_TARGET_FORM;
	if (!is_plain(target))
		return FAULT_TARGET_PATH;
	if (!path_is_good(bytes_of(path.p + 1, path.n - 1)) ||
	    !query_is_good(bytes_of(target.p + path.n, target.n - path.n)))
		return FAULT_TARGET_PATH;
	return FAULT_NONE;
}
