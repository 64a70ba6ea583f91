/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "users.h"

#include <dirent.h>
#include <sys/stat.h>

#include "tests/unit/loop.h"
#include "tests/unit/store_kit.h"
#include "tor/control.h"
#include "util/file.h"
#include "util/text.h"
#include "worker.h"

enum { TICKETS = 16 };

struct house {
	struct loop loop;
	char users[64];
	struct worker *worker, *disk;
	struct control *control; /* of a tor that is not there */
	struct links_net net;
	struct users *all;
	bool is_done[TICKETS];
	enum err result[TICKETS];
	uint64_t wanted; /* ticket */
	unsigned changes;
};

static void on_done(void *ctx, uint64_t ticket, enum err e)
{
	struct house *h = ctx;

	assert_true(ticket < TICKETS);
	assert_false(h->is_done[ticket]);
	h->is_done[ticket] = true;
	h->result[ticket] = e;
}

static void on_change(void *ctx, struct user *u)
{
	(void)u;
	((struct house *)ctx)->changes++;
}

static void on_journal(void *ctx, struct user *u)
{
	(void)ctx;
	(void)u;
}

static void on_presence(void *ctx, struct user *u, struct uid contact_id,
			bool online)
{
	(void)ctx;
	(void)u;
	(void)contact_id;
	(void)online;
}

static void on_tor(void *arg, const struct tor_status *st)
{
	(void)arg;
	(void)st;
}

static void on_service(void *arg, uint64_t id, enum service_event ev,
		       const char *reason)
{
	(void)arg;
	(void)id;
	(void)ev;
	(void)reason;
}

static void come_up(struct house *h)
{
	const struct users_config config = {.base = h->loop.base,
					    .worker = h->worker,
					    .disk = h->disk,
					    .drops = h->disk,
					    .net = &h->net,
					    .dir = h->users,
					    .kdf = {2, 64}};
	const struct users_ports ports = {.ctx = h,
					  .done = on_done,
					  .state_changed = on_change,
					  .journal_advanced = on_journal,
					  .presence = on_presence};

	assert_ok(users_new(&config, &ports, &h->all));
}

static int start(void **state)
{
	struct house *h = xcalloc(1, sizeof(*h));
	const struct control_config cc = {.control_path = "/nowhere",
					  .cookie_path = "/nowhere"};
	const struct control_handler ch = {
	    .arg = h, .status = on_tor, .service = on_service};
	const char *what;

	loop_init(&h->loop);
	event_base_priority_init(h->loop.base, 3);
	snprintf(h->users, sizeof(h->users), "%s/users", h->loop.dir);
	assert_ok(file_make_dir(h->users));
	assert_ok(store_library_start(&what));
	assert_ok(worker_new(h->loop.base, &h->worker));
	assert_ok(worker_new(h->loop.base, &h->disk));
	h->control = control_new(h->loop.base, &cc, &ch);
	h->net = (struct links_net){.base = h->loop.base,
				    .control = h->control,
				    .socks_path = "/nowhere",
				    .cell_dir = h->loop.dir,
				    .socket_mode = 0600};
	come_up(h);
	*state = h;
	return 0;
}

static void remove_all(const char *path)
{
	DIR *d = opendir(path);
	struct dirent *e;

	if (!d) {
		unlink(path);
		return;
	}
	while ((e = readdir(d))) {
		char *inner = xasprintf("%s/%s", path, e->d_name);

		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			remove_all(inner);
		free(inner);
	}
	closedir(d);
	rmdir(path);
}

static int end(void **state)
{
	struct house *h = *state;

	worker_free(h->worker);
	worker_free(h->disk);
	users_free(h->all);
	control_free(h->control);
	remove_all(h->users);
	loop_clear(&h->loop);
	free(h);
	return 0;
}

static bool is_done(void *arg)
{
	const struct house *h = arg;

	return h->is_done[h->wanted];
}

static enum err wait_for(struct house *h, uint64_t ticket)
{
	h->wanted = ticket;
	loop_until(&h->loop, is_done, h);
	return h->result[ticket];
}

static struct bytes words(const char *text)
{
	return bytes_of(text, strlen(text));
}

static void create(struct house *h, uint64_t ticket, uint32_t n,
		   const char *name)
{
	struct label label = {""};

	strcpy(label.s, name);
	users_create(h->all, ticket, kit_uid('u', n), &label,
		     words("a good one"));
}

static struct user *create_alice(struct house *h)
{
	struct user *u;

	create(h, 1, 1, "alice");
	assert_ok(wait_for(h, 1));
	u = users_find(h->all, kit_uid('u', 1));
	assert_non_null(u);
	return u;
}

/* Everything goes and comes again, as when the core starts anew. */
static struct user *start_again(struct house *h)
{
	users_free(h->all);
	come_up(h);
	memset(h->is_done, 0, sizeof(h->is_done));
	return users_find(h->all, kit_uid('u', 1));
}

static char *file_of(struct house *h, const char *prefix, uint32_t n,
		     const char *name)
{
	struct uid id = kit_uid('u', n);
	char text[UID_TEXT + 1];

	uid_encode(id.b, text);
	return xasprintf("%s/%s%s%s%s", h->users, prefix, text, name ? "/" : "",
			 name ? name : "");
}

static void a_user_is_made_and_comes_back(void **state)
{
	struct house *h = *state;
	struct user *u = create_alice(h);

	assert_int_equal(u->state, USER_UNLOCKED);
	assert_non_null(u->runtime);
	assert_ptr_equal(users_find_name(h->all, "alice"), u);
	assert_null(users_find_name(h->all, "Alice"));
	u = start_again(h);
	assert_non_null(u);
	assert_int_equal(u->state, USER_LOCKED);
	assert_string_equal(u->kf.name.s, "alice");
	assert_null(u->runtime);
	users_unlock(u, 2, words("a good one"));
	assert_int_equal(u->state, USER_UNLOCKING);
	assert_ok(wait_for(h, 2));
	assert_int_equal(u->state, USER_UNLOCKED);
	users_lock(u);
	assert_int_equal(u->state, USER_LOCKED);
	assert_null(u->runtime);
	assert_null(u->links);
}

static void a_wrong_passphrase_is_told(void **state)
{
	struct house *h = *state;
	struct user *u;

	create_alice(h);
	u = start_again(h);
	users_unlock(u, 2, words("a good One"));
	assert_err(wait_for(h, 2), ERR_AUTH);
	assert_int_equal(u->state, USER_LOCKED);
	assert_null(u->failure);
	users_unlock(u, 3, bytes_of(NULL, 0));
	assert_err(wait_for(h, 3), ERR_AUTH);
	users_unlock(u, 4, words("a good one"));
	assert_ok(wait_for(h, 4));
	/* Of one that is open it is only looked at. */
	users_unlock(u, 5, words("a bad one"));
	assert_err(wait_for(h, 5), ERR_AUTH);
	assert_int_equal(u->state, USER_UNLOCKED);
	assert_non_null(u->runtime);
}

static void two_unlocks_at_once(void **state)
{
	struct house *h = *state;
	struct user *u;

	create_alice(h);
	u = start_again(h);
	users_unlock(u, 2, words("a bad one"));
	users_unlock(u, 3, words("a good one"));
	users_unlock(u, 4, words("a good one"));
	assert_ok(wait_for(h, 4));
	assert_err(h->result[2], ERR_AUTH);
	assert_ok(h->result[3]);
	assert_int_equal(u->state, USER_UNLOCKED);
}

/* Who locks wants it locked, whatever was asked before. */
static void locked_meanwhile(void **state)
{
	struct house *h = *state;
	struct user *u;

	create_alice(h);
	u = start_again(h);
	users_unlock(u, 2, words("a good one"));
	users_lock(u);
	assert_int_equal(u->state, USER_LOCKED);
	assert_err(wait_for(h, 2), ERR_STATE);
	assert_int_equal(u->state, USER_LOCKED);
	assert_null(u->runtime);
	/* The same with a check of the passphrase under way. */
	users_unlock(u, 3, words("a good one"));
	assert_ok(wait_for(h, 3));
	users_unlock(u, 4, words("a good one"));
	users_lock(u);
	users_unlock(u, 5, words("a good one"));
	users_lock(u);
	assert_err(wait_for(h, 5), ERR_STATE);
	assert_err(h->result[4], ERR_STATE);
	assert_int_equal(u->state, USER_LOCKED);
	/* And who unlocks after that wants it unlocked. */
	users_unlock(u, 6, words("a good one"));
	assert_ok(wait_for(h, 6));
}

static void two_are_made_at_once(void **state)
{
	struct house *h = *state;

	create(h, 1, 1, "alice");
	create(h, 2, 2, "bob");
	create(h, 3, 3, "alice");
	assert_err(wait_for(h, 3), ERR_EXISTS);
	assert_ok(h->result[1]);
	assert_ok(h->result[2]);
	assert_null(users_find(h->all, kit_uid('u', 3)));
	create(h, 4, 4, "bob");
	assert_true(h->is_done[4]);
	assert_err(h->result[4], ERR_EXISTS);
	start_again(h);
	assert_non_null(users_find_name(h->all, "alice"));
	assert_non_null(users_find_name(h->all, "bob"));
	assert_null(users_find(h->all, kit_uid('u', 3)));
}

static void a_leftover_is_removed(void **state)
{
	struct house *h = *state;
	char *dir = file_of(h, ".new-", 9, NULL);
	char *db = file_of(h, ".new-", 9, "user.db");

	assert_ok(file_make_dir(dir));
	kit_spill(db, "half", 4);
	start_again(h);
	assert_null(users_first(h->all));
	assert_int_equal(access(dir, F_OK), -1);
	free(dir);
	free(db);
}

static void a_user_that_cannot_be_stored_never_was(void **state)
{
	struct house *h = *state;

	assert_int_equal(rmdir(h->users), 0);
	create(h, 1, 1, "alice");
	assert_err(wait_for(h, 1), ERR_NOT_FOUND);
	assert_null(users_first(h->all));
	assert_ok(file_make_dir(h->users));
	create(h, 2, 2, "alice");
	assert_ok(wait_for(h, 2));
}

static void a_damaged_key_file(void **state)
{
	struct house *h = *state;
	char *key = file_of(h, "usr_", 1, "key");
	struct user *u;
	uint8_t *p;
	size_t n;

	create_alice(h);
	p = kit_slurp(key, &n);
	p[n / 2] ^= 1;
	kit_spill(key, p, n);
	u = start_again(h);
	assert_int_equal(u->state, USER_FAILED);
	assert_non_null(u->failure);
	users_unlock(u, 2, words("a good one"));
	assert_err(wait_for(h, 2), ERR_CORRUPT);
	users_lock(u);
	assert_int_equal(u->state, USER_FAILED);
	/* Others are not concerned. */
	create(h, 3, 2, "bob");
	assert_ok(wait_for(h, 3));
	/* Put back, it is good again. */
	p[n / 2] ^= 1;
	kit_spill(key, p, n);
	u = start_again(h);
	users_unlock(u, 4, words("a good one"));
	assert_ok(wait_for(h, 4));
	free(p);
	free(key);
}

static void a_database_that_is_gone_or_damaged(void **state)
{
	struct house *h = *state;
	char *db = file_of(h, "usr_", 1, "user.db");
	struct user *u;
	uint8_t *p;
	size_t n;

	create_alice(h);
	users_lock(users_find_name(h->all, "alice"));
	p = kit_slurp(db, &n);
	unlink(db);
	u = start_again(h);
	users_unlock(u, 2, words("a good one"));
	assert_err(wait_for(h, 2), ERR_NOT_FOUND);
	assert_int_equal(u->state, USER_FAILED);
	assert_non_null(u->failure);
	assert_int_equal(access(db, F_OK), -1);
	p[100] ^= 1;
	kit_spill(db, p, n);
	users_unlock(u, 3, words("a good one"));
	assert_err(wait_for(h, 3), ERR_CORRUPT);
	assert_int_equal(u->state, USER_FAILED);
	/* A wrong passphrase is told from that. */
	users_unlock(u, 4, words("a bad one"));
	assert_err(wait_for(h, 4), ERR_AUTH);
	p[100] ^= 1;
	kit_spill(db, p, n);
	users_unlock(u, 5, words("a good one"));
	assert_ok(wait_for(h, 5));
	assert_int_equal(u->state, USER_UNLOCKED);
	assert_null(u->failure);
	free(p);
	free(db);
}

static enum err change(struct house *h, struct user *u, uint64_t ticket,
		       const char *old, const char *fresh)
{
	users_change_passphrase(u, ticket, words(old), words(fresh));
	return wait_for(h, ticket);
}

static enum err unlock(struct house *h, struct user *u, uint64_t ticket,
		       const char *passphrase)
{
	users_unlock(u, ticket, words(passphrase));
	return wait_for(h, ticket);
}

static void a_passphrase_is_changed(void **state)
{
	struct house *h = *state;
	struct user *u = create_alice(h);
	const struct runtime *before = u->runtime;

	/* An unlocked one stays so, and is not even asked. */
	assert_err(change(h, u, 2, "a bad one", "another one"), ERR_AUTH);
	assert_ok(change(h, u, 3, "a good one", "another one"));
	assert_int_equal(u->state, USER_UNLOCKED);
	assert_ptr_equal(u->runtime, before);
	assert_err(unlock(h, u, 4, "a good one"), ERR_AUTH);
	assert_ok(unlock(h, u, 5, "another one"));
	/* A locked one stays locked. */
	u = start_again(h);
	h->changes = 0;
	assert_err(change(h, u, 2, "a good one", "a third one"), ERR_AUTH);
	assert_ok(change(h, u, 3, "another one", "a third one"));
	assert_int_equal(u->state, USER_LOCKED);
	assert_int_equal(h->changes, 0);
	assert_err(unlock(h, u, 4, "another one"), ERR_AUTH);
	u = start_again(h);
	assert_err(unlock(h, u, 5, "a good one"), ERR_AUTH);
	assert_ok(unlock(h, u, 6, "a third one"));
	assert_int_equal(u->state, USER_UNLOCKED);
}

/* The master key stays: so does the database, also one that is damaged. */
static void a_change_leaves_the_database_alone(void **state)
{
	struct house *h = *state;
	char *db = file_of(h, "usr_", 1, "user.db");
	struct user *u = create_alice(h);
	uint8_t *before, *after;
	size_t n, m;

	users_lock(u);
	before = kit_slurp(db, &n);
	assert_ok(change(h, u, 2, "a good one", "another one"));
	after = kit_slurp(db, &m);
	assert_int_equal(n, m);
	assert_memory_equal(before, after, n);
	free(after);
	before[100] ^= 1;
	kit_spill(db, before, n);
	assert_err(unlock(h, u, 3, "another one"), ERR_CORRUPT);
	assert_int_equal(u->state, USER_FAILED);
	assert_ok(change(h, u, 4, "another one", "a third one"));
	assert_int_equal(u->state, USER_FAILED);
	before[100] ^= 1;
	kit_spill(db, before, n);
	assert_ok(unlock(h, u, 5, "a third one"));
	free(before);
	free(db);
}

/* The first to be done counts; who was overtaken is told. */
static void changes_and_unlocks_at_once(void **state)
{
	struct house *h = *state;
	struct user *u;

	create_alice(h);
	u = start_again(h);
	users_change_passphrase(u, 2, words("a good one"), words("another"));
	users_change_passphrase(u, 3, words("a good one"), words("a third"));
	users_unlock(u, 4, words("a good one"));
	assert_int_equal(u->state, USER_UNLOCKING);
	assert_err(wait_for(h, 4), ERR_STATE);
	assert_ok(h->result[2]);
	assert_err(h->result[3], ERR_STATE);
	assert_int_equal(u->state, USER_LOCKED);
	assert_err(unlock(h, u, 5, "a good one"), ERR_AUTH);
	assert_err(unlock(h, u, 6, "a third"), ERR_AUTH);
	/* An unlock that was first counts, and the change does too. */
	users_unlock(u, 7, words("another"));
	users_change_passphrase(u, 8, words("another"), words("a third"));
	assert_ok(wait_for(h, 8));
	assert_ok(h->result[7]);
	assert_int_equal(u->state, USER_UNLOCKED);
	/* Locking takes unlocks back, but not this. */
	users_change_passphrase(u, 9, words("a third"), words("the last"));
	users_lock(u);
	assert_ok(wait_for(h, 9));
	assert_int_equal(u->state, USER_LOCKED);
	assert_ok(unlock(h, u, 10, "the last"));
}

/* A folder in the place of the file that would be written. */
static void a_change_that_cannot_be_stored(void **state)
{
	struct house *h = *state;
	char *half = file_of(h, "usr_", 1, "key.tmp");
	struct user *u = create_alice(h);

	assert_ok(file_make_dir(half));
	assert_err(change(h, u, 2, "a good one", "another one"), ERR_IO);
	assert_ok(unlock(h, u, 3, "a good one"));
	assert_err(unlock(h, u, 4, "another one"), ERR_AUTH);
	assert_int_equal(rmdir(half), 0);
	/* What a crash left is no hindrance, and goes at the next start. */
	kit_spill(half, "half", 4);
	assert_ok(change(h, u, 5, "a good one", "another one"));
	assert_int_equal(access(half, F_OK), -1);
	kit_spill(half, "half", 4);
	u = start_again(h);
	assert_int_equal(access(half, F_OK), -1);
	assert_ok(unlock(h, u, 6, "another one"));
	free(half);
}

/* Nobody waits for what was begun when the core ends. */
static void a_change_that_is_dropped(void **state)
{
	struct house *h = *state;
	struct user *u = create_alice(h);

	users_change_passphrase(u, 2, words("a good one"), words("another"));
	users_change_passphrase(u, 3, words("a good one"), words("another"));
	assert_false(h->is_done[2]);
}

static void nothing_to_change_without_a_key_file(void **state)
{
	struct house *h = *state;
	char *key = file_of(h, "usr_", 1, "key");
	struct user *u;

	create_alice(h);
	unlink(key);
	u = start_again(h);
	assert_err(change(h, u, 2, "a good one", "another one"), ERR_CORRUPT);
	assert_int_equal(access(key, F_OK), -1);
	free(key);
}

#define T(name) cmocka_unit_test_setup_teardown(name, start, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    T(a_user_is_made_and_comes_back),
	    T(a_wrong_passphrase_is_told),
	    T(two_unlocks_at_once),
	    T(locked_meanwhile),
	    T(two_are_made_at_once),
	    T(a_leftover_is_removed),
	    T(a_user_that_cannot_be_stored_never_was),
	    T(a_damaged_key_file),
	    T(a_database_that_is_gone_or_damaged),
	    T(a_passphrase_is_changed),
	    T(a_change_leaves_the_database_alone),
	    T(changes_and_unlocks_at_once),
	    T(a_change_that_cannot_be_stored),
	    T(a_change_that_is_dropped),
	    T(nothing_to_change_without_a_key_file),
	};

	return cmocka_run_group_tests_name("users", tests, NULL, NULL);
}
