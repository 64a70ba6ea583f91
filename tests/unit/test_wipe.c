/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * HOSTILE S-16, for what was erased: whoever has the disk and the
 * passphrase does not find it in any page of the file or its log.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"
#include "core/message.h"
#include "store_files.h"
#include "store_pages.h"
#include "store_talk.h"
#include "util/text.h"

#define WORDS "PLANTED"

static int start(void **state)
{
	start_kit(state);
	kit_save_contact(*state, 1);
	return 0;
}

static void need_cipher(void)
{
	if (pages_can_be_read())
		return;
	print_message("the database library does not show its cipher\n");
	skip();
}

/* Long and short, so that pages are shared, split and overflow. */
static const char *planted(uint64_t n)
{
	static char text[6001];
	size_t length = 20 + (size_t)(n * 7919 % 97) * (n % 5 == 0 ? 60 : 3);
	size_t i;

	for (i = 0; i < length; i++)
		text[i] = WORDS[i % 7];
	text[length] = '\0';
	return text;
}

static const char *clean(uint64_t n)
{
	static char text[400];

	snprintf(text, sizeof(text), "stays %0*u", (int)(n % 300), (unsigned)n);
	return text;
}

/* At once in the log; in the file, at the latest, when it is closed: the
 * library leaves copies of rows that it moves. */
static void assert_gone(struct kit *k)
{
	assert_int_equal(pages_with(k, k->wal, WORDS), 0);
	kit_close(k);
	assert_int_equal(pages_with(k, k->path, WORDS), 0);
	kit_open(k);
}

static size_t count_words(struct kit *k, const char *words)
{
	return pages_with(k, k->path, words) + pages_with(k, k->wal, words);
}

static void erase_many(struct kit *k, uint64_t from, uint64_t to,
		       enum erase_how how)
{
	uint64_t n;

	for (n = from; n <= to; n += 2) {
		struct effect out = talk_erase(MESSAGE_OUT, n, how);
		struct effect in = talk_erase(MESSAGE_IN, n + 1, how);

		kit_save(k, &out);
		kit_save(k, &in);
	}
}

static void erased_texts_are_nowhere(void **state)
{
	struct kit *k = *state;
	uint64_t n;

	need_cipher();
	for (n = 1; n <= 120; n += 2) {
		talk_out(k, n, planted(n));
		talk_in(k, n + 1, planted(n + 1));
		talk_in(k, 1000 + n, clean(n));
	}
	assert_true(count_words(k, WORDS) > 30);
	erase_many(k, 1, 40, ERASE_HIDE);
	erase_many(k, 41, 80, ERASE_MARK);
	erase_many(k, 81, 119, ERASE_HIDE);
	assert_gone(k);
	/* The others are where they were. */
	assert_true(count_words(k, "stays ") > 0);
}

static void edited_texts_are_nowhere(void **state)
{
	struct kit *k = *state;
	struct mid ref = talk_mid(1);
	struct effect e = talk_edit(MESSAGE_OUT, 1, planted(2), 1);
	uint64_t n;

	need_cipher();
	/* Ours: what was sent, what it became, what goes to the contact. */
	talk_out(k, 1, planted(1));
	kit_save(k, &e);
	e = talk_about(2, MESSAGE_EDIT, &ref, planted(3));
	kit_save(k, &e);
	e = talk_erase(MESSAGE_OUT, 1, ERASE_HIDE);
	kit_save(k, &e);
	assert_gone(k);
	for (n = 10; n < 40; n++) {
		talk_in(k, n, planted(n));
		e = talk_edit(MESSAGE_IN, n, "better", 1);
		kit_save(k, &e);
	}
	assert_gone(k);
	/* One that waited, for a message that was deleted then. */
	e = talk_edit(MESSAGE_IN, 50, planted(50), 1);
	kit_save(k, &e);
	e = talk_delete(MESSAGE_IN, 50, 2);
	kit_save(k, &e);
	assert_true(count_words(k, WORDS) > 0);
	talk_in(k, 50, planted(51));
	assert_gone(k);
}

/* What is left after the first lot is swept. */
static void sweep_all(struct kit *k)
{
	struct effect e = {.type = FX_SAVE_SWEEP};
	struct due_list l = {.sweep = true};

	while (l.sweep) {
		kit_save(k, &e);
		assert_ok(store_due(k->store, KIT_WALL, &l));
	}
}

static void deleted_histories_are_nowhere(void **state)
{
	struct kit *k = *state;
	struct effect all = {.type = FX_SAVE_ERASE_ALL,
			     .journal = JOURNAL_CONVERSATION_UPDATED,
			     .erase_all = kit_uid('c', 1)};
	struct effect gone = {.type = FX_DELETE_CONTACT,
			      .journal = JOURNAL_CONTACT_REMOVED,
			      .target = kit_uid('c', 1)};
	struct effect e = {.type = FX_SAVE_CONTACT, .contact = kit_contact(1)};
	uint64_t n;

	need_cipher();
	for (n = 1; n <= 200; n++)
		talk_in(k, n, planted(n));
	kit_save(k, &all);
	assert_true(count_words(k, WORDS) > 0);
	sweep_all(k);
	assert_gone(k);
	strcpy(e.contact.note.s, WORDS);
	kit_save(k, &e);
	for (n = 201; n <= 300; n++)
		talk_out(k, n, planted(n));
	assert_true(count_words(k, WORDS) > 0);
	kit_save(k, &gone);
	sweep_all(k);
	assert_gone(k);
	/* A short one is erased with the command, note and all. */
	kit_save(k, &e);
	for (n = 1; n < SWEEP_MAX; n++)
		talk_out(k, n, planted(n));
	kit_save(k, &gone);
	assert_gone(k);
}

static void deleted_requests_are_nowhere(void **state)
{
	struct kit *k = *state;
	struct effect e = {.type = FX_SAVE_REQUEST, .request = kit_request(1)};

	need_cipher();
	strcpy(e.request.greeting.s, WORDS);
	kit_save(k, &e);
	assert_true(count_words(k, WORDS) > 0);
	e.type = FX_DELETE_REQUEST;
	e.target = kit_uid('r', 1);
	kit_save(k, &e);
	assert_gone(k);
}

/* What a file is called, its preview and its key; its content is nowhere to
 * begin with. */
static void deleted_files_are_nowhere(void **state)
{
	struct kit *k = *state;
	struct effect m, e, hide = talk_erase(MESSAGE_IN, 1, ERASE_HIDE);
	struct blob_spec spec;
	struct file_new f = files_new(1, 10);
	char key[33] = WORDS WORDS WORDS WORDS "1234";
	uint64_t n;

	need_cipher();
	for (n = 1; n <= 20; n++) {
		m = files_offer(1, n);
		kit_save(k, &m);
		e = files_row(1, n);
		strcpy(e.file.name.s, WORDS);
		memcpy(e.file.key.b, key, sizeof(e.file.key.b));
		kit_save(k, &e);
	}
	strcpy(f.about.name.s, WORDS);
	assert_ok(store_upload_create(k->store, &f, KIT_WALL, &spec));
	assert_true(count_words(k, WORDS) > 0);
	for (n = 1; n <= 20; n++) {
		hide.erase.message_id = kit_message_in(1, n, "").message.id;
		kit_save(k, &hide);
	}
	assert_ok(store_upload_delete(k->store, f.id, KIT_WALL));
	assert_gone(k);
}

static void keep_dropped(void *ctx, int fd)
{
	*(int *)ctx = fd;
}

/* The disk takes the room of a large one back when somebody else waits. */
static void large_blobs_go_in_their_own_time(void **state)
{
	struct kit *k = *state;
	struct file_new small = files_new(1, 1 << 20),
			large = files_new(2, 20 << 20);
	struct blob_spec spec;
	struct blob_writer *w;
	int dropped = -1;
	struct stat st;

	store_on_drop(k->store, keep_dropped, &dropped);
	assert_ok(store_upload_create(k->store, &small, KIT_WALL, &spec));
	assert_ok(blob_writer_new(store_blobs(k->store), &spec, 0, &w));
	blob_writer_free(w);
	assert_ok(store_upload_delete(k->store, small.id, KIT_WALL));
	assert_int_equal(dropped, -1);
	assert_false(blob_exists(store_blobs(k->store), &spec.name));
	assert_ok(store_upload_create(k->store, &large, KIT_WALL, &spec));
	assert_ok(blob_writer_new(store_blobs(k->store), &spec, 0, &w));
	blob_writer_free(w);
	assert_ok(store_upload_delete(k->store, large.id, KIT_WALL));
	assert_false(blob_exists(store_blobs(k->store), &spec.name));
	assert_return_code(fstat(dropped, &st), 0);
	assert_int_equal(st.st_nlink, 0);
	close(dropped);
}

/* Nobody who has the disk and no passphrase finds a word of it. */
static void contents_are_nowhere(void **state)
{
	struct kit *k = *state;
	struct file_info f;
	char name[33], *path;
	uint8_t *blob;
	size_t n;

	files_upload(k, 1, 300000, WORDS " ");
	f = files_find(k, kit_uid('U', 1));
	hex_encode(f.blob.b, sizeof(f.blob.b), name);
	path = xasprintf("%s/%s", k->blobs, name);
	blob = kit_slurp(path, &n);
	assert_true(n > 300000);
	assert_null(memmem(blob, n, WORDS, 7));
	assert_null(memmem(blob, n, "Upload", 6));
	assert_null(memmem(blob, n, f.row.key.b, 16));
	free(blob);
	free(path);
	if (pages_can_be_read())
		assert_int_equal(count_words(k, WORDS), 0);
}

static void put_epoch(struct kit *k, struct effect *e, const char *psk,
		      const char *other)
{
	memcpy(e->contact.psk.b, psk, sizeof(e->contact.psk.b));
	memset(&e->contact.rekey.other, 0, sizeof(e->contact.rekey.other));
	if (other)
		memcpy(e->contact.rekey.other.b, other,
		       sizeof(e->contact.rekey.other.b));
	kit_save(k, e);
}

/* K_n, when an epoch is over. */
static void old_keys_are_nowhere(void **state)
{
	static const char old[] = "PLANTED, the key of epoch number",
			  new[] = "the key of the next, which remains";
	struct kit *k = *state;
	struct effect e = {.type = FX_SAVE_CONTACT, .contact = kit_contact(1)};
	uint32_t n;

	need_cipher();
	/* As the follower: it has both, then the new one. */
	put_epoch(k, &e, old, NULL);
	put_epoch(k, &e, old, new);
	assert_true(count_words(k, WORDS) > 0);
	put_epoch(k, &e, new, NULL);
	assert_gone(k);
	/* As the leader: the old one stays until it is done.  Others come
	 * between, so that rows move. */
	put_epoch(k, &e, old, NULL);
	for (n = 2; n < 12; n++)
		kit_save_contact(k, n);
	strcpy(e.contact.note.s, clean(299));
	put_epoch(k, &e, new, old);
	assert_true(count_words(k, WORDS) > 0);
	put_epoch(k, &e, new, NULL);
	assert_gone(k);
	assert_true(count_words(k, "which rem") > 0);
}

#define T(name) cmocka_unit_test_setup_teardown(name, start, end_kit)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    T(erased_texts_are_nowhere),
	    T(edited_texts_are_nowhere),
	    T(deleted_histories_are_nowhere),
	    T(deleted_requests_are_nowhere),
	    T(deleted_files_are_nowhere),
	    T(contents_are_nowhere),
	    T(old_keys_are_nowhere),
	    T(large_blobs_go_in_their_own_time),
	};

	return cmocka_run_group_tests_name("wipe", tests, NULL, NULL);
}
