/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Exports that no export made: what import.c must not believe.
 */
#include <unistd.h>

#include <sodium.h>

#include "backup_kit.h"
#include "check.h"
#include "store/backup_rows.h"
#include "store_files.h"

/* With the right passphrase, by somebody else's program. */

struct forge {
	struct archive_writer *w;
	struct buf record;
};

static void forge_start(struct forge *f, struct kit *k)
{
	unlink(path_of(k));
	assert_ok(archive_create(path_of(k), words, &cheap, 0, &f->w));
	buf_init(&f->record, RECORD_HEAD_BYTES + RECORD_BYTES_MAX);
}

static void forge_put(struct forge *f)
{
	assert_ok(archive_put(f->w, buf_view(&f->record)));
}

static enum err forge_end(struct forge *f, struct kit *k)
{
	struct kit to;
	enum err e;

	assert_ok(archive_finish(f->w));
	archive_writer_free(f->w);
	buf_clear(&f->record);
	e = import_to(&to, path_of(k));
	kit_end(&to);
	unlink(path_of(k));
	return e;
}

static void forge_user(struct forge *f)
{
	record_put_user(&f->record, &alice);
	forge_put(f);
}

static void forge_contact(struct forge *f, uint32_t n)
{
	const struct backup_contact v = {.row = kit_contact(n)};

	record_put_contact(&f->record, &v);
	forge_put(f);
}

static struct backup_message good_message(void)
{
	struct backup_message v = {.row = kit_message_in(1, 1, "good").message};

	v.row.state = MESSAGE_RECEIVED;
	return v;
}

static enum err forge_message(struct kit *k, const struct backup_message *v)
{
	struct forge f;

	forge_start(&f, k);
	forge_user(&f);
	forge_contact(&f, 1);
	record_put_message(&f.record, v);
	forge_put(&f);
	record_put_end(&f.record);
	forge_put(&f);
	return forge_end(&f, k);
}

static void bad_messages_are_refused(void **state)
{
	struct kit *k = *state;
	struct backup_message v = good_message();

	assert_ok(forge_message(k, &v));
#define REFUSED(change)                                                        \
	v = good_message();                                                    \
	change;                                                                \
	assert_err(forge_message(k, &v), ERR_CORRUPT)
	REFUSED(v.row.body = bytes_of("\xff\xfe", 2));
	REFUSED(v.row.body = bytes_of("", 0));
	REFUSED(v.row.contact_id = kit_uid('c', 2));
	REFUSED(v.row.kind = MESSAGE_EDIT);
	REFUSED(v.row.kind = MESSAGE_INTRODUCTION);
	REFUSED(v.row.kind = MESSAGE_FILE); /* "good" is no descriptor */
	REFUSED(v.row.state = MESSAGE_READ);
	REFUSED(v.row.dir = MESSAGE_OUT);
	REFUSED(v.row.dir = (enum message_dir)7);
	REFUSED(v.row.client_id = kit_uid('k', 1));
	REFUSED(v.problem = PROBLEM_CANCELLED);
	REFUSED(v.row.ttl_s = 1);
	REFUSED(v.row.sent_ms = UINT64_MAX);
	REFUSED(v.row.deleted = true);
	REFUSED(strcpy(v.emoji[0].s, "\x01"));
#undef REFUSED
}

static void bad_order_is_refused(void **state)
{
	struct kit *k = *state;
	struct backup_message v = good_message();
	struct forge f;

	/* No user at the beginning. */
	forge_start(&f, k);
	forge_contact(&f, 1);
	assert_err(forge_end(&f, k), ERR_CORRUPT);
	/* Two. */
	forge_start(&f, k);
	forge_user(&f);
	forge_user(&f);
	assert_err(forge_end(&f, k), ERR_CORRUPT);
	/* One contact twice. */
	forge_start(&f, k);
	forge_user(&f);
	forge_contact(&f, 1);
	forge_contact(&f, 1);
	assert_err(forge_end(&f, k), ERR_CORRUPT);
	/* More contacts than there may be. */
	forge_start(&f, k);
	forge_user(&f);
	for (uint32_t i = 0; i <= CELLS_MAX; i++)
		forge_contact(&f, i);
	assert_err(forge_end(&f, k), ERR_CORRUPT);
	/* One message twice. */
	forge_start(&f, k);
	forge_user(&f);
	forge_contact(&f, 1);
	record_put_message(&f.record, &v);
	forge_put(&f);
	forge_put(&f);
	assert_err(forge_end(&f, k), ERR_CORRUPT);
	/* Another of the same mid would be skipped without a word. */
	forge_start(&f, k);
	forge_user(&f);
	forge_contact(&f, 1);
	record_put_message(&f.record, &v);
	forge_put(&f);
	v.row.id = kit_uid('z', 1);
	record_put_message(&f.record, &v);
	forge_put(&f);
	assert_err(forge_end(&f, k), ERR_CORRUPT);
	/* Without an end, and with something after it. */
	forge_start(&f, k);
	forge_user(&f);
	assert_err(forge_end(&f, k), ERR_SHORT);
	forge_start(&f, k);
	forge_user(&f);
	record_put_end(&f.record);
	forge_put(&f);
	forge_put(&f);
	assert_err(forge_end(&f, k), ERR_CORRUPT);
	/* A record that is longer than any. */
	forge_start(&f, k);
	forge_user(&f);
	record_put_end(&f.record);
	f.record.data[1] = 0xff;
	forge_put(&f);
	assert_err(forge_end(&f, k), ERR_CORRUPT);
}

static void a_file_needs_its_message(void **state)
{
	struct kit *k = *state;
	struct backup_file v = {.row = files_row(1, 1).file};
	struct backup_message m = good_message();
	struct forge f;

	v.row.message_id = m.row.id;
	forge_start(&f, k);
	forge_user(&f);
	forge_contact(&f, 1);
	record_put_message(&f.record, &m);
	forge_put(&f);
	record_put_file(&f.record, &v);
	forge_put(&f);
	assert_err(forge_end(&f, k), ERR_CORRUPT);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, start_kit, end_kit)
	const struct CMUnitTest tests[] = {
	    TEST(bad_messages_are_refused),
	    TEST(bad_order_is_refused),
	    TEST(a_file_needs_its_message),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
