/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * api_world - what the files of the API's small world share.
 */
#ifndef API_WORLD_H
#define API_WORLD_H

#include "api_kit.h"

/* NULL: he is not there. */
struct person *world_find(struct world *w, struct uid id);
/* Something with a ticket; world_settle() ends it, now or later. */
struct pending *world_add(struct world *w, uint64_t ticket, struct uid user);
void world_settle(struct world *w);

/* Fills in the ports of what is the admin's. */
void world_admin_ports(struct api_ports *out);

#endif
