/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store_kit.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "check.h"
#include "util/buf.h"
#include "util/file.h"

void kit_start(struct kit *k)
{
	const char *what;

	memset(k, 0, sizeof(*k));
	strcpy(k->dir, "/tmp/uXXXXXX");
	assert_non_null(mkdtemp(k->dir));
	snprintf(k->path, sizeof(k->path), "%s/user.db", k->dir);
	snprintf(k->blobs, sizeof(k->blobs), "%s/blobs", k->dir);
	snprintf(k->wal, sizeof(k->wal), "%s-wal", k->path);
	kit_fill(k->mk.b, sizeof(k->mk.b), 7);
	k->user_id = kit_uid('u', 1);
	assert_ok(store_library_start(&what));
	assert_ok(store_create(k->path, &k->mk, k->user_id));
	kit_open(k);
}

void kit_open(struct kit *k)
{
	assert_ok(store_open(k->path, &k->mk, k->user_id, &k->store));
}

void kit_close(struct kit *k)
{
	store_close(k->store);
	k->store = NULL;
}

static void remove_folder(const char *folder)
{
	DIR *dir = opendir(folder);
	struct dirent *d;
	char path[400];

	while (dir && (d = readdir(dir))) {
		snprintf(path, sizeof(path), "%s/%s", folder, d->d_name);
		unlink(path);
	}
	if (dir)
		closedir(dir);
	rmdir(folder);
}

void kit_end(struct kit *k)
{
	kit_close(k);
	remove_folder(k->blobs);
	remove_folder(k->dir);
	assert_int_not_equal(access(k->dir, F_OK), 0);
}

struct uid kit_uid(char what, uint32_t n)
{
	struct uid id = {{0}};

	snprintf((char *)id.b, sizeof(id.b), "%c%010u", what, n);
	return id;
}

void kit_fill(void *p, size_t n, uint8_t from)
{
	uint8_t *b = p;
	size_t i;

	for (i = 0; i < n; i++)
		b[i] = (uint8_t)(from + i);
}

#define FILL(v, from) kit_fill((v).b, sizeof((v).b), (uint8_t)(from))

struct contact_row kit_contact(uint32_t n)
{
	struct contact_row r = {
	    .id = kit_uid('c', n),
	    .conversation_id = kit_uid('v', n),
	    .state = CONTACT_ACTIVE,
	    .epoch = 1000 + n,
	    .rekey = {.state = REKEY_ANSWERED, .since_ms = KIT_WALL + 2000 + n},
	    .n = {.send_next = 2000 + n,
		  .send_high = 1999 + n,
		  .peer_acked = 3000 + n,
		  .seq_shift = 4000 + n,
		  .recv_next = 5000 + n},
	    .alarm = n % 2 == 1,
	    .blocked = n % 3 == 1,
	    .profile_stale = n % 4 == 2,
	    .verified = n % 2 == 0,
	    .policy = POLICY_DIAL_ONLY,
	    .receipts = CHOICE_ON,
	    .typing = CHOICE_OFF,
	    .cover = n % 3 == 0,
	    .ttl_s = 60 + n,
	    .verified_ms = KIT_WALL + 3000 + n,
	    .created_ms = KIT_WALL + n,
	    .last_seen_ms = KIT_WALL + 1000 + n,
	};

	FILL(r.my_static, n + 1);
	FILL(r.peer_static, n + 2);
	FILL(r.psk, n + 3);
	FILL(r.my_cell, n + 4);
	FILL(r.peer_auth, n + 5);
	FILL(r.peer_cell, n + 6);
	FILL(r.my_auth, n + 7);
	FILL(r.my_r, n + 8);
	FILL(r.n.chain_out, n + 9);
	FILL(r.n.chain_in, n + 10);
	FILL(r.rekey.my_r, n + 11);
	FILL(r.rekey.peer_r, n + 12);
	FILL(r.rekey.other, n + 13);
	snprintf(r.name.s, sizeof(r.name.s), "Name %u", n);
	snprintf(r.alias.s, sizeof(r.alias.s), "Alias %u", n);
	snprintf(r.status.s, sizeof(r.status.s), "Status %u", n);
	snprintf(r.note.s, sizeof(r.note.s), "Note %u", n);
	return r;
}

struct invite_row kit_invite(uint32_t n)
{
	struct invite_row r = {
	    .id = kit_uid('i', n),
	    .state = INVITE_BOUND,
	    .flags = (uint8_t)n,
	    .contact_id = kit_uid('c', n),
	    .created_ms = KIT_WALL + n,
	    .expires_ms = KIT_WALL + 5000 + n,
	};

	FILL(r.onion, n + 21);
	FILL(r.secret, n + 22);
	FILL(r.nonce, n + 23);
	snprintf(r.label.s, sizeof(r.label.s), "Label %u", n);
	return r;
}

struct request_row kit_request(uint32_t n)
{
	struct request_row r = {
	    .id = kit_uid('r', n),
	    .client_id = kit_uid('k', n),
	    .origin = REQUEST_INTRODUCED,
	    .state = REQUEST_WAITING,
	    .invite_id = kit_uid('i', n),
	    .introducer = kit_uid('c', n + 1),
	    .work = (uint8_t)n,
	    .contact_id = kit_uid('c', n),
	    .created_ms = KIT_WALL + n,
	    .expires_ms = KIT_WALL + 7000 + n,
	};

	kit_fill(r.invite, sizeof(r.invite), (uint8_t)(n + 31));
	FILL(r.my_static, n + 32);
	FILL(r.my_cell, n + 33);
	FILL(r.my_auth, n + 34);
	FILL(r.my_r, n + 35);
	FILL(r.nonce, n + 36);
	FILL(r.door, n + 37);
	FILL(r.seed, n + 38);
	snprintf(r.name.s, sizeof(r.name.s), "Called %u", n);
	snprintf(r.alias.s, sizeof(r.alias.s), "Wanted %u", n);
	snprintf(r.greeting.s, sizeof(r.greeting.s), "Hello %u", n);
	return r;
}

struct self_row kit_self(uint32_t n)
{
	struct self_row r = {
	    .mode = PRESENCE_INVISIBLE,
	    .receipts = n % 2 == 1,
	    .typing = n % 2 == 0,
	    .door_on = n % 2 == 1,
	    .door_created_ms = KIT_WALL + n,
	    .difficulty = (uint8_t)n,
	    .auto_accept_bytes = n << 20,
	    .auto_accept_kinds = n % 8,
	};

	FILL(r.door, n + 51);
	snprintf(r.name.s, sizeof(r.name.s), "Self %u", n);
	snprintf(r.status.s, sizeof(r.status.s), "Busy %u", n);
	return r;
}

static struct effect message(uint32_t n, uint64_t seq, const char *text,
			     char what)
{
	uint32_t number = n * 1000000 + (uint32_t)seq;
	struct effect e = {
	    .type = FX_SAVE_MESSAGE,
	    .message = {.id = kit_uid(what, number),
			.contact_id = kit_uid('c', n),
			.seq = seq,
			.kind = 1,
			.body = bytes_of(text, strlen(text)),
			.sent_ms = KIT_WALL + seq},
	};

	memcpy(e.message.mid.b, kit_uid('d', number).b,
	       sizeof(e.message.mid.b));
	FILL(e.message.chain, seq);
	return e;
}

struct effect kit_message_out(uint32_t n, uint64_t seq, const char *text)
{
	struct effect e = message(n, seq, text, 'o');

	e.journal = JOURNAL_MESSAGE_SENT;
	e.message.dir = MESSAGE_OUT;
	e.message.state = MESSAGE_QUEUED;
	e.message.client_id = kit_uid('k', n * 1000000 + (uint32_t)seq);
	return e;
}

struct effect kit_message_in(uint32_t n, uint64_t seq, const char *text)
{
	struct effect e = message(n, seq, text, 'n');

	e.journal = JOURNAL_MESSAGE_RECEIVED;
	e.message.dir = MESSAGE_IN;
	e.message.state = MESSAGE_RECEIVED;
	e.message.received_ms = KIT_WALL + 10000 + seq;
	return e;
}

enum err kit_try(struct kit *k, const struct effect *list, size_t count)
{
	enum err e = store_begin(k->store);
	size_t i;

	for (i = 0; e == OK && i < count; i++)
		e = store_apply(k->store, &list[i], KIT_WALL + 1);
	return e == OK ? store_commit(k->store) : e;
}

void kit_save(struct kit *k, const struct effect *e)
{
	assert_ok(kit_try(k, e, 1));
}

void kit_save_contact(struct kit *k, uint32_t n)
{
	struct effect e = {.type = FX_SAVE_CONTACT,
			   .journal = JOURNAL_CONTACT_ADDED,
			   .contact = kit_contact(n)};

	kit_save(k, &e);
}

uint8_t *kit_slurp(const char *path, size_t *n)
{
	struct buf b;

	buf_init(&b, 64 << 20);
	assert_ok(file_read(path, &b));
	*n = b.len;
	return b.data;
}

void kit_spill(const char *path, const void *p, size_t n)
{
	FILE *f = fopen(path, "we");

	assert_non_null(f);
	assert_int_equal(fwrite(p, 1, n, f), n);
	assert_int_equal(fclose(f), 0);
}
