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

    /* activity: messages.id of the newest message that ever came, or the
     * greatest activity of all at the conversation's birth; orders the list
     * whatever the clock does. */
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

/* Relations and all that a message can be.  Numbers in conditions: dir 0 is
 * IN, state 3 is DELIVERED. */
static const char version_2[] =
    "ALTER TABLE contacts ADD COLUMN"
    "  send_high INTEGER NOT NULL DEFAULT 0;"
    /* Any of them may have left. */
    "UPDATE contacts SET send_high = send_next - 1;"
    "ALTER TABLE contacts ADD COLUMN"
    "  rekey_state INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE contacts ADD COLUMN rekey_my_r BLOB;"
    "ALTER TABLE contacts ADD COLUMN rekey_peer_r BLOB;"
    "ALTER TABLE contacts ADD COLUMN rekey_other BLOB;"
    "ALTER TABLE contacts ADD COLUMN"
    "  rekey_since_ms INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE contacts ADD COLUMN status TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE contacts ADD COLUMN note TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE contacts ADD COLUMN blocked INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE contacts ADD COLUMN verified INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE contacts ADD COLUMN policy INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE contacts ADD COLUMN receipts INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE contacts ADD COLUMN typing INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE contacts ADD COLUMN cover INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE contacts ADD COLUMN ttl_s INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE contacts ADD COLUMN"
    "  verified_ms INTEGER NOT NULL DEFAULT 0;"

    "ALTER TABLE requests ADD COLUMN origin INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE requests ADD COLUMN door BLOB;"
    "ALTER TABLE requests ADD COLUMN seed BLOB;"
    "ALTER TABLE requests ADD COLUMN invite_uid BLOB;"
    "ALTER TABLE requests ADD COLUMN introducer BLOB;"
    "ALTER TABLE requests ADD COLUMN name TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE requests ADD COLUMN work INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE requests ADD COLUMN expires_ms INTEGER NOT NULL DEFAULT 0;"

    "ALTER TABLE conversations ADD COLUMN"
    "  muted_until_ms INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE conversations ADD COLUMN"
    "  archived INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE conversations ADD COLUMN pinned INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE conversations ADD COLUMN draft BLOB NOT NULL DEFAULT x'';"

    "ALTER TABLE messages ADD COLUMN hidden INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE messages ADD COLUMN deleted INTEGER NOT NULL DEFAULT 0;"
    /* Not NULL: it is withdrawn, and this was its content hash. */
    "ALTER TABLE messages ADD COLUMN content BLOB;"
    /* Out: what our user sees since he edited it.  The body stays as it was
     * sent, because it may have to be sent again. */
    "ALTER TABLE messages ADD COLUMN shown BLOB;"
    "ALTER TABLE messages ADD COLUMN extra BLOB NOT NULL DEFAULT x'';"
    /* Of an edit or a reaction: the message it is about. */
    "ALTER TABLE messages ADD COLUMN ref BLOB;"
    "ALTER TABLE messages ADD COLUMN reply_to BLOB;"
    "ALTER TABLE messages ADD COLUMN ttl_s INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE messages ADD COLUMN expires_ms INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE messages ADD COLUMN deadline_ms INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE messages ADD COLUMN problem INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE messages ADD COLUMN read_ms INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE messages ADD COLUMN edited_ms INTEGER NOT NULL DEFAULT 0;"
    "CREATE INDEX messages_shown ON messages(conversation)"
    "  WHERE hidden = 0;"
    "CREATE INDEX messages_theirs ON messages(conversation)"
    "  WHERE dir = 0 AND hidden = 0 AND deleted = 0;"
    "CREATE INDEX messages_unconfirmed ON messages(contact, seq)"
    "  WHERE dir = 1 AND state = 3 AND hidden = 0 AND content IS NULL;"
    "CREATE INDEX messages_ref ON messages(contact, ref)"
    "  WHERE ref IS NOT NULL;"
    "CREATE INDEX messages_timed ON messages(conversation)"
    "  WHERE dir = 0 AND ttl_s > 0 AND expires_ms = 0;"
    "CREATE INDEX messages_expires ON messages(expires_ms)"
    "  WHERE expires_ms > 0;"
    "CREATE INDEX messages_deadline ON messages(deadline_ms)"
    "  WHERE deadline_ms > 0 AND state < 3;"

    /* One of each side: 0 the contact, 1 our user. */
    "CREATE TABLE reactions("
    "  message INTEGER NOT NULL REFERENCES messages(id) ON DELETE CASCADE,"
    "  side INTEGER NOT NULL,"
    "  emoji TEXT NOT NULL,"
    "  at_ms INTEGER NOT NULL,"
    "  PRIMARY KEY(message, side)) WITHOUT ROWID;"

    /* What a contact did to a message that is not here yet. */
    "CREATE TABLE parked("
    "  id INTEGER PRIMARY KEY,"
    "  contact INTEGER NOT NULL REFERENCES contacts(id) ON DELETE CASCADE,"
    "  mid BLOB NOT NULL,"
    "  kind INTEGER NOT NULL,"
    "  body BLOB NOT NULL,"
    "  emoji TEXT NOT NULL,"
    "  at_ms INTEGER NOT NULL,"
    "  parked_ms INTEGER NOT NULL);"
    "CREATE INDEX parked_mid ON parked(contact, mid);"
    "CREATE INDEX parked_contact ON parked(contact);"
    "CREATE INDEX parked_age ON parked(parked_ms);"

    /* Marks (a hash) of the mids of incoming messages that were erased. */
    "CREATE TABLE gone("
    "  contact INTEGER NOT NULL REFERENCES contacts(id) ON DELETE CASCADE,"
    "  mark BLOB NOT NULL CHECK(length(mark) = 16),"
    "  PRIMARY KEY(contact, mark)) WITHOUT ROWID;"

    "CREATE TABLE self("
    "  id INTEGER PRIMARY KEY CHECK(id = 1),"
    "  name TEXT NOT NULL,"
    "  status TEXT NOT NULL,"
    "  mode INTEGER NOT NULL,"
    "  receipts INTEGER NOT NULL,"
    "  typing INTEGER NOT NULL,"
    "  door_on INTEGER NOT NULL,"
    "  door BLOB NOT NULL,"
    "  door_created_ms INTEGER NOT NULL,"
    "  difficulty INTEGER NOT NULL);";

/* Histories that go in portions. */
static const char version_3[] =
    /* Messages up to that id are shown no more; 0: all of them are erased.
     * messages.id grows, so what comes later has a greater one. */
    "ALTER TABLE conversations ADD COLUMN"
    "  cleared_to INTEGER NOT NULL DEFAULT 0;"
    "CREATE INDEX conversations_cleared ON conversations(cleared_to)"
    "  WHERE cleared_to > 0;"

    /* The peer's chain values, which version 1 kept; and what is erased by
     * that must leave the file. */
    "INSERT OR IGNORE INTO settings(key, value) SELECT 'erased', x''"
    "  FROM (SELECT 1 FROM messages"
    "    WHERE dir = 0 AND chain <> zeroblob(16) LIMIT 1);"
    "UPDATE OR FAIL messages SET chain = zeroblob(16)"
    "  WHERE dir = 0 AND chain <> zeroblob(16);";

/* Files, and which of them the user wants without being asked.  Numbers: dir
 * 0 is IN. */
static const char version_4[] =
    /* message: what offers it, and what it goes with.  blob: its name on the
     * disk.  kept: 1, it takes, or will take, room there; 2, it would, and
     * waits for a quota; 0, it does not. */
    "CREATE TABLE files("
    "  id INTEGER PRIMARY KEY AUTOINCREMENT,"
    "  uid BLOB NOT NULL UNIQUE CHECK(length(uid) = 16),"
    "  fid BLOB NOT NULL CHECK(length(fid) = 16),"
    "  contact INTEGER REFERENCES contacts(id) ON DELETE CASCADE,"
    "  message INTEGER REFERENCES messages(id) ON DELETE CASCADE,"
    "  mid BLOB,"
    "  dir INTEGER NOT NULL,"
    "  state INTEGER NOT NULL,"
    "  problem INTEGER NOT NULL,"
    "  kind INTEGER NOT NULL,"
    "  size INTEGER NOT NULL,"
    "  key BLOB NOT NULL,"
    "  chunk_log2 INTEGER NOT NULL,"
    "  root BLOB,"
    "  name TEXT NOT NULL,"
    "  media TEXT NOT NULL,"
    "  have_count INTEGER NOT NULL,"
    "  have BLOB NOT NULL,"
    "  created_ms INTEGER NOT NULL,"
    "  expires_ms INTEGER NOT NULL,"
    "  updated_ms INTEGER NOT NULL,"
    "  kept INTEGER NOT NULL,"
    "  blob BLOB NOT NULL UNIQUE CHECK(length(blob) = 16),"
    "  client_uid BLOB,"
    "  preview BLOB NOT NULL DEFAULT x'',"
    "  width INTEGER NOT NULL DEFAULT 0,"
    "  height INTEGER NOT NULL DEFAULT 0,"
    "  duration_ms INTEGER NOT NULL DEFAULT 0,"
    "  sha256 BLOB,"
    "  strip INTEGER NOT NULL DEFAULT 0,"
    "  promised BLOB);"
    "CREATE UNIQUE INDEX files_fid ON files(contact, dir, fid)"
    "  WHERE contact IS NOT NULL;"
    "CREATE UNIQUE INDEX files_client ON files(client_uid)"
    "  WHERE client_uid IS NOT NULL;"
    "CREATE INDEX files_contact ON files(contact);"
    "CREATE INDEX files_message ON files(message);"
    "CREATE INDEX files_state ON files(state);"
    "CREATE INDEX files_kept ON files(kept, contact, dir, size);"

    /* 1: the user's own profile has changed since this contact heard of it. */
    "ALTER TABLE contacts ADD COLUMN profile_stale INTEGER NOT NULL"
    "  DEFAULT 0;"

    "ALTER TABLE self ADD COLUMN"
    "  auto_accept_bytes INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE self ADD COLUMN"
    "  auto_accept_kinds INTEGER NOT NULL DEFAULT 0;";

/* Named readers of the journal. */
static const char version_5[] =
    /* acked: journal.seq of the newest row that it is done with. */
    "CREATE TABLE consumers("
    "  id INTEGER PRIMARY KEY AUTOINCREMENT,"
    "  name TEXT NOT NULL UNIQUE,"
    "  acked INTEGER NOT NULL,"
    "  created_ms INTEGER NOT NULL,"
    "  updated_ms INTEGER NOT NULL);"
    "CREATE INDEX consumers_acked ON consumers(acked);";

/* Where events are posted to. */
static const char version_6[] =
    /* types: bits by the numbers of journal.type; 0: all of them. */
    "CREATE TABLE webhooks("
    "  id INTEGER PRIMARY KEY AUTOINCREMENT,"
    "  uid BLOB NOT NULL UNIQUE CHECK(length(uid) = 16),"
    "  url TEXT NOT NULL,"
    "  types INTEGER NOT NULL,"
    "  secret BLOB NOT NULL,"
    "  created_ms INTEGER NOT NULL,"
    "  failing_ms INTEGER NOT NULL DEFAULT 0,"
    "  last_status INTEGER NOT NULL DEFAULT 0);";

static const char *const steps[] = {version_1, version_2, version_3,
				    version_4, version_5, version_6};

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

	if (e != OK || version == ARRAY_SIZE(steps))
		return e;
	while (e == OK && version < ARRAY_SIZE(steps))
		e = apply_step(d, ++version);
	/* What a step overwrote still stands in the log; it will be emptied
	 * at the latest when the file is closed. */
	if (e == OK)
		(void)!db_empty_log(d);
	return e;
}
