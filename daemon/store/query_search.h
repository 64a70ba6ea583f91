/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * query_search - messages by what they say, the newest first.
 *
 * A search is carried on in portions, between which the database may change.
 * What is found was looked at in its row: the index only says where it is
 * worth looking, and without one all rows are looked at.
 */
#ifndef STORE_QUERY_SEARCH_H
#define STORE_QUERY_SEARCH_H

#include "store/query.h"
#include "store/search.h"

/* What a message must be, beside its words. */
enum search_kind {
	SEARCH_ANY,
	SEARCH_TEXT,
	SEARCH_FILE, /* of whatever kind */
	SEARCH_IMAGE,
	SEARCH_VOICE,
};

enum { SEARCH_PLACES_MAX = 64 };

struct search {
	struct search_words words;
	enum search_kind kind;
	/* In these conversations alone; none: in all.  One that is not there
	 * has no messages. */
	struct uid conversations[SEARCH_PLACES_MAX];
	size_t conversation_count;
	/* Nor may the place where a portion ends tell what others say: then no
	 * index is asked, since it knows all of them at once. */
	bool is_discreet;
	/* When it was sent, or came: from, and before that. */
	uint64_t from_ms, before_ms;
	/* Messages of smaller numbers are still to be looked at: INT64_MAX at
	 * first.  Moved. */
	uint64_t place;
};

/* About a millisecond of work. */
enum { SEARCH_EFFORT_MS = 250 };

/* Looks on, as far as so much effort goes, or until fn returns false: that
 * was the last one that is wanted now.  *over: there are no more. */
enum err query_search(struct store *s, struct search *search, size_t effort,
		      query_message_fn *fn, void *ctx, bool *over) MUST_CHECK;
/* The conversation with a contact. */
enum err query_conversation_with(struct store *s, struct uid contact_id,
				 struct uid *out) MUST_CHECK;

#endif
