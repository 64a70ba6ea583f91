/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * inviter - one of our invites: its service, the claim, and the contact that
 * comes of it.
 *
 * Every step of the exchange is on the disk before the other side can know
 * of it, and can be repeated (PROTOCOL 8).
 */
#ifndef CORE_INVITER_H
#define CORE_INVITER_H

#include "core/state.h"

struct inviter *inviter_new(struct node *n, const struct invite_row *row);
void inviter_free(struct node *n, struct inviter *v);
struct inviter *inviter_find(const struct node *n, const struct uid *id);
struct inviter *inviter_by_onion(const struct node *n,
				 const struct onion_pk *onion);

/* Whether there may be one more, of that id.  ERR_EXISTS, ERR_FULL. */
enum err inviter_room(const struct node *n, const struct uid *id) MUST_CHECK;
/* Fills in keys and times. */
void inviter_draw(struct step *st, uint64_t lifetime_ms,
		  struct invite_row *row);
/* A new one, saved and published. */
void inviter_add(struct step *st, const struct invite_row *row);
/* What its holder is given. */
void inviter_pack(const struct inviter *v, uint8_t out[static INVITE_BYTES]);
/* Takes it down and forgets it, on the disk too, and the contact that was to
 * come of it.  Frees v. */
void inviter_revoke(struct step *st, struct inviter *v);

/* EV_CMD_INVITE_NEW, EV_CMD_INVITE_DELETE. */
void inviter_create(struct step *st, const struct event *ev);
void inviter_delete(struct step *st, const struct event *ev);

/* Tor has come, or gone (NEVER). */
void inviter_come_up(struct inviter *v, uint64_t at_ms);
enum err inviter_frame(struct step *st, struct link *l,
		       const struct frame *f) MUST_CHECK;
/* The first session with c is up: its invite has done its work. */
void inviter_paired(struct step *st, struct contact *c);

/* May free v. */
void inviter_timers(struct step *st, struct inviter *v);
uint64_t inviter_deadline(const struct node *n, const struct inviter *v);

/* The relation of from goes on as that of to. */
void inviter_move(struct step *st, const struct contact *from,
		  const struct contact *to);
/* Is it to take the place of c? */
bool inviter_is_for(const struct node *n, const struct inviter *v,
		    const struct contact *c);

#endif
