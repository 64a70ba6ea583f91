/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * bench_store - durable commits per second of the store, beside a bare loop
 * on the same disk with the same library; bytes per second of blobs, beside
 * a plain file.
 *
 * A disk's speed varies more than any code, so rounds alternate and ratios
 * are what to look at.  Nothing is asserted.  BENCH_DIR: where, else /tmp.
 *
 *     bench_store [--bare SECONDS]    only the bare loop, one row a commit;
 *                                     its rate is the last word
 *     bench_store --clear ROWS        a history of so many rows is cleared,
 *                                     and a contact with as many deleted:
 *                                     how long others wait at most
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "store/blob.h"
#include "store/db.h"
#include "store/store.h"
#include "util/clock.h"
#include "util/file.h"
#include "util/mem.h"

enum { ROUNDS = 3, MESSAGES = 1500, TEXT_BYTES = 200 };
enum { BLOB_BYTES = 256 << 20, PIECE_BYTES = 65536 };

static const char bare_schema[] =
    "CREATE TABLE bare(id INTEGER PRIMARY KEY, uid BLOB UNIQUE, body BLOB)";
static const char *const bare_sql[] = {
    "INSERT INTO bare(uid, body) VALUES(?1, ?2)"};

static struct master_key mk;
static uint8_t bare_key[DB_KEY_BYTES];
static const struct uid user_id = {{1}};
static const struct uid contact_id = {{2}};
static uint8_t text[TEXT_BYTES];

static void must(enum err e, const char *what)
{
	if (e == OK)
		return;
	fprintf(stderr, "bench_store: %s: %s\n", what, err_str(e));
	exit(1);
}

static long rss_kib(void)
{
	FILE *f = fopen("/proc/self/statm", "re");
	long size = 0, pages = 0;

	if (f) {
		if (fscanf(f, "%ld %ld", &size, &pages) != 2)
			pages = 0;
		fclose(f);
	}
	return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

static double per_second(size_t n, uint64_t start_ms)
{
	uint64_t ms = clock_mono_ms() - start_ms;

	return (double)n * 1000 / (double)(ms ? ms : 1);
}

static void insert_bare(struct db *d)
{
	struct stmt *s = db_stmt(d, 0);
	struct uid id;

	randombytes_buf(&id, sizeof(id));
	stmt_put_blob(s, id.b, sizeof(id.b));
	stmt_put_blob(s, text, sizeof(text));
	must(stmt_run(s), "insert");
}

static double run_bare(struct db *d, size_t group)
{
	uint64_t start = clock_mono_ms();
	size_t i;

	for (i = 0; i < MESSAGES; i++) {
		if (i % group == 0)
			must(db_begin(d), "begin");
		insert_bare(d);
		if (i % group == group - 1)
			must(db_commit(d), "commit");
	}
	return per_second(MESSAGES, start);
}

static double run_bare_for(struct db *d, uint64_t seconds)
{
	uint64_t start = clock_mono_ms();
	size_t n = 0;

	while (clock_mono_ms() - start < seconds * 1000) {
		must(db_begin(d), "begin");
		insert_bare(d);
		must(db_commit(d), "commit");
		n++;
	}
	return per_second(n, start);
}

/* A received message: the row, the counters, the journal. */
static void receive(struct store *s, uint64_t seq)
{
	struct effect m = {.type = FX_SAVE_MESSAGE,
			   .journal = JOURNAL_MESSAGE_RECEIVED,
			   .message = {.contact_id = contact_id,
				       .dir = MESSAGE_IN,
				       .state = MESSAGE_RECEIVED,
				       .seq = seq,
				       .kind = 1,
				       .body = bytes_of(text, sizeof(text))}};
	struct effect c = {.type = FX_SAVE_COUNTERS,
			   .counters = {contact_id, {.recv_next = seq + 1}}};

	randombytes_buf(&m.message.id, sizeof(m.message.id));
	randombytes_buf(&m.message.mid, sizeof(m.message.mid));
	must(store_apply(s, &m, clock_wall_ms()), "message");
	must(store_apply(s, &c, clock_wall_ms()), "counters");
}

static double run_store(struct store *s, size_t group)
{
	static uint64_t seq;
	uint64_t start = clock_mono_ms();
	size_t i;

	for (i = 0; i < MESSAGES; i++) {
		if (i % group == 0)
			must(store_begin(s), "begin");
		receive(s, ++seq);
		if (i % group == group - 1)
			must(store_commit(s), "commit");
	}
	return per_second(MESSAGES, start);
}

static void compare(struct db *d, struct store *s, size_t group)
{
	double bare = 0, full = 0, r;
	size_t i;

	for (i = 0; i < ROUNDS; i++) {
		r = run_bare(d, group);
		bare = r > bare ? r : bare;
		r = run_store(s, group);
		full = r > full ? r : full;
	}
	printf("groups of %2zu: %7.0f messages/s, bare %7.0f, ratio %.2f\n",
	       group, full, bare, full / bare);
}

static void unlock_time(void)
{
	struct keyfile kf = {.kdf = {3, 256}};
	uint64_t start = clock_mono_ms();
	struct wrap_key wk;

	must(keyfile_derive(&kf, "passphrase", 10, &wk), "derive");
	printf("Argon2id 256 MiB, 3 passes: %u ms\n",
	       (unsigned)(clock_mono_ms() - start));
}

static struct store *make_store(const char *path)
{
	struct effect c = {.type = FX_SAVE_CONTACT,
			   .contact = {.id = contact_id,
				       .conversation_id = {{3}},
				       .state = CONTACT_ACTIVE}};
	long before = rss_kib();
	struct store *s;

	must(store_create(path, &mk, user_id), "create");
	must(store_open(path, &mk, user_id, &s), "open");
	must(store_begin(s), "begin");
	must(store_apply(s, &c, 1), "contact");
	must(store_commit(s), "commit");
	printf("an open store: %ld KiB resident more\n", rss_kib() - before);
	return s;
}

static struct db *make_bare(const char *path)
{
	struct db_texts texts = {{bare_sql}, ARRAY_SIZE(bare_sql)};
	FILE *f = fopen(path, "we");
	struct db *d;

	if (!f || fclose(f) != 0)
		must(ERR_IO, path);
	must(db_open(path, bare_key, texts, &d), "bare open");
	must(db_exec(d, bare_schema), "bare schema");
	return d;
}

static void bare_only(const char *path, uint64_t seconds)
{
	struct db *d = make_bare(path);

	printf("bare commits a second: %.0f\n", run_bare_for(d, seconds));
	db_close(d);
}

static double mb_per_s(uint64_t start_ms)
{
	return per_second(BLOB_BYTES, start_ms) / 1e6;
}

static double write_plain(const char *path, const uint8_t *piece)
{
	uint64_t start = clock_mono_ms();
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	size_t i;

	for (i = 0; i < BLOB_BYTES; i += PIECE_BYTES)
		must(file_write_all(fd, piece, PIECE_BYTES), path);
	if (fd < 0 || fdatasync(fd) != 0)
		must(ERR_IO, path);
	close(fd);
	return mb_per_s(start);
}

static double read_plain(const char *path, uint8_t *piece)
{
	uint64_t start = clock_mono_ms();
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	while ((n = read(fd, piece, PIECE_BYTES)) > 0)
		;
	close(fd);
	unlink(path);
	must(n == 0 ? OK : ERR_IO, path);
	return mb_per_s(start);
}

static double write_blob(const char *folder, const struct blob_spec *spec,
			 const uint8_t *piece)
{
	uint64_t start = clock_mono_ms();
	struct blob_writer *w;
	struct blob_sum sum;
	size_t i;

	must(blob_writer_new(folder, spec, 0, &w), folder);
	for (i = 0; i < BLOB_BYTES; i += PIECE_BYTES)
		must(blob_writer_put(w, bytes_of(piece, PIECE_BYTES)), "put");
	must(blob_writer_finish(w, &sum), "finish");
	blob_writer_free(w);
	return mb_per_s(start);
}

static double read_blob(const char *folder, const struct blob_spec *spec,
			uint8_t *piece)
{
	uint64_t start = clock_mono_ms(), at = 0;
	struct blob_reader *r;
	size_t n;

	must(blob_reader_new(folder, spec, &r), folder);
	do {
		must(blob_reader_get(r, at, piece, PIECE_BYTES, &n), "get");
		at += n;
	} while (n > 0);
	blob_reader_free(r);
	blob_drop(folder, &spec->name);
	return mb_per_s(start);
}

/* The best of a few rounds of each; reading is from memory. */
static void compare_blobs(const char *folder)
{
	struct blob_spec spec = {.plan = {.size = BLOB_BYTES}};
	char *path = xasprintf("%s/plain", folder);
	uint8_t *piece = xcalloc(1, PIECE_BYTES);
	double best[4] = {0};
	size_t i, k;

	spec.plan.chunk_log2 = chunk_log2_for(BLOB_BYTES);
	for (i = 0; i < ROUNDS; i++) {
		const double now[4] = {write_blob(folder, &spec, piece),
				       read_blob(folder, &spec, piece),
				       write_plain(path, piece),
				       read_plain(path, piece)};

		for (k = 0; k < 4; k++)
			best[k] = now[k] > best[k] ? now[k] : best[k];
	}
	printf("a blob of %u MiB: write %.0f MB/s, plain file %.0f, ratio "
	       "%.2f; read %.0f MB/s, plain file %.0f, ratio %.2f\n",
	       (unsigned)(BLOB_BYTES >> 20), best[0], best[2],
	       best[0] / best[2], best[1], best[3], best[1] / best[3]);
	free(piece);
	free(path);
}

static uint64_t commit_one(struct store *s, const struct effect *e)
{
	uint64_t start = clock_mono_ms();

	must(store_begin(s), "begin");
	must(store_apply(s, e, clock_wall_ms()), "apply");
	must(store_commit(s), "commit");
	return clock_mono_ms() - start;
}

/* Lots until nothing is left; prints what they took. */
static void sweep(struct store *s, const char *what, uint64_t first_ms)
{
	struct effect e = {.type = FX_SAVE_SWEEP};
	uint64_t most = 0, sum = 0, ms;
	struct due_list due;
	size_t lots = 0;

	for (;; lots++) {
		must(store_due(s, clock_wall_ms(), &due), "due");
		if (!due.sweep)
			break;
		ms = commit_one(s, &e);
		sum += ms;
		most = ms > most ? ms : most;
	}
	printf("%s: %u ms; then %zu lots, %u ms each, %u at most\n", what,
	       (unsigned)first_ms, lots, (unsigned)(lots ? sum / lots : 0),
	       (unsigned)most);
}

static void fill(struct store *s, size_t rows)
{
	static uint64_t seq;
	size_t i;

	must(store_begin(s), "begin");
	for (i = 0; i < rows; i++) {
		receive(s, ++seq);
		if (i % 1000 != 999)
			continue;
		must(store_commit(s), "commit");
		must(store_begin(s), "begin");
	}
	must(store_commit(s), "commit");
}

static void clear_only(const char *path, size_t rows)
{
	struct effect all = {.type = FX_SAVE_ERASE_ALL,
			     .erase_all = contact_id};
	struct effect gone = {.type = FX_DELETE_CONTACT, .target = contact_id};
	struct store *s = make_store(path);

	fill(s, rows);
	sweep(s, "a history cleared", commit_one(s, &all));
	fill(s, rows);
	sweep(s, "a contact deleted", commit_one(s, &gone));
	store_close(s);
}

static void all(const char *store_path, const char *bare_path)
{
	long before = rss_kib();
	struct store *s = make_store(store_path);
	struct db *d = make_bare(bare_path);

	compare(d, s, 1);
	compare(d, s, 10);
	db_close(d);
	printf("a store with its cache full: %ld KiB resident more\n",
	       rss_kib() - before);
	compare_blobs(store_blobs(s));
	rmdir(store_blobs(s));
	store_close(s);
	unlock_time();
}

int main(int argc, char **argv)
{
	const char *where = getenv("BENCH_DIR"), *what;
	char *dir = xasprintf("%s/uXXXXXX", where ? where : "/tmp");
	char *path[2];
	size_t i;

	must(store_library_start(&what), "library");
	printf("SQLCipher %s\n", what);
	if (!mkdtemp(dir))
		must(ERR_IO, dir);
	path[0] = xasprintf("%s/store", dir);
	path[1] = xasprintf("%s/bare", dir);
	if (argc == 3 && strcmp(argv[1], "--bare") == 0)
		bare_only(path[1], strtoull(argv[2], NULL, 10));
	else if (argc == 3 && strcmp(argv[1], "--clear") == 0)
		clear_only(path[0], strtoull(argv[2], NULL, 10));
	else
		all(path[0], path[1]);
	for (i = 0; i < 2; i++) {
		unlink(path[i]);
		free(path[i]);
	}
	rmdir(dir);
	free(dir);
	return 0;
}
