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
/* How many things were noted: a cut is a number below. */
uint64_t shim_count(void);

/* Writes the two files as after a cut before thing number `cut`; random
 * numbers come from *seed.  blind: as if syncs of the log did nothing, to
 * see whether that is noticed.  Returns what was acknowledged by then. */
uint64_t shim_image(const char *const paths[SHIM_FILES], uint64_t cut,
		    uint64_t *seed, bool blind);

#endif
