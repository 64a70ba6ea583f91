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
/* Whether what comes in may be let in at all. */
bool presence_is_off(const struct node *n);

#endif
