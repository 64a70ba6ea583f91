/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * rekey - the steps from K_n to K_n+1, PROTOCOL 10, on one end's row.
 *
 * Pure and small enough to be walked through state by state, which a test
 * does.  Works on psk, epoch and rekey of a row and on nothing else; when the
 * leader proposes, and what frames travel on, is for epoch.h.  Each step says
 * what has to follow from it; what has to be said must be on disk before.
 */
#ifndef CORE_REKEY_H
#define CORE_REKEY_H

#include "core/frame.h"
#include "core/rows.h"

/* A frame of PROTOCOL 10.1, of type REKEY_PROP, _ACK, _COMMIT or _DONE. */
struct rekey_frame {
	enum frame_type type;
	uint64_t n;
	struct nonce32 r; /* PROP, ACK */
};

enum { REKEY_FRAME_BYTES_MAX = FRAME_HEAD_BYTES + 10 + 34 };

/* Writes one whole frame, head included. */
void rekey_frame_write(struct wire_writer *w, const struct rekey_frame *f);
/* ERR_SHORT, ERR_SYNTAX, ERR_RANGE, ERR_NOT_FOUND: end the link. */
enum err rekey_frame_read(const struct frame *f,
			  struct rekey_frame *out) MUST_CHECK;

/* What follows from a step. */
struct rekey_todo {
	bool save;   /* the row changed */
	bool turned; /* with it the keys that open a link to us */
	bool forked; /* the leader's disk went back, or there are two of it */
	bool has_say;
	struct rekey_frame say; /* once the row is saved */
};

/* The leader, in REKEY_IDLE, proposes; r is random and fresh. */
void rekey_propose(struct contact_row *row, const struct nonce32 *r,
		   struct rekey_todo *todo);
/* What an end has to say again on a new session, if anything. */
void rekey_again(const struct contact_row *row, struct rekey_todo *todo);
/* r is random and fresh, should an answer be needed.  ERR_STATE: a frame that
 * no honest peer sends, raise the alarm and end the link. */
enum err rekey_on_frame(struct contact_row *row, bool is_leader,
			const struct rekey_frame *f, const struct nonce32 *r,
			struct rekey_todo *todo) MUST_CHECK;
/* The first record of a peer came on a link with the key of that epoch. */
void rekey_opened_by(struct contact_row *row, uint64_t epoch,
		     struct rekey_todo *todo);

enum { REKEY_KEYS_MAX = 2 };

struct rekey_key {
	const struct psk *psk; /* in the row */
	uint64_t epoch;
};

/* The keys by which the peer may open a link, at least one; the first is the
 * one to dial with. */
size_t rekey_keys(const struct contact_row *row,
		  struct rekey_key out[static REKEY_KEYS_MAX]);
/* Whether the key of that epoch is one of them. */
bool rekey_accepts(const struct contact_row *row, uint64_t epoch);

#endif
