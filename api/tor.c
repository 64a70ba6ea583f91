/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/handlers.h"
#include "api/request.h"
#include "api/views.h"

struct reply *api_tor_get(struct request *r)
{
	view_tor(reply_body(r), r->api, &r->caller);
	return reply_json(r, 200);
}
