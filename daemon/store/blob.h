/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * blob - the bytes of files on the disk, sealed as they go over the wire.
 *
 * A folder holds one blob for each file, under a random name: its sealed
 * chunks in order, then the manifest (core/chunk.h).  The key stands in the
 * database only.  Knows no database: any of this may run in any thread, and
 * one struct in one thread at a time.  A blob that is a link, a FIFO or a
 * folder is never opened (ERR_IO).
 */
#ifndef STORE_BLOB_H
#define STORE_BLOB_H

#include "core/chunk.h"
#include "core/event.h"
#include "util/buf.h"

/* On the disk, as 32 hex digits. */
struct blob_name {
	uint8_t b[16];
};

/* What must be known of a blob to read its content.  Wipe it: a key. */
struct blob_spec {
	struct blob_name name;
	struct chunk_plan plan;
	struct psk key;
};

/* --- blob.c: sealed chunks, for those who have no key --- */

struct blob; /* an open one */

/* Makes the folder if it is missing.  ERR_EXISTS, ERR_NO_SPACE, ERR_IO. */
enum err blob_create(const char *folder, const struct blob_name *name,
		     struct blob **out) MUST_CHECK;
/* For reading and writing.  ERR_NOT_FOUND, ERR_IO. */
enum err blob_open(const char *folder, const struct blob_name *name,
		   struct blob **out) MUST_CHECK;
void blob_close(struct blob *b);

/* Reserves the disk for all of it: ERR_NO_SPACE unless so many bytes stay
 * free.  What is there already is not asked for again. */
enum err blob_reserve(struct blob *b, const struct chunk_plan *p,
		      uint64_t keep_free_bytes) MUST_CHECK;

/* How long a sealed chunk, or with BLOB_MANIFEST (core/event.h) the manifest,
 * is; 0: the file has no such chunk. */
size_t blob_piece_bytes(const struct chunk_plan *p, uint32_t index);
/* One piece, whole.  ERR_RANGE: no such chunk, or another length than its
 * own; ERR_CORRUPT: the blob ends before it; ERR_NO_SPACE, ERR_IO. */
enum err blob_read(struct blob *b, const struct chunk_plan *p, uint32_t index,
		   uint8_t *out) MUST_CHECK;
enum err blob_write(struct blob *b, const struct chunk_plan *p, uint32_t index,
		    struct bytes sealed) MUST_CHECK;
/* After OK all that was written survives a power cut. */
enum err blob_sync(struct blob *b) MUST_CHECK;

/* Where it ends, which is before the end of the file until that is whole. */
enum err blob_length(struct blob *b, uint64_t *bytes) MUST_CHECK;

/* Removes it; one that is not there is fine.  Who has it open keeps it. */
void blob_drop(const char *folder, const struct blob_name *name);
/* The same, but its room is not given back before the descriptor is closed that
 * is returned; -1: there is none, and nothing to wait for. */
int blob_unlink(const char *folder, const struct blob_name *name);
bool blob_exists(const char *folder, const struct blob_name *name);
/* Calls fn for each name of a blob in the folder, which need not be there. */
enum err blob_list(const char *folder,
		   void (*fn)(void *ctx, const struct blob_name *name),
		   void *ctx) MUST_CHECK;

/* --- blob_writer.c: an upload --- */

/* Takes plaintext in pieces of any size, holds one chunk in memory, and seals
 * it when it is full.  A chunk number is never sealed twice with different
 * content under one key: see blob_writer_resume().  After ERR_NO_SPACE or
 * ERR_IO blob_writer_offset() says what was taken; go on from there, or free
 * it and resume later. */
struct blob_writer;

/* What is known at the end. */
struct blob_sum {
	struct hash32 root;
	struct hash32 sha256; /* of the content */
};

/* A new blob (of store/upload.h).  ERR_NO_SPACE, ERR_EXISTS, ERR_IO. */
enum err blob_writer_new(const char *folder, const struct blob_spec *spec,
			 uint64_t keep_free_bytes,
			 struct blob_writer **out) MUST_CHECK;
/* Goes on with one that was left.  Reads and checks all that is there, which
 * takes several seconds for each GiB: not in the loop if it is large.
 * ERR_STATE: it ends in the middle of a chunk; nothing can be sealed over
 * that, so the upload has to be renewed (store/upload.h) and begin again.
 * ERR_NOT_FOUND, ERR_IO. */
enum err blob_writer_resume(const char *folder, const struct blob_spec *spec,
			    struct blob_writer **out) MUST_CHECK;
/* Takes the place of `from`, which is freed, under another key and another
 * size (at least what was taken): what was taken is sealed anew.  For
 * content that turned out shorter than was said.  After an error from is as
 * it was. */
enum err blob_writer_move(struct blob_writer *from, const char *folder,
			  const struct blob_spec *spec,
			  struct blob_writer **out) MUST_CHECK;
/* Bytes taken so far; what is no whole chunk is lost when it is freed. */
uint64_t blob_writer_offset(const struct blob_writer *w);
/* ERR_RANGE, and nothing is taken: more than the file's size. */
enum err blob_writer_put(struct blob_writer *w, struct bytes plain) MUST_CHECK;
/* *chunks are here for good.  Waits for the disk: every 8 MiB or so, not in
 * the loop. */
enum err blob_writer_sync(struct blob_writer *w, uint32_t *chunks) MUST_CHECK;
/* Writes the manifest and syncs.  ERR_SHORT: not all of it came; put more.
 * The blob is whole after OK; say so to store_upload_finish(). */
enum err blob_writer_finish(struct blob_writer *w,
			    struct blob_sum *out) MUST_CHECK;
void blob_writer_free(struct blob_writer *w);

/* --- blob_reader.c: a download --- */

/* Plaintext from any place; holds one chunk in memory. */
struct blob_reader;

/* ERR_NOT_FOUND, ERR_IO. */
enum err blob_reader_new(const char *folder, const struct blob_spec *spec,
			 struct blob_reader **out) MUST_CHECK;
/* Up to max bytes from offset; *n is less at the end of a chunk, and 0 only at
 * the end of the file.  ERR_CORRUPT: not what was written there. */
enum err blob_reader_get(struct blob_reader *r, uint64_t offset, uint8_t *out,
			 size_t max, size_t *n) MUST_CHECK;
void blob_reader_free(struct blob_reader *r);

#endif
