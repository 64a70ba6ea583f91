/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * probe_plan - when a service of ours is tested, and what is done when it
 * fails.  Every wait is random: who sees two of them learns nothing of a third.
 */
#ifndef CORE_PROBE_PLAN_H
#define CORE_PROBE_PLAN_H

#include <stdbool.h>

#include "core/probe_report.h"
#include "core/rng.h"

/* It was published, or tor has come, or something has happened. */
uint64_t probe_plan_soon_ms(struct rng *r);
/* The user asks.  The cells come after the door, so that a directory which
 * has both does not see them asked for at once. */
uint64_t probe_plan_asked_ms(struct rng *r, bool is_door);
/* The last one passed.  has_others: there are cells that nothing ever came
 * through. */
uint64_t probe_plan_calm_ms(struct rng *r, bool has_others);
/* So many results in a row said nothing. */
uint64_t probe_plan_unclear_ms(struct rng *r, unsigned unclear);
/* So many failed in a row, the last one just now. */
uint64_t probe_plan_failed_ms(struct rng *r, unsigned failures);
enum probe_repair probe_plan_repair(unsigned failures);
/* That many failures are no accident. */
bool probe_plan_is_down(unsigned failures);
/* All has been tried twice: from here on only time helps, not who asks. */
bool probe_plan_is_patient(unsigned failures);

#endif
