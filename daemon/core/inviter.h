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

/* EV_CMD_INVITE_NEW, EV_CMD_INVITE_DELETE. */
void inviter_create(struct step *st, const struct event *ev);
void inviter_delete(struct step *st, const struct event *ev);

void inviter_come_up(struct inviter *v, uint64_t at_ms);
enum err inviter_frame(struct step *st, struct link *l,
		       const struct frame *f) MUST_CHECK;
/* The first session with c is up: its invite has done its work. */
void inviter_paired(struct step *st, struct contact *c);

/* May free v. */
void inviter_timers(struct step *st, struct inviter *v);
uint64_t inviter_deadline(const struct node *n, const struct inviter *v);

#endif
