/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * expiry - what becomes of a message whose time has come.
 *
 * due.h knows when to look.
 */
#ifndef CORE_EXPIRY_H
#define CORE_EXPIRY_H

#include "core/state.h"

/* EV_DUE. */
void expiry_take(struct step *st, const struct event *ev);

#endif
