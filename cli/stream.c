/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/stream.h"

#include <stdio.h>
#include <string.h>

void stream_init(struct stream *s, void *ctx,
		 bool (*take)(void *ctx, const char *type, const char *id,
			      const char *data))
{
	*s = (struct stream){.ctx = ctx, .take = take};
	buf_init(&s->line, STREAM_LINE_BYTES);
	buf_init(&s->data, STREAM_LINE_BYTES);
}

static void forget_event(struct stream *s)
{
	s->data.len = 0;
	s->type[0] = '\0';
	s->id[0] = '\0';
}

void stream_restart(struct stream *s)
{
	s->line.len = 0;
	forget_event(s);
}

void stream_clear(struct stream *s)
{
	buf_clear(&s->line);
	buf_clear(&s->data);
}

/* An empty line ends it; without data it is none. */
static bool end_event(struct stream *s)
{
	bool goes_on = true;

	if (s->data.len > 0) {
		if (buf_put(&s->data, "", 1) != OK)
			return false;
		goes_on =
		    s->take(s->ctx, s->type, s->id, (const char *)s->data.data);
	}
	forget_event(s);
	return goes_on;
}

static bool put_data(struct stream *s, const char *value)
{
	if (s->data.len > 0 && buf_put(&s->data, "\n", 1) != OK)
		return false;
	return buf_put(&s->data, value, strlen(value)) == OK;
}

/* "id: 5"; what begins with a colon is a comment. */
static bool take_line(struct stream *s, char *line)
{
	char *value = strchr(line, ':');

	if (!line[0])
		return end_event(s);
	if (!value || value == line)
		return true;
	*value++ = '\0';
	value += *value == ' ';
	if (strcmp(line, "data") == 0)
		return put_data(s, value);
	if (strcmp(line, "event") == 0)
		snprintf(s->type, sizeof(s->type), "%s", value);
	else if (strcmp(line, "id") == 0)
		snprintf(s->id, sizeof(s->id), "%s", value);
	return true;
}

bool stream_feed(struct stream *s, const char *p, size_t n)
{
	while (n > 0) {
		const char *end = memchr(p, '\n', n);
		size_t part = end ? (size_t)(end - p) : n;

		if (buf_put(&s->line, p, part) != OK)
			return false;
		if (!end)
			return true;
		p += part + 1;
		n -= part + 1;
		if (buf_put(&s->line, "", 1) != OK)
			return false;
		if (!take_line(s, (char *)s->line.data))
			return false;
		s->line.len = 0;
	}
	return true;
}
