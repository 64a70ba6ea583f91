/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/daemon_events.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/auth.h"
#include "api/state.h"
#include "api/views.h"
#include "util/mem.h"
#include "util/text.h"

const char *const daemon_event_names[DAEMON_TYPES] = {
    [DAEMON_TOR_BOOTSTRAP] = "tor.bootstrap",
    [DAEMON_TOR_STATE] = "tor.state",
    [DAEMON_USER_UNLOCKED] = "user.unlocked",
    [DAEMON_USER_LOCKED] = "user.locked",
    [DAEMON_STOPPING] = "daemon.stopping",
    [DAEMON_JOB_STATE] = "job.state",
    [DAEMON_USER_REMOVED] = "user.removed",
};

static const struct uid nobody;

static struct daemon_event *at(struct daemon_ring *ring, uint64_t n)
{
	return &ring->events[n % DAEMON_RING];
}

static uint64_t first_of(const struct daemon_ring *ring)
{
	return ring->last < DAEMON_RING ? 1 : ring->last - DAEMON_RING + 1;
}

/* Returns where to write its data; then feed_wake(). */
static struct jout start_event(struct api *a, enum daemon_event_type type,
			       struct uid user)
{
	struct daemon_event *e = at(&a->ring, ++a->ring.last);
	struct jout j;

	buf_clear(&e->data);
	e->type = type;
	e->user = user;
	e->at_ms = api_wall_ms(a);
	jout_init(&j);
	return j;
}

static void end_event(struct api *a, struct jout j)
{
	at(&a->ring, a->ring.last)->data = j.out;
	feed_wake(a, &nobody);
}

enum scope daemon_events_scope_of(unsigned type)
{
	switch ((enum daemon_event_type)type) {
	case DAEMON_TOR_BOOTSTRAP:
	case DAEMON_TOR_STATE: return SCOPE_TOR_READ;
	case DAEMON_USER_UNLOCKED:
	case DAEMON_USER_LOCKED:
	case DAEMON_USER_REMOVED:
	case DAEMON_JOB_STATE: return SCOPE_USERS_READ;
	case DAEMON_STOPPING:
	case DAEMON_TYPES: break;
	}
	return SCOPE_ANY;
}

static bool may_see(const struct feed *f, const struct daemon_event *e)
{
	struct grant g;

	if (!auth_grant(f->r->api, &f->caller, &g))
		return false;
	return uid_is_zero(&e->user) ||
	       (!grant_is_narrow(&g) && grant_ids_have(g.users, &e->user));
}

/* To one who does not see every user, tor as it is for him; and now, since the
 * ring has it for all. */
static void put_event(struct feed *f, struct jout *j,
		      const struct daemon_event *e, uint64_t place)
{
	struct event_text text = {
	    .type = daemon_event_names[e->type],
	    .place = place,
	    .at_ms = e->at_ms,
	    .data = buf_view(&e->data),
	};
	struct jout mine;

	jout_init(&mine);
	if (daemon_events_scope_of(e->type) == SCOPE_TOR_READ &&
	    !auth_sees_user(f->r->api, &f->caller, &nobody)) {
		view_tor(&mine, f->r->api, &f->caller);
		text.data = buf_view(&mine.out);
	}
	feed_put(f, j, &text);
	jout_clear(&mine);
}

enum err daemon_events_read(struct feed *f, struct jout *j, size_t limit,
			    size_t *count, bool *more)
{
	struct daemon_ring *ring = &f->r->api->ring;

	/* Fallen out of the ring while it waited for a slow client. */
	if (f->after + 1 < first_of(ring))
		return ERR_RANGE;
	while (f->after < ring->last && *count < limit) {
		const struct daemon_event *e = at(ring, ++f->after);

		if (!(f->daemon_types & (UINT32_C(1) << e->type)) ||
		    !may_see(f, e))
			continue;
		put_event(f, j, e, f->after);
		(*count)++;
	}
	*more = f->after < ring->last;
	return OK;
}

void daemon_events_put_id(const struct feed *f, struct jout *j, const char *key,
			  uint64_t place)
{
	char text[32];

	snprintf(text, sizeof(text), "%s-%llu", f->r->api->ring.epoch,
		 (unsigned long long)place);
	if (f->is_stream && !key)
		jout_plain(j, text);
	else
		jout_str(j, key, text);
}

/* "epoch-n"; false if it does not look like one. */
static bool read_place(struct api *a, struct bytes text,
		       struct feed_start *start)
{
	char s[40], *end;
	size_t n = sizeof(a->ring.epoch) - 1;

	if (text.n <= n + 1 || text.n >= sizeof(s) || text.p[n] != '-')
		return false;
	memcpy(s, text.p, text.n);
	s[text.n] = '\0';
	if (s[n + 1] < '0' || s[n + 1] > '9')
		return false;
	start->after = strtoull(s + n + 1, &end, 10);
	if (*end)
		return false;
	start->is_stale = memcmp(s, a->ring.epoch, n) != 0 ||
			  start->after > start->last ||
			  start->after + 1 < start->first;
	return true;
}

bool daemon_events_find(struct api *a, struct bytes after,
			struct feed_start *out)
{
	*out = (struct feed_start){.is_given = after.p != NULL,
				   .first = first_of(&a->ring),
				   .last = a->ring.last};
	return !after.p || read_place(a, after, out);
}

static struct daemon_user *user_of(struct daemon_ring *ring, struct uid id)
{
	struct daemon_user *u;

	for (size_t i = 0; i < ring->user_count; i++)
		if (uid_is_equal(&ring->users[i].id, &id))
			return &ring->users[i];
	ring->users = xrealloc(ring->users,
			       (ring->user_count + 1) * sizeof(*ring->users));
	u = &ring->users[ring->user_count++];
	*u = (struct daemon_user){id, API_USER_LOCKED};
	return u;
}

void daemon_events_start(struct api *a)
{
	struct api_tor t = {.state = API_TOR_STOPPED};
	uint8_t raw[4];

	api_random(a, raw, sizeof(raw));
	hex_encode(raw, sizeof(raw), a->ring.epoch);
	for (size_t i = 0; i < DAEMON_RING; i++)
		buf_init(&a->ring.events[i].data, JOUT_MAX);
	a->ports.tor(a->ports.ctx, &t);
	a->ring.tor_state = t.state;
	a->ring.tor_percent = t.percent;
}

void daemon_events_clear(struct api *a)
{
	for (size_t i = 0; i < DAEMON_RING; i++)
		buf_clear(&a->ring.events[i].data);
	free(a->ring.users);
}

void daemon_events_tor(struct api *a)
{
	struct api_tor t = {.state = API_TOR_STOPPED};
	struct daemon_ring *ring = &a->ring;
	struct jout j;

	a->ports.tor(a->ports.ctx, &t);
	if (t.percent != ring->tor_percent) {
		ring->tor_percent = t.percent;
		j = start_event(a, DAEMON_TOR_BOOTSTRAP, nobody);
		view_tor(&j, a, NULL);
		end_event(a, j);
	}
	if (t.state != ring->tor_state) {
		ring->tor_state = t.state;
		j = start_event(a, DAEMON_TOR_STATE, nobody);
		view_tor(&j, a, NULL);
		end_event(a, j);
	}
}

void daemon_events_reach(struct api *a, struct uid user)
{
	struct jout j = start_event(a, DAEMON_TOR_STATE, user);

	view_tor(&j, a, NULL);
	end_event(a, j);
}

static void tell_removed(struct api *a, struct uid id)
{
	struct jout j = start_event(a, DAEMON_USER_REMOVED, id);

	jout_open(&j, NULL, '{');
	jout_id(&j, "id", ID_USER, &id);
	jout_close(&j, '}');
	end_event(a, j);
}

void daemon_events_user(struct api *a, struct uid id)
{
	struct daemon_user *known = user_of(&a->ring, id);
	struct api_user u;
	struct jout j;
	bool was_open, is_open;

	if (!api_user_find(a, id, &u)) {
		tell_removed(a, id);
		return;
	}
	was_open = known->state == API_USER_UNLOCKED;
	is_open = u.state == API_USER_UNLOCKED;
	known->state = u.state;
	if (was_open == is_open)
		return;
	j = start_event(a, is_open ? DAEMON_USER_UNLOCKED : DAEMON_USER_LOCKED,
			id);
	view_user(&j, NULL, a, &u);
	end_event(a, j);
}

void daemon_events_job(struct api *a, struct uid user, struct jout *job)
{
	struct jout j = start_event(a, DAEMON_JOB_STATE, user);

	jout_clear(&j);
	end_event(a, *job);
}

void daemon_events_stopping(struct api *a)
{
	struct jout j = start_event(a, DAEMON_STOPPING, nobody);

	jout_open(&j, NULL, '{');
	jout_close(&j, '}');
	end_event(a, j);
}
