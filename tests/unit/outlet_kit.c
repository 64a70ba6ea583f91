/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "outlet_kit.h"

#include <stdio.h>

#include "check.h"
#include "store/consumer.h"

struct sent *last_sent(struct world *w)
{
	assert_true(w->sent_count > 0);
	return &w->sent[w->sent_count - 1];
}

void end(struct world *w, uint64_t id, enum parcel_end how, unsigned code)
{
	const struct parcel p = {
	    .type = PARCEL_END, .id = id, .end = how, .code = code};

	api_parcel_end(w->api, &p);
}

void exits(struct world *w, unsigned code)
{
	end(w, last_sent(w)->id, PARCEL_EXITED, code);
}

void answers(struct world *w, unsigned status)
{
	end(w, last_sent(w)->id, PARCEL_ANSWERED, status);
}

void pass_ms(struct world *w, uint64_t ms)
{
	w->mono_ms += ms;
	w->wall_ms += ms;
	api_tick(w->api);
}

/* Nothing before that time, and something then. */
void sends_after(struct world *w, uint64_t ms)
{
	size_t before = w->sent_count;

	assert_int_equal(api_deadline(w->api), w->mono_ms + ms);
	pass_ms(w, ms - 1);
	assert_int_equal(w->sent_count, before);
	pass_ms(w, 1);
	assert_int_equal(w->sent_count, before + 1);
}

uint64_t acked(struct world *w, const char *name)
{
	struct consumer_info c = {.acked = UINT64_MAX};
	struct consumer_name n;
	enum err e;

	snprintf(n.s, sizeof(n.s), "%s", name);
	e = consumer_find(w->people[ALICE].kit.store, &n, &c);
	assert_true(e == OK || e == ERR_NOT_FOUND);
	return c.acked;
}

uint64_t newest(struct world *w)
{
	struct journal_range range;

	assert_ok(query_journal_range(w->people[ALICE].kit.store, &range));
	return range.last;
}

const char *users_path(struct world *w, int who, const char *rest)
{
	return fmt("/v1/users/%s%s", text_id("usr", w->people[who].user.id),
		   rest);
}

void comes_to(struct world *w, int who, const char *text)
{
	struct effect contact = {.type = FX_SAVE_CONTACT,
				 .contact = kit_contact(1)};
	struct effect message = kit_message_in(1, ++w->seq, text);

	kit_save(&w->people[who].kit, &contact);
	kit_save(&w->people[who].kit, &message);
	api_journal_advanced(w->api, w->people[who].user.id);
}
