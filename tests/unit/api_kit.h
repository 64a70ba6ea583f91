/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * api_kit - a small world around the API: two users with real stores, and a
 * shell that turns commands into rows by itself.
 *
 * alice is unlocked and has contacts 1 .. 3, bob is locked, carol unlocked
 * and empty.  Every answer is checked for form, and written to a file of the
 * program's name in the folder SUITE_API_ANSWERS, for the check against
 * openapi.json.
 */
#ifndef TESTS_UNIT_API_KIT_H
#define TESTS_UNIT_API_KIT_H

#include "api/api.h"
#include "api/gate.h"
#include "api/hook.h"
#include "store_kit.h"

#define PASSPHRASE "correct horse"
#define ADMIN	   "umbel_adm_0123456789012345678901234567890123456789012"

#define EXPORTED "all that alice is"

enum { ALICE, BOB, CAROL, PEOPLE, PEOPLE_MAX = 8, PENDING_MAX = 64 };
enum { SENT_MAX = 512 };

struct person {
	struct kit kit;
	bool is_there;
	struct api_user user;
};

/* What the API asked for and has no answer to yet. */
struct pending {
	uint64_t ticket;
	enum { PEND_OTHER, PEND_UNLOCK } kind;
	enum err result;
	struct uid user;
	struct effect fx[3];
	size_t fx_count;
	char text[TEXT_MAX + 1]; /* that fx[0] borrows; an export's path */
	bool has_text;
};

/* A parcel that was delivered, as text. */
struct sent {
	enum parcel_type type;
	uint64_t id;
	unsigned hook;
	char url[600], message_id[80], timestamp[32], signature[96];
	char *body;
};

struct world {
	struct api *api;
	struct person people[PEOPLE_MAX];
	uint64_t mono_ms, wall_ms;
	uint64_t random;
	struct api_tor tor;
	bool is_manual; /* commands wait for world_commit() */
	enum err fails; /* what commands end with, if not OK */
	struct pending pending[PENDING_MAX];
	size_t pending_count;
	unsigned shutdown_count;
	struct api_measures measures;
	struct api_settings settings;
	struct label duress; /* the last that was set */
	unsigned circuits_count;
	bool has_bridges;
	bool use_bridges;
	char bridge[64]; /* the one there is */
	uint64_t seq;
	bool contact_1_online, door_is_published;
	struct api_export exported; /* what was asked for last */
	struct api_import imported;
	struct buf tokens; /* their file; len 0: there is none */
	enum err tokens_fail;
	unsigned tokens_saved; /* how often */
	struct event last;     /* the last command; its bytes are not kept */
	const struct api_hook *hooks;
	size_t hook_count;
	struct sent sent[SENT_MAX];
	size_t sent_count;
	bool is_refusing; /* delivers nothing */
	unsigned poster_count;
};

void world_start(struct world *w);
/* limits of 0 are none */
void world_start_limited(struct world *w, unsigned calls, unsigned sends);
/* With these command hooks, and somebody who runs them and posts. */
void world_start_hooks(struct world *w, const struct api_hook *hooks,
		       size_t count);
void world_end(struct world *w);
/* Carries out what waits, in order, and says so. */
void world_commit(struct world *w);
/* Stops the API and starts another on the same stores. */
void world_restart(struct world *w);
void world_lock(struct world *w, int who);
void world_unlock(struct world *w, int who);
/* A message comes in from contact n of alice. */
void world_receive(struct world *w, uint32_t n, const char *text);

/* Something happens to alice's store, and the API hears of it. */
void world_save(struct world *w, const struct effect *e);

/* What a node that agrees to everything does with a command. */
void plan_command(struct world *w, struct pending *p, struct kit *k,
		  const struct event *ev);
/* Before p's effects are applied: it may have been moved. */
void plan_settle(struct pending *p);

/* Text ids of alice's things; from a ring of buffers. */
const char *text_id(const char *prefix, struct uid id);
const char *text_uuid(uint32_t n);
/* printf into a ring of buffers. */
const char *fmt(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* "/v1/users/<alice>" and fmt. */
const char *alice(struct world *w, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* One request and what came back. */
struct call {
	struct world *w;
	const char *method, *target;
	struct request *r;
	unsigned status;
	char type[64], etag[64], location[160], headers[256];
	struct buf body;
	bool is_headed, is_done, is_aborted, is_held;
	size_t unread; /* what queued() says */
};

struct ask {
	const char *method, *target, *token, *body;
	const char *type; /* NULL: application/json if there is a body */
	const char *accept, *last_event_id, *if_none_match;
	const char *range, *upload_offset, *upload_complete;
};

void call_start(struct call *c, struct world *w, const struct ask *ask);
/* The same from a head as the gate brings it.  body: as much of it as comes, in
 * pieces; if it is shorter than it should be the client is still there. */
void call_start_head(struct call *c, struct world *w,
		     const struct gate_request *head, struct bytes body,
		     size_t piece);
void call_clear(struct call *c);
/* NUL-terminated. */
const char *call_text(struct call *c);
/* Has it this status and this in its body? */
void call_expect(struct call *c, unsigned status, const char *part);
/* Start, expect, clear. */
void expect(struct world *w, const struct ask *ask, unsigned status,
	    const char *part);
/* The same by the admin. */
void get(struct world *w, const char *target, unsigned status,
	 const char *part);
void post(struct world *w, const char *target, const char *body,
	  unsigned status, const char *part);
void put(struct world *w, const char *target, const char *body, unsigned status,
	 const char *part);
void patch(struct world *w, const char *target, const char *body,
	   unsigned status, const char *part);
void del(struct world *w, const char *target, unsigned status,
	 const char *part);
/* The string that follows "key":" in the body; "" if none. */
const char *call_string(struct call *c, const char *key);
/* How often part occurs in the body. */
size_t call_count(struct call *c, const char *part);
/* A browser session; of one user by passphrase, or of all. */
const char *login(struct world *w, int who);
const char *login_all(struct world *w);
/* In two steps: what is to be sent, by a link that these credentials make;
 * and the session that it begins. */
const char *login_link(struct world *w, const char *admin);
const char *login_by(struct world *w, const char *body);

#endif
