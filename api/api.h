/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * api - the REST API of the core: requests in, answers out (doc/API.md).
 *
 * No I/O of its own and no clock: what it needs of the world comes through
 * struct api_ports, requests come through api_request_*() and are answered
 * through a sink.  gate_server.h of the shell connects it to umbel-httpd.
 * One thread.  Nothing here blocks; a port that takes time is given a ticket
 * and the shell says api_done() with it later.
 */
#ifndef API_API_H
#define API_API_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "api/facts.h"
#include "api/gate.h"
#include "api/job_ports.h"
#include "core/event.h"
#include "core/types.h"
#include "store/store.h"

#define API_VERSION "1.0"
struct api;
struct request;

typedef bool api_user_fn(void *ctx, const struct api_user *user);

/* What the shell does for the API.  Pointers are borrowed for the length of the
 * call.  A function with a ticket may say api_done() at once, from within the
 * call, or later; never is allowed only for a process that ends. */
struct api_ports {
	void *ctx;
	uint64_t (*wall_ms)(void *ctx);
	uint64_t (*mono_ms)(void *ctx);
	void (*random)(void *ctx, void *p, size_t n);

	/* by id, until fn returns false */
	void (*users_each)(void *ctx, api_user_fn *fn, void *fn_ctx);
	/* false: no such user */
	bool (*user_find)(void *ctx, struct uid id, struct api_user *out);
	/* Leaves it unlocked.  ERR_EXISTS: the name, ERR_FULL: too many. */
	void (*user_create)(void *ctx, uint64_t ticket, struct uid id,
			    const struct label *name, struct bytes passphrase);
	/* Queued, one KDF at a time.  For a user that is unlocked by then it
	 * checks the passphrase only.  ERR_AUTH: a wrong one, or, after as long
	 * a time, no such user; or what the store says. */
	void (*user_unlock)(void *ctx, uint64_t ticket, struct uid id,
			    struct bytes passphrase);
	void (*user_lock)(void *ctx, uint64_t ticket, struct uid id);
	/* Another passphrase for the user, locked or not; queued likewise.
	 * ERR_AUTH: the old one is wrong; ERR_STATE: it was changed meanwhile;
	 * or what the store says. */
	void (*user_passphrase)(void *ctx, uint64_t ticket, struct uid id,
				struct bytes old, struct bytes fresh);

	/* Another duress passphrase for the user, or none (p == NULL); the
	 * same, and ERR_EXISTS: it is the passphrase. */
	void (*user_duress)(void *ctx, uint64_t ticket, struct uid id,
			    struct bytes passphrase, struct bytes duress);
	/* Done when it returns; NULL: stays.  ERR_NOT_FOUND, ERR_EXISTS (the
	 * name), ERR_STATE (not before the user was unlocked once),
	 * ERR_CORRUPT, ERR_NO_SPACE, ERR_IO. */
	enum err (*user_patch)(void *ctx, struct uid id,
			       const struct label *name,
			       const uint32_t *auto_lock_minutes);

	/* NULL unless the user is unlocked; only read through query.h. */
	struct store *(*store)(void *ctx, struct uid user);
	bool (*contact_is_online)(void *ctx, struct uid user,
				  struct uid contact);
	/* Hands an EV_CMD_* with .cmd = ticket and .wall_ms set to the user's
	 * node.  The shell says api_done(ticket, err of FX_REPLY) after the
	 * commit of that step, or with ERR_IO or ERR_NO_SPACE if it failed. */
	void (*submit)(void *ctx, struct uid user, const struct event *cmd);

	/* run(arg) in a thread of its own; its result goes to api_done(). */
	void (*work)(void *ctx, uint64_t ticket, enum err (*run)(void *arg),
		     void *arg);
	struct api_job_ports jobs;
	void (*tor)(void *ctx, struct api_tor *out);
	void (*services)(void *ctx, struct uid user, struct api_services *out);
	/* The file of tokens (ERR_NOT_FOUND: none); durable after OK. */
	enum err (*tokens_load)(void *ctx, struct buf *out);
	enum err (*tokens_save)(void *ctx, struct bytes text);
	/* Only notes it: the answer to this request is not yet written. */
	void (*shutdown)(void *ctx);
	void (*measure)(void *ctx, struct api_measures *out);
	void (*settings)(void *ctx, struct api_settings *out);
	/* In force and durable when it returns; ERR_NO_SPACE, ERR_IO. */
	enum err (*set_settings)(void *ctx, const struct api_settings *s);
	/* Every link ends and is dialled anew; ERR_CLOSED: tor is not there. */
	enum err (*new_circuits)(void *ctx);
	void (*bridges)(void *ctx, struct api_bridges *out);
	/* NULL, or what is wrong with the line, in a few words. */
	const char *(*bridge_check)(void *ctx, struct bytes line);
	/* Durable and in force when it is done: tor starts anew.  ERR_STATE:
	 * the tor is not ours, or a change is on its way; ERR_NO_SPACE,
	 * ERR_IO. */
	void (*set_bridges)(void *ctx, uint64_t ticket,
			    const struct api_bridges *b);
};

struct file_progress {
	uint64_t done_bytes, bytes_per_s;
};

struct api_rate {
	unsigned per_minute; /* 0: no limit */
};

struct api_config {
	const char *version; /* of the program */
	uint16_t port;	     /* for the link of a login token */
	struct api_job_config jobs;
	struct api_rate calls; /* per token; API_CALLS_PER_MINUTE */
	struct api_rate sends; /* per token; API_SENDS_PER_MINUTE */
};

/* Other limits than at the start, from now on; of the jobs what is to be left
 * free. */
void api_set_limits(struct api *a, struct api_rate calls, struct api_rate sends,
		    uint64_t keep_free_bytes);

enum {
	API_CALLS_PER_MINUTE = 600,
	API_SENDS_PER_MINUTE = 120,
	API_BODY_MAX = 256 * 1024,
	API_STREAM_QUEUE_MAX = 1024 * 1024,
	API_STREAMS_PER_USER = 256,
	API_STREAMS_MAX = 288, /* umbel-httpd has room for some calls more */
};

/* Where an answer goes.  The order is head, data*, done; or abort at any
 * place: cut the connection.  None may call back into the API. */
struct api_sink {
	void (*head)(void *ctx, const struct gate_answer *a);
	void (*data)(void *ctx, const void *p, size_t n);
	void (*done)(void *ctx);
	void (*abort)(void *ctx);
	size_t (*queued)(void *ctx); /* bytes that the kernel has not yet */
	/* No more of the body, nor its end, until it is false again. */
	void (*hold)(void *ctx, bool on);
};

/* Copies both; the strings of config must stay.  Free every request first. */
struct api *api_new(const struct api_ports *ports,
		    const struct api_config *config);
void api_free(struct api *a);

/* Of the admin header file, without "Bearer "; copied. */
void api_set_admin_secret(struct api *a, struct bytes secret);

/* One request: new, body*, end; and free once, after done or abort was called,
 * or before, which cancels it.  head is borrowed for the call; sink must stay
 * until free.  An answer may come at any time from new on. */
struct request *api_request_new(struct api *a, const struct gate_request *head,
				const struct api_sink *sink, void *sink_ctx);
void api_request_body(struct request *r, struct bytes data);
void api_request_end(struct request *r);
void api_request_drained(struct request *r); /* less is queued */
void api_request_free(struct request *r);

/* The end of something that was given a ticket.  Unknown ones are ignored. */
void api_done(struct api *a, uint64_t ticket, enum err err);

/* News; each may write to streams and end requests. */
void api_journal_advanced(struct api *a, struct uid user);
/* Also after a new user was made.  For one that is no longer unlocked, what
 * was submitted and has no answer yet ends with ERR_STATE. */
void api_user_state_changed(struct api *a, struct uid user);
/* All that was the user's is gone: so are exports of it. */
void api_user_emptied(struct api *a, struct uid user);
void api_tor_changed(struct api *a);
/* The tests of this user's services show something else than before. */
void api_reach_changed(struct api *a, struct uid user);
void api_presence(struct api *a, struct uid user, struct uid contact,
		  bool online);
/* A contact writes, or stopped; the node sees to it that this is not often. */
void api_typing(struct api *a, struct uid user, struct uid contact, bool on);
void api_progress(struct api *a, struct uid user, struct uid file,
		  const struct file_progress *p);
/* Tells the streams that the daemon stops, and ends them. */
void api_stopping(struct api *a);

/* When api_tick() is due (monotonic); UINT64_MAX: never.  Calls of the
 * functions above may bring it forward. */
uint64_t api_deadline(const struct api *a);
void api_tick(struct api *a);

/* The route table: "METHOD path scope", one a line, sorted as in the table. */
void api_routes_print(FILE *out);

#endif
