/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * replace - what becomes of invites and requests that are to take somebody's
 * place: the end of relink.h, where all of them are known.
 */
#ifndef CORE_REPLACE_H
#define CORE_REPLACE_H

#include "core/state.h"

/* Those that were confirmed take their place: after what an event did, before
 * the timers. */
void replace_finish(struct step *st);
/* The user has deleted or blocked c: nobody is to take his place any more. */
void replace_forget(struct step *st, const struct contact *c);

#endif
