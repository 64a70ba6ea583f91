/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * keyfile - a user's random master key, wrapped by a passphrase.
 *
 * One small file per user beside the database, replaced in one piece.  Also
 * holds what must be known while the user is locked: id, name, time of
 * birth.  Deriving the wrapping key takes half a second and 256 MiB, so it
 * is a step of its own, for a worker thread.  STORAGE 2.4, 2.5.
 */
#ifndef STORE_KEYFILE_H
#define STORE_KEYFILE_H

#include "core/rows.h"
#include "util/buf.h"
#include "util/err.h"

#define KEYFILE_BYTES_MAX 256

struct kdf_params {
	uint32_t passes;     /* 2 .. 10 */
	uint32_t memory_mib; /* 64 .. 1024 */
};

struct master_key {
	uint8_t b[32];
};

/* Wraps the master key; comes from the passphrase. */
struct wrap_key {
	uint8_t b[32];
};

struct keyfile {
	struct uid user_id;
	struct label name;
	uint64_t created_ms;
	struct kdf_params kdf;
	uint8_t salt[16];
	uint8_t nonce[24];
	uint8_t wrapped[32 + 16];
};

/* ERR_VERSION (newer than we are) or ERR_CORRUPT. */
enum err keyfile_parse(struct bytes in, struct keyfile *out) MUST_CHECK;
/* How much of out was filled. */
size_t keyfile_encode(const struct keyfile *kf,
		      uint8_t out[static KEYFILE_BYTES_MAX]);

/* ERR_NOT_FOUND, ERR_IO, or what keyfile_parse() says. */
enum err keyfile_read(const char *path, struct keyfile *out) MUST_CHECK;
/* In one piece, durable, mode 0600; ERR_NO_SPACE, ERR_IO. */
enum err keyfile_write(const char *path, const struct keyfile *kf) MUST_CHECK;

/* Argon2id; blocks.  ERR_RANGE for parameters out of bounds, ERR_FULL if
 * the memory cannot be had. */
enum err keyfile_derive(const struct keyfile *kf, const char *passphrase,
			size_t len, struct wrap_key *out) MUST_CHECK;
/* ERR_AUTH: not this passphrase (or the file was tampered with). */
enum err keyfile_unwrap(const struct keyfile *kf, const struct wrap_key *wk,
			struct master_key *out) MUST_CHECK;
/* Makes *next the file of the same master key for another passphrase: set its
 * other fields before, a new salt among them.  Blocks, twice as long.  What
 * deriving and unwrapping say; *next is as it was then. */
enum err keyfile_change(const struct keyfile *kf, struct bytes passphrase,
			struct bytes fresh, struct keyfile *next) MUST_CHECK;
/* Wraps mk under wk with a new random nonce.  Set the other fields, salt
 * included, before. */
void keyfile_wrap(struct keyfile *kf, const struct wrap_key *wk,
		  const struct master_key *mk);

#endif
