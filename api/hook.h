/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * hook - what the API and the shell say to each other of hooks and webhooks:
 * parcels go out, and their ends come in.
 */
#ifndef API_HOOK_H
#define API_HOOK_H

#include <stdbool.h>

#include "api/parcel.h"

struct api;

/* A command hook of the configuration: what it is told, not what it runs. */
struct api_hook {
	const char *name;
	uint32_t types;	  /* bits, as event_names_read() gives them */
	const char *user; /* whose events: his name or id; NULL: everybody's */
};

struct hook_ports {
	void *ctx;
	/* Hands it on to the one who runs hooks, or to the one who posts; ends
	 * with api_parcel_end(), or with api_courier().  False: not now. */
	bool (*deliver)(void *ctx, const struct parcel *p);
	/* There are webhooks: somebody who posts is needed from now on. */
	void (*need_poster)(void *ctx);
	const struct api_hook *hooks; /* stay */
	size_t hook_count;	      /* PARCEL_HOOKS_MAX at most */
};

/* Once, before the first user is there.  Copied. */
void api_set_hooks(struct api *a, const struct hook_ports *ports);
/* Others, of which the one who runs them knows as well: who was there before
 * is not asked any more.  What was on its way is sent again. */
void api_change_hooks(struct api *a, const struct api_hook *hooks,
		      size_t count);
/* The one who runs hooks (PARCEL_RUN) or posts (PARCEL_POST) is there, anew; or
 * is gone, and with him what was on its way. */
void api_courier(struct api *a, enum parcel_type kind, bool is_there);
/* How it went with what was delivered: a PARCEL_END. */
void api_parcel_end(struct api *a, const struct parcel *end);

#endif
