/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * meter - counts the answers of the API, by operation and status.
 *
 * Operations have the numbers of their routes, so that no id of anybody is in
 * it.  Pure: the time is an argument.
 */
#ifndef API_METER_H
#define API_METER_H

#include <stddef.h>

#include "util/histogram.h"

/* More statuses than these an operation does not have. */
enum { METER_STATUSES = 24 };

struct meter_row {
	struct {
		unsigned status; /* 0: not used yet */
		uint64_t count;
	} answers[METER_STATUSES];
};

/* All 0 at first. */
struct meter {
	struct meter_row *rows; /* by number */
	size_t count;
	struct histogram times; /* until the head of the answer */
};

void meter_answer(struct meter *m, size_t number, unsigned status);
void meter_clear(struct meter *m);

#endif
