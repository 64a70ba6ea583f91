/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * backup_rows - the records of an archive, for export.c and import.c alone.
 *
 *     record = type u8 | length u32 | TLV of so many bytes
 *
 * After one of a file come the bytes of its blob.  A field that is zero or
 * empty is left out.
 */
#ifndef STORE_BACKUP_ROWS_H
#define STORE_BACKUP_ROWS_H

#include "store/backup.h"
#include "store/query.h"

enum record_type {
	RECORD_USER = 1, /* once, the first */
	RECORD_CONTACT = 2,
	RECORD_MESSAGE = 3,
	RECORD_FILE = 4,
	RECORD_END = 5,
};

enum { RECORD_BYTES_MAX = 32768, RECORD_HEAD_BYTES = 5 };

/* Of a year with four digits. */
#define BACKUP_TIME_MAX_MS UINT64_C(253402300799999)

struct backup_contact {
	struct contact_row row; /* without the relation */
	uint64_t muted_until_ms;
	bool archived, pinned;
	struct bytes draft;
	struct uid read_up_to;
};

struct backup_message {
	struct message_row row;
	uint64_t delivered_ms, read_ms, edited_ms, expires_ms;
	enum message_problem problem;
	struct mid reply_to;   /* zero: none */
	uint32_t timer_s;      /* TIMER: what it sets */
	struct emoji emoji[2]; /* by enum message_dir; "": none */
	uint64_t emoji_ms[2];
};

struct backup_file {
	struct file_row row;
	struct uid client_id;
	struct bytes preview;
	uint16_t width, height;
	uint32_t duration_ms;
	struct hash32 sha256; /* zero: not known */
	uint64_t blob_bytes;  /* that follow; 0: it is not here */
};

/* Each writes a whole record into out, which is emptied before. */
void record_put_user(struct buf *out, const struct backup_user *v);
void record_put_contact(struct buf *out, const struct backup_contact *v);
void record_put_message(struct buf *out, const struct backup_message *v);
void record_put_file(struct buf *out, const struct backup_file *v);
void record_put_end(struct buf *out);

/* What is not as an export makes it is ERR_CORRUPT: texts, numbers, lengths.
 * Whether it fits what is there already the store will say.  Views are of
 * body. */
enum err record_take_user(struct bytes body,
			  struct backup_user *out) MUST_CHECK;
enum err record_take_contact(struct bytes body,
			     struct backup_contact *out) MUST_CHECK;
enum err record_take_message(struct bytes body,
			     struct backup_message *out) MUST_CHECK;
enum err record_take_file(struct bytes body,
			  struct backup_file *out) MUST_CHECK;

#endif
