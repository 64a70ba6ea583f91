/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * presence - whether anything of this user is up at all, by tor's state and
 * by his own mode, and at what time each part comes up.
 */
#ifndef CORE_PRESENCE_H
#define CORE_PRESENCE_H

#include "core/state.h"

/* Tor became usable, or stopped being so. */
void presence_transport(struct step *st, bool tor_ready);
/* The user has chosen another mode. */
void presence_changed(struct step *st);
/* EV_PUBLISHED, EV_WAKE, EV_CMD_SELF_TEST */
void presence_published(struct step *st, const struct service_id *service);
void presence_wake(struct step *st);
void presence_self_test(struct step *st, const struct event *ev);
/* Of what is ours and no contact's. */
void presence_timers(struct step *st);
uint64_t presence_deadline(const struct node *n);
/* Whether what comes in may be let in at all. */
bool presence_is_off(const struct node *n);

#endif
