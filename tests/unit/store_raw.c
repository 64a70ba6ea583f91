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
