/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "supervise_inside.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

#include "channels.h"
#include "util/log.h"
#include "util/mem.h"

/* Between two reactions: a network that comes and goes must not keep tor from
 * ever being there, nor all contacts being asked whether they live. */
#define NET_REST_MS 30000

/* Its connections must end as well: they show where tor goes without. */
static void restart_tor(struct supervisor *s, const char *why, uint64_t now_ms)
{
	struct child *tor = &s->child[SUPERVISE_TOR];

	/* A unit that has not said hello: it will have what is new. */
	if (tor->pid < 0)
		return;
	log_info("tor is started again, %s", why);
	tor->is_wanted_anew = true;
	if (tor->pid) {
		child_signal(tor, SIGTERM);
		tor->kill_ms = now_ms + SUPERVISE_LAST_WORDS_MS;
	} else if (!s->stop_ms) {
		tor->start_ms = now_ms;
	}
}

static const char *refusal(enum err e)
{
	if (e == ERR_NO_SPACE)
		return "bn";
	return e == ERR_STATE ? "bf" : "b";
}

void supervise_take_bridges(struct supervisor *s, struct bytes text,
			    uint64_t now_ms)
{
	const struct supervise_plan *plan = s->plan;
	struct child *core = &s->child[SUPERVISE_CORE];
	enum err e = ERR_STATE;

	if (plan->set_bridges && !s->stop_ms)
		e = plan->set_bridges(plan->arg, text);
	if (e != OK) {
		child_tell(core, refusal(e), strlen(refusal(e)), -1);
		return;
	}
	restart_tor(s, "with other bridges", now_ms);
	channels_tell_bridges(s->child, plan);
}

/* It is told to go, and comes back with what is in its plan by now. */
static void start_anew(struct supervisor *s, struct child *c, uint64_t now_ms)
{
	if (!c->pid)
		c->start_ms = c->plan->path && !c->plan->on_demand ? now_ms : 0;
	if (c->pid <= 0)
		return;
	c->is_wanted_anew = true;
	child_tell(c, "S", 1, -1);
	c->kill_ms = now_ms + SUPERVISE_LAST_WORDS_MS;
	(void)s;
}

/* As they are started: those without an option for it say all or the usual.
 * The core hears it with the rest. */
static void tell_level(struct supervisor *s, enum log_level level)
{
	static const enum supervise_role roles[] = {
	    SUPERVISE_HTTPD, SUPERVISE_HOOKS, SUPERVISE_WEBHOOKS};
	char message[] = {'L', (char)('0' + level)};
	size_t i;

	child_tell(&s->child[SUPERVISE_BROKER], message, sizeof(message), -1);
	if (level != LOG_LEVEL_DEBUG)
		message[1] = '0' + LOG_LEVEL_INFO;
	for (i = 0; i < ARRAY_SIZE(roles); i++)
		child_tell(&s->child[roles[i]], message, sizeof(message), -1);
}

/* A file that cannot be used changes nothing; reload() has said why. */
void supervise_reload(struct supervisor *s, uint64_t now_ms)
{
	const struct supervise_plan *plan = s->plan;
	struct supervise_news news = {.text = NULL};

	if (!plan->reload || s->stop_ms)
		return;
	/* One that is starting goes on to say so. */
	if (s->was_ready)
		notify_reloading(plan->notify);
	if (plan->reload(plan->arg, &news) == OK) {
		tell_level(s, news.log_level);
		child_tell(&s->child[SUPERVISE_CORE], news.text, news.n, -1);
		if (news.hooks)
			start_anew(s, &s->child[SUPERVISE_HOOKS], now_ms);
		if (news.tor) {
			restart_tor(s, "with another configuration", now_ms);
			channels_tell_bridges(s->child, plan);
		}
		log_info("the configuration was read again");
	}
	if (s->was_ready)
		notify_send(plan->notify, "READY=1");
}

void supervise_watch_net(struct supervisor *s, int fd, uint64_t now_ms)
{
	if (fd < 0)
		log_debug("the network is not watched: %s", strerror(errno));
	else if (!netwatch_use(&s->net, fd, now_ms))
		log_warn("what came to watch the network by is no such socket");
}

uint64_t supervise_net_next(const struct supervisor *s)
{
	if (s->net.due_ms == 0 || s->stop_ms)
		return UINT64_MAX;
	return s->net.due_ms > s->net_ms ? s->net.due_ms : s->net_ms;
}

/* A tor that is not ours is left to whoever started it. */
void supervise_look_at_net(struct supervisor *s, uint64_t now_ms)
{
	enum netwatch_news news;

	if (supervise_net_next(s) > now_ms)
		return;
	news = netwatch_look(&s->net, now_ms);
	if (news == NETWATCH_GONE)
		log_info("no way leads into the network");
	if (news == NETWATCH_SAME || news == NETWATCH_GONE)
		return;
	log_info("%s", news == NETWATCH_BACK ? "the network is back"
					     : "the network is another");
	s->net_ms = now_ms + NET_REST_MS;
	child_tell(&s->child[SUPERVISE_CORE], "N", 1, -1);
	if (news == NETWATCH_OTHER && s->child[SUPERVISE_TOR].plan->path)
		restart_tor(s, "so as to connect anew", now_ms);
}
