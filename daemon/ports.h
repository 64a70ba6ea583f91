/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * ports - what the API needs of the world, answered by users and control.
 */
#ifndef DAEMON_PORTS_H
#define DAEMON_PORTS_H

#include <stdint.h>

#include "util/err.h"
#include "util/list.h"

struct api_ports;
struct control;
struct users;
struct worker;

struct ports_world {
	struct users *users;
	struct control *control;
	struct worker *disk; /* for what waits for it */
	struct list jobs;    /* in there */
	const char *tokens;  /* path of their file */
	void *ctx;
	void (*done)(void *ctx, uint64_t ticket, enum err e);
	void (*shutdown)(void *ctx);
};

/* world is borrowed and must stay; its members may be set later, before the
 * first request. */
void ports_fill(struct api_ports *out, struct ports_world *world);
/* The worker is gone, and what was in it is never said to be done. */
void ports_clear(struct ports_world *world);

#endif
