/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * query - read-only lists for the API, by keyset pages.
 *
 * Rows come through a callback, in order; what they point to is valid during
 * the call only.  The callback returns false to stop.  All functions return
 * OK (also for nothing found, except the find ones: ERR_NOT_FOUND), ERR_IO,
 * or ERR_CORRUPT.
 */
#ifndef STORE_QUERY_H
#define STORE_QUERY_H

#include "store/query_file.h"
#include "store/store.h"

struct conversation_info {
	struct uid id;
	struct uid contact_id;
	struct label title; /* alias, or the contact's name */
	uint64_t unread_count;
	struct uid read_up_to;	 /* zero: nothing yet */
	struct uid last_message; /* zero: none */
	uint64_t last_ms;
	uint64_t muted_until_ms; /* 0: not muted */
	bool archived, pinned;	 /* the order is by activity all the same */
	uint32_t ttl_s;		 /* of messages from now on; 0: they stay */
	char draft[TEXT_MAX + 1];
};

struct reaction_info {
	enum message_dir by; /* IN: the contact, OUT: our user */
	struct emoji emoji;
	uint64_t at_ms;
};

enum { REACTIONS_MAX = 2 }; /* one of each side */

/* A message as the API shows it; body is the text after the last edit.  The
 * mid of one that was deleted is another value. */
struct message_info {
	struct message_row row;
	struct uid conversation_id;
	uint64_t delivered_ms;	      /* out; 0: not */
	uint64_t read_ms;	      /* out, as the contact said; 0: not */
	uint64_t edited_ms;	      /* 0: not */
	uint64_t expires_ms;	      /* 0: it stays, or has not begun to go */
	enum message_problem problem; /* FAILED */
	bool is_reply;
	struct uid reply_to; /* zero: that message is not here */
	struct reaction_info reactions[REACTIONS_MAX];
	size_t reaction_count;
};

struct journal_info {
	uint64_t seq;
	uint64_t at_ms;
	enum journal_type type;
	struct uid object;	    /* message (CONVERSATION_READ: read up to
				       it), request, invite, file; else
				       contact; PROFILE_UPDATED: zero */
	struct uid conversation_id; /* zero if none */
	int state;		    /* message_state, request_state or
				       file_state then */
};

struct journal_range {
	uint64_t first_available, last; /* 0, 0: empty so far */
};

typedef bool query_contact_fn(void *ctx, const struct contact_row *row);
typedef bool query_invite_fn(void *ctx, const struct invite_row *row);
typedef bool query_request_fn(void *ctx, const struct request_row *row);
typedef bool query_conversation_fn(void *ctx,
				   const struct conversation_info *row);
typedef bool query_message_fn(void *ctx, const struct message_info *row);
typedef bool query_journal_fn(void *ctx, const struct journal_info *row);

/* By id, from after `after` (NULL: from the start); active contacts only. */
enum err query_contacts(struct store *s, const struct uid *after, size_t limit,
			query_contact_fn *fn, void *ctx) MUST_CHECK;
enum err query_contact(struct store *s, struct uid id,
		       struct contact_row *out) MUST_CHECK;
enum err query_invites(struct store *s, const struct uid *after, size_t limit,
		       query_invite_fn *fn, void *ctx) MUST_CHECK;
enum err query_invite(struct store *s, struct uid id,
		      struct invite_row *out) MUST_CHECK;
enum err query_requests(struct store *s, const struct uid *after, size_t limit,
			query_request_fn *fn, void *ctx) MUST_CHECK;
enum err query_request(struct store *s, struct uid id,
		       struct request_row *out) MUST_CHECK;
/* By the client_id it was made with. */
enum err query_request_by_client(struct store *s, struct uid client_id,
				 struct request_row *out) MUST_CHECK;

/* ERR_NOT_FOUND until the node has saved it for the first time. */
enum err query_self(struct store *s, struct self_row *out) MUST_CHECK;

/* Newest activity first; `after` is the last one of the page before. */
enum err query_conversations(struct store *s, const struct uid *after,
			     size_t limit, query_conversation_fn *fn,
			     void *ctx) MUST_CHECK;
enum err query_conversation(struct store *s, struct uid id,
			    struct conversation_info *out) MUST_CHECK;

enum page_kind { PAGE_LATEST, PAGE_BEFORE, PAGE_AFTER, PAGE_AROUND };
struct message_page {
	struct uid conversation_id;
	enum page_kind kind;
	struct uid pivot; /* a message id; ERR_NOT_FOUND if unknown here */
	size_t limit;
};
/* Oldest first whatever the kind, in the order of the conversation. */
enum err query_messages(struct store *s, const struct message_page *page,
			query_message_fn *fn, void *ctx) MUST_CHECK;
/* fn is called once. */
enum err query_message(struct store *s, struct uid id, query_message_fn *fn,
		       void *ctx) MUST_CHECK;
/* The same; one that was erased is hidden. */
enum err query_message_by_client(struct store *s, struct uid conversation_id,
				 struct uid client_id, query_message_fn *fn,
				 void *ctx) MUST_CHECK;
/* A message that is shown, for a command about it. */
enum err query_target(struct store *s, struct uid id,
		      struct target *out) MUST_CHECK;
/* The contact's last message, not deleted, up to and with one that is shown
 * in this conversation. */
enum err query_last_incoming(struct store *s, struct uid conversation_id,
			     struct uid up_to, struct mid *out,
			     bool *found) MUST_CHECK;

enum err query_journal(struct store *s, uint64_t after_seq, size_t limit,
		       query_journal_fn *fn, void *ctx) MUST_CHECK;
enum err query_journal_range(struct store *s,
			     struct journal_range *out) MUST_CHECK;
enum err query_unread(struct store *s, uint64_t *count) MUST_CHECK;

#endif
