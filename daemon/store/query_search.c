/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/query_search.h"

#include <string.h>

#include <sodium.h>

#include "store/indexing.h"
#include "store/inside.h"
#include "store/message_text.h"
#include "store/rowio.h"

enum {
	/* What things cost, in units of SEARCH_EFFORT_MS. */
	COST_FIND = 4,
	COST_LOOK = 2,
	LOOK_BYTES = 256, /* one more */
	COST_SHOW = 8,
	/* Rather than asking the index any more, so few are looked at. */
	FEW = 8,
	/* Numbers that are looked at without an index at one time. */
	WINDOW_COUNT = 256,
};

struct run {
	struct store *store;
	struct search *search;
	uint64_t rows[SEARCH_PLACES_MAX]; /* of the conversations */
	size_t row_count;		  /* 0: any */
	size_t effort;			  /* what is left */
	query_message_fn *fn;
	void *ctx;
	bool moved;   /* at all: a portion without any would be the last */
	bool stopped; /* by fn */
	bool over;
};

static bool may_go_on(const struct run *r)
{
	return !r->stopped && (r->effort > 0 || !r->moved);
}

static void move(struct run *r, uint64_t place)
{
	r->moved = r->moved || place < r->search->place;
	r->search->place = place;
}

static void spend(struct run *r, size_t effort)
{
	r->effort -= effort < r->effort ? effort : r->effort;
}

/* --- one message --- */

static bool is_kind(const struct run *r, const struct message_text *t)
{
	switch (r->search->kind) {
	case SEARCH_ANY: return true;
	case SEARCH_TEXT: return !t->is_file;
	case SEARCH_FILE: return t->is_file;
	case SEARCH_IMAGE: return t->is_file && t->kind == FILE_IMAGE;
	case SEARCH_VOICE: return t->is_file && t->kind == FILE_VOICE;
	}
	return false;
}

static bool is_in(const struct run *r, uint64_t conversation)
{
	for (size_t i = 0; i < r->row_count; i++)
		if (r->rows[i] == conversation)
			return true;
	return r->row_count == 0;
}

/* A row of SQL_SEARCH_ROWS. */
static bool is_wanted(struct run *r, struct stmt *q)
{
	bool is_here = is_in(r, stmt_take_u64(q));
	uint64_t at_ms = stmt_take_u64(q);
	uint16_t kind = (uint16_t)stmt_take_u64(q);
	struct bytes body = stmt_take_bytes(q, TEXT_MAX);
	struct message_text text;
	bool fits;

	spend(r, COST_LOOK);
	if (!is_here || at_ms < r->search->from_ms ||
	    at_ms >= r->search->before_ms)
		return false;
	spend(r, body.n / LOOK_BYTES);
	message_text_read(kind, body, &text);
	fits = is_kind(r, &text) &&
	       search_fits(&r->search->words, text.part, text.count);
	sodium_memzero(&text, sizeof(text));
	return fits;
}

/* Hands over what was found at `place`. */
static enum err show(struct run *r, uint64_t place)
{
	struct stmt *q = db_stmt(r->store->db, SQL_SEARCH_FOUND);
	struct message_info info;
	bool row = false;

	spend(r, COST_SHOW);
	stmt_put_u64(q, place);
	if (stmt_step(q, &row) == OK && row) {
		query_take_message(q, &info);
		if (stmt_check(q) == OK)
			r->stopped = !r->fn(r->ctx, &info);
	}
	return stmt_end(q);
}

/* Those from `first` on below the place, which goes down with them. */
static enum err look(struct run *r, uint64_t first)
{
	struct stmt *q = db_stmt(r->store->db, SQL_SEARCH_ROWS);
	enum err e = OK, ended;
	bool row = true;

	stmt_put_u64(q, first);
	stmt_put_u64(q, r->search->place);
	while (e == OK && may_go_on(r) && stmt_step(q, &row) == OK && row) {
		uint64_t id = stmt_take_u64(q);

		if (is_wanted(r, q))
			e = show(r, id);
		move(r, id);
	}
	if (!row)
		move(r, first);
	ended = stmt_end(q);
	return e == OK ? ended : e;
}

/* --- by the index --- */

static bool is_at_hand(const struct doc_set *docs)
{
	return doc_set_count(docs) <= FEW;
}

static enum err narrow(struct run *r, uint64_t block, size_t which,
		       struct doc_set *docs)
{
	const struct search_words *w = &r->search->words;
	struct word_index *x = r->store->indexing.index;
	struct bytes word = bytes_of(w->word[which].text, w->word[which].n);
	struct doc_set found;
	size_t rows = 0;
	enum err e;

	if (which == w->count - 1 && w->is_open)
		e = word_index_find_prefix(x, block, word, &found, &rows);
	else
		e = word_index_find(x, block, word, &found);
	spend(r, COST_FIND + rows / 2);
	if (e == OK)
		doc_set_intersect(docs, &found);
	return e;
}

static enum err narrow_kind(struct run *r, uint64_t block, struct doc_set *docs)
{
	static const char *const words[] = {
	    [SEARCH_FILE] = WORD_FILE,
	    [SEARCH_IMAGE] = WORD_IMAGE,
	    [SEARCH_VOICE] = WORD_VOICE,
	};
	enum search_kind kind = r->search->kind;
	struct doc_set found;
	enum err e;

	if (kind == SEARCH_ANY || kind == SEARCH_TEXT)
		return OK;
	e = word_index_find(r->store->indexing.index, block,
			    bytes_of(words[kind], strlen(words[kind])), &found);
	spend(r, COST_FIND);
	if (e == OK)
		doc_set_intersect(docs, &found);
	return e;
}

/* Which messages of the block may be found.  The last word comes last, since
 * a beginning has many words. */
static enum err find_docs(struct run *r, const struct word_block *b,
			  struct doc_set *docs)
{
	size_t i;
	enum err e;

	if (r->search->is_discreet)
		return OK;
	e = narrow_kind(r, b->first, docs);
	for (i = 0; i < r->search->words.count; i++)
		if (e == OK && !is_at_hand(docs))
			e = narrow(r, b->first, i, docs);
	return e;
}

static enum err add_places(struct run *r, const struct word_block *b,
			   uint64_t conversation, struct doc_set *found)
{
	struct stmt *q = db_stmt(r->store->db, SQL_SEARCH_PLACES);
	bool row;

	stmt_put_u64(q, conversation);
	stmt_put_u64(q, b->first);
	stmt_put_u64(q, b->last);
	spend(r, COST_FIND);
	while (stmt_step(q, &row) == OK && row) {
		doc_set_put(found, (size_t)(stmt_take_u64(q) - b->first));
		spend(r, 1);
	}
	return stmt_end(q);
}

/* The database knows them by an index of its own. */
static enum err narrow_conversations(struct run *r, const struct word_block *b,
				     struct doc_set *docs)
{
	struct doc_set found = doc_set_below(0);
	enum err e = OK;

	if (r->row_count == 0 || is_at_hand(docs))
		return OK;
	for (size_t i = 0; i < r->row_count && e == OK; i++)
		e = add_places(r, b, r->rows[i], &found);
	doc_set_intersect(docs, &found);
	return e;
}

static bool is_out_of_time(const struct search *s, const struct word_block *b)
{
	return b->to_ms < s->from_ms || b->from_ms >= s->before_ms;
}

/* The newest first, until the effort is spent. */
static enum err look_at_docs(struct run *r, const struct word_block *b,
			     const struct doc_set *docs)
{
	size_t doc = (size_t)(r->search->place - b->first);
	enum err e = OK;

	while (e == OK && doc > 0 && may_go_on(r)) {
		doc--;
		if (!doc_set_has(docs, doc))
			continue;
		move(r, b->first + doc + 1);
		e = look(r, b->first + doc);
	}
	if (e == OK && doc == 0 && !r->stopped)
		move(r, b->first);
	return e;
}

static enum err look_at_block(struct run *r, struct word_block *b)
{
	struct search *s = r->search;
	struct doc_set docs;
	enum err e;

	/* Behind it is nothing, or what nobody finds. */
	if (s->place > b->last)
		move(r, b->last + 1);
	docs = doc_set_below((size_t)(s->place - b->first));
	spend(r, COST_FIND);
	if (is_out_of_time(s, b)) {
		move(r, b->first);
		return OK;
	}
	e = find_docs(r, b, &docs);
	if (e != OK) {
		indexing_discard(r->store, e);
		return OK;
	}
	e = narrow_conversations(r, b, &docs);
	return e == OK ? look_at_docs(r, b, &docs) : e;
}

static enum err next_block(struct run *r)
{
	struct word_block b;
	bool found;
	enum err e = word_index_block(r->store->indexing.index,
				      r->search->place, &b, &found);

	if (e != OK) {
		indexing_discard(r->store, e);
		return OK;
	}
	r->over = !found;
	return found ? look_at_block(r, &b) : OK;
}

/* --- where there is none --- */

static enum err next_window(struct run *r, uint64_t end)
{
	uint64_t place = r->search->place, first = end + 1;
	bool more = place > first;

	if (more && place - first > WINDOW_COUNT)
		first = place - WINDOW_COUNT;
	return more ? look(r, first) : OK;
}

/* Numbers begin at 1. */
static enum err step(struct run *r)
{
	struct word_index *x = r->store->indexing.index;
	uint64_t end = x ? word_index_end(x) : 0;

	if (r->search->place > end + 1)
		return next_window(r, end);
	if (end > 0)
		return next_block(r);
	r->over = true;
	return OK;
}

static enum err find_rows(struct run *r)
{
	const struct search *s = r->search;
	uint64_t activity;
	enum err e = OK;

	for (size_t i = 0; i < s->conversation_count && e == OK; i++) {
		e = query_position(r->store, &s->conversations[i],
				   &r->rows[r->row_count], &activity);
		r->row_count += e == OK;
		if (e == ERR_NOT_FOUND)
			e = OK;
	}
	/* Not one of them is there. */
	r->over = s->conversation_count > 0 && r->row_count == 0;
	return e;
}

/* Far behind the newest message there is nothing to look at. */
static enum err begin(struct run *r)
{
	struct stmt *q = db_stmt(r->store->db, SQL_INDEX_NEWEST);
	struct search *s = r->search;
	uint64_t newest = 0;
	bool row = false;
	enum err e;

	stmt_put_u64(q, 0);
	if (stmt_step(q, &row) == OK && row)
		newest = stmt_take_u64(q);
	e = stmt_end(q);
	if (s->place > newest + 1)
		move(r, newest + 1);
	return e == OK ? find_rows(r) : e;
}

enum err query_search(struct store *s, struct search *search, size_t effort,
		      query_message_fn *fn, void *ctx, bool *over)
{
	struct run r = {.store = s,
			.search = search,
			.effort = effort,
			.fn = fn,
			.ctx = ctx};
	enum err e = begin(&r);

	r.moved = false;
	while (e == OK && !r.over && may_go_on(&r)) {
		spend(&r, 1);
		e = step(&r);
	}
	*over = r.over;
	return e;
}

enum err query_conversation_with(struct store *s, struct uid contact_id,
				 struct uid *out)
{
	struct stmt *q = query_start(s, SQL_CONVERSATION_WITH, &contact_id);
	bool row = false;

	if (stmt_step(q, &row) == OK && row)
		*out = rowio_take_uid(q);
	return query_end(q, row);
}
