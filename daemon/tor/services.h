/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * services - the table of onion services that should be up, and whose turn
 * it is to be added to tor.
 *
 * Knows no connection: control.c asks which to add, and tells what tor
 * said.  Tor builds about five circuits for each, so only a few may be on
 * their way at once; one that never gets its descriptor out stops counting
 * after a while.
 */
#ifndef TOR_SERVICES_H
#define TOR_SERVICES_H

#include "tor/types.h"
#include "util/err.h"
#include "util/list.h"

#define SERVICES_WINDOW	     8	   /* on their way at once */
#define SERVICES_PATIENCE_MS 15000 /* for one that is not uploaded */
#define SERVICES_REST_MS     30000 /* after a failure */

enum service_state {
	SERVICE_IS_WAITING,
	SERVICE_IS_ADDING, /* tor has been asked */
	SERVICE_IS_ADDED,  /* tor has it, no descriptor is uploaded */
	SERVICE_IS_UP,
	SERVICE_IS_RESTING, /* failed; again at until_ms */
};

struct service {
	struct list_node node;
	uint64_t id;
	uint64_t serial; /* never used twice: ties a reply to its command */
	struct onion_service spec;
	enum service_state state;
	uint64_t until_ms;
	bool has_collided;
	unsigned asked, refused; /* directories, until one has accepted */
};

struct services {
	struct list all; /* in order of control_publish() */
	uint64_t last_serial;
};

/* As control_publish() says, but for ERR_EXISTS. */
enum err service_check(const struct onion_service *s) MUST_CHECK;
bool service_is_same(const struct onion_service *a,
		     const struct onion_service *b);

void services_init(struct services *t);
void services_clear(struct services *t);

struct service *services_find(const struct services *t, uint64_t id);
struct service *services_find_serial(const struct services *t, uint64_t serial);
struct service *services_find_onion(const struct services *t,
				    const char *onion);

void services_put(struct services *t, uint64_t id,
		  const struct onion_service *spec);
/* Removes and wipes it. */
void services_drop(struct services *t, struct service *s OWNED);

/* Nothing is up: tor or the connection is gone. */
void services_reset(struct services *t);
/* Makes the next one SERVICE_IS_ADDING and returns it; NULL if none is to
 * be added now. */
struct service *services_next(struct services *t, uint64_t now_ms);
/* When services_next() may have something new though nothing happened. */
uint64_t services_deadline_ms(const struct services *t, uint64_t now_ms);

/* is_ready: tor can upload now; else the patience with this service starts
 * at services_set_ready(). */
void service_set_added(struct service *s, bool is_ready, uint64_t now_ms);
void services_set_ready(struct services *t, uint64_t now_ms);
/* until_ms: UINT64_MAX for not before services_reset(). */
void service_set_resting(struct service *s, uint64_t until_ms);
/* True if this is the first upload. */
bool service_on_uploaded(struct service *s);
/* True if every directory asked so far has refused. */
bool service_on_refused(struct service *s);

#endif
