/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * epochs - worlds in which keys change often, and what holds of keys in all.
 */
#ifndef TESTS_SIM_EPOCHS_H
#define TESTS_SIM_EPOCHS_H

#include "tests/sim/world.h"

/* A world whose keys live for a minute or so. */
struct world *epochs_world(uint64_t seed, int hosts);

/* A stranger sends what gives a contact of this host's a reason for the
 * alarm; and whether one did. */
void epochs_provoke(struct world *w, int host,
		    const struct service_id *service);
bool epochs_provoked(const struct world *w, int host, const struct uid *id);
/* One of the two dials with a key that the other does not take. */
bool epochs_parted(const struct contact_row *a, const struct contact_row *b);

#endif
