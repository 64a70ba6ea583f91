/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * umbel-hooks - runs the commands that the configuration names, as umbel-core
 * asks for them by number.
 *
 * Started by umbeld; see doc/INTERNAL.md for its command line.  It has no
 * sandbox of its own, since what it runs is whatever it is; what it hears of
 * the core cannot make it run anything else.
 */
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <sodium.h>

#include "errand.h"
#include "hook_runner.h"
#include "landlock.h"
#include "util/clock.h"
#include "util/log.h"
#include "util/mem.h"

#define STOP_MS 500 /* umbeld kills a second after that */

enum { OPT_CTL = 1, OPT_DATA, OPT_HOOK, OPT_TIMEOUT, OPT_WORD, OPT_VERBOSE };

static const struct option options[] = {
    {"ctl", required_argument, NULL, OPT_CTL},
    {"data", required_argument, NULL, OPT_DATA},
    {"hook", required_argument, NULL, OPT_HOOK},
    {"timeout", required_argument, NULL, OPT_TIMEOUT},
    {"word", required_argument, NULL, OPT_WORD},
    {"verbose", no_argument, NULL, OPT_VERBOSE},
    {NULL, 0, NULL, 0},
};

struct arguments {
	struct hook_plans plans;
	int ctl;
	bool is_verbose;
};

struct hooks {
	struct errand errand;
	struct hook_runner *runner;
	int signals;
	bool is_stopping;
};

static bool take_word(struct hook_plan *h, char *word)
{
	if (h->word_count == HOOK_WORDS_MAX)
		return false;
	h->words[h->word_count++] = word;
	return true;
}

static bool take_option(struct arguments *a, int id, char *value)
{
	size_t n = a->plans.count;
	struct hook_plan *h = n > 0 ? &a->plans.hook[n - 1] : NULL;

	switch (id) {
	case OPT_CTL: a->ctl = atoi(value); return true;
	case OPT_DATA: a->plans.data = value; return true;
	case OPT_VERBOSE: a->is_verbose = true; return true;
	case OPT_HOOK:
		if (n == PARCEL_HOOKS_MAX)
			return false;
		a->plans.hook[n].name = value;
		a->plans.count++;
		return true;
	case OPT_TIMEOUT:
		if (h)
			h->timeout_ms = 1000 * strtoull(value, NULL, 10);
		return h != NULL;
	case OPT_WORD: return h && take_word(h, value);
	default: return false;
	}
}

static bool read_arguments(int argc, char **argv, struct arguments *a)
{
	size_t i;
	int id;

	a->ctl = -1;
	while ((id = getopt_long(argc, argv, "", options, NULL)) != -1)
		if (!take_option(a, id, optarg))
			return false;
	for (i = 0; i < a->plans.count; i++)
		if (a->plans.hook[i].word_count == 0)
			return false;
	return optind == argc && a->ctl >= 0 && a->plans.data;
}

static void on_end(void *ctx, uint64_t id, enum parcel_end end, unsigned code)
{
	struct hooks *h = ctx;

	errand_end(&h->errand, id, end, code);
}

static void take_parcels(struct hooks *h)
{
	struct parcel p;

	while (errand_take(&h->errand, &p))
		if (p.type != PARCEL_RUN ||
		    hook_runner_take(h->runner, &p) != OK) {
			errand_refuse(&h->errand, "a parcel that cannot be");
			break;
		}
	if (h->errand.is_renewed)
		hook_runner_forget(h->runner);
	h->errand.is_renewed = false;
}

static int timeout_ms(const struct hooks *h)
{
	uint64_t due_ms = hook_runner_deadline(h->runner);
	uint64_t now_ms = clock_mono_ms();

	if (due_ms == UINT64_MAX)
		return -1;
	return due_ms > now_ms ? (int)(due_ms - now_ms) : 0;
}

static void stop(struct hooks *h)
{
	h->is_stopping = true;
	hook_runner_stop(h->runner, clock_mono_ms() + STOP_MS);
}

static void take_signal(struct hooks *h)
{
	struct signalfd_siginfo info;

	while (read(h->signals, &info, sizeof(info)) == sizeof(info))
		if (info.ssi_signo == SIGTERM && !h->is_stopping)
			stop(h);
	hook_runner_reap(h->runner);
}

static void wait_and_take(struct hooks *h)
{
	struct pollfd fds[] = {
	    {h->signals, POLLIN, 0},
	    {h->is_stopping ? -1 : h->errand.ctl, POLLIN, 0},
	    {h->is_stopping ? -1 : h->errand.channel, POLLIN, 0}};

	if (poll(fds, ARRAY_SIZE(fds), timeout_ms(h)) < 0)
		return;
	if (fds[0].revents)
		take_signal(h);
	/* First what belongs to the channel that was there. */
	if (fds[2].revents) {
		errand_on_channel(&h->errand);
		take_parcels(h);
	}
	if (fds[1].revents) {
		if (!errand_on_ctl(&h->errand) && !h->is_stopping)
			stop(h);
		take_parcels(h);
	}
	hook_runner_tick(h->runner);
}

static int open_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static int run(const struct arguments *a)
{
	struct hooks h = {.signals = open_signals()};

	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	if (h.signals < 0)
		return 1;
	if (landlock_abi() == 0)
		log_warn("this kernel has no Landlock: the data folder is not "
			 "closed to hooks");
	errand_init(&h.errand, a->ctl);
	h.runner = hook_runner_new(&a->plans, on_end, &h);
	if (errand_ready(&h.errand) != OK)
		stop(&h);
	while (!h.is_stopping || !hook_runner_is_idle(h.runner))
		wait_and_take(&h);
	hook_runner_free(h.runner);
	errand_clear(&h.errand);
	close(h.signals);
	return 0;
}

int main(int argc, char **argv)
{
	static struct arguments a;

	if (!read_arguments(argc, argv, &a)) {
		fputs("umbel-hooks is started by umbeld, not by hand.\n",
		      stderr);
		return 2;
	}
	if (sodium_init() < 0)
		return 1;
	log_start("umbel-hooks",
		  a.is_verbose ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO);
	return run(&a);
}
