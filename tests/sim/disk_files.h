/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * disk_files - a disk's rows of files, and their bytes: what was written and
 * not synced is gone after a crash.
 */
#ifndef TESTS_SIM_DISK_FILES_H
#define TESTS_SIM_DISK_FILES_H

#include "tests/sim/disk.h"

struct blob {
	struct uid file_id;
	uint8_t *now, *kept; /* what is read; what a crash leaves */
	size_t n;
	unsigned ops; /* under way */
};

/* Each returns how many things changed. */
unsigned disk_files_save(struct disk *d, const struct file_row *row);
unsigned disk_files_delete(struct disk *d, const struct uid *file_id);

struct file_row *disk_file(const struct disk *d, const struct uid *file_id);

/* A FX_BLOB: carried out, out (owned by the caller) for a READ. */
enum err disk_blob(struct disk *d, const struct effect *e, struct bytes *out);
/* The machine lost power: what was not synced is lost, or some of it. */
void disk_blobs_crash(struct disk *d);
struct blob *disk_blob_find(const struct disk *d, const struct uid *file_id);

/* A file of random content that our user brought: READY. */
struct file_row *disk_files_make(struct disk *d, const struct file_row *like,
				 const uint8_t *content);
/* Whether all of it is there, as its root says. */
bool disk_file_is_whole(const struct disk *d, const struct file_row *row);

#endif
