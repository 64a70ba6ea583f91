/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/probe_plan.h"

#include "core/backoff.h"

enum {
	SECOND_MS = 1000,
	MINUTE_MS = 60 * SECOND_MS,
	SOON_MIN_MS = 3 * SECOND_MS,
	SOON_MAX_MS = 30 * SECOND_MS,
	ASKED_MAX_MS = 500,
	ASKED_CELL_MAX_MS = 5 * SECOND_MS,
	CALM_MIN_MS = 30 * MINUTE_MS,
	CALM_MAX_MS = 90 * MINUTE_MS,
	OTHERS_MIN_MS = 5 * MINUTE_MS,
	OTHERS_MAX_MS = 15 * MINUTE_MS,
	UNCLEAR_FIRST_MS = MINUTE_MS,
	FAILED_FIRST_MS = 10 * SECOND_MS,
	WAIT_MAX_MS = 60 * MINUTE_MS,
	DOWN_FAILURES = 2,
	PATIENT_FAILURES = DOWN_FAILURES + 3,
};

uint64_t probe_plan_soon_ms(struct rng *r)
{
	return wait_between_ms(r, SOON_MIN_MS, SOON_MAX_MS);
}

uint64_t probe_plan_asked_ms(struct rng *r, bool is_door)
{
	return is_door ? wait_between_ms(r, 0, ASKED_MAX_MS)
		       : wait_between_ms(r, ASKED_MAX_MS, ASKED_CELL_MAX_MS);
}

uint64_t probe_plan_calm_ms(struct rng *r, bool has_others)
{
	return has_others ? wait_between_ms(r, OTHERS_MIN_MS, OTHERS_MAX_MS)
			  : wait_between_ms(r, CALM_MIN_MS, CALM_MAX_MS);
}

/* Between first << (n - 1) and twice that, an hour at most. */
static uint64_t doubled_ms(struct rng *r, uint64_t first_ms, unsigned n)
{
	uint64_t bound_ms = 2 * first_ms;

	while (n-- > 1 && bound_ms < WAIT_MAX_MS)
		bound_ms *= 2;
	if (bound_ms > WAIT_MAX_MS)
		bound_ms = WAIT_MAX_MS;
	return wait_between_ms(r, bound_ms / 2, bound_ms);
}

uint64_t probe_plan_unclear_ms(struct rng *r, unsigned unclear)
{
	return doubled_ms(r, UNCLEAR_FIRST_MS, unclear);
}

uint64_t probe_plan_failed_ms(struct rng *r, unsigned failures)
{
	return doubled_ms(r, FAILED_FIRST_MS, failures);
}

bool probe_plan_is_down(unsigned failures)
{
	return failures >= DOWN_FAILURES;
}

bool probe_plan_is_patient(unsigned failures)
{
	return failures >= PATIENT_FAILURES;
}

enum probe_repair probe_plan_repair(unsigned failures)
{
	if (!probe_plan_is_down(failures))
		return REPAIR_NONE;
	return (failures - DOWN_FAILURES) % 2 == 0 ? REPAIR_PUBLISH
						   : REPAIR_CIRCUITS;
}
