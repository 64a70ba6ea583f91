/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tor_bridges.h"

#include <stdlib.h>
#include <string.h>

#include "util/file.h"
#include "util/log.h"
#include "util/mem.h"

#define FIXED_MAX 65536

static enum err read_file(struct tor_bridges *t)
{
	const char *why = "it is too long or cannot be read";
	struct buf text;
	enum err e;

	buf_init(&text, BRIDGES_TEXT_MAX);
	e = file_read(t->path, &text);
	if (e == OK)
		e = bridges_decode(buf_view(&text), &t->known, &t->now, &why);
	buf_clear(&text);
	if (e == OK || e == ERR_NOT_FOUND)
		return OK;
	log_error("the bridges in %s cannot be used: %s. Configure the "
		  "transport by transports or extra in [tor], or remove that "
		  "file; tor is not started without its bridges",
		  t->path, why);
	return ERR_SYNTAX;
}

static enum err refuse_line(const char *path, size_t number, const char *why)
{
	log_error("%s:%zu: %s; tor is not started without its bridges", path,
		  number, why);
	return ERR_SYNTAX;
}

static enum err take_lines(struct tor_bridges *t, const char *path,
			   struct bytes text)
{
	struct bridges *b = &t->now;
	size_t number;

	memset(b, 0, sizeof(*b));
	for (number = 1; text.n > 0; number++) {
		struct bytes line = bridge_take_line(&text);
		const char *why;

		if (line.n == 0)
			continue;
		why = bridge_check(line, &t->known);
		if (!why && b->count == BRIDGES_MAX)
			why = "expected at most 32 bridges";
		if (why)
			return refuse_line(path, number, why);
		memcpy(b->lines[b->count++], line.p, line.n);
	}
	b->use = b->count > 0;
	return OK;
}

static enum err read_fixed(struct tor_bridges *t, const char *path)
{
	struct buf text;
	enum err e;

	buf_init(&text, FIXED_MAX);
	e = file_read_ours(path, &text);
	if (e == OK)
		e = take_lines(t, path, buf_view(&text));
	else
		log_error("%s, with bridges, cannot be read: %s; tor is not "
			  "started without its bridges",
			  path, file_why(e));
	buf_clear(&text);
	return e;
}

void tor_bridges_open(struct tor_bridges *t, const char *tor_data)
{
	*t = (struct tor_bridges){.path = xasprintf("%s/bridges", tor_data)};
}

enum err tor_bridges_read(struct tor_bridges *t, const char *fixed,
			  struct bytes extra)
{
	t->is_fixed = fixed != NULL;
	t->now = (struct bridges){.use = false};
	transports_read(extra, &t->known);
	return fixed ? read_fixed(t, fixed) : read_file(t);
}

void tor_bridges_close(struct tor_bridges *t)
{
	free(t->path);
	t->path = NULL;
}

enum err tor_bridges_set(struct tor_bridges *t, struct bytes text)
{
	struct bridges wanted;
	const char *why;
	enum err e;

	if (t->is_fixed) {
		log_warn("bridges are refused: bridges in [tor] names them");
		return ERR_STATE;
	}
	e = bridges_decode(text, &t->known, &wanted, &why);
	if (e != OK) {
		log_warn("bridges are refused: %s", why);
		return e;
	}
	e = file_replace(t->path, text.p, text.n, 0600);
	if (e == OK)
		t->now = wanted;
	return e;
}
