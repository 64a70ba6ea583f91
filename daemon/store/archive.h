/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * archive - the sealed stream of an export: a header, and bytes that only the
 * passphrase opens, of which none can be changed, moved, cut off or added.
 *
 * Knows nothing of what is in it (export.c, import.c).  The layout is in
 * STORAGE.  Deriving the key blocks, and so does the disk: for a thread.
 */
#ifndef STORE_ARCHIVE_H
#define STORE_ARCHIVE_H

#include "store/keyfile.h"
#include "store/spool.h"

/* --- writing --- */

struct archive_writer;

/* A new file; what spool_create() and keyfile_derive() say. */
enum err archive_create(const char *path, struct bytes passphrase,
			const struct kdf_params *kdf, uint64_t keep_free_bytes,
			struct archive_writer **out) MUST_CHECK;
enum err archive_put(struct archive_writer *w, struct bytes b) MUST_CHECK;
/* After OK it is whole, and on the disk. */
enum err archive_finish(struct archive_writer *w) MUST_CHECK;
/* One that was not finished is removed. */
void archive_writer_free(struct archive_writer *w);

/* In the place of a whole archive one of the same length and cost that no
 * passphrase opens; the file goes.  ERR_IO, or what archive_open() says of its
 * header. */
enum err archive_become_noise(struct spool *spool) MUST_CHECK;

/* --- reading --- */

struct archive_reader;

/* ERR_NOT_FOUND, ERR_IO; ERR_SYNTAX: no export; ERR_VERSION: a newer one;
 * ERR_CORRUPT, ERR_SHORT: damaged, cut; ERR_AUTH: not this passphrase;
 * ERR_FULL: there is no memory for the derivation. */
enum err archive_open(const char *path, struct bytes passphrase,
		      struct archive_reader **out) MUST_CHECK;
/* Exactly n bytes; ERR_SHORT: there are not so many. */
enum err archive_get(struct archive_reader *r, void *out, size_t n) MUST_CHECK;
/* OK only where nothing follows; ERR_CORRUPT. */
enum err archive_end(struct archive_reader *r) MUST_CHECK;
/* How many bytes can come yet, whatever they say of themselves. */
uint64_t archive_left(const struct archive_reader *r);
/* How much of the file was read, 0 to 100. */
unsigned archive_percent(const struct archive_reader *r);
void archive_reader_free(struct archive_reader *r);

#endif
