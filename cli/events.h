/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * events - a place in a user's journal, moved on by long polls.
 */
#ifndef CLI_EVENTS_H
#define CLI_EVENTS_H

#include <stdbool.h>
#include <stdint.h>

struct json_t;
struct http;

struct event_cursor {
	struct http *http;
	char user[128]; /* "/v1/users/ID" */
	int64_t after;
	uint64_t deadline_ms; /* 0: none */
};

/* Starts at the present end of the journal; limit_s: 0 for no limit.
 * false after saying why not. */
bool events_start(struct event_cursor *c, struct http *h, const char *user,
		  unsigned limit_s);
/* Waits for events of these types ("" for all): the items, at least one;
 * NULL at the time limit or after saying what went wrong.  A daemon that is
 * away, or a user who is locked, is waited for. */
struct json_t *events_next(struct event_cursor *c, const char *types);
/* GET with the same patience. */
struct json_t *events_get(struct event_cursor *c, const char *path);
/* After NULL: EXIT_TIMEOUT, which is said here, or what the call gave. */
int events_exit_code(const struct event_cursor *c);

/* The UUID of that version (RFC 9562) with these bits; static. */
const char *events_uuid(uint8_t b[static 16], unsigned version);
/* A new random UUID; static. */
const char *events_client_id(void);

#endif
