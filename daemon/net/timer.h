/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * timer - one timer, armed from an absolute deadline on clock_mono_ms().
 *
 * Calls back once, from the loop, when the deadline has passed; time spent
 * in suspend counts, and is noticed within a minute of waking up.
 */
#ifndef NET_TIMER_H
#define NET_TIMER_H

#include <stdint.h>

#define TIMER_NEVER UINT64_MAX

struct event_base;
struct timer;

/* fn may set the timer again or free it. */
struct timer *timer_new(struct event_base *base, void (*fn)(void *arg),
			void *arg);
void timer_free(struct timer *t);
/* Replaces the deadline; one that has passed fires in the next turn of the
 * loop, TIMER_NEVER disarms. */
void timer_set_ms(struct timer *t, uint64_t deadline_ms);
/* TIMER_NEVER if not armed. */
uint64_t timer_get_ms(const struct timer *t);

#endif
