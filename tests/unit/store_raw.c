/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store_raw.h"

#include <stdio.h>

#include <sodium.h>
#include <sqlcipher/sqlite3.h>

#include "check.h"
#include "util/text.h"

enum { SAMPLE_MESSAGES = 20 };

void raw_key(const struct kit *k, uint8_t key[static 32])
{
	crypto_kdf_derive_from_key(key, 32, 1, "umblstor", k->mk.b);
}

static sqlite3 *raw_open(const struct kit *k)
{
	char text[3 + 64 + 1] = "x'";
	uint8_t key[32];
	sqlite3 *h;

	raw_key(k, key);
	hex_encode(key, sizeof(key), text + 2);
	strcat(text, "'");
	assert_int_equal(
	    sqlite3_open_v2(k->path, &h, SQLITE_OPEN_READWRITE, NULL),
	    SQLITE_OK);
	assert_int_equal(sqlite3_key(h, text, (int)strlen(text)), SQLITE_OK);
	assert_int_equal(sqlite3_exec(h,
				      "PRAGMA cipher_compatibility = 3;"
				      "PRAGMA cipher_page_size = 4096;"
				      "PRAGMA locking_mode = EXCLUSIVE",
				      NULL, NULL, NULL),
			 SQLITE_OK);
	return h;
}

void raw_exec(const struct kit *k, const char *sql)
{
	sqlite3 *h = raw_open(k);

	assert_int_equal(sqlite3_exec(h, sql, NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_close(h), SQLITE_OK);
}

uint64_t raw_number(const struct kit *k, const char *sql)
{
	sqlite3 *h = raw_open(k);
	sqlite3_stmt *s = NULL;
	uint64_t n;

	assert_int_equal(sqlite3_prepare_v2(h, sql, -1, &s, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(s), SQLITE_ROW);
	n = (uint64_t)sqlite3_column_int64(s, 0);
	sqlite3_finalize(s);
	assert_int_equal(sqlite3_close(h), SQLITE_OK);
	return n;
}

bool raw_is_whole(const struct kit *k)
{
	sqlite3 *h = raw_open(k);
	sqlite3_stmt *s = NULL;
	bool whole;

	whole = sqlite3_prepare_v2(h, "PRAGMA integrity_check", -1, &s, NULL) ==
		    SQLITE_OK &&
		sqlite3_step(s) == SQLITE_ROW &&
		strcmp((const char *)sqlite3_column_text(s, 0), "ok") == 0;
	sqlite3_finalize(s);
	assert_int_equal(sqlite3_close(h), SQLITE_OK);
	return whole;
}

static struct effect sample_message(uint64_t seq)
{
	return seq % 2 ? kit_message_out(1, seq, "an outgoing message")
		       : kit_message_in(1, seq, "an incoming message");
}

void raw_sample(struct kit *k)
{
	struct effect invite = {.type = FX_SAVE_INVITE,
				.invite = kit_invite(1)};
	struct effect request = {.type = FX_SAVE_REQUEST,
				 .request = kit_request(1)};
	uint64_t seq;

	kit_save_contact(k, 1);
	kit_save(k, &invite);
	kit_save(k, &request);
	for (seq = 1; seq <= SAMPLE_MESSAGES; seq++) {
		struct effect e = sample_message(seq);

		kit_save(k, &e);
	}
}

struct finder {
	uint64_t seq;
	bool same;
};

static bool find_next(void *ctx, const struct message_info *m)
{
	struct finder *f = ctx;
	struct effect e = sample_message(++f->seq);

	f->same =
	    f->same &&
	    memcmp(&m->row.id, &e.message.id, sizeof(e.message.id)) == 0 &&
	    m->row.seq == e.message.seq &&
	    m->row.sent_ms == e.message.sent_ms &&
	    bytes_equal(m->row.body, e.message.body) &&
	    memcmp(&m->row.mid, &e.message.mid, 16) == 0;
	return true;
}

bool raw_sample_is_there(struct kit *k, enum err *e)
{
	struct message_page page = {
	    kit_uid('v', 1), PAGE_LATEST, {{0}}, SAMPLE_MESSAGES};
	struct contact_row c, want_c = kit_contact(1);
	struct invite_row i, want_i = kit_invite(1);
	struct request_row r, want_r = kit_request(1);
	struct finder f = {0, true};

	*e = query_messages(k->store, &page, find_next, &f);
	if (*e == OK)
		*e = query_contact(k->store, want_c.id, &c);
	if (*e == OK)
		*e = query_invite(k->store, want_i.id, &i);
	if (*e == OK)
		*e = query_request(k->store, want_r.id, &r);
	return *e == OK && f.same && f.seq == SAMPLE_MESSAGES &&
	       memcmp(&c.psk, &want_c.psk, sizeof(c.psk)) == 0 &&
	       memcmp(&c.n, &want_c.n, sizeof(c.n)) == 0 &&
	       strcmp(c.alias.s, want_c.alias.s) == 0 &&
	       memcmp(&i.secret, &want_i.secret, sizeof(i.secret)) == 0 &&
	       memcmp(r.invite, want_r.invite, sizeof(r.invite)) == 0;
}

static struct effect sample_change(enum change_kind kind, uint64_t seq)
{
	struct effect e = {.type = FX_SAVE_CHANGE};

	e.change.contact_id = kit_uid('c', 2);
	e.change.kind = kind;
	e.change.by = MESSAGE_IN;
	e.change.ref = kit_message_in(2, seq, "").message.mid;
	e.change.at_ms = KIT_WALL + seq;
	if (kind == CHANGE_EDIT)
		e.change.body = bytes_of("edited", 6);
	if (kind == CHANGE_REACTION)
		strcpy(e.change.emoji.s, "+1");
	return e;
}

static struct effect sample_erase(const struct uid *message_id,
				  enum erase_how how)
{
	struct effect e = {.type = FX_SAVE_ERASE};

	e.erase.contact_id = kit_uid('c', 2);
	e.erase.message_id = *message_id;
	e.erase.how = how;
	return e;
}

/* Messages 1 to 6 of contact 2: edited, with a reaction, marked, gone, ours
 * withdrawn, with a time to live that runs; what waits for number 9. */
void raw_sample_2(struct kit *k)
{
	struct effect e[] = {
	    kit_message_in(2, 1, "one"),
	    kit_message_in(2, 2, "two"),
	    kit_message_in(2, 3, "three"),
	    kit_message_in(2, 4, "four"),
	    kit_message_out(2, 5, "five"),
	    kit_message_in(2, 6, "six"),
	    sample_change(CHANGE_EDIT, 1),
	    sample_change(CHANGE_REACTION, 2),
	    sample_change(CHANGE_DELETE, 3),
	    sample_change(CHANGE_EDIT, 9),
	    {.type = FX_SAVE_SELF, .self = kit_self(3)},
	    {.type = FX_SAVE_READ, .read = {.contact_id = kit_uid('c', 2)}},
	    {.type = FX_SAVE_CONVERSATION,
	     .conversation = {.contact_id = kit_uid('c', 2),
			      .fields =
				  CONVERSATION_DRAFT | CONVERSATION_PINNED,
			      .pinned = true,
			      .draft = bytes_of("draft", 5)}},
	};
	struct effect hide[] = {sample_erase(&e[3].message.id, ERASE_HIDE),
				sample_erase(&e[4].message.id, ERASE_FAIL)};
	size_t i;

	e[5].message.ttl_s = 60;
	e[11].read.message_id = e[5].message.id;
	kit_save_contact(k, 2);
	for (i = 0; i < ARRAY_SIZE(e); i++)
		kit_save(k, &e[i]);
	kit_save(k, &hide[0]);
	kit_save(k, &hide[1]);
}

struct shown {
	size_t count;
	struct message_info m[6];
	char text[6][16];
};

static bool take_shown(void *ctx, const struct message_info *m)
{
	struct shown *s = ctx;
	size_t i = s->count++;

	if (i >= ARRAY_SIZE(s->m))
		return false;
	s->m[i] = *m;
	if (m->row.body.n > 0 && m->row.body.n < sizeof(s->text[i]))
		memcpy(s->text[i], m->row.body.p, m->row.body.n);
	return true;
}

static bool is_sample_2(const struct shown *s, const struct self_row *self,
			const struct conversation_info *c)
{
	const struct self_row want = kit_self(3);

	return s->count == 5 && strcmp(s->text[0], "edited") == 0 &&
	       strcmp(s->text[1], "two") == 0 && s->m[1].reaction_count == 1 &&
	       strcmp(s->m[1].reactions[0].emoji.s, "+1") == 0 &&
	       s->m[2].row.deleted && s->m[3].row.withdrawn &&
	       s->m[3].row.state == MESSAGE_FAILED &&
	       s->m[4].expires_ms == KIT_WALL + 60001 &&
	       memcmp(&self->door, &want.door, sizeof(want.door)) == 0 &&
	       c->pinned && strcmp(c->draft, "draft") == 0 &&
	       c->unread_count == 0;
}

bool raw_sample_2_is_there(struct kit *k, enum err *e)
{
	struct message_page page = {kit_uid('v', 2), PAGE_LATEST, {{0}}, 20};
	struct conversation_info c;
	struct shown s = {.count = 0};
	struct self_row self;

	*e = query_messages(k->store, &page, take_shown, &s);
	if (*e == OK)
		*e = query_conversation(k->store, page.conversation_id, &c);
	if (*e == OK)
		*e = query_self(k->store, &self);
	return *e == OK && is_sample_2(&s, &self, &c);
}

static void save_many(struct kit *k, uint32_t contact)
{
	struct effect e = {.type = FX_SAVE_CONTACT,
			   .contact = kit_contact(contact)};
	uint64_t seq;

	kit_save(k, &e);
	assert_ok(store_begin(k->store));
	for (seq = 1; seq <= 2 * SWEEP_MAX; seq++) {
		e = seq % 2 ? kit_message_out(contact, seq, "old")
			    : kit_message_in(contact, seq, "old");
		e.journal = JOURNAL_NONE;
		assert_ok(store_apply(k->store, &e, KIT_WALL + seq));
	}
	assert_ok(store_commit(k->store));
}

void raw_sample_3(struct kit *k)
{
	struct effect all = {.type = FX_SAVE_ERASE_ALL,
			     .erase_all = kit_uid('c', 3)};
	struct effect gone = {.type = FX_DELETE_CONTACT,
			      .target = kit_uid('c', 4)};
	struct effect e = kit_message_in(3, 1000, "new");

	save_many(k, 3);
	save_many(k, 4);
	kit_save(k, &all);
	kit_save(k, &gone);
	kit_save(k, &e);
}

static bool is_cleared(struct kit *k, enum err *e)
{
	struct message_page page = {kit_uid('v', 3), PAGE_LATEST, {{0}}, 9};
	struct shown s = {.count = 0};
	struct message_list l = {.count = 0};
	struct contact_row c;
	bool same;

	*e = query_messages(k->store, &page, take_shown, &s);
	if (*e == OK)
		*e = store_fetch(k->store, kit_uid('c', 3), 1, 2 * SWEEP_MAX,
				 SIZE_MAX, &l);
	if (*e != OK)
		return false;
	same = s.count == 1 && strcmp(s.text[0], "new") == 0 &&
	       l.count == SWEEP_MAX && l.rows[0].withdrawn &&
	       l.rows[l.count - 1].withdrawn &&
	       query_contact(k->store, kit_uid('c', 4), &c) == ERR_NOT_FOUND;
	message_list_clear(&l);
	return same;
}

bool raw_sample_3_is_there(struct kit *k, enum err *e)
{
	struct effect sweep = {.type = FX_SAVE_SWEEP};
	struct due_list l;
	size_t lots = 0;
	bool same = is_cleared(k, e);

	do {
		if (*e == OK)
			*e = kit_try(k, &sweep, 1);
		if (*e == OK)
			*e = store_due(k->store, KIT_WALL, &l);
	} while (*e == OK && l.sweep && ++lots < 9);
	return *e == OK && same && lots >= 2 && is_cleared(k, e);
}

void raw_samples(struct kit *k)
{
	raw_sample(k);
	raw_sample_2(k);
}

bool raw_samples_are_there(struct kit *k, enum err *e)
{
	return raw_sample_is_there(k, e) && raw_sample_2_is_there(k, e);
}
