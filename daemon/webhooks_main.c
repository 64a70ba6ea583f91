/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * umbel-webhooks - posts events to webhooks, as umbel-core asks for it.
 *
 * Started by umbeld when there is a webhook; see doc/INTERNAL.md.  It may
 * connect, and that is all it may: it opens no file and starts no program.
 */
#include <getopt.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <sodium.h>

#include "errand.h"
#include "poster.h"
#include "sandbox.h"
#include "util/log.h"
#include "util/mem.h"

enum { OPT_CTL = 1, OPT_VERBOSE };

static const struct option options[] = {
    {"ctl", required_argument, NULL, OPT_CTL},
    {"verbose", no_argument, NULL, OPT_VERBOSE},
    {NULL, 0, NULL, 0},
};

struct webhooks {
	struct errand errand;
	struct poster *poster;
};

static void on_end(void *ctx, uint64_t id, enum parcel_end end, unsigned code)
{
	struct webhooks *w = ctx;

	errand_end(&w->errand, id, end, code);
}

/* One that cannot go fails by itself: the others have nothing to do with it. */
static void post(struct webhooks *w, const struct parcel *p)
{
	enum err e = poster_post(w->poster, p);

	if (e == OK)
		return;
	log_error("an event could not be posted: %s", err_str(e));
	errand_end(&w->errand, p->id, PARCEL_UNREACHABLE, 0);
}

static bool take(struct webhooks *w, const struct parcel *p)
{
	switch (p->type) {
	case PARCEL_POST: post(w, p); return true;
	case PARCEL_DROP: poster_drop(w->poster, p->id); return p->id != 0;
	case PARCEL_RUN:
	case PARCEL_END: break;
	}
	return false;
}

static void take_parcels(struct webhooks *w)
{
	struct parcel p;

	while (errand_take(&w->errand, &p))
		if (!take(w, &p)) {
			errand_refuse(&w->errand, "a parcel that cannot be");
			break;
		}
	if (w->errand.is_renewed)
		poster_drop(w->poster, 0);
	w->errand.is_renewed = false;
}

static void serve(struct webhooks *w)
{
	bool goes_on = errand_ready(&w->errand) == OK;

	while (goes_on) {
		struct poster_wait waits[] = {{w->errand.ctl, false},
					      {w->errand.channel, false}};

		poster_turn(w->poster, waits, ARRAY_SIZE(waits));
		/* First what belongs to the channel that was there. */
		if (waits[1].is_ready && w->errand.channel == waits[1].fd)
			errand_on_channel(&w->errand);
		take_parcels(w);
		if (waits[0].is_ready)
			goes_on = errand_on_ctl(&w->errand);
		take_parcels(w);
	}
}

static int run(int ctl)
{
	struct webhooks w = {.poster = NULL};

	errand_init(&w.errand, ctl);
	w.poster = poster_new(on_end, &w);
	if (!w.poster) {
		log_error("libcurl cannot be used");
		return 1;
	}
	if (sandbox_enter(SANDBOX_WEBHOOKS, NULL) != OK) {
		log_error("the sandbox cannot be closed");
		return 1;
	}
	serve(&w);
	poster_free(w.poster);
	errand_clear(&w.errand);
	return 0;
}

int main(int argc, char **argv)
{
	enum log_level level = LOG_LEVEL_INFO;
	int id, ctl = -1;

	while ((id = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (id == OPT_CTL)
			ctl = atoi(optarg);
		else if (id == OPT_VERBOSE)
			level = LOG_LEVEL_DEBUG;
		else
			ctl = -1;
	}
	if (optind != argc || ctl < 0) {
		fputs("umbel-webhooks is started by umbeld, not by hand.\n",
		      stderr);
		return 2;
	}
	if (sodium_init() < 0)
		return 1;
	/* What was freed is overwritten: libcurl copies what it sends. */
	mallopt(M_PERTURB, 1);
	/* What the C library would open when first needed. */
	tzset();
	signal(SIGPIPE, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	log_start("umbel-webhooks", level);
	return run(ctl);
}
