/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * keyfile - a user's random master key, wrapped by a passphrase.
 *
 * One small file per user beside the database, replaced in one piece.  Also
 * holds what must be known while the user is locked: id, name, time of
 * birth, when he is to lock by himself.  Deriving the wrapping key takes half
 * a second and 256 MiB, so it is a step of its own, for a worker thread.
 *
 * There are two slots for a wrapped key.  One is random bytes in most files;
 * only a passphrase tells which, and what the other one is for.  STORAGE,
 * "The key file".
 */
#ifndef STORE_KEYFILE_H
#define STORE_KEYFILE_H

#include "core/rows.h"
#include "util/buf.h"
#include "util/err.h"

enum {
	KEYFILE_BYTES_MAX = 320,
	KEYFILE_SLOTS = 2,
	KEYFILE_VERSION = 2,
	/* Of auto_lock_minutes: what the daemon's settings say. */
	KEYFILE_AS_SET = UINT32_MAX,
	AUTO_LOCK_MINUTES_MAX = 7 * 24 * 60,
};

struct kdf_params {
	uint32_t passes; /* both: see util/kdf_cost.h */
	uint32_t memory_mib;
};

struct master_key {
	uint8_t b[32];
};

/* Wraps the master key; comes from the passphrase. */
struct wrap_key {
	uint8_t b[32];
};

/* What a passphrase is for. */
enum key_role {
	KEY_REAL = 1,
	/* Of a decoy: whoever opens it wants the real key destroyed. */
	KEY_DURESS = 2,
};

struct key_slot {
	uint8_t nonce[24];
	uint8_t wrapped[1 + 32 + 16]; /* role, master key, tag */
};

struct keyfile {
	unsigned version; /* 1: by an earlier program; one slot */
	struct uid user_id;
	struct label name;
	uint64_t created_ms;
	uint32_t auto_lock_minutes; /* 0: never */
	struct kdf_params kdf;
	uint8_t salt[16];
	struct key_slot slots[KEYFILE_SLOTS];
};

/* What a passphrase opened. */
struct opened_key {
	struct master_key key;
	enum key_role role;
	unsigned slot;
};

/* ERR_VERSION (newer than we are) or ERR_CORRUPT. */
enum err keyfile_parse(struct bytes in, struct keyfile *out) MUST_CHECK;
/* How much of out was filled. */
size_t keyfile_encode(const struct keyfile *kf,
		      uint8_t out[static KEYFILE_BYTES_MAX]);

/* ERR_NOT_FOUND, ERR_IO, or what keyfile_parse() says. */
enum err keyfile_read(const char *path, struct keyfile *out) MUST_CHECK;
/* In one piece, durable, mode 0600; ERR_NO_SPACE, ERR_IO.  The bytes of the
 * one before are overwritten, as far as the file system lets them be. */
enum err keyfile_write(const char *path, const struct keyfile *kf) MUST_CHECK;
/* Over the very bytes of the one that is there, durably: what only that one
 * held is gone.  Needs no space.  Both must be equally long. */
enum err keyfile_overwrite(const char *path,
			   const struct keyfile *kf) MUST_CHECK;

bool keyfile_is_cost_equal(const struct kdf_params *a,
			   const struct kdf_params *b);
/* Argon2id; blocks.  ERR_RANGE for parameters out of bounds, ERR_FULL if
 * the memory cannot be had. */
enum err keyfile_derive(const struct keyfile *kf, const char *passphrase,
			size_t len, struct wrap_key *out) MUST_CHECK;
/* ERR_AUTH: not this passphrase (or the file was tampered with).  Tries every
 * slot, whichever opens. */
enum err keyfile_unwrap(const struct keyfile *kf, const struct wrap_key *wk,
			struct opened_key *out) MUST_CHECK;
/* Makes kf the file of this real key alone, in a slot drawn by lot.  Set the
 * other fields, salt included, before. */
void keyfile_wrap(struct keyfile *kf, const struct wrap_key *wk,
		  const struct master_key *mk);
/* The key of a user's decoy, whom a duress passphrase opens.  It tells nothing
 * of the real one, but who has that can read what is kept for the decoy. */
void keyfile_decoy_of(const struct master_key *real, struct master_key *out);
/* Fills the other slot than this one with random bytes. */
void keyfile_blank_other(struct keyfile *kf, unsigned slot);

/* A change that takes the old passphrase, prepared as a whole; blocks, two or
 * three times as long as one derivation.  cost is that of new files.  What
 * deriving and unwrapping say; *next is filled on OK alone.  *opened, in locked
 * memory, is what the old passphrase opened: if that is KEY_DURESS, next holds
 * its key as the real one. */
struct key_change {
	const struct keyfile *kf;
	struct kdf_params cost;
	struct bytes passphrase;
};

/* Another passphrase.  The second slot stays as it is, unless this passphrase
 * would open it; only where the cost is another one, or the file is of version
 * 1, the salt is new, and then it is random. */
enum err keyfile_change(const struct key_change *c, struct bytes fresh,
			struct keyfile *next,
			struct opened_key *opened) MUST_CHECK;
/* A duress passphrase; p == NULL: none any more.  ERR_EXISTS: it is the
 * passphrase itself. */
enum err keyfile_set_duress(const struct key_change *c, struct bytes duress,
			    struct keyfile *next,
			    struct opened_key *opened) MUST_CHECK;

#endif
