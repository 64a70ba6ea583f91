/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * step - small things that every part of a node's step needs.
 */
#ifndef CORE_STEP_H
#define CORE_STEP_H

#include "core/state.h"

void step_random(struct step *st, void *out, size_t n);
/* A new id of ours; ids sort by time, and are unique whatever the clock. */
void step_uid(struct step *st, struct uid *out);
void step_put(struct step *st, const struct effect *e);
void step_reply(struct step *st, const struct event *ev, enum err err);
/* now + low .. high. */
uint64_t step_after(struct step *st, uint64_t low_ms, uint64_t high_ms);
bool step_is_due(const struct step *st, uint64_t at_ms);

uint64_t earlier(uint64_t a_ms, uint64_t b_ms);

#endif
