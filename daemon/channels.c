/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "channels.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <sodium.h>

#include "util/log.h"
#include "util/mem.h"

#define SECRET_MAX 128
/* A channel that broke, or could not be made, while both ends live. */
#define JOIN_AGAIN_MS 200

static void tell_secret(struct child *core, const char *secret)
{
	char message[SECRET_MAX];
	int n = snprintf(message, sizeof(message), "A%s", secret);

	/* Without it nobody gets in: then another core. */
	if (child_tell(core, message, (size_t)n, -1) != OK)
		core->kill_ms = core->started_ms;
	sodium_memzero(message, sizeof(message));
}

/* By which letter the core is handed its channel to a child. */
static const struct talk {
	enum supervise_role role;
	const char *letter;
	int type;
} talks[] = {
    {SUPERVISE_HTTPD, "C", SOCK_SEQPACKET | SOCK_NONBLOCK},
    {SUPERVISE_HOOKS, "H", SOCK_STREAM},
    {SUPERVISE_WEBHOOKS, "P", SOCK_STREAM},
    {SUPERVISE_BROKER, "D", SOCK_SEQPACKET | SOCK_NONBLOCK},
};

void channels_tell_bridges(struct child *all, const struct supervise_plan *plan)
{
	struct child *core = &all[SUPERVISE_CORE];
	char message[CHANNELS_MESSAGE_MAX] = "T";

	if (!plan->put_bridges)
		return;
	child_tell(core, message,
		   1 + plan->put_transports(plan->arg, message + 1), -1);
	message[0] = 'B';
	child_tell(core, message, 1 + plan->put_bridges(plan->arg, message + 1),
		   -1);
}

/* A new pair whenever one of the two is new: nothing of an old talk can be
 * taken for part of the next. */
static void join(struct child *core, struct child *other, const struct talk *t,
		 uint64_t now_ms)
{
	int pair[2];

	other->join_ms = 0;
	if (core->ctl < 0 || core->pid <= 0 || other->ctl < 0 ||
	    other->pid <= 0)
		return;
	if (socketpair(AF_UNIX, t->type | SOCK_CLOEXEC, 0, pair) != 0) {
		log_error("no channel can be made: %s", strerror(errno));
		channels_join_again(other, now_ms);
		return;
	}
	if (child_tell(core, t->letter, 1, pair[0]) != OK ||
	    child_tell(other, "C", 1, pair[1]) != OK)
		channels_join_again(other, now_ms);
	close(pair[0]);
	close(pair[1]);
}

void channels_join_again(struct child *c, uint64_t now_ms)
{
	c->join_ms = now_ms + JOIN_AGAIN_MS;
}

void channels_join_due(struct child *all, uint64_t now_ms)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(talks); i++) {
		struct child *c = &all[talks[i].role];

		if (c->join_ms && c->join_ms <= now_ms)
			join(&all[SUPERVISE_CORE], c, &talks[i], now_ms);
	}
}

void channels_open(struct child *all, const struct supervise_plan *plan,
		   const struct child *fresh, uint64_t now_ms)
{
	struct child *core = &all[SUPERVISE_CORE];
	size_t i;

	if (fresh == core) {
		tell_secret(core, plan->secret);
		channels_tell_bridges(all, plan);
	}
	for (i = 0; i < ARRAY_SIZE(talks); i++)
		if (fresh == core || fresh == &all[talks[i].role])
			join(core, &all[talks[i].role], &talks[i], now_ms);
}
