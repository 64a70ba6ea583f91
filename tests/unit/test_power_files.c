/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * HOSTILE S-02, F-11: the power fails at any moment, and what the
 * database says of a file is true: one that is whole is, what is said to be
 * there is, and nothing is left of what is gone.  SEEDS=n images instead of
 * sixty; SEED=n to begin elsewhere.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"
#include "shim_blobs.h"
#include "store_files.h"
#include "store_raw.h"

enum {
	ROUNDS = 24,
	CHUNKS = 4, /* of FILES_SIZE */
	GOES_EVERY = 3,
	UPLOAD_EVERY = 4,
	UPLOAD_SIZE = 262144 + 1000, /* two chunks */
};

static uint64_t from_env(const char *name, uint64_t otherwise)
{
	const char *s = getenv(name);

	return s ? strtoull(s, NULL, 10) : otherwise;
}

/* --- what is in them --- */

static struct chunk_plan plan_of(const struct file_row *row)
{
	return (struct chunk_plan){
	    .fid = row->fid, .size = row->size, .chunk_log2 = row->chunk_log2};
}

static void fill(uint8_t *plain, size_t n, uint64_t file, uint32_t chunk)
{
	memset(plain, (int)(1 + (file * 7 + chunk) % 250), n);
}

/* Chunk i of file n, as it comes; owned. */
static struct bytes sealed_chunk(const struct file_row *row, uint64_t n,
				 uint32_t i)
{
	struct chunk_plan p = plan_of(row);
	size_t bytes = chunk_sealed_bytes(&p, i);
	uint8_t *plain = xcalloc(1, chunk_bytes(&p, i));
	uint8_t *out = xcalloc(1, bytes);

	fill(plain, chunk_bytes(&p, i), n, i);
	chunk_seal(&p, &row->key, i, plain, out);
	free(plain);
	return bytes_of(out, bytes);
}

static void make_manifest(const struct file_row *row, uint64_t n,
			  uint8_t out[static CHUNKS * LEAF_BYTES])
{
	uint32_t i;

	for (i = 0; i < CHUNKS; i++) {
		struct bytes b = sealed_chunk(row, n, i);

		chunk_leaf(i, b, out + (size_t)i * LEAF_BYTES);
		free((void *)(uintptr_t)b.p);
	}
}

/* --- what happens --- */

static void write_chunk(struct blob *b, const struct file_row *row, uint64_t n,
			uint32_t i)
{
	struct chunk_plan p = plan_of(row);
	struct bytes piece = sealed_chunk(row, n, i);

	assert_ok(blob_write(b, &p, i, piece));
	free((void *)(uintptr_t)piece.p);
}

static void save_have(struct kit *k, uint64_t n, uint8_t have, uint32_t count,
		      enum file_state state)
{
	struct effect e = files_row(1, n);

	e.file.state = state;
	e.file.have = bytes_of(&have, state == FILE_RUNNING ? 1 : 0);
	e.file.have_count = count;
	kit_save(k, &e);
}

/* As node and shell do it: what is written is synced before it is noted. */
static void fetch(struct kit *k, uint64_t n)
{
	const struct file_row row = files_row(1, n).file;
	struct chunk_plan p = plan_of(&row);
	uint8_t manifest[CHUNKS * LEAF_BYTES];
	struct file_info f;
	struct blob *b;

	make_manifest(&row, n, manifest);
	files_save_offer(k, 1, n);
	save_have(k, n, 0, 0, FILE_RUNNING);
	f = files_find(k, row.id);
	assert_ok(blob_create(store_blobs(k->store), &f.blob, &b));
	assert_ok(blob_reserve(b, &p, 0));
	assert_ok(blob_write(b, &p, BLOB_MANIFEST,
			     bytes_of(manifest, sizeof(manifest))));
	write_chunk(b, &row, n, 3);
	write_chunk(b, &row, n, 1);
	assert_ok(blob_sync(b));
	save_have(k, n, 0x0a, 2, FILE_RUNNING);
	write_chunk(b, &row, n, 0);
	write_chunk(b, &row, n, 2);
	assert_ok(blob_sync(b));
	save_have(k, n, 0, CHUNKS, FILE_DONE);
	blob_close(b);
}

static void put_plain(struct blob_writer *w, uint64_t n, uint32_t chunk,
		      size_t bytes)
{
	uint8_t *plain = xcalloc(1, bytes);

	fill(plain, bytes, n, chunk);
	assert_ok(blob_writer_put(w, bytes_of(plain, bytes)));
	free(plain);
}

static void upload(struct kit *k, uint64_t n)
{
	struct file_new f = files_new((uint32_t)n, UPLOAD_SIZE);
	struct blob_writer *w;
	struct blob_spec spec;
	struct blob_sum sum;
	uint32_t chunks;

	assert_ok(store_upload_create(k->store, &f, KIT_WALL, &spec));
	assert_ok(blob_writer_new(store_blobs(k->store), &spec, 0, &w));
	put_plain(w, n, 0, 262144);
	assert_ok(blob_writer_sync(w, &chunks));
	assert_ok(store_upload_note(k->store, f.id, chunks, KIT_WALL));
	put_plain(w, n, 1, 1000);
	assert_ok(blob_writer_finish(w, &sum));
	assert_ok(store_upload_finish(k->store, f.id, &sum, KIT_WALL));
	blob_writer_free(w);
}

static void delete_file(struct kit *k, uint64_t n)
{
	struct effect gone = {.type = FX_DELETE_FILE,
			      .journal = JOURNAL_FILE_STATE,
			      .target = files_id(1, n)};

	kit_save(k, &gone);
}

static void record(struct kit *k)
{
	uint64_t n;

	kit_save_contact(k, 1);
	kit_close(k);
	assert_true(mkdir(k->blobs, 0700) == 0 || access(k->blobs, F_OK) == 0);
	shim_start(k->path, k->wal);
	shim_blobs_start(k->blobs);
	kit_open(k);
	for (n = 1; n <= ROUNDS; n++) {
		fetch(k, n);
		if (n % UPLOAD_EVERY == 0)
			upload(k, n);
		if (n % GOES_EVERY == 0 && n > GOES_EVERY)
			delete_file(k, n - GOES_EVERY);
		shim_ack(n);
	}
	kit_close(k);
	shim_blobs_stop();
	shim_stop();
}

/* --- what is there --- */

struct look {
	struct kit *k;
	struct blob_name known[2 * ROUNDS];
	size_t count;
	uint64_t acked;
	bool is_wrong;
};

static bool has_chunk(struct look *l, const struct file_info *f, uint64_t n,
		      uint32_t i)
{
	struct chunk_plan p = plan_of(&f->row);
	size_t bytes = chunk_sealed_bytes(&p, i);
	uint8_t *got = xcalloc(1, bytes), *plain = xcalloc(1, bytes);
	uint8_t *right = xcalloc(1, bytes);
	struct blob *b;
	bool has = false;

	fill(right, chunk_bytes(&p, i), n, i);
	if (blob_open(l->k->blobs, &f->blob, &b) == OK) {
		has = blob_read(b, &p, i, got) == OK &&
		      chunk_open(&p, &f->row.key, i, got, plain) == OK &&
		      memcmp(plain, right, chunk_bytes(&p, i)) == 0;
		blob_close(b);
	}
	free(got);
	free(plain);
	free(right);
	return has;
}

static bool has_manifest(struct look *l, const struct file_info *f,
			 const struct hash32 *root)
{
	struct chunk_plan p = plan_of(&f->row);
	uint8_t got[CHUNKS * LEAF_BYTES];
	struct hash32 of_it;
	struct blob *b;
	bool has;

	if (blob_open(l->k->blobs, &f->blob, &b) != OK)
		return false;
	has = blob_read(b, &p, BLOB_MANIFEST, got) == OK;
	blob_close(b);
	if (!has)
		return false;
	manifest_root(&p, got, &of_it);
	return memcmp(&of_it, root, sizeof(of_it)) == 0;
}

/* Of one that we fetched; the sample has another. */
static struct hash32 root_of(const struct file_row *row, uint64_t n)
{
	struct chunk_plan p = plan_of(row);
	uint8_t manifest[CHUNKS * LEAF_BYTES];
	struct hash32 root;

	make_manifest(row, n, manifest);
	manifest_root(&p, manifest, &root);
	return root;
}

static void want(struct look *l, bool is_right, const char *what, uint64_t n)
{
	if (is_right)
		return;
	if (getenv("SEED"))
		print_message("%s: %u\n", what, (unsigned)n);
	l->is_wrong = true;
}

static void look_at_incoming(struct look *l, uint64_t n)
{
	bool goes = n % GOES_EVERY == 0;
	struct seen s = {.count = 0};
	const struct file_info *f = &s.file;
	struct hash32 root;
	uint32_t i;

	if (query_file(l->k->store, files_id(1, n), see_file, &s) != OK) {
		want(l,
		     n > l->acked || (goes && n + GOES_EVERY <= l->acked + 1),
		     "lost", n);
		return;
	}
	want(l, !goes || n + GOES_EVERY > l->acked, "deleted, and there", n);
	want(l, n > l->acked || f->row.state == FILE_DONE, "not whole", n);
	l->known[l->count++] = f->blob;
	for (i = 0; i < CHUNKS; i++)
		if (f->row.state == FILE_DONE ||
		    (f->row.have.n > 0 && (s.have[0] >> i & 1)))
			want(l, has_chunk(l, f, n, i), "a chunk", n);
	if (f->row.state != FILE_DONE)
		return;
	root = root_of(&f->row, n);
	want(l, has_manifest(l, f, &root), "the manifest", n);
}

static void look_at_upload(struct look *l, uint64_t n)
{
	struct seen s = {.count = 0};
	const struct file_info *f = &s.file;
	uint32_t i;

	if (query_file(l->k->store, kit_uid('U', (uint32_t)n), see_file, &s) !=
	    OK) {
		want(l, n > l->acked, "an upload is lost", n);
		return;
	}
	want(l, n > l->acked || f->row.state == FILE_READY, "not ready", n);
	l->known[l->count++] = f->blob;
	for (i = 0; i < f->row.have_count; i++)
		want(l, has_chunk(l, f, n, i), "a chunk of an upload", n);
	if (f->row.state == FILE_READY)
		want(l, has_manifest(l, f, &f->row.root), "its manifest", n);
}

static void look_at_blob(void *ctx, const struct blob_name *name)
{
	struct look *l = ctx;
	bool known = false;
	size_t i;

	for (i = 0; i < l->count; i++)
		known |= memcmp(&l->known[i], name, sizeof(*name)) == 0;
	want(l, known, "bytes of nothing", 0);
}

static bool is_right(struct kit *image, uint64_t acked)
{
	struct look l = {.k = image, .acked = acked};
	uint64_t n;

	kit_open(image);
	for (n = 1; n <= ROUNDS; n++) {
		look_at_incoming(&l, n);
		if (n % UPLOAD_EVERY == 0)
			look_at_upload(&l, n);
	}
	assert_ok(blob_list(image->blobs, look_at_blob, &l));
	kit_close(image);
	return !l.is_wrong;
}

static uint64_t cut_many(struct kit *image, uint64_t images, bool blind)
{
	const char *const paths[SHIM_FILES] = {image->path, image->wal};
	uint64_t first = from_env("SEED", 1), i, seed, cut, acked, lost = 0;

	for (i = 0; i < images; i++) {
		seed = (first + i) * 0x9e3779b97f4a7c15ULL;
		cut = 1 + seed % shim_count();
		acked = shim_image(paths, cut, &seed, false);
		shim_blobs_image(image->blobs, cut, &seed, blind);
		if (!is_right(image, acked)) {
			lost++;
			if (!blind)
				print_message("SEED=%llu SEEDS=1\n",
					      (unsigned long long)(first + i));
		}
		unlink(image->wal);
	}
	return lost;
}

static int start(void **state)
{
	struct kit *both = xcalloc(2, sizeof(*both));

	kit_start(&both[0]);
	kit_start(&both[1]);
	kit_close(&both[1]);
	assert_true(mkdir(both[1].blobs, 0700) == 0 ||
		    access(both[1].blobs, F_OK) == 0);
	record(&both[0]);
	*state = both;
	return 0;
}

static int end(void **state)
{
	struct kit *both = *state;

	shim_blobs_free();
	shim_free();
	kit_end(&both[0]);
	kit_end(&both[1]);
	free(both);
	return 0;
}

/* HOSTILE F-11 */
static void what_is_said_of_files_is_true(void **state)
{
	struct kit *both = *state;
	uint64_t images = from_env("SEEDS", 60);

	assert_int_equal(cut_many(&both[1], images, false), 0);
	print_message("%u images of files, %u things noted\n", (unsigned)images,
		      (unsigned)shim_count());
}

/* The same without syncs of blobs: if nothing were missed then, the test would
 * prove nothing. */
static void missing_syncs_would_show(void **state)
{
	struct kit *both = *state;
	uint64_t lost = cut_many(&both[1], 20, true);

	print_message("%u of 20 images lost something\n", (unsigned)lost);
	assert_true(lost > 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_said_of_files_is_true),
	    cmocka_unit_test(missing_syncs_would_show),
	};

	return cmocka_run_group_tests_name("power_files", tests, start, end);
}
