/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/page.h"
#include "api/reply.h"

void page_read(struct page *p, struct form *f, enum id_kind kind)
{
	*p = (struct page){.kind = kind};
	p->limit = (size_t)form_int(f, "limit", 1, PAGE_LIMIT_MAX, PAGE_LIMIT);
	p->has_after = form_cursor(f, kind, &p->after);
}

struct reply *page_begin(struct page *p, struct request *r, struct form *f)
{
	struct reply *bad = form_done(f);

	if (bad)
		return bad;
	p->j = reply_body(r);
	jout_open(p->j, NULL, '{');
	jout_open(p->j, "items", '[');
	return NULL;
}

struct reply *page_open(struct page *p, struct request *r, enum id_kind kind)
{
	struct form f;

	form_of_query(&f, r);
	page_read(p, &f, kind);
	return page_begin(p, r, &f);
}

const struct uid *page_after(const struct page *p)
{
	return p->has_after ? &p->after : NULL;
}

bool page_take(struct page *p, const struct uid *id)
{
	if (p->count == p->limit) {
		p->has_more = true;
		return false;
	}
	p->count++;
	p->last = *id;
	return true;
}

struct reply *page_close(struct page *p, struct request *r)
{
	char cursor[CURSOR_TEXT + 1];

	jout_close(p->j, ']');
	if (p->has_more) {
		cursor_encode(p->kind, &p->last, cursor);
		jout_str(p->j, "next_cursor", cursor);
	} else {
		jout_null(p->j, "next_cursor");
	}
	jout_close(p->j, '}');
	return reply_json(r, 200);
}

struct reply *page_close_err(struct page *p, struct request *r, enum err e)
{
	/* The place where the page before ended is no more. */
	if (e == ERR_NOT_FOUND)
		return reply_error(r, PROBLEM_CURSOR_EXPIRED, NULL);
	if (e)
		return reply_err(r, e);
	return page_close(p, r);
}
