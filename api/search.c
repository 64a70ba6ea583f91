/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/search.h"

#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "api/auth.h"
#include "api/command.h"
#include "api/form.h"
#include "api/handlers.h"
#include "api/narrow.h"
#include "api/page.h"
#include "api/state.h"
#include "api/views.h"
#include "store/query_search.h"
#include "util/mem.h"

_Static_assert((int)TOKEN_IDS_MAX <= (int)SEARCH_PLACES_MAX,
	       "a search can be in all that a token is for");

enum {
	QUERY_BYTES_MAX = 512,
	PORTION_EFFORT = 8 * SEARCH_EFFORT_MS,
	RUNNING_MAX = 16,
	BUSY_MS = 1000,
};

/* One that goes on. */
struct running {
	struct list_node node;
	struct request *r;
	struct search search;
	size_t limit, count;
	unsigned portions;
};

static const char *const words_kind[] = {
    [SEARCH_TEXT - 1] = "text",
    [SEARCH_FILE - 1] = "file",
    [SEARCH_IMAGE - 1] = "image",
    [SEARCH_VOICE - 1] = "voice",
    NULL,
};

/* A cursor is the place where to go on, in the room of an id.  So it lasts,
 * whatever becomes of the message that stood there. */
static struct uid place_encode(uint64_t place)
{
	struct uid id = {{0}};
	int i;

	for (i = 0; i < 8; i++)
		id.b[i] = (uint8_t)(place >> (56 - 8 * i));
	return id;
}

static uint64_t place_decode(const struct uid *id)
{
	uint64_t place = 0;
	int i;

	for (i = 0; i < 8; i++)
		place = place << 8 | id->b[i];
	return place < INT64_MAX ? place : INT64_MAX;
}

static void read_words(struct form *f, struct search *s)
{
	struct bytes q = form_text(f, "q", 1, QUERY_BYTES_MAX, FORM_REQUIRED);
	enum err e = q.p ? search_read(q, &s->words) : OK;

	if (e == ERR_NOT_FOUND)
		form_fault(f, "q", "no_word", "there is no word in it");
	else if (e)
		form_fault(f, "q", "too_long", "more than 32 words");
}

static void read_times(struct form *f, struct search *s)
{
	bool has_from = form_time(f, "after", FORM_OPTIONAL, &s->from_ms);
	bool has_end = form_time(f, "before", FORM_OPTIONAL, &s->before_ms);

	if (has_from && has_end && s->from_ms >= s->before_ms)
		form_fault(f, "before", "out_of_range",
			   "not later than \"after\"");
	if (!has_end)
		s->before_ms = UINT64_MAX;
}

/* The one that is named.  One that the caller may not see is none. */
static enum err take_conversation(struct request *r, struct search *s,
				  const struct uid *id)
{
	struct sight sight = sight_of(r);
	struct conversation_info info;

	s->conversations[0] = *id;
	s->conversation_count = 1;
	return sight_has_conversation(&sight, id)
		   ? query_conversation(r->store, *id, &info)
		   : ERR_NOT_FOUND;
}

/* All that the caller may see; of no others may he learn a thing. */
static void take_sight(struct request *r, struct search *s)
{
	struct grant g;

	s->is_discreet =
	    auth_grant(r->api, &r->caller, &g) && grant_is_narrow(&g);
	if (!s->is_discreet)
		return;
	s->conversation_count = g.conversations.count;
	memcpy(s->conversations, g.conversations.ids,
	       s->conversation_count * sizeof(s->conversations[0]));
}

/* A contact is his conversation. */
static enum err read_place(struct form *f, struct request *r, struct search *s)
{
	struct uid conversation, contact;
	bool is_named, is_with;
	enum err e = OK;

	take_sight(r, s);
	is_named = form_id(f, "conversation_id", ID_CONVERSATION, FORM_OPTIONAL,
			   &conversation);
	is_with = form_id(f, "contact_id", ID_CONTACT, FORM_OPTIONAL, &contact);
	if (is_named && is_with)
		form_fault(f, "contact_id", "exclusive",
			   "only one of conversation_id, contact_id");
	else if (is_with)
		e = query_conversation_with(r->store, contact, &conversation);
	if (e == OK && (is_named || is_with))
		e = take_conversation(r, s, &conversation);
	return e;
}

static struct reply *read_query(struct request *r, struct running *run)
{
	struct search *s = &run->search;
	struct reply *bad;
	struct form f;
	struct uid cursor;
	unsigned kind;
	enum err e;

	form_of_query(&f, r);
	read_words(&f, s);
	read_times(&f, s);
	e = read_place(&f, r, s);
	if (form_word(&f, "kind", FORM_OPTIONAL, words_kind, &kind))
		s->kind = (enum search_kind)(kind + 1);
	run->limit =
	    (size_t)form_int(&f, "limit", 1, PAGE_LIMIT_MAX, PAGE_LIMIT);
	s->place = form_cursor(&f, ID_MESSAGE, &cursor) ? place_decode(&cursor)
							: INT64_MAX;
	bad = form_done(&f);
	if (bad)
		return bad;
	return e ? reply_err(r, e) : NULL;
}

static bool take_found(void *ctx, const struct message_info *m)
{
	struct running *run = ctx;

	view_message(&run->r->out, NULL, run->r->api, request_user(run->r), m);
	return ++run->count < run->limit;
}

static struct reply *answer(struct running *run, bool over)
{
	struct request *r = run->r;
	char cursor[CURSOR_TEXT + 1];
	struct uid place = place_encode(run->search.place);

	jout_close(&r->out, ']');
	if (over) {
		jout_null(&r->out, "next_cursor");
	} else {
		cursor_encode(ID_MESSAGE, &place, cursor);
		jout_str(&r->out, "next_cursor", cursor);
	}
	jout_bool(&r->out, "is_partial", !over && run->count < run->limit);
	jout_close(&r->out, '}');
	return reply_json(r, 200);
}

/* One portion; NULL: there is more to do. */
static struct reply *go_on(struct running *run)
{
	struct request *r = run->r;
	bool over;
	enum err e = query_search(r->store, &run->search, PORTION_EFFORT,
				  take_found, run, &over);

	if (e)
		return reply_err(r, e);
	run->portions++;
	if (!over && run->count < run->limit &&
	    run->portions < r->api->search_portions)
		return NULL;
	return answer(run, over);
}

static void end(struct running *run)
{
	list_take(&run->node);
	run->r->search = NULL;
	run->r->api->search_count--;
	sodium_memzero(run, sizeof(*run));
	free(run);
}

static struct reply *begin(struct request *r, const struct running *first)
{
	struct running *run = xcalloc(1, sizeof(*run));

	*run = *first;
	r->search = run;
	r->stage = STAGE_WAIT;
	r->api->search_count++;
	list_put_last(&r->api->searches, &run->node);
	return reply_later(r);
}

struct reply *api_search(struct request *r)
{
	struct running run = {.r = r};
	struct reply *reply = read_query(r, &run);

	if (reply)
		return reply;
	if (r->api->search_count >= RUNNING_MAX)
		return reply_wait(r, BUSY_MS);
	jout_open(reply_body(r), NULL, '{');
	jout_open(&r->out, "items", '[');
	reply = go_on(&run);
	if (!reply)
		reply = begin(r, &run);
	sodium_memzero(&run, sizeof(run));
	return reply;
}

void search_free(struct request *r)
{
	if (r->search)
		end(r->search);
}

void search_end_user(struct api *a, const struct uid *user)
{
	struct list_node *n, *t;

	list_for_each_safe (n, t, &a->searches) {
		struct running *run = list_entry(n, struct running, node);
		struct request *r = run->r;

		if (!uid_is_equal(&request_user(r), user))
			continue;
		end(run);
		reply_send(r, command_locked(r, *user));
	}
}

uint64_t search_deadline(const struct api *a)
{
	return list_is_empty(&a->searches) ? UINT64_MAX : 0;
}

void search_tick(struct api *a)
{
	struct running *run;
	struct reply *reply;
	struct request *r;

	if (list_is_empty(&a->searches))
		return;
	run = list_entry(a->searches.head.next, struct running, node);
	list_take(&run->node);
	list_put_last(&a->searches, &run->node);
	r = run->r;
	r->store = api_store(a, request_user(r));
	reply = auth_is_live(a, &r->caller)
		    ? go_on(run)
		    : reply_error(r, PROBLEM_UNAUTHORIZED, NULL);
	r->store = NULL;
	if (!reply)
		return;
	end(run);
	reply_send(r, reply);
}
