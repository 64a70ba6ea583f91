/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * tor_world - a control connection, the fake tor that it talks to, and what
 * it has told.
 */
#ifndef TESTS_UNIT_TOR_WORLD_H
#define TESTS_UNIT_TOR_WORLD_H

#include "tests/unit/fake_tor.h"
#include "tests/unit/loop.h"
#include "tor/control.h"

#define WORLD_SERVICES 20

struct world {
	struct loop l;
	struct fake_tor tor;
	struct control *c;
	struct tor_status st; /* as told */
	unsigned st_count;
	unsigned published[WORLD_SERVICES], failed[WORLD_SERVICES];
	char reason[128];
	unsigned done_count;
	enum err done;
	struct onion_service spec[WORLD_SERVICES];
};

void world_init(struct world *w);
/* Makes the connection; retries come after 1 ms, then 2, and so on. */
void world_open(struct world *w, uint64_t reply_limit_ms);
void world_clear(struct world *w);
void world_publish_all(struct world *w);

/* For loop_until(); arg is the world. */
bool world_is_ready(void *arg);
bool world_is_failed(void *arg);
bool world_is_stopped(void *arg);
bool world_has_connected_twice(void *arg);
bool world_is_all_published(void *arg);
bool world_is_first_published(void *arg);
bool world_is_first_failed(void *arg);

#endif
