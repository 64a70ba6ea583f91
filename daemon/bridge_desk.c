/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bridge_desk.h"

#include <string.h>

#include "api/api.h"
#include "util/fdpass.h"
#include "util/log.h"

static void end(struct bridge_desk *d, enum err e)
{
	uint64_t ticket = d->ticket;

	d->ticket = 0;
	if (ticket)
		d->done(d->ctx, ticket, e);
}

/* One that is not as we asked is of a reload, and ours is still to come. */
static void take_bridges(struct bridge_desk *d, struct bytes text)
{
	char sent[BRIDGES_TEXT_MAX];
	size_t n = bridges_encode(&d->wanted, sent);
	struct bridges found;
	const char *why;

	if (bridges_decode(text, &d->known, &found, &why) == OK)
		d->now = found;
	else
		log_error("umbeld told of bridges that are none: %s", why);
	if (bytes_equal(text, bytes_of(sent, n)))
		end(d, OK);
}

static enum err refusal_of(char why)
{
	if (why == 'n')
		return ERR_NO_SPACE;
	return why == 'f' ? ERR_STATE : ERR_IO;
}

/* 'T' transports, 'B' what is in force, 'b' that a change was not to be:
 * 'n' for want of space, 'f' since umbel.conf names them. */
bool bridge_desk_take(struct bridge_desk *d, const char *message, size_t n)
{
	struct bytes text = bytes_of(message + 1, n - 1);

	switch (message[0]) {
	case 'T': transports_decode(text, &d->known); return true;
	case 'B': take_bridges(d, text); return true;
	case 'b': end(d, refusal_of(n > 1 ? message[1] : '\0')); return true;
	default: return false;
	}
}

void bridge_desk_show(const struct bridge_desk *d, struct api_bridges *out)
{
	size_t i;

	out->use = d->now.use;
	out->count = d->now.count;
	for (i = 0; i < d->now.count; i++)
		out->lines[i] =
		    bytes_of(d->now.lines[i], strlen(d->now.lines[i]));
	out->transport_count = d->known.count;
	for (i = 0; i < d->known.count; i++)
		out->transports[i] =
		    bytes_of(d->known.names[i], strlen(d->known.names[i]));
}

void bridge_desk_set(struct bridge_desk *d, uint64_t ticket,
		     const struct api_bridges *b)
{
	char message[BRIDGE_DESK_MESSAGE] = "B";
	struct bridges wanted = {.use = b->use, .count = b->count};
	size_t i, n;

	if (!d->is_ours || d->ticket) {
		d->done(d->ctx, ticket, ERR_STATE);
		return;
	}
	for (i = 0; i < b->count; i++)
		memcpy(wanted.lines[i], b->lines[i].p, b->lines[i].n);
	d->wanted = wanted;
	n = 1 + bridges_encode(&wanted, message + 1);
	if (fdpass_send(d->ctl_fd, message, n, -1) != OK)
		d->done(d->ctx, ticket, ERR_IO);
	else
		d->ticket = ticket;
}
