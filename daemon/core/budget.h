/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * budget - a token bucket: so much in a period, so much at once.
 *
 * Exact over any length of time: what is there is counted in parts of the
 * period.  What came may be more than there was; it is owed then, and paid
 * before there is anything again.
 */
#ifndef CORE_BUDGET_H
#define CORE_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

/* count in period_ms, and at most `most` at once; their products with
 * period_ms are far from what a uint64_t holds. */
struct budget_rate {
	uint64_t count, period_ms, most;
};

struct budget {
	uint64_t have; /* times period_ms */
	uint64_t owed; /* the same; one of the two is 0 */
	uint64_t at_ms;
};

/* Full. */
void budget_init(struct budget *b, const struct budget_rate *r,
		 uint64_t now_ms);
void budget_spend(struct budget *b, const struct budget_rate *r, uint64_t n,
		  uint64_t now_ms);
/* n of what was spent need not have been. */
void budget_give(struct budget *b, const struct budget_rate *r, uint64_t n,
		 uint64_t now_ms);
/* Whether more was spent than was there, and is not paid yet: as of the last
 * call of the two above. */
bool budget_is_overdrawn(const struct budget *b);
/* When there will be n, at most `most`; the past if there are. */
uint64_t budget_ready_ms(const struct budget *b, const struct budget_rate *r,
			 uint64_t n);

#endif
