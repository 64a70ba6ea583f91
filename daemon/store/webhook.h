/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * webhook - where a user's events are posted to, and the secret that signs
 * them.
 *
 * How far each has come is a consumer (consumer.h).  What changes something is
 * a transaction of its own (never inside store_begin()), durable when it
 * returns OK.  All of them also return what store_commit() does.
 */
#ifndef STORE_WEBHOOK_H
#define STORE_WEBHOOK_H

#include "store/store.h"

enum {
	WEBHOOKS_MAX = 16, /* of a user */
	WEBHOOK_TEXT_MAX = 512,
	WEBHOOK_SECRET_MIN = 24,
	WEBHOOK_SECRET_MAX = 64,
};

struct webhook_secret {
	uint8_t b[WEBHOOK_SECRET_MAX];
	size_t n;
};

struct webhook_row {
	struct uid id;
	char url[WEBHOOK_TEXT_MAX + 1];
	uint32_t types; /* bits by enum journal_type; 0: all */
	struct webhook_secret secret;
	uint64_t created_ms;
	uint64_t failing_ms;  /* since when; 0: the last attempt went well */
	unsigned last_status; /* of HTTP; 0: none */
};

/* By age; what is handed over is wiped after the call. */
typedef bool webhook_fn(void *ctx, const struct webhook_row *row);
enum err webhook_list(struct store *s, webhook_fn *fn, void *ctx) MUST_CHECK;
/* ERR_FULL: one too many. */
enum err webhook_insert(struct store *s,
			const struct webhook_row *row) MUST_CHECK;
/* ERR_NOT_FOUND. */
enum err webhook_delete(struct store *s, struct uid id) MUST_CHECK;
/* Keeps failing_ms and last_status; no matter if it is gone. */
enum err webhook_note(struct store *s,
		      const struct webhook_row *row) MUST_CHECK;

#endif
