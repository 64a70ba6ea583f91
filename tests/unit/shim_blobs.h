/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * shim_blobs - remembers what is done to blobs, and tells what a disk would
 * hold if the power failed in between.
 *
 * The C library's calls are wrapped by the linker.  Each thing gets a number
 * among those of shim.h, so that a cut is the same moment for the database and
 * for blobs.  Of a blob that was not synced any write may be lost; of a folder
 * that was not synced, that a blob was made or removed.
 */
#ifndef TESTS_UNIT_SHIM_BLOBS_H
#define TESTS_UNIT_SHIM_BLOBS_H

#include "shim.h"

/* What happens in that folder, which is there and empty, is noted from now
 * on. */
void shim_blobs_start(const char *folder);
void shim_blobs_stop(void);
void shim_blobs_free(void);

/* Fills a folder, whatever was in it, with what there is after that cut.
 * blind: as if syncs of blobs did nothing. */
void shim_blobs_image(const char *folder, uint64_t cut, uint64_t *seed,
		      bool blind);

#endif
