/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * outbox - our messages to one contact: numbered, transmitted within a
 * window, acknowledged in order, transmitted again on the next session.
 *
 * Keeps no text: what is to be sent is fetched from the disk.  An
 * acknowledgement counts only if it names the content that we sent, by its
 * chain value; that is how a disk that went back is found out, ours or the
 * peer's.
 */
#ifndef CORE_OUTBOX_H
#define CORE_OUTBOX_H

#include "core/state.h"

/* His relation is over: what he has not acknowledged fails, and what comes next
 * is the first message of another. */
void outbox_detach(struct step *st, struct contact *c);
/* After the start: what was handed to links of an earlier life is queued. */
void outbox_start(struct step *st, struct contact *c);

/* Numbers, chains, saves and if possible transmits a message.  Of row are set:
 * id, kind, body, extra, hidden, and what else the kind needs. */
void outbox_put(struct step *st, struct contact *c, struct message_row *row,
		enum journal_type journal);
/* Asks the disk for what may be transmitted now. */
void outbox_pump(struct step *st, struct contact *c);
void outbox_fetched(struct step *st, struct contact *c,
		    const struct message_row *rows, size_t count);

/* The session that transmits is another one now, or none. */
void outbox_rewind(struct step *st, struct contact *c);
void outbox_offline(struct step *st, struct contact *c);

/* The contact read one of ours, and all before it, at that time of the wall
 * clock. */
void outbox_read(struct step *st, struct contact *c, const struct mid *mid,
		 uint64_t at_ms);

/* Tor has all that was sent on l. */
void outbox_drained(struct step *st, struct link *l);
void outbox_timers(struct step *st, struct contact *c);
uint64_t outbox_deadline(const struct contact *c);

enum err outbox_hello(struct step *st, struct link *l,
		      const struct frame_hello *h) MUST_CHECK;
enum err outbox_ack(struct step *st, struct link *l,
		    const struct frame_ack *a) MUST_CHECK;

#endif
