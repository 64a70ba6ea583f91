/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * contact - one relation: its row, and when that is saved.
 */
#ifndef CORE_CONTACT_H
#define CORE_CONTACT_H

#include "core/state.h"

/* A relation without a name, a peer or a past, with fresh keys of ours. */
void contact_row_new(struct step *st, struct contact_row *out);
struct contact *contact_new(struct node *n, const struct contact_row *row);
void contact_free(struct node *n, struct contact *c);
struct contact *contact_find(const struct node *n, const struct uid *id);

/* Mark the row, or its counters, as changed; saved at the end of the step. */
void contact_touch(struct contact *c, enum journal_type journal);
void contact_touch_counters(struct contact *c);
/* node_load_file() */
void contact_load_file(struct node *n, const struct file_row *row);
void contact_save(struct step *st, struct contact *c);
/* At the end of the step: saved, and what is over of his files is gone. */
void contact_finish(struct step *st, struct contact *c);
/* From PAIRING, or from nothing, to ACTIVE: saved and told to the user; the
 * store makes the conversation. */
void contact_activate(struct step *st, struct contact *c);
/* The keys in the row are others now: what was made of the old ones is made
 * anew. */
void contact_rekeyed(struct contact *c);
/* The same for the counters: nothing is under way. */
void contact_renumbered(struct contact *c);
/* A disk of this pair went back: tell the user, once. */
void contact_alarm(struct contact *c);

#endif
