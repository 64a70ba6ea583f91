/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * invitee - our request to somebody whose invite we have: dials until it is
 * answered or has expired.
 *
 * All keys and the nonce are on the disk before the first dial, so a claim
 * can be made again after any cut (PROTOCOL 8).  Requests of other kinds are
 * kept here too; what is special about them is in wishes.c.
 */
#ifndef CORE_INVITEE_H
#define CORE_INVITEE_H

#include "core/state.h"

struct invitee *invitee_new(struct node *n, const struct request_row *row);
/* What was on the disk; those that came to their end stay there. */
void invitee_load(struct node *n, const struct request_row *row);
/* It came to its end, and is only waiting for its links. */
bool invitee_is_over(const struct invitee *v);
void invitee_free(struct node *n, struct invitee *v);

struct invitee *invitee_find(const struct node *n, const struct uid *id);
/* The one that has this invite. */
struct invitee *invitee_by_invite(const struct node *n,
				  const uint8_t invite[static INVITE_BYTES]);
/* How many there are for which our user waits. */
size_t invitee_count(const struct node *n);
/* Whether there may be one more of these.  ERR_FULL. */
enum err invitee_room(const struct node *n) MUST_CHECK;
/* Whether we may use it.  ERR_STATE: it is over, or one of ours; as in
 * invite_unpack(); ERR_VERSION also for a flag that we do not know. */
enum err invitee_check(const struct step *st,
		       const uint8_t invite[static INVITE_BYTES]) MUST_CHECK;

void invitee_set_state(struct invitee *v, enum request_state s);
void invitee_save(struct step *st, const struct invitee *v,
		  enum journal_type journal);
/* Comes to its end in state s; the row stays for people to see, without
 * what was secret in it. */
void invitee_finish(struct step *st, struct invitee *v, enum request_state s);
/* No trace of it stays, on the disk neither.  Frees v. */
void invitee_forget(struct step *st, struct invitee *v,
		    enum journal_type journal);
/* PROTOCOL 8.2: Keys, r and nonce of a request MUST be on disk before the
 * first dial and MUST be the same at each try. */
void invitee_draw_keys(struct step *st, struct request_row *row);
/* It is saved: dials. */
void invitee_start(struct step *st, struct invitee *v);

/* EV_CMD_CONNECT, EV_CMD_REQUEST_DELETE. */
void invitee_create(struct step *st, const struct event *ev);
void invitee_delete(struct step *st, const struct event *ev);

/* At NEVER: not while there is no transport. */
void invitee_come_up(struct invitee *v, uint64_t at_ms);
/* Says HELLO on l. */
void invitee_hello(struct step *st, struct link *l);
/* The inviter has proved itself on l. */
void invitee_open(struct step *st, struct link *l);
enum err invitee_frame(struct step *st, struct link *l,
		       const struct frame *f) MUST_CHECK;
void invitee_link_lost(struct step *st, struct invitee *v, struct link *l);

/* May free v. */
void invitee_timers(struct step *st, struct invitee *v);
uint64_t invitee_deadline(const struct node *n, const struct invitee *v);

#endif
