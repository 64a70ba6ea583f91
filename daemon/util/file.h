/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * file - small files, read with a cap and replaced in one piece.
 */
#ifndef UTIL_FILE_H
#define UTIL_FILE_H

#include <sys/types.h>

#include "util/buf.h"
#include "util/err.h"

/* Appends the whole file to out, whose cap is the limit (ERR_FULL).
 * Follows no symbolic link in the last part of the path; regular files
 * only (ERR_IO).  ERR_NOT_FOUND if it is not there. */
enum err file_read(const char *path, struct buf *out) MUST_CHECK;

/* The same, of a file that decides what is run or connected to: ERR_STATE if
 * everybody may write to it. */
enum err file_read_ours(const char *path, struct buf *out) MUST_CHECK;

/* Why that was, for a person; errno is as it left it. */
const char *file_why(enum err e);

/* Writes a temporary file beside path, syncs it, renames it over path and
 * syncs the folder: after OK the new content survives a power cut, after
 * ERR_NO_SPACE the old one is untouched, and after ERR_IO too unless it was
 * the folder that could not be synced: read the file to know. */
enum err file_replace(const char *path, const void *data, size_t n,
		      mode_t mode) MUST_CHECK;

/* After OK, that path is there (or is not any more) survives a power cut. */
enum err file_sync_folder_of(const char *path) MUST_CHECK;

/* Makes a folder of mode 0700 if it is missing.  ERR_STATE if what is there
 * is no folder, belongs to someone else, or lets others write. */
enum err file_make_dir(const char *path) MUST_CHECK;

/* Writes all of it to fd, whatever write() cuts it into. */
enum err file_write_all(int fd, const void *data, size_t n) MUST_CHECK;

#endif
