/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * rowio - rows of the core, bound to statements and taken out of them.
 *
 * The order of the fields is that of the column lists in sql.c.  Secrets in
 * a row that was taken are the caller's to wipe.
 */
#ifndef STORE_ROWIO_H
#define STORE_ROWIO_H

#include "core/rows.h"
#include "store/db.h"

void rowio_put_uid(struct stmt *s, const struct uid *id);
struct uid rowio_take_uid(struct stmt *s);
void rowio_put_counters(struct stmt *s, const struct counters *n);

void rowio_put_contact(struct stmt *s, const struct contact_row *row);
void rowio_take_contact(struct stmt *s, struct contact_row *out);
void rowio_put_invite(struct stmt *s, const struct invite_row *row);
void rowio_take_invite(struct stmt *s, struct invite_row *out);
void rowio_put_request(struct stmt *s, const struct request_row *row);
void rowio_take_request(struct stmt *s, struct request_row *out);

void rowio_put_self(struct stmt *s, const struct self_row *row);
void rowio_take_self(struct stmt *s, struct self_row *out);

/* rowio_file.c: a file, with the ids of its contact and message, and what of
 * it takes room on the disk. */
void rowio_put_file(struct stmt *s, const struct file_row *row);
/* What it has is valid until the next step. */
void rowio_take_file(struct stmt *s, struct file_row *out);

/* Which rows of its own a message belongs to. */
struct message_place {
	uint64_t conversation;
	uint64_t contact;
};
/* Which messages it names: columns by which it is found.  Zero: none. */
struct message_links {
	struct mid ref; /* of a hidden edit or reaction: what it is about */
	struct mid reply_to;
};
void rowio_find_links(const struct message_row *row, struct message_links *out);
void rowio_put_message(struct stmt *s, const struct message_row *row,
		       const struct message_place *place,
		       const struct message_links *links);
/* The body is valid until the next step. */
void rowio_take_message(struct stmt *s, struct message_row *out);

#endif
