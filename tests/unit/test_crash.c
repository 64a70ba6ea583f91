/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What was committed stays, whatever happens to the process or the disk:
 * HOSTILE S-01, S-05, S-06.  KILLS=n for more of the first.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sodium.h>

#include "check.h"
#include "store_files.h"
#include "store_raw.h"
#include "store_seen.h"

enum { BODY_BYTES = 1000 };

/* A mark of ours on the message; every other time an older one goes. */
static enum err touch_message(struct kit *k, uint64_t seq)
{
	struct effect react = {.type = FX_SAVE_CHANGE,
			       .change = {.contact_id = kit_uid('c', 1),
					  .kind = CHANGE_REACTION,
					  .by = MESSAGE_OUT,
					  .emoji = {"+"}}};
	struct effect hide = {
	    .type = FX_SAVE_ERASE,
	    .erase = {.contact_id = kit_uid('c', 1), .how = ERASE_HIDE}};
	enum err e;

	react.change.ref = kit_message_out(1, seq, "").message.mid;
	hide.erase.message_id = kit_message_out(1, seq / 2, "").message.id;
	e = store_apply(k->store, &react, KIT_WALL + seq);
	if (e == OK && seq % 2 == 0)
		e = store_apply(k->store, &hide, KIT_WALL + seq);
	return e;
}

/* A message and the counters after it, as a node saves them. */
static enum err add_message(struct kit *k, uint64_t seq)
{
	static char text[BODY_BYTES + 1];
	struct effect m;
	struct effect c = {.type = FX_SAVE_COUNTERS,
			   .counters = {.contact_id = kit_uid('c', 1),
					.n = {.send_next = seq + 1}}};
	enum err e;

	memset(text, 'a' + (int)(seq % 26), BODY_BYTES);
	m = kit_message_out(1, seq, text);
	e = store_apply(k->store, &m, KIT_WALL + seq);
	if (e == OK)
		e = store_apply(k->store, &c, KIT_WALL + seq);
	return e == OK ? touch_message(k, seq) : e;
}

static enum err add_messages(struct kit *k, uint64_t from, uint64_t count)
{
	enum err e = store_begin(k->store);
	uint64_t i;

	for (i = 0; e == OK && i < count; i++)
		e = add_message(k, from + i);
	return e == OK ? store_commit(k->store) : e;
}

static bool has_reaction(void *ctx, const struct message_info *m)
{
	(void)ctx;
	assert_int_equal(m->reaction_count, 1);
	return true;
}

/* One of `count` messages: whole, or gone with all that was around it. */
static void check_message(struct kit *k, const struct message_row *row,
			  uint64_t count)
{
	bool gone = row->seq <= count / 2;

	assert_int_equal(row->withdrawn, gone);
	assert_int_equal(row->hidden, gone);
	assert_int_equal(row->body.n, gone ? 0 : BODY_BYTES);
	if (gone)
		return;
	assert_int_equal(row->body.p[BODY_BYTES - 1], 'a' + row->seq % 26);
	assert_ok(query_message(k->store, row->id, has_reaction, NULL));
}

/* How many messages there are; they must be 1, 2, 3 ... and fit the
 * counters. */
static uint64_t count_messages(struct kit *k)
{
	struct contact_row c;
	struct message_list l;
	size_t i;

	assert_ok(query_contact(k->store, kit_uid('c', 1), &c));
	assert_ok(store_fetch(k->store, kit_uid('c', 1), 0, SIZE_MAX >> 1,
			      SIZE_MAX, &l));
	for (i = 0; i < l.count; i++) {
		assert_int_equal(l.rows[i].seq, i + 1);
		check_message(k, &l.rows[i], l.count);
	}
	i = l.count;
	if (i > 0)
		assert_int_equal(c.n.send_next, i + 1);
	message_list_clear(&l);
	return i;
}

static void commit_and_tell(struct kit *k, int out)
{
	uint64_t last, batch;

	kit_open(k);
	last = count_messages(k);
	for (;;) {
		batch = 1 + randombytes_uniform(8);
		if (add_messages(k, last + 1, batch) != OK)
			_exit(1);
		last += batch;
		if (write(out, &last, sizeof(last)) != sizeof(last))
			_exit(1);
	}
}

/* Runs a child that commits until it is killed; what it said last. */
static uint64_t run_and_kill(struct kit *k, bool early)
{
	uint64_t acked = 0, said;
	int pipe_fd[2], status;
	pid_t child;

	assert_int_equal(pipe(pipe_fd), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		close(pipe_fd[0]);
		commit_and_tell(k, pipe_fd[1]);
	}
	close(pipe_fd[1]);
	/* Some are killed while they recover, most while they commit. */
	poll(&(struct pollfd){.fd = pipe_fd[0], .events = POLLIN}, 1,
	     early ? (int)randombytes_uniform(60) : 10000);
	usleep(randombytes_uniform(20000));
	assert_int_equal(kill(child, SIGKILL), 0);
	while (read(pipe_fd[0], &said, sizeof(said)) == sizeof(said))
		acked = said;
	close(pipe_fd[0]);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	return acked;
}

static void killed_at_any_time(void **state)
{
	const char *env = getenv("KILLS");
	int i, kills = env ? atoi(env) : 60;
	struct kit *k = *state;
	uint64_t acked = 0, said, found = 0;

	kit_save_contact(k, 1);
	kit_close(k);
	for (i = 0; i < kills; i++) {
		said = run_and_kill(k, i % 4 == 0);
		acked = said > acked ? said : acked;
		kit_open(k);
		found = count_messages(k);
		assert_true(found >= acked);
		kit_close(k);
		if (i % 10 == 0)
			assert_true(raw_is_whole(k));
	}
	assert_true(raw_is_whole(k));
	assert_true(found > 0);
	print_message("%d kills, %u messages\n", kills, (unsigned)found);
}

enum { UPLOAD_BYTES = 300000 };

/* Content that only the n-th upload has. */
static void fill_piece(uint8_t *p, uint32_t n)
{
	static uint8_t seed[randombytes_SEEDBYTES];

	memcpy(seed, &n, sizeof(n));
	randombytes_buf_deterministic(p, UPLOAD_BYTES, seed);
}

static enum err upload(struct kit *k, uint32_t n, const uint8_t *p)
{
	struct file_new f = files_new(n, UPLOAD_BYTES);
	struct blob_writer *w = NULL;
	struct blob_spec spec;
	struct blob_sum sum;
	enum err e = store_upload_create(k->store, &f, KIT_WALL, &spec);

	if (e == OK)
		e = blob_writer_new(store_blobs(k->store), &spec, 0, &w);
	if (e == OK)
		e = blob_writer_put(w, bytes_of(p, UPLOAD_BYTES));
	if (e == OK)
		e = blob_writer_finish(w, &sum);
	if (e == OK)
		e = store_upload_finish(k->store, f.id, &sum, KIT_WALL);
	blob_writer_free(w);
	return e;
}

/* Uploads from number `first` on; every other one goes again, and is not
 * spoken of. */
static void upload_and_tell(struct kit *k, uint32_t first, int out)
{
	uint8_t *p = xcalloc(1, UPLOAD_BYTES);
	uint64_t n;

	kit_open(k);
	for (n = first;; n++) {
		fill_piece(p, (uint32_t)n);
		if (upload(k, (uint32_t)n, p) != OK ||
		    (n % 2 == 0 &&
		     store_upload_delete(k->store, kit_uid('U', (uint32_t)n),
					 KIT_WALL) != OK) ||
		    write(out, &n, sizeof(n)) != sizeof(n))
			_exit(1);
	}
}

static uint64_t upload_and_die(struct kit *k, uint32_t first)
{
	uint64_t acked = first - 1, said;
	int pipe_fd[2], status;
	uint32_t told;
	pid_t child;

	assert_int_equal(pipe(pipe_fd), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0)
		upload_and_tell(k, first, pipe_fd[1]);
	close(pipe_fd[1]);
	for (told = 1 + randombytes_uniform(4); told > 0; told--)
		if (read(pipe_fd[0], &said, sizeof(said)) == sizeof(said))
			acked = said;
	usleep(randombytes_uniform(60000));
	assert_int_equal(kill(child, SIGKILL), 0);
	while (read(pipe_fd[0], &said, sizeof(said)) == sizeof(said))
		acked = said;
	close(pipe_fd[0]);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	return acked;
}

struct look {
	struct kit *k;
	size_t files, blobs;
	uint8_t *want, *got;
};

/* Whole, or on its way: never half of one under the name of a whole one. */
static bool look_at_file(void *ctx, const struct file_info *f)
{
	struct look *l = ctx;
	struct blob_spec spec = file_info_spec(f);
	struct blob_reader *r;
	size_t at = 0, n;

	l->files++;
	assert_true(files_has_blob(l->k, f));
	if (f->row.state == FILE_UPLOADING)
		return true;
	assert_int_equal(f->row.state, FILE_READY);
	/* "Upload 7" */
	fill_piece(l->want, (uint32_t)strtoul(f->row.name.s + 7, NULL, 10));
	assert_ok(blob_reader_new(l->k->blobs, &spec, &r));
	while (at < UPLOAD_BYTES) {
		assert_ok(
		    blob_reader_get(r, at, l->got + at, UPLOAD_BYTES - at, &n));
		at += n;
	}
	blob_reader_free(r);
	assert_memory_equal(l->got, l->want, UPLOAD_BYTES);
	return true;
}

static void count_blob(void *ctx, const struct blob_name *name)
{
	(void)name;
	((struct look *)ctx)->blobs++;
}

static void killed_while_files_come(void **state)
{
	const struct file_page page = {.limit = 10000};
	struct kit *k = *state;
	struct look l = {.k = k};
	uint64_t acked = 0, next = 1, i;

	l.want = xcalloc(1, UPLOAD_BYTES);
	l.got = xcalloc(1, UPLOAD_BYTES);
	kit_close(k);
	for (i = 0; i < 15; i++) {
		acked = upload_and_die(k, (uint32_t)next);
		kit_open(k);
		l.files = l.blobs = 0;
		assert_ok(query_files(k->store, &page, look_at_file, &l));
		assert_ok(blob_list(k->blobs, count_blob, &l));
		assert_int_equal(l.files, l.blobs);
		for (; next <= acked; next++)
			assert_int_equal(
			    files_is_there(k, kit_uid('U', (uint32_t)next)),
			    next % 2 == 1);
		/* What was not told of may be there or not. */
		next = acked + 2;
		kit_close(k);
	}
	print_message("%u uploads, %u stayed\n", (unsigned)acked,
		      (unsigned)l.files);
	free(l.want);
	free(l.got);
	assert_true(raw_is_whole(k));
}

enum { HISTORY = 400 };

static void sweep_and_tell(struct kit *k, int out)
{
	struct effect e = {.type = FX_SAVE_SWEEP};

	kit_open(k);
	for (;;) {
		if (kit_try(k, &e, 1) != OK || write(out, "", 1) != 1)
			_exit(1);
	}
}

/* Lets a child sweep `lots` times, at least, and kills it. */
static void sweep_and_kill(struct kit *k, unsigned lots)
{
	int pipe_fd[2], status;
	pid_t child;
	char said;

	assert_int_equal(pipe(pipe_fd), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		close(pipe_fd[0]);
		sweep_and_tell(k, pipe_fd[1]);
	}
	close(pipe_fd[1]);
	while (lots-- > 0)
		assert_int_equal(read(pipe_fd[0], &said, 1), 1);
	usleep(randombytes_uniform(3000));
	assert_int_equal(kill(child, SIGKILL), 0);
	close(pipe_fd[0]);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
}

/* It was said to be cleared; what is not erased is withdrawn all the same. */
static void assert_cleared(struct kit *k)
{
	struct message_page page = {kit_uid('v', 1), PAGE_LATEST, {{0}}, 9};
	struct seen s = {.count = 0};
	struct message_list l;
	size_t i;

	assert_ok(query_messages(k->store, &page, see_message, &s));
	assert_int_equal(s.count, 0);
	assert_ok(
	    store_fetch(k->store, kit_uid('c', 1), 1, HISTORY, SIZE_MAX, &l));
	assert_int_equal(l.count, HISTORY);
	for (i = 0; i < l.count; i++)
		assert_true(l.rows[i].withdrawn && l.rows[i].hidden &&
			    l.rows[i].body.n == 0);
	message_list_clear(&l);
}

static bool has_work(struct kit *k)
{
	struct due_list l;

	assert_ok(store_due(k->store, KIT_WALL, &l));
	return l.sweep;
}

static void sweep_after_kills(struct kit *k, void (*check)(struct kit *k))
{
	struct effect e = {.type = FX_SAVE_SWEEP};
	unsigned i;

	for (i = 0; i < 3; i++) {
		kit_close(k);
		sweep_and_kill(k, i);
		kit_open(k);
		check(k);
	}
	while (has_work(k))
		kit_save(k, &e);
	check(k);
	kit_close(k);
	assert_true(raw_is_whole(k));
}

static void no_contact(struct kit *k)
{
	assert_int_equal(load_all(k).count, 0);
}

static void killed_between_lots(void **state)
{
	static const char texts[] =
	    "SELECT count(*) FROM messages WHERE length(body) > 0";
	static const char rows[] =
	    "SELECT (SELECT count(*) FROM messages)"
	    " + (SELECT count(*) FROM contacts)"
	    " + (SELECT count(*) FROM conversations)"
	    " + (SELECT count(*) FROM gone) + (SELECT count(*) FROM parked)";
	struct kit *k = *state;
	struct effect all = {.type = FX_SAVE_ERASE_ALL,
			     .erase_all = kit_uid('c', 1)};
	struct effect gone = {.type = FX_DELETE_CONTACT,
			      .target = kit_uid('c', 1)};
	struct effect e;
	uint64_t n;

	kit_save_contact(k, 1);
	for (n = 1; n <= HISTORY; n++) {
		e = kit_message_out(1, n, "ours");
		kit_save(k, &e);
		e = kit_message_in(1, n + HISTORY, "theirs");
		kit_save(k, &e);
	}
	kit_save(k, &all);
	sweep_after_kills(k, assert_cleared);
	assert_int_equal(raw_number(k, texts), 0);
	kit_open(k);
	kit_save(k, &gone);
	assert_true(has_work(k));
	sweep_after_kills(k, no_contact);
	assert_int_equal(raw_number(k, rows), 0);
}

/* What is there when the store has got over an error. */
static uint64_t recount(struct kit *k, uint64_t acked)
{
	uint64_t found;

	assert_ok(store_begin(k->store));
	store_rollback(k->store);
	found = count_messages(k);
	/* What was not acknowledged may be there after all. */
	assert_true(found == acked || found == acked + 1);
	return found;
}

/* Adds messages until there is no room; opening the file again makes some
 * by itself, so only the third refusal in a row counts. */
static uint64_t fill(struct kit *k)
{
	unsigned refused = 0;
	uint64_t n = 0;
	enum err e;

	while (refused < 3) {
		e = add_messages(k, n + 1, 1);
		if (e == OK) {
			n++;
			refused = 0;
			continue;
		}
		assert_err(e, ERR_NO_SPACE);
		refused++;
		n = recount(k, n);
	}
	return n;
}

static void go_on_after(struct kit *k, uint64_t acked)
{
	uint64_t found = recount(k, acked);

	assert_ok(add_messages(k, found + 1, 5));
	assert_int_equal(count_messages(k), found + 5);
	kit_close(k);
	assert_true(raw_is_whole(k));
	kit_open(k);
	assert_int_equal(count_messages(k), found + 5);
}

static void file_size_limit(void **state)
{
	const struct rlimit some = {700000, RLIM_INFINITY};
	const struct rlimit all = {RLIM_INFINITY, RLIM_INFINITY};
	struct kit *k = *state;
	uint64_t acked;

	kit_save_contact(k, 1);
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &some), 0);
	acked = fill(k);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &all), 0);
	assert_true(acked > 0);
	go_on_after(k, acked);
}

static void mount_small(struct kit *k, unsigned kib)
{
	char options[32];

	kit_close(k);
	unlink(k->path);
	snprintf(options, sizeof(options), "size=%uk", kib);
	if (mount("umbel", k->dir, "tmpfs", 0, options) != 0) {
		print_message("no mount here: %s\n", strerror(errno));
		skip();
	}
	assert_ok(store_create(k->path, &k->mk, k->user_id));
	kit_open(k);
}

static void disk_full_at(struct kit *k, unsigned kib)
{
	uint64_t acked;

	mount_small(k, kib);
	kit_save_contact(k, 1);
	acked = fill(k);
	assert_int_equal(
	    mount("umbel", k->dir, "tmpfs", MS_REMOUNT, "size=16m"), 0);
	go_on_after(k, acked);
}

static void disk_full_500(void **state)
{
	disk_full_at(*state, 500);
}

static void disk_full_700(void **state)
{
	disk_full_at(*state, 700);
}

static int end_mounted(void **state)
{
	struct kit *k = *state;

	kit_close(k);
	umount(k->dir);
	return end_kit(state);
}

/* No room to begin with: nothing half-made stays. */
static void no_room_to_create(void **state)
{
	const struct rlimit some = {20000, RLIM_INFINITY};
	const struct rlimit all = {RLIM_INFINITY, RLIM_INFINITY};
	struct kit *k = *state;
	enum err e;

	kit_close(k);
	unlink(k->path);
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &some), 0);
	e = store_create(k->path, &k->mk, k->user_id);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &all), 0);
	assert_err(e, ERR_NO_SPACE);
	assert_int_equal(access(k->path, F_OK), -1);
	assert_int_equal(access(k->wal, F_OK), -1);
	assert_ok(store_create(k->path, &k->mk, k->user_id));
}

#define T(name) cmocka_unit_test_setup_teardown(name, start_kit, end_kit)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    T(killed_at_any_time),
	    T(killed_between_lots),
	    T(killed_while_files_come),
	    T(file_size_limit),
	    cmocka_unit_test_setup_teardown(disk_full_500, start_kit,
					    end_mounted),
	    cmocka_unit_test_setup_teardown(disk_full_700, start_kit,
					    end_mounted),
	    T(no_room_to_create),
	};

	return cmocka_run_group_tests_name("crash", tests, NULL, NULL);
}
