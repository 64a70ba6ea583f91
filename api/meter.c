/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/meter.h"

#include <stdlib.h>
#include <string.h>

#include "util/mem.h"

static void grow(struct meter *m, size_t count)
{
	m->rows = xrealloc(m->rows, count * sizeof(*m->rows));
	memset(m->rows + m->count, 0, (count - m->count) * sizeof(*m->rows));
	m->count = count;
}

void meter_answer(struct meter *m, size_t number, unsigned status)
{
	struct meter_row *row;
	size_t i = 0;

	if (number >= m->count)
		grow(m, number + 1);
	row = &m->rows[number];
	while (i + 1 < METER_STATUSES && row->answers[i].status != status &&
	       row->answers[i].status != 0)
		i++;
	row->answers[i].status = status;
	row->answers[i].count++;
}

void meter_clear(struct meter *m)
{
	free(m->rows);
	*m = (struct meter){.rows = NULL};
}
