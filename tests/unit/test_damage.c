/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Files that are not what they should be:
 * HOSTILE S-08, S-09, S-10, S-11, S-12, S-16
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sodium.h>

#include "check.h"
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

static void truncated_file_is_noticed(void **state)
{
	struct kit *k = *state;
	uint8_t *file;
	size_t n, cut;
	enum err e;

	raw_samples(k);
	kit_close(k);
	file = kit_slurp(k->path, &n);
	for (cut = 1; cut < n; cut += 1 + n / 30) {
		kit_spill(k->path, file, cut);
		e = store_open(k->path, &k->mk, k->user_id, &k->store);
		/* The last page may be one that the sample does not need. */
		if (e == OK && raw_samples_are_there(k, &e))
			assert_true(cut > n - 4096);
		else
			assert_err(e, ERR_CORRUPT);
		kit_close(k);
		unlink(k->wal);
	}
	kit_spill(k->path, file, n);
	kit_open(k);
	assert_true(raw_samples_are_there(k, &e));
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

	raw_samples(k);
	kit_close(k);
	file = kit_slurp(k->path, &n);
	for (i = 0; i < flips; i++) {
		at = randombytes_uniform((uint32_t)(8 * n));
		file[at / 8] ^= (uint8_t)(1u << at % 8);
		kit_spill(k->path, file, n);
		e = store_open(k->path, &k->mk, k->user_id, &k->store);
		if (e == OK && !raw_samples_are_there(k, &e) && e == OK)
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

/* Closed: the file before the second sample, and after it. */
static void keep_two_ages(struct kit *k, uint8_t **older, size_t *older_n,
			  uint8_t **newer, size_t *newer_n)
{
	raw_sample(k);
	kit_close(k);
	*older = kit_slurp(k->path, older_n);
	kit_open(k);
	raw_sample_2(k);
	kit_close(k);
	*newer = kit_slurp(k->path, newer_n);
}

/* S-11: nothing on the disk can tell that there was a later one
 * (doc/STORAGE.md), so it is what it was, whole; peers notice
 * (sim/scenario_disks.c). */
static void an_older_file_is_what_it_was(void **state)
{
	struct kit *k = *state;
	uint8_t *older, *newer;
	size_t n, newer_n;
	enum err e;

	keep_two_ages(k, &older, &n, &newer, &newer_n);
	kit_spill(k->path, older, n);
	kit_open(k);
	assert_true(raw_sample_is_there(k, &e));
	assert_false(raw_sample_2_is_there(k, &e));
	assert_err(e, ERR_NOT_FOUND);
	kit_close(k);
	assert_true(raw_is_whole(k));
	kit_spill(k->path, newer, newer_n);
	kit_open(k);
	assert_true(raw_samples_are_there(k, &e));
	free(older);
	free(newer);
}

/* S-11: pages of both, each of them valid once.  That is found, or rows are
 * missing as in the older file; it never ends in anything else. */
static void older_pages_among_newer_ones(void **state)
{
	struct kit *k = *state;
	uint8_t *older, *newer;
	size_t n, newer_n, at, found = 0, pages = 0;
	enum err e;

	keep_two_ages(k, &older, &n, &newer, &newer_n);
	for (at = 0; at + 4096 <= n; at += 4096) {
		uint8_t *mixed = xmemdup(newer, newer_n);

		if (memcmp(older + at, newer + at, 4096) == 0) {
			free(mixed);
			continue;
		}
		pages++;
		memcpy(mixed + at, older + at, 4096);
		kit_spill(k->path, mixed, newer_n);
		free(mixed);
		e = store_open(k->path, &k->mk, k->user_id, &k->store);
		if (e == OK)
			(void)!raw_samples_are_there(k, &e);
		if (e != OK && e != ERR_NOT_FOUND)
			assert_err(e, ERR_CORRUPT);
		found += e == ERR_CORRUPT;
		kit_close(k);
		unlink(k->wal);
	}
	printf("%zu of %zu older pages were noticed\n", found, pages);
	assert_true(pages > 3);
	free(older);
	free(newer);
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
	    T(an_older_file_is_what_it_was),
	    T(older_pages_among_newer_ones),
	    T(foreign_log_harms_nothing),
	    T(nothing_stands_in_clear),
	    T(files_are_private),
	};

	return cmocka_run_group_tests_name("damage", tests, NULL, NULL);
}
