/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/event_names.h"
#include "api/handlers.h"
#include "api/outlet.h"
#include "api/page.h"
#include "api/state.h"
#include "api/webhooks.h"

void view_types(struct jout *j, uint32_t types)
{
	jout_open(j, "types", '[');
	for (unsigned i = 0; i < EVENT_KEPT; i++)
		if (event_names[i] && types & UINT32_C(1) << i)
			jout_str(j, NULL, event_names[i]);
	jout_close(j, ']');
}

static void put_hook(struct jout *j, const struct api_hook *h,
		     const struct outlet_hook *state)
{
	jout_open(j, NULL, '{');
	jout_str(j, "name", h->name);
	jout_str(j, "user", h->user);
	view_types(j, h->types);
	jout_bool(j, "is_running", state->parcel != 0);
	jout_uint(j, "runs", state->runs);
	jout_uint(j, "failures", state->failures);
	jout_uint(j, "dropped", state->dropped);
	if (state->has_run)
		jout_uint(j, "last_exit", state->last_exit);
	else
		jout_null(j, "last_exit");
	jout_time(j, "last_run_at", state->last_ms);
	jout_close(j, '}');
}

/* What cursors hold in the place of an id. */
static struct uid uid_of(size_t i)
{
	return (struct uid){{(uint8_t)(i + 1)}};
}

struct reply *api_hooks_list(struct request *r)
{
	const struct api *a = r->api;
	struct page p;
	struct reply *bad = page_open(&p, r, ID_HOOK);

	if (bad)
		return bad;
	for (size_t i = p.has_after ? p.after.b[0] : 0;
	     i < a->outlets.ports.hook_count; i++) {
		struct uid uid = uid_of(i);

		if (!page_take(&p, &uid))
			break;
		put_hook(p.j, &a->outlets.ports.hooks[i], &a->outlets.hooks[i]);
	}
	return page_close(&p, r);
}
