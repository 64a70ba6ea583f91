/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store_index.h"

#include <stdio.h>

#include <sodium.h>
#include <sqlcipher/sqlite3.h>

#include "check.h"
#include "store/inside.h"
#include "store/message_text.h"
#include "util/text.h"

enum { LOT = 64, PORTION = 100 };

void index_fill(struct kit *k, uint32_t n, uint64_t from, uint64_t to,
		index_text_fn *text)
{
	uint64_t seq = from;

	while (seq <= to) {
		unsigned i;

		assert_ok(store_begin(k->store));
		for (i = 0; i < LOT && seq <= to; i++, seq++) {
			struct effect e = kit_message_in(n, seq, text(seq));

			e.journal = JOURNAL_NONE;
			assert_ok(store_apply(k->store, &e, KIT_WALL));
		}
		assert_ok(store_commit(k->store));
	}
}

void index_settle(struct kit *k)
{
	while (store_index_is_due(k->store))
		assert_ok(store_index_step(k->store));
}

uint64_t index_end(const struct kit *k)
{
	const struct word_index *x = k->store->indexing.index;

	return x ? word_index_end(x) : 0;
}

void index_key(const struct kit *k, uint8_t key[static 32])
{
	memcpy(key, k->store->indexing.key, 32);
}

const char *index_path(const struct kit *k)
{
	static char path[100];

	snprintf(path, sizeof(path), "%s/words.db", k->dir);
	return path;
}

static size_t count_rows(const struct kit *k, const uint8_t key[static 32])
{
	char text[3 + 64 + 1] = "x'";
	struct doc_set docs;
	sqlite3_stmt *s;
	size_t n = 0;
	sqlite3 *h;

	hex_encode(key, 32, text + 2);
	strcat(text, "'");
	assert_int_equal(
	    sqlite3_open_v2(index_path(k), &h, SQLITE_OPEN_READWRITE, NULL),
	    SQLITE_OK);
	assert_int_equal(sqlite3_key(h, text, (int)strlen(text)), SQLITE_OK);
	assert_int_equal(sqlite3_exec(h,
				      "PRAGMA cipher_compatibility = 3;"
				      "PRAGMA cipher_page_size = 4096",
				      NULL, NULL, NULL),
			 SQLITE_OK);
	assert_int_equal(
	    sqlite3_prepare_v2(h, "SELECT docs FROM words", -1, &s, NULL),
	    SQLITE_OK);
	while (sqlite3_step(s) == SQLITE_ROW) {
		assert_ok(
		    doc_set_read(bytes_of(sqlite3_column_blob(s, 0),
					  (size_t)sqlite3_column_bytes(s, 0)),
				 &docs));
		n += doc_set_count(&docs);
	}
	sqlite3_finalize(s);
	assert_int_equal(sqlite3_close(h), SQLITE_OK);
	return n;
}

size_t index_postings(struct kit *k)
{
	uint8_t key[32];
	size_t n;

	index_key(k, key);
	kit_close(k);
	n = count_rows(k, key);
	kit_open(k);
	return n;
}

/* All words of one message are found where they should be. */
static size_t check_words(struct kit *k, uint64_t id,
			  const struct word_bag *words)
{
	struct word_index *x = k->store->indexing.index;
	struct word_block b;
	struct doc_set docs;
	bool found;
	size_t i;

	assert_ok(word_index_block(x, id + 1, &b, &found));
	assert_true(found && id <= b.last);
	for (i = 0; i < words->count; i++) {
		const struct posting *p = &words->list[i];

		assert_ok(
		    word_index_find(x, b.first, bytes_of(p->p, p->n), &docs));
		assert_true(doc_set_has(&docs, (size_t)(id - b.first)));
	}
	return words->count;
}

size_t index_wanted(struct kit *k)
{
	struct stmt *q = db_stmt(k->store->db, SQL_INDEX_TEXTS);
	size_t n = 0;
	bool row;

	stmt_put_u64(q, 1);
	stmt_put_u64(q, index_end(k));
	while (stmt_step(q, &row) == OK && row) {
		uint64_t id = stmt_take_u64(q);
		struct message_text text;
		struct word_bag words;
		uint16_t kind;

		stmt_take_u64(q);
		kind = (uint16_t)stmt_take_u64(q);
		message_text_read(kind, stmt_take_bytes(q, TEXT_MAX), &text);
		word_bag_init(&words);
		message_text_put(&text, 0, &words);
		word_bag_sort(&words);
		n += check_words(k, id, &words);
		word_bag_clear(&words);
	}
	assert_ok(stmt_end(q));
	return n;
}

struct search index_query(const char *query)
{
	struct search s = {.before_ms = UINT64_MAX, .place = INT64_MAX};

	assert_ok(search_read(bytes_of(query, strlen(query)), &s.words));
	return s;
}

static bool take(void *ctx, const struct message_info *m)
{
	struct found_ids *f = ctx;

	if (f->count < ARRAY_SIZE(f->id))
		f->id[f->count] = m->row.id;
	f->count++;
	return f->count != f->wanted;
}

struct found_ids index_search(struct kit *k, struct search search)
{
	struct found_ids f = {.count = 0};
	bool over = false;

	while (!over) {
		uint64_t place = search.place;

		assert_ok(
		    query_search(k->store, &search, PORTION, take, &f, &over));
		assert_true(over || search.place < place);
	}
	return f;
}

size_t index_count(struct kit *k, const char *query)
{
	return index_search(k, index_query(query)).count;
}

const char *index_text(uint64_t seq)
{
	static char out[200];

	snprintf(out, sizeof(out), "all n%u %s %s %s", (unsigned)seq,
		 seq % 3 == 0 ? "third" : "", seq % 10 == 0 ? "tenth day" : "",
		 seq % 100 == 0 ? "day hundredth" : "");
	return out;
}

void index_start(struct kit *k)
{
	index_fill(k, 1, 1, INDEX_MANY, index_text);
	assert_true(store_index_is_due(k->store));
	index_settle(k);
	assert_in_range(index_end(k), 2000, INDEX_MANY - 1);
}

void index_is_in_step(struct kit *k)
{
	size_t wanted = index_wanted(k);

	assert_int_equal(index_postings(k), wanted);
}

void index_finds_all(struct kit *k)
{
	assert_int_equal(index_count(k, "all"), INDEX_MANY);
	assert_int_equal(index_count(k, "third"), INDEX_MANY / 3);
	assert_int_equal(index_count(k, "tenth third"), INDEX_MANY / 30);
	assert_int_equal(index_count(k, "\"day day\""), INDEX_MANY / 100);
	assert_int_equal(index_count(k, "n17"), 1 + 10 + 100);
	assert_int_equal(index_count(k, "\"n17\""), 1);
	assert_int_equal(index_count(k, "hundredth n1"), 11);
	assert_int_equal(index_count(k, "nowhere"), 0);
	assert_int_equal(index_count(k, "third nowhere"), 0);
}
