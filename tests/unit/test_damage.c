/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Files that are not what they should be: HOSTILE-TESTS S-08 to S-12, S-16,
 * S-18.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sodium.h>

#include "check.h"
#include "store/consumer.h"
#include "store/schema.h"
#include "store_files.h"
#include "store_raw.h"
#include "store_seen.h"

static enum err try_open(struct kit *k)
{
	enum err e = store_open(k->path, &k->mk, k->user_id, &k->store);

	if (e == OK)
		kit_close(k);
	return e;
}

static void missing_and_empty_are_no_new_store(void **state)
{
	struct kit *k = *state;

	kit_close(k);
	kit_spill(k->path, "", 0);
	assert_err(try_open(k), ERR_CORRUPT);
	unlink(k->path);
	assert_err(try_open(k), ERR_NOT_FOUND);
	assert_int_equal(symlink("/dev/null", k->path), 0);
	assert_err(try_open(k), ERR_IO);
	assert_err(store_create(k->path, &k->mk, k->user_id), ERR_EXISTS);
	unlink(k->path);
	assert_ok(store_create(k->path, &k->mk, k->user_id));
	assert_err(store_create(k->path, &k->mk, k->user_id), ERR_EXISTS);
	assert_ok(try_open(k));
}

/* An emptied file must not take its log along either. */
static void log_of_an_emptied_file_stays(void **state)
{
	struct kit *k = *state;
	size_t before, after;
	uint8_t *log;

	raw_sample(k);
	log = kit_slurp(k->wal, &before);
	kit_close(k);
	kit_spill(k->path, "", 0);
	kit_spill(k->wal, log, before);
	free(log);
	assert_err(try_open(k), ERR_CORRUPT);
	free(kit_slurp(k->wal, &after));
	assert_int_equal(before, after);
}

static void other_files_are_refused(void **state)
{
	struct kit *k = *state;
	static const char plain[8192] = "SQLite format 3";
	static uint8_t noise[8192];
	size_t n;

	kit_close(k);
	kit_spill(k->path, plain, sizeof(plain));
	assert_err(try_open(k), ERR_CORRUPT);
	randombytes_buf(noise, sizeof(noise));
	for (n = 1; n <= sizeof(noise); n *= 2) {
		kit_spill(k->path, noise, n);
		assert_err(try_open(k), ERR_CORRUPT);
	}
	memset(noise, 0, sizeof(noise));
	kit_spill(k->path, noise, sizeof(noise));
	assert_err(try_open(k), ERR_CORRUPT);
}

static void key_and_user_must_fit(void **state)
{
	struct kit *k = *state;
	struct kit other = *k;

	kit_close(k);
	other.store = NULL;
	other.mk.b[31] ^= 1;
	assert_err(try_open(&other), ERR_CORRUPT);
	other = *k;
	other.user_id = kit_uid('u', 2);
	assert_err(try_open(&other), ERR_CORRUPT);
	assert_ok(try_open(k));
}

static void newer_and_foreign_schemas_are_told(void **state)
{
	struct kit *k = *state;
	char sql[64];

	kit_close(k);
	snprintf(sql, sizeof(sql), "PRAGMA user_version = %u",
		 (unsigned)schema_newest() + 1);
	raw_exec(k, sql);
	assert_err(try_open(k), ERR_VERSION);
	raw_exec(k, "PRAGMA user_version = 0");
	assert_err(try_open(k), ERR_CORRUPT);
	raw_exec(k, "PRAGMA user_version = 1; PRAGMA application_id = 5");
	assert_err(try_open(k), ERR_CORRUPT);
}

static void planted_code_is_refused(void **state)
{
	static const char *const plant[] = {
	    ("CREATE TRIGGER t AFTER INSERT ON messages BEGIN"
	     " DELETE FROM journal; END"),
	    "CREATE VIEW v AS SELECT 1",
	    "CREATE VIRTUAL TABLE f USING fts4(a)",
	};
	static const char *const weed[] = {"DROP TRIGGER t", "DROP VIEW v",
					   "DROP TABLE f"};
	struct kit *k = *state;
	size_t i;

	kit_close(k);
	for (i = 0; i < ARRAY_SIZE(plant); i++) {
		raw_exec(k, plant[i]);
		assert_err(try_open(k), ERR_CORRUPT);
		raw_exec(k, weed[i]);
		assert_ok(try_open(k));
	}
}

static void second_opener_is_refused(void **state)
{
	struct kit *k = *state;
	struct kit other = *k;
	int status;
	pid_t child;

	other.store = NULL;
	assert_err(try_open(&other), ERR_STATE);
	raw_sample(k); /* and while there is a log */
	assert_err(try_open(&other), ERR_STATE);
	child = fork();
	assert_true(child >= 0);
	if (child == 0)
		_exit(try_open(&other) == ERR_STATE ? 0 : 1);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	kit_save_contact(k, 2);
	kit_close(k);
	assert_ok(try_open(k));
}

static void samples(struct kit *k)
{
	raw_sample(k);
	raw_sample_2(k);
}

static bool samples_are_there(struct kit *k, enum err *e)
{
	return raw_sample_is_there(k, e) && raw_sample_2_is_there(k, e);
}

static void truncated_file_is_noticed(void **state)
{
	struct kit *k = *state;
	uint8_t *file;
	size_t n, cut;
	enum err e;

	samples(k);
	kit_close(k);
	file = kit_slurp(k->path, &n);
	for (cut = 1; cut < n; cut += 1 + n / 30) {
		kit_spill(k->path, file, cut);
		e = store_open(k->path, &k->mk, k->user_id, &k->store);
		/* The last page may be one that the sample does not need. */
		if (e == OK && samples_are_there(k, &e))
			assert_true(cut > n - 4096);
		else
			assert_err(e, ERR_CORRUPT);
		kit_close(k);
		unlink(k->wal);
	}
	kit_spill(k->path, file, n);
	kit_open(k);
	assert_true(samples_are_there(k, &e));
	free(file);
}

/* S-09: what is read is what was written, or an error. */
static void flipped_bits_never_change_anything(void **state)
{
	const char *env = getenv("FLIPS");
	int i, flips = env ? atoi(env) : 150, seen = 0;
	struct kit *k = *state;
	uint8_t *file;
	size_t n, at;
	enum err e;

	samples(k);
	kit_close(k);
	file = kit_slurp(k->path, &n);
	for (i = 0; i < flips; i++) {
		at = randombytes_uniform((uint32_t)(8 * n));
		file[at / 8] ^= (uint8_t)(1u << at % 8);
		kit_spill(k->path, file, n);
		e = store_open(k->path, &k->mk, k->user_id, &k->store);
		if (e == OK && !samples_are_there(k, &e) && e == OK)
			fail_msg("silent change at bit %zu", at);
		if (e != OK) {
			assert_err(e, ERR_CORRUPT);
			seen++;
		}
		kit_close(k);
		unlink(k->wal);
		file[at / 8] ^= (uint8_t)(1u << at % 8);
	}
	/* Some pages are not needed for the sample. */
	assert_true(seen > flips / 4);
	free(file);
}

/* A log of another database beside ours must neither be believed nor be
 * copied into our file. */
static void foreign_log_harms_nothing(void **state)
{
	struct kit *k = *state;
	struct kit other;
	size_t n, log_n, now_n;
	uint8_t *file, *log, *now;
	enum err e;

	raw_sample(k);
	kit_close(k);
	file = kit_slurp(k->path, &n);

	kit_start(&other);
	kit_save_contact(&other, 1);
	log = kit_slurp(other.wal, &log_n);
	kit_end(&other);

	kit_spill(k->wal, log, log_n);
	assert_err(try_open(k), ERR_CORRUPT);
	now = kit_slurp(k->path, &now_n);
	assert_int_equal(n, now_n);
	assert_memory_equal(file, now, n);
	unlink(k->wal);
	kit_open(k);
	assert_true(raw_sample_is_there(k, &e));
	free(file);
	free(log);
	free(now);
}

static bool holds(const char *path, const char *what)
{
	size_t n;
	uint8_t *file = kit_slurp(path, &n);
	bool found = memmem(file, n, what, strlen(what)) != NULL;

	free(file);
	return found;
}

static size_t hunt(struct kit *k, const char *const *words, size_t count)
{
	DIR *dir = opendir(k->dir);
	char path[400];
	struct dirent *d;
	size_t i, files = 0;

	assert_non_null(dir);
	while ((d = readdir(dir))) {
		if (d->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", k->dir, d->d_name);
		for (i = 0; i < count; i++)
			assert_false(holds(path, words[i]));
		files++;
	}
	closedir(dir);
	return files;
}

/* S-16 */
static void nothing_stands_in_clear(void **state)
{
	static const char *const words[] = {
	    "PLANTEDbody",    "PLANTEDalias",	 "PLANTEDname",
	    "PLANTEDlabel",   "PLANTEDgreeting", "PLANTEDsecretkey",
	    "CREATE TABLE",   "contacts",	 "SQLite format",
	    "umblPLANTEDuid", "PLANTEDnote",	 "PLANTEDstatus",
	    "PLANTEDself",    "PLANTEDdraft"};
	struct kit *k = *state;
	struct effect c = {.type = FX_SAVE_CONTACT, .contact = kit_contact(1)};
	struct effect i = {.type = FX_SAVE_INVITE, .invite = kit_invite(1)};
	struct effect r = {.type = FX_SAVE_REQUEST, .request = kit_request(1)};
	struct effect me = {.type = FX_SAVE_SELF, .self = kit_self(1)};
	struct effect v = {
	    .type = FX_SAVE_CONVERSATION,
	    .conversation = {kit_uid('c', 1), .fields = CONVERSATION_DRAFT}};
	struct effect m;
	uint64_t seq;

	v.conversation.draft = bytes_of("PLANTEDdraft", 12);
	strcpy(c.contact.alias.s, "PLANTEDalias");
	strcpy(c.contact.name.s, "PLANTEDname");
	strcpy(c.contact.note.s, "PLANTEDnote");
	strcpy(c.contact.status.s, "PLANTEDstatus");
	strcpy(me.self.name.s, "PLANTEDself");
	memcpy(c.contact.psk.b, "PLANTEDsecretkey", 16);
	memcpy(c.contact.conversation_id.b, "umblPLANTEDuid", 14);
	strcpy(i.invite.label.s, "PLANTEDlabel");
	strcpy(r.request.greeting.s, "PLANTEDgreeting");
	assert_ok(store_begin(k->store));
	assert_ok(store_apply(k->store, &c, KIT_WALL));
	assert_ok(store_apply(k->store, &i, KIT_WALL));
	assert_ok(store_apply(k->store, &r, KIT_WALL));
	assert_ok(store_apply(k->store, &me, KIT_WALL));
	assert_ok(store_apply(k->store, &v, KIT_WALL));
	/* More than the cache holds: some spills before the commit. */
	for (seq = 1; seq <= 1500; seq++) {
		static char text[4000];

		memset(text, 'x', sizeof(text) - 1);
		memcpy(text, "PLANTEDbody", 11);
		m = kit_message_out(1, seq, text);
		assert_ok(store_apply(k->store, &m, KIT_WALL));
	}
	assert_int_equal(hunt(k, words, ARRAY_SIZE(words)), 2);
	assert_ok(store_commit(k->store));
	assert_int_equal(hunt(k, words, ARRAY_SIZE(words)), 2);
	kit_close(k);
	assert_int_equal(hunt(k, words, ARRAY_SIZE(words)), 1);
}

static void files_are_private(void **state)
{
	struct kit *k = *state;
	struct stat st;

	raw_sample(k);
	assert_int_equal(stat(k->path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(stat(k->wal, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
}

/* Puts a database in place that an older version made. */
static void place_old(struct kit *k, const char *name)
{
	const char *top = getenv("top_srcdir");
	char path[4096];
	uint8_t *file;
	size_t n;

	kit_close(k);
	snprintf(path, sizeof(path), "%s/tests/unit/data/%s", top ? top : "..",
		 name);
	file = kit_slurp(path, &n);
	kit_spill(k->path, file, n);
	free(file);
}

static void put_old(struct kit *k, const char *name)
{
	place_old(k, name);
	kit_open(k);
}

/* KEEP=path writes a database of the present version there. */
static void keep_sample(struct kit *k)
{
	const char *keep = getenv("KEEP");
	uint8_t *file;
	size_t n;

	if (!keep)
		return;
	samples(k);
	kit_close(k);
	file = kit_slurp(k->path, &n);
	kit_spill(keep, file, n);
	free(file);
	kit_open(k);
}

/* S-18: rows of version 1 can do what version 2 brought. */
static void version_1_is_still_understood(void **state)
{
	struct effect e[] = {
	    {.type = FX_SAVE_ERASE,
	     .erase = {.contact_id = kit_uid('c', 1), .how = ERASE_HIDE}},
	    {.type = FX_SAVE_CHANGE,
	     .change = {.contact_id = kit_uid('c', 1),
			.kind = CHANGE_EDIT,
			.by = MESSAGE_IN,
			.body = {(const uint8_t *)"edited", 6}}},
	};
	struct kit *k = *state;
	struct contact_row c;
	struct seen s = {.count = 0};
	struct message_list l;
	enum err err;

	put_old(k, "store-1.bin");
	assert_true(raw_sample_is_there(k, &err));
	assert_ok(query_contact(k->store, kit_uid('c', 1), &c));
	assert_int_equal(c.n.send_high, c.n.send_next - 1);
	assert_false(c.blocked || c.verified || c.cover);
	e[0].erase.message_id = kit_message_out(1, 1, "").message.id;
	e[1].change.ref = kit_message_in(1, 2, "").message.mid;
	kit_save(k, &e[0]);
	kit_save(k, &e[1]);
	assert_ok(query_message(k->store, kit_message_in(1, 2, "").message.id,
				see_message, &s));
	assert_string_equal(s.body, "edited");
	assert_ok(store_fetch(k->store, kit_uid('c', 1), 1, 1, 1, &l));
	assert_true(l.rows[0].withdrawn);
	message_list_clear(&l);
	raw_sample_2(k);
	assert_true(raw_sample_2_is_there(k, &err));
	kit_close(k);
	assert_true(raw_is_whole(k));
}

/* Files, to contacts that an older version knew. */
static void files_can_come(struct kit *k)
{
	struct effect self = {.type = FX_SAVE_SELF, .self = kit_self(7)};
	struct self_row r;

	assert_ok(query_self(k->store, &r));
	assert_int_equal(r.auto_accept_bytes, 0);
	assert_int_equal(r.auto_accept_kinds, 0);
	kit_save(k, &self);
	assert_ok(query_self(k->store, &r));
	assert_int_equal(r.auto_accept_bytes, 7 << 20);
	files_save_offer(k, 2, 20);
	files_set(k, 2, 20, FILE_RUNNING);
	files_put_blob(k, files_id(2, 20));
	files_upload(k, 1, 1000, "text ");
	kit_close(k);
	kit_open(k);
	assert_int_equal(load_all(k).files, 1);
	assert_true(files_is_there(k, kit_uid('U', 1)));
}

/* Beside the mark of one that was erased they would help to guess what it
 * was. */
static void old_chain_values_go(void **state)
{
	static const char left[] = "SELECT count(*) FROM messages"
				   " WHERE dir = 0 AND chain <> zeroblob(16)";
	static const char ours[] = "SELECT count(*) FROM messages"
				   " WHERE dir = 1 AND chain <> zeroblob(16)";
	static const char pending[] =
	    "SELECT count(*) FROM settings WHERE key = 'erased'";
	struct kit *k = *state;

	place_old(k, "store-1.bin");
	assert_int_equal(raw_number(k, left), 10);
	kit_open(k);
	kit_close(k);
	assert_int_equal(raw_number(k, left), 0);
	assert_int_equal(raw_number(k, ours), 10);
	/* The file was made anew. */
	assert_int_equal(raw_number(k, pending), 0);
	kit_open(k);
}

static void version_2_is_still_understood(void **state)
{
	struct kit *k = *state;
	struct effect late = kit_message_in(2, 9, "nine");
	struct effect again = kit_message_in(2, 4, "four");
	struct seen s = {.count = 0};
	size_t lines;
	enum err e;

	put_old(k, "store-2.bin");
	assert_true(samples_are_there(k, &e));
	/* What waited, and what was gone. */
	kit_save(k, &late);
	assert_ok(query_message(k->store, late.message.id, see_message, &s));
	assert_string_equal(s.body, "edited");
	lines = read_journal(k).count;
	again.message.id = kit_uid('n', 4444);
	kit_save(k, &again);
	assert_int_equal(read_journal(k).count, lines);
	files_can_come(k);
	kit_close(k);
	assert_true(raw_is_whole(k));
}

static void version_3_is_still_understood(void **state)
{
	struct kit *k = *state;
	enum err e;

	put_old(k, "store-3.bin");
	assert_true(samples_are_there(k, &e));
	assert_true(raw_sample_3_is_there(k, &e));
	files_can_come(k);
	kit_close(k);
	assert_true(raw_is_whole(k));
	assert_int_equal(raw_number(k, "SELECT count(*) FROM contacts"), 3);
}

/* What version 4 added: contact 6, who offers a file, and has not heard of
 * the user's profile. (What the user accepts without being asked is in the
 * samples of version 2 by now.) */
static void sample_4(struct kit *k)
{
	kit_save_contact(k, 6);
	files_save_offer(k, 6, 1);
}

/* What version 5 added: somebody reads the journal. */
static void sample_5(struct kit *k)
{
	const struct consumer_name name = {"backup"};
	struct consumer_info c;

	assert_ok(consumer_ack(k->store, &name, 5, KIT_WALL + 5, &c));
}

static void version_4_is_still_understood(void **state)
{
	struct kit *k = *state;
	struct contact_row c;
	struct self_row self;
	struct file_info f;
	enum err e;

	put_old(k, "store-4.bin");
	assert_true(samples_are_there(k, &e));
	assert_true(raw_sample_3_is_there(k, &e));
	assert_ok(query_contact(k->store, kit_uid('c', 6), &c));
	assert_true(c.profile_stale);
	assert_ok(query_self(k->store, &self));
	assert_int_equal(self.auto_accept_bytes, 3 << 20);
	f = files_find(k, files_id(6, 1));
	assert_int_equal(f.row.state, FILE_OFFERED);
	assert_int_equal(f.row.size, FILES_SIZE);
	sample_5(k);
	kit_close(k);
	assert_true(raw_is_whole(k));
}

static void version_5_is_still_understood(void **state)
{
	const struct consumer_name name = {"backup"}, other = {"other"};
	struct kit *k = *state;
	struct consumer_info c;
	enum err e;

	raw_sample_3(k);
	sample_4(k);
	sample_5(k);
	keep_sample(k);
	put_old(k, "store-5.bin");
	assert_true(samples_are_there(k, &e));
	assert_true(raw_sample_3_is_there(k, &e));
	assert_ok(consumer_find(k->store, &name, &c));
	assert_int_equal(c.acked, 5);
	assert_int_equal(c.created_ms, KIT_WALL + 5);
	assert_ok(consumer_ack(k->store, &other, 6, KIT_WALL, &c));
	kit_close(k);
	assert_true(raw_is_whole(k));
	kit_open(k);
}

#define T(name) cmocka_unit_test_setup_teardown(name, start_kit, end_kit)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    T(missing_and_empty_are_no_new_store),
	    T(log_of_an_emptied_file_stays),
	    T(other_files_are_refused),
	    T(key_and_user_must_fit),
	    T(newer_and_foreign_schemas_are_told),
	    T(planted_code_is_refused),
	    T(second_opener_is_refused),
	    T(truncated_file_is_noticed),
	    T(flipped_bits_never_change_anything),
	    T(foreign_log_harms_nothing),
	    T(nothing_stands_in_clear),
	    T(files_are_private),
	    T(version_1_is_still_understood),
	    T(old_chain_values_go),
	    T(version_2_is_still_understood),
	    T(version_3_is_still_understood),
	    T(version_4_is_still_understood),
	    T(version_5_is_still_understood),
	};

	return cmocka_run_group_tests_name("damage", tests, NULL, NULL);
}
