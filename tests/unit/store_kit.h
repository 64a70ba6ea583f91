/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * store_kit - a folder, a key and sample rows for tests of the store.
 *
 * Every value of a sample differs from its neighbours, so that two fields
 * swapped by mistake show.
 */
#ifndef TESTS_UNIT_STORE_KIT_H
#define TESTS_UNIT_STORE_KIT_H

#include "store/query.h"
#include "store/store.h"

#define KIT_WALL 1800000000000ULL

struct kit {
	char dir[32];
	char path[64];
	char wal[72];
	char blobs[72];
	struct master_key mk;
	struct uid user_id;
	struct store *store; /* NULL: not open */
};

/* A new folder with a new database in it, open. */
void kit_start(struct kit *k);
/* Closes and removes all. */
void kit_end(struct kit *k);
void kit_open(struct kit *k);
void kit_close(struct kit *k);

/* 16 bytes that say what and which. */
struct uid kit_uid(char what, uint32_t n);
void kit_fill(void *p, size_t n, uint8_t from);

struct contact_row kit_contact(uint32_t n);
struct invite_row kit_invite(uint32_t n);
struct request_row kit_request(uint32_t n);
struct self_row kit_self(uint32_t n);
/* Effects of message `seq` of contact `n`; text is borrowed. */
struct effect kit_message_out(uint32_t n, uint64_t seq, const char *text);
struct effect kit_message_in(uint32_t n, uint64_t seq, const char *text);

/* One transaction of one effect, or of several. */
enum err kit_try(struct kit *k, const struct effect *list, size_t count);
void kit_save(struct kit *k, const struct effect *e);
void kit_save_contact(struct kit *k, uint32_t n);

/* The whole of a file, for the caller to free. */
uint8_t *kit_slurp(const char *path, size_t *n);
void kit_spill(const char *path, const void *p, size_t n);

#endif
