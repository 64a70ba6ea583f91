/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tor_bridges.h"

#include <stdlib.h>

#include "util/file.h"
#include "util/log.h"
#include "util/mem.h"

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
		  "transport in the file that extra in [tor] names, or remove "
		  "that file; tor is not started without its bridges",
		  t->path, why);
	return ERR_SYNTAX;
}

enum err tor_bridges_open(struct tor_bridges *t, const char *tor_data,
			  struct bytes extra)
{
	t->path = xasprintf("%s/bridges", tor_data);
	t->now = (struct bridges){.use = false};
	transports_read(extra, &t->known);
	return read_file(t);
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
	enum err e = bridges_decode(text, &t->known, &wanted, &why);

	if (e != OK) {
		log_warn("bridges are refused: %s", why);
		return e;
	}
	e = file_replace(t->path, text.p, text.n, 0600);
	if (e == OK)
		t->now = wanted;
	return e;
}
