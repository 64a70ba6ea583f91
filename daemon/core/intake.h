/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * intake - how much is taken from a contact.
 *
 * Whoever sends more than his budget is left unread for a while, on all his
 * links; he is neither refused nor told.
 */
#ifndef CORE_INTAKE_H
#define CORE_INTAKE_H

#include "core/state.h"

void intake_init(const struct node *n, struct contact *c);
/* A stream came in on his cell.  True: these are too many. */
bool intake_stream(struct step *st, struct contact *c);
/* It is one of class BULK that proved itself, and does not count as long as
 * there are not far too many. */
void intake_stream_proved(struct step *st, struct contact *c);
/* A link of a contact is up, or its own reason not to be read may have
 * changed. */
void intake_update(struct step *st, struct link *l);
void intake_record(struct step *st, struct contact *c, size_t bytes);
void intake_frame(struct step *st, struct contact *c, enum frame_type type);
void intake_timers(struct step *st, struct contact *c);
uint64_t intake_deadline(const struct node *n, const struct contact *c);

#endif
