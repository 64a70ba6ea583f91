/* SPDX-License-Identifier: GPL-3.0-or-later
 */
#include "api/consumers.h"

#include <string.h>

#include "api/form.h"
#include "api/handlers.h"
#include "api/page.h"
#include "api/state.h"

#define EVENT_ID_MAX ((INT64_C(1) << 53) - 1)

static bool is_name_byte(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' ||
	       c == '_' || c == '-';
}

bool consumers_read_name(struct bytes text, struct consumer_name *out)
{
	if (text.n == 0 || text.n > CONSUMER_NAME_MAX)
		return false;
	for (size_t i = 0; i < text.n; i++)
		if (!is_name_byte(text.p[i]))
			return false;
	memcpy(out->s, text.p, text.n);
	out->s[text.n] = '\0';
	return true;
}

/* What cursors hold in the place of an id. */
static struct uid uid_of(uint64_t id)
{
	struct uid uid = {{0}};

	for (size_t i = 0; i < sizeof(id); i++)
		uid.b[i] = (uint8_t)(id >> (8 * (sizeof(id) - 1 - i)));
	return uid;
}

static uint64_t id_of(const struct uid *uid)
{
	uint64_t id = 0;

	for (size_t i = 0; i < sizeof(id); i++)
		id = id << 8 | uid->b[i];
	return id;
}

static void view(struct jout *j, const struct consumer_info *c, uint64_t last)
{
	jout_open(j, NULL, '{');
	jout_str(j, "name", c->name.s);
	jout_uint(j, "acked_id", c->acked);
	jout_uint(j, "behind", last - c->acked);
	jout_time(j, "created_at", c->created_ms);
	jout_time(j, "updated_at", c->updated_ms);
	jout_close(j, '}');
}

struct consumer_page {
	struct page page;
	uint64_t last; /* of the journal */
};

static bool put_consumer(void *ctx, const struct consumer_info *c)
{
	struct consumer_page *p = ctx;
	struct uid uid = uid_of(c->id);

	if (!page_take(&p->page, &uid))
		return false;
	view(p->page.j, c, p->last);
	return true;
}

struct reply *api_consumers_list(struct request *r)
{
	struct journal_range range = {0, 0};
	struct consumer_page p;
	struct reply *bad = page_open(&p.page, r, ID_CONSUMER);
	uint64_t after;
	enum err e;

	if (bad)
		return bad;
	e = query_journal_range(r->store, &range);
	if (e)
		return reply_err(r, e);
	p.last = range.last;
	after = p.page.has_after ? id_of(&p.page.after) : 0;
	return page_close_err(
	    &p.page, r,
	    consumer_list(r->store, after, p.page.limit + 1, put_consumer, &p));
}

static struct reply *show(struct request *r, const struct consumer_info *c)
{
	struct journal_range range;
	enum err e = query_journal_range(r->store, &range);

	if (e)
		return reply_err(r, e);
	view(reply_body(r), c, range.last);
	return reply_json(r, 200);
}

struct reply *api_consumer_get(struct request *r)
{
	struct consumer_info c;
	enum err e = consumer_find(r->store, &r->path_consumer, &c);

	return e ? reply_err(r, e) : show(r, &c);
}

struct reply *api_consumer_put(struct request *r)
{
	struct consumer_info c;
	struct reply *bad;
	struct form f;
	int64_t acked;
	enum err e;

	form_of_body(&f, r);
	acked = form_int(&f, "acked_id", 0, EVENT_ID_MAX, -1);
	if (acked < 0 && f.fault_count == 0)
		form_fault(&f, "acked_id", "missing", "is required");
	bad = form_done(&f);
	if (bad)
		return bad;
	e = consumer_ack(r->store, &r->path_consumer, (uint64_t)acked,
			 api_wall_ms(r->api), &c);
	if (e == ERR_RANGE)
		return reply_error(r, PROBLEM_CONFLICT, "no event has that id");
	if (e == ERR_FULL)
		return reply_error(r, PROBLEM_CONFLICT, "at most %d consumers",
				   CONSUMERS_MAX);
	return e ? reply_err(r, e) : show(r, &c);
}

struct reply *api_consumer_delete(struct request *r)
{
	enum err e = consumer_delete(r->store, &r->path_consumer);

	return e ? reply_err(r, e) : reply_empty(r, 204);
}
