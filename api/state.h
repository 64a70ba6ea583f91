/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * state - what the API knows between two requests.
 */
#ifndef API_STATE_H
#define API_STATE_H

#include "api/api.h"
#include "api/guard.h"
#include "api/meter.h"
#include "api/outlets.h"
#include "api/request.h"
#include "api/ring.h"
#include "api/session.h"
#include "api/token.h"
#include "util/list.h"

enum {
	TYPING_MARKS = 128,
	PROGRESS_MARKS = 64,
	TICKETS_MAX = 256, /* the one that ends first makes room */
	OWN_UPLOADS_MAX = 256,
	TOKENS_REST_MS = 60 * 1000, /* between two notes of their use */
};

/* No hint that this contact writes before free_ms. */
struct typing_mark {
	struct uid user, contact;
	uint64_t free_ms; /* monotonic */
};

/* How far a file is. */
struct progress_mark {
	struct uid user, file;
	uint64_t at_ms; /* monotonic */
	struct file_progress last;
};

/* What a ticket opens, see ticket.h. */
struct ticket {
	struct hash32 hash;
	uint64_t end_ms; /* monotonic; 0: none */
	struct caller caller;
	struct uid user, file;
};

/* Who brings a file that is not offered to anybody yet. */
struct own_upload {
	struct uid token_id, file;
};

struct told;

struct api {
	struct api_ports ports;
	struct api_config config;
	uint64_t started_ms; /* wall clock */
	uint64_t started_mono_ms;
	bool is_stopping;
	struct sessions sessions;
	struct tokens tokens;
	enum err tokens_err;	/* what their file could not be read for */
	uint64_t tokens_due_ms; /* monotonic; when it is written; 0: it is so */
	struct own_upload own_uploads[OWN_UPLOADS_MAX]; /* a ring */
	size_t own_upload_next;
	struct guard guard;
	uint64_t last_ticket;
	struct list ops;
	unsigned kdf_count; /* of ops that wait for a key derivation */
	struct list flows;
	struct list works;
	struct list searches;
	unsigned search_count;
	unsigned search_portions; /* of one that takes long, at most */
	struct list uploads;
	size_t upload_count;
	struct list jobs;
	size_t job_count;
	struct ticket tickets[TICKETS_MAX];
	struct progress_mark progress[PROGRESS_MARKS];
	struct list feeds;
	struct told *told;
	unsigned feed_count;
	struct outlets outlets;
	struct daemon_ring ring;
	char document_etag[48];
	struct meter meter;
	struct idle_row *idle; /* idle.c */
	size_t idle_count;
	uint64_t circuits_ms; /* when new ones may be asked for again */
};

static inline uint64_t api_mono_ms(struct api *a)
{
	return a->ports.mono_ms(a->ports.ctx);
}

static inline uint64_t api_wall_ms(struct api *a)
{
	return a->ports.wall_ms(a->ports.ctx);
}

static inline void api_random(struct api *a, void *p, size_t n)
{
	a->ports.random(a->ports.ctx, p, n);
}

static inline bool api_user_find(struct api *a, struct uid id,
				 struct api_user *out)
{
	return a->ports.user_find(a->ports.ctx, id, out);
}

static inline struct store *api_store(struct api *a, struct uid user)
{
	return a->ports.store(a->ports.ctx, user);
}

struct uid api_new_id(struct api *a);
/* Ends the streams, polls, uploads and downloads of callers who are over. */
void api_end_dead(struct api *a);

#endif
