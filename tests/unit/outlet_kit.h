/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * outlet_kit - what the tests of hooks and of webhooks do with parcels.
 */
#ifndef TESTS_UNIT_OUTLET_KIT_H
#define TESTS_UNIT_OUTLET_KIT_H

#include "api_kit.h"

struct sent *last_sent(struct world *w);
void end(struct world *w, uint64_t id, enum parcel_end how, unsigned code);
void exits(struct world *w, unsigned code);
void answers(struct world *w, unsigned status);
void pass_ms(struct world *w, uint64_t ms);
void sends_after(struct world *w, uint64_t ms);
uint64_t acked(struct world *w, const char *name);
uint64_t newest(struct world *w);
const char *users_path(struct world *w, int who, const char *rest);
void comes_to(struct world *w, int who, const char *text);

#endif
