/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What was put into a blob comes out of it, or nothing does.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sodium.h>

#include "check.h"
#include "store/blob.h"
#include "store_seen.h"
#include "util/text.h"

enum { LOG2 = CHUNK_LOG2_MIN, EACH = 1 << LOG2 };

static struct blob_spec spec_of(uint64_t size)
{
	struct blob_spec s = {.plan = {.size = size, .chunk_log2 = LOG2}};

	kit_fill(s.name.b, sizeof(s.name.b), 0xa0);
	kit_fill(s.plan.fid.b, sizeof(s.plan.fid.b), 17);
	kit_fill(s.key.b, sizeof(s.key.b), 50);
	return s;
}

/* No two chunks are alike. */
static uint8_t *content_of(size_t n)
{
	static const uint8_t seed[randombytes_SEEDBYTES] = {7};
	uint8_t *p = xcalloc(1, n + 1);

	randombytes_buf_deterministic(p, n, seed);
	return p;
}

static char *path_of(const struct kit *k, const struct blob_spec *s)
{
	char text[33];

	hex_encode(s->name.b, sizeof(s->name.b), text);
	return xasprintf("%s/%s", k->blobs, text);
}

static void put_all(struct blob_writer *w, const uint8_t *p, size_t n,
		    size_t piece)
{
	size_t at, now;

	for (at = 0; at < n; at += now) {
		assert_int_equal(blob_writer_offset(w), at);
		now = n - at < piece ? n - at : piece;
		assert_ok(blob_writer_put(w, bytes_of(p + at, now)));
	}
	assert_err(blob_writer_put(w, bytes_of("x", 1)), ERR_RANGE);
}

static struct blob_sum write_blob(struct kit *k, const struct blob_spec *s,
				  const uint8_t *p, size_t piece)
{
	struct blob_writer *w;
	struct blob_sum sum;

	assert_ok(blob_writer_new(k->blobs, s, 0, &w));
	put_all(w, p, s->plan.size, piece);
	assert_ok(blob_writer_finish(w, &sum));
	blob_writer_free(w);
	return sum;
}

static enum err read_range(struct kit *k, const struct blob_spec *s,
			   uint64_t at, uint8_t *out, size_t n)
{
	struct blob_reader *r;
	size_t got;
	enum err e = blob_reader_new(k->blobs, s, &r);

	if (e != OK)
		return e;
	while (n > 0) {
		e = blob_reader_get(r, at, out, n, &got);
		if (e != OK || got == 0)
			break;
		at += got;
		out += got;
		n -= got;
	}
	blob_reader_free(r);
	return e == OK && n > 0 ? ERR_SHORT : e;
}

static void assert_content(struct kit *k, const struct blob_spec *s,
			   const uint8_t *p)
{
	uint8_t *got = xcalloc(1, s->plan.size + 1);

	assert_ok(read_range(k, s, 0, got, s->plan.size));
	assert_memory_equal(got, p, s->plan.size);
	free(got);
}

/* What lies there is what the protocol says goes over the wire. */
static void assert_layout(struct kit *k, const struct blob_spec *s,
			  const uint8_t *p, const struct blob_sum *sum)
{
	uint8_t *sealed = xcalloc(1, EACH + CHUNK_TAG_BYTES), *file;
	uint8_t *manifest = xcalloc(1, manifest_bytes(&s->plan) + 1);
	char *path = path_of(k, s);
	struct hash32 root;
	size_t n;
	uint32_t i;

	file = kit_slurp(path, &n);
	assert_int_equal(n, chunk_blob_bytes(&s->plan));
	for (i = 0; i < chunk_count(&s->plan); i++) {
		struct bytes c = {sealed, chunk_sealed_bytes(&s->plan, i)};

		chunk_seal(&s->plan, &s->key, i, p + (size_t)i * EACH, sealed);
		assert_memory_equal(file + chunk_offset(&s->plan, i), c.p, c.n);
		chunk_leaf(i, c, manifest + (size_t)i * LEAF_BYTES);
	}
	n -= manifest_bytes(&s->plan);
	assert_memory_equal(manifest, file + n, manifest_bytes(&s->plan));
	manifest_root(&s->plan, manifest, &root);
	assert_memory_equal(&root, &sum->root, sizeof(root));
	free(path);
	free(manifest);
	free(sealed);
	free(file);
}

static void content_comes_back(void **state)
{
	static const size_t sizes[] = {
	    0, 1, EACH - 1, EACH, EACH + 1, 2 * EACH, 3 * EACH, 5 * EACH + 77};
	struct kit *k = *state;
	struct blob_sum sum;
	struct hash32 hash;
	struct stat st;
	uint8_t *p;
	char *path;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct blob_spec s = spec_of(sizes[i]);

		p = content_of(sizes[i]);
		sum = write_blob(k, &s, p, 1 + 9973 * i);
		assert_content(k, &s, p);
		assert_layout(k, &s, p, &sum);
		crypto_hash_sha256(hash.b, p, sizes[i]);
		assert_memory_equal(&hash, &sum.sha256, sizeof(hash));
		path = path_of(k, &s);
		assert_int_equal(stat(path, &st), 0);
		assert_int_equal(st.st_mode & 07777, 0600);
		free(path);
		blob_drop(k->blobs, &s.name);
		assert_false(blob_exists(k->blobs, &s.name));
		free(p);
	}
	assert_int_equal(stat(k->blobs, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
}

static void any_range_comes_back(void **state)
{
	struct kit *k = *state;
	struct blob_spec s = spec_of(4 * EACH + 1234);
	uint8_t *p = content_of(s.plan.size), *out = xcalloc(1, s.plan.size);
	struct blob_reader *r;
	size_t got, i;

	write_blob(k, &s, p, 70000);
	for (i = 0; i < 200; i++) {
		size_t at = randombytes_uniform((uint32_t)s.plan.size);
		size_t n = randombytes_uniform((uint32_t)s.plan.size + 1);

		n = n < s.plan.size - at ? n : s.plan.size - at;
		assert_ok(read_range(k, &s, at, out, n));
		assert_memory_equal(out, p + at, n);
	}
	assert_ok(blob_reader_new(k->blobs, &s, &r));
	assert_ok(blob_reader_get(r, s.plan.size, out, 10, &got));
	assert_int_equal(got, 0);
	assert_ok(blob_reader_get(r, UINT64_MAX, out, 10, &got));
	assert_int_equal(got, 0);
	assert_ok(blob_reader_get(r, EACH - 3, out, 10, &got));
	assert_int_equal(got, 3);
	blob_reader_free(r);
	free(out);
	free(p);
}

/* The whole of it, from wherever the first writer stopped. */
static void finish_from(struct kit *k, const struct blob_spec *s,
			const uint8_t *p, struct blob_writer *w)
{
	uint64_t at = blob_writer_offset(w);
	struct blob_sum sum;

	assert_ok(blob_writer_put(w, bytes_of(p + at, s->plan.size - at)));
	assert_ok(blob_writer_finish(w, &sum));
	blob_writer_free(w);
	assert_content(k, s, p);
	assert_layout(k, s, p, &sum);
}

static void uploads_go_on_at_a_whole_chunk(void **state)
{
	static const size_t stops[] = {0,	1, EACH, EACH + 5, 3 * EACH - 1,
				       3 * EACH};
	struct kit *k = *state;
	struct blob_spec s = spec_of(3 * EACH + 10);
	uint8_t *p = content_of(s.plan.size);
	struct blob_writer *w;
	struct blob_sum sum;
	uint32_t chunks;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(stops); i++) {
		assert_ok(blob_writer_new(k->blobs, &s, 0, &w));
		assert_ok(blob_writer_put(w, bytes_of(p, stops[i])));
		assert_err(blob_writer_finish(w, &sum), ERR_SHORT);
		assert_ok(blob_writer_sync(w, &chunks));
		assert_int_equal(chunks, stops[i] / EACH);
		blob_writer_free(w);
		assert_ok(blob_writer_resume(k->blobs, &s, &w));
		assert_int_equal(blob_writer_offset(w), stops[i] / EACH * EACH);
		finish_from(k, &s, p, w);
		blob_drop(k->blobs, &s.name);
	}
	assert_err(blob_writer_resume(k->blobs, &s, &w), ERR_NOT_FOUND);
	free(p);
}

/* A crash between the last chunk and the row: all of it is there. */
static void finished_uploads_can_be_finished_again(void **state)
{
	struct kit *k = *state;
	struct blob_spec s = spec_of(2 * EACH + 1);
	uint8_t *p = content_of(s.plan.size);
	struct blob_sum sum = write_blob(k, &s, p, EACH), again;
	struct blob_writer *w;

	assert_ok(blob_writer_resume(k->blobs, &s, &w));
	assert_int_equal(blob_writer_offset(w), s.plan.size);
	assert_ok(blob_writer_finish(w, &again));
	assert_memory_equal(&sum, &again, sizeof(sum));
	blob_writer_free(w);
	free(p);
}

/* What was sealed there may have been something else: never two contents
 * under one key. */
static void half_a_chunk_is_never_sealed_over(void **state)
{
	struct kit *k = *state;
	struct blob_spec s = spec_of(3 * EACH);
	uint8_t *p = content_of(s.plan.size);
	char *path = path_of(k, &s);
	struct blob_writer *w;
	uint32_t tail;

	for (tail = 1; tail < EACH + CHUNK_TAG_BYTES; tail += 9001) {
		assert_ok(blob_writer_new(k->blobs, &s, 0, &w));
		assert_ok(blob_writer_put(w, bytes_of(p, 2 * EACH)));
		blob_writer_free(w);
		assert_int_equal(
		    truncate(path,
			     (off_t)chunk_offset(&s.plan, 1) + (off_t)tail),
		    0);
		assert_err(blob_writer_resume(k->blobs, &s, &w), ERR_STATE);
		blob_drop(k->blobs, &s.name);
	}
	free(path);
	free(p);
}

static void flip(const char *path, off_t at)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);
	uint8_t b;

	assert_true(fd >= 0);
	assert_int_equal(pread(fd, &b, 1, at), 1);
	b ^= 1;
	assert_int_equal(pwrite(fd, &b, 1, at), 1);
	close(fd);
}

/* HOSTILE S-15: sealed for its key, its file and its place. */
static void what_differs_is_never_given_out(void **state)
{
	struct kit *k = *state;
	struct blob_spec s = spec_of(4 * EACH), other;
	uint8_t *p = content_of(s.plan.size), *out = xcalloc(1, EACH);
	char *path = path_of(k, &s);
	struct blob_writer *w;
	uint8_t *file, *swapped;
	size_t n, sealed = EACH + CHUNK_TAG_BYTES;

	write_blob(k, &s, p, EACH);
	other = s;
	other.key.b[5] ^= 4;
	assert_err(read_range(k, &other, 0, out, 1), ERR_CORRUPT);
	other = s;
	other.plan.fid.b[5] ^= 4;
	assert_err(read_range(k, &other, 0, out, 1), ERR_CORRUPT);
	other = s;
	other.plan.size += EACH;
	assert_err(read_range(k, &other, 0, out, 1), ERR_CORRUPT);

	/* Chunks that change places. */
	file = kit_slurp(path, &n);
	swapped = xmemdup(file, n);
	memcpy(swapped + sealed, file + 2 * sealed, sealed);
	memcpy(swapped + 2 * sealed, file + sealed, sealed);
	kit_spill(path, swapped, n);
	assert_ok(read_range(k, &s, 0, out, EACH));
	assert_err(read_range(k, &s, EACH, out, 1), ERR_CORRUPT);
	assert_err(read_range(k, &s, 2 * EACH, out, 1), ERR_CORRUPT);
	assert_ok(read_range(k, &s, 3 * EACH, out, EACH));

	kit_spill(path, file, n);
	flip(path, (off_t)sealed + 77);
	assert_err(read_range(k, &s, EACH + 5, out, 1), ERR_CORRUPT);
	assert_err(blob_writer_resume(k->blobs, &s, &w), ERR_STATE);
	kit_spill(path, file, 2 * sealed + 5);
	assert_ok(read_range(k, &s, EACH, out, EACH));
	assert_err(read_range(k, &s, 2 * EACH, out, 1), ERR_CORRUPT);
	free(swapped);
	free(file);
	free(path);
	free(out);
	free(p);
}

/* HOSTILE S-17 */
static void nothing_stands_in_clear(void **state)
{
	static const char words[] = "PLANTED in a file";
	struct kit *k = *state;
	struct blob_spec s = spec_of(3 * EACH + 100);
	uint8_t *p = xcalloc(1, s.plan.size), *file;
	char *path = path_of(k, &s);
	size_t at, n;

	for (at = 0; at + sizeof(words) < s.plan.size; at += sizeof(words))
		memcpy(p + at, words, sizeof(words));
	write_blob(k, &s, p, 1000);
	file = kit_slurp(path, &n);
	assert_null(memmem(file, n, words, 8));
	assert_null(memmem(file, n, s.key.b, 16));
	free(file);
	free(path);
	free(p);
}

static void shorter_content_moves(void **state)
{
	struct kit *k = *state;
	struct blob_spec s = spec_of(5 * EACH), to;
	uint8_t *p = content_of(s.plan.size);
	struct blob_writer *w, *moved;
	struct blob_sum sum;

	assert_ok(blob_writer_new(k->blobs, &s, 0, &w));
	assert_ok(blob_writer_put(w, bytes_of(p, 2 * EACH + 33)));
	to = spec_of(2 * EACH + 32);
	to.name.b[0]++;
	to.key.b[0]++;
	assert_err(blob_writer_move(w, k->blobs, &to, &moved), ERR_RANGE);
	to.plan.size++;
	/* Its row has forgotten the old one by then. */
	blob_drop(k->blobs, &s.name);
	assert_ok(blob_writer_move(w, k->blobs, &to, &moved));
	assert_ok(blob_writer_finish(moved, &sum));
	blob_writer_free(moved);
	assert_content(k, &to, p);
	assert_layout(k, &to, p, &sum);
	free(p);
}

static void pieces_are_as_long_as_they_must_be(void **state)
{
	struct kit *k = *state;
	struct blob_spec s = spec_of(EACH + 9);
	uint8_t *piece = xcalloc(1, EACH + CHUNK_TAG_BYTES);
	struct blob *b;
	uint64_t length;

	assert_ok(blob_create(k->blobs, &s.name, &b));
	assert_int_equal(blob_piece_bytes(&s.plan, 0), EACH + CHUNK_TAG_BYTES);
	assert_int_equal(blob_piece_bytes(&s.plan, 1), 9 + CHUNK_TAG_BYTES);
	assert_int_equal(blob_piece_bytes(&s.plan, 2), 0);
	assert_int_equal(blob_piece_bytes(&s.plan, BLOB_MANIFEST),
			 2 * LEAF_BYTES);
	assert_err(blob_write(b, &s.plan, 2, bytes_of(piece, 0)), ERR_RANGE);
	assert_err(blob_write(b, &s.plan, 1, bytes_of(piece, 26)), ERR_RANGE);
	assert_err(blob_write(b, &s.plan, BLOB_MANIFEST, bytes_of(piece, 32)),
		   ERR_RANGE);
	assert_err(blob_read(b, &s.plan, 2, piece), ERR_RANGE);
	assert_err(blob_read(b, &s.plan, 1, piece), ERR_CORRUPT);
	assert_ok(blob_write(b, &s.plan, 1, bytes_of(piece, 25)));
	assert_ok(blob_read(b, &s.plan, 1, piece));
	assert_ok(blob_write(b, &s.plan, BLOB_MANIFEST, bytes_of(piece, 64)));
	assert_ok(blob_sync(b));
	assert_ok(blob_length(b, &length));
	assert_int_equal(length, chunk_blob_bytes(&s.plan));
	blob_close(b);
	blob_drop(k->blobs, &s.name);
	blob_drop(k->blobs, &s.name);
	free(piece);
}

/* HOSTILE F-02: what is planted under a name of ours. */
static void links_and_pipes_are_not_followed(void **state)
{
	struct kit *k = *state;
	struct blob_spec s = spec_of(10);
	char *path = path_of(k, &s), *victim;
	struct blob_writer *w;
	struct blob_reader *r;
	struct blob *b;
	uint8_t *file;
	size_t n;

	victim = xasprintf("%s/victim", k->dir);
	kit_spill(victim, "untouched", 9);
	write_blob(k, &s, (const uint8_t *)"0123456789", 3);
	assert_err(blob_create(k->blobs, &s.name, &b), ERR_EXISTS);
	assert_err(blob_writer_new(k->blobs, &s, 0, &w), ERR_EXISTS);
	assert_true(blob_exists(k->blobs, &s.name));
	unlink(path);
	assert_int_equal(symlink(victim, path), 0);
	assert_err(blob_create(k->blobs, &s.name, &b), ERR_EXISTS);
	assert_err(blob_open(k->blobs, &s.name, &b), ERR_IO);
	assert_err(blob_reader_new(k->blobs, &s, &r), ERR_IO);
	assert_err(blob_writer_resume(k->blobs, &s, &w), ERR_IO);
	assert_false(blob_exists(k->blobs, &s.name));
	blob_drop(k->blobs, &s.name);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_err(blob_create(k->blobs, &s.name, &b), ERR_EXISTS);
	assert_err(blob_open(k->blobs, &s.name, &b), ERR_IO);
	unlink(path);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_err(blob_open(k->blobs, &s.name, &b), ERR_IO);
	rmdir(path);
	/* The folder itself. */
	assert_int_equal(rmdir(k->blobs), 0);
	assert_int_equal(symlink("/tmp", k->blobs), 0);
	assert_err(blob_create(k->blobs, &s.name, &b), ERR_IO);
	assert_err(blob_open(k->blobs, &s.name, &b), ERR_IO);
	unlink(k->blobs);
	file = kit_slurp(victim, &n);
	assert_int_equal(n, 9);
	assert_memory_equal(file, "untouched", 9);
	free(file);
	free(victim);
	free(path);
}

/* HOSTILE F-11: a writer that is killed at any time. */
static void killed_while_it_writes(void **state)
{
	struct kit *k = *state;
	struct blob_spec s = spec_of(40 * EACH + 5);
	uint8_t *p = content_of(s.plan.size);
	struct blob_writer *w;
	unsigned i, torn = 0;
	pid_t child;
	enum err e;

	for (i = 0; i < 25; i++) {
		child = fork();
		assert_true(child >= 0);
		if (child == 0) {
			write_blob(k, &s, p, 4099);
			_exit(0);
		}
		usleep(randombytes_uniform(30000));
		kill(child, SIGKILL);
		assert_int_equal(waitpid(child, NULL, 0), child);
		e = blob_writer_resume(k->blobs, &s, &w);
		if (e == OK)
			finish_from(k, &s, p, w);
		else if (e == ERR_STATE)
			torn++;
		else
			assert_err(e, ERR_NOT_FOUND);
		blob_drop(k->blobs, &s.name);
	}
	print_message("%u of %u ended in a chunk\n", torn, i);
	free(p);
}

/* HOSTILE F-12: no room, then some; what was taken is not lost. */
static void full_disks_are_told(void **state)
{
	const struct rlimit some = {3 * EACH + 1000, RLIM_INFINITY};
	const struct rlimit all = {RLIM_INFINITY, RLIM_INFINITY};
	struct kit *k = *state;
	struct blob_spec s = spec_of(5 * EACH);
	uint8_t *p = content_of(s.plan.size);
	struct blob_writer *w;
	enum err e;

	assert_err(blob_writer_new(k->blobs, &s, INT64_MAX, &w), ERR_NO_SPACE);
	assert_false(blob_exists(k->blobs, &s.name));
	assert_ok(blob_writer_new(k->blobs, &s, 0, &w));
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &some), 0);
	e = blob_writer_put(w, bytes_of(p, s.plan.size));
	assert_err(e, ERR_NO_SPACE);
	assert_int_equal(blob_writer_offset(w), 4 * EACH);
	assert_err(blob_writer_put(w, bytes_of(p, 1)), ERR_NO_SPACE);
	assert_int_equal(blob_writer_offset(w), 4 * EACH);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &all), 0);
	finish_from(k, &s, p, w);
	free(p);
}

#define T(name) cmocka_unit_test_setup_teardown(name, start_kit, end_kit)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    T(content_comes_back),
	    T(any_range_comes_back),
	    T(uploads_go_on_at_a_whole_chunk),
	    T(finished_uploads_can_be_finished_again),
	    T(half_a_chunk_is_never_sealed_over),
	    T(what_differs_is_never_given_out),
	    T(nothing_stands_in_clear),
	    T(shorter_content_moves),
	    T(pieces_are_as_long_as_they_must_be),
	    T(links_and_pipes_are_not_followed),
	    T(killed_while_it_writes),
	    T(full_disks_are_told),
	};

	return cmocka_run_group_tests_name("blob", tests, NULL, NULL);
}
