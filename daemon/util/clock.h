/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * clock - the two clocks of the system.
 *
 * Only the shell reads them, once per turn of the loop; everything below is
 * handed the time as an argument.
 */
#ifndef UTIL_CLOCK_H
#define UTIL_CLOCK_H

#include <stdint.h>

/* Never goes back, counts suspended time; its zero means nothing. */
uint64_t clock_mono_ms(void);
/* The same without suspended time: how far the two are apart tells of it. */
uint64_t clock_awake_ms(void);
/* The first, to measure what is short. */
uint64_t clock_mono_us(void);
/* Since 1970, UTC; may jump. */
uint64_t clock_wall_ms(void);

#endif
