/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * probe_state - what is said of what the tests of probe.h have shown.
 */
#ifndef CORE_PROBE_STATE_H
#define CORE_PROBE_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/probe_report.h"
#include "core/state.h"

/* There is something that ought to be reachable. */
bool probe_has_service(const struct node *n, const struct probe *p);
/* When "reachable" ends, though nothing has happened; or NEVER. */
uint64_t probe_stale_ms(const struct probe *p);
/* FX_REACH, if this step or time has changed what is said. */
void probe_tell(struct step *st);
void probe_show(const struct node *n, struct probe_report *out);

#endif
