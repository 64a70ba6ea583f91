/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * places - invites by which a relation takes the place of another.
 */
#ifndef TESTS_SIM_PLACES_H
#define TESTS_SIM_PLACES_H

#include "tests/sim/world.h"

/* As world_invite() and world_connect(), for the place of a contact; NULL: of
 * none. */
struct uid world_invite_for(struct world *w, int host,
			    const struct uid *contact);
enum err world_connect_for(struct world *w, int host, int inviter,
			   const struct uid *invite, const struct uid *contact);

#endif
