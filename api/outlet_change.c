/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Other hooks than before, while users are unlocked.  A hook is known by its
 * name: one that stays goes on where it was, whatever else about it is new.
 */
#include <string.h>

#include "api/outlet.h"
#include "api/state.h"

static void drop_hooks(struct api *a)
{
	struct list_node *n, *t;

	list_for_each_safe (n, t, &a->outlets.list) {
		struct outlet *o = list_entry(n, struct outlet, node);

		if (o->is_webhook)
			continue;
		outlet_ack(a, o);
		outlet_forget(o);
	}
}

static bool renew(void *ctx, const struct api_user *u)
{
	struct api *a = ctx;

	if (api_store(a, u->id))
		outlets_on_user(a, u->id);
	return true;
}

void api_change_hooks(struct api *a, const struct api_hook *hooks, size_t count)
{
	drop_hooks(a);
	memset(a->outlets.hooks, 0, sizeof(a->outlets.hooks));
	a->outlets.ports.hooks = hooks;
	a->outlets.ports.hook_count = count;
	a->ports.users_each(a->ports.ctx, renew, a);
}
