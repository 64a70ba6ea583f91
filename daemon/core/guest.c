/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/guest.h"

#include <sodium.h>

#include "core/invite.h"
#include "core/link.h"
#include "core/step.h"
#include "core/wishes.h"

static enum err on_hello(struct link *l, const struct frame *f)
{
	struct frame_hello h;
	enum err err = frame_read_hello(f, &h);

	if (err == OK)
		l->session.hello_got = true;
	return err;
}

/* What can be used at all: not one of a form that we do not know, and one
 * that answers a knock, for one. */
static enum err check_invite(const struct step *st,
			     const uint8_t in[static INVITE_BYTES])
{
	struct invite inv;
	enum err err = invite_unpack(in, &inv);

	if (err != OK)
		return err;
	if ((inv.flags & ~INVITE_KNOWN) || !(inv.flags & INVITE_REPLY))
		err = ERR_VERSION;
	else if (invite_is_expired(&inv, st->wall_ms))
		err = ERR_STATE;
	invite_clear(&inv);
	return err;
}

/* PROTOCOL 9.1: A door MUST answer every KNOCK that it takes with KNOCK_OK,
 * whatever becomes of the request, and nobody MUST be told more. */
static void answer(struct step *st, struct link *l)
{
	frame_write_empty(link_frame(st, l, FRAME_HEAD_BYTES), FRAME_KNOCK_OK);
	link_flush(st);
	link_hangup(st, l);
}

static enum err on_knock(struct step *st, struct link *l, const struct frame *f)
{
	struct knock k;
	uint8_t work = 0;
	enum err err = knock_read(f->body, &k);

	if (err != OK)
		return err;
	/* PROTOCOL 9.1: A door MUST NOT store anything before the stamp was
	 * checked. */
	work = knock_work(l->channel.h, k.counter);
	/* PROTOCOL 9.2: The work MUST be at least the difficulty that this
	 * session's responder message named. */
	if (work < l->difficulty)
		err = ERR_AUTH;
	if (err == OK)
		err = check_invite(st, k.invite);
	if (err == OK)
		err = wishes_knocked(st, &k, work);
	if (err == OK)
		answer(st, l);
	sodium_memzero(&k, sizeof(k));
	return err;
}

enum err guest_frame(struct step *st, struct link *l, const struct frame *f)
{
	if (!l->session.hello_got)
		return f->type == FRAME_HELLO ? on_hello(l, f) : ERR_STATE;
	return f->type == FRAME_KNOCK ? on_knock(st, l, f) : ERR_STATE;
}
