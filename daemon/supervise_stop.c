/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * How all of them end: in which order they are told, and when they are killed.
 */
#include <signal.h>

#include "supervise_inside.h"

/* Milliseconds after the signal. */
#define HTTPD_STOPS_MS 300  /* or as soon as the core is gone */
#define TOR_STOPS_MS   1000 /* the same */
#define KILL_MS	       1500
#define GIVE_UP_MS     1900

void supervise_stop_begin(struct supervisor *s, uint64_t now_ms)
{
	size_t i;

	if (s->stop_ms)
		return;
	s->stop_ms = now_ms;
	notify_send(s->plan->notify, "STOPPING=1\nSTATUS=stopping");
	if (s->plan->withdraw)
		s->plan->withdraw(s->plan->arg);
	for (i = 0; i < SUPERVISE_ROLES; i++)
		s->child[i].start_ms = 0;
	child_tell(&s->child[SUPERVISE_CORE], "S", 1, -1);
}

/* The core says goodbye to its peers through tor, and gives its last answers
 * through httpd, so these two go after it. */
void supervise_stop_step(struct supervisor *s, uint64_t now_ms)
{
	struct child *tor = &s->child[SUPERVISE_TOR];
	size_t i;

	if (!s->httpd_told && (!s->child[SUPERVISE_CORE].pid ||
			       now_ms >= s->stop_ms + HTTPD_STOPS_MS)) {
		s->httpd_told = true;
		child_tell(&s->child[SUPERVISE_HTTPD], "S", 1, -1);
		child_tell(&s->child[SUPERVISE_HOOKS], "S", 1, -1);
		child_tell(&s->child[SUPERVISE_WEBHOOKS], "S", 1, -1);
	}
	if (!s->tor_told && (!s->child[SUPERVISE_CORE].pid ||
			     now_ms >= s->stop_ms + TOR_STOPS_MS)) {
		s->tor_told = true;
		child_tell(&s->child[SUPERVISE_BROKER], "S", 1, -1);
		child_signal(tor, SIGTERM);
	}
	for (i = 0; i < SUPERVISE_ROLES; i++)
		if (s->child[i].pid && !s->child[i].kill_ms &&
		    now_ms < s->stop_ms + KILL_MS)
			s->child[i].kill_ms = s->stop_ms + KILL_MS;
}

bool supervise_is_stopped(const struct supervisor *s, uint64_t now_ms)
{
	size_t i;

	if (!s->stop_ms)
		return false;
	for (i = 0; i < SUPERVISE_ROLES; i++)
		if (s->child[i].pid)
			return now_ms >= s->stop_ms + GIVE_UP_MS;
	return true;
}

uint64_t supervise_stop_next(const struct supervisor *s)
{
	if (!s->stop_ms)
		return UINT64_MAX;
	if (!s->httpd_told)
		return s->stop_ms + HTTPD_STOPS_MS;
	if (!s->tor_told)
		return s->stop_ms + TOR_STOPS_MS;
	return s->stop_ms + GIVE_UP_MS;
}
