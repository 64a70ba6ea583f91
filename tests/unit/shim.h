/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * shim - remembers what the database library writes and syncs, and tells
 * what a disk would hold if the power failed in between.
 *
 * A layer (VFS) around the library's own: everything is carried out, and
 * noted.  An image is made of all that was synced before the cut, plus a
 * random part of what was not: each write lost, whole, or some of its
 * sectors.  Follows two files, the database and its log.
 */
#ifndef TESTS_UNIT_SHIM_H
#define TESTS_UNIT_SHIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum shim_file { SHIM_DB, SHIM_WAL, SHIM_FILES };

/* From now on, files opened are followed; what is in the two already is the
 * state of the disk. */
void shim_start(const char *db_path, const char *wal_path);
/* Files opened from now on are not followed. */
void shim_stop(void);
void shim_free(void);

/* Notes that everything up to n was acknowledged. */
void shim_ack(uint64_t n);
/* Notes that something else happened, that somebody else remembers
 * (shim_blobs.h); returns its number. */
uint64_t shim_mark(void);
/* How many things were noted: a cut is a number below. */
uint64_t shim_count(void);

/* Writes the two files as after a cut before thing number `cut`; random
 * numbers come from *seed.  blind: as if syncs of the log did nothing, to
 * see whether that is noticed.  Returns what was acknowledged by then. */
uint64_t shim_image(const char *const paths[SHIM_FILES], uint64_t cut,
		    uint64_t *seed, bool blind);

/* --- for those who make images of other files --- */

/* A file's content at some moment. */
struct shim_content {
	uint8_t *data;
	size_t n, cap;
};

/* xorshift64* */
uint64_t shim_draw(uint64_t *seed);
void shim_put(struct shim_content *c, uint64_t at, const uint8_t *p, size_t n);
/* A write that was not synced: half of them are lost, a quarter arrive, of a
 * quarter some sectors do. */
void shim_maybe_put(struct shim_content *c, uint64_t at, const uint8_t *p,
		    size_t n, uint64_t *seed);

#endif
