/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/schema.h"

#include <assert.h>
#include <stdio.h>

#include "util/mem.h"

/* Portable from SQLite 3.15.2 on: STORAGE 1.2 lists what may be used.  Ids
 * that the outside sees are blobs of 16 bytes; rows refer to each other by
 * rowid.  The numbers of enums are those of core/rows.h and effect.h. */
static const char version_1[] =
    "CREATE TABLE settings("
    "  key TEXT PRIMARY KEY NOT NULL,"
    "  value BLOB NOT NULL) WITHOUT ROWID;"

    "CREATE TABLE contacts("
    "  id INTEGER PRIMARY KEY,"
    "  uid BLOB NOT NULL UNIQUE CHECK(length(uid) = 16),"
    "  conversation_uid BLOB NOT NULL CHECK(length(conversation_uid) = 16),"
    "  invite_uid BLOB,"
    "  state INTEGER NOT NULL,"
    "  my_static BLOB NOT NULL,"
    "  peer_static BLOB NOT NULL,"
    "  psk BLOB NOT NULL,"
    "  epoch INTEGER NOT NULL,"
    "  my_cell BLOB NOT NULL,"
    "  peer_auth BLOB NOT NULL,"
    "  peer_cell BLOB NOT NULL,"
    "  my_auth BLOB NOT NULL,"
    "  my_r BLOB,"
    "  send_next INTEGER NOT NULL,"
    "  peer_acked INTEGER NOT NULL,"
    "  seq_shift INTEGER NOT NULL,"
    "  recv_next INTEGER NOT NULL,"
    "  chain_out BLOB NOT NULL,"
    "  chain_in BLOB NOT NULL,"
    "  alarm INTEGER NOT NULL,"
    "  name TEXT NOT NULL,"
    "  alias TEXT NOT NULL,"
    "  created_ms INTEGER NOT NULL,"
    "  last_seen_ms INTEGER NOT NULL);"

    "CREATE TABLE invites("
    "  id INTEGER PRIMARY KEY,"
    "  uid BLOB NOT NULL UNIQUE CHECK(length(uid) = 16),"
    "  state INTEGER NOT NULL,"
    "  onion BLOB NOT NULL,"
    "  secret BLOB NOT NULL,"
    "  flags INTEGER NOT NULL,"
    "  label TEXT NOT NULL,"
    "  nonce BLOB,"
    "  contact_uid BLOB,"
    "  created_ms INTEGER NOT NULL,"
    "  expires_ms INTEGER NOT NULL);"

    "CREATE TABLE requests("
    "  id INTEGER PRIMARY KEY,"
    "  uid BLOB NOT NULL UNIQUE CHECK(length(uid) = 16),"
    "  client_uid BLOB UNIQUE,"
    "  state INTEGER NOT NULL,"
    "  invite BLOB,"
    "  alias TEXT NOT NULL,"
    "  greeting TEXT NOT NULL,"
    "  my_static BLOB,"
    "  my_cell BLOB,"
    "  my_auth BLOB,"
    "  my_r BLOB,"
    "  nonce BLOB,"
    "  contact_uid BLOB,"
    "  created_ms INTEGER NOT NULL);"

    /* activity: messages.id of the newest message, or what that was at the
     * conversation's birth; orders the list whatever the clock does. */
    "CREATE TABLE conversations("
    "  id INTEGER PRIMARY KEY,"
    "  uid BLOB NOT NULL UNIQUE CHECK(length(uid) = 16),"
    "  contact INTEGER NOT NULL UNIQUE"
    "    REFERENCES contacts(id) ON DELETE CASCADE,"
    "  activity INTEGER NOT NULL,"
    "  last_message INTEGER,"
    "  last_ms INTEGER NOT NULL,"
    "  read_message INTEGER,"
    "  unread INTEGER NOT NULL DEFAULT 0);"
    "CREATE INDEX conversations_activity ON conversations(activity, id);"

    /* id: the order inside every conversation; never used twice. */
    "CREATE TABLE messages("
    "  id INTEGER PRIMARY KEY AUTOINCREMENT,"
    "  uid BLOB NOT NULL UNIQUE CHECK(length(uid) = 16),"
    "  conversation INTEGER NOT NULL"
    "    REFERENCES conversations(id) ON DELETE CASCADE,"
    "  contact INTEGER NOT NULL REFERENCES contacts(id) ON DELETE CASCADE,"
    "  client_uid BLOB,"
    "  dir INTEGER NOT NULL,"
    "  state INTEGER NOT NULL,"
    "  seq INTEGER NOT NULL,"
    "  mid BLOB NOT NULL CHECK(length(mid) = 16),"
    "  chain BLOB NOT NULL,"
    "  kind INTEGER NOT NULL,"
    "  body BLOB NOT NULL,"
    "  sent_ms INTEGER NOT NULL,"
    "  received_ms INTEGER NOT NULL,"
    "  delivered_ms INTEGER NOT NULL DEFAULT 0);"
    "CREATE INDEX messages_conversation ON messages(conversation);"
    "CREATE UNIQUE INDEX messages_mid ON messages(contact, dir, mid);"
    /* Out only: a peer's numbers bind us to nothing. */
    "CREATE UNIQUE INDEX messages_out ON messages(contact, seq)"
    "  WHERE dir = 1;"
    "CREATE UNIQUE INDEX messages_client"
    "  ON messages(conversation, client_uid) WHERE client_uid IS NOT NULL;"

    /* Ids and states only: content lives in one place. */
    "CREATE TABLE journal("
    "  seq INTEGER PRIMARY KEY AUTOINCREMENT,"
    "  at_ms INTEGER NOT NULL,"
    "  type INTEGER NOT NULL,"
    "  object BLOB NOT NULL,"
    "  conversation_uid BLOB,"
    "  state INTEGER NOT NULL);";

static const char *const steps[] = {version_1};

uint64_t schema_newest(void)
{
	return ARRAY_SIZE(steps);
}

const char *schema_step(uint64_t n)
{
	assert(n >= 1 && n <= ARRAY_SIZE(steps));
	return steps[n - 1];
}

/* A file made by someone else with the right key must not run code of his:
 * we make no views, triggers or virtual tables. */
static enum err check_kinds(struct db *d)
{
	uint64_t count;
	enum err e = db_number(d,
			       "SELECT count(*) FROM sqlite_master"
			       " WHERE type NOT IN ('table', 'index')"
			       " OR sql LIKE 'CREATE VIRTUAL%'",
			       &count);

	if (e != OK)
		return e;
	return count == 0 ? OK : ERR_CORRUPT;
}

static enum err check_version(struct db *d, uint64_t from, uint64_t *version)
{
	uint64_t app;
	enum err e = db_number(d, "PRAGMA user_version", version);

	if (e != OK)
		return e;
	if (*version > ARRAY_SIZE(steps))
		return ERR_VERSION;
	if (*version < from)
		return ERR_CORRUPT;
	if (*version == 0)
		return OK;
	e = db_number(d, "PRAGMA application_id", &app);
	if (e != OK)
		return e;
	return app == SCHEMA_APPLICATION_ID ? check_kinds(d) : ERR_CORRUPT;
}

static enum err apply_step(struct db *d, uint64_t n)
{
	char pragmas[96];
	enum err e = db_begin(d);

	if (e != OK)
		return e;
	snprintf(pragmas, sizeof(pragmas),
		 "PRAGMA application_id = %u; PRAGMA user_version = %u",
		 SCHEMA_APPLICATION_ID, (unsigned)n);
	e = db_exec(d, schema_step(n));
	if (e == OK)
		e = db_exec(d, pragmas);
	if (e == OK)
		return db_commit(d);
	db_rollback(d);
	return e;
}

enum err schema_migrate(struct db *d, uint64_t from)
{
	uint64_t version;
	enum err e = check_version(d, from, &version);

	while (e == OK && version < ARRAY_SIZE(steps))
		e = apply_step(d, ++version);
	return e;
}
