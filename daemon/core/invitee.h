/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * invitee - our request to somebody whose invite we have: dials until it is
 * answered or has expired.
 *
 * All keys and the nonce are on the disk before the first dial, so a claim
 * can be made again after any cut (PROTOCOL 8).
 */
#ifndef CORE_INVITEE_H
#define CORE_INVITEE_H

#include "core/state.h"

struct invitee *invitee_new(struct node *n, const struct request_row *row);
void invitee_free(struct node *n, struct invitee *v);

/* EV_CMD_CONNECT, EV_CMD_REQUEST_DELETE. */
void invitee_create(struct step *st, const struct event *ev);
void invitee_delete(struct step *st, const struct event *ev);

/* At NEVER: not while there is no transport. */
void invitee_come_up(struct invitee *v, uint64_t at_ms);

/* The inviter has proved itself on l. */
void invitee_open(struct step *st, struct link *l);
enum err invitee_frame(struct step *st, struct link *l,
		       const struct frame *f) MUST_CHECK;
void invitee_link_lost(struct step *st, struct invitee *v, struct link *l);

/* May free v. */
void invitee_timers(struct step *st, struct invitee *v);
uint64_t invitee_deadline(const struct node *n, const struct invitee *v);

#endif
