/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tor/status.h"

#include <string.h>

#define PERCENT_READY 100

static const char no_circuits[] = "tor has no working circuit at the moment";
static const char conf_changed[] =
    "another program has changed the settings of tor";

const char *tor_state_str(enum tor_state s)
{
	switch (s) {
	case TOR_STOPPED: return "stopped";
	case TOR_STARTING: return "starting";
	case TOR_BOOTSTRAPPING: return "bootstrapping";
	case TOR_READY: return "ready";
	case TOR_FAILED: return "failed";
	}
	return "failed";
}

static void set_text(char *out, size_t cap, const char *text)
{
	size_t n = strlen(text);

	if (n >= cap)
		n = cap - 1;
	memset(out, 0, cap);
	memcpy(out, text, n);
}

static void warn(struct tor_status *st, const char *text)
{
	set_text(st->warning, sizeof(st->warning), text);
}

void status_set_down(struct tor_status *st, enum tor_state state,
		     const char *why)
{
	struct tor_status down = {.state = state};

	/* A failure is told the same way each time it is met again. */
	if (state == TOR_FAILED)
		memcpy(down.version, st->version, sizeof(down.version));
	*st = down;
	warn(st, why);
}

/* What was wrong the last time stands until this time has gone well, or
 * else it would flicker with every attempt. */
void status_set_starting(struct tor_status *st)
{
	if (st->state != TOR_FAILED)
		st->state = TOR_STARTING;
}

void status_set_version(struct tor_status *st, const char *version)
{
	set_text(st->version, sizeof(st->version), version);
}

void status_set_bootstrap(struct tor_status *st,
			  const struct control_bootstrap *b)
{
	st->state = b->percent == PERCENT_READY ? TOR_READY : TOR_BOOTSTRAPPING;
	st->percent = b->percent;
	set_text(st->tag, sizeof(st->tag), b->tag);
	set_text(st->summary, sizeof(st->summary), b->summary);
	warn(st, b->warning);
}

void status_on_event(struct tor_status *st, const struct control_event *ev)
{
	switch (ev->kind) {
	case EVENT_BOOTSTRAP: status_set_bootstrap(st, &ev->bootstrap); return;
	case EVENT_CIRCUITS:
		warn(st, ev->has_circuits ? "" : no_circuits);
		return;
	case EVENT_CLOCK_SKEW:
		st->has_clock_skew = true;
		st->clock_skew_s = ev->clock_skew_s;
		return;
	case EVENT_CONF_CHANGED:
		st->is_conf_changed = true;
		warn(st, conf_changed);
		return;
	case EVENT_OTHER:
	case EVENT_DESC_UPLOAD:
	case EVENT_DESC_UPLOADED:
	case EVENT_DESC_REFUSED:
	case EVENT_DESC_RECEIVED:
	case EVENT_DESC_MISSED:
	case EVENT_CLOCK_JUMPED:
	case EVENT_NETWORK_UP:
	case EVENT_GUARD_DOWN:
	case EVENT_GUARD_UP: return;
	}
}

bool status_is_equal(const struct tor_status *a, const struct tor_status *b)
{
	return a->state == b->state && a->percent == b->percent &&
	       a->has_clock_skew == b->has_clock_skew &&
	       a->clock_skew_s == b->clock_skew_s &&
	       a->is_conf_changed == b->is_conf_changed &&
	       strcmp(a->tag, b->tag) == 0 &&
	       strcmp(a->summary, b->summary) == 0 &&
	       strcmp(a->warning, b->warning) == 0 &&
	       strcmp(a->version, b->version) == 0;
}
