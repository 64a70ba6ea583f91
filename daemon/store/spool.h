/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * spool - a file that comes or goes as it is, piece by piece.
 *
 * What is in it is sealed already, or was when it was sent to us; nothing
 * here looks at it.  One that is a link, a FIFO or a folder is never opened.
 */
#ifndef STORE_SPOOL_H
#define STORE_SPOOL_H

#include "util/buf.h"

struct spool;

/* A new file of mode 0600 that is to have so many bytes, of which the disk is
 * to keep_free_bytes beside them.  ERR_EXISTS, ERR_NO_SPACE, ERR_IO. */
enum err spool_create(const char *path, uint64_t bytes,
		      uint64_t keep_free_bytes, struct spool **out) MUST_CHECK;
/* ERR_NOT_FOUND, ERR_IO. */
enum err spool_open(const char *path, struct spool **out) MUST_CHECK;
/* Removes the file of it, if it was not kept, and frees it. */
void spool_free(struct spool *s, bool keep);

/* The file has no name any more; it is gone once the spool is freed. */
void spool_unlink(const struct spool *s);

enum { SPOOL_HEAD_MAX = 128 };
/* As above, and what is read from here on is this head, and noise after it: as
 * many bytes as there were, and the same each time. */
void spool_become_noise(struct spool *s, struct bytes head);

uint64_t spool_bytes(const struct spool *s);
/* At the end. */
enum err spool_put(struct spool *s, struct bytes b) MUST_CHECK;
/* Exactly n bytes; ERR_SHORT: there are not so many. */
enum err spool_get(const struct spool *s, uint64_t offset, void *out,
		   size_t n) MUST_CHECK;
/* Waits for the disk. */
enum err spool_sync(struct spool *s) MUST_CHECK;

#endif
