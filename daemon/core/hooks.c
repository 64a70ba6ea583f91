/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/hooks.h"

#include "core/bulk.h"
#include "core/guest.h"
#include "core/intake.h"
#include "core/invitee.h"
#include "core/inviter.h"
#include "core/outbox.h"
#include "core/probe.h"
#include "core/reach.h"
#include "core/relink.h"
#include "core/serve.h"
#include "core/session.h"
#include "core/wishes.h"

enum {
	EXCHANGE_MS = 60 * 1000, /* of cards, or of a knock */
};

/* We knock. */
static bool is_at_a_door(const struct link *l)
{
	return l->owner.invitee &&
	       l->owner.invitee->row.origin == REQUEST_BY_KNOCK;
}

static void on_link_open(struct step *st, struct link *l)
{
	if (l->owner.contact) {
		if (relink_opened(st, l))
			return;
		if (l->class == CLASS_BULK)
			bulk_open(st, l);
		else
			session_open(st, l);
		return;
	}
	l->deadline_ms = st->now_ms + EXCHANGE_MS;
	if (is_at_a_door(l))
		wishes_door_open(st, l);
	else if (l->owner.invitee)
		invitee_open(st, l);
}

static void on_link_record(struct step *st, struct link *l, size_t bytes)
{
	/* PROTOCOL 12.4: What comes on BULK links does not count in 7.8.3, for
	 * it was asked for. */
	if (l->owner.contact && l->class == CLASS_BULK)
		bulk_record(l);
	else if (l->owner.contact)
		intake_record(st, l->owner.contact, bytes);
}

static enum err on_link_frame(struct step *st, struct link *l,
			      const struct frame *f)
{
	if (l->owner.contact && l->class == CLASS_BULK)
		return bulk_frame(st, l, f);
	if (l->owner.contact)
		return session_frame(st, l, f);
	if (l->owner.inviter)
		return inviter_frame(st, l, f);
	if (l->owner.door)
		return guest_frame(st, l, f);
	if (is_at_a_door(l))
		return wishes_door_frame(st, l, f);
	return invitee_frame(st, l, f);
}

static void on_link_lost(struct step *st, struct link *l)
{
	if (l->owner.contact && l->class == CLASS_BULK)
		bulk_lost(st, l);
	else if (l->owner.contact)
		reach_link_lost(st, l->owner.contact, l);
	else if (l->owner.invitee)
		invitee_link_lost(st, l->owner.invitee, l);
}

static void on_link_drained(struct step *st, struct link *l)
{
	if (l->bulk)
		serve_drained(st, l);
	else
		outbox_drained(st, l);
}

static void on_link_refused(struct step *st, struct link *l)
{
	if (l->owner.contact)
		session_refused(st, l);
}

static void on_link_timers(struct step *st, struct link *l)
{
	if (l->owner.contact && l->class == CLASS_BULK)
		bulk_link_timers(st, l);
	else if (l->owner.contact)
		session_timers(st, l);
}

static uint64_t on_link_deadline(const struct link *l)
{
	if (!l->owner.contact)
		return NEVER;
	return l->class == CLASS_BULK ? bulk_link_deadline(l)
				      : session_deadline(l);
}

const struct link_hooks link_hooks_all = {
    .open = on_link_open,
    .record = on_link_record,
    .frame = on_link_frame,
    .lost = on_link_lost,
    .drained = on_link_drained,
    .murmur = probe_murmur,
    .refused = on_link_refused,
    .claimed = wishes_claimed,
    .timers = on_link_timers,
    .deadline = on_link_deadline,
};
