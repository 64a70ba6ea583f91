/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * serve - files that go: each chunk as the contact asks for it.
 *
 * Answers in the order of the questions, one chunk in memory for each link,
 * and never more ahead of tor than a few records.
 */
#ifndef CORE_SERVE_H
#define CORE_SERVE_H

#include "core/bulk_frame.h"
#include "core/state.h"

/* Frames; an error: the contact broke a rule, hang up. */
enum err serve_req(struct step *st, struct link *l,
		   const struct frame *f) MUST_CHECK;
enum err serve_cancel(struct step *st, struct link *l,
		      const struct frame *f) MUST_CHECK;
/* Tor has all that was sent on l. */
void serve_drained(struct step *st, struct link *l);
/* EV_BLOB, of a file OUT. */
void serve_blob(struct step *st, struct transfer *t, const struct event *ev);
/* NAK to all that is asked of a file OUT. */
void serve_refuse(struct step *st, struct transfer *t, enum nak_reason why);
void serve_lost(struct link *l);

#endif
