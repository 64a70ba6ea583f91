/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/budget.h"

#include <assert.h>

void budget_init(struct budget *b, const struct budget_rate *r, uint64_t now_ms)
{
	assert(r->count > 0 && r->period_ms > 0 && r->most > 0);
	b->have = r->most * r->period_ms;
	b->owed = 0;
	b->at_ms = now_ms;
}

/* What has come in since at_ms.  Longer than it takes to pay and to fill, it
 * need not be counted. */
static void refill(struct budget *b, const struct budget_rate *r,
		   uint64_t now_ms)
{
	uint64_t full = r->most * r->period_ms;
	uint64_t passed_ms = now_ms > b->at_ms ? now_ms - b->at_ms : 0;
	uint64_t room, more;

	/* The rate may be a lower one than the last time. */
	if (b->have > full)
		b->have = full;
	room = b->owed + full - b->have;
	b->at_ms = now_ms;
	more = passed_ms > room / r->count ? room : passed_ms * r->count;
	if (more <= b->owed) {
		b->owed -= more;
		return;
	}
	b->have += more - b->owed;
	b->owed = 0;
}

void budget_spend(struct budget *b, const struct budget_rate *r, uint64_t n,
		  uint64_t now_ms)
{
	uint64_t cost = n * r->period_ms;

	refill(b, r, now_ms);
	if (cost <= b->have) {
		b->have -= cost;
		return;
	}
	b->owed += cost - b->have;
	b->have = 0;
}

void budget_give(struct budget *b, const struct budget_rate *r, uint64_t n,
		 uint64_t now_ms)
{
	uint64_t back = n * r->period_ms, full = r->most * r->period_ms;

	refill(b, r, now_ms);
	if (back <= b->owed) {
		b->owed -= back;
		return;
	}
	back -= b->owed;
	b->owed = 0;
	b->have = back < full - b->have ? b->have + back : full;
}

bool budget_is_overdrawn(const struct budget *b)
{
	return b->owed > 0;
}

uint64_t budget_ready_ms(const struct budget *b, const struct budget_rate *r,
			 uint64_t n)
{
	uint64_t want = (n < r->most ? n : r->most) * r->period_ms + b->owed;

	if (want <= b->have)
		return b->at_ms;
	return b->at_ms + (want - b->have + r->count - 1) / r->count;
}
