/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <sodium.h>

#include "backup_kit.h"
#include "check.h"
#include "core/file.h"
#include "core/message.h"
#include "store/backup_rows.h"
#include "store/snapshot.h"
#include "store_files.h"
#include "store_talk.h"

/* What is exported is not the store itself but a copy of it. */
static struct snapshot *copy_of(struct kit *k, struct store **out)
{
	struct snapshot *n;
	char path[80];
	bool done = false;

	snprintf(path, sizeof(path), "%s/copy", k->dir);
	assert_ok(snapshot_start(k->store, path, &n));
	while (!done)
		assert_ok(snapshot_step(n, &done));
	assert_ok(snapshot_open(n, out));
	return n;
}

static enum err export_from(struct kit *k, bool with_files,
			    struct backup_watch *watch)
{
	struct archive_writer *w;
	struct snapshot *n;
	struct store *copy;
	enum err e;

	n = copy_of(k, &copy);
	unlink(path_of(k));
	assert_ok(archive_create(path_of(k), words, &cheap, 0, &w));
	e = export_all(copy, w, &alice, with_files, watch);
	if (e == OK)
		e = archive_finish(w);
	archive_writer_free(w);
	store_close(copy);
	snapshot_free(n);
	return e;
}

static void back_and_forth(struct kit *k, struct kit *to, bool with_files)
{
	struct backup_watch watch = {0};

	assert_ok(export_from(k, with_files, &watch));
	assert_ok(import_to(to, path_of(k)));
	unlink(path_of(k));
}

static void save_self(struct kit *k)
{
	struct effect e = {.type = FX_SAVE_SELF, .self = kit_self(3)};

	kit_save(k, &e);
}

static void people_come_back_without_relations(void **state)
{
	struct kit *k = *state, to;
	struct contact_row was = kit_contact(1), is;
	struct contact_row bare = {.state = CONTACT_DETACHED};
	struct self_row self = kit_self(3);
	struct preferences likes = {"{\"scheme\":\"dark\"}"}, liked;
	struct seen s;

	save_self(k);
	kit_save_contact(k, 1);
	kit_save_contact(k, 2);
	assert_ok(preferences_put(k->store, &likes));
	back_and_forth(k, &to, true);
	assert_ok(preferences_get(to.store, &liked));
	assert_string_equal(liked.s, likes.s);
	assert_ok(query_contact(to.store, was.id, &is));
	assert_string_equal(is.alias.s, was.alias.s);
	assert_string_equal(is.note.s, was.note.s);
	assert_string_equal(is.status.s, was.status.s);
	assert_int_equal(is.blocked, was.blocked);
	assert_int_equal(is.verified, was.verified);
	assert_int_equal(is.policy, was.policy);
	assert_int_equal(is.ttl_s, was.ttl_s);
	assert_int_equal(is.created_ms, was.created_ms);
	assert_uid(is.conversation_id, was.conversation_id);
	assert_int_equal(is.state, CONTACT_DETACHED);
	/* Not a byte of the relation. */
	assert_memory_equal(&is.my_static, &bare.my_static, 32);
	assert_memory_equal(&is.psk, &bare.psk, 32);
	assert_memory_equal(&is.my_cell, &bare.my_cell, 32);
	assert_memory_equal(&is.my_auth, &bare.my_auth, 32);
	assert_memory_equal(&is.rekey, &bare.rekey, sizeof(bare.rekey));
	assert_false(is.alarm);
	assert_int_equal(is.epoch, 0);
	assert_int_equal(is.n.send_next, 1);
	s = load_all(&to);
	assert_int_equal(s.count, 2);
	assert_string_equal(s.self.name.s, "Self 3");
	assert_int_equal(s.self.difficulty, 3);
	/* Another address: the old one may still be served elsewhere. */
	assert_memory_not_equal(&s.self.door, &self.door, 32);
	kit_end(&to);
}

static void say(struct kit *k, const struct effect *e)
{
	kit_save(k, e);
}

/* Everything that a message can have gone through. */
static void make_history(struct kit *k)
{
	struct effect e, reply = kit_message_out(1, 4, "yes");
	struct message_fields f = {.has_reply_to = true,
				   .reply_to = talk_mid(1)};

	kit_save_contact(k, 1);
	talk_in(k, 1, "first");
	talk_out(k, 2, "second");
	talk_state(k, 2, 2, MESSAGE_DELIVERED);
	e = talk_edit(MESSAGE_OUT, 2, "edited", 7);
	say(k, &e);
	talk_out(k, 3, "deleted");
	e = talk_erase(MESSAGE_OUT, 3, ERASE_MARK);
	say(k, &e);
	reply.message.extra_bytes =
	    message_fields_write(&f, reply.message.extra);
	say(k, &reply);
	e = talk_react(MESSAGE_IN, 4, "+1");
	say(k, &e);
	e = talk_react(MESSAGE_OUT, 4, ":)");
	say(k, &e);
	talk_timed(k, MESSAGE_IN, 5, 60);
	e = talk_about(6, MESSAGE_EDIT, &reply.message.mid, "hidden");
	say(k, &e);
	e = (struct effect){.type = FX_SAVE_CONVERSATION};
	e.conversation = (struct cmd_conversation_set){
	    .contact_id = kit_uid('c', 1),
	    .fields = CONVERSATION_PINNED | CONVERSATION_DRAFT,
	    .pinned = true,
	    .draft = bytes_of("not yet", 7)};
	say(k, &e);
	talk_read(k, talk_id(MESSAGE_IN, 1));
}

static void history_comes_back(void **state)
{
	struct kit *k = *state, to;
	const struct message_page page = {.conversation_id = kit_uid('v', 1),
					  .limit = 50};
	struct seen was = {.count = 0}, is = {.count = 0}, one;
	struct conversation_info c;
	struct contact_row contact;

	make_history(k);
	back_and_forth(k, &to, true);
	assert_ok(query_messages(k->store, &page, see_message, &was));
	assert_ok(query_messages(to.store, &page, see_message, &is));
	assert_int_equal(was.count, 5);
	assert_int_equal(is.count, was.count);
	assert_memory_equal(is.id, was.id, sizeof(is.id));

	one = talk_look(&to, MESSAGE_OUT, 2);
	assert_string_equal(one.body, "edited");
	assert_int_equal(one.message.row.state, MESSAGE_DELIVERED);
	assert_int_not_equal(one.message.delivered_ms, 0);
	assert_int_not_equal(one.message.edited_ms, 0);
	one = talk_look(&to, MESSAGE_OUT, 3);
	assert_true(one.message.row.deleted);
	one = talk_look(&to, MESSAGE_OUT, 4);
	assert_uid(one.message.reply_to, talk_id(MESSAGE_IN, 1));
	assert_int_equal(one.message.reaction_count, 2);
	/* It had not arrived, and never will. */
	assert_int_equal(one.message.row.state, MESSAGE_FAILED);
	assert_int_equal(one.message.problem, PROBLEM_DETACHED);
	one = talk_look(&to, MESSAGE_IN, 5);
	assert_int_equal(one.message.row.ttl_s, 60);

	c = talk_conversation(&to);
	assert_true(c.pinned);
	assert_string_equal(c.draft, "not yet");
	assert_int_equal(c.unread_count, 1);
	assert_uid(c.read_up_to, talk_id(MESSAGE_IN, 1));
	assert_uid(c.last_message, talk_id(MESSAGE_IN, 5));
	/* What is sent from here on has numbers of its own. */
	assert_ok(query_contact(to.store, kit_uid('c', 1), &contact));
	assert_int_equal(contact.n.send_next, 4);
	assert_int_equal(contact.n.peer_acked, 3);
	assert_int_equal(contact.n.recv_next, 1);
	kit_end(&to);
}

/* What an archive holds, opened. */
static uint8_t *opened(struct kit *k, size_t *n)
{
	struct archive_reader *r;
	uint8_t *all = calloc(1, 1 << 20);

	assert_ok(archive_open(path_of(k), words, &r));
	for (*n = 0; archive_get(r, all + *n, 1) == OK; ++*n)
		;
	archive_reader_free(r);
	return all;
}

static void no_secret_is_in_it(void **state)
{
	struct kit *k = *state;
	struct contact_row c = kit_contact(1);
	struct self_row self = kit_self(3);
	const struct bytes secrets[] = {
	    {c.my_static.b, 32},   {c.psk.b, 32},	  {c.my_cell.b, 32},
	    {c.my_auth.b, 32},	   {c.my_r.b, 32},	  {c.peer_static.b, 32},
	    {c.peer_cell.b, 32},   {c.peer_auth.b, 32},	  {c.rekey.my_r.b, 32},
	    {c.rekey.other.b, 32}, {c.n.chain_out.b, 16}, {c.n.chain_in.b, 16},
	    {self.door.b, 32}};
	struct backup_watch watch = {0};
	uint8_t *all;
	size_t n, i;

	save_self(k);
	make_history(k);
	assert_ok(export_from(k, true, &watch));
	all = opened(k, &n);
	assert_non_null(memmem(all, n, "first", 5));
	assert_null(memmem(all, n, "hidden", 6));
	assert_null(memmem(all, n, "second", 6));
	for (i = 0; i < ARRAY_SIZE(secrets); i++)
		assert_null(memmem(all, n, secrets[i].p, secrets[i].n));
	free(all);
	unlink(path_of(k));
}

/* A file of ours that contact 1 was offered, and has. */
static struct file_row offer_ours(struct kit *k)
{
	static uint8_t body[FILE_DESC_BYTES_MAX];
	struct effect m = kit_message_out(1, 9, ""), f = {.type = FX_SAVE_FILE};
	struct wire_writer w;
	struct file_desc d;

	files_upload(k, 1, FILES_SIZE, "all work and no play ");
	f.file = files_find(k, kit_uid('U', 1)).row;
	f.file.have.p = NULL;
	d = (struct file_desc){
	    .plan = {f.file.fid, f.file.size, f.file.chunk_log2},
	    .key = f.file.key,
	    .root = f.file.root,
	    .name = f.file.name};
	wire_write_init(&w, body, sizeof(body));
	file_desc_write(&w, &d);
	m.message.kind = MESSAGE_FILE;
	m.message.body = wire_written(&w);
	kit_save(k, &m);
	f.file.contact_id = kit_uid('c', 1);
	f.file.message_id = m.message.id;
	f.file.mid = m.message.mid;
	f.file.state = FILE_DONE;
	kit_save(k, &f);
	return f.file;
}

static void read_content(struct kit *k, const struct file_info *f)
{
	struct blob_spec spec = file_info_spec(f);
	static uint8_t got[FILES_SIZE];
	struct blob_reader *r;
	size_t at = 0, n = 1;

	assert_ok(blob_reader_new(k->blobs, &spec, &r));
	while (n > 0) {
		assert_ok(
		    blob_reader_get(r, at, got + at, sizeof(got) - at, &n));
		at += n;
	}
	blob_reader_free(r);
	assert_int_equal(at, FILES_SIZE);
	assert_memory_equal(got + 21, "all work", 8);
}

/* What an archive could hold, sealed by the right passphrase. */
static void seal(struct kit *k, struct bytes all)
{
	struct archive_writer *w;

	unlink(path_of(k));
	assert_ok(archive_create(path_of(k), words, &cheap, 0, &w));
	assert_ok(archive_put(w, all));
	assert_ok(archive_finish(w));
	archive_writer_free(w);
}

/* S-12: whatever stands there, it is refused, or a user like any other comes
 * of it, who can be exported in turn. */
static void changed_bytes_break_nothing(void **state)
{
	enum { TRIES = 8 };
	unsigned i, taken = 0;
	struct kit *k = *state, to;
	struct backup_watch watch = {0};
	uint8_t *all, kept;
	size_t n, user, at;

	make_history(k);
	(void)offer_ours(k);
	assert_ok(export_from(k, true, &watch));
	all = opened(k, &n);
	user = RECORD_HEAD_BYTES + be32_get(all + 1);
	for (i = 0; i < TRIES; i++) {
		/* Most of it is the file; more than half of the tries are not.
		 */
		at = user + (i * 7919u) % (i % 5 ? 2500 : n - user);
		kept = all[at];
		all[at] = (uint8_t)(i % 3 ? kept ^ 1u << i % 8 : i * 37);
		seal(k, bytes_of(all, n));
		all[at] = kept;
		if (import_to(&to, path_of(k)) == OK) {
			assert_ok(export_from(&to, true, &watch));
			unlink(path_of(&to));
			taken++;
		}
		kit_end(&to);
		unlink(path_of(k));
	}
	assert_int_not_equal(taken, TRIES);
	free(all);
}

/* Where the record of the only file begins. */
static size_t find_file_record(const uint8_t *all)
{
	size_t at = 0;

	while (all[at] != RECORD_FILE)
		at += RECORD_HEAD_BYTES + be32_get(all + at + 1);
	return at;
}

/* An archive with this in the place of so many bytes. */
static enum err import_spliced(struct kit *k, size_t at, size_t bytes,
			       const struct buf *in)
{
	uint8_t *all;
	char kept[96];
	struct buf made;
	struct kit to;
	size_t n;
	enum err e;

	all = opened(k, &n);
	buf_init(&made, 2 << 20);
	assert_ok(buf_put(&made, all, at));
	assert_ok(buf_put(&made, in->data, in->len));
	assert_ok(buf_put(&made, all + at + bytes, n - at - bytes));
	free(all);
	snprintf(kept, sizeof(kept), "%s.kept", path_of(k));
	assert_int_equal(rename(path_of(k), kept), 0);
	seal(k, buf_view(&made));
	buf_clear(&made);
	e = import_to(&to, path_of(k));
	kit_end(&to);
	assert_int_equal(rename(kept, path_of(k)), 0);
	return e;
}

/* An archive may say what it likes of itself: of the disk it is given what it
 * holds, and a message has one file. */
static void forged_files(void **state)
{
	struct kit *k = *state;
	struct backup_watch watch = {0};
	struct backup_file v;
	struct chunk_plan plan;
	struct buf record;
	size_t n, at, bytes;
	uint8_t *all;

	kit_save_contact(k, 1);
	(void)offer_ours(k);
	assert_ok(export_from(k, true, &watch));
	all = opened(k, &n);
	at = find_file_record(all);
	bytes = be32_get(all + at + 1);
	buf_init(&record, RECORD_HEAD_BYTES + RECORD_BYTES_MAX);
	assert_ok(record_take_file(
	    bytes_of(all + at + RECORD_HEAD_BYTES, bytes), &v));
	bytes += RECORD_HEAD_BYTES;
	record_put_file(&record, &v);
	assert_ok(import_spliced(k, at, bytes, &record));
	/* One more, of which it says that it is not here. */
	v.row.id = kit_uid('U', 77);
	v.row.fid.b[0] ^= 1;
	v.client_id = (struct uid){{0}};
	v.blob_bytes = 0;
	record_put_file(&record, &v);
	assert_err(import_spliced(k, at, 0, &record), ERR_CORRUPT);
	assert_ok(record_take_file(
	    bytes_of(all + at + RECORD_HEAD_BYTES, bytes - RECORD_HEAD_BYTES),
	    &v));
	v.row.size = FILE_SIZE_MAX;
	v.row.chunk_log2 = chunk_log2_for(v.row.size);
	plan = (struct chunk_plan){v.row.fid, v.row.size, v.row.chunk_log2};
	v.row.have_count = chunk_count(&plan);
	v.blob_bytes = chunk_blob_bytes(&plan);
	record_put_file(&record, &v);
	assert_err(import_spliced(k, at, bytes, &record), ERR_SHORT);
	buf_clear(&record);
	free(all);
	unlink(path_of(k));
}

static void files_come_along(void **state)
{
	struct kit *k = *state, to;
	struct file_info is, was;
	struct file_row row;

	kit_save_contact(k, 1);
	row = offer_ours(k);
	files_save_offer(k, 1, 7);
	was = files_find(k, row.id);
	back_and_forth(k, &to, true);
	is = files_find(&to, row.id);
	assert_int_equal(is.row.state, FILE_DONE);
	assert_true(file_is_here(&is.row));
	assert_string_equal(is.row.name.s, row.name.s);
	assert_int_equal(is.duration_ms, was.duration_ms);
	assert_true(is.has_sha256);
	assert_memory_equal(&is.sha256, &was.sha256, 32);
	assert_uid(is.client_id, was.client_id);
	read_content(&to, &is);
	/* One that was only offered will not be fetched any more. */
	is = files_find(&to, files_id(1, 7));
	assert_int_equal(is.row.state, FILE_FAILED);
	assert_int_equal(is.row.problem, FILE_GONE);
	assert_int_equal(is.preview_bytes, FILES_PREVIEW);
	kit_end(&to);
}

static void files_stay_behind(void **state)
{
	struct kit *k = *state, to;
	struct file_sums sums;
	struct file_info is;
	struct file_row row;

	kit_save_contact(k, 1);
	row = offer_ours(k);
	back_and_forth(k, &to, false);
	is = files_find(&to, row.id);
	assert_int_equal(is.row.problem, FILE_GONE);
	assert_false(file_is_here(&is.row));
	assert_int_equal(is.preview_bytes, 4);
	assert_ok(query_file_sums(to.store, NULL, &sums));
	assert_int_equal(sums.bytes, 0);
	kit_end(&to);
}

/* A blob that rotted costs that file, and nothing else. */
static void a_rotten_file_is_left_out(void **state)
{
	struct kit *k = *state, to;
	struct file_info is;
	struct file_row row;
	struct chunk_plan plan;
	struct blob *b;
	uint8_t *chunk;

	kit_save_contact(k, 1);
	row = offer_ours(k);
	talk_in(k, 20, "after it");
	is = files_find(k, row.id);
	plan = (struct chunk_plan){row.fid, row.size, row.chunk_log2};
	chunk = calloc(1, chunk_sealed_bytes(&plan, 0));
	assert_ok(blob_open(k->blobs, &is.blob, &b));
	assert_ok(blob_write(b, &plan, 0,
			     bytes_of(chunk, chunk_sealed_bytes(&plan, 0))));
	blob_close(b);
	free(chunk);
	back_and_forth(k, &to, true);
	is = files_find(&to, row.id);
	assert_false(file_is_here(&is.row));
	assert_false(files_has_blob(&to, &is));
	assert_string_equal(talk_look(&to, MESSAGE_IN, 20).body, "after it");
	kit_end(&to);
}

static void it_can_be_cancelled(void **state)
{
	struct kit *k = *state, to;
	struct backup_watch watch = {0};
	struct archive_reader *r;
	struct backup_user who;

	make_history(k);
	atomic_store(&watch.is_cancelled, true);
	assert_err(export_from(k, true, &watch), ERR_CLOSED);
	assert_int_equal(access(path_of(k), F_OK), -1);
	atomic_store(&watch.is_cancelled, false);
	assert_ok(export_from(k, true, &watch));
	atomic_store(&watch.is_cancelled, true);
	kit_start(&to);
	assert_ok(archive_open(path_of(k), words, &r));
	assert_ok(import_user(r, &who));
	assert_err(import_all(to.store, r, &who, KIT_WALL, &watch), ERR_CLOSED);
	archive_reader_free(r);
	kit_end(&to);
	unlink(path_of(k));
}

/* The copy is as the store is when it is done, whatever was written while it
 * was made, and what is written after that is not in it. */
static void a_snapshot_is_of_one_moment(void **state)
{
	struct kit *k = *state;
	struct snapshot *n;
	struct store *copy;
	struct seen s = {.count = 0};
	const struct message_page page = {.conversation_id = kit_uid('v', 1),
					  .limit = 2};
	char path[80], text[64];
	bool done = false;
	uint64_t seq;

	kit_save_contact(k, 1);
	for (seq = 1; seq <= 2000; seq++) {
		snprintf(text, sizeof(text), "number %u", (unsigned)seq);
		talk_in(k, seq, text);
	}
	snprintf(path, sizeof(path), "%s/copy", k->dir);
	assert_ok(snapshot_start(k->store, path, &n));
	while (!done) {
		talk_in(k, seq++, "meanwhile");
		assert_ok(snapshot_step(n, &done));
	}
	assert_true(seq > 2003);
	talk_in(k, seq, "too late");
	assert_ok(snapshot_open(n, &copy));
	assert_ok(query_messages(copy, &page, see_message, &s));
	assert_uid(s.id[1], talk_id(MESSAGE_IN, seq - 1));
	store_close(copy);
	snapshot_free(n);
	assert_int_equal(access(path, F_OK), -1);
}

static void a_snapshot_may_be_given_up(void **state)
{
	struct kit *k = *state;
	struct snapshot *n;
	char path[80];
	bool done;

	kit_save_contact(k, 1);
	snprintf(path, sizeof(path), "%s/copy", k->dir);
	assert_ok(snapshot_start(k->store, path, &n));
	snapshot_free(n);
	assert_int_equal(access(path, F_OK), -1);
	assert_ok(snapshot_start(k->store, path, &n));
	assert_ok(snapshot_step(n, &done));
	snapshot_free(n);
	kit_close(k);
	kit_open(k);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, start_kit, end_kit)
	const struct CMUnitTest tests[] = {
	    TEST(people_come_back_without_relations),
	    TEST(history_comes_back),
	    TEST(no_secret_is_in_it),
	    TEST(changed_bytes_break_nothing),
	    TEST(forged_files),
	    TEST(files_come_along),
	    TEST(files_stay_behind),
	    TEST(a_rotten_file_is_left_out),
	    TEST(it_can_be_cancelled),
	    TEST(a_snapshot_is_of_one_moment),
	    TEST(a_snapshot_may_be_given_up),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
