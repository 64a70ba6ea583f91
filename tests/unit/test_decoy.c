/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A user's duress passphrase: what is destroyed, what comes in its place, and
 * that nothing in between is neither the one nor the other, whichever step of
 * it is the last before a kill -9.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <event2/event.h>
#include <sodium.h>

#include "check.h"
#include "decoy.h"
#include "last_event.h"
#include "store/blob.h"
#include "store/query.h"
#include "store/store.h"
#include "store_kit.h"
#include "tests/unit/way_kit.h"
#include "tor/control.h"
#include "user_files.h"
#include "users.h"
#include "util/file.h"
#include "util/kdf_cost.h"
#include "util/text.h"
#include "worker.h"

/* Every step that changes the disk, by the linker (--wrap): the process is
 * killed before the one with this number. */
static unsigned steps, last_step;

static void count_step(void)
{
	if (++steps == last_step)
		raise(SIGKILL);
}

/* The names are the linker's. */
/* NOLINTBEGIN(bugprone-reserved-identifier) */
int __real_rename(const char *from, const char *to);
int __wrap_rename(const char *from, const char *to);
int __wrap_rename(const char *from, const char *to)
{
	count_step();
	return __real_rename(from, to);
}

int __real_unlink(const char *path);
int __wrap_unlink(const char *path);
int __wrap_unlink(const char *path)
{
	count_step();
	return __real_unlink(path);
}

int __real_rmdir(const char *path);
int __wrap_rmdir(const char *path);
int __wrap_rmdir(const char *path)
{
	count_step();
	return __real_rmdir(path);
}

int __real_fsync(int fd);
int __wrap_fsync(int fd);
int __wrap_fsync(int fd)
{
	count_step();
	return __real_fsync(fd);
}

ssize_t __real_pwrite(int fd, const void *p, size_t n, off_t at);
ssize_t __wrap_pwrite(int fd, const void *p, size_t n, off_t at);
ssize_t __wrap_pwrite(int fd, const void *p, size_t n, off_t at)
{
	count_step();
	return __real_pwrite(fd, p, n, at);
}

ssize_t __real_write(int fd, const void *p, size_t n);
ssize_t __wrap_write(int fd, const void *p, size_t n);
ssize_t __wrap_write(int fd, const void *p, size_t n)
{
	count_step();
	return __real_write(fd, p, n);
}
/* NOLINTEND(bugprone-reserved-identifier) */

/* A user on the disk, with two passphrases and one file. */
struct home {
	char dir[32], users[48];
	struct uid id;
	struct keyfile kf;
	struct wrap_key real, duress;
};

static void run(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

static void run(const char *fmt, ...)
{
	char line[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	/* A fixed line of ours. */
	assert_int_equal(system(line), 0); /* NOLINT(cert-env33-c) */
}

static char *path_in(const struct home *h, const char *name)
{
	char text[UID_TEXT + 1];

	uid_encode(h->id.b, text);
	return xasprintf("%s/usr_%s/%s", h->users, text, name);
}

static void put_blob(const struct home *h)
{
	char *dir = path_in(h, "blobs");
	char *blob = path_in(h, "blobs/000102030405060708090a0b0c0d0e0f");

	assert_ok(file_make_dir(dir));
	kit_spill(blob, "sealed", 6);
	free(dir);
	free(blob);
}

static const char *const words[] = {"words.db", "words.db-wal",
				    "words.db-journal"};

/* What only the real key's index has. */
static void put_words(const struct home *h)
{
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		char *path = path_in(h, words[i]);

		assert_ok(file_replace(path, "words", 5, 0600));
		free(path);
	}
}

enum { LAST = 500 };

/* What the real user's events had come to. */
static void put_last_event(const struct home *h, const struct master_key *real)
{
	char *path = path_in(h, "last");
	char *other = path_in(h, "other.db");
	struct store *s;

	assert_ok(store_create_after(other, real, h->id, LAST));
	assert_ok(store_open(other, real, h->id, &s));
	last_event_close(last_event_open(path, real, h->id, s));
	store_close(s);
	unlink(other);
	free(other);
	free(path);
}

static void derive(const struct keyfile *kf, const char *text,
		   struct wrap_key *out)
{
	assert_ok(keyfile_derive(kf, text, strlen(text), out));
}

static void make(struct home *h)
{
	struct keyfile kf = {
	    .user_id = kit_uid('u', 1),
	    .name = {"alice"},
	    .created_ms = KIT_WALL,
	    .auto_lock_minutes = KEYFILE_AS_SET,
	    .kdf = {.passes = KDF_PASSES_MIN, .memory_mib = KDF_MIB_MIN}};
	const struct key_change c = {
	    .kf = &kf, .cost = kf.kdf, .passphrase = bytes_of("real", 4)};
	struct opened_key open;
	struct master_key mk;

	strcpy(h->dir, "/tmp/uXXXXXX");
	assert_non_null(mkdtemp(h->dir));
	snprintf(h->users, sizeof(h->users), "%s/users", h->dir);
	assert_ok(file_make_dir(h->users));
	h->id = kf.user_id;
	derive(&kf, "real", &h->real);
	randombytes_buf(&mk, sizeof(mk));
	keyfile_wrap(&kf, &h->real, &mk);
	assert_ok(user_files_create(h->users, &kf, &mk));
	assert_ok(keyfile_set_duress(&c, bytes_of("duress", 6), &h->kf, &open));
	assert_ok(user_files_replace_key(h->users, &kf, &h->kf));
	derive(&h->kf, "real", &h->real);
	derive(&h->kf, "duress", &h->duress);
	put_last_event(h, &mk);
	put_blob(h);
	put_words(h);
	run("cp -a %s %s/fresh", h->users, h->dir);
}

static void unmake(struct home *h)
{
	run("rm -rf %s", h->dir);
}

static void reset(struct home *h)
{
	run("rm -rf %s && cp -a %s/fresh %s", h->users, h->dir, h->users);
}

/* All of the shell that a decoy needs. */
struct shell {
	struct event_base *base;
	struct worker *worker;
	struct control *control;
	struct links_net net;
	struct users *all;
	struct user *user;
	unsigned emptied_count;
};

static void on_change(void *ctx, struct user *u)
{
	(void)ctx;
	(void)u;
}

static void on_emptied(void *ctx, struct user *u)
{
	struct shell *s = ctx;

	assert_ptr_equal(u, s->user);
	s->emptied_count++;
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

static void start(struct shell *s, const struct home *h)
{
	const struct control_config cc = {.way = way_to_path("/nowhere"),
					  .cookie_path = "/nowhere"};
	const struct control_handler ch = {
	    .arg = s, .status = on_tor, .service = on_service};
	struct users_config uc = {.net = &s->net, .dir = h->users};
	const struct users_ports up = {
	    .ctx = s, .state_changed = on_change, .emptied = on_emptied};

	memset(s, 0, sizeof(*s));
	s->base = event_base_new();
	assert_non_null(s->base);
	assert_int_equal(event_base_priority_init(s->base, 3), 0);
	assert_ok(worker_new(s->base, &s->worker));
	s->control = control_new(s->base, &cc, &ch);
	uc.base = s->base;
	uc.worker = uc.disk = s->worker;
	assert_ok(users_new(&uc, &up, &s->all));
	s->user = users_find(s->all, h->id);
	assert_non_null(s->user);
	assert_int_equal(s->user->state, USER_LOCKED);
}

static void stop(struct shell *s)
{
	worker_free(s->worker);
	users_free(s->all);
	control_free(s->control);
	event_base_free(s->base);
}

/* What unlocking with that passphrase does to the disk. */
static enum err take_place(struct user *u, const struct wrap_key *wk)
{
	struct keyfile next = u->kf;
	struct opened_key open;
	enum err e = keyfile_unwrap(&u->kf, wk, &open);

	if (e != OK || open.role == KEY_REAL)
		return e;
	keyfile_wrap(&next, wk, &open.key);
	return decoy_take_place(u, &open, &next);
}

static bool is_there(const struct home *h, const char *name)
{
	char *path = path_in(h, name);
	bool is = access(path, F_OK) == 0;

	free(path);
	return is;
}

static enum err open_database(const struct home *h, const struct opened_key *o)
{
	char *db = path_in(h, "user.db");
	struct store *s;
	enum err e = store_open(db, &o->key, h->id, &s);

	free(db);
	if (e == OK)
		store_close(s);
	return e;
}

/* To whoever reads on there is nothing new, and nothing that went back. */
static void expect_last_event(const struct home *h, const struct opened_key *o)
{
	char *db = path_in(h, "user.db");
	struct journal_range range;
	struct store *s;

	assert_ok(store_open(db, &o->key, h->id, &s));
	assert_ok(query_journal_range(s, &range));
	assert_int_equal(range.first_available, LAST);
	assert_int_equal(range.last, LAST);
	store_close(s);
	free(db);
}

/* Only by the duress passphrase, and empty; nothing of the other is left. */
static void expect_decoy(const struct home *h)
{
	struct opened_key open;
	struct keyfile kf;

	assert_ok(user_files_read_key(h->users, h->id, &kf));
	assert_err(keyfile_unwrap(&kf, &h->real, &open), ERR_AUTH);
	assert_ok(keyfile_unwrap(&kf, &h->duress, &open));
	assert_int_equal(open.role, KEY_REAL);
	assert_string_equal(kf.name.s, "alice");
	assert_int_equal(kf.created_ms, KIT_WALL);
	assert_ok(open_database(h, &open));
	expect_last_event(h, &open);
	assert_false(is_there(h, "blobs/000102030405060708090a0b0c0d0e0f"));
	assert_false(is_there(h, "blobs.old"));
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		assert_false(is_there(h, words[i]));
}

/* Whole, with all that was there. */
static void expect_real(const struct home *h, const struct keyfile *kf)
{
	struct opened_key open;

	assert_ok(keyfile_unwrap(kf, &h->real, &open));
	assert_int_equal(open.role, KEY_REAL);
	assert_true(is_there(h, "blobs/000102030405060708090a0b0c0d0e0f"));
	/* After that: a blob that no row knows goes when the store opens. */
	assert_ok(open_database(h, &open));
}

enum outcome { WHOLE, GONE, FINISHED };

static enum outcome look(const struct home *h)
{
	struct opened_key open;
	struct keyfile kf;

	assert_ok(user_files_read_key(h->users, h->id, &kf));
	if (keyfile_unwrap(&kf, &h->real, &open) != OK)
		return GONE;
	expect_real(h, &kf);
	return WHOLE;
}

/* A kill before that step, and what it left. */
static enum outcome try_kill(struct home *h, unsigned at)
{
	enum outcome left;
	struct shell s;
	pid_t pid;
	int status;

	reset(h);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		start(&s, h);
		steps = 0;
		last_step = at;
		_exit(take_place(s.user, &h->duress) == OK ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFEXITED(status)) {
		assert_int_equal(WEXITSTATUS(status), 0);
		expect_decoy(h);
		return FINISHED;
	}
	assert_int_equal(WTERMSIG(status), SIGKILL);
	left = look(h);
	/* The next start, and the same passphrase once more. */
	start(&s, h);
	assert_ok(take_place(s.user, &h->duress));
	stop(&s);
	expect_decoy(h);
	return left;
}

static void either_the_real_one_is_whole_or_its_key_is_gone(void **state)
{
	enum outcome before = WHOLE, now;
	unsigned at, whole = 0;
	struct home h;

	(void)state;
	make(&h);
	assert_int_equal(look(&h), WHOLE);
	for (at = 1; (now = try_kill(&h, at)) != FINISHED; at++) {
		assert_true(now >= before);
		whole += now == WHOLE;
		before = now;
	}
	/* The first step takes the key; then the folder of blobs, the
	 * database, and the key file again. */
	assert_int_equal(whole, 1);
	assert_true(at > 8);
	unmake(&h);
}

/* The disk refuses a step: an error, and the same passphrase does the rest. */
static void a_full_disk_is_no_way_out(void **state)
{
	struct opened_key open;
	struct keyfile kf;
	struct home h;
	struct shell s;
	char *folder;

	(void)state;
	make(&h);
	folder = path_in(&h, "");
	start(&s, &h);
	/* Root may write everywhere: a folder where the new file goes. */
	run("mkdir %skey.tmp && mkdir %skey.tmp/x", folder, folder);
	assert_err(take_place(s.user, &h.duress), ERR_IO);
	assert_ok(user_files_read_key(h.users, h.id, &kf));
	assert_err(keyfile_unwrap(&kf, &h.real, &open), ERR_AUTH);
	run("rm -r %skey.tmp", folder);
	assert_ok(take_place(s.user, &h.duress));
	assert_int_equal(s.emptied_count, 2);
	stop(&s);
	expect_decoy(&h);
	free(folder);
	unmake(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(either_the_real_one_is_whole_or_its_key_is_gone),
	    cmocka_unit_test(a_full_disk_is_no_way_out),
	};
	const char *what;

	if (sodium_init() < 0 || store_library_start(&what) != OK)
		return 1;
	return cmocka_run_group_tests_name("decoy", tests, NULL, NULL);
}
