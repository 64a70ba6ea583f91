/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "util/histogram.h"

const unsigned histogram_bounds_ms[HISTOGRAM_BOUNDS] = {
    1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 10000};

void histogram_add(struct histogram *h, uint64_t us)
{
	size_t i = 0;

	while (i < HISTOGRAM_BOUNDS &&
	       us > (uint64_t)histogram_bounds_ms[i] * 1000)
		i++;
	h->count[i]++;
	h->sum_us += us;
}
