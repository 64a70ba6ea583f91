/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * store_files - files of contacts, for tests of the store.
 */
#ifndef TESTS_UNIT_STORE_FILES_H
#define TESTS_UNIT_STORE_FILES_H

#include "store/upload.h"
#include "store_seen.h"

/* Of a file that contact n offers in his message seq. */
enum { FILES_SIZE = 3 * 65536 + 100, FILES_PREVIEW = 7 };

/* The message, valid until the next call, and the file, OFFERED. */
struct effect files_offer(uint32_t n, uint64_t seq);
struct effect files_row(uint32_t n, uint64_t seq);
struct uid files_id(uint32_t n, uint64_t seq);
/* Saves both. */
void files_save_offer(struct kit *k, uint32_t n, uint64_t seq);
/* The same file in another state. */
void files_set(struct kit *k, uint32_t n, uint64_t seq, enum file_state state);
/* The file as the store shows it. */
struct file_info files_find(struct kit *k, struct uid id);
bool files_is_there(struct kit *k, struct uid id);
/* Some blob in its place. */
void files_put_blob(struct kit *k, struct uid id);
bool files_has_blob(struct kit *k, const struct file_info *f);

/* An upload of ours with number n, UPLOADING; then READY, with its content,
 * which is text again and again. */
struct file_new files_new(uint32_t n, uint64_t size);
void files_upload(struct kit *k, uint32_t n, uint64_t size, const char *text);

#endif
