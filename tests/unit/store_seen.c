/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store_seen.h"

#include <stdlib.h>

#include "check.h"

static bool next(struct seen *s, const struct uid *id)
{
	assert_true(s->count < ARRAY_SIZE(s->id));
	s->id[s->count++] = *id;
	return s->count != s->stop_at;
}

bool see_contact(void *ctx, const struct contact_row *row)
{
	((struct seen *)ctx)->contact = *row;
	return next(ctx, &row->id);
}

bool see_invite(void *ctx, const struct invite_row *row)
{
	((struct seen *)ctx)->invite = *row;
	return next(ctx, &row->id);
}

bool see_request(void *ctx, const struct request_row *row)
{
	((struct seen *)ctx)->request = *row;
	return next(ctx, &row->id);
}

bool see_message(void *ctx, const struct message_info *m)
{
	struct seen *s = ctx;

	assert_true(m->row.body.n < sizeof(s->body));
	memset(s->body, 0, sizeof(s->body));
	if (m->row.body.n > 0)
		memcpy(s->body, m->row.body.p, m->row.body.n);
	s->message = *m;
	return next(s, &m->row.id);
}

bool see_conversation(void *ctx, const struct conversation_info *c)
{
	struct seen *s = ctx;

	s->conversation[s->count] = *c;
	return next(s, &c->id);
}

bool see_journal(void *ctx, const struct journal_info *j)
{
	struct seen *s = ctx;

	s->journal[s->count] = *j;
	return next(s, &j->object);
}

bool see_file(void *ctx, const struct file_info *f)
{
	struct seen *s = ctx;

	s->file = *f;
	assert_true(f->row.have.n <= sizeof(s->have));
	if (f->row.have.n > 0)
		memcpy(s->have, f->row.have.p, f->row.have.n);
	s->file.row.have.p = NULL;
	return next(s, &f->row.id);
}

static void load_contact(void *ctx, const struct contact_row *row)
{
	see_contact(ctx, row);
}

static void load_invite(void *ctx, const struct invite_row *row)
{
	see_invite(ctx, row);
}

static void load_request(void *ctx, const struct request_row *row)
{
	see_request(ctx, row);
}

static void load_self(void *ctx, const struct self_row *row)
{
	struct seen *s = ctx;

	s->self = *row;
	s->selves++;
}

static void load_file(void *ctx, const struct file_row *row)
{
	struct seen *s = ctx;

	s->files++;
	s->file.row = *row;
	assert_true(row->have.n <= sizeof(s->have));
	if (row->have.n > 0)
		memcpy(s->have, row->have.p, row->have.n);
	s->file.row.have.p = NULL; /* it points elsewhere by then */
}

struct seen load_all(struct kit *k)
{
	struct seen s = {.count = 0};
	struct load_sink sink = {.ctx = &s,
				 .contact = load_contact,
				 .invite = load_invite,
				 .request = load_request,
				 .self = load_self,
				 .file = load_file};

	assert_ok(store_load(k->store, &sink));
	return s;
}

struct seen read_journal(struct kit *k)
{
	struct seen s = {.count = 0};

	assert_ok(query_journal(k->store, 0, 64, see_journal, &s));
	return s;
}

int start_kit(void **state)
{
	struct kit *k = xcalloc(1, sizeof(*k));

	kit_start(k);
	*state = k;
	return 0;
}

int end_kit(void **state)
{
	kit_end(*state);
	free(*state);
	return 0;
}

void assert_uid(struct uid a, struct uid b)
{
	assert_memory_equal(a.b, b.b, sizeof(a.b));
}

void assert_journal(const struct journal_info *j, enum journal_type type,
		    struct uid object)
{
	assert_int_equal(j->type, type);
	assert_uid(j->object, object);
}
