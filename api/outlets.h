/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * outlets - all ways out of the journals, as the API keeps them (outlet.h).
 */
#ifndef API_OUTLETS_H
#define API_OUTLETS_H

#include "api/hook.h"
#include "core/types.h"
#include "util/list.h"

/* One command hook, whichever user it is for. */
struct outlet_hook {
	uint64_t parcel; /* it runs for this one; 0: it does not run */
	uint64_t runs, failures, dropped;
	bool has_run;
	unsigned last_exit;
	uint64_t last_ms; /* wall clock: when it last ended */
};

struct outlets {
	struct hook_ports ports;
	struct list list;
	struct outlet_hook hooks[PARCEL_HOOKS_MAX];
	/* Is somebody there who runs hooks, and who posts? */
	bool has_runner, has_poster;
	bool asked_for_poster;
	uint64_t last_parcel;
};

void outlets_init(struct outlets *os);
void outlets_clear(struct outlets *os);

/* He was unlocked, or locked. */
void outlets_on_user(struct api *a, struct uid user);
/* There is something new in his journal. */
void outlets_wake(struct api *a, const struct uid *user);
uint64_t outlets_deadline(const struct api *a);
void outlets_tick(struct api *a);

#endif
