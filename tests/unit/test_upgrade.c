/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Databases that older versions made: HOSTILE S-18.
 */
#include <stdio.h>
#include <stdlib.h>

#include "check.h"
#include "store/consumer.h"
#include "store/webhook.h"
#include "store_files.h"
#include "store_raw.h"
#include "store_seen.h"

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
	raw_samples(k);
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
	assert_true(raw_samples_are_there(k, &e));
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
	assert_true(raw_samples_are_there(k, &e));
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
	assert_true(raw_samples_are_there(k, &e));
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

/* What version 6 added: events are posted to an address, which failed. */
static void sample_6(struct kit *k)
{
	struct webhook_row row = {.id = kit_uid('w', 1),
				  .url = "http://127.0.0.1:8080/umbel",
				  .types = 6,
				  .secret = {.b = "twenty-four secret bytes",
					     .n = WEBHOOK_SECRET_MIN},
				  .created_ms = KIT_WALL + 6};

	assert_ok(webhook_insert(k->store, &row));
	row.failing_ms = KIT_WALL + 7;
	row.last_status = 503;
	assert_ok(webhook_note(k->store, &row));
}

static bool see_webhook(void *ctx, const struct webhook_row *row)
{
	const struct uid id = kit_uid('w', 1);
	size_t *count = ctx;

	assert_true(uid_is_equal(&row->id, &id));
	assert_string_equal(row->url, "http://127.0.0.1:8080/umbel");
	assert_int_equal(row->types, 6);
	assert_int_equal(row->secret.n, WEBHOOK_SECRET_MIN);
	assert_memory_equal(row->secret.b, "twenty-four secret bytes",
			    WEBHOOK_SECRET_MIN);
	assert_int_equal(row->created_ms, KIT_WALL + 6);
	assert_int_equal(row->failing_ms, KIT_WALL + 7);
	assert_int_equal(row->last_status, 503);
	(*count)++;
	return true;
}

static size_t count_webhooks(struct kit *k)
{
	size_t count = 0;

	assert_ok(webhook_list(k->store, see_webhook, &count));
	return count;
}

static void version_5_is_still_understood(void **state)
{
	const struct consumer_name name = {"backup"}, other = {"other"};
	struct kit *k = *state;
	struct consumer_info c;
	enum err e;

	put_old(k, "store-5.bin");
	assert_true(raw_samples_are_there(k, &e));
	assert_true(raw_sample_3_is_there(k, &e));
	assert_ok(consumer_find(k->store, &name, &c));
	assert_int_equal(c.acked, 5);
	assert_int_equal(c.created_ms, KIT_WALL + 5);
	assert_ok(consumer_ack(k->store, &other, 6, KIT_WALL, &c));
	assert_int_equal(count_webhooks(k), 0);
	sample_6(k);
	assert_int_equal(count_webhooks(k), 1);
	kit_close(k);
	assert_true(raw_is_whole(k));
	kit_open(k);
}

/* The present one: what is written now is read by every program to come. */
static void version_6_is_still_understood(void **state)
{
	const struct consumer_name name = {"backup"};
	struct kit *k = *state;
	struct consumer_info c;
	enum err e;

	raw_sample_3(k);
	sample_4(k);
	sample_5(k);
	sample_6(k);
	keep_sample(k);
	place_old(k, "store-6.bin");
	assert_int_equal(raw_number(k, "PRAGMA user_version"), 6);
	kit_open(k);
	assert_true(raw_samples_are_there(k, &e));
	assert_true(raw_sample_3_is_there(k, &e));
	assert_ok(consumer_find(k->store, &name, &c));
	assert_int_equal(c.acked, 5);
	assert_int_equal(count_webhooks(k), 1);
	assert_ok(webhook_delete(k->store, kit_uid('w', 1)));
	assert_int_equal(count_webhooks(k), 0);
	kit_close(k);
	assert_true(raw_is_whole(k));
	kit_open(k);
}

#define T(name) cmocka_unit_test_setup_teardown(name, start_kit, end_kit)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    T(version_1_is_still_understood), T(old_chain_values_go),
	    T(version_2_is_still_understood), T(version_3_is_still_understood),
	    T(version_4_is_still_understood), T(version_5_is_still_understood),
	    T(version_6_is_still_understood),
	};

	return cmocka_run_group_tests_name("upgrade", tests, NULL, NULL);
}
