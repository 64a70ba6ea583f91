/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/handlers.h"
#include "api/page.h"
#include "api/views.h"

struct contact_page {
	struct request *r;
	struct page *page;
};

static bool put_contact(void *ctx, const struct contact_row *row)
{
	struct contact_page *cp = ctx;

	if (!page_take(cp->page, &row->id))
		return false;
	view_contact(cp->page->j, NULL, cp->r->api, request_user(cp->r), row);
	return true;
}

struct reply *api_contacts_list(struct request *r)
{
	struct page p;
	struct reply *bad = page_open(&p, r, ID_CONTACT);
	struct contact_page cp = {r, &p};

	if (bad)
		return bad;
	return page_close_err(&p, r,
			      query_contacts(r->store, page_after(&p),
					     p.limit + 1, put_contact, &cp));
}

struct reply *api_contact_get(struct request *r)
{
	enum err e = view_contact_of(reply_body(r), NULL, r->api,
				     request_user(r), r->path[ID_CONTACT]);

	return e ? reply_err(r, e) : reply_json(r, 200);
}
