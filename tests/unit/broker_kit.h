/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * broker_kit - the broker as a process, and all that is around it.
 */
#ifndef TESTS_UNIT_BROKER_KIT_H
#define TESTS_UNIT_BROKER_KIT_H

#include "tests/unit/check.h"

#include <sys/types.h>

#include "broker.h"
#include "net/way.h"

#define CELLS	       "/run/umbel/c"
#define BROKER_WAIT_MS 60000

/* umbeld, the core and tor. */
struct broker_world {
	char dir[32], control[64], socks[64];
	struct broker broker;
	int ctl, channel;
	int tor_control, tor_socks; /* listeners */
	pid_t pid;
};

int broker_set_up(void **state);
int broker_tear_down(void **state);
/* Another one to the core. */
void broker_give_channel(struct broker_world *w);
/* The connection, or -1. */
int broker_ask(struct broker_world *w, enum way_to to);
int broker_accept(int listener);
void broker_say(int fd, const char *text);
void broker_assert_hears(int fd, const char *text);
void broker_assert_ends(int fd);
/* A control connection that has been used. */
void broker_begin_talk(struct broker_world *w, int *core, int *tor);

#endif
