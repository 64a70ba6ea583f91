/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Files in the store: rows, and the blobs that go with them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "check.h"
#include "store_files.h"

#define assert_same(a, b) assert_memory_equal(&(a), &(b), sizeof(a))

static int start(void **state)
{
	start_kit(state);
	kit_save_contact(*state, 1);
	kit_save_contact(*state, 2);
	return 0;
}

static void assert_row(const struct file_row *a, const struct file_row *b)
{
	assert_same(a->id, b->id);
	assert_same(a->fid, b->fid);
	assert_same(a->contact_id, b->contact_id);
	assert_same(a->message_id, b->message_id);
	assert_same(a->mid, b->mid);
	assert_int_equal(a->dir, b->dir);
	assert_int_equal(a->state, b->state);
	assert_int_equal(a->problem, b->problem);
	assert_int_equal(a->kind, b->kind);
	assert_int_equal(a->size, b->size);
	assert_same(a->key, b->key);
	assert_int_equal(a->chunk_log2, b->chunk_log2);
	assert_same(a->root, b->root);
	assert_string_equal(a->name.s, b->name.s);
	assert_string_equal(a->media.s, b->media.s);
	assert_int_equal(a->have_count, b->have_count);
	assert_int_equal(a->have.n, b->have.n);
	assert_int_equal(a->created_ms, b->created_ms);
	assert_int_equal(a->expires_ms, b->expires_ms);
}

static void offered_file_comes_back_whole(void **state)
{
	struct kit *k = *state;
	struct effect e = files_row(1, 1);
	struct file_info f;
	struct seen s;
	struct buf b;

	files_save_offer(k, 1, 1);
	f = files_find(k, e.file.id);
	assert_row(&f.row, &e.file);
	assert_uid(f.conversation_id, kit_uid('v', 1));
	assert_int_equal(f.preview_bytes, FILES_PREVIEW);
	assert_int_equal(f.width, 640);
	assert_int_equal(f.height, 480);
	assert_int_equal(f.duration_ms, 1234);
	assert_false(f.has_sha256);
	assert_int_equal(f.updated_ms, KIT_WALL + 1);
	buf_init(&b, PREVIEW_MAX_BYTES);
	assert_ok(query_preview(k->store, e.file.id, &b));
	assert_memory_equal(b.data, "preview", FILES_PREVIEW);
	buf_clear(&b);

	e.file.state = FILE_PAUSED;
	e.file.problem = FILE_NO_SPACE;
	e.file.have_count = 2;
	e.file.have = bytes_of("\x05", 1);
	e.file.expires_ms = 0;
	kit_save(k, &e);
	kit_close(k);
	kit_open(k);
	s = load_all(k);
	assert_int_equal(s.files, 1);
	/* There was no blob, so nothing of it can be here. */
	e.file.have_count = 0;
	assert_int_equal(s.have[0], 0);
	assert_row(&s.file.row, &e.file);
	s = read_journal(k);
	assert_journal(&s.journal[s.count - 1], JOURNAL_FILE_STATE, e.file.id);
	assert_int_equal(s.journal[s.count - 1].state, FILE_PAUSED);
	assert_uid(s.journal[s.count - 1].conversation_id, kit_uid('v', 1));
}

static void live_files_are_loaded(void **state)
{
	struct kit *k = *state;
	struct effect e = files_row(1, 2);
	struct seen s;

	files_save_offer(k, 1, 1);
	files_save_offer(k, 1, 2);
	files_set(k, 1, 2, FILE_RUNNING);
	files_put_blob(k, files_id(1, 2));
	e.file.state = FILE_RUNNING;
	e.file.have_count = 3;
	e.file.have = bytes_of("\x07", 1);
	kit_save(k, &e);
	kit_close(k);
	kit_open(k);
	s = load_all(k);
	assert_int_equal(s.files, 2);
	files_set(k, 1, 1, FILE_CANCELLED);
	s = load_all(k);
	assert_int_equal(s.files, 1);
	assert_row(&s.file.row, &e.file);
	assert_int_equal(s.have[0], 7);
	files_set(k, 1, 2, FILE_DONE);
	assert_int_equal(load_all(k).files, 0);
}

/* What a contact makes up of it does no harm, and is no file. */
static void only_what_is_offered_is_taken(void **state)
{
	struct kit *k = *state;
	struct effect e = files_row(1, 1), m = files_offer(1, 1);
	struct effect hide = {.type = FX_SAVE_ERASE,
			      .erase = {.contact_id = kit_uid('c', 1),
					.message_id = m.message.id,
					.how = ERASE_HIDE}};

	/* No message; another's; a text; one that came twice. */
	kit_save(k, &e);
	assert_false(files_is_there(k, e.file.id));
	kit_save(k, &m);
	e.file.contact_id = kit_uid('c', 2);
	kit_save(k, &e);
	assert_false(files_is_there(k, e.file.id));
	e.file.contact_id = kit_uid('c', 3);
	assert_err(kit_try(k, &e, 1), ERR_NOT_FOUND);
	m = kit_message_in(1, 2, "text");
	kit_save(k, &m);
	e = files_row(1, 2);
	kit_save(k, &e);
	assert_false(files_is_there(k, e.file.id));
	e = files_row(1, 1);
	e.file.dir = MESSAGE_OUT;
	kit_save(k, &e);
	assert_false(files_is_there(k, e.file.id));

	e = files_row(1, 1);
	kit_save(k, &e);
	assert_true(files_is_there(k, e.file.id));
	/* The same fid in another message. */
	m = files_offer(1, 3);
	kit_save(k, &m);
	e = files_row(1, 3);
	e.file.fid = files_row(1, 1).file.fid;
	kit_save(k, &e);
	assert_false(files_is_there(k, e.file.id));
	/* Deleted meanwhile. */
	kit_save(k, &hide);
	files_set(k, 1, 1, FILE_RUNNING);
	assert_false(files_is_there(k, files_id(1, 1)));
}

static void uploads_come_back_whole(void **state)
{
	struct kit *k = *state;
	struct file_new n = files_new(1, 100000), other = files_new(2, 5);
	struct blob_spec spec, again;
	struct file_info f;
	struct seen s = {.count = 0};

	assert_ok(store_upload_create(k->store, &n, KIT_WALL + 5, &spec));
	f = files_find(k, n.id);
	again = file_info_spec(&f);
	assert_memory_equal(&again.name, &spec.name, sizeof(spec.name));
	assert_same(again.key, spec.key);
	assert_int_equal(again.plan.chunk_log2, CHUNK_LOG2_USUAL);
	assert_int_equal(f.row.state, FILE_UPLOADING);
	assert_int_equal(f.row.dir, MESSAGE_OUT);
	assert_int_equal(f.row.kind, FILE_VOICE);
	assert_string_equal(f.row.name.s, "Upload 1");
	assert_string_equal(f.row.media.s, "audio/ogg");
	assert_int_equal(f.preview_bytes, 4);
	assert_int_equal(f.duration_ms, 5001);
	assert_int_equal(f.row.created_ms, KIT_WALL + 5);
	assert_uid(f.client_id, n.client_id);
	assert_true(uid_is_zero(&f.conversation_id));
	assert_err(store_upload_create(k->store, &n, 1, &spec), ERR_EXISTS);
	other.client_id = n.client_id;
	assert_err(store_upload_create(k->store, &other, 1, &spec), ERR_EXISTS);
	assert_ok(query_file_by_client(k->store, n.client_id, see_file, &s));
	assert_uid(s.file.row.id, n.id);
}

static void uploads_go_their_way(void **state)
{
	struct kit *k = *state;
	struct file_new n = files_new(1, 100000);
	struct blob_spec spec, again;
	struct blob_sum sum;
	struct file_info f;
	struct seen s;

	kit_fill(sum.root.b, sizeof(sum.root.b), 9);
	kit_fill(sum.sha256.b, sizeof(sum.sha256.b), 10);
	assert_ok(store_upload_create(k->store, &n, KIT_WALL + 5, &again));
	assert_ok(store_upload_note(k->store, n.id, 1, KIT_WALL + 6));
	assert_int_equal(files_find(k, n.id).row.have_count, 1);
	assert_ok(store_upload_renew(k->store, n.id, 99, KIT_WALL + 6, &spec));
	assert_ok(store_upload_stale(k->store, KIT_WALL + 7, &f.row.id));
	assert_uid(f.row.id, n.id);
	assert_err(store_upload_stale(k->store, KIT_WALL + 6, &f.row.id),
		   ERR_NOT_FOUND);
	f = files_find(k, n.id);
	assert_int_equal(f.row.size, 99);
	assert_int_equal(f.row.have_count, 0);
	assert_memory_not_equal(f.row.key.b, again.key.b, 32);
	assert_memory_not_equal(f.row.fid.b, again.plan.fid.b, 16);
	assert_memory_not_equal(f.blob.b, again.name.b, 16);
	assert_ok(store_upload_finish(k->store, n.id, &sum, KIT_WALL + 7));
	f = files_find(k, n.id);
	assert_int_equal(f.row.state, FILE_READY);
	assert_int_equal(f.row.have_count, 1);
	assert_same(f.row.root, sum.root);
	assert_true(f.has_sha256);
	assert_same(f.sha256, sum.sha256);
	assert_int_equal(f.updated_ms, KIT_WALL + 7);
	assert_err(store_upload_note(k->store, n.id, 1, 1), ERR_STATE);
	assert_err(store_upload_renew(k->store, n.id, 1, 1, &spec), ERR_STATE);
	assert_err(store_upload_finish(k->store, n.id, &sum, 1), ERR_STATE);
	strcpy(n.about.name.s, "better");
	assert_ok(store_upload_describe(k->store, n.id, &n.about, KIT_WALL));
	assert_string_equal(files_find(k, n.id).row.name.s, "better");

	s = read_journal(k);
	assert_int_equal(s.journal[s.count - 3].state, FILE_UPLOADING);
	assert_int_equal(s.journal[s.count - 2].state, FILE_READY);
	assert_journal(&s.journal[s.count - 1], JOURNAL_FILE_STATE, n.id);
	assert_ok(store_upload_delete(k->store, n.id, KIT_WALL + 8));
	assert_err(store_upload_delete(k->store, n.id, 1), ERR_NOT_FOUND);
	s = read_journal(k);
	assert_int_equal(s.journal[s.count - 1].state, FILE_STATE_DELETED);
	assert_false(files_is_there(k, n.id));
}

/* A file of ours that is offered with the message seq to contact 1. */
static void offer(struct kit *k, uint32_t upload, uint64_t seq)
{
	struct effect e[2] = {
	    kit_message_out(1, seq, "descriptor"),
	    {.type = FX_SAVE_FILE, .journal = JOURNAL_FILE_STATE}};
	struct file_info f = files_find(k, kit_uid('U', upload));

	e[0].message.kind = MESSAGE_FILE;
	e[1].file = f.row;
	e[1].file.contact_id = kit_uid('c', 1);
	e[1].file.message_id = e[0].message.id;
	e[1].file.mid = e[0].message.mid;
	e[1].file.state = FILE_OFFERED;
	assert_ok(kit_try(k, e, 2));
}

static void offering_keeps_what_the_client_said(void **state)
{
	struct kit *k = *state;
	struct file_about about;
	struct file_info f;
	struct seen s = {.count = 0};

	files_upload(k, 1, 1000, "text ");
	offer(k, 1, 5);
	f = files_find(k, kit_uid('U', 1));
	assert_int_equal(f.row.state, FILE_OFFERED);
	assert_int_equal(f.preview_bytes, 4);
	assert_true(f.has_sha256);
	assert_uid(f.client_id, kit_uid('K', 1));
	assert_uid(f.row.message_id, kit_message_out(1, 5, "").message.id);
	assert_uid(f.conversation_id, kit_uid('v', 1));
	assert_true(files_has_blob(k, &f));
	assert_ok(
	    query_message_files(k->store, f.row.message_id, see_file, &s));
	assert_int_equal(s.count, 1);
	assert_err(store_upload_delete(k->store, f.row.id, 1), ERR_STATE);
	about = files_new(1, 1).about;
	assert_err(store_upload_describe(k->store, f.row.id, &about, 1),
		   ERR_STATE);
}

static struct effect erase(enum message_dir dir, uint64_t seq,
			   enum erase_how how)
{
	struct effect m = dir == MESSAGE_IN ? kit_message_in(1, seq, "")
					    : kit_message_out(1, seq, "");

	return (struct effect){.type = FX_SAVE_ERASE,
			       .journal = JOURNAL_MESSAGE_DELETED,
			       .erase = {.contact_id = kit_uid('c', 1),
					 .message_id = m.message.id,
					 .how = how}};
}

/* Contact 1 offers 1 .. 4, and has 10 and 11 from us; all have blobs. */
static void put_files(struct kit *k, struct file_info f[static 6])
{
	uint64_t i;

	for (i = 1; i <= 4; i++) {
		files_save_offer(k, 1, i);
		files_set(k, 1, i, FILE_RUNNING);
		files_put_blob(k, files_id(1, i));
		f[i - 1] = files_find(k, files_id(1, i));
	}
	for (i = 0; i < 2; i++) {
		files_upload(k, (uint32_t)i, 1000, "text ");
		offer(k, (uint32_t)i, 10 + i);
		f[4 + i] = files_find(k, kit_uid('U', (uint32_t)i));
	}
}

static void assert_gone(struct kit *k, const struct file_info *f)
{
	assert_false(files_is_there(k, f->row.id));
	assert_false(files_has_blob(k, f));
}

static void assert_here(struct kit *k, const struct file_info *f)
{
	assert_true(files_is_there(k, f->row.id));
	assert_true(files_has_blob(k, f));
}

static void files_go_with_their_messages(void **state)
{
	struct kit *k = *state;
	struct effect e = erase(MESSAGE_IN, 1, ERASE_HIDE);
	struct effect theirs = {.type = FX_SAVE_CHANGE,
				.change = {.contact_id = kit_uid('c', 1),
					   .kind = CHANGE_DELETE,
					   .by = MESSAGE_IN}};
	struct effect gone = {.type = FX_DELETE_FILE,
			      .journal = JOURNAL_FILE_STATE,
			      .target = files_id(1, 4)};
	struct file_info f[6];
	struct seen s;
	size_t lines;

	put_files(k, f);
	kit_save(k, &e);
	assert_gone(k, &f[0]);
	e = erase(MESSAGE_IN, 2, ERASE_MARK);
	kit_save(k, &e);
	assert_gone(k, &f[1]);
	theirs.change.ref = f[2].row.mid;
	kit_save(k, &theirs);
	assert_gone(k, &f[2]);
	kit_save(k, &gone);
	assert_gone(k, &f[3]);
	s = read_journal(k);
	assert_journal(&s.journal[s.count - 1], JOURNAL_FILE_STATE,
		       files_id(1, 4));
	assert_int_equal(s.journal[s.count - 1].state, FILE_STATE_DELETED);
	assert_uid(s.journal[s.count - 1].conversation_id, kit_uid('v', 1));
	lines = s.count;
	kit_save(k, &gone);
	assert_int_equal(read_journal(k).count, lines);
	/* Given up, but shown: it is our user's. */
	e = erase(MESSAGE_OUT, 10, ERASE_FAIL);
	kit_save(k, &e);
	assert_here(k, &f[4]);
	e = erase(MESSAGE_OUT, 10, ERASE_HIDE);
	kit_save(k, &e);
	assert_gone(k, &f[4]);
	assert_here(k, &f[5]);
	e = erase(MESSAGE_OUT, 11, ERASE_MARK);
	kit_save(k, &e);
	assert_gone(k, &f[5]);
}

static void files_go_with_histories(void **state)
{
	struct kit *k = *state;
	struct effect all = {.type = FX_SAVE_ERASE_ALL,
			     .erase_all = kit_uid('c', 1)};
	struct file_info f[6];
	size_t i;

	put_files(k, f);
	files_upload(k, 7, 10, "t");
	kit_save(k, &all);
	for (i = 0; i < 6; i++)
		assert_gone(k, &f[i]);
	f[0] = files_find(k, kit_uid('U', 7));
	assert_here(k, &f[0]);
}

static void files_go_with_contacts(void **state)
{
	struct kit *k = *state;
	struct effect gone = {.type = FX_DELETE_CONTACT,
			      .target = kit_uid('c', 1)};
	struct file_info f[6];
	size_t i;

	put_files(k, f);
	kit_save(k, &gone);
	for (i = 0; i < 6; i++)
		assert_gone(k, &f[i]);
}

static void what_is_rolled_back_stays(void **state)
{
	struct kit *k = *state;
	struct effect e[2] = {erase(MESSAGE_IN, 1, ERASE_HIDE),
			      {.type = FX_SEND}};
	struct effect other = {.type = FX_SAVE_SELF, .self = kit_self(1)};
	struct file_info f[6];

	put_files(k, f);
	assert_err(kit_try(k, e, 2), ERR_STATE);
	assert_here(k, &f[0]);
	assert_ok(store_begin(k->store));
	assert_ok(store_apply(k->store, &e[0], KIT_WALL));
	assert_true(files_has_blob(k, &f[0]));
	store_rollback(k->store);
	kit_save(k, &other);
	assert_here(k, &f[0]);
}

static void half_a_file_is_not_kept(void **state)
{
	struct kit *k = *state;
	struct file_info f[6];

	put_files(k, f);
	files_set(k, 1, 1, FILE_CANCELLED);
	assert_true(files_is_there(k, f[0].row.id));
	assert_false(files_has_blob(k, &f[0]));
	files_set(k, 1, 2, FILE_FAILED);
	assert_false(files_has_blob(k, &f[1]));
	files_set(k, 1, 3, FILE_DONE);
	assert_here(k, &f[2]);
}

static void lost_ones_are_tidied_up(void **state)
{
	struct kit *k = *state;
	struct file_new n = files_new(8, 10);
	struct blob_spec spec;
	struct file_info f[6];
	struct blob_name orphan = {{1, 2, 3}};
	struct blob *b;
	char *other;

	put_files(k, f);
	assert_ok(store_upload_create(k->store, &n, 1, &spec));
	assert_ok(blob_create(k->blobs, &orphan, &b));
	blob_close(b);
	other = xasprintf("%s/README", k->blobs);
	kit_spill(other, "x", 1);
	files_set(k, 1, 2, FILE_CANCELLED);
	assert_ok(blob_create(k->blobs, &f[1].blob, &b));
	blob_close(b);
	blob_drop(k->blobs, &f[3].blob);
	kit_close(k);
	kit_open(k);
	assert_here(k, &f[0]);
	assert_false(files_has_blob(k, &f[1]));
	assert_true(files_is_there(k, f[3].row.id));
	assert_here(k, &f[4]);
	assert_false(blob_exists(k->blobs, &orphan));
	assert_false(files_is_there(k, n.id));
	/* Not ours. */
	assert_int_equal(access(other, F_OK), 0);
	free(other);
}

static void assert_list(struct kit *k, struct file_page page, size_t count,
			struct uid first)
{
	struct seen s = {.count = 0};

	page.limit = page.limit ? page.limit : 64;
	assert_ok(query_files(k->store, &page, see_file, &s));
	assert_int_equal(s.count, count);
	if (count > 0)
		assert_uid(s.id[0], first);
}

static void lists_are_cut_as_asked(void **state)
{
	const struct uid v1 = kit_uid('v', 1), v9 = kit_uid('v', 9);
	const struct uid third = files_id(1, 3), nobody = kit_uid('f', 77);
	struct kit *k = *state;
	struct seen s = {.count = 0, .stop_at = 2};
	struct file_page page = {.limit = 10, .after = &nobody};
	struct file_info f[6];

	put_files(k, f);
	files_upload(k, 9, 10, "t");
	files_set(k, 1, 2, FILE_DONE);
	assert_list(k, (struct file_page){.limit = 99}, 7, kit_uid('U', 9));
	assert_list(k, (struct file_page){.limit = 2}, 2, kit_uid('U', 9));
	assert_list(k, (struct file_page){.after = &third}, 2, files_id(1, 2));
	assert_list(k, (struct file_page){.conversation_id = &v1}, 6,
		    kit_uid('U', 1));
	assert_list(k,
		    (struct file_page){
			.conversation_id = &v1, .after = &third, .limit = 1},
		    1, files_id(1, 2));
	assert_list(
	    k, (struct file_page){.has_state = true, .state = FILE_RUNNING}, 3,
	    files_id(1, 4));
	assert_list(k,
		    (struct file_page){.conversation_id = &v1,
				       .has_state = true,
				       .state = FILE_DONE},
		    1, files_id(1, 2));
	assert_list(k,
		    (struct file_page){.has_state = true, .state = FILE_READY},
		    1, kit_uid('U', 9));
	assert_err(query_files(k->store, &page, see_file, &s), ERR_NOT_FOUND);
	page = (struct file_page){.limit = 10, .conversation_id = &v9};
	assert_err(query_files(k->store, &page, see_file, &s), ERR_NOT_FOUND);
	page.conversation_id = NULL;
	assert_ok(query_files(k->store, &page, see_file, &s));
	assert_int_equal(s.count, 2);
}

/* HOSTILE F-03: more than there is room for. */
static void quotas_hold(void **state)
{
	const struct file_limits limits = {.user_bytes = 2 * FILES_SIZE + 1000,
					   .contact_bytes = FILES_SIZE};
	const struct uid one = kit_uid('c', 1), two = kit_uid('c', 2);
	struct file_new n = files_new(1, 1001);
	struct effect e = files_row(1, 2);
	struct kit *k = *state;
	struct file_sums sums;
	struct blob_spec spec;

	store_set_file_limits(k->store, &limits);
	files_save_offer(k, 1, 1);
	files_save_offer(k, 1, 2);
	files_save_offer(k, 2, 1);
	/* An offer takes nothing. */
	assert_ok(query_file_sums(k->store, &one, &sums));
	assert_int_equal(sums.bytes, 0);
	assert_int_equal(sums.limit_bytes, limits.user_bytes);
	files_set(k, 1, 1, FILE_RUNNING);
	assert_ok(query_file_room(k->store, files_id(1, 1)));
	assert_err(query_file_room(k->store, files_id(1, 2)), ERR_FULL);
	files_set(k, 1, 2, FILE_RUNNING);
	assert_err(query_file_room(k->store, files_id(1, 2)), ERR_FULL);
	/* Who waits for room stands in nobody's way. */
	e.file.state = FILE_PAUSED;
	e.file.problem = FILE_QUOTA;
	kit_save(k, &e);
	assert_ok(query_file_room(k->store, files_id(1, 1)));
	assert_err(query_file_room(k->store, files_id(1, 2)), ERR_FULL);
	files_set(k, 1, 1, FILE_CANCELLED);
	assert_ok(query_file_room(k->store, files_id(1, 2)));
	files_set(k, 1, 2, FILE_RUNNING);
	files_set(k, 2, 1, FILE_RUNNING);
	assert_ok(query_file_room(k->store, files_id(2, 1)));
	assert_err(query_file_room(k->store, kit_uid('f', 9)), ERR_NOT_FOUND);
	assert_ok(query_file_sums(k->store, &two, &sums));
	assert_int_equal(sums.bytes, 2 * FILES_SIZE);
	assert_int_equal(sums.contact_bytes, FILES_SIZE);
	assert_err(store_upload_create(k->store, &n, 1, &spec), ERR_FULL);
	n.size = 1000;
	assert_ok(store_upload_create(k->store, &n, 1, &spec));
	assert_err(store_upload_renew(k->store, n.id, 1001, 1, &spec),
		   ERR_FULL);
	assert_ok(store_upload_renew(k->store, n.id, 1000, 1, &spec));
	n.size = FILE_SIZE_MAX + 1;
	assert_err(store_upload_create(k->store, &n, 1, &spec), ERR_RANGE);
}

#define T(name) cmocka_unit_test_setup_teardown(name, start, end_kit)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    T(offered_file_comes_back_whole),
	    T(live_files_are_loaded),
	    T(only_what_is_offered_is_taken),
	    T(uploads_come_back_whole),
	    T(uploads_go_their_way),
	    T(offering_keeps_what_the_client_said),
	    T(files_go_with_their_messages),
	    T(files_go_with_histories),
	    T(files_go_with_contacts),
	    T(what_is_rolled_back_stays),
	    T(half_a_file_is_not_kept),
	    T(lost_ones_are_tidied_up),
	    T(lists_are_cut_as_asked),
	    T(quotas_hold),
	};

	return cmocka_run_group_tests_name("files", tests, NULL, NULL);
}
