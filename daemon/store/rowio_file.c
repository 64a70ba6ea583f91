/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * rowio_file - files, bound to statements and taken out of them.
 */
#include <string.h>

#include "store/rowio.h"

#define PUT(s, v)	  stmt_put_blob((s), (v).b, sizeof((v).b))
#define PUT_OR_NULL(s, v) stmt_put_id((s), (v).b, sizeof((v).b))
#define TAKE(s, v)	  stmt_take_blob((s), (v).b, sizeof((v).b))
#define TAKE_TEXT(s, v)	  stmt_take_text((s), (v).s, sizeof((v).s))

void rowio_put_file(struct stmt *s, const struct file_row *row)
{
	PUT(s, row->id);
	PUT(s, row->fid);
	PUT(s, row->contact_id);
	PUT(s, row->message_id);
	PUT_OR_NULL(s, row->mid);
	stmt_put_u64(s, row->dir);
	stmt_put_u64(s, row->state);
	stmt_put_u64(s, row->problem);
	stmt_put_u64(s, row->kind);
	stmt_put_u64(s, row->size);
	PUT(s, row->key);
	stmt_put_u64(s, row->chunk_log2);
	PUT_OR_NULL(s, row->root);
	stmt_put_text(s, row->name.s);
	stmt_put_text(s, row->media.s);
	stmt_put_u64(s, row->have_count);
	stmt_put_blob(s, row->have.p, row->have.n);
	stmt_put_u64(s, row->created_ms);
	stmt_put_u64(s, row->expires_ms);
}

void rowio_take_file(struct stmt *s, struct file_row *out)
{
	memset(out, 0, sizeof(*out));
	TAKE(s, out->id);
	TAKE(s, out->fid);
	TAKE(s, out->contact_id);
	TAKE(s, out->message_id);
	TAKE(s, out->mid);
	out->dir = (enum message_dir)stmt_take_u64(s);
	out->state = (enum file_state)stmt_take_u64(s);
	out->problem = (enum file_problem)stmt_take_u64(s);
	out->kind = (enum file_kind)stmt_take_u64(s);
	out->size = stmt_take_u64(s);
	TAKE(s, out->key);
	out->chunk_log2 = (uint8_t)stmt_take_u64(s);
	TAKE(s, out->root);
	TAKE_TEXT(s, out->name);
	TAKE_TEXT(s, out->media);
	out->have_count = (uint32_t)stmt_take_u64(s);
	out->have = stmt_take_bytes(s, CHUNKS_MAX / 8);
	out->created_ms = stmt_take_u64(s);
	out->expires_ms = stmt_take_u64(s);
}
